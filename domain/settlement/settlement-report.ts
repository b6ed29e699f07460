/**
 * Owns: which days of a gateway are compared and when, and the words for what differs.
 * Does not own: the comparison (compare-settlement.ts).
 * Days are of UTC: a gateway has no zone of an account.
 * Example: at 2026-11-28T06:30Z the days 22 to 27 November are over; each without a report is compared now.
 */
import { addDays, localDateOf, startOfDay, type LocalDate } from '../calendar';
import { addSeconds, type Instant } from '../instant';
import { describeMoney } from '../money';
import type { SettlementLine } from './compare-settlement';

const UTC = 'UTC';
const DAY_SECONDS = 86_400;
/** A gateway pays out within days; after a week without a word a person should look. */
export const SETTLED_WITHIN_DAYS = 7;
/** Older ones are history from before the reports began. */
const LOOKED_BACK_DAYS = 30;
/** Of days that a worker which was away has missed. */
const CAUGHT_UP_DAYS = 7;
/** Gateways close a day's books some hours after it. */
const CLOSED_AFTER_SECONDS = 6 * 3_600;

/** The days that may be compared by now, oldest first. */
export function listClosedDays(now: Instant): LocalDate[] {
  const last = addDays(localDateOf(addSeconds(now, -CLOSED_AFTER_SECONDS), UTC), -1);
  return Array.from({ length: CAUGHT_UP_DAYS }, (_, index) =>
    addDays(last, index + 1 - CAUGHT_UP_DAYS),
  );
}

/** What one report is about. */
export interface GatewayDay {
  readonly gateway: string;
  /** Of UTC. */
  readonly day: LocalDate;
}

export interface SettlementRange {
  /** The day, its end left out. */
  readonly from: Instant;
  readonly to: Instant;
  /** What was booked in here must be settled by the end of the day. */
  readonly overdueFrom: Instant;
  readonly overdueTo: Instant;
}

export function rangeOf(day: LocalDate): SettlementRange {
  const from = startOfDay(day, UTC);
  const to = startOfDay(addDays(day, 1), UTC);
  const overdueTo = addSeconds(to, -SETTLED_WITHIN_DAYS * DAY_SECONDS);
  return {
    from,
    to,
    overdueTo,
    overdueFrom: addSeconds(overdueTo, -LOOKED_BACK_DAYS * DAY_SECONDS),
  };
}

/** One sentence for who looks at a difference; null where there is none. */
export function describeLine(line: SettlementLine, gateway: string): string | null {
  switch (line.verdict) {
    case 'matched':
    case 'not_compared':
      return null;
    case 'missing_here': {
      const { kind, money, gatewayPaymentId } = line.settled;
      const of = gatewayPaymentId ?? 'no payment';
      return `${gateway} settled a ${kind} of ${describeMoney(money)} of ${of}, which our books do not have`;
    }
    case 'missing_there': {
      const { kind, id, money } = line.booked;
      return `${gateway} has not settled the ${kind} ${id} of ${describeMoney(money)} within ${SETTLED_WITHIN_DAYS} days`;
    }
    case 'amount_differs': {
      const { booked, settled } = line;
      return `${gateway} settled ${describeMoney(settled.money)} for the ${booked.kind} ${booked.id} of ${describeMoney(booked.money)}`;
    }
  }
}
