/**
 * Owns: what a subscription knows of a refund of its invoice: that much less was paid for its period.
 * Does not own: the refund (refund/refund.ts), what a change credits of a period (decide-change.ts).
 * Rules: ADR 0020. A refund lowers what the period cost, and the days that are left are credited at that
 * cost: neither what was refunded, nor the days that were used, is credited. Invoices of earlier periods bear
 * on nothing any more, nor does one that a change had netted into the next: it has only days gone by left.
 * Example: 999.00 were paid for March, 600.00 refunded on the 10th: 399.00 were paid for 31 days, so a pause on
 * the 11th, with 21 days left, credits 270.29.
 */
import { isBefore, type Instant } from '../instant';
import type { Refund } from '../refund/refund';
import { prorate, remainingShare } from './proration';
import type { Subscription } from './subscription';

/**
 * The subscription when its invoice of `invoicedAt` is refunded; `isUndone`: when a gateway refused to. Null
 * when the refund does not concern its period.
 */
export function noteRefunded(
  subscription: Subscription,
  { sale, taxation, requestedAt }: Pick<Refund, 'sale' | 'taxation' | 'requestedAt'>,
  {
    invoicedAt,
    isUndone,
    isSuperseded,
  }: {
    readonly invoicedAt: Instant;
    readonly isUndone: boolean;
    /** A later invoice of the subscription was there when the refund was asked for. */
    readonly isSuperseded: boolean;
  },
): Subscription | null {
  const { paid, paidFrom, period, status, timeZone } = subscription;
  if (status === 'ended' || isSuperseded || isBefore(invoicedAt, period.startsAt)) return null;
  // What was paid is kept as prices are said.
  const refunded = taxation.includesTax ? sale.total : sale.subtotal;
  if (!isUndone) return withPaid(subscription, paid.amountMicros - refunded.amountMicros);
  // The plan changed while the gateway was asked: of what is undone, only what falls on the days since counts.
  const isSameStretch = !isBefore(requestedAt, paidFrom);
  const share = remainingShare({ startsAt: invoicedAt, endsAt: period.endsAt }, paidFrom, {
    mode: 'days',
    timeZone,
  });
  const undone = isSameStretch ? refunded : prorate(refunded, share);
  return withPaid(subscription, paid.amountMicros + undone.amountMicros);
}

/** Below zero where more was refunded than was paid for these days: what is undone later is added to that. */
function withPaid(subscription: Subscription, amountMicros: bigint): Subscription {
  return { ...subscription, paid: { ...subscription.paid, amountMicros } };
}
