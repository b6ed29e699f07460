/**
 * `npm start`: a whole platform on this machine. Servers, schema, seed, then our processes; all of
 * it stops with this one, and a second start goes on with the same data and workflows.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createDatabase } from '../db/connection';
import { migrate } from '../db/migrate';
import { dataDirectoryOf, lockDataDirectory } from './platform/data-directory';
import { appUrlOf, readOrCreateSecrets, type LocalSecrets } from './platform/local-secrets';
import {
  PROCESS_NAMES,
  startProcess,
  STOP_DEADLINE_MS,
  urlOf,
  type PlatformAddresses,
} from './platform/processes';
import { reportAndFail } from './platform/report';
import {
  POSTGRES,
  providePostgres,
  provideTemporal,
  TEMPORAL,
  type ProvidedTemporal,
} from './platform/servers';
import { createSupervisor, type Supervisor } from './platform/supervisor';
import { provideWorkflowBundle } from './platform/workflow-bundle';
import { seed } from './seed';
import { choosePort } from './servers/free-port';
import { endRecordedProcesses } from './servers/process-records';
import { startWatchdog } from './servers/start-watchdog';

const PROJECT_ROOT = path.join(__dirname, '..');
const LEFTOVER_DEADLINE_MS = 1_000;
const startedAt = performance.now();

interface Layout {
  readonly projectRoot: string;
  readonly dataDirectory: string;
  readonly logsDirectory: string;
  readonly recordsDirectory: string;
  readonly demoFile: string;
}

async function main(): Promise<void> {
  const dataDirectory = dataDirectoryOf(process.env, PROJECT_ROOT);
  const layout: Layout = {
    projectRoot: PROJECT_ROOT,
    dataDirectory,
    logsDirectory: path.join(dataDirectory, 'logs'),
    recordsDirectory: path.join(dataDirectory, 'pids'),
    demoFile: path.join(dataDirectory, 'demo.json'),
  };
  const lock = lockDataDirectory(dataDirectory);
  // Whoever waits for this file must not read the one of the run before.
  rmSync(layout.demoFile, { force: true });
  await endRecordedProcesses(layout.recordsDirectory, LEFTOVER_DEADLINE_MS);
  const watchdog = startWatchdog({ recordsDirectory: layout.recordsDirectory, folders: [] });
  const supervisor = createSupervisor([[...PROCESS_NAMES].reverse(), [TEMPORAL, POSTGRES]], say);
  const stop = async () => {
    rmSync(layout.demoFile, { force: true });
    await supervisor.stop();
    // What was just starting is not supervised yet.
    await endRecordedProcesses(layout.recordsDirectory, LEFTOVER_DEADLINE_MS);
    await watchdog.dismiss();
    lock.release();
  };
  stopOnSignal(stop);
  try {
    await startAll(layout, supervisor);
  } catch (error) {
    if (!isStopping) reportAndFail(error);
    await stop();
  }
}

let isStopping = false;

/** The first signal stops in order; the second one at once (the watchdog then ends the rest). */
function stopOnSignal(stop: () => Promise<void>): void {
  const begin = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    say(`\nStopping (${signal}) …`);
    void stop().then(() => {
      say('Stopped. All data is kept; `npm start` goes on, `npm run reset` forgets.');
      process.exit(0);
    });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, begin);
}

async function startAll(layout: Layout, supervisor: Supervisor): Promise<void> {
  const context = { ...layout, environment: process.env, supervisor, say };
  const secrets = readOrCreateSecrets(layout.dataDirectory);
  const ports = await choosePorts();
  mkdirSync(layout.logsDirectory, { recursive: true });
  say('Starting PostgreSQL and Temporal …');
  const [ownerUrl, temporal, workflowBundlePath] = await Promise.all([
    prepareDatabase(() => providePostgres(context, ports.postgres), secrets),
    provideTemporal(context, ports),
    provideWorkflowBundle(PROJECT_ROOT),
  ]);
  const addresses: PlatformAddresses = {
    apiPort: ports.api,
    workerPort: ports.worker,
    gatewayPort: ports.gateway,
    carrierPort: ports.carrier,
    databaseUrl: appUrlOf(ownerUrl, secrets.fallbackAppPassword),
    temporalAddress: temporal.address,
    temporalNamespace: temporal.namespace,
    gatewayKey: secrets.gatewayKey,
    carrierKey: secrets.carrierKey,
    digestKey: secrets.digestKey,
    webhookKey: secrets.webhookKey,
    webhookSecret: secrets.webhookSecret,
    gatewayStorePath: path.join(layout.dataDirectory, 'sandbox', 'books.jsonl'),
    carrierStorePath: path.join(layout.dataDirectory, 'sandbox', 'leases.jsonl'),
    workflowBundlePath,
  };
  mkdirSync(path.dirname(addresses.gatewayStorePath), { recursive: true });
  say('Starting the sandbox gateway and carrier, the worker and the API …');
  await Promise.all(
    PROCESS_NAMES.map((name) =>
      supervisor.supervise({
        name,
        stopDeadlineMs: STOP_DEADLINE_MS,
        start: () => startProcess(name, addresses, { ...layout, environment: process.env }),
      }),
    ),
  );
  if (isStopping) return;
  announce({ layout, addresses, temporal, ownerUrl, operatorKey: secrets.operatorKey });
}

