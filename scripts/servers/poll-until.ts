import { setTimeout as pause } from 'node:timers/promises';

export interface PollOptions {
  readonly deadlineMs: number;
  readonly intervalMs?: number;
  /** Completes "… within N ms" when the deadline passes. */
  readonly waitingFor: string;
}

const INTERVAL_MS = 50;

/**
 * Asks again and again until the answer is neither undefined nor false, and gives that answer.
 * A rejection counts as "not yet"; the last one is told when the deadline passes. To stop early,
 * throw a `StopPolling` with the cause.
 */
export async function pollUntil<T>(
  ask: () => Promise<T | undefined | false>,
  options: PollOptions,
): Promise<T> {
  const endsAt = performance.now() + options.deadlineMs;
  let lastProblem = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      if (error instanceof StopPolling) throw error.cause;
      lastProblem = error instanceof Error ? `: ${error.message}` : '';
    }
    if (performance.now() >= endsAt) {
      throw new Error(`no ${options.waitingFor} within ${options.deadlineMs} ms${lastProblem}`);
    }
    await pause(options.intervalMs ?? INTERVAL_MS);
  }
}

/** Ends `pollUntil` at once with its cause: waiting longer cannot help. */
export class StopPolling extends Error {
  override readonly name = 'StopPolling';
  constructor(override readonly cause: Error) {
    super(cause.message);
  }
}
