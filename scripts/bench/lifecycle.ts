/**
 * What one lifecycle step costs in CPU (worker, Temporal server, PostgreSQL): a renewal of a subscription,
 * against the same renewal as an ordinary activity (the base), against the same loop over an ordinary
 * activity that does nothing, and against a bare workflow that a signal wakes. All in one run on one dev
 * server, rounds interleaved; prints JSON. Linux only.
 *
 *   npm run bench:lifecycle -- [lifecycles=40] [steps=12] [rounds=3]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createDatabase, type Database } from '../../db/connection';
import { addCalendarMonths } from '../../domain/calendar';
import type { WorkflowCommand } from '../../domain/command';
import { workflowIdOf } from '../../domain/lifecycle';
import { createCommandSender } from '../../gateways/workflow-commands';
import {
  advanceClock,
  buildLifecycleStart,
  NOT_STARTED,
  type LifecycleInput,
} from '../../workflows/lifecycle.messages';
import { startSubscription } from '../../workflows/subscription.messages';
import { reportAndFail } from '../platform/report';
import { startBenchServers, type BenchServers } from './bench-servers';
import { cpuMsOf, cpuMsOfTree, residentMbOfTree } from './cpu';
import { PLAN_CODE, prepareAccount, preparePlan, STARTS_AT } from './lifecycle/prepare';
import { BASE_TASK_QUEUE, TASK_QUEUE } from './lifecycle/task-queues';

const ZONE = 'Europe/Istanbul';
const COUNT_POLL_MS = 5;
const START_WITHIN_MS = 20_000;

interface Bench {
  readonly servers: BenchServers;
  readonly worker: ChildProcess;
  readonly workerPid: number;
  readonly client: Client;
  readonly database: Database;
  readonly lifecycles: number;
  readonly steps: number;
}

interface Cost {
  readonly workerMs: number;
  readonly temporalMs: number;
  readonly postgresMs: number;
  readonly seconds: number;
  readonly events: number;
}

type Shape = 'bare' | 'idleLoop' | 'base' | 'renewal';
const SHAPES: readonly Shape[] = ['bare', 'idleLoop', 'base', 'renewal'];

async function main(): Promise<void> {
  const [lifecycles = 40, steps = 12, rounds = 3] = process.argv.slice(2).map(Number);
  const servers = await startBenchServers();
  const bench = await openBench(servers, { lifecycles, steps }).catch(async (error: unknown) => {
    await servers.stop();
    throw error;
  });
  try {
    const idleMemory = memoryOf(bench);
    // Warm caches, connections and the bundle; not counted.
    for (const shape of ['base', 'renewal'] as const) await measure(bench, shape, 0);
    const costs = new Map<Shape, Cost[]>(SHAPES.map((shape) => [shape, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const shape of SHAPES) costs.get(shape)?.push(await measure(bench, shape, round));
    }
    print(bench, costs, { idle: idleMemory, after: memoryOf(bench) });
  } finally {
    bench.worker.kill('SIGTERM');
    await bench.client.connection.close();
    await bench.database.destroy();
    await servers.stop();
  }
}

/** A worker that ends before it is ready has said why: nobody waits for it. */
async function untilReady(worker: ChildProcess): Promise<void> {
  const ended = new AbortController();
  worker.once('exit', (code) => ended.abort(new Error(`the worker ended with ${code}`)));
  await once(worker, 'message', { signal: ended.signal });
}

