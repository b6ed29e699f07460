import { allowanceOf } from '../../../domain/ledger/month';
import { createLedgerPlan, type LedgerPlan } from '../../../domain/ledger/ledger-plan';
import { contraCode, type LedgerState } from '../../../domain/ledger/ledger-state';
import type { Allowances } from '../../../domain/plan';
import { postDecision } from '../../../domain/subscription/post-to-ledger';
import { buildLedger } from '../../support/build-ledger';
import { growth, inr, RETRY_SCHEDULE, startWalk, type Walk } from './subscription-walk';

const FEBRUARY_1 = '2026-02-01T07:00:00.000Z';
const GROWTH_MONTH: Allowances = { minutes: 500, messages: 10_000, wa_conversations: 1_000 };

/** A ledger in Istanbul with 100 000.00 INR, whose February 2026 is open. */
function istanbulLedger(): LedgerState {
  return buildLedger({
    currency: 'INR',
    timeZone: 'Europe/Istanbul',
    openMonth: '2026-02',
    additionalMicros: 100_000_000_000n,
  });
}

/** Posts every step of the walk, one plan each, and tells the transfers of the last one. */
function post(walk: Walk, ledger: LedgerState, allowances = GROWTH_MONTH): string[] {
  let plan: LedgerPlan | null = null;
  for (const { did, at, decision } of walk.steps) {
    plan = createLedgerPlan([ledger], { reference: `${did}/${at}`, postedAt: at });
    postDecision({ plan, ledger }, decision, { before: allowances, after: allowances });
  }
  return (plan?.transfers ?? []).map(
    ({ debit, credit, amount, kind, reference }) =>
      `${kind} ${amount} ${debit} -> ${credit} (${reference})`,
  );
}

describe('what a subscription moves', () => {
  it('R1.01 a start charges the wallet to revenue and opens the month’s buckets', () => {
    const walk = startWalk(growth(), FEBRUARY_1, '999.00');
    expect(post(walk, istanbulLedger())).toEqual([
      'charge 999000000 wallet/additional -> revenue/INR (subscription/sub_00000001/period/1)',
      'grant 30000 issuance/call_second -> plan/call_second/2026-02-01/sub_00000001 (plan/call_second/2026-02-01/sub_00000001)',
      'grant 10000 issuance/message -> plan/message/2026-02-01/sub_00000001 (plan/message/2026-02-01/sub_00000001)',
      'grant 1000 issuance/wa_conversation -> quota/wa_conversation/2026-02 (quota/wa_conversation/2026-02/sub_00000001/0/on/2026-02-01T07:00:00.000Z)',
    ]);
  });

  it('R1.01 a renewal forfeits what is left, charges the next period and grants anew', () => {
    const walk = startWalk(growth(), FEBRUARY_1, '1998.00').advanceTo('2026-03-01T07:00:00.000Z');
    const ledger = istanbulLedger();
    expect(post(walk, ledger)).toEqual([
      'expiry 30000 plan/call_second/2026-02-01/sub_00000001 -> breakage/call_second (plan/call_second/2026-02-01/sub_00000001)',
      'expiry 10000 plan/message/2026-02-01/sub_00000001 -> breakage/message (plan/message/2026-02-01/sub_00000001)',
      'charge 999000000 wallet/additional -> revenue/INR (subscription/sub_00000001/period/2)',
      'grant 30000 issuance/call_second -> plan/call_second/2026-03-01/sub_00000001 (plan/call_second/2026-03-01/sub_00000001)',
      'grant 10000 issuance/message -> plan/message/2026-03-01/sub_00000001 (plan/message/2026-03-01/sub_00000001)',
    ]);
  });

  it('R1.14 a free plan moves no money', () => {
    const walk = startWalk(growth({ price: inr('0.00') }), FEBRUARY_1, '0.00');
    expect(post(walk, istanbulLedger(), { messages: 100 })).toEqual([
      'grant 100 issuance/message -> plan/message/2026-02-01/sub_00000001 (plan/message/2026-02-01/sub_00000001)',
    ]);
  });

  it('an end forfeits the month that runs, and its quotas with what is credited', () => {
    const walk = startWalk(growth(), FEBRUARY_1, '999.00');
    walk.cancel({ at: 'now', reason: 'moved' }, '2026-02-11T00:00:00.000Z');
    expect(post(walk, istanbulLedger())).toEqual([
      'expiry 30000 plan/call_second/2026-02-01/sub_00000001 -> breakage/call_second (plan/call_second/2026-02-01/sub_00000001)',
      'expiry 10000 plan/message/2026-02-01/sub_00000001 -> breakage/message (plan/message/2026-02-01/sub_00000001)',
      'refund 642210000 revenue/INR -> wallet/additional (subscription/sub_00000001/change/1)',
      'clawback 1000 quota/wa_conversation/2026-02 -> issuance/wa_conversation (quota/wa_conversation/2026-02/sub_00000001/1/off/2026-02-11T00:00:00.000Z)',
    ]);
  });

  it('leaves the buckets of the other track alone', () => {
    const ledger = istanbulLedger();
    post(startWalk(growth(), FEBRUARY_1, '999.00'), ledger);
    const support = growth({ id: 'sub_00000002', track: 'support', price: inr('499.00') });
    const walk = startWalk(support, '2026-02-05T07:00:00.000Z', '499.00');
    walk.cancel({ at: 'now', reason: 'not needed' }, '2026-02-06T07:00:00.000Z');
    expect(post(walk, ledger, {})).toEqual([
      'refund 481180000 revenue/INR -> wallet/additional (subscription/sub_00000002/change/1)',
    ]);
    expect(allowanceOf(ledger, 'wa_conversation', '2026-03')).toBe(1_000n);
  });

  it('loses nothing: what left the wallet is what revenue got', () => {
    const walk = startWalk(growth(), FEBRUARY_1, '10000.00').advanceTo('2026-08-01T07:00:00.000Z');
    const ledger = istanbulLedger();
    post(walk, ledger);
    const left = ledger.buckets.find(({ code }) => code === 'wallet/additional')?.posted;
    expect(left).toBe(93_007_000_000n);
    const revenue = ledger.happened
      .filter(({ credit }) => credit === contraCode('revenue', 'INR'))
      .map(({ amount }) => amount);
    expect(revenue).toEqual(Array.from({ length: 7 }, () => 999_000_000n));
  });
});

