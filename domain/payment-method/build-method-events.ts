/**
 * Owns: a payment method's events with the facts that all of them carry, and nothing personal.
 * Does not own: which events those are (payment-method.ts).
 * Example: `payment_method.revoked` of a UPI mandate up to 500.00 INR.
 */
import { buildEvents, type NewEvent } from '../event';
import type { Instant } from '../instant';
import { factsOfMethod, type MethodEvent, type PaymentMethod } from './payment-method';

/** The events of a method as it is after them. */
export function buildMethodEvents(
  method: PaymentMethod,
  told: {
    readonly events: readonly MethodEvent[];
    readonly timeZone: string;
    readonly at: Instant;
  },
): NewEvent[] {
  const { events, timeZone, at } = told;
  const facts = factsOfMethod(method, timeZone);
  return buildEvents<'payment_method'>(method, { events, facts, at });
}
