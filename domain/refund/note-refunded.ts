/**
 * Owns: what a subscription knows of a refund of its invoice: that much less was paid for its period.
 * Does not own: the refund (refund.ts), what a change credits of a period (subscription/decide-change.ts).
 * Rules: ADR 0020. A refund lowers what the period cost, and the days that are left are credited at that
 * cost: neither what was refunded, nor the days that were used, is credited. Invoices of earlier periods bear
 * on nothing any more.
 * Example: 999.00 were paid for March, 600.00 refunded on the 10th: 399.00 were paid for 31 days, so a pause on
 * the 11th, with 21 days left, credits 270.29.
 */
import { isBefore, type Instant } from '../instant';
import type { Subscription } from '../subscription/subscription';
import type { Refund } from './refund';

/**
 * The subscription when its invoice of `invoicedAt` is refunded; `isUndone`: when a gateway refused to. Null
 * when the refund does not concern its period.
 */
export function noteRefunded(
  subscription: Subscription,
  { sale, taxation }: Pick<Refund, 'sale' | 'taxation'>,
  { invoicedAt, isUndone }: { readonly invoicedAt: Instant; readonly isUndone: boolean },
): Subscription | null {
  const { paid, period, status } = subscription;
  if (status === 'ended' || isBefore(invoicedAt, period.startsAt)) return null;
  // What was paid is kept as prices are said.
  const { amountMicros } = taxation.includesTax ? sale.total : sale.subtotal;
  const changed = isUndone ? paid.amountMicros + amountMicros : paid.amountMicros - amountMicros;
  return { ...subscription, paid: { ...paid, amountMicros: changed > 0n ? changed : 0n } };
}
