/** Owns: sending at a fixed rate whatever comes back (open loop), and how long answers took. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Sample {
  /** When it was due, in milliseconds since the load began. */
  readonly dueMs: number;
  /** From when it was due to its answer: waiting to be sent is part of it. */
  readonly latencyMs: number;
  readonly status: number;
}

/** Sends `perSecond` for so many seconds, each at its time. `send` answers a status. */
export async function sendAtRate(
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  send: (index: number) => Promise<number>,
): Promise<Sample[]> {
  const startedAt = performance.now();
  const total = Math.round(perSecond * seconds);
  const sent: Promise<Sample>[] = [];
  const sendOne = async (index: number): Promise<Sample> => {
    const dueMs = (index * 1_000) / perSecond;
    const status = await send(index);
    return { dueMs, latencyMs: performance.now() - startedAt - dueMs, status };
  };
  while (sent.length < total) {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000) + 1;
    while (sent.length < Math.min(due, total)) sent.push(sendOne(sent.length));
    await pause(1);
  }
  return Promise.all(sent);
}

/** Keeps so many in flight for so many seconds. Answers how many were answered 200, per second. */
export async function sendInTurn(
  { atOnce, seconds }: { readonly atOnce: number; readonly seconds: number },
  send: (index: number) => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  let index = 0;
  let answered = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      index += 1;
      if ((await send(index)) === OK) answered += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (answered * 1_000) / (performance.now() - startedAt);
}

export const OK = 200;

export function describeLatency(samples: readonly Sample[]): Record<string, number> {
  const latencies = samples.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((latencies[Math.floor((latencies.length - 1) * share)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

export function countStatuses(samples: readonly Sample[]): Record<string, number> {
  const statuses: Record<string, number> = {};
  for (const { status } of samples) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}
