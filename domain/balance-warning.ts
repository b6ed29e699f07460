/**
 * Owns: what a customer is warned of before service stops, from the balance and what is due next.
 * Does not own: sending it anywhere; the overview shows it, events tell what has happened.
 * Rule: R1.08: a positive balance means uninterrupted service, so say early when it will not last.
 * Example: 120.00 INR in the wallet and 999.00 INR due on 1 March: `renewal_not_covered`, missing 879.00.
 */
import type { Instant } from './instant';
import { formatAmount, type Money } from './money';
import type { Subscription } from './subscription/subscription';

export interface BalanceWarning {
  readonly code: 'payment_owed' | 'renewal_not_covered';
  readonly subscriptionId: string;
  readonly missing: Money;
  /** When service stops, or since when a payment is owed. */
  readonly at: Instant;
  readonly message: string;
}

/**
 * Warns for every open subscription the wallet does not cover. Charges are counted in the order they
 * fall due, so that money meant for one is not counted again for the next.
 */
export function findBalanceWarnings(
  subscriptions: readonly Subscription[],
  availableMicros: bigint,
): BalanceWarning[] {
  const charges = subscriptions.flatMap(toCharge).sort((a, b) => (a.at < b.at ? -1 : 1));
  const warnings: BalanceWarning[] = [];
  let leftMicros = availableMicros;
  for (const { subscription, at, code } of charges) {
    const { price } = subscription;
    const missingMicros = price.amountMicros - (leftMicros > 0n ? leftMicros : 0n);
    leftMicros -= price.amountMicros;
    if (missingMicros <= 0n) continue;
    const missing = { amountMicros: missingMicros, currency: price.currency };
    const message = describe(code, { planCode: subscription.planCode, missing, at });
    warnings.push({ code, subscriptionId: subscription.id, missing, at, message });
  }
  return warnings;
}

interface Charge {
  readonly subscription: Subscription;
  readonly at: Instant;
  readonly code: BalanceWarning['code'];
}

function toCharge(subscription: Subscription): Charge[] {
  const { status, dueSince, period, cancelsAtPeriodEnd, price } = subscription;
  if (status === 'ended' || price.amountMicros === 0n) return [];
  if (dueSince !== null) return [{ subscription, at: dueSince, code: 'payment_owed' }];
  if (cancelsAtPeriodEnd) return [];
  return [{ subscription, at: period.endsAt, code: 'renewal_not_covered' }];
}

function describe(
  code: BalanceWarning['code'],
  facts: { readonly planCode: string; readonly missing: Money; readonly at: Instant },
): string {
  const missing = `${formatAmount(facts.missing)} ${facts.missing.currency}`;
  return code === 'payment_owed'
    ? `${facts.planCode} is unpaid since ${facts.at}: top up ${missing} to go on.`
    : `${facts.planCode} renews at ${facts.at} and the balance does not cover it: ${missing} are missing.`;
}
