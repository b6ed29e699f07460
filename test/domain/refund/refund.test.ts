import { parseMoney, type Money } from '../../../domain/money';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { postRequested, postReturned, postUndone } from '../../../domain/refund/post-refund';
import {
  decideNextAction,
  decideReturned,
  isUnconfirmed,
  noteUnanswered,
  type Refund,
} from '../../../domain/refund/refund';
import { takePart } from '../../../domain/refund/split-refund';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { balancesOf, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

const NOW = '2027-03-02T10:00:00.000Z';
const inr = (amount: string): Money => parseMoney({ amount, currency: 'INR' });
const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
  taxPoint: 'top_up',
  totalStepMicros: 1_000_000n,
};

/** 590.00 of a top-up of 1 179.00, the whole of which is 999.50, tax 179.91 and -0.41. */
function refundOf(change: Partial<Refund> = {}): Refund {
  const { sale } = buildTopUpTerms(IGST, inr('999.50'));
  return {
    id: 'rfd_1',
    accountId: 'acct_1',
    subject: { kind: 'payment', id: 'pay_1' },
    to: 'source',
    source: { paymentId: 'pay_1', gateway: 'sandbox', gatewayPaymentId: 'gw_1' },
    sale: takePart(sale, inr('590.00').amountMicros),
    taxation: IGST,
    referencesId: 'rcv_1',
    reason: null,
    status: 'requested',
    requestedAt: NOW,
    attemptsMade: 0,
    settledAt: null,
    gatewayRefundId: null,
    failureReason: null,
    documentId: null,
    ...change,
  };
}

describe('what happens next to a refund', () => {
  it('the gateway is asked at once, then on a retry schedule, from the second day on daily for a month', () => {
    const asked: string[] = [];
    let refund = refundOf();
    for (let next = decideNextAction(refund); 'at' in next; next = decideNextAction(refund)) {
      asked.push(next.at);
      refund = noteUnanswered(refund).refund;
    }
    expect(asked.slice(0, 3)).toEqual([
      '2027-03-02T10:00:00.000Z',
      '2027-03-02T10:00:15.000Z',
      '2027-03-02T10:00:30.000Z',
    ]);
    expect(asked.slice(13)).toHaveLength(1 + 29);
    expect(asked.slice(13, 16)).toEqual([
      '2027-03-03T08:00:00.000Z',
      '2027-03-04T10:00:00.000Z',
      '2027-03-05T10:00:00.000Z',
    ]);
    expect(asked.at(-1)).toBe('2027-04-01T10:00:00.000Z');
    expect([refund.status, decideNextAction(refund)]).toEqual([
      'requested',
      {
        kind: 'rest',
        reason:
          'the gateway has not confirmed it: a person looks there whether the money went back',
      },
    ]);
  });

  it('a day without an answer is an alarm, once: its money is still out, and it is asked again daily', () => {
    const { refund, events } = noteUnanswered(refundOf({ attemptsMade: 13 }));
    expect([refund.status, decideNextAction(refund).kind]).toEqual(['requested', 'return_money']);
    expect(events.map(({ type }) => type)).toEqual(['refund.unconfirmed']);
    expect(noteUnanswered(refund).events).toEqual([]);
  });

  it.each([
    [13, false],
    [14, true],
    [44, true],
  ])('asked %i times in vain, a person may close it: %s', (attemptsMade, isAllowed) => {
    expect(isUnconfirmed(refundOf({ attemptsMade }))).toBe(isAllowed);
  });

  it('a first silence is told to nobody', () => {
    expect(noteUnanswered(refundOf()).events).toEqual([]);
  });

  it('ends once the money is back', () => {
    const outcome = { kind: 'refunded', refundId: 'gw_re_1' } as const;
    const { refund, events } = decideReturned(refundOf(), outcome, NOW);
    expect(refund).toMatchObject({
      status: 'succeeded',
      settledAt: NOW,
      gatewayRefundId: 'gw_re_1',
    });
    expect(decideNextAction(refund).kind).toBe('end');
    expect(events).toEqual([
      {
        type: 'refund.succeeded',
        reason: '590.00 INR was refunded to the original payment method',
      },
    ]);
  });

  it.each([
    ['declined', 'the customer’s bank did not accept the refund'],
    ['more_than_left', 'the gateway says that less than that is left of the payment'],
    ['payment_not_succeeded', 'the gateway says that the payment did not succeed'],
    ['unknown_payment', 'the gateway does not know the payment'],
  ] as const)('ends as failed when the gateway answers %s', (reason, words) => {
    const { refund, events } = decideReturned(refundOf(), { kind: 'refused', reason }, NOW);
    expect(refund).toMatchObject({ status: 'failed', settledAt: NOW, failureReason: words });
    expect(decideNextAction(refund)).toEqual({ kind: 'end', reason: words });
    expect(events).toEqual([
      { type: 'refund.failed', reason: `${words}; 590.00 INR was put back` },
    ]);
  });
});

