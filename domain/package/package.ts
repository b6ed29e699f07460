/**
 * Owns: a bought package of messages or call minutes: how long it lives, when its owner is warned, how it
 * ends.
 * Does not own: its units (a bucket of the ledger), what is used of them (ledger/usage.ts), its price and
 * payment (order/), the catalogue (package-offer.ts).
 * Rules: R0.11 to R0.15, R2.06, ADR 0024. A life is half-open and ends with a local day, so that what is
 * sold for 30 days never ends in the middle of a day's work.
 * Example: 10 000 messages bought in Istanbul on 22 November at 13:00 for 30 days end when 22 December
 * is over: at 2026-12-22T21:00:00.000Z. Warnings are due 7 and 1 days before, not 30: that was before
 * they were bought.
 */
import { addCalendarDays, addCalendarMonths, addDays, localDateOf, startOfDay } from '../calendar';
import { isBefore, type Instant } from '../instant';
import type { Money } from '../money';
import type { NextAction } from '../next-action';
import type { PackageKind, PackageOffer } from './package-offer';

/** voided: an operator took back what was left. Expired and voided ones never come back. */
export const PACKAGE_STATUSES = ['active', 'expired', 'voided'] as const;
export type PackageStatus = (typeof PACKAGE_STATUSES)[number];

/** `package` itself is a reserved word. */
export interface BoughtPackage {
  readonly id: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly kind: PackageKind;
  readonly code: string;
  readonly name: string;
  /** Messages or minutes, all that were bought. */
  readonly units: number;
  readonly price: Money;
  readonly timeZone: string;
  readonly purchasedAt: Instant;
  /** Not covered any more (R0.15). */
  readonly expiresAt: Instant;
  readonly status: PackageStatus;
  /** The last warning that was due, in days before the end; null: none yet. */
  readonly warnedDays: number | null;
  readonly endedAt: Instant | null;
}

export type PackageActionKind = 'warn_expiry' | 'expire';

/** How many days before its end the owner of a package is warned. */
const WARNING_DAYS = [30, 7, 1] as const;

/** What happens next to a package, when and why. */
export function decideNextAction(bought: BoughtPackage): NextAction<PackageActionKind> {
  if (bought.status !== 'active') return { kind: 'end', reason: `the package is ${bought.status}` };
  const warning = findNextWarning(bought);
  if (warning !== null) {
    const { at, days } = warning;
    return { kind: 'warn_expiry', at, reason: `its end is ${describeDays(days)} ahead` };
  }
  return {
    kind: 'expire',
    at: bought.expiresAt,
    reason: 'its life ends; what is left is forfeited',
  };
}

/** The warning that is due next; those that lie before the purchase are none. */
export function findNextWarning(
  bought: BoughtPackage,
): { readonly days: number; readonly at: Instant } | null {
  const { expiresAt, purchasedAt, timeZone, warnedDays } = bought;
  for (const days of WARNING_DAYS) {
    if (warnedDays !== null && days >= warnedDays) continue;
    const at = addCalendarDays(expiresAt, -days, timeZone);
    if (isBefore(purchasedAt, at)) return { days, at };
  }
  return null;
}

/**
 * When something bought now ends. With a validity: when the last of its days is over in the account's
 * zone. Without one: with the plan's paid period, or, without a plan, when the day a calendar month
 * later is over.
 */
export function computeExpiry(bought: {
  readonly offer: PackageOffer;
  readonly timeZone: string;
  /** The end of the period that the account's plan is paid for; null: no plan, or not paid. */
  readonly planPaidUntil: Instant | null;
  readonly at: Instant;
}): Instant {
  const { offer, timeZone, planPaidUntil, at } = bought;
  if (offer.validityDays !== null) {
    const lastDay = addDays(localDateOf(at, timeZone), offer.validityDays);
    return startOfDay(addDays(lastDay, 1), timeZone);
  }
  if (planPaidUntil !== null && isBefore(at, planPaidUntil)) return planPaidUntil;
  const lastDay = localDateOf(addCalendarMonths(at, 1, timeZone), timeZone);
  return startOfDay(addDays(lastDay, 1), timeZone);
}

export function describeDays(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}
