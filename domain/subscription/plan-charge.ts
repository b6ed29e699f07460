/**
 * Owns: whether a saved payment method is charged for a period that is owed.
 * Does not own: how much and what follows (collect.ts), when a period is owed (decide-payment.ts).
 * Rules: R1.08, ADR 0016. Only where the plan's policy lets a method pay, one charge at a time, and no
 * more often than card networks bear.
 * Example: a renewal of 999.00 INR meets an empty wallet and a saved card: `collect_payment` is what
 * happens next, at that same instant.
 */
import type { Instant } from '../instant';
import { planAttempt } from '../collection/charge-attempt';
import type { ChargeCause } from '../collection/collection';
import type { Funds } from './funds';
import { keepSubscription, type SubscriptionDecision } from './decision';
import type { Subscription } from './subscription';

/** Plans a charge of the saved method for a price the wallet does not cover; null when none may be made. */
export function planCharge(
  subscription: Subscription,
  cause: ChargeCause,
  { at, funds }: { readonly at: Instant; readonly funds: Funds },
): SubscriptionDecision | null {
  const { dunning, collection } = subscription;
  if (dunning.collection === 'wallet_only' || funds.savedMethod === null) return null;
  const planned = planAttempt(collection, { cause, at });
  if (planned === null) return null;
  return keepSubscription({ ...subscription, collection: planned }, at);
}
