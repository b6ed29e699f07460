/**
 * Owns: what a customer is warned of before service stops, from the balance and what is due next.
 * Does not own: sending it anywhere; the overview shows it, events tell what has happened.
 * Rules: R1.08, R2.20: a positive balance means uninterrupted service, so say early when it will not last.
 * A saved method that will pay, or is being charged, is no reason to warn (ADR 0016).
 * Example: 120.00 INR in the wallet and 999.00 INR due on 1 March: `renewal_not_covered`, missing 879.00.
 */
import { findMissing } from '../collection/charge-terms';
import type { Instant } from '../instant';
import { describeMoney, type Money } from '../money';
import { nextPeriod, type PhoneNumber } from '../phone-number/phone-number';
import { buildRentSale } from '../phone-number/sale';
import type { Taxation } from '../tax/taxation';
import { compareDue, type CoveredCharge } from './upcoming-charge';

export interface Warning<Code extends string> {
  readonly code: Code;
  /** What must come in; null where money alone does not help. */
  readonly missing: Money | null;
  /** When service stops, or since when a payment is owed; of a number on hold, when it is given back. */
  readonly at: Instant;
  readonly message: string;
}

export interface SubscriptionWarning extends Warning<'payment_owed' | 'renewal_not_covered'> {
  readonly subscriptionId: string;
}

export type NumberWarning = Warning<
  'auto_pay_off' | 'no_payment_method' | 'balance_below_next_charge' | 'on_hold'
>;

/** Warns of each charge of a subscription that nothing covers: neither the wallet nor a saved method. */
export function warnOfSubscriptions(
  charges: readonly CoveredCharge[],
  keepsMethod: boolean,
): SubscriptionWarning[] {
  return charges.toSorted(compareDue).flatMap((charge) => {
    const { kind, id: subscriptionId, planCode, at, total, isOwed, backing } = charge;
    const missing = findMissing(total, charge.availableMicros);
    const isBacked = backing === 'charge_under_way' || (backing === 'saved_method' && keepsMethod);
    if (kind !== 'subscription' || missing === null || isBacked) return [];
    const lacks = describeMoney(missing);
    const message = isOwed
      ? `${planCode} has been unpaid since ${at}. Top up ${lacks} to keep it running.`
      : `${planCode} renews on ${at}, but the balance is ${lacks} short.`;
    const code = isOwed ? 'payment_owed' : 'renewal_not_covered';
    return [{ code, subscriptionId, missing, at, message }];
  });
}

/** What the owner of a number is warned of. Nothing of one that is being given back or never came. */
export function warnOfNumber(
  phoneNumber: PhoneNumber,
  facts: {
    /** What the wallet has free for its next rent. */
    readonly availableMicros: bigint;
    readonly keepsMethod: boolean;
    readonly taxation: Taxation;
    /** Of a number on hold: what must come in so that it is kept. */
    readonly payToKeep: Money | null;
  },
): readonly NumberWarning[] {
  const { status, number, autoPay, period, hold } = phoneNumber;
  if (status === 'on_hold' && hold !== null) return [warnOfHold(number, hold, facts.payToKeep)];
  if (status !== 'active') return [];
  const at = period.endsAt;
  const sale = buildRentSale(phoneNumber, nextPeriod(phoneNumber), facts.taxation);
  const missing = findMissing(sale.taxed.total, facts.availableMicros);
  const warnings: NumberWarning[] = [];
  if (!autoPay) {
    const message = `Auto-pay is off for ${number}. It goes on hold on ${at} unless its rent is paid.`;
    warnings.push({ code: 'auto_pay_off', message, missing: null, at });
  }
  if (missing === null || facts.keepsMethod) return warnings;
  const lacks = `The balance is ${describeMoney(missing)} short for the rent of ${number} due on ${at}.`;
  const pays = `There is no saved payment method to pay the rent of ${number}.`;
  return [
    ...warnings,
    { code: 'balance_below_next_charge', message: lacks, missing, at },
    { code: 'no_payment_method', message: pays, missing, at },
  ];
}

function warnOfHold(
  number: string,
  { releasesAt: at }: { readonly releasesAt: Instant },
  payToKeep: Money | null,
): NumberWarning {
  const missing = payToKeep !== null && payToKeep.amountMicros > 0n ? payToKeep : null;
  const pay = missing === null ? 'pay its rent' : `pay ${describeMoney(missing)}`;
  const message = `${number} is on hold: ${pay} before ${at} to keep it. After that it is released.`;
  return { code: 'on_hold', message, missing, at };
}
