/**
 * Owns: one timer for everything that happens by itself: pending payments, expiries, deliveries.
 * Does not own: what happens then; each source does its own due work.
 * What is due is read from the books each time, so that a restart picks up where it stopped.
 * Example: a payment that settles in 3 s wakes the agenda then; `wake()` after each change lets it
 * look again, in case something is due sooner.
 */

export interface DueSource {
  /** Milliseconds since 1970 of the next thing to do, or null when there is none. */
  readonly nextDueAtMs: () => number | null;
  readonly runDue: () => void;
}

export interface Agenda {
  readonly wake: () => void;
  readonly stop: () => void;
}

/** Looks again at least this often; also the longest a timer is set for. */
const SLEEP_MAX_MS = 60_000;

export function createAgenda(options: {
  readonly sources: readonly DueSource[];
  readonly nowMs: () => number;
}): Agenda {
  const { sources, nowMs } = options;
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  let isWoken = false;

  function setTimer(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (isStopped) return;
    const dueAtMs = earliest(sources.flatMap((source) => source.nextDueAtMs() ?? []));
    if (dueAtMs === null) return;
    timer = setTimeout(run, Math.min(Math.max(dueAtMs - nowMs(), 0), SLEEP_MAX_MS));
  }

  function run(): void {
    for (const source of sources) source.runDue();
    setTimer();
  }

  /** Many changes in a row are one look: reading what is due grows with what waits. */
  function wake(): void {
    if (isWoken) return;
    isWoken = true;
    setImmediate(() => {
      isWoken = false;
      setTimer();
    });
  }

  return {
    wake,
    stop: () => {
      isStopped = true;
      setTimer();
    },
  };
}

/** The least of the numbers, or null when there is none. */
export function earliest(dueAtMs: Iterable<number>): number | null {
  let least: number | null = null;
  for (const candidate of dueAtMs) {
    if (least === null || candidate < least) least = candidate;
  }
  return least;
}
