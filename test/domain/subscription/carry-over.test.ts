import { DEFAULT_CHANGE_POLICY, type AllowanceMode } from '../../../domain/change-policy';
import { createLedgerPlan } from '../../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../../domain/ledger/ledger-state';
import { allowanceOf } from '../../../domain/ledger/month';
import { isWithoutLimit, type Allowances, type PlanTerms } from '../../../domain/plan';
import { decideChange } from '../../../domain/subscription/decide-change';
import { listAllowancesLeft } from '../../../domain/subscription/allowances-left';
import { decideStart } from '../../../domain/subscription/decide-command';
import { postDecision } from '../../../domain/subscription/post-to-ledger';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Subscription } from '../../../domain/subscription/subscription';
import { buildLedger } from '../../support/build-ledger';
import { fundsOf, growth, inr } from './subscription-walk';

const RICH = fundsOf(100_000_000_000n);
const GROWTH: Allowances = { messages: 10_000, minutes: 500, wa_conversations: 1_000 };
const LARGER: Allowances = { messages: 30_000, minutes: 500, wa_conversations: 3_000 };

/** Midnight in Istanbul. */
function day(date: string): string {
  return new Date(`${date}T00:00:00+03:00`).toISOString();
}

function post(
  ledger: LedgerState,
  decision: SubscriptionDecision,
  after: Allowances,
  before: Allowances = GROWTH,
) {
  const plan = createLedgerPlan([ledger], { reference: decision.at, postedAt: decision.at });
  const { told, subscription } = postDecision({ plan, ledger }, decision, { before, after });
  const transfers = plan.transfers.map(
    ({ kind, amount, debit, credit }) => `${kind} ${amount} ${debit} -> ${credit}`,
  );
  return { told, transfers, subscription };
}

/** Growth from 1 February, with so many messages used, changed at the instant. */
function changeAfter(
  used: bigint,
  at: string,
  change: {
    readonly mode?: AllowanceMode;
    readonly to?: Partial<PlanTerms>;
    readonly from?: Allowances;
  } = {},
) {
  const ledger = buildLedger({
    currency: 'INR',
    timeZone: 'Europe/Istanbul',
    openMonth: '2026-02',
    additionalMicros: 100_000_000_000n,
  });
  const start = decideStart(growth(), { now: day('2026-02-01'), funds: RICH });
  if (start.kind === 'refused') throw new Error(start.message);
  const { subscription } = post(ledger, start, change.from ?? GROWTH);
  for (const bucket of ledger.buckets) if (bucket.asset === 'message') bucket.posted -= used;
  const { mode: allowances = 'prorated', to } = change;
  const { planName, planVersion, cycle, price, bearsTax, dunning } = growth();
  const target: PlanTerms = {
    planName,
    planVersion,
    cycle,
    price,
    bearsTax,
    dunning,
    planCode: 'larger',
    changePolicy: { ...DEFAULT_CHANGE_POLICY, allowances },
    ...to,
  };
  const request = { target, isForced: true };
  const funds = { ...RICH, allowances: listAllowancesLeft(ledger, subscription, { at }) };
  const decision = decideChange(subscription, request, { now: at, funds });
  if (decision.kind === 'refused') throw new Error(decision.message);
  return { ledger, decision };
}

/** To Growth again, on the same day. */
function changeBack(ledger: LedgerState, subscription: Subscription): SubscriptionDecision {
  const { planCode, planName, planVersion, cycle, price, bearsTax, dunning } = growth();
  const terms = { planCode, planName, planVersion, cycle, price, bearsTax, dunning };
  const target = { ...terms, changePolicy: DEFAULT_CHANGE_POLICY };
  const now = day('2026-02-15');
  const allowances = listAllowancesLeft(ledger, subscription, { at: now });
  const moment = { now, funds: { ...RICH, allowances } };
  const back = decideChange(subscription, { target, isForced: false }, moment);
  if (back.kind === 'refused') throw new Error(back.message);
  return back;
}

function left(ledger: LedgerState, asset: string): bigint {
  return ledger.buckets
    .filter((bucket) => bucket.asset === asset)
    .reduce((sum, { posted }) => sum + posted, 0n);
}

