/**
 * Owns: keeping started things running: what ends by itself is started again, a few times, with a note.
 * Does not own: how a thing is started and when it is ready (it is handed in).
 */
import { setTimeout as pause } from 'node:timers/promises';
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

const RESTARTS_MAX = 5;
const STEADY_AFTER_MS = 60_000;
const RESTART_DELAY_MS = 500;

/** `groups` names the services in the order they are to be stopped. */
export function createSupervisor(
  groups: readonly (readonly string[])[],
  say: (line: string) => void,
): Supervisor {
  const supervised: Supervised[] = [];
  let isStopping = false;

  async function watch(entry: Supervised): Promise<void> {
    let restarts = 0;
    for (;;) {
      const startedAt = performance.now();
      const how = await entry.running.ended;
      if (isStopping) return;
      if (performance.now() - startedAt > STEADY_AFTER_MS) restarts = 0;
      const again = await restart(entry, { how, restarts });
      if (again === undefined) return;
      restarts = again;
    }
  }

  /** The number of restarts so far; undefined when it was given up or everything stops. */
  async function restart(
    entry: Supervised,
    ended: { readonly how: string; readonly restarts: number },
  ): Promise<number | undefined> {
    const { name } = entry.service;
    let problem = `ended (${ended.how})`;
    for (let restarts = ended.restarts + 1; restarts <= RESTARTS_MAX; restarts += 1) {
      say(`${name} ${problem}: starting it again (${restarts} of ${RESTARTS_MAX}).`);
      await pause(RESTART_DELAY_MS * 2 ** (restarts - 1));
      if (isStopping) return undefined;
      try {
        entry.running = await entry.service.start();
        if (isStopping) {
          await entry.running.stop(entry.service.stopDeadlineMs);
          return undefined;
        }
        say(`${name} runs again.`);
        return restarts;
      } catch (error) {
        problem = `did not start: ${messageOf(error)}\n${name}`;
      }
    }
    say(`${name} ${problem}. It stays down; see ${entry.running.logPath}, then start anew.`);
    return undefined;
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
