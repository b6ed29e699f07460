import fc from 'fast-check';
import { addSeconds, fromEpochMs, toEpochMs } from '../../../domain/instant';
import type { Money } from '../../../domain/money';
import { isDueAction } from '../../../domain/next-action';
import {
  CHECKOUT_LASTS_SECONDS,
  expireOrder,
  noteChecked,
  noteUnanswered,
} from '../../../domain/order/checkout';
import {
  decideNextAction,
  type Order,
  type OrderActionKind,
  type OrderStatus,
  type TopUp,
} from '../../../domain/order/order';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { decidePayments, type NamedPayment } from '../../../domain/order/decide-payments';
import { UNTAXED } from '../../../domain/tax/taxation';

const PLACED_AT = '2026-03-02T10:00:00.000Z';
const NOW = '2026-03-02T10:01:00.000Z';
const THOUSAND_RUPEES: Money = { amountMicros: 1_000_000_000n, currency: 'INR' };

/** A top-up of 1 000.00 INR, placed on 2 March at 10:00, whose payment page is open. */
function order(changes: Partial<TopUp> = {}): TopUp {
  return {
    id: 'ord_00000001',
    accountId: 'acct_00000001',
    kind: 'top_up',
    target: 'wallet',
    visitors: null,
    paysFor: null,
    note: null,
    ...buildTopUpTerms(UNTAXED, THOUSAND_RUPEES),
    gateway: 'sandbox',
    mode: null,
    status: 'awaiting_payment',
    placedAt: PLACED_AT,
    payAskedAt: PLACED_AT,
    expiresAt: '2026-03-03T10:00:00.000Z',
    checkoutId: 'cs_1',
    checkoutUrl: 'http://gateway.example/checkout/cs_1',
    checkoutAttempts: 0,
    checksMade: 0,
    asksUnanswered: 0,
    paidAt: null,
    failureReason: null,
    ...changes,
  };
}

function payment(changes: Partial<NamedPayment> = {}): NamedPayment {
  return {
    paymentId: 'pay_1',
    gatewayPaymentId: 'gp_1',
    status: 'succeeded',
    money: THOUSAND_RUPEES,
    refunded: { amountMicros: 0n, currency: 'INR' },
    reference: 'order/ord_00000001',
    customerReference: 'acct_00000001',
    mode: 'upi',
    declineCode: null,
    ...changes,
  };
}

const declined = payment({
  gatewayPaymentId: 'gp_0',
  status: 'failed',
  declineCode: 'insufficient_funds',
});

/** What became of it: the order's status, and verdict and event of each payment. */
function judged(before: Order, payments: readonly NamedPayment[], now = NOW) {
  const decision = decidePayments(before, payments, now);
  return {
    order: decision.order,
    told: decision.verdicts.map(({ kind, event }) => `${kind}: ${event.type}`),
  };
}

describe('a payment the gateway confirms', () => {
  it('R1.07 pays the order and is granted', () => {
    const { order: paid, told } = judged(order(), [payment()]);
    expect(told).toEqual(['grant: top_up.paid']);
    expect(paid).toEqual(
      order({ status: 'paid', paidAt: '2026-03-02T10:01:00.000Z', failureReason: null }),
    );
  });

  it('R0.09 after a declined try pays the order', () => {
    const failed = judged(order(), [declined]);
    expect(failed.told).toEqual(['declined: top_up.failed']);
    expect(failed.order).toMatchObject({ status: 'failed', failureReason: 'insufficient_funds' });
    const paid = judged(failed.order, [payment()]);
    expect(paid.told).toEqual(['grant: top_up.paid']);
    expect(paid.order).toMatchObject({ status: 'paid', failureReason: null });
  });

  it('R0.09 found together with the declined try before it is granted once', () => {
    const { order: paid, told } = judged(order(), [declined, payment()]);
    expect(told).toEqual(['declined: top_up.failed', 'grant: top_up.paid']);
    expect(paid.status).toBe('paid');
  });

  it('R1.07 that a bank had declined before is granted when it is authorised late', () => {
    const failed = judged(order(), [{ ...declined, gatewayPaymentId: 'gp_1' }]).order;
    expect(judged(failed, [payment()]).told).toEqual(['grant: top_up.paid']);
  });

  it('R1.07 after the order expired goes to the wallet, and says that it was late', () => {
    const expired = expireOrder(order());
    const { order: paid, told } = judged(expired, [payment()], '2026-03-04T09:00:00.000Z');
    expect(told).toEqual(['grant: top_up.paid_late']);
    expect(paid).toMatchObject({ status: 'paid', paidAt: '2026-03-04T09:00:00.000Z' });
  });

  it('R1.07 for an order that was paid goes to the wallet too, and keeps the first time', () => {
    const paid = order({ status: 'paid', paidAt: '2026-03-02T10:01:00.000Z' });
    const second = judged(
      paid,
      [payment({ gatewayPaymentId: 'gp_2' })],
      '2026-03-02T11:00:00.000Z',
    );
    expect(second.told).toEqual(['grant: payment.received_again']);
    expect(second.order).toEqual(paid);
  });

  it('R1.07 twice in one answer of the gateway pays the order once and fills the wallet twice', () => {
    const { told } = judged(order(), [payment(), payment({ gatewayPaymentId: 'gp_2' })]);
    expect(told).toEqual(['grant: top_up.paid', 'grant: payment.received_again']);
  });
});

