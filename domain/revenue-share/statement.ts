/**
 * Owns: what a month of a partner comes to: what it earned, what is held, what is paid or owed.
 * Does not own: the share of one charge (share.ts), when the month ends and what is paid (revenue-share.ts).
 * Rules: R4.10, ADR 0043. A statement is written once. A reserve of what a month earned is held and comes with the
 * month in which its days end. A month that owes more than it earned pays nothing: its debt is carried into the next.
 * Example: 599.40 accrued and 799.20 clawed back: payable 0.00, carried forward -199.80. Next month 599.40 accrue:
 * payable 399.60.
 */
import { addCalendarDays, nextMonth, startOfMonth, type MonthKey } from '../calendar';
import type { CurrencyCode } from '../currency';
import type { Instant } from '../instant';
import { partOf } from './share';

/** What the entries of a month sum to. Micros, none below zero. */
export interface MonthTotals {
  /** Net of tax. */
  readonly collectedMicros: bigint;
  /** Of what was collected. */
  readonly taxMicros: bigint;
  /** Net of tax. */
  readonly refundsMicros: bigint;
  /** Of what was collected, less those of what was refunded. */
  readonly feesMicros: bigint;
  readonly accruedMicros: bigint;
  readonly clawedBackMicros: bigint;
  /** Null: its plans have different shares, or there was nothing. */
  readonly shareBps: number | null;
}

export interface ReserveTerms {
  readonly reserveBps: number;
  /** Counted from the end of the month. */
  readonly reserveDays: number;
}

/** What was agreed with a partner. */
export interface RevenueShareTerms extends ReserveTerms {
  readonly gatewayFeeBps: number;
  /** The least that is paid out at once. */
  readonly payoutMinimumMicros: bigint;
}

export const DEFAULT_TERMS: RevenueShareTerms = {
  reserveBps: 0,
  reserveDays: 0,
  gatewayFeeBps: 0,
  payoutMinimumMicros: 0n,
};

/** A month of a partner, whether it is closed or still open. */
export interface MonthStatement extends MonthTotals {
  readonly month: MonthKey;
  readonly currency: CurrencyCode;
  readonly heldMicros: bigint;
  readonly heldUntil: Instant | null;
  /** Held of earlier months and free with this one. */
  readonly releasedMicros: bigint;
  /** The debt of the month before: zero or less. */
  readonly broughtForwardMicros: bigint;
  readonly payableMicros: bigint;
  /** The debt that is left: zero or less. */
  readonly carriedForwardMicros: bigint;
}

/** When a month is over in the partner's zone. */
export function endOfMonth(month: MonthKey, timeZone: string): Instant {
  return startOfMonth(nextMonth(month), timeZone);
}

/** What a month comes to. */
export function buildStatement(
  totals: MonthTotals,
  facts: {
    readonly month: MonthKey;
    readonly currency: CurrencyCode;
    readonly timeZone: string;
    readonly terms: ReserveTerms;
    readonly broughtForwardMicros: bigint;
    readonly releasedMicros: bigint;
  },
): MonthStatement {
  const { month, currency, timeZone, terms, broughtForwardMicros, releasedMicros } = facts;
  const { reserveBps, reserveDays } = terms;
  const { accruedMicros, clawedBackMicros } = totals;
  const heldMicros =
    reserveDays === 0 ? 0n : partOf({ amountMicros: accruedMicros, bps: reserveBps, currency });
  const heldUntil =
    heldMicros === 0n ? null : addCalendarDays(endOfMonth(month, timeZone), reserveDays, timeZone);
  const comesToMicros =
    accruedMicros - clawedBackMicros - heldMicros + releasedMicros + broughtForwardMicros;
  const isDebt = comesToMicros < 0n;
  return {
    ...totals,
    month,
    currency,
    heldMicros,
    heldUntil,
    releasedMicros,
    broughtForwardMicros,
    payableMicros: isDebt ? 0n : comesToMicros,
    carriedForwardMicros: isDebt ? comesToMicros : 0n,
  };
}
