/**
 * Owns: the figures that go with a refusal for want of money.
 * Does not own: whether money is short (the decisions) or the error's code (billing-error.ts).
 * Example: 600.00 INR wanted, 120.00 there: required 600.00, available 120.00, missing 480.00.
 */
import { formatAmount, type Money } from '../money';

/** What is wanted, what is there and what is missing, as decimal text. */
export function describeShortfall(
  required: Money,
  availableMicros: bigint,
): Readonly<Record<'required' | 'available' | 'missing' | 'currency', string>> {
  const format = (amountMicros: bigint): string => formatAmount({ ...required, amountMicros });
  return {
    required: formatAmount(required),
    available: format(availableMicros),
    missing: format(required.amountMicros - availableMicros),
    currency: required.currency,
  };
}
