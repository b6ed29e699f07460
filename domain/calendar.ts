/**
 * Owns: civil dates, months and time zones, and the way between them and instants.
 * Does not own: instants themselves (instant.ts), billing periods (billing-period.ts), any clock.
 * The only file that imports the time-zone library. Zone facts come from the host's tzdata, so
 * workflows never call this: activities do, and the result sits in history.
 * Rule: a month is the account's month. A wall time the clock skips means the first moment after the
 * gap; a wall time met twice means the first of the two.
 * Example: 1 October 2023 had no midnight in Paraguay, the day began at 01:00 (-03:00):
 * `startOfDay('2023-10-01', 'America/Asuncion') === '2023-10-01T04:00:00.000Z'`.
 */
import { IANAZone } from 'luxon';
import { BillingError } from './billing-error';
import { fromEpochMs, toEpochMs, type Instant } from './instant';
import { invariant } from './invariant';

/** A civil date "YYYY-MM-DD", of no zone. Sorts as text. */
export type LocalDate = string;

/** A civil month "YYYY-MM", of no zone. Sorts as text. */
export type MonthKey = string;

const LOCAL_DATE_PATTERN = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const MONTH_KEY_PATTERN = /^[0-9]{4}-(?:0[1-9]|1[0-2])$/;
const DAY_MS = 86_400_000;

/** "UTC" or Area/Location; an offset such as "+05:30" has no daylight saving rules and is no zone. */
const TIME_ZONE_PATTERN = /^(?:UTC|[A-Z][A-Za-z_]{1,30}(?:\/[A-Z][A-Za-z0-9_+-]{0,30}){1,2})$/;

/** Whether this host knows the IANA zone. Found by making it: lists of names leave out the aliases. */
export function isTimeZone(text: string): boolean {
  return TIME_ZONE_PATTERN.test(text) && IANAZone.isValidZone(text);
}

/** Whether the text is a date that exists: "2026-02-29" is none. */
export function isLocalDate(text: string): boolean {
  if (!LOCAL_DATE_PATTERN.test(text)) return false;
  const wallMs = Date.parse(`${text}T00:00:00.000Z`);
  // 31 February is read as 3 March: the day must come back as it was written.
  return !Number.isNaN(wallMs) && toLocalDate(fromEpochMs(wallMs)) === text;
}

export function isMonthKey(text: string): boolean {
  return MONTH_KEY_PATTERN.test(text);
}

/** The date a wall calendar in the zone shows at the instant. */
export function localDateOf(instant: Instant, timeZone: string): LocalDate {
  const epochMs = toEpochMs(instant);
  return toLocalDate(fromEpochMs(epochMs + offsetMs(zoneOf(timeZone), epochMs)));
}

/** The first instant of the day in the zone: 00:00, or later where the clock skips midnight. */
export function startOfDay(date: LocalDate, timeZone: string): Instant {
  return firstInstantAt(wallMsOf(date), zoneOf(timeZone));
}

/** The account's month at the instant: the key quotas and visitors are counted under. */
export function monthOf(instant: Instant, timeZone: string): MonthKey {
  return localDateOf(instant, timeZone).slice(0, 'YYYY-MM'.length);
}

/** The first instant of the month in the zone. */
export function startOfMonth(month: MonthKey, timeZone: string): Instant {
  return startOfDay(`${month}-01`, timeZone);
}

export function nextMonth(month: MonthKey): MonthKey {
  return addMonths(month, 1);
}

export function previousMonth(month: MonthKey): MonthKey {
  return addMonths(month, -1);
}

// By hand: a month's turn asks three times per account, and the library takes a dozen microseconds each.
function addMonths(month: MonthKey, months: number): MonthKey {
  invariant(isMonthKey(month), `not a month: ${month}`);
  const count = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + months;
  const year = String(Math.floor(count / 12)).padStart(4, '0');
  return `${year}-${String((count % 12) + 1).padStart(2, '0')}`;
}

/** `date` moved by whole months, clamped to the month's end: 31 Jan + 1 = 28 Feb. Chaining drifts. */
export function addMonthsToDate(date: LocalDate, months: number): LocalDate {
  return toLocalDate(fromEpochMs(addMonthsToWall(wallMsOf(date), months)));
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return toLocalDate(fromEpochMs(wallMsOf(date) + days * DAY_MS));
}

