/**
 * The worker under measurement, a process of its own so that its CPU can be told from the driver's.
 * Started by `fork`: says "ready", then answers every "count" with the steps that did nothing so far.
 */
import { NativeConnection, Runtime, Worker, DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../../activities';
import { parseWorkerConfig } from '../../../config/config';
import { temporalConnectionOptions } from '../../../config/temporal';
import { createWorkerDependencies } from '../../../worker/dependencies';
import { bundleWorkflows } from '../../../worker/build-bundle';
import { LOCAL_ACTIVITIES_MAX } from '../../../worker/create-workers';
import { createBenchActivities } from './bench-activities';
import { BASE_TASK_QUEUE, TASK_QUEUE } from './task-queues';

async function main(): Promise<void> {
  const config = parseWorkerConfig(process.env);
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const dependencies = await createWorkerDependencies(config);
  const connection = await NativeConnection.connect(
    await temporalConnectionOptions(config.temporal),
  );
  const { stepsCounted, ...benchActivities } = createBenchActivities();
  const shared = {
    connection,
    namespace: config.temporal.namespace,
    activities: { ...createActivities(dependencies), ...benchActivities },
    maxConcurrentActivityTaskExecutions: config.databasePoolMax,
  };
  const workflowsPath = require.resolve('./workflows');
  const workers = [
    await Worker.create({
      ...shared,
      taskQueue: TASK_QUEUE,
      workflowBundle: { code: await bundleWorkflows(workflowsPath) },
      maxConcurrentLocalActivityExecutions: Math.min(LOCAL_ACTIVITIES_MAX, config.databasePoolMax),
    }),
    await Worker.create({
      ...shared,
      taskQueue: BASE_TASK_QUEUE,
      workflowsPath,
      interceptors: { workflowModules: [require.resolve('./ordinary-activities')] },
    }),
  ];
  process.on('message', (asked) => {
    if (asked === 'count') process.send?.({ steps: stepsCounted() });
  });
  const running = Promise.all(workers.map((worker) => worker.run()));
  process.send?.('ready');
  await running;
  await connection.close();
  await dependencies.close();
  if (process.connected) process.disconnect();
}

void main();
