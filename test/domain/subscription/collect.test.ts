/** Charging a saved method for a period the wallet does not cover, as values: no gateway, no database. */
import type { ChargeOutcome } from '../../../domain/collection/charge-attempt';
import type { DunningPolicy } from '../../../domain/dunning';
import { formatAmount } from '../../../domain/money';
import {
  decideReminder,
  decideCharge,
  decideCharged,
  decideUnanswered,
} from '../../../domain/subscription/collect';
import {
  CHARGES_MAX,
  changeLead,
  NOTHING_COLLECTED,
  type Collection,
  type PaymentNotice,
  type SavedMethod,
} from '../../../domain/collection/collection';
import { decideStart } from '../../../domain/subscription/decide-command';
import { decideNextAction } from '../../../domain/subscription/decide-next';
import { decideRenewal } from '../../../domain/subscription/decide-payment';
import type { Funds } from '../../../domain/subscription/funds';
import { planCharge } from '../../../domain/subscription/plan-charge';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { fundsOf, growth, inr, RETRY_SCHEDULE } from './subscription-walk';

const STARTED = '2026-01-31T21:00:00.000Z'; // 1 February, midnight in Istanbul
const DUE = '2026-02-28T21:00:00.000Z'; // 1 March
const FIRST_RUNG = '2026-03-01T21:00:00.000Z';

const CARD: SavedMethod = {
  id: 'pm_1',
  gateway: 'sandbox',
  kind: 'card',
  noticeHours: 0,
  ceiling: null,
  min: inr('1.00'),
  max: inr('10000000.00'),
};
const MANDATE: SavedMethod = { ...CARD, id: 'pm_2', kind: 'upi', noticeHours: 24 };

const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
};
const GST_INSIDE: Taxation = { ...GST, includesTax: true };

/** A wallet in whole rupees beside a card; `changes` on top. */
function funds(wallet: number, changes: Partial<Funds> = {}): Funds {
  return { ...fundsOf(BigInt(wallet) * 1_000_000n), savedMethod: CARD, ...changes };
}

function active(dunning: Partial<DunningPolicy> = {}): Subscription {
  const terms = growth({ dunning: { ...RETRY_SCHEDULE, ...dunning } });
  const decision = decideStart(terms, { now: STARTED, funds: fundsOf(999_000_000n) });
  if (decision.kind === 'refused') throw new Error(decision.message);
  return decision.subscription;
}

/** Growth, 999.00 INR, whose renewal met an empty wallet and a saved card. */
function planned(dunning: Partial<DunningPolicy> = {}, method = CARD): Subscription {
  const moment = funds(0, { savedMethod: method });
  return decideRenewal(active(dunning), DUE, moment).subscription;
}

function asked(dunning: Partial<DunningPolicy> = {}): Subscription {
  const subscription = planned(dunning);
  const made = decideCharge(subscription, { at: DUE, funds: funds(0) });
  if (made.kind !== 'ask') throw new Error('nothing is asked');
  return { ...subscription, collection: made.collection };
}

function nextOf(subscription: Subscription): string {
  const next = decideNextAction(subscription);
  return 'at' in next ? `${next.kind} ${next.at}` : next.kind;
}

/** "past_due payment_declined past_due, retry_payment 2026-03-01T21:00:00.000Z" */
function fateOf(outcome: ChargeOutcome, subscription = asked(), wallet = 0): string {
  const after = decideCharged(subscription, outcome, { at: DUE, funds: funds(wallet) });
  const types = after.events.map(({ type }) => type.replace('subscription.', ''));
  return `${[after.subscription.status, ...types].join(' ')}, ${nextOf(after.subscription)}`;
}

function declined(declineClass: 'hard' | 'soft' | 'technical' | 'needs_customer'): ChargeOutcome {
  return { kind: 'declined', declineCode: 'some_code', declineClass };
}

