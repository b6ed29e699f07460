/**
 * Owns: a whole platform for one test file: its own database, namespace, gateway books and three real
 * processes, which a test may kill and start again. Everything a customer's program sees of it is HTTP.
 * Does not own: the servers it stands on, unless the test asks for its own to kill them.
 * Example: `const platform = await startPlatform(); … await platform.kill('worker'); … await platform.stop();`
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { newSecret } from '../../api/secrets';
import { createDatabase } from '../../db/connection';
import { migrate } from '../../db/migrate';
import {
  PROCESS_NAMES,
  startProcess,
  STOP_DEADLINE_MS,
  urlOf,
  type PlatformAddresses,
  type ProcessName,
} from '../../scripts/platform/processes';
import { seed } from '../../scripts/seed';
import { findServer } from '../../scripts/servers/find-server';
import { findFreePort } from '../../scripts/servers/free-port';
import type { LaunchedProcess } from '../../scripts/servers/launch';
import { TEMPORAL_CLI } from '../../scripts/servers/server-wheels';
import { startPostgres } from '../../scripts/servers/start-postgres';
import { NAMESPACE, startTemporal } from '../../scripts/servers/start-temporal';
import { appUrlOf, createTestDatabase } from './database';
import { createTestNamespace, temporalAddress } from './temporal';
import { APP_PASSWORD, parseTestRunState, platformFolder, requireFromRun } from './test-run-state';

export type PlatformPart = ProcessName | 'postgres' | 'temporal';

export interface StartPlatformOptions {
  /** A PostgreSQL of its own, durable, which the test may kill. */
  readonly ownsPostgres?: boolean;
  /** A Temporal of its own, with a database file, which the test may kill. */
  readonly ownsTemporal?: boolean;
  /** Only these processes start; all three when left out. The others come with `restart`. */
  readonly processes?: readonly ProcessName[];
  /** Variables for the processes on top of the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface TestPlatform {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly carrierUrl: string;
  readonly workerUrl: string;
  readonly operatorKey: string;
  readonly webhookSecret: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** The application's role. For looking into the record where HTTP shows nothing. */
  readonly appUrl: string;
  readonly ownerUrl: string;
  /** Ends a part without warning (or with the signal named) and waits until it is gone. */
  kill(part: PlatformPart, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a part that was killed, at the same address, and waits until it is ready. */
  restart(part: PlatformPart): Promise<void>;
  /** Stops everything and drops the database. */
  stop(): Promise<void>;
}

const PROJECT_ROOT = path.join(__dirname, '../..');
const SERVER_STOP_DEADLINE_MS = 3_000;

interface Footing {
  readonly ownerUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly servers: readonly Part[];
  readonly drop: () => Promise<void>;
}

interface Part {
  readonly name: PlatformPart;
  readonly start: () => Promise<LaunchedProcess>;
  readonly stopDeadlineMs: number;
}

/** Starts a platform and waits until all of it is ready. Call `stop` in afterAll. */
export async function startPlatform(options: StartPlatformOptions = {}): Promise<TestPlatform> {
  const folder = platformFolder(expect.getState().testPath ?? 'unknown');
  mkdirSync(folder, { recursive: true });
  const running = new Map<PlatformPart, LaunchedProcess>();
  const ports = await findPorts();
  const footing = await prepareFooting({ options, folder, ports, running });
  const operatorKey = newSecret('test');
  const appUrl = appUrlOf(footing.ownerUrl);
  await seedDatabase(appUrl, operatorKey);

  const addresses = addressesOf({ footing, appUrl, folder, ports });
  const processes = PROCESS_NAMES.map((name) => processPart({ name, addresses, folder, options }));
  const parts = new Map([...footing.servers, ...processes].map((part) => [part.name, part]));
  const start = async (name: PlatformPart) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`this platform has no ${name} of its own`);
    running.set(name, await part.start());
  };
  const stopAll = async (names: readonly PlatformPart[]) => {
    await Promise.all(
      names.map(async (name) => running.get(name)?.stop(parts.get(name)?.stopDeadlineMs ?? 0)),
    );
  };
  const stop = async () => {
    await stopAll(PROCESS_NAMES);
    await footing.drop();
    await stopAll(['temporal', 'postgres']);
  };
  try {
    await Promise.all((options.processes ?? PROCESS_NAMES).map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    apiUrl: urlOf('api', addresses),
    gatewayUrl: urlOf('gateway', addresses),
    carrierUrl: urlOf('carrier', addresses),
    workerUrl: urlOf('worker', addresses),
    operatorKey,
    webhookSecret: addresses.webhookSecret,
    temporalAddress: footing.temporalAddress,
    temporalNamespace: footing.temporalNamespace,
    appUrl,
    ownerUrl: footing.ownerUrl,
    kill: async (name, signal = 'SIGKILL') => {
      running.get(name)?.kill(signal);
      await running.get(name)?.ended;
    },
    restart: start,
    stop,
  };
}

type Ports = Readonly<Record<PlatformPart, number>>;

