/**
 * Owns: what a customer is warned of before service stops, from the balance and what is due next.
 * Does not own: sending it anywhere; the overview shows it, events tell what has happened.
 * Rule: R1.08: a positive balance means uninterrupted service, so say early when it will not last.
 * A saved method that will pay, or is being charged, is no reason to warn (ADR 0016).
 * Example: 120.00 INR in the wallet and 999.00 INR due on 1 March: `renewal_not_covered`, missing 879.00.
 */
import type { Instant } from './instant';
import { formatAmount, type Money } from './money';
import type { NextCharge } from './subscription/next-charge';

export interface BalanceWarning {
  readonly code: 'payment_owed' | 'renewal_not_covered';
  readonly subscriptionId: string;
  readonly missing: Money;
  /** When service stops, or since when a payment is owed. */
  readonly at: Instant;
  readonly message: string;
}

/** What an account pays with. */
export interface Backing {
  readonly availableMicros: bigint;
  /** It keeps a method that may be charged. */
  readonly keepsMethod: boolean;
}

/**
 * Warns of every charge that nothing covers: neither the wallet nor a saved method. Charges are counted in the order they fall due, so that
 * money meant for one is not counted again for the next.
 */
export function findBalanceWarnings(
  charges: readonly NextCharge[],
  { availableMicros, keepsMethod }: Backing,
): BalanceWarning[] {
  const warnings: BalanceWarning[] = [];
  let leftMicros = availableMicros;
  for (const charge of charges.toSorted(compareDue)) {
    const { subscriptionId, at, total } = charge;
    const missingMicros = total.amountMicros - (leftMicros > 0n ? leftMicros : 0n);
    leftMicros -= total.amountMicros;
    if (missingMicros <= 0n || isBacked(charge, keepsMethod)) continue;
    const missing = { amountMicros: missingMicros, currency: total.currency };
    const code = charge.isOwed ? 'payment_owed' : 'renewal_not_covered';
    const message = describe(code, { planCode: charge.planCode, missing, at });
    warnings.push({ code, subscriptionId, missing, at, message });
  }
  return warnings;
}

function isBacked({ backing }: NextCharge, keepsMethod: boolean): boolean {
  return backing === 'charge_under_way' || (backing === 'saved_method' && keepsMethod);
}

function compareDue(left: NextCharge, right: NextCharge): number {
  return left.at < right.at ? -1 : 1;
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