describe('R1.08 whether a method is charged', () => {
  it('at the very instant of the renewal, told as nothing yet', () => {
    const renewal = decideRenewal(active(), DUE, funds(0));
    expect(renewal.events).toEqual([]);
    expect(renewal.subscription).toMatchObject({ status: 'past_due', dueSince: DUE });
    expect(nextOf(renewal.subscription)).toBe(`collect_payment ${DUE}`);
  });

  interface Case {
    readonly dunning?: Partial<DunningPolicy>;
    readonly collection?: Partial<Collection>;
    readonly savedMethod?: SavedMethod | null;
  }
  const running = { charge: asked().collection.charge };
  it.each<[string, Case, boolean]>([
    ['by default', {}, true],
    ['where the plan takes the wallet only', { dunning: { collection: 'wallet_only' } }, false],
    ['without a method', { savedMethod: null }, false],
    ['while a charge is under way', { collection: running }, false],
    ['after 14 tries', { collection: { chargesMade: CHARGES_MAX - 1 } }, true],
    ['after 15 tries', { collection: { chargesMade: CHARGES_MAX } }, false],
  ])('%s', (_, { dunning, collection, savedMethod = CARD }, isPlanned) => {
    const owing = { ...active(dunning), collection: { ...NOTHING_COLLECTED, ...collection } };
    const moment = { at: DUE, funds: funds(0, { savedMethod }) };
    expect(planCharge(owing, 'renewal', moment) !== null).toBe(isPlanned);
  });
});

describe('R1.08 how much is charged', () => {
  const tight = { savedMethod: { ...CARD, max: inr('998.99') } };
  it.each<[string, Partial<DunningPolicy>, Funds, string]>([
    ['all of it from an empty wallet', {}, funds(0), '999.00'],
    ['the missing part', {}, funds(200), '799.00'],
    ['what is owed besides', {}, funds(-10), '1009.00'],
    ['the whole price by policy', { collection: 'whole_price' }, funds(200), '999.00'],
    [
      'more than the price by policy, of a debt',
      { collection: 'whole_price' },
      funds(-10),
      '1009.00',
    ],
    ['no less than the gateway takes', {}, { ...funds(0), availableMicros: 998_500_000n }, '1.00'],
    ['whole paise, up', {}, { ...funds(0), availableMicros: 200_004_900n }, '799.00'],
    ['nothing above what the gateway takes', {}, funds(0, tight), 'decided'],
    ['nothing that came in meanwhile', {}, funds(999), 'decided'],
    ['nothing to a method that is gone', {}, funds(0, { savedMethod: null }), 'decided'],
    // 999.00 + 18 % = 1 178.82 are due; the wallet has 200.00.
    ['with the tax of the sale', {}, funds(200, { taxation: GST }), '978.82'],
    // The wallet must get 799.00: 799.00 + 18 % = 942.82.
    ['with the tax of a top-up', {}, funds(200, { topUpTaxation: GST }), '942.82'],
    // Of 942.82 with the tax inside the wallet gets 799.00.
    ['with the tax inside a top-up', {}, funds(200, { topUpTaxation: GST_INSIDE }), '942.82'],
  ])('%s', (_, dunning, moment, amount) => {
    const made = decideCharge(planned(dunning), { at: DUE, funds: moment });
    expect(made.kind === 'ask' ? formatAmount(made.charge.money) : made.kind).toBe(amount);
  });

  it('and the wallet gets no less than it lacks, whatever tax is inside', () => {
    for (let wallet = 0; wallet < 999; wallet += 37) {
      const moment = funds(wallet, { topUpTaxation: GST_INSIDE });
      const made = decideCharge(planned(), { at: DUE, funds: moment });
      if (made.kind !== 'ask') throw new Error('nothing is asked');
      const { subtotal, total } = made.terms.sale;
      expect(total).toEqual(made.charge.money);
      const tooMuch = subtotal.amountMicros - BigInt(999 - wallet) * 1_000_000n;
      expect([tooMuch >= 0n, tooMuch < 20_000n]).toEqual([true, true]);
    }
  });

  it('under a key of its own for each try, and one reference for the period', () => {
    const first = asked().collection.charge;
    expect(first).toMatchObject({
      stage: 'asked',
      methodId: 'pm_1',
      reference: 'subscription/sub_00000001/period/2',
      key: 'subscription/sub_00000001/period/2/attempt/1',
      checksMade: 0,
    });
    const after = decideCharged(asked(), declined('soft'), { at: DUE, funds: funds(0) });
    const moment = { at: FIRST_RUNG, funds: funds(0) };
    const again = planCharge(after.subscription, 'retry', moment);
    const second = again && decideCharge(again.subscription, moment);
    expect(second).toMatchObject({
      charge: {
        reference: 'subscription/sub_00000001/period/2',
        key: 'subscription/sub_00000001/period/2/attempt/2',
      },
    });
  });
});

