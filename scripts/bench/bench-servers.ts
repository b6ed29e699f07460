/** Owns: PostgreSQL and Temporal of a benchmark: fresh, on free ports, gone afterwards. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { migrate } from '../../db/migrate';
import { findServer } from '../servers/find-server';
import { findFreePort } from '../servers/free-port';
import { TEMPORAL_CLI } from '../servers/server-wheels';
import { startPostgres } from '../servers/start-postgres';
import { startTemporal } from '../servers/start-temporal';
import { startWatchdog } from '../servers/start-watchdog';

const PROJECT_ROOT = path.join(__dirname, '../..');
const STOP_DEADLINE_MS = 5_000;
const APP_PASSWORD = 'bench';

export interface BenchServers {
  readonly ownerUrl: string;
  /** As the application's role: what the processes under measurement use. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly postgresPid: number;
  readonly temporalPid: number;
  readonly stop: () => Promise<void>;
}

/** Starts both, migrated, fsync on. A watchdog ends them even when the benchmark is killed. */
export async function startBenchServers(): Promise<BenchServers> {
  const folder = path.join(PROJECT_ROOT, '.cache', `bench-${process.pid}`);
  const recordsDirectory = path.join(folder, 'pids');
  mkdirSync(recordsDirectory, { recursive: true });
  const watchdog = startWatchdog({ recordsDirectory, folders: [folder] });
  const postgres = await startPostgres({
    projectRoot: PROJECT_ROOT,
    directory: path.join(folder, 'postgres'),
    port: await findFreePort(),
    database: 'tollgate',
    logPath: path.join(folder, 'postgres.log'),
    recordsDirectory,
    isDurable: true,
  });
  const temporal = await startTemporal({
    cliPath: await findServer(TEMPORAL_CLI, {
      projectRoot: PROJECT_ROOT,
      environment: process.env,
      say: (line) => process.stderr.write(`${line}\n`),
    }),
    port: await findFreePort(new Set([postgres.port])),
    uiPort: undefined,
    databaseFile: undefined,
    logPath: path.join(folder, 'temporal.log'),
    recordsDirectory,
  });
  await migrate({ ownerUrl: postgres.ownerUrl, appPassword: APP_PASSWORD });
  const databaseUrl = new URL(postgres.ownerUrl);
  databaseUrl.username = 'tollgate_app';
  databaseUrl.password = APP_PASSWORD;
  return {
    ownerUrl: postgres.ownerUrl,
    databaseUrl: databaseUrl.toString(),
    temporalAddress: temporal.address,
    postgresPid: postgres.process.pid,
    temporalPid: temporal.process.pid,
    stop: async () => {
      await Promise.all([
        temporal.process.stop(STOP_DEADLINE_MS),
        postgres.process.stop(STOP_DEADLINE_MS),
      ]);
      await watchdog.dismiss();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