describe('a payment that is not what was asked for', () => {
  it.each<[string, Partial<NamedPayment>, string, readonly [amount: string, currency: string]]>([
    [
      'one paisa less',
      { money: { amountMicros: 999_990_000n, currency: 'INR' } },
      'the payment has another amount',
      ['999.99', 'INR'],
    ],
    [
      'one paisa more',
      { money: { amountMicros: 1_000_010_000n, currency: 'INR' } },
      'the payment has another amount',
      ['1000.01', 'INR'],
    ],
    [
      'the amount in another currency',
      { money: { amountMicros: 1_000_000_000n, currency: 'IDR' } },
      'the payment is in another currency',
      ['1000.00', 'IDR'],
    ],
    [
      'another order',
      { reference: 'order/ord_00000002' },
      'the payment is for something else',
      ['1000.00', 'INR'],
    ],
    [
      'another customer',
      { customerReference: 'acct_of_somebody_else' },
      'the payment is another customer’s',
      ['1000.00', 'INR'],
    ],
    [
      'money that went back in part',
      { refunded: { amountMicros: 10_000n, currency: 'INR' } },
      'the payment was refunded before it was granted',
      ['1000.00', 'INR'],
    ],
  ])('R1.07 %s grants nothing and raises an alarm', (_, changes, reason, [amount, currency]) => {
    const facts = { payment_id: 'pay_1', gateway_payment_id: 'gp_1', amount, currency };
    const decision = decidePayments(order(), [payment(changes)], NOW);
    expect(decision.verdicts).toEqual([
      {
        kind: 'mismatch',
        payment: payment(changes),
        event: { type: 'payment.mismatched', reason, data: facts },
      },
    ]);
    expect(decision.order).toEqual(order());
  });

  it('leaves the order open for the right one', () => {
    const wrong = payment({ money: { amountMicros: 1n, currency: 'INR' } });
    const { order: paid, told } = judged(order(), [wrong, payment({ gatewayPaymentId: 'gp_2' })]);
    expect(told).toEqual(['mismatch: payment.mismatched', 'grant: top_up.paid']);
    expect(paid.status).toBe('paid');
  });
});

describe('a payment of unique visitors', () => {
  const visitors = (state: Partial<TopUp> = {}) =>
    order({ target: 'unique_visitors', visitors: 500, ...state });
  const paysVisitors = (state: TopUp, facts: readonly NamedPayment[] = [payment()]) =>
    decidePayments(state, facts, NOW).verdicts.map((verdict) =>
      verdict.kind === 'grant' ? [verdict.paysItems, verdict.event.type] : [],
    );

  it('R3.05 pays them, in time and late', () => {
    expect(paysVisitors(visitors())).toEqual([[true, 'top_up.paid']]);
    expect(paysVisitors(visitors({ status: 'expired' }))).toEqual([[true, 'top_up.paid_late']]);
  });

  it('R3.05 pays them once: a second one is money for the wallet', () => {
    const both = [payment(), payment({ gatewayPaymentId: 'gp_2' })];
    expect(paysVisitors(visitors(), both)).toEqual([
      [true, 'top_up.paid'],
      [false, 'payment.received_again'],
    ]);
  });

  it('of money stays in the wallet', () => {
    expect(paysVisitors(order())).toEqual([[false, 'top_up.paid']]);
  });
});