describe('R1.08 what follows from the answer', () => {
  const onRetrySchedule = `past_due payment_declined past_due, retry_payment ${FIRST_RUNG}`;
  const stopped = 'suspended payment_declined suspended, end_unpaid 2026-03-30T21:00:00.000Z';
  it.each<[string, ChargeOutcome, Subscription, string]>([
    ['declined', declined('soft'), asked(), onRetrySchedule],
    ['not seen by any bank', declined('technical'), asked(), onRetrySchedule],
    ['its owner is needed', declined('needs_customer'), asked(), onRetrySchedule],
    ['declined for good', declined('hard'), asked(), stopped],
    [
      'declined for good, the retry schedule goes on',
      declined('hard'),
      asked({ stopsOnHardDecline: false }),
      onRetrySchedule,
    ],
    [
      'declined, and there is no retry schedule',
      declined('soft'),
      asked({ retryAfterDays: [] }),
      stopped,
    ],
    ['under way', { kind: 'pending' }, asked(), 'past_due, check_payment 2026-02-28T21:01:00.000Z'],
    [
      'no answer',
      { kind: 'unanswered' },
      asked(),
      'past_due, collect_payment 2026-02-28T21:01:00.000Z',
    ],
  ])('%s', (_, outcome, subscription, fate) => {
    expect(fateOf(outcome, subscription)).toBe(fate);
  });

  it.each<[string, number, string]>([
    ['pays the period', 999, 'active payment_collected renewed, renew 2026-03-31T21:00:00.000Z'],
    [
      'and is too little: a rung that failed, the money stays',
      998,
      `past_due payment_collected past_due, retry_payment ${FIRST_RUNG}`,
    ],
  ])('money that came %s', (_, wallet, fate) => {
    expect(fateOf({ kind: 'succeeded' }, asked(), wallet)).toBe(fate);
  });

  it('a charge under way is asked about nine times in three days, then counts as declined', () => {
    let subscription = asked();
    const looks: string[] = [];
    for (let look = 0; look < 9; look += 1) {
      const moment = { at: DUE, funds: funds(0) };
      ({ subscription } = decideCharged(subscription, { kind: 'pending' }, moment));
      looks.push(nextOf(subscription).replace('check_payment ', ''));
    }
    expect(looks).toEqual([
      '2026-02-28T21:01:00.000Z',
      '2026-02-28T21:05:00.000Z',
      '2026-02-28T21:15:00.000Z',
      '2026-02-28T22:00:00.000Z',
      '2026-03-01T01:00:00.000Z',
      '2026-03-01T09:00:00.000Z',
      '2026-03-01T21:00:00.000Z',
      '2026-03-02T09:00:00.000Z',
      '2026-03-03T21:00:00.000Z',
    ]);
    const last = decideCharged(
      subscription,
      { kind: 'pending' },
      {
        at: '2026-03-03T21:00:00.000Z',
        funds: funds(0),
      },
    );
    expect(last.events[0]?.reason).toContain('(payment_timed_out)');
    // The rungs of the first and the third day went by meanwhile.
    expect(nextOf(last.subscription)).toBe('retry_payment 2026-03-05T21:00:00.000Z');
  });

  it('what was not even asked is tried again a minute later', () => {
    const after = decideUnanswered(planned(), { at: DUE, funds: funds(0) });
    expect(nextOf(after.subscription)).toBe('collect_payment 2026-02-28T21:01:00.000Z');
  });

  it('waits for the gateway once it was asked or could not be; the rung before it waits for its day', () => {
    const postponed = decideUnanswered(planned(), { at: DUE, funds: funds(0) }).subscription;
    const pending = decideCharged(asked(), { kind: 'pending' }, { at: DUE, funds: funds(0) });
    const next = [planned(), asked(), postponed, pending.subscription].map(decideNextAction);
    expect(next).toMatchObject([
      { kind: 'collect_payment', outside: 'asked' },
      { kind: 'collect_payment', outside: 'awaited' },
      { kind: 'collect_payment', outside: 'awaited' },
      { kind: 'check_payment', outside: 'awaited' },
    ]);
  });

  it('is not postponed further by being asked before its instant, as the clock of a test may stand', () => {
    const first = decideUnanswered(planned(), { at: DUE, funds: funds(0) }).subscription;
    const again = decideUnanswered(first, { at: DUE, funds: funds(0) }).subscription;
    expect(nextOf(again)).toBe('collect_payment 2026-02-28T21:02:00.000Z');
  });

  it('money of a charge that nobody owes any more moves no period', () => {
    const made = asked();
    const cancelled: Subscription = { ...made, status: 'ended', endedAt: DUE, endReason: 'gone' };
    expect(nextOf(cancelled)).toBe(`collect_payment ${DUE}`);
    expect(fateOf({ kind: 'succeeded' }, cancelled, 999)).toBe('ended payment_collected, end');
  });
});

