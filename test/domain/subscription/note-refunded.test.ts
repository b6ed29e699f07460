import { parseMoney, type Money } from '../../../domain/money';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { noteRefunded } from '../../../domain/subscription/note-refunded';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { growth, startWalk } from './subscription-walk';

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
    readonly isSuperseded?: boolean;
    readonly requestedAt?: string;
    readonly change?: Partial<Subscription>;
  } = {},
): Money | null {
  const { invoicedAt = STARTED_AT, taxation = UNTAXED, undo = false } = options;
  const { isSuperseded = false, requestedAt = '2026-02-10T07:00:00.000Z', change } = options;
  const started = startWalk(growth(), STARTED_AT, '999.00').subscription();
  const subscription = { ...started, ...change };
  const refund = { ...buildTopUpTerms(taxation, inr(price)), requestedAt };
  const moment = { invoicedAt, isUndone: undo, isSuperseded };
  return noteRefunded(subscription, refund, moment)?.paid ?? null;
}

describe('what a subscription knows of a refund', () => {
  it('less was paid for the period the invoice was for', () => {
    expect(paidAfter('600.00')).toEqual(inr('399.00'));
    expect(paidAfter('999.00')).toEqual(inr('0.00'));
  });

  it('less than nothing where more was refunded than these days cost, so that a refusal restores it', () => {
    const change = { paid: inr('515.61'), paidFrom: '2026-02-15T07:00:00.000Z' };
    const requestedAt = '2026-02-16T07:00:00.000Z';
    const lowered = paidAfter('5353.84', { change, requestedAt });
    expect(lowered).toEqual({ ...inr('4838.23'), amountMicros: -4_838_230_000n });
    const undone = { ...change, paid: lowered ?? inr('0.00') };
    expect(paidAfter('5353.84', { change: undone, requestedAt, undo: true })).toEqual(
      inr('515.61'),
    );
  });

  it('what falls on the days since a change that came while the gateway was asked', () => {
    const change = { paid: inr('2499.50'), paidFrom: '2026-02-15T07:00:00.000Z' };
    const options = { change, requestedAt: '2026-02-14T07:00:00.000Z', undo: true };
    // 14 of 28 days of 999.00 beside what was paid for the new plan.
    expect(paidAfter('999.00', options)).toEqual(inr('2999.00'));
  });

  it('as prices are said: without the tax, or with it where they include it', () => {
    expect(paidAfter('500.00', { taxation: GST })).toEqual(inr('499.00'));
    expect(paidAfter('500.00', { taxation: { ...GST, includesTax: true } })).toEqual(inr('499.00'));
  });

  it('as much again once a gateway refused it', () => {
    expect(paidAfter('600.00', { undo: true })).toEqual(inr('1599.00'));
  });

  it('nothing when a change had invoiced the days ahead anew, and nothing when that is refused', () => {
    const change = { paid: inr('2499.50'), paidFrom: '2026-02-15T07:00:00.000Z' };
    const options = { change, requestedAt: '2026-02-16T07:00:00.000Z', isSuperseded: true };
    expect(paidAfter('499.50', options)).toBeNull();
    expect(paidAfter('499.50', { ...options, undo: true })).toBeNull();
  });

  it('nothing when the invoice was for an earlier period', () => {
    expect(paidAfter('600.00', { invoicedAt: '2026-01-31T07:00:00.000Z' })).toBeNull();
  });
});