describe('a payment that did not come', () => {
  it('R0.09 declined grants nothing, keeps its code and says it in words', () => {
    const decision = decidePayments(order(), [declined], NOW);
    expect(decision.verdicts[0]?.event).toEqual({
      type: 'top_up.failed',
      reason: 'the payment was declined: insufficient_funds',
      data: { payment_id: 'pay_1', gateway_payment_id: 'gp_0' },
    });
    expect(decision.order).toEqual(
      order({ status: 'failed', failureReason: 'insufficient_funds' }),
    );
  });

  it('declined without a code still says so', () => {
    const [verdict] = decidePayments(order(), [{ ...declined, declineCode: null }], NOW).verdicts;
    expect(verdict?.event.reason).toBe('the payment was declined: no reason given');
  });

  it('R1.07 under way is no fact yet: the order waits', () => {
    const decision = decidePayments(order(), [payment({ status: 'processing' })], NOW);
    expect(decision).toEqual({ order: order(), verdicts: [] });
  });

  it.each<OrderStatus>(['paid', 'expired'])(
    'R0.09 declined on an order that is %s changes nothing and calls no top-up failed',
    (status) => {
      const before = order({ status, paidAt: status === 'paid' ? NOW : null });
      const { order: after, told } = judged(before, [declined]);
      expect(told).toEqual(['declined: payment.declined']);
      expect(after).toEqual(before);
    },
  );
});

/** The instants, counted in seconds from `from`, of the next actions while `change` is what happens. */
function retrySchedule(start: Order, change: (order: Order) => Order, from: string): string[] {
  const rungs: string[] = [];
  let current = start;
  for (let next = decideNextAction(current); rungs.length < 30; next = decideNextAction(current)) {
    if (!isDueAction(next)) return [...rungs, next.kind];
    rungs.push(`${next.kind} ${(toEpochMs(next.at) - toEpochMs(from)) / 1_000}`);
    if (next.kind === 'expire') return rungs;
    current = change(current);
  }
  return rungs;
}

