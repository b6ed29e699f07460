/** Owns: PostgreSQL and Temporal of a benchmark: fresh, on free ports, gone afterwards. */
import path from 'node:path';
import { findServer } from '../servers/find-server';
import { findFreePort } from '../servers/free-port';
import { TEMPORAL_CLI } from '../servers/server-wheels';
import { startTemporal } from '../servers/start-temporal';
import { startBenchPostgres } from './bench-postgres';

const PROJECT_ROOT = path.join(__dirname, '../..');
const STOP_DEADLINE_MS = 5_000;

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
  const postgres = await startBenchPostgres();
  const { folder } = postgres;
  const temporal = await startTemporal({
    cliPath: await findServer(TEMPORAL_CLI, {
      projectRoot: PROJECT_ROOT,
      environment: process.env,
      say: (line) => process.stderr.write(`${line}\n`),
    }),
    port: await findFreePort(new Set([Number(new URL(postgres.ownerUrl).port)])),
    uiPort: undefined,
    databaseFile: undefined,
    logPath: path.join(folder, 'temporal.log'),
    // The same folder as PostgreSQL's, which its watchdog looks into.
    recordsDirectory: path.join(folder, 'pids'),
  });
  return {
    ownerUrl: postgres.ownerUrl,
    databaseUrl: postgres.databaseUrl,
    temporalAddress: temporal.address,
    postgresPid: postgres.pid,
    temporalPid: temporal.process.pid,
    stop: async () => {
      // PostgreSQL last: with it the folder goes.
      await temporal.process.stop(STOP_DEADLINE_MS);
      await postgres.stop();
    },
  };
}
