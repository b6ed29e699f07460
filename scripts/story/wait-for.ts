import { setTimeout as pause } from 'node:timers/promises';

export interface Wait<T> {
  /** Completes "… within N ms" when the deadline passes. */
  readonly waitingFor: string;
  readonly isThere: (seen: T) => boolean;
  readonly deadlineMs?: number;
}

const ASK_EVERY_MS = 50;
const DEADLINE_MS = 15_000;

/**
 * Asks for a stored fact until it is there, and answers it. Rejects when the deadline passes, with
 * what was seen last: that is what tells why. A rejection of `ask` is passed on at once.
 */
export async function waitFor<T>(ask: () => Promise<T>, wait: Wait<T>): Promise<T> {
  const deadlineMs = wait.deadlineMs ?? DEADLINE_MS;
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const seen = await ask();
    if (wait.isThere(seen)) return seen;
    if (performance.now() >= endsAt) {
      const last = JSON.stringify(seen);
      throw new Error(`no ${wait.waitingFor} within ${deadlineMs} ms; seen last: ${last}`);
    }
    await pause(ASK_EVERY_MS);
  }
}
