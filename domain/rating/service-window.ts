/**
 * Owns: the service window and the free entry point of one customer of one business number.
 * Does not own: what is free within them (rate-event.ts), conversations (conversation.ts).
 * Rules: R3.29. Each message of the customer opens 24 hours, or adds to them. Who came by an ad or a page's
 * button and is answered within 24 hours has 72 hours from the first answer. All half-open; what is told late
 * adds to what is known and takes nothing from it.
 * Example: written to at 10:00 and 20:00 → a window from 10:00 up to, not at, 20:00 of the next day.
 */

/** Half-open, in milliseconds since 1970. */
export interface Stretch {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** A customer who came by an ad or a page, the last time. */
export interface EntryPoint {
  readonly arrivedAtMs: number;
  /** The first answer; null: none yet. */
  readonly answeredAtMs: number | null;
}

export interface Windows {
  readonly service: Stretch | null;
  readonly entryPoint: EntryPoint | null;
  readonly freeEntry: Stretch | null;
}

const HOUR_MS = 3_600_000;
const SERVICE_WINDOW_HOURS = 24;
const ANSWER_WITHIN_HOURS = 24;
const FREE_ENTRY_HOURS = 72;

/** What a message of the customer makes of the windows; the same object when nothing. */
export function noteInbound<Known extends Windows>(
  windows: Known,
  inbound: { readonly atMs: number; readonly isEntryPoint: boolean },
): Known {
  const service = extend(windows.service, inbound.atMs, SERVICE_WINDOW_HOURS);
  const entryPoint = inbound.isEntryPoint
    ? arrive(windows.entryPoint, inbound.atMs)
    : windows.entryPoint;
  if (service === windows.service && entryPoint === windows.entryPoint) return windows;
  return { ...windows, service, entryPoint };
}

/** What a message of the business makes of them: the first answer opens the free entry point. */
export function noteAnswer<Known extends Windows>(windows: Known, atMs: number): Known {
  const { entryPoint } = windows;
  if (entryPoint === null) return windows;
  const { arrivedAtMs, answeredAtMs } = entryPoint;
  const isInTime = arrivedAtMs <= atMs && atMs < arrivedAtMs + ANSWER_WITHIN_HOURS * HOUR_MS;
  if (!isInTime || (answeredAtMs !== null && answeredAtMs <= atMs)) return windows;
  return {
    ...windows,
    entryPoint: { arrivedAtMs, answeredAtMs: atMs },
    freeEntry: extend(windows.freeEntry, atMs, FREE_ENTRY_HOURS),
  };
}

export function isWithin(stretch: Stretch | null, atMs: number): boolean {
  return stretch !== null && stretch.startsAtMs <= atMs && atMs < stretch.endsAtMs;
}

/**
 * The stretch with so many hours from an instant. One that does not touch them gives way to a later one and
 * stays before an earlier one: only the last is remembered.
 */
export function extend(known: Stretch | null, atMs: number, hours: number): Stretch {
  const added = { startsAtMs: atMs, endsAtMs: atMs + hours * HOUR_MS };
  if (known === null || known.endsAtMs < added.startsAtMs) return added;
  if (added.endsAtMs < known.startsAtMs) return known;
  if (known.startsAtMs <= added.startsAtMs && added.endsAtMs <= known.endsAtMs) return known;
  return {
    startsAtMs: Math.min(known.startsAtMs, added.startsAtMs),
    endsAtMs: Math.max(known.endsAtMs, added.endsAtMs),
  };
}

/** An arrival that is told late, after a later one, has nothing to say. */
function arrive(known: EntryPoint | null, atMs: number): EntryPoint {
  if (known !== null && atMs <= known.arrivedAtMs) return known;
  return { arrivedAtMs: atMs, answeredAtMs: null };
}
