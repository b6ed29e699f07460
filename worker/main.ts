/** The worker process: it conducts every lifecycle. Stop it any time; another goes on where it was. */
import { once } from 'node:events';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { DefaultLogger, NativeConnection, Runtime, type LogLevel } from '@temporalio/worker';
import { ConfigError, parseWorkerConfig, type WorkerConfig } from '../config/config';
import { createLogger, type Logger } from '../config/logger';
import { temporalConnectionOptions } from '../config/temporal';
import { createWorkers } from './create-workers';
import { createWorkerDependencies } from './dependencies';
import { createHealthServer } from './health';
import { ensureSchedules } from './schedules';
import { startCourier } from './webhook-courier';
import { addWebhookMetrics } from './webhook-metrics';

async function main(): Promise<void> {
  const config = parseWorkerConfig(process.env);
  const logger = createLogger({ name: 'worker', level: config.logLevel });
  installRuntime(logger);
  const dependencies = await createWorkerDependencies(config);
  const connection = await NativeConnection.connect(
    await temporalConnectionOptions(config.temporal),
  );
  const workers = await createWorkers({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.taskQueue,
    workflowBundle: config.workflowBundlePath ? { codePath: config.workflowBundlePath } : undefined,
    activities: dependencies,
    databaseActivitiesMax: config.databasePoolMax,
  });
  await ensureSchedules(dependencies.client, config.taskQueue);
  // Before anything runs: a worker nobody can ask about its health must not start.
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const health = await listen(config, createHealthServer(workers, registry));
  const courier = startCourier({
    ...dependencies.webhooks,
    logger,
    onTry: addWebhookMetrics(registry, dependencies),
  });
  // Beside Temporal's own shutdown, not after it: both end within the seconds a process has.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void courier.stop());
  }
  const running = Promise.all(workers.map((worker) => worker.run()));
  logger.info(`worker ready on http://${config.bindAddress}:${config.port}`);
  // Temporal's runtime turns SIGINT and SIGTERM into a graceful shutdown: `running` then resolves.
  try {
    await running;
  } finally {
    await courier.stop();
  }
  health.close();
  await connection.close();
  await dependencies.close();
  logger.info('worker stopped');
}

/** The SDK's own log lines, in our format. */
function installRuntime(logger: Logger): void {
  const levels: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'debug', // "Workflow started" on every task says nothing to an operator.
    WARN: 'warn',
    ERROR: 'error',
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger[levels[level]]({ ...meta }, message);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
}

async function listen(
  { bindAddress, port }: WorkerConfig,
  server: ReturnType<typeof createHealthServer>,
) {
  server.listen(port, bindAddress);
  await once(server, 'listening');
  return server;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  // Open connections must not keep a worker that failed: what supervises it starts another.
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
});
