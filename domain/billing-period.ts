/**
 * Owns: the billing periods of a cycle: which instants the n-th one spans, and which one holds an instant.
 * Does not own: what a period costs (plan.ts), what is due at its end (decide-next.ts).
 * Rule: periods are half-open and the n-th is computed from the anchor, never from its neighbour; the
 * anchor keeps its local time of day in the account's zone.
 * Example: monthly from 31 January 2026, 00:00 in Kolkata: the periods start on 31 Jan, 28 Feb,
 * 31 Mar, 30 Apr, always at 00:00 there. Chained, they would have drifted to 28 Mar, 28 Apr.
 */
import { addCalendarMonths, monthOf } from './calendar';
import { isAtOrBefore, isBefore, type Instant } from './instant';
import { invariant } from './invariant';

export const BILLING_CYCLES = ['monthly', 'quarterly', 'yearly'] as const;
export type BillingCycle = (typeof BILLING_CYCLES)[number];

const MONTHS_PER_CYCLE: Readonly<Record<BillingCycle, number>> = {
  monthly: 1,
  quarterly: 3,
  yearly: 12,
};

/** `[startsAt, endsAt)`. Numbers count from 0, the period that starts at the anchor. */
export interface BillingPeriod {
  readonly number: number;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
}

/** All that decides where the periods of one subscription lie. */
export interface BillingSchedule {
  readonly anchorAt: Instant;
  readonly cycle: BillingCycle;
  readonly timeZone: string;
}

/** A century of months; a larger number is a bug, not a subscription. */
const PERIOD_NUMBER_MAX = 1_200;

/** The period of that number. Throws BillingError `invalid_time_zone` for a zone this host does not know. */
export function computePeriod(
  schedule: BillingSchedule & { readonly number: number },
): BillingPeriod {
  const { number } = schedule;
  invariant(
    Number.isInteger(number) && number >= 0 && number <= PERIOD_NUMBER_MAX,
    `a period number is an integer from 0 to ${PERIOD_NUMBER_MAX}`,
  );
  return {
    number,
    startsAt: startOfPeriod(schedule, number),
    endsAt: startOfPeriod(schedule, number + 1),
  };
}

/** The period that holds the instant, or null before the anchor. */
export function findPeriodAt(schedule: BillingSchedule, at: Instant): BillingPeriod | null {
  if (isBefore(at, schedule.anchorAt)) return null;
  const months = monthsFrom(schedule, at);
  const guess = Math.max(0, Math.floor(months / MONTHS_PER_CYCLE[schedule.cycle]));
  const period = computePeriod({ ...schedule, number: guess });
  // The wall month says within one which period it is; the day and time of day say the rest.
  if (isBefore(at, period.startsAt)) return computePeriod({ ...schedule, number: guess - 1 });
  if (isAtOrBefore(period.endsAt, at)) return computePeriod({ ...schedule, number: guess + 1 });
  return period;
}

function startOfPeriod(schedule: BillingSchedule, number: number): Instant {
  const months = number * MONTHS_PER_CYCLE[schedule.cycle];
  return addCalendarMonths(schedule.anchorAt, months, schedule.timeZone);
}

function monthsFrom(schedule: BillingSchedule, at: Instant): number {
  const { anchorAt, timeZone } = schedule;
  return monthIndex(monthOf(at, timeZone)) - monthIndex(monthOf(anchorAt, timeZone));
}

function monthIndex(month: string): number {
  const [years, months] = month.split('-');
  return Number(years) * 12 + Number(months);
}
