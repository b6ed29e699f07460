/** Owns: an API over a PostgreSQL of its own that can be ended and started again; no worker. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createDatabase } from '../../db/connection';
import { APP_ROLE, migrate } from '../../db/migrate';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { parseAmount } from '../../domain/money';
import { prepareOperatorKey } from '../bench/prepare-operator-key';
import { prepareRateCard } from '../bench/prepare-rate-card';
import { startProcess, urlOf, type PlatformAddresses } from '../platform/processes';
import { findServer } from '../servers/find-server';
import { findFreePort } from '../servers/free-port';
import { startPostgres } from '../servers/start-postgres';
import { TEMPORAL_CLI } from '../servers/server-wheels';
import { startTemporal } from '../servers/start-temporal';
import { startWatchdog } from '../servers/start-watchdog';

const PROJECT_ROOT = path.join(__dirname, '../..');
const STOP_DEADLINE_MS = 5_000;
const APP_PASSWORD = 'chaos';
const API_SETTINGS = {
  BILLING_LOG_LEVEL: 'error',
  BILLING_RATE_LIMIT_PER_SECOND: '100000',
} as const;

export interface ChaosPlatform {
  readonly apiUrl: string;
  readonly operatorKey: string;
  readonly ownerUrl: string;
  /** Puts money into the wallets of accounts. */
  readonly fund: (accountIds: readonly string[], amount: string) => Promise<void>;
  readonly killPostgres: () => Promise<void>;
  readonly restartPostgres: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** fsync is on. A watchdog ends all of it even when this process is killed. */
export async function startChaosPlatform(): Promise<ChaosPlatform> {
  const folder = path.join(PROJECT_ROOT, '.cache', `chaos-${process.pid}`);
  const recordsDirectory = path.join(folder, 'pids');
  mkdirSync(recordsDirectory, { recursive: true });
  const watchdog = startWatchdog({ recordsDirectory, folders: [folder] });
  const taken = new Set<number>();
  const nextPort = async (): Promise<number> => {
    const port = await findFreePort(taken);
    taken.add(port);
    return port;
  };
  const startServer = () =>
    startPostgres({
      projectRoot: PROJECT_ROOT,
      directory: path.join(folder, 'postgres'),
      port: postgresPort,
      database: 'tollgate',
      logPath: path.join(folder, 'postgres.log'),
      recordsDirectory,
      isDurable: true,
    });
  const postgresPort = await nextPort();
  let postgres = await startServer();
  const { ownerUrl } = postgres;
  await migrate({ ownerUrl, appPassword: APP_PASSWORD });
  const databaseUrl = new URL(ownerUrl);
  databaseUrl.username = APP_ROLE;
  databaseUrl.password = APP_PASSWORD;
  const operatorKey = await prepare(databaseUrl.toString());
  const temporal = await startTemporal({
    cliPath: await findTemporal(),
    port: await nextPort(),
    uiPort: undefined,
    databaseFile: undefined,
    logPath: path.join(folder, 'temporal.log'),
    recordsDirectory,
  });
  const addresses = await buildAddresses({
    folder,
    databaseUrl: databaseUrl.toString(),
    temporalAddress: temporal.address,
    nextPort,
  });
  const api = await startProcess('api', addresses, {
    projectRoot: PROJECT_ROOT,
    logsDirectory: folder,
    recordsDirectory,
    environment: { PATH: process.env['PATH'], ...API_SETTINGS },
  });
  return {
    apiUrl: urlOf('api', addresses),
    operatorKey,
    ownerUrl,
    fund: (accountIds, amount) => fund(databaseUrl.toString(), accountIds, amount),
    async killPostgres() {
      postgres.process.kill('SIGKILL');
      await postgres.process.ended;
    },
    async restartPostgres() {
      postgres = await startServer();
    },
    async stop() {
      await api.stop(STOP_DEADLINE_MS);
      await postgres.process.stop(STOP_DEADLINE_MS);
      await temporal.process.stop(STOP_DEADLINE_MS);
      await watchdog.dismiss();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findTemporal(): Promise<string> {
  return findServer(TEMPORAL_CLI, {
    projectRoot: PROJECT_ROOT,
    environment: process.env,
    say: (line) => process.stderr.write(`${line}\n`),
  });
}

/** A key, and one card for all accounts in INR: 0.01 a message. */
async function prepare(url: string): Promise<string> {
  const database = createDatabase({ url, applicationName: 'tollgate-chaos' });
  const of = { channel: 'message', currency: 'INR', categories: ['message'] } as const;
  await prepareRateCard(database, { ...of, timeZone: 'Asia/Kolkata', rate: '0.01' });
  const key = await prepareOperatorKey(database);
  await database.destroy();
  return key;
}

async function fund(url: string, accountIds: readonly string[], amount: string): Promise<void> {
  const database = createDatabase({ url, applicationName: 'tollgate-chaos' });
  const at = new Date().toISOString();
  await withTransaction(database, SYSTEM, async (trx) => {
    const ledgers = [...(await lockLedgers(trx, accountIds)).values()];
    const plan = createLedgerPlan(ledgers, { reference: 'chaos', postedAt: at });
    for (const ledger of ledgers) {
      grantMoney(plan, ledger, {
        source: 'wallet_additional',
        amountMicros: parseAmount(amount),
        at,
        kind: 'grant',
        reference: 'chaos',
        from: 'clearing',
      });
    }
    await applyLedgerPlan(trx, plan);
  });
  await database.destroy();
}

/** Worker and sandboxes are addresses where nobody is: usage needs none of them. */
async function buildAddresses(parts: {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly nextPort: () => Promise<number>;
}): Promise<PlatformAddresses> {
  const { folder, databaseUrl, temporalAddress, nextPort } = parts;
  const secret = `whsec_${Buffer.from('chaos-chaos-chaos-chaos-chaos-00').toString('base64')}`;
  return {
    apiPort: await nextPort(),
    workerPort: await nextPort(),
    gatewayPort: await nextPort(),
    carrierPort: await nextPort(),
    databaseUrl,
    temporalAddress,
    temporalNamespace: 'default',
    gatewayKey: 'chaos-gateway-key-of-32-characters',
    carrierKey: 'chaos-carrier-key-of-32-characters',
    digestKey: 'chaos-digest-key-of-32-characters!',
    webhookKey: 'chaos-webhook-key-of-32-characters!',
    webhookSecret: secret,
    gatewayStorePath: path.join(folder, 'gateway.json'),
    carrierStorePath: path.join(folder, 'carrier.json'),
    workflowBundlePath: path.join(folder, 'bundle.js'),
  };
}
