/**
 * Owns: keeping started things running: what ends by itself is started again, with a note, after pauses
 * that grow from half a second to a minute while it does not stay up. What can pass is never given up.
 * Does not own: how a thing is started and when it is ready (it is handed in).
 */
import { setTimeout } from 'node:timers/promises';
import type { LaunchedProcess } from '../servers/launch';
import { messageOf, StartFailure } from '../servers/setup-error';

export interface Service {
  readonly name: string;
  /** Starts it and resolves when it is ready. */
  readonly start: () => Promise<LaunchedProcess>;
  readonly stopDeadlineMs: number;
}

export interface Supervisor {
  /** Starts a service and keeps it running. Rejects when its first start fails in a way that cannot pass. */
  supervise(service: Service): Promise<void>;
  /** Stops everything, group after group, those of one group together. */
  stop(): Promise<void>;
}

interface Supervised {
  readonly service: Service;
  readonly group: number;
  running: LaunchedProcess;
}

/** What ran this long was well: the next pause is the shortest again. */
const STEADY_AFTER_MS = 10_000;
const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 60_000;

type Pause = (ms: number, stopping: AbortSignal) => Promise<unknown>;

/** `groups` names the services in the order they are to be stopped. */
export function createSupervisor(
  groups: readonly (readonly string[])[],
  say: (line: string) => void,
  { pause }: { readonly pause: Pause } = { pause: pauseUnlessStopped },
): Supervisor {
  const supervised: Supervised[] = [];
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;

  async function watch(entry: Supervised): Promise<void> {
    const { service } = entry;
    let pauseMs = PAUSE_MIN_MS;
    for (;;) {
      const startedAt = performance.now();
      const how = await entry.running.ended;
      if (isStopping()) return;
      if (performance.now() - startedAt > STEADY_AFTER_MS) pauseMs = PAUSE_MIN_MS;
      say(`${service.name} ended (${how}): starting it again.`);
      await pause(pauseMs, stopping.signal);
      if (isStopping()) return;
      const started = await startInTime(service, { pauseMs: longer(pauseMs), canPass: () => true });
      if (started === null) return;
      ({ pauseMs } = started);
      entry.running = started.running;
      if (isStopping()) return entry.running.stop(service.stopDeadlineMs);
      say(`${service.name} runs again.`);
    }
  }

  /** Tries until it runs; null: everything stops. Throws a failure that cannot pass. */
  async function startInTime(
    service: Service,
    from: { readonly pauseMs: number; readonly canPass: (error: unknown) => boolean },
  ): Promise<{ readonly running: LaunchedProcess; readonly pauseMs: number } | null> {
    for (let { pauseMs } = from; !isStopping(); pauseMs = longer(pauseMs)) {
      try {
        return { running: await service.start(), pauseMs };
      } catch (error) {
        if (!from.canPass(error)) throw error;
        const next = `The next try is in ${pauseMs / 1_000} s. All data is kept; Ctrl-C stops everything.`;
        say(`${service.name} did not start: ${messageOf(error)}\n${next}`);
      }
      await pause(pauseMs, stopping.signal);
    }
    return null;
  }

  return {
    async supervise(service) {
      const group = groups.findIndex((names) => names.includes(service.name));
      const canPass = (error: unknown) => error instanceof StartFailure && !isStopping();
      const started = await startInTime(service, { pauseMs: PAUSE_MIN_MS, canPass });
      if (started === null) throw new Error(`${service.name} was stopped before it ran`);
      const entry: Supervised = { service, group, running: started.running };
      supervised.push(entry);
      // Stopped while it started: it must not outlive us.
      if (isStopping()) await entry.running.stop(service.stopDeadlineMs);
      else void watch(entry);
    },
    async stop() {
      stopping.abort();
      for (const index of groups.keys()) {
        const members = supervised.filter(({ group }) => group === index);
        await Promise.all(
          members.map(({ running, service }) => running.stop(service.stopDeadlineMs)),
        );
      }
    },
  };
}

function longer(pauseMs: number): number {
  return Math.min(pauseMs * 2, PAUSE_MAX_MS);
}

function pauseUnlessStopped(ms: number, signal: AbortSignal): Promise<unknown> {
  return setTimeout(ms, undefined, { signal }).catch(() => undefined); // Aborted: everything stops.
}
