/**
 * Owns: keeping started things running: what ends by itself is started again, with a note; what does not
 * even start is given up after a few tries.
 * Does not own: how a thing is started and when it is ready (it is handed in).
 */
import { setTimeout } from 'node:timers/promises';
import type { LaunchedProcess } from '../servers/launch';
import { messageOf } from '../servers/setup-error';

export interface Service {
  readonly name: string;
  /** Starts it and resolves when it is ready. */
  readonly start: () => Promise<LaunchedProcess>;
  readonly stopDeadlineMs: number;
}

export interface Supervisor {
  /** Starts a service and keeps it running. Rejects when its first start fails. */
  supervise(service: Service): Promise<void>;
  /** Stops everything, group after group, those of one group together. */
  stop(): Promise<void>;
}

interface Supervised {
  readonly service: Service;
  readonly group: number;
  running: LaunchedProcess;
}

/** Tries in a row that never got ready. What was ready before it was killed is always started again. */
const FAILED_STARTS_MAX = 5;
const STEADY_AFTER_MS = 10_000;
const RESTART_DELAY_MS = 500;
const RESTART_DELAY_MAX_MS = 8_000;

/** `groups` names the services in the order they are to be stopped. */
export function createSupervisor(
  groups: readonly (readonly string[])[],
  say: (line: string) => void,
  { pause }: { readonly pause: (ms: number) => Promise<unknown> } = { pause: setTimeout },
): Supervisor {
  const supervised: Supervised[] = [];
  let isStopping = false;

  async function watch(entry: Supervised): Promise<void> {
    let endsInARow = 0;
    for (;;) {
      const startedAt = performance.now();
      const how = await entry.running.ended;
      if (isStopping) return;
      endsInARow = performance.now() - startedAt > STEADY_AFTER_MS ? 0 : endsInARow + 1;
      if (!(await restart(entry, { how, endsInARow }))) return;
    }
  }

  /** Answers false when it was given up or everything stops. */
  async function restart(
    entry: Supervised,
    { how, endsInARow }: { readonly how: string; readonly endsInARow: number },
  ): Promise<boolean> {
    const { name } = entry.service;
    let problem = `ended (${how})`;
    for (let tries = 0; tries < FAILED_STARTS_MAX; tries += 1) {
      say(`${name} ${problem}: starting it again.`);
      await pause(Math.min(RESTART_DELAY_MS * 2 ** (endsInARow + tries), RESTART_DELAY_MAX_MS));
      if (isStopping) return false;
      try {
        entry.running = await entry.service.start();
        if (isStopping) {
          await entry.running.stop(entry.service.stopDeadlineMs);
          return false;
        }
        say(`${name} runs again.`);
        return true;
      } catch (error) {
        problem = `did not start: ${messageOf(error)}\n${name}`;
      }
    }
    say(`${name} ${problem}. It stays down; see ${entry.running.logPath}, then start anew.`);
    return false;
  }

  return {
    async supervise(service) {
      const group = groups.findIndex((names) => names.includes(service.name));
      const entry: Supervised = { service, group, running: await service.start() };
      supervised.push(entry);
      // Stopped while it started: it must not outlive us.
      if (isStopping) await entry.running.stop(service.stopDeadlineMs);
      else void watch(entry);
    },
    async stop() {
      isStopping = true;
      for (const index of groups.keys()) {
        const members = supervised.filter(({ group }) => group === index);
        await Promise.all(
          members.map(({ running, service }) => running.stop(service.stopDeadlineMs)),
        );
      }
    },
  };
}
