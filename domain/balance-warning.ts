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
  /** What else the wallet is going to pay: the rents of phone numbers. Left out: nothing. */
  readonly otherCharges?: readonly DueCharge[];
}

/** Money that will be charged: when, and how much with tax. */
export interface DueCharge {
  readonly at: Instant;
  readonly total: Money;
}

/**
 * Warns of every charge that nothing covers: neither the wallet nor a saved method. Charges are counted
 * in the order they fall due, so that money meant for one is not counted again for the next.
 */
export function findBalanceWarnings(
  charges: readonly NextCharge[],
  { availableMicros, keepsMethod, otherCharges = [] }: Backing,
): BalanceWarning[] {
  const shares = shareBalance([...charges, ...otherCharges], availableMicros);
  return charges.toSorted(compareDue).flatMap((charge) => {
    const { subscriptionId, at, total } = charge;
    const missingMicros = total.amountMicros - (shares.get(charge) ?? 0n);
    if (missingMicros <= 0n || isBacked(charge, keepsMethod)) return [];
    const missing = { amountMicros: missingMicros, currency: total.currency };
    const code = charge.isOwed ? 'payment_owed' : 'renewal_not_covered';
    const message = describe(code, { planCode: charge.planCode, missing, at });
    return [{ code, subscriptionId, missing, at, message }];
  });
}

/** What the wallet has left for each charge, in micros, when all before it were paid. Never below zero. */
export function shareBalance(
  charges: readonly DueCharge[],
  availableMicros: bigint,
): ReadonlyMap<DueCharge, bigint> {
  const shares = new Map<DueCharge, bigint>();
  let leftMicros = availableMicros;
  for (const charge of charges.toSorted(compareDue)) {
    shares.set(charge, leftMicros > 0n ? leftMicros : 0n);
    leftMicros -= charge.total.amountMicros;
  }
  return shares;
}

function isBacked({ backing }: NextCharge, keepsMethod: boolean): boolean {
  return backing === 'charge_under_way' || (backing === 'saved_method' && keepsMethod);
}

/** Charges of one instant stay in the order they were given. */
function compareDue(left: DueCharge, right: DueCharge): number {
  if (left.at === right.at) return 0;
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
