/**
 * Owns: what one upcoming charge is, the rent a phone number is charged next, and how far the wallet covers
 * each charge.
 * Does not own: a subscription's next charge (subscription-charge.ts), charging anything.
 * Rules: R1.08, R2.20. Charges are covered in the order they fall due, so that no money is counted twice.
 * A rent that is owed is the triage's business: here it takes nothing from the others.
 * Example: 600.00 INR; rents of 500.00 due on the 1st and on the 5th: 100.00 are left for the second.
 */
import { isBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import type { RecurringPayer } from '../payment/payment';
import type { Money } from '../money';
import {
  nextPeriod,
  owedSince,
  owesRent,
  periodAt,
  type PhoneNumber,
} from '../phone-number/phone-number';
import { buildRentSale } from '../phone-number/sale';
import type { Taxation } from '../tax/taxation';

export interface UpcomingCharge {
  /** What is paid for, and its id. */
  readonly kind: RecurringPayer;
  readonly id: string;
  /** Of a subscription. */
  readonly planCode: string | null;
  /** When it falls due; of an owed one, since when. */
  readonly at: Instant;
  /** With tax. Above zero. */
  readonly total: Money;
  readonly isOwed: boolean;
  /**
   * Who pays what the wallet lacks: nobody; the account's saved method, if it keeps one; or that method
   * is being charged for it at this moment.
   */
  readonly backing: 'nobody' | 'saved_method' | 'charge_under_way';
}

/** A charge with what the wallet has left for it, in micros, once all that is due before it was paid. */
export interface CoveredCharge extends UpcomingCharge {
  readonly availableMicros: bigint;
}

/** The rent a number is charged next, by today's tax; of an owed one, since when. Null: nothing is. */
export function findRentCharge(
  phoneNumber: PhoneNumber,
  { at, taxation }: { readonly at: Instant; readonly taxation: Taxation },
): UpcomingCharge | null {
  const { id, status, autoPay, period } = phoneNumber;
  const isOwed = owesRent(phoneNumber);
  if (!isOwed && (status !== 'active' || !autoPay)) return null;
  const dueAt = isOwed ? owedSince(phoneNumber) : period.endsAt;
  invariant(dueAt !== null, 'what owes rent knows since when');
  const month = isOwed ? periodAt(phoneNumber, at) : nextPeriod(phoneNumber);
  const { total } = buildRentSale(phoneNumber, month, taxation).taxed;
  const rent = { kind: 'phone_number', id, planCode: null } as const;
  return { ...rent, at: dueAt, total, isOwed, backing: 'saved_method' };
}

/** The charges as they were given, each with what is left for it; at one instant the ones given first are first. */
export function coverCharges(
  charges: readonly UpcomingCharge[],
  availableMicros: bigint,
): CoveredCharge[] {
  let leftMicros = availableMicros;
  const left = new Map<UpcomingCharge, bigint>();
  for (const charge of charges.toSorted(compareDue)) {
    if (charge.kind === 'phone_number' && charge.isOwed) continue;
    left.set(charge, leftMicros > 0n ? leftMicros : 0n);
    leftMicros -= charge.total.amountMicros;
  }
  return charges.map((charge) => ({
    ...charge,
    availableMicros: left.get(charge) ?? availableMicros,
  }));
}

/** The earliest first. */
export function compareDue(left: UpcomingCharge, right: UpcomingCharge): number {
  if (left.at === right.at) return 0;
  return isBefore(left.at, right.at) ? -1 : 1;
}