async function openBench(
  servers: BenchServers,
  size: { readonly lifecycles: number; readonly steps: number },
): Promise<Bench> {
  const environment = {
    ...process.env,
    DATABASE_URL: servers.databaseUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    BILLING_TASK_QUEUE: TASK_QUEUE,
    BILLING_API_URL: 'http://127.0.0.1:1',
    BILLING_WEBHOOK_KEY: 'a webhook key for the benchmark alone',
    BILLING_SANDBOX_GATEWAY_URL: 'http://127.0.0.1:1',
    BILLING_SANDBOX_GATEWAY_KEY: 'no gateway is called here',
    BILLING_SANDBOX_WEBHOOK_SECRETS: 'no webhook comes here either',
    BILLING_SANDBOX_CARRIER_URL: 'http://127.0.0.1:1',
    BILLING_SANDBOX_CARRIER_KEY: 'and no carrier',
  };
  const worker = fork(path.join(__dirname, 'lifecycle/worker.ts'), {
    env: environment,
    execArgv: ['--import', 'tsx'],
  });
  await untilReady(worker);
  const database = createDatabase({ url: servers.databaseUrl, applicationName: 'tollgate-bench' });
  await preparePlan(database);
  const connection = await Connection.connect({ address: servers.temporalAddress });
  const client = new Client({ connection });
  return { servers, worker, workerPid: worker.pid ?? 0, client, database, ...size };
}

/** One round of one shape: fresh workflows are started first, then only the steps are measured. */
async function measure(bench: Bench, shape: Shape, round: number): Promise<Cost> {
  const ids = await RUNS[shape].start(bench, `${shape}-${round}`);
  const before = await usageOf(bench, ids);
  for (let step = 1; step <= bench.steps; step += 1) await RUNS[shape].step(bench, ids, step);
  const after = await usageOf(bench, ids);
  const perStep = (key: keyof Cost) =>
    (after[key] - before[key]) / (key === 'seconds' ? 1 : bench.lifecycles * bench.steps);
  return {
    workerMs: perStep('workerMs'),
    temporalMs: perStep('temporalMs'),
    postgresMs: perStep('postgresMs'),
    seconds: perStep('seconds'),
    events: (after.events - before.events) / bench.steps,
  };
}

interface Run {
  readonly start: (bench: Bench, name: string) => Promise<string[]>;
  readonly step: (bench: Bench, ids: readonly string[], step: number) => Promise<void>;
}

/** Moves every lifecycle one month on, as the test clock's walk does: an update that answers when done. */
async function advanceAll(bench: Bench, ids: readonly string[], step: number): Promise<void> {
  const now = addCalendarMonths(STARTS_AT, step, ZONE);
  const handles = ids.map((id) => bench.client.workflow.getHandle(id));
  await Promise.all(
    handles.map((handle) => handle.executeUpdate(advanceClock, { args: [{ now }] })),
  );
}

const RUNS: Readonly<Record<Shape, Run>> = {
  bare: {
    start: (bench, name) => startAll(bench, name, 'bareLifecycle', () => [{ ticks: bench.steps }]),
    async step(bench, ids) {
      const target = (await countSteps(bench)) + ids.length;
      const handles = ids.map((id) => bench.client.workflow.getHandle(id));
      await Promise.all(handles.map((handle) => handle.signal('tick')));
      while ((await countSteps(bench)) < target) {
        await new Promise((resolve) => setTimeout(resolve, COUNT_POLL_MS));
      }
    },
  },
  idleLoop: {
    start: (bench, name) => startAll(bench, name, 'idleLifecycle', (id) => [idleInput(id)]),
    step: advanceAll,
  },
  base: { start: (bench) => startSubscriptions(bench, BASE_TASK_QUEUE), step: advanceAll },
  renewal: { start: (bench) => startSubscriptions(bench, TASK_QUEUE), step: advanceAll },
};

async function startAll(
  { client, lifecycles }: Bench,
  name: string,
  workflowType: string,
  argsOf: (id: string) => unknown[],
): Promise<string[]> {
  const ids = Array.from({ length: lifecycles }, (_, index) => `${name}-${index}`);
  const options = { taskQueue: BASE_TASK_QUEUE };
  const start = (workflowId: string) =>
    client.workflow.start(workflowType, { ...options, workflowId, args: argsOf(workflowId) });
  await Promise.all(ids.map(start));
  return ids;
}

function idleInput(id: string): LifecycleInput<'renew'> {
  const at = addCalendarMonths(STARTS_AT, 1, ZONE);
  return {
    version: 1,
    id,
    accountId: 'acct_none',
    clock: { kind: 'test', now: STARTS_AT },
    step: { status: 'active', revision: 0, next: { kind: 'renew', at, reason: 'a month begins' } },
    stepsPerRunMax: 1_000,
  };
}