describe('what happens next to an order', () => {
  it('lasts a day', () => {
    expect(CHECKOUT_LASTS_SECONDS).toBe(86_400);
  });

  it('R1.07 unpaid asks the gateway ever more rarely, then expires after a day', () => {
    expect(retrySchedule(order(), noteChecked, PLACED_AT)).toEqual([
      'check_payment 15',
      'check_payment 45',
      'check_payment 120',
      'check_payment 300',
      'check_payment 900',
      'check_payment 1800',
      'check_payment 3600',
      'check_payment 7200',
      'check_payment 14400',
      'check_payment 28800',
      'check_payment 57600',
      'expire 86400',
    ]);
  });

  it('asks on after a decline: the customer may try another card', () => {
    const failed = order({ status: 'failed', checksMade: 2, failureReason: 'do_not_honor' });
    expect(decideNextAction(failed)).toEqual({
      kind: 'check_payment',
      at: '2026-03-02T10:02:00.000Z',
      reason: 'waiting for the payment; the gateway is asked in case its message was lost',
      outside: 'awaited',
    });
  });

  it('expires at its time although checks are left', () => {
    const short = order({ expiresAt: '2026-03-02T10:00:30.000Z', checksMade: 1 });
    expect(decideNextAction(short)).toEqual({
      kind: 'expire',
      at: '2026-03-02T10:00:30.000Z',
      reason: 'not paid; the order expires',
      outside: 'asked',
    });
  });

  it('R1.07 expired is asked about four times more, then ends', () => {
    const expired = expireOrder(order({ checksMade: 11 }));
    expect(retrySchedule(expired, noteChecked, expired.expiresAt)).toEqual([
      'check_late_payment 3600',
      'check_late_payment 86400',
      'check_late_payment 172800',
      'check_late_payment 259200',
      'end',
    ]);
    expect(expired.status).toBe('expired');
  });

  it('R1.07 is not closed while the gateway is silent: it is asked again, ever more rarely', () => {
    let open = order({ checksMade: 11 });
    const asked = [0, 1, 2, 3, 4].map(() => {
      const next = decideNextAction(open);
      open = noteUnanswered(open);
      return next;
    });
    expect(asked).toMatchObject([
      {
        kind: 'expire',
        at: '2026-03-03T10:00:00.000Z',
        reason: 'not paid; the order expires',
        outside: 'asked',
      },
      { kind: 'expire', at: '2026-03-03T10:05:00.000Z', outside: 'awaited' },
      { kind: 'expire', at: '2026-03-03T10:15:00.000Z' },
      { kind: 'expire', at: '2026-03-03T10:35:00.000Z' },
      {
        kind: 'expire',
        at: '2026-03-03T11:15:00.000Z',
        reason: 'the payment gateway did not answer; it is asked again',
      },
    ]);
  });

  it('R1.07 takes one answer for all late checks that were due by then', () => {
    const open = order({ checksMade: 11, asksUnanswered: 4 }); // Asked at 11:15 for the fifth time.
    const expired = expireOrder(open);
    expect(expired).toMatchObject({ status: 'expired', checksMade: 1, asksUnanswered: 0 });
    expect(decideNextAction(expired)).toMatchObject({
      kind: 'check_late_payment',
      at: '2026-03-04T10:00:00.000Z',
    });
    const afterFourDays = expireOrder(order({ checksMade: 11, asksUnanswered: 11 }));
    expect(decideNextAction(afterFourDays)).toEqual({
      kind: 'end',
      reason: 'expired without a payment',
    });
  });

  it('R1.07 counts a late look only when the gateway answered it', () => {
    const expired = expireOrder(order());
    const silent = noteUnanswered(expired);
    expect(silent).toMatchObject({ checksMade: 0, asksUnanswered: 1 });
    expect(decideNextAction(silent)).toMatchObject({
      kind: 'check_late_payment',
      at: '2026-03-03T11:05:00.000Z',
    });
    expect(noteChecked(silent)).toMatchObject({ checksMade: 1, asksUnanswered: 0 });
  });

  it('R1.07 paid ends, and neither a check nor an expiry undoes it', () => {
    const paid = order({ status: 'paid', paidAt: NOW });
    expect(decideNextAction(paid)).toEqual({ kind: 'end', reason: 'paid' });
    expect([noteChecked(paid), noteUnanswered(paid), expireOrder(paid)]).toEqual([
      paid,
      paid,
      paid,
    ]);
  });
});

describe('an order whose payment page could not be opened', () => {
  const draft = order({ status: 'draft', checkoutId: null, checkoutUrl: null });

  it('R1.06 opens it at once', () => {
    expect(decideNextAction(draft)).toEqual({
      kind: 'open_checkout',
      at: '2026-03-02T10:00:00.000Z',
      reason: 'the hosted payment page is to be opened',
      outside: 'awaited',
    });
  });

  it('R1.06 asks a silent gateway again, ever more rarely, then expires after a day', () => {
    expect(retrySchedule(draft, noteUnanswered, PLACED_AT)).toEqual([
      'open_checkout 0',
      'open_checkout 15',
      'open_checkout 30',
      'open_checkout 60',
      'open_checkout 120',
      'open_checkout 300',
      'open_checkout 900',
      'open_checkout 1800',
      'open_checkout 3600',
      'open_checkout 7200',
      'open_checkout 14400',
      'open_checkout 28800',
      'open_checkout 57600',
      'expire 86400',
    ]);
  });

  it('says why it waits', () => {
    expect(decideNextAction(noteUnanswered(draft)).reason).toBe(
      'the payment gateway did not answer; it is asked again',
    );
    expect(decideNextAction({ ...draft, checkoutAttempts: 13 }).reason).toBe(
      'the payment page could not be opened; the order expires',
    );
  });

  it('ends with its expiry: nobody can have paid on a page that never was', () => {
    expect(decideNextAction(expireOrder(draft))).toEqual({
      kind: 'end',
      reason: 'expired; its payment page was never opened',
    });
  });
});

