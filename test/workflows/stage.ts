/**
 * A stage for workflows: a server that skips over time, one worker with the real workflows, and the
 * activities a test puts in place of the real ones. Time is moved here only, because a test that moves
 * it while a message is on its way waits for ever.
 * Example: `await stage.start(...); await stage.passUntil('03-10'); expect(books.deeds).toEqual([...])`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { activityInfo } from '@temporalio/activity';
import { Client, isGrpcDeadlineError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { CommandStart } from '../../domain/command';
import { SEARCH_ATTRIBUTES } from '../../scripts/servers/search-attributes';
import { gatewayTaskQueue, walkTaskQueue } from '../../workflows/activity-options';
import { createTimeSkippingEnvironment, workflowBundle } from '../support/temporal';
import { isAnyGateClosed } from './gate';

type Activity = (request: never) => Promise<unknown>;
export type StandIns = Readonly<Record<string, Activity>>;

export interface Stage {
  readonly client: Client;
  readonly taskQueue: string;
  /** From now on activities are these. */
  use(activities: StandIns): void;
  /** Starts a workflow as the API does. */
  start(workflowId: string, start: CommandStart): Promise<WorkflowHandle>;
  /** The server's time, as an ISO instant. */
  now(): Promise<string>;
  /** Lets time pass. What was sent is handled before; what falls due on the way is done after. */
  pass(duration: string): Promise<void>;
  /**
   * Lets time pass until the next time it is that day of the year, "03-10", at 18:00 UTC or at another
   * time of day. Never choose an instant at which something falls due: the server may hang.
   */
  passUntil(monthAndDay: string, timeOfDay?: string): Promise<void>;
  /** Lets time pass although an activity waits for its next try: that wait passes as well. */
  skip(duration: string): Promise<void>;
  /** Resolves once nothing is being done any more and the workflows have seen all that was sent. */
  settle(): Promise<void>;
  /** Ends what a test left running, so that the next one has time to itself. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const NAMESPACE = 'default';
// The numbers of temporal.api.enums.v1.IndexedValueType.
const ATTRIBUTE_TYPES = { Keyword: 2, Bool: 5, Datetime: 6 } as const;
const IDENTITY = 'test';
const METADATA_QUERY = '__temporal_workflow_metadata';
const SETTLE_DEADLINE_MS = 10_000;
/** The server of tests forgets a query that meets the end of a run; the next one is answered. */
const QUERY_DEADLINE_MS = 1_000;
const BUSY = 'at work';
const SETTLE_INTERVAL_MS = 5;
const END_DEADLINE_MS = 2_000;
const EVENING = '18:00';