/** Whole days from the first date to the second; negative when the second is earlier. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return (wallMsOf(to) - wallMsOf(from)) / DAY_MS;
}

/**
 * The instant moved by whole months on the zone's wall: same time of day, day clamped to the month's
 * end. Zero months give the instant itself, also in an hour the clock repeats.
 */
export function addCalendarMonths(instant: Instant, months: number, timeZone: string): Instant {
  return moveOnWall(instant, timeZone, (wallMs) => addMonthsToWall(wallMs, months));
}

/** The instant moved by whole days on the zone's wall: same time of day, also across a change of offset. */
export function addCalendarDays(instant: Instant, days: number, timeZone: string): Instant {
  return moveOnWall(instant, timeZone, (wallMs) => wallMs + days * DAY_MS);
}

function moveOnWall(instant: Instant, timeZone: string, move: (wallMs: number) => number): Instant {
  const epochMs = toEpochMs(instant);
  const zone = zoneOf(timeZone);
  const wallMs = epochMs + offsetMs(zone, epochMs);
  const movedMs = move(wallMs);
  return movedMs === wallMs ? fromEpochMs(epochMs) : firstInstantAt(movedMs, zone);
}

/**
 * The wall time moved by whole months, the day clamped to the month's end. By hand, as `addMonths`: a renewal
 * asks a dozen times, and the library takes thirty microseconds each.
 */
function addMonthsToWall(wallMs: number, months: number): number {
  const wall = new Date(wallMs);
  const [year, month] = [wall.getUTCFullYear(), wall.getUTCMonth() + months];
  const monthStartsMs = Date.UTC(year, month);
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const dayMs = (Math.min(wall.getUTCDate(), lastDay) - 1) * DAY_MS;
  return monthStartsMs + dayMs + (((wallMs % DAY_MS) + DAY_MS) % DAY_MS);
}

/** No zone has ever been further from UTC than this (Asia/Manila before 1845: -15:56). */
const OFFSET_MAX_MS = 16 * 3_600_000;

/**
 * The first instant at which the zone's wall clock shows `wallMs` (read as if UTC) or later.
 * Assumes at most one change of offset within the 32 hours looked at.
 */
function firstInstantAt(wallMs: number, zone: IANAZone): Instant {
  const offsetBeforeMs = offsetMs(zone, wallMs - OFFSET_MAX_MS);
  const offsetAfterMs = offsetMs(zone, wallMs + OFFSET_MAX_MS);
  const byOffsetBefore = wallMs - offsetBeforeMs;
  if (offsetMs(zone, byOffsetBefore) === offsetBeforeMs) return fromEpochMs(byOffsetBefore);
  const byOffsetAfter = wallMs - offsetAfterMs;
  if (offsetMs(zone, byOffsetAfter) === offsetAfterMs) return fromEpochMs(byOffsetAfter);
  return fromEpochMs(findOffsetChange(zone, byOffsetAfter, byOffsetBefore));
}

/** The instant in (earlierMs, laterMs] at which the zone leaves the offset it had at `earlierMs`. */
function findOffsetChange(zone: IANAZone, earlierMs: number, laterMs: number): number {
  const offsetBeforeMs = offsetMs(zone, earlierMs);
  let low = earlierMs;
  let high = laterMs;
  // Halves a gap of at most 32 hours down to one millisecond: 27 rounds.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(zone, middle) === offsetBeforeMs) low = middle;
    else high = middle;
  }
  return high;
}

/** One decision asks about the same few instants many times, and the library formats a date for each answer. */
const OFFSETS_MAX = 2_000;
const offsets = new Map<string, number>();

function offsetMs(zone: IANAZone, epochMs: number): number {
  const key = `${zone.name} ${epochMs}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size >= OFFSETS_MAX) offsets.clear();
  const offset = Math.round(zone.offset(epochMs) * 60_000);
  offsets.set(key, offset);
  return offset;
}

function zoneOf(timeZone: string): IANAZone {
  const zone = IANAZone.create(timeZone);
  if (!zone.isValid) {
    throw new BillingError('invalid_time_zone', 'this host knows no such IANA time zone', {
      time_zone: timeZone,
    });
  }
  return zone;
}

/** The date's midnight, read as if the wall were UTC. The library would take twenty times as long. */
function wallMsOf(date: LocalDate): number {
  invariant(isLocalDate(date), `not a civil date: ${date}`);
  return Date.parse(`${date}T00:00:00.000Z`);
}

function toLocalDate(wallInstant: Instant): LocalDate {
  return wallInstant.slice(0, 'YYYY-MM-DD'.length);
}
