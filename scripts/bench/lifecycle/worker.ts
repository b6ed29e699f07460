/**
 * The worker under measurement, a process of its own so that its CPU can be told from the driver's.
 * Started by `fork`: says "ready", then answers every "count" with the steps that did nothing so far.
 */
import { NativeConnection, Runtime, Worker, DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../../activities';
import { parseWorkerConfig } from '../../../config/config';
import { temporalConnectionOptions } from '../../../config/temporal';
import { createWorkerDependencies } from '../../../worker/dependencies';
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
  const createWorker = (taskQueue: string) =>
    Worker.create({
      connection,
      namespace: config.temporal.namespace,
      taskQueue,
      workflowsPath: require.resolve('./workflows'),
      interceptors: { workflowModules: [require.resolve('./ordinary-activities')] },
      activities: { ...createActivities(dependencies), ...benchActivities },
      maxConcurrentActivityTaskExecutions: config.databasePoolMax,
      maxConcurrentLocalActivityExecutions: Math.min(LOCAL_ACTIVITIES_MAX, config.databasePoolMax),
    });
  const workers = [await createWorker(TASK_QUEUE), await createWorker(BASE_TASK_QUEUE)];
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
