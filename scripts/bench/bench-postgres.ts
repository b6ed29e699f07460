/** Owns: a PostgreSQL of a benchmark: fresh, migrated, fsync on, gone afterwards. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { APP_ROLE, migrate } from '../../db/migrate';
import { findFreePort } from '../servers/free-port';
import { startPostgres } from '../servers/start-postgres';
import { startWatchdog } from '../servers/start-watchdog';

/** Where npm starts every script. */
const PROJECT_ROOT = process.cwd();
const STOP_DEADLINE_MS = 5_000;
const APP_PASSWORD = 'bench';

export interface BenchPostgres {
  readonly ownerUrl: string;
  /** As the application's role: what is measured. */
  readonly databaseUrl: string;
  readonly pid: number;
  /** For what belongs to this run: logs, pids. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

/** A watchdog ends it even when the benchmark is killed. */
export async function startBenchPostgres(): Promise<BenchPostgres> {
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
  await migrate({ ownerUrl: postgres.ownerUrl, appPassword: APP_PASSWORD });
  const databaseUrl = new URL(postgres.ownerUrl);
  databaseUrl.username = APP_ROLE;
  databaseUrl.password = APP_PASSWORD;
  return {
    ownerUrl: postgres.ownerUrl,
    databaseUrl: databaseUrl.toString(),
    pid: postgres.process.pid,
    folder,
    stop: async () => {
      await postgres.process.stop(STOP_DEADLINE_MS);
      await watchdog.dismiss();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