describe('what a refund moves', () => {
  const ledgerOf = (wallet: string) =>
    buildLedger({ currency: 'INR', additionalMicros: inr(wallet).amountMicros });

  it('of a payment: net out of the wallet first, then the tax once it is back', () => {
    const ledger = ledgerOf('999.50');
    const plan = buildPlan(ledger);
    postRequested({ plan, ledger }, refundOf(), NOW);
    expect(transfersOf(plan)).toEqual([
      'refund wallet/additional > clearing/INR 500000000 refund/rfd_1',
    ]);
    postReturned({ plan, ledger }, refundOf(), NOW);
    expect(transfersOf(plan).slice(1)).toEqual([
      'refund tax_payable/INR > clearing/INR 90000000 refund/rfd_1',
    ]);
  });

  it('of a whole payment with a round-off: all that came in goes out, from where it went', () => {
    const { sale } = buildTopUpTerms(IGST, inr('999.50'));
    const ledger = ledgerOf('999.50');
    const plan = buildPlan(ledger);
    postRequested({ plan, ledger }, refundOf({ sale }), NOW);
    postReturned({ plan, ledger }, refundOf({ sale }), NOW);
    expect(transfersOf(plan)).toEqual([
      'refund wallet/additional > clearing/INR 999500000 refund/rfd_1',
      'refund tax_payable/INR > clearing/INR 179910000 refund/rfd_1',
      'refund clearing/INR > revenue/INR 410000 refund/rfd_1',
    ]);
    expect(balancesOf(ledger)['wallet/additional']).toBe(0n);
  });

  it('of a payment, refused: the wallet has it again, and the tax never moved', () => {
    const ledger = ledgerOf('999.50');
    const plan = buildPlan(ledger);
    postRequested({ plan, ledger }, refundOf(), NOW);
    postUndone({ plan, ledger }, refundOf(), NOW);
    expect(transfersOf(plan).slice(1)).toEqual([
      'refund clearing/INR > wallet/additional 500000000 refund/rfd_1/undone',
    ]);
    expect(balancesOf(ledger)['wallet/additional']).toBe(999_500_000n);
  });

  const invoice = { kind: 'invoice', id: 'inv_1' } as const;

  it('of an invoice to the wallet: out of revenue, and what of it was tax is owed no more', () => {
    const ledger = ledgerOf('0.00');
    const plan = buildPlan(ledger);
    const refund = refundOf({ subject: invoice, to: 'wallet', source: null });
    postRequested({ plan, ledger }, refund, NOW);
    expect(transfersOf(plan)).toEqual([
      'refund revenue/INR > wallet/additional 590000000 refund/rfd_1',
      'refund tax_payable/INR > revenue/INR 90000000 refund/rfd_1/tax',
    ]);
  });

  it('of an invoice to the source: out of revenue, past the wallet; back there when refused', () => {
    const ledger = ledgerOf('0.00');
    const plan = buildPlan(ledger);
    const refund = refundOf({ subject: invoice });
    postRequested({ plan, ledger }, refund, NOW);
    postReturned({ plan, ledger }, refund, NOW);
    expect(transfersOf(plan)).toEqual([
      'refund revenue/INR > clearing/INR 590000000 refund/rfd_1',
      'refund tax_payable/INR > revenue/INR 90000000 refund/rfd_1/tax',
    ]);
    const undone = buildPlan(ledger);
    postUndone({ plan: undone, ledger }, refund, NOW);
    expect(transfersOf(undone)).toEqual([
      'refund clearing/INR > revenue/INR 590000000 refund/rfd_1/undone',
    ]);
  });

  it('I2 once: the same refund posted again is refused by the ledger', () => {
    const ledger = ledgerOf('2000.00');
    const refund = refundOf({ subject: invoice });
    postRequested({ plan: buildPlan(ledger), ledger }, refund, NOW);
    expect(() => postRequested({ plan: buildPlan(ledger), ledger }, refund, NOW)).toThrow(
      'happened already',
    );
  });
});