async function findPorts(): Promise<Ports> {
  const taken = new Set<number>();
  const next = async () => {
    const port = await findFreePort(taken);
    taken.add(port);
    return port;
  };
  return {
    api: await next(),
    worker: await next(),
    gateway: await next(),
    carrier: await next(),
    postgres: await next(),
    temporal: await next(),
  };
}

interface FootingRequest {
  readonly options: StartPlatformOptions;
  readonly folder: string;
  readonly ports: Ports;
  readonly running: Map<PlatformPart, LaunchedProcess>;
}

async function prepareFooting(request: FootingRequest): Promise<Footing> {
  const { options, running } = request;
  const servers: Part[] = [];
  let drop = () => Promise.resolve();
  let ownerUrl: string;
  if (options.ownsPostgres) {
    const postgres = ownPostgres(request);
    servers.push(postgres);
    running.set('postgres', await postgres.start());
    ownerUrl = postgres.ownerUrl();
    await migrate({ ownerUrl, appPassword: APP_PASSWORD });
  } else {
    const database = await createTestDatabase();
    ownerUrl = database.ownerUrl;
    drop = () => database.drop();
  }
  if (options.ownsTemporal) {
    const temporal = ownTemporal(request);
    servers.push(temporal);
    running.set('temporal', await temporal.start());
    const address = temporal.address;
    return { ownerUrl, temporalAddress: address, temporalNamespace: NAMESPACE, servers, drop };
  }
  const temporalNamespace = await createTestNamespace();
  return { ownerUrl, temporalAddress: temporalAddress(), temporalNamespace, servers, drop };
}

function ownPostgres({ folder, ports }: FootingRequest): Part & { ownerUrl(): string } {
  let ownerUrl = '';
  return {
    name: 'postgres',
    stopDeadlineMs: SERVER_STOP_DEADLINE_MS,
    ownerUrl: () => ownerUrl,
    start: async () => {
      const postgres = await startPostgres({
        projectRoot: PROJECT_ROOT,
        directory: path.join(folder, 'postgres'),
        port: ports.postgres,
        database: 'tollgate',
        logPath: path.join(folder, 'logs/postgres.log'),
        recordsDirectory: parseTestRunState().recordsDirectory,
        isDurable: true,
      });
      ownerUrl = postgres.ownerUrl;
      return postgres.process;
    },
  };
}

function ownTemporal({ folder, ports }: FootingRequest): Part & { readonly address: string } {
  const port = ports.temporal;
  return {
    name: 'temporal',
    stopDeadlineMs: SERVER_STOP_DEADLINE_MS,
    address: `127.0.0.1:${port}`,
    start: async () => {
      const temporal = await startTemporal({
        cliPath: await findServer(TEMPORAL_CLI, {
          projectRoot: PROJECT_ROOT,
          environment: process.env,
          say: () => undefined,
        }),
        port,
        uiPort: undefined,
        databaseFile: path.join(folder, 'temporal/temporal.db'),
        logPath: path.join(folder, 'logs/temporal.log'),
        recordsDirectory: parseTestRunState().recordsDirectory,
      });
      return temporal.process;
    },
  };
}

function addressesOf(made: {
  readonly footing: Footing;
  readonly appUrl: string;
  readonly folder: string;
  readonly ports: Ports;
}): PlatformAddresses {
  return {
    apiPort: made.ports.api,
    workerPort: made.ports.worker,
    gatewayPort: made.ports.gateway,
    carrierPort: made.ports.carrier,
    databaseUrl: made.appUrl,
    temporalAddress: made.footing.temporalAddress,
    temporalNamespace: made.footing.temporalNamespace,
    gatewayKey: 'gateway-key-of-tests',
    carrierKey: 'carrier-key-of-tests',
    digestKey: 'digest-key-of-tests-0123456789abcdef',
    webhookKey: 'webhook-key-of-tests-0123456789abcdef',
    webhookSecret: 'webhook-secret-of-tests',
    gatewayStorePath: path.join(made.folder, 'sandbox-books.jsonl'),
    carrierStorePath: path.join(made.folder, 'sandbox-leases.jsonl'),
    workflowBundlePath: requireFromRun('bundlePath'),
  };
}

function processPart(made: {
  readonly name: ProcessName;
  readonly addresses: PlatformAddresses;
  readonly folder: string;
  readonly options: StartPlatformOptions;
}): Part {
  const { name, addresses, folder, options } = made;
  const context = {
    projectRoot: PROJECT_ROOT,
    logsDirectory: path.join(folder, 'logs'),
    recordsDirectory: parseTestRunState().recordsDirectory,
    environment: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      NODE_ENV: 'test',
      // Tests send as fast as they can; the limit itself has tests of its own.
      BILLING_RATE_LIMIT_PER_SECOND: '100000',
      ...options.environment,
    },
  };
  return {
    name,
    stopDeadlineMs: STOP_DEADLINE_MS,
    start: () => startProcess(name, addresses, context),
  };
}

async function seedDatabase(appUrl: string, operatorKey: string): Promise<void> {
  const database = createDatabase({ url: appUrl, applicationName: 'tollgate-test-seed' });
  try {
    await seed({ database, operatorKey, now: new Date().toISOString() });
  } finally {
    await database.destroy();
  }
}