async function prepareDatabase(
  provide: () => Promise<string>,
  secrets: LocalSecrets,
): Promise<string> {
  const ownerUrl = await provide();
  const databaseUrl = appUrlOf(ownerUrl, secrets.fallbackAppPassword);
  const appPassword = decodeURIComponent(new URL(databaseUrl).password);
  const ran = await migrate({ ownerUrl, appPassword });
  if (ran.length > 0) say(`Database: ran ${ran.length} migrations.`);
  const database = createDatabase({ url: databaseUrl, applicationName: 'tollgate-seed' });
  try {
    const now = new Date().toISOString();
    await seed({ database, operatorKey: secrets.operatorKey, now });
  } finally {
    await database.destroy();
  }
  return ownerUrl;
}

type PortUse = 'api' | 'worker' | 'gateway' | 'carrier' | 'postgres' | 'temporal' | 'ui';
const USUAL_PORTS: Readonly<Record<PortUse, readonly [string, number, string]>> = {
  api: ['the API', 3000, 'BILLING_API_PORT'],
  gateway: ['the sandbox gateway', 4010, 'BILLING_SANDBOX_GATEWAY_PORT'],
  carrier: ['the sandbox carrier', 4020, 'BILLING_SANDBOX_CARRIER_PORT'],
  worker: ['the worker (health, metrics)', 9464, 'BILLING_WORKER_PORT'],
  temporal: ['Temporal', 7233, 'TOLLGATE_TEMPORAL_PORT'],
  ui: ['the Temporal UI', 8233, 'TOLLGATE_TEMPORAL_UI_PORT'],
  postgres: ['PostgreSQL', 5544, 'TOLLGATE_POSTGRES_PORT'],
};

async function choosePorts(): Promise<Record<PortUse, number>> {
  const taken = new Set<number>();
  const choose = async (name: PortUse) => {
    const [use, usual, variable] = USUAL_PORTS[name];
    const wish = { use, usual, variable, demanded: process.env[variable] };
    const port = await choosePort(wish, { taken, say });
    taken.add(port);
    return port;
  };
  // One after the other: two that look at once could both take the same one.
  return {
    api: await choose('api'),
    gateway: await choose('gateway'),
    carrier: await choose('carrier'),
    worker: await choose('worker'),
    temporal: await choose('temporal'),
    ui: await choose('ui'),
    postgres: await choose('postgres'),
  };
}

function announce(ready: {
  readonly layout: Layout;
  readonly addresses: PlatformAddresses;
  readonly temporal: ProvidedTemporal;
  readonly ownerUrl: string;
  readonly operatorKey: string;
}): void {
  const { layout, addresses, temporal, operatorKey } = ready;
  const apiUrl = urlOf('api', addresses);
  const demo = {
    api_url: apiUrl,
    docs_url: `${apiUrl}/docs`,
    temporal_ui_url: temporal.uiUrl,
    temporal_address: temporal.address,
    sandbox_gateway_url: urlOf('gateway', addresses),
    sandbox_carrier_url: urlOf('carrier', addresses),
    database_url: ready.ownerUrl,
    database_app_url: addresses.databaseUrl,
    operator_key: operatorKey,
    pid: process.pid,
  };
  const unfinished = `${layout.demoFile}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, layout.demoFile);
  // Without it the demo would look for the platform of the default folder.
  const folder = process.env.TOLLGATE_DATA_DIR;
  const sameFolder = folder === undefined ? '' : `TOLLGATE_DATA_DIR=${folder} `;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  say(
    [
      `\nTollgate is ready after ${seconds} s.\n`,
      `  API            ${demo.api_url}`,
      `  Docs           ${demo.docs_url}`,
      `  Temporal UI    ${demo.temporal_ui_url ?? '(on your own server)'}`,
      `  Operator key   ${operatorKey}`,
      `  Logs           ${path.relative(process.cwd(), layout.logsDirectory)}/*.log\n`,
      'Try:',
      `  ${sameFolder}npm run demo                  a year of one customer; also: demo subscriptions, numbers, whatsapp, resellers, recharge`,
      `  curl -H 'Authorization: Bearer ${operatorKey}' ${apiUrl}/v1/accounts`,
      'Or type the first five minutes of README.md, in a second terminal.\n',
      'Ctrl-C stops everything and keeps the data.',
    ].join('\n'),
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main().catch(reportAndFail);