describe('R1.08 a method that needs a notice', () => {
  const withMandate = funds(0, { savedMethod: MANDATE });

  it('is told first, once, and charged when the time is over', () => {
    const told = decideCharge(planned({}, MANDATE), { at: DUE, funds: withMandate });
    if (told.kind === 'ask') throw new Error('charged without a notice');
    expect(told.events).toEqual([
      {
        type: 'subscription.payment_notice',
        reason: `at most 999.00 INR will be charged to the saved payment method at ${FIRST_RUNG}`,
        data: {
          payment_method_id: 'pm_2',
          charge_amount_max: '999.00',
          charges_at: FIRST_RUNG,
        },
      },
    ]);
    expect(nextOf(told.subscription)).toBe(`collect_payment ${FIRST_RUNG}`);
    expect(decideNextAction(told.subscription)).toMatchObject({ outside: 'asked' });
    const charged = decideCharge(told.subscription, { at: FIRST_RUNG, funds: withMandate });
    expect(charged.kind).toBe('ask');
  });

  const inTime: PaymentNotice = {
    givenAt: '2026-02-27T21:00:00.000Z',
    methodId: MANDATE.id,
    upTo: inr('999.00'),
  };
  it.each<[string, PaymentNotice, 'ask' | 'decided']>([
    ['in time', inTime, 'ask'],
    ['an hour too late', { ...inTime, givenAt: '2026-02-27T22:00:00.000Z' }, 'decided'],
    ['for less than is charged', { ...inTime, upTo: inr('998.99') }, 'decided'],
    ['for another method', { ...inTime, methodId: CARD.id }, 'decided'],
  ])('was told %s', (_, notice, kind) => {
    const owing = planned({}, MANDATE);
    const told = { ...owing, collection: { ...owing.collection, notice } };
    expect(decideCharge(told, { at: DUE, funds: withMandate }).kind).toBe(kind);
  });
});