/** Opens a stage of this test file. `bundle`: other workflows than the project's. */
export async function openStage(bundle: WorkflowBundleOption = workflowBundle()): Promise<Stage> {
  quietRuntime();
  const env = await createTimeSkippingEnvironment();
  await env.connection.operatorService.addSearchAttributes({
    namespace: NAMESPACE,
    searchAttributes: Object.fromEntries(
      Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, ATTRIBUTE_TYPES[type]]),
    ),
  });
  // A plain client: the environment's own lets time run whenever a result is awaited.
  const client = new Client({ connection: env.connection, identity: IDENTITY });
  const taskQueue = 'billing';
  let current: StandIns = {};
  const activities = {
    default: async (request: never) => {
      const { activityType, isLocal } = activityInfo();
      if (isLocal && isAnyGateClosed()) throw new Error('a gate is closed');
      const standIn = current[activityType];
      if (standIn) return standIn(request);
      throw ApplicationFailure.nonRetryable(`no stand-in for ${activityType}`, 'missing_stand_in');
    },
  };
  const shared = { connection: env.nativeConnection, activities, identity: IDENTITY };
  const workers = [
    await Worker.create({ ...shared, taskQueue, workflowBundle: bundle }),
    await Worker.create({ ...shared, taskQueue: gatewayTaskQueue(taskQueue) }),
    await Worker.create({ ...shared, taskQueue: walkTaskQueue(taskQueue) }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  let handles: WorkflowHandle[] = [];
  const nowMs = async (): Promise<number> => Number(await env.currentTimeMs());

  async function settle(): Promise<void> {
    const until = performance.now() + SETTLE_DEADLINE_MS;
    for (let last = 'nothing seen yet'; ;) {
      const seen = (await Promise.all(handles.map((handle) => look(client, handle)))).join();
      if (seen === last && !seen.includes(BUSY)) return;
      if (performance.now() > until) throw new Error(`workflows do not come to rest: ${seen}`);
      last = seen;
      await pause(SETTLE_INTERVAL_MS);
    }
  }

  async function passMs(durationMs: number): Promise<void> {
    await settle();
    await env.sleep(durationMs);
    await settle();
  }

  return {
    client,
    taskQueue,
    use: (standIns) => void (current = standIns),
    async start(workflowId, { workflowType, args, summary, searchAttributes }) {
      const handle = await client.workflow.start(workflowType, {
        workflowId,
        taskQueue,
        args: [...args],
        staticSummary: summary,
        typedSearchAttributes: searchAttributes.map(({ name, value }) => ({
          key: defineSearchAttributeKey(name, 'KEYWORD'),
          value: String(value),
        })),
      });
      const latestRun = client.workflow.getHandle(handle.workflowId);
      handles.push(latestRun);
      return latestRun;
    },
    now: async () => new Date(await nowMs()).toISOString(),
    pass: async (duration) => passMs(parseDuration(duration)),
    passUntil: async (monthAndDay, timeOfDay = EVENING) => {
      const nowAtMs = await nowMs();
      await passMs(nextMs(`${monthAndDay}T${timeOfDay}`, nowAtMs) - nowAtMs);
    },
    skip: (duration) => env.sleep(parseDuration(duration)),
    settle,
    async clear() {
      const left = handles;
      handles = [];
      await Promise.all(left.map((handle) => endIfRunning(client, handle)));
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await env.teardown();
    },
  };
}

let isRuntimeQuiet = false;

/** Errors only: what a worker has to say about its own life would hide what a test says. */
export function quietRuntime(): void {
  if (isRuntimeQuiet) return;
  isRuntimeQuiet = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

/** How far a workflow is: its run and its history's length, or that it is at work. */
async function look(client: Client, handle: WorkflowHandle): Promise<string> {
  try {
    // A query is answered after everything that came before it.
    await client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () => handle.query(METADATA_QUERY));
  } catch (error) {
    if (isGrpcDeadlineError(error)) return BUSY;
    throw error;
  }
  const { raw, runId, historyLength } = await handle.describe();
  const isAtWork = (raw.pendingActivities?.length ?? 0) > 0 || Boolean(raw.pendingWorkflowTask);
  return isAtWork ? BUSY : `${runId} ${historyLength}`;
}

/**
 * By cancelling, because the server skips no more time once a workflow was terminated. One that cannot
 * go on is terminated all the same: let such a test be the last of its file.
 */
async function endIfRunning(client: Client, handle: WorkflowHandle): Promise<void> {
  const { status } = await handle.describe();
  if (status.name !== 'RUNNING') return;
  await handle.cancel();
  try {
    await client.withDeadline(Date.now() + END_DEADLINE_MS, () => handle.result());
  } catch (error) {
    if (isGrpcDeadlineError(error)) await handle.terminate('the test is over');
  }
}

const MS_PER_UNIT = {
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
} as const;

/** "3 days" in milliseconds: seconds, minutes, hours or days. */
function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+) (seconds|minutes|hours|days)$/.exec(text) ?? [];
  const isKnown = (name: string | undefined): name is keyof typeof MS_PER_UNIT =>
    name !== undefined && name in MS_PER_UNIT;
  if (!isKnown(unit)) throw new RangeError(`not a duration: ${text}`);
  return Number(count) * MS_PER_UNIT[unit];
}

/** The next "03-10T18:00" after an instant. */
function nextMs(momentOfYear: string, afterMs: number): number {
  const year = new Date(afterMs).getUTCFullYear();
  const moments = [year, year + 1].map((each) => Date.parse(`${each}-${momentOfYear}:00.000Z`));
  const foundMs = moments.find((candidate) => candidate > afterMs);
  if (foundMs === undefined) throw new RangeError(`not in every year: ${momentOfYear}`);
  return foundMs;
}