describe('R1.12 a month’s allowances after a change within it', () => {
  it('count the old plan for the days gone by and the new one for the days left', () => {
    const { ledger, decision } = changeAfter(2_400n, day('2026-02-15'));
    const { told, transfers } = post(ledger, decision, LARGER);
    expect(left(ledger, 'message')).toBe(17_600n); // 5 000 + 15 000 - 2 400
    expect(left(ledger, 'call_second')).toBe(30_000n);
    expect(told).toMatchObject([
      {
        reason:
          'seconds of calls of this month: 30000 were left, 30000 are left under the new plan',
        data: { asset: 'call_second', quantity_before: 30_000, quantity_left: 30_000 },
      },
      {
        reason: 'messages of this month: 7600 were left, 17600 are left under the new plan',
        data: { asset: 'message', quantity_before: 7_600, quantity_left: 17_600 },
      },
    ]);
    expect(transfers.slice(0, 4)).toEqual([
      'expiry 30000 plan/call_second/2026-02-01/sub_00000001 -> breakage/call_second',
      'grant 30000 issuance/call_second -> plan/call_second/2026-02-15/rest-1/sub_00000001',
      'expiry 7600 plan/message/2026-02-01/sub_00000001 -> breakage/message',
      'grant 17600 issuance/message -> plan/message/2026-02-15/rest-1/sub_00000001',
    ]);
  });

  it('in full are the new plan’s month less what was used', () => {
    const { ledger, decision } = changeAfter(2_400n, day('2026-02-15'), { mode: 'full' });
    post(ledger, decision, LARGER);
    expect(left(ledger, 'message')).toBe(27_600n);
  });

  it.each([
    ['prorated', 5_000n],
    ['full', 10_000n],
  ] as const)('R4.17 of a plan without limit leave nothing behind: %s', (mode, rest) => {
    const from = { messages: -1 };
    const { ledger, decision } = changeAfter(2_400n, day('2026-02-15'), { mode, from });
    const { told } = post(ledger, decision, { messages: 10_000 }, from);
    expect(left(ledger, 'message')).toBe(rest);
    expect(told[0]?.reason).toBe(
      `messages of this month: any number were left, ${rest} are left under the new plan`,
    );
  });

  it('R4.17 are without limit from a change to a plan that has none', () => {
    const { ledger, decision } = changeAfter(10_000n, day('2026-02-15'));
    const { told } = post(ledger, decision, { messages: -1 });
    expect(isWithoutLimit(left(ledger, 'message'))).toBe(true);
    expect(told[1]?.reason).toBe(
      'messages of this month: 0 were left, any number are left under the new plan',
    );
  });

  it('that were used up and therefore not credited leave the new plan’s whole', () => {
    const { ledger, decision } = changeAfter(10_000n, day('2026-02-15'));
    post(ledger, decision, { messages: 8_000 });
    expect(left(ledger, 'message')).toBe(4_000n);
  });

  it('used beyond what the days gave are nothing, not a debt, where days are not settled', () => {
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, proration: 'none' } as const;
    const { ledger, decision } = changeAfter(10_000n, day('2026-02-15'), { to: { changePolicy } });
    const { told } = post(ledger, decision, { messages: 8_000 });
    expect(left(ledger, 'message')).toBe(0n); // 5 000 + 4 000 - 10 000
    expect(told[1]?.reason).toBe(
      'messages of this month: 0 were left, 0 are left under the new plan',
    );
  });

  it.each([
    [2_400n, LARGER, 7_600n],
    [4_000n, { messages: 8_000 }, 6_000n],
  ])('there and back on one day are what they were: %s used', (used, other, rest) => {
    const { ledger, decision } = changeAfter(used, day('2026-02-15'));
    const { subscription } = post(ledger, decision, other);
    const back = changeBack(ledger, subscription);
    post(ledger, back, GROWTH, other);
    expect(left(ledger, 'message')).toBe(rest);
  });

  it('of calendar months grow at once, and shrink at once where days were credited', () => {
    const more = changeAfter(0n, day('2026-02-15'));
    post(more.ledger, more.decision, LARGER);
    expect(allowanceOf(more.ledger, 'wa_conversation', '2026-02')).toBe(3_000n);
    const less = changeAfter(0n, day('2026-02-15'));
    post(less.ledger, less.decision, { messages: 10_000, wa_conversations: 100 });
    expect(left(less.ledger, 'wa_conversation')).toBe(100n);
    expect(allowanceOf(less.ledger, 'wa_conversation', '2026-03')).toBe(100n);
  });

  it('of calendar months shrink with the next one where nothing was credited', () => {
    const proration = { ...DEFAULT_CHANGE_POLICY, proration: 'none' } as const;
    const less = changeAfter(0n, day('2026-02-15'), { to: { changePolicy: proration } });
    post(less.ledger, less.decision, { messages: 10_000, wa_conversations: 100 });
    expect(left(less.ledger, 'wa_conversation')).toBe(1_000n);
    expect(allowanceOf(less.ledger, 'wa_conversation', '2026-03')).toBe(100n);
  });

  it('are left alone when the month is over at that instant: the next one is granted whole', () => {
    const { ledger, decision } = changeAfter(2_400n, day('2026-02-15'), { mode: 'full' });
    const atMonthsEnd = { ...decision, at: day('2026-03-01') };
    expect(post(ledger, atMonthsEnd, LARGER).told).toEqual([]);
  });

  it('begin anew with a new anchor, under a code no month had', () => {
    const to = { cycle: 'yearly', price: inr('9990.00') } as const;
    const { ledger, decision } = changeAfter(2_400n, day('2026-02-01'), { to });
    const { transfers } = post(ledger, decision, LARGER);
    expect(left(ledger, 'message')).toBe(30_000n);
    expect(transfers).toContain(
      'grant 30000 issuance/message -> plan/message/2026-02-01/1/sub_00000001',
    );
  });
});
