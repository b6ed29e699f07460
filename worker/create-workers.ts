import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import { createActivities } from '../activities';
import type { ActivityDependencies } from '../activities/dependencies';
import { gatewayTaskQueue, walkTaskQueue } from '../workflows/activity-options';

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** A bundle built before; undefined: the workflows are bundled now (seconds). */
  readonly workflowBundle: WorkflowBundleOption | undefined;
  readonly activities: ActivityDependencies;
  /** At most as many database activities at once as the pool has connections. */
  readonly databaseActivitiesMax: number;
}

const SHUTDOWN_GRACE = '5 seconds';
const SHUTDOWN_FORCE = '7 seconds';
const GATEWAY_ACTIVITIES_MAX = 20;
/** Transactions inside workflow tasks: few at once are each done in time, the others wait their turn. */
export const LOCAL_ACTIVITIES_MAX = 8;
/** A walk mostly waits, for activities that need slots of the other two workers. */
const WALKS_MAX = 20;
/** About 220 KB each when asleep; those not cached are replayed from their short histories. */
const WORKFLOWS_CACHED_MAX = 500;

/**
 * Three workers in one process: workflows with their database activities; the calls to gateways and
 * the walks of test clocks, each on a queue and with slots of its own. None polls before `run()`.
 */
export async function createWorkers(options: WorkerOptions): Promise<Worker[]> {
  const { connection, namespace, taskQueue, workflowBundle, databaseActivitiesMax } = options;
  const activities = createActivities(options.activities);
  const shared = {
    connection,
    namespace,
    activities,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    maxHeartbeatThrottleInterval: '5 seconds',
  } as const;
  const billing = await Worker.create({
    ...shared,
    taskQueue,
    ...(workflowBundle ? { workflowBundle } : { workflowsPath: WORKFLOWS_PATH }),
    maxCachedWorkflows: WORKFLOWS_CACHED_MAX,
    maxConcurrentActivityTaskExecutions: databaseActivitiesMax,
    maxConcurrentLocalActivityExecutions: Math.min(LOCAL_ACTIVITIES_MAX, databaseActivitiesMax),
  });
  const gateway = await Worker.create({
    ...shared,
    taskQueue: gatewayTaskQueue(taskQueue),
    maxConcurrentActivityTaskExecutions: GATEWAY_ACTIVITIES_MAX,
  });
  const walks = await Worker.create({
    ...shared,
    taskQueue: walkTaskQueue(taskQueue),
    maxConcurrentActivityTaskExecutions: WALKS_MAX,
  });
  return [billing, gateway, walks];
}

const WORKFLOWS_PATH = require.resolve('../workflows');