/** One after the other: a start is not what is measured, and a burst would be told to come again. */
async function startSubscriptions(
  { client, database, lifecycles }: Bench,
  taskQueue: string,
): Promise<string[]> {
  const commands = createCommandSender({ client, taskQueue, nowMs: () => Date.now() });
  const workflowIds: string[] = [];
  while (workflowIds.length < lifecycles) {
    const command = buildStart(await prepareAccount(database));
    const options = { updateId: `start-${command.workflowId}`, waitMs: START_WITHIN_MS };
    const sent = await commands.send(command, options);
    if (sent.kind !== 'answered') throw new Error(`${command.workflowId} is ${sent.kind}`);
    workflowIds.push(command.workflowId);
  }
  return workflowIds;
}

function buildStart(accountId: string): WorkflowCommand {
  const id = accountId.replace('acct_', 'sub_');
  const start = buildLifecycleStart({
    kind: 'subscription',
    id,
    owner: { accountId, partnerId: null, clock: { kind: 'test', now: STARTS_AT } },
    step: { ...NOT_STARTED, attributes: { PlanCode: PLAN_CODE } },
  });
  return {
    workflow: 'subscription',
    workflowId: workflowIdOf('subscription', id),
    update: startSubscription.name,
    args: [{ planCode: PLAN_CODE, cycle: 'monthly' }],
    start,
  };
}

async function countSteps({ worker }: Bench): Promise<number> {
  worker.send('count');
  const [message] = (await once(worker, 'message')) as [{ readonly steps: number }];
  return message.steps;
}

/** Events are those of one lifecycle: they all do the same. */
async function usageOf(
  { client, servers, workerPid }: Bench,
  [id = '']: readonly string[],
): Promise<Cost> {
  const { historyLength } = await client.workflow.getHandle(id).describe();
  return {
    events: historyLength,
    workerMs: cpuMsOf(workerPid),
    temporalMs: cpuMsOf(servers.temporalPid),
    postgresMs: cpuMsOfTree(servers.postgresPid),
    seconds: performance.now() / 1_000,
  };
}

function memoryOf({ servers, workerPid }: Bench) {
  return {
    worker_mb: residentMbOfTree(workerPid),
    temporal_mb: residentMbOfTree(servers.temporalPid),
    postgres_mb: residentMbOfTree(servers.postgresPid),
  };
}

function print(bench: Bench, costs: ReadonlyMap<Shape, Cost[]>, memory: unknown): void {
  const mean = (shape: Shape, key: keyof Cost) => {
    const values = (costs.get(shape) ?? []).map((cost) => cost[key]);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const total = (shape: Shape) => mean(shape, 'workerMs') + mean(shape, 'temporalMs');
  const all = (shape: Shape) => total(shape) + mean(shape, 'postgresMs');
  const round = (value: number) => Math.round(value * 100) / 100;
  const steps = bench.lifecycles * bench.steps;
  const report = {
    benchmark: 'lifecycle',
    machine: { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version },
    size: { lifecycles: bench.lifecycles, steps_each: bench.steps },
    cpu_ms_per_step: Object.fromEntries(
      SHAPES.map((shape) => [
        shape,
        {
          worker: round(mean(shape, 'workerMs')),
          temporal: round(mean(shape, 'temporalMs')),
          worker_and_temporal: round(total(shape)),
          postgres: round(mean(shape, 'postgresMs')),
          all: round(all(shape)),
          history_events: round(mean(shape, 'events')),
          steps_per_second: round(steps / mean(shape, 'seconds')),
        },
      ]),
    ),
    ratios: {
      all_renewal_to_base: round(all('renewal') / all('base')),
      all_renewal_to_idle_loop: round(all('renewal') / all('idleLoop')),
      worker_and_temporal_renewal_to_idle_loop: round(total('renewal') / total('idleLoop')),
      worker_and_temporal_renewal_to_bare: round(total('renewal') / total('bare')),
    },
    goals: { all_renewal_to_base: 0.68, worker_and_temporal_renewal_to_idle_loop: 1.1 },
    memory,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

main().catch(reportAndFail);