describe('R1.08 looking ahead to a renewal', () => {
  const AHEAD = '2026-02-25T21:00:00.000Z';
  const none = { savedMethod: null };
  it.each<[string, Partial<DunningPolicy>, Funds, string[]]>([
    ['is silent when the wallet covers it', {}, funds(999), []],
    [
      'tells the most a method is charged',
      {},
      funds(200),
      [`at most 999.00 INR will be charged to the saved payment method at ${DUE}`],
    ],
    [
      'tells it with the tax of a top-up',
      {},
      funds(0, { topUpTaxation: GST }),
      [`at most 1178.82 INR will be charged to the saved payment method at ${DUE}`],
    ],
    [
      'tells what is missing without a method',
      {},
      funds(200, none),
      [`the renewal on ${DUE} is not covered: 799.00 INR are missing`],
    ],
    [
      'tells what is missing where only the wallet pays',
      { collection: 'wallet_only' },
      funds(200),
      [`the renewal on ${DUE} is not covered: 799.00 INR are missing`],
    ],
  ])('%s', (_, dunning, moment, reasons) => {
    const subscription = active({ noticeDaysBefore: [3], ...dunning });
    expect(nextOf(subscription)).toBe(`remind ${AHEAD}`);
    const after = decideReminder(subscription, { at: AHEAD, funds: moment });
    expect(after.events.map(({ reason }) => reason)).toEqual(reasons);
    expect(nextOf(after.subscription)).toBe(`renew ${DUE}`);
  });
});

describe('R2.11 the notice before a debit', () => {
  // 24 hours that the bank asks for, and two in which to tell: 26 before the renewal.
  const TELLS = '2026-02-27T19:00:00.000Z';
  const announced = (subscription: Subscription) =>
    decideReminder(subscription, { at: TELLS, funds: funds(0, { savedMethod: MANDATE }) });

  function led(at = '2026-02-10T00:00:00.000Z', dunning: Partial<DunningPolicy> = {}) {
    const subscription = active(dunning);
    const collection = changeLead(subscription, { hours: 24, at });
    return { ...subscription, collection };
  }

  it('is given in time, and then the method is charged at the due date itself', () => {
    expect(nextOf(active())).toBe(`renew ${DUE}`);
    expect(nextOf(led())).toBe(`remind ${TELLS}`);
    const { subscription, events } = announced(led());
    expect(events).toMatchObject([
      {
        type: 'subscription.payment_notice',
        data: { charges_at: DUE, charge_amount_max: '999.00' },
      },
    ]);
    expect(nextOf(subscription)).toBe(`renew ${DUE}`);
    const moment = { at: DUE, funds: funds(0, { savedMethod: MANDATE }) };
    const due = decideRenewal(subscription, DUE, moment.funds).subscription;
    expect(decideCharge(due, moment)).toMatchObject({ kind: 'ask', charge: { methodId: 'pm_2' } });
  });

  it('too late for this renewal it is not given in the past: the charge waits for its own', () => {
    const late = led('2026-02-28T00:00:00.000Z');
    expect(nextOf(late)).toBe(`renew ${DUE}`);
    const moment = { at: DUE, funds: funds(0, { savedMethod: MANDATE }) };
    const due = decideRenewal(late, DUE, moment.funds).subscription;
    expect(decideCharge(due, moment)).toMatchObject({
      kind: 'decided',
      events: [{ type: 'subscription.payment_notice', data: { charges_at: FIRST_RUNG } }],
    });
  });

  it('no debit follows when the method is gone by then', () => {
    const { subscription } = announced(led());
    const moment = { at: DUE, funds: funds(0, { savedMethod: null }) };
    const due = { ...decideRenewal(subscription, DUE, moment.funds), kind: 'renewal' };
    expect(due.subscription.collection.charge).toBeNull();
    expect(due.events).toMatchObject([{ type: 'subscription.past_due' }]);
  });

  it('of what is above the ceiling there is none: a link is announced', () => {
    const bounded = { ...MANDATE, ceiling: inr('500.00') };
    const moment = { at: TELLS, funds: funds(0, { savedMethod: bounded }) };
    const [event, ...others] = decideReminder(led(), moment).events;
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'subscription.renewal_not_covered',
      data: { missing_amount: '999.00' },
      reason: expect.stringContaining('payment link'),
    });
  });

  it('a plan that only the wallet pays needs none, and the lead outlives a period', () => {
    expect(nextOf(led(undefined, { collection: 'wallet_only' }))).toBe(`renew ${DUE}`);
    const renewed = decideRenewal(led(), DUE, funds(999)).subscription;
    expect(nextOf(renewed)).toBe('remind 2026-03-30T19:00:00.000Z');
  });
});
