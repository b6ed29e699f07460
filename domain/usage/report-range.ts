/**
 * Owns: which days a trend or a report may cover.
 * Does not own: what is shown of them (usage-trend.ts), the account's present.
 * Source: R3.20, R3.22. Both days are in the account's zone and within the range. The last day is at most the
 * first one three calendar months on, clamped to its month.
 * Example: 2026-08-31 to 2026-11-30 is a range, 2026-08-20 to 2026-11-21 is one day too long.
 */
import { BillingError } from '../billing-error';
import { addDays, addMonthsToDate, startOfDay, type LocalDate } from '../calendar';
import type { Instant } from '../instant';

const MONTHS_MAX = 3;
/** Without a first day: this day a month ago. */
const MONTHS_DEFAULT = 1;

/** First and last day, both within. */
export interface DayRange {
  readonly from: LocalDate;
  readonly to: LocalDate;
}

/** The days asked for; what is left out ends today and begins a month before. Throws `range_too_long`. */
export function buildDayRange(asked: {
  readonly from?: LocalDate | undefined;
  readonly to?: LocalDate | undefined;
  readonly today: LocalDate;
}): DayRange {
  const to = asked.to ?? asked.today;
  const from = asked.from ?? addMonthsToDate(to, -MONTHS_DEFAULT);
  if (from > to) {
    throw new BillingError('unprocessable', 'The last day is before the first.', { field: 'to' });
  }
  const latest = addMonthsToDate(from, MONTHS_MAX);
  if (to > latest) {
    const message = `At most ${MONTHS_MAX} months at once: from ${from} until ${latest}.`;
    throw new BillingError('range_too_long', message, { field: 'to' });
  }
  return { from, to };
}

/** The range as half-open instants of the account's zone. */
export function instantsOf(
  { from, to }: DayRange,
  timeZone: string,
): { readonly startsAt: Instant; readonly endsAt: Instant } {
  return { startsAt: startOfDay(from, timeZone), endsAt: startOfDay(addDays(to, 1), timeZone) };
}

/** Every day of the range, in order. */
export function listDays({ from, to }: DayRange): LocalDate[] {
  const days: LocalDate[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}
