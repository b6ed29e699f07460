/**
 * Owns: a point on the UTC time line as text, and the comparison of two of them.
 * Does not own: civil dates, time zones and months (calendar.ts), and never reads a clock.
 * Workflows import this file, so it has no dependency: each import is paid per cached workflow.
 * Example: `isBefore('2026-01-31T00:00:00.000Z', '2026-02-28T00:00:00.000Z') === true`.
 */

/** UTC, always written like "2026-01-31T00:00:00.000Z"; compare with the functions below, never as text. */
export type Instant = string;

/** Milliseconds since 1970 of an instant. Throws a RangeError when the text is not an instant. */
export function toEpochMs(instant: Instant): number {
  const epochMs = Date.parse(instant);
  if (Number.isNaN(epochMs)) throw new RangeError(`not an instant: ${instant}`);
  return epochMs;
}

/** The instant of a number of milliseconds since 1970, in the one spelling used everywhere. */
export function fromEpochMs(epochMs: number): Instant {
  return new Date(epochMs).toISOString();
}

export function isBefore(left: Instant, right: Instant): boolean {
  return toEpochMs(left) < toEpochMs(right);
}

export function isAtOrBefore(left: Instant, right: Instant): boolean {
  return toEpochMs(left) <= toEpochMs(right);
}

/** The earlier of two instants. */
export function earlierOf(left: Instant, right: Instant): Instant {
  return isBefore(right, left) ? right : left;
}

/** The later of two instants. */
export function laterOf(left: Instant, right: Instant): Instant {
  return isBefore(left, right) ? right : left;
}

/** `instant` moved by whole seconds (negative moves back). Not for days or months: those are civil (calendar.ts). */
export function addSeconds(instant: Instant, seconds: number): Instant {
  return fromEpochMs(toEpochMs(instant) + seconds * 1_000);
}