const facts: fc.Arbitrary<NamedPayment> = fc.record({
  paymentId: fc.constant('pay_1'),
  gatewayPaymentId: fc.constantFrom('gp_1', 'gp_2', 'gp_3'),
  status: fc.constantFrom('processing', 'succeeded', 'failed'),
  money: fc.record({
    amountMicros: fc.constantFrom(1_000_000_000n, 1_000_000_000n, 999_000_000n),
    currency: fc.constantFrom('INR', 'INR', 'USD'),
  }),
  refunded: fc.record({
    amountMicros: fc.constantFrom(0n, 0n, 1_000_000n),
    currency: fc.constantFrom('INR'),
  }),
  reference: fc.constantFrom('order/ord_00000001', 'order/ord_00000001', 'order/ord_00000002'),
  customerReference: fc.constantFrom('acct_00000001', 'acct_00000001', 'acct_00000002'),
  mode: fc.constantFrom('upi', 'card'),
  declineCode: fc.constant(null),
});

const orders = fc
  .record({
    status: fc.constantFrom<OrderStatus>('draft', 'awaiting_payment', 'paid', 'failed', 'expired'),
    checksMade: fc.nat({ max: 20 }),
    checkoutAttempts: fc.nat({ max: 20 }),
    asksUnanswered: fc.nat({ max: 3 }),
    placedAtMs: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
  })
  .map(({ placedAtMs, ...changes }) => {
    const placedAt = fromEpochMs(placedAtMs);
    const paidAt = changes.status === 'paid' ? placedAt : null;
    return order({
      ...changes,
      placedAt,
      payAskedAt: placedAt,
      paidAt,
      expiresAt: addSeconds(placedAt, 86_400),
    });
  });

function carryOut(current: Order, kind: OrderActionKind, isAnswered: boolean): Order {
  if (kind === 'open_checkout' || !isAnswered) return noteUnanswered(current);
  return kind === 'expire' ? expireOrder(current) : noteChecked(current);
}

describe('any order and any payments', () => {
  it('R1.07 is granted only what succeeded, in full, in its currency, for this order', () => {
    fc.assert(
      fc.property(orders, fc.array(facts, { maxLength: 6 }), (before, payments) => {
        const decision = decidePayments(before, payments, NOW);
        const granted = decision.verdicts.filter(({ kind }) => kind === 'grant');
        expect(granted.map((verdict) => verdict.payment)).toEqual(
          payments.filter(
            ({ status, money, refunded, reference, customerReference }) =>
              status === 'succeeded' &&
              money.amountMicros === 1_000_000_000n &&
              money.currency === 'INR' &&
              refunded.amountMicros === 0n &&
              reference === 'order/ord_00000001' &&
              customerReference === 'acct_00000001',
          ),
        );
        expect(decision.order.status === 'paid').toBe(
          before.status === 'paid' || granted.length > 0,
        );
      }),
    );
  });

  it('R1.07 gives each payment that is not under way exactly one verdict', () => {
    fc.assert(
      fc.property(orders, fc.array(facts, { maxLength: 6 }), (before, payments) => {
        const { verdicts } = decidePayments(before, payments, NOW);
        expect(verdicts.map((verdict) => verdict.payment)).toEqual(
          payments.filter(({ status }) => status !== 'processing'),
        );
      }),
    );
  });

  it('moves its next action on by every check, silence or expiry, and ends once it is answered', () => {
    fc.assert(
      fc.property(
        orders,
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        (start, answers) => {
          let current: Order = start;
          let lastMs = 0;
          const answersAtLast = Array.from({ length: 60 }, () => true);
          for (const isAnswered of [...answers, ...answersAtLast]) {
            const next = decideNextAction(current);
            expect(next.reason).not.toBe('');
            if (!isDueAction(next)) return;
            expect(toEpochMs(next.at)).toBeGreaterThanOrEqual(lastMs);
            lastMs = toEpochMs(next.at);
            current = carryOut(current, next.kind, isAnswered);
          }
          throw new Error(`still ${decideNextAction(current).kind} after 80 steps`);
        },
      ),
    );
  });
});