describe('quotas of the calendar month', () => {
  const quotas = (ledger: LedgerState, months: readonly string[]): string[] =>
    months.map((month) => `${month}: ${allowanceOf(ledger, 'wa_conversation', month)}`);
  const MONTHS = ['2026-02', '2026-03', '2026-04', '2026-05', '2026-06'];
  /** Unpaid on 1 March, suspended on 2 March. */
  const suspendedWalk = (): Walk =>
    startWalk(
      growth({ dunning: { ...RETRY_SCHEDULE, retryAfterDays: [1] } }),
      FEBRUARY_1,
      '999.00',
    ).advanceTo('2026-03-02T07:00:00.000Z');

  it('R3.07 go on month after month while the subscription is paid', () => {
    const ledger = istanbulLedger();
    post(startWalk(growth(), FEBRUARY_1, '999.00'), ledger);
    expect(quotas(ledger, ['2026-01', ...MONTHS])).toEqual([
      '2026-01: 0',
      '2026-02: 1000',
      '2026-03: 1000',
      '2026-04: 1000',
      '2026-05: 1000',
      '2026-06: 1000',
    ]);
  });

  it('R1.08 stop with the month after the suspension', () => {
    const ledger = istanbulLedger();
    post(suspendedWalk(), ledger);
    expect(quotas(ledger, MONTHS)).toEqual([
      '2026-02: 1000',
      '2026-03: 1000',
      '2026-04: 0',
      '2026-05: 0',
      '2026-06: 0',
    ]);
  });

  it('R1.08 come back for good when the money comes in the month of the suspension', () => {
    const ledger = istanbulLedger();
    post(suspendedWalk().topUp('999.00', '2026-03-09T00:00:00.000Z'), ledger);
    expect(quotas(ledger, MONTHS)).toEqual([
      '2026-02: 1000',
      '2026-03: 1000',
      '2026-04: 1000',
      '2026-05: 1000',
      '2026-06: 1000',
    ]);
  });

  it('R1.08 come back from the month of the money on when it comes later', () => {
    const ledger = istanbulLedger();
    const walk = suspendedWalk();
    walk.advanceTo('2026-03-20T00:00:00.000Z').topUp('999.00', '2026-03-31T22:00:00.000Z');
    post(walk, ledger);
    // 31 March, 22:00Z is 1 April, 01:00 in Istanbul.
    expect(quotas(ledger, MONTHS)).toEqual([
      '2026-02: 1000',
      '2026-03: 1000',
      '2026-04: 1000',
      '2026-05: 1000',
      '2026-06: 1000',
    ]);
  });

  it('of a new subscription replace the end of the one before', () => {
    const ledger = istanbulLedger();
    const old = startWalk(growth(), FEBRUARY_1, '999.00');
    old.cancel({ at: 'now', reason: 'another plan' }, '2026-02-11T00:00:00.000Z');
    post(old, ledger);
    const next = growth({ id: 'sub_00000002', planCode: 'enterprise' });
    const walk = startWalk(next, '2026-02-11T00:00:00.000Z', '999.00');
    post(walk, ledger, { wa_conversations: 5_000 });
    expect(quotas(ledger, MONTHS)).toEqual([
      '2026-02: 5000',
      '2026-03: 5000',
      '2026-04: 5000',
      '2026-05: 5000',
      '2026-06: 5000',
    ]);
  });

  it.each([
    ['more', 4_000, '2026-04: 4000'],
    ['less', 400, '2026-04: 400'],
    ['none', 0, '2026-04: 0'],
  ])('R1.16 agreed to be %s count from the next renewal on', (_, agreed, april) => {
    const ledger = istanbulLedger();
    const walk = startWalk(growth(), FEBRUARY_1, '5000.00');
    post(walk, ledger);
    const plan = createLedgerPlan([ledger], {
      reference: 'renew/1',
      postedAt: '2026-03-01T07:00:00.000Z',
    });
    walk.advanceTo('2026-03-01T07:00:00.000Z');
    const [, renewal] = walk.steps;
    if (renewal === undefined) throw new Error('the walk renewed');
    postDecision({ plan, ledger }, renewal.decision, {
      before: GROWTH_MONTH,
      after: { ...GROWTH_MONTH, wa_conversations: agreed },
    });
    expect(quotas(ledger, ['2026-02', '2026-04'])).toEqual(['2026-02: 1000', april]);
  });

  it('R1.16 of a yearly plan take an agreement at the next month', () => {
    const ledger = istanbulLedger();
    const walk = startWalk(growth({ cycle: 'yearly' }), FEBRUARY_1, '999.00');
    post(walk, ledger);
    walk.advanceTo('2026-03-01T07:00:00.000Z');
    const [, month] = walk.steps;
    if (month === undefined) throw new Error('the walk granted a month');
    const plan = createLedgerPlan([ledger], { reference: 'month/2', postedAt: month.at });
    postDecision({ plan, ledger }, month.decision, {
      before: GROWTH_MONTH,
      after: { ...GROWTH_MONTH, wa_conversations: 4_000 },
    });
    expect(quotas(ledger, ['2026-02', '2026-03'])).toEqual(['2026-02: 1000', '2026-03: 4000']);
  });

  it('that stay as they are write nothing', () => {
    const ledger = istanbulLedger();
    const walk = startWalk(growth(), FEBRUARY_1, '5000.00');
    post(walk, ledger);
    walk.advanceTo('2026-03-01T07:00:00.000Z');
    const [, renewal] = walk.steps;
    if (renewal === undefined) throw new Error('the walk renewed');
    const plan = createLedgerPlan([ledger], { reference: 'renew/1', postedAt: renewal.at });
    postDecision({ plan, ledger }, renewal.decision, { before: GROWTH_MONTH, after: GROWTH_MONTH });
    expect([...plan.allowances]).toEqual([]);
  });
});
