import { parseMoney, type Money } from '../../../domain/money';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { noteRefunded } from '../../../domain/refund/note-refunded';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { growth, startWalk } from '../subscription/subscription-walk';

const STARTED_AT = '2026-02-01T07:00:00.000Z';
const inr = (amount: string): Money => parseMoney({ amount, currency: 'INR' });
const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
};

/** What counts as paid for February, 999.00, once a sale of that price is refunded. */
function paidAfter(
  price: string,
  options: {
    readonly invoicedAt?: string;
    readonly taxation?: Taxation;
    readonly undo?: boolean;
  } = {},
): Money | null {
  const { invoicedAt = STARTED_AT, taxation = UNTAXED, undo = false } = options;
  const subscription = startWalk(growth(), STARTED_AT, '999.00').subscription();
  const refund = buildTopUpTerms(taxation, inr(price));
  return noteRefunded(subscription, refund, { invoicedAt, isUndone: undo })?.paid ?? null;
}

describe('what a subscription knows of a refund', () => {
  it('less was paid for the period the invoice was for', () => {
    expect(paidAfter('600.00')).toEqual(inr('399.00'));
    expect(paidAfter('999.00')).toEqual(inr('0.00'));
  });

  it('never less than nothing', () => {
    expect(paidAfter('1000.00')).toEqual(inr('0.00'));
  });

  it('as prices are said: without the tax, or with it where they include it', () => {
    expect(paidAfter('500.00', { taxation: GST })).toEqual(inr('499.00'));
    expect(paidAfter('500.00', { taxation: { ...GST, includesTax: true } })).toEqual(inr('499.00'));
  });

  it('as much again once a gateway refused it', () => {
    expect(paidAfter('600.00', { undo: true })).toEqual(inr('1599.00'));
  });

  it('nothing when the invoice was for an earlier period', () => {
    expect(paidAfter('600.00', { invoicedAt: '2026-01-31T07:00:00.000Z' })).toBeNull();
  });
});
