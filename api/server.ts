/** The API process: `node --import tsx api/server.ts`. Stops within 8 s of SIGTERM or SIGINT. */
import { createServer, type Server } from 'node:http';
import { ConfigError, parseApiConfig } from '../config/config';
import { createLogger } from '../config/logger';
import { createApp } from './app';
import { createApiDependencies } from './dependencies';

const FINISH_WITHIN_MS = 6_000;
const CLOSE_IDLE_EVERY_MS = 50;
const CLOSE_WITHIN_MS = 1_500;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 60_000;
/** Longer than load balancers keep theirs (60 s as a rule): who hangs up first loses somebody's request. */
const KEEP_ALIVE_MS = 65_000;

async function main(): Promise<void> {
  const config = parseApiConfig(process.env);
  const logger = createLogger({ name: 'api', level: config.logLevel });
  const dependencies = await createApiDependencies(config, logger);
  const server = createServer(
    {
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    createApp(dependencies),
  );
  await listen(server, { port: config.port, host: config.bindAddress });
  process.stdout.write(`api ready on http://${config.bindAddress}:${config.port}\n`);
  const signal = await nextStopSignal();
  logger.info({ signal }, 'stopping: no new connections, running requests finish');
  // A call to Temporal that is cut off now rejects where nobody waits for it: that fails no stop.
  process.on('unhandledRejection', (error) => logger.warn({ error }, 'cut off while stopping'));
  await stop(server);
  await within(
    CLOSE_WITHIN_MS,
    dependencies.close().catch((error: unknown) => {
      // A connection that was never made, or just breaks, is closed enough to stop.
      logger.warn({ error }, 'a connection did not close');
    }),
  );
  process.exit(0); // A gRPC call that never ends must not keep the process.
}

function listen(server: Server, at: { readonly port: number; readonly host: string }) {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, resolve);
  });
}

function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

/** Running requests finish, but not for ever. */
async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that has its answer is kept alive for the next request: it would hold up the stop.
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  server.closeIdleConnections();
  await within(FINISH_WITHIN_MS, closed);
  clearInterval(closing);
  server.closeAllConnections();
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, tooLate]);
  clearTimeout(timer);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  // Open connections must not keep an API that failed to start.
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
});
