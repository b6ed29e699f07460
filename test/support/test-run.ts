/**
 * Owns: the servers and the one folder of a jest run. Made once, in jest's own process, before the first
 * test of a project that needs them; gone with the run, however it ends.
 * Does not own: what a test file makes on those servers (database.ts, temporal.ts, platform.ts).
 * Servers named by DATABASE_URL or TEMPORAL_ADDRESS are left alone: tests drop databases and stop servers.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../db/migrate';
import { provideWorkflowBundle } from '../../scripts/platform/workflow-bundle';
import { findServer } from '../../scripts/servers/find-server';
import { findFreePort } from '../../scripts/servers/free-port';
import { isProcessRunning } from '../../scripts/servers/process-records';
import { TEMPORAL_CLI, TEMPORAL_TEST_SERVER } from '../../scripts/servers/server-wheels';
import { startPostgres, type RunningPostgres } from '../../scripts/servers/start-postgres';
import { startTemporal, type RunningTemporal } from '../../scripts/servers/start-temporal';
import { startWatchdog, type Watchdog } from '../../scripts/servers/start-watchdog';
import {
  APP_PASSWORD,
  TEMPLATE_DATABASE,
  TEST_RUN_VARIABLE,
  type TestRunState,
} from './test-run-state';

export type Need = 'postgres' | 'temporal' | 'test-server' | 'bundle';

interface TestRun {
  readonly folder: string;
  readonly recordsDirectory: string;
  readonly watchdog: Watchdog;
  /** Ports given out, so that two servers starting at once never get the same. */
  readonly ports: Set<number>;
  postgres?: Promise<RunningPostgres>;
  temporal?: Promise<RunningTemporal>;
  testServerPath?: Promise<string>;
  bundlePath?: Promise<string>;
}

const PROJECT_ROOT = path.join(__dirname, '../..');
const RUNS_FOLDER = path.join(PROJECT_ROOT, '.cache');
const STOP_DEADLINE_MS = 5_000;

declare global {
  // Jest loads the set-up of each project and the teardown apart: a variable of this file would be three.
  var tollgateTestRun: TestRun | undefined;
}

/** Starts what is needed and does not run yet, and tells the test files where it is. */
export async function prepareTestRun(needs: readonly Need[]): Promise<void> {
  globalThis.tollgateTestRun ??= openTestRun();
  const run = globalThis.tollgateTestRun;
  if (needs.includes('postgres')) run.postgres ??= startTestPostgres(run);
  if (needs.includes('temporal')) run.temporal ??= startTestTemporal(run);
  if (needs.includes('test-server')) run.testServerPath ??= prepareTestServer(run);
  if (needs.includes('bundle')) run.bundlePath ??= provideWorkflowBundle(PROJECT_ROOT);
  await writeState(run);
}

/** Stops every server, ends what tests left running, and removes the folder. Safe to call again. */
export async function closeTestRun(): Promise<void> {
  const run = globalThis.tollgateTestRun;
  if (run === undefined) return;
  globalThis.tollgateTestRun = undefined;
  await Promise.all([stopServer(run.temporal), stopServer(run.postgres)]);
  await run.watchdog.dismiss();
}

async function stopServer(
  starting: Promise<RunningPostgres | RunningTemporal> | undefined,
): Promise<void> {
  // A server that never started was told of by the set-up; the watchdog ends what is left of it.
  const server = await starting?.catch(() => undefined);
  await server?.process.stop(STOP_DEADLINE_MS);
}

function openTestRun(): TestRun {
  removeStaleRuns();
  const folder = path.join(RUNS_FOLDER, `tollgate-test-run-${process.pid}`);
  const recordsDirectory = path.join(folder, 'pids');
  mkdirSync(recordsDirectory, { recursive: true });
  // Whatever a test or a child of it puts into "the temporary folder" goes with the run. It is not below
  // the project: linters would treat what is planted there as ignored.
  const temporary = path.join(tmpdir(), `tollgate-test-run-${process.pid}`);
  mkdirSync(temporary, { recursive: true });
  process.env['TMPDIR'] = temporary;
  process.env[TEST_RUN_VARIABLE] = path.join(folder, 'state.json');
  return {
    folder,
    recordsDirectory,
    watchdog: startWatchdog({ recordsDirectory, folders: [folder, temporary] }),
    ports: new Set(),
  };
}

/** Folders of runs whose watchdog was killed as well. */
function removeStaleRuns(): void {
  mkdirSync(RUNS_FOLDER, { recursive: true });
  for (const folder of [RUNS_FOLDER, tmpdir()]) {
    for (const name of readdirSync(folder)) {
      const pid = /^tollgate-test-run-(\d+)$/.exec(name)?.[1];
      if (pid === undefined || isProcessRunning({ pid: Number(pid), match: 'jest' })) continue;
      rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

async function writeState(run: TestRun): Promise<void> {
  const [postgres, temporal, testServerPath, bundlePath] = await Promise.all([
    run.postgres,
    run.temporal,
    run.testServerPath,
    run.bundlePath,
  ]);
  const state: TestRunState = {
    folder: run.folder,
    recordsDirectory: run.recordsDirectory,
    postgresUrl: postgres?.ownerUrl,
    temporalAddress: temporal?.address,
    testServerPath,
    bundlePath,
  };
  writeFileSync(path.join(run.folder, 'state.json'), JSON.stringify(state));
}

async function startTestPostgres(run: TestRun): Promise<RunningPostgres> {
  const postgres = await startPostgres({
    projectRoot: PROJECT_ROOT,
    directory: path.join(run.folder, 'postgres'),
    port: await nextPort(run),
    database: TEMPLATE_DATABASE,
    logPath: path.join(run.folder, 'logs/postgres.log'),
    recordsDirectory: run.recordsDirectory,
    isDurable: false,
  });
  await migrate({ ownerUrl: postgres.ownerUrl, appPassword: APP_PASSWORD });
  await closeTemplate(postgres.ownerUrl);
  return postgres;
}

/** A template nobody may connect to: a forgotten connection would stop every `create database`. */
async function closeTemplate(templateUrl: string): Promise<void> {
  const client = new Client({ connectionString: templateUrl.replace(/[^/]*$/, 'postgres') });
  await client.connect();
  await client.query(
    `alter database ${TEMPLATE_DATABASE} with is_template true allow_connections false`,
  );
  await client.end();
}

async function startTestTemporal(run: TestRun): Promise<RunningTemporal> {
  return startTemporal({
    cliPath: await find(TEMPORAL_CLI),
    port: await nextPort(run),
    uiPort: undefined,
    databaseFile: undefined,
    logPath: path.join(run.folder, 'logs/temporal.log'),
    recordsDirectory: run.recordsDirectory,
  });
}

/**
 * Each test file starts a time-skipping server of its own, because time there belongs to one file. The
 * SDK starts it as a bare child; this wrapper records it, so that a killed run leaves none behind.
 */
async function prepareTestServer(run: TestRun): Promise<string> {
  const binary = await find(TEMPORAL_TEST_SERVER);
  const wrapper = path.join(run.folder, 'temporal-test-server.sh');
  const record = `printf 'SIGTERM %s\\n' '${binary}' > '${run.recordsDirectory}'/$$`;
  writeFileSync(wrapper, `#!/bin/sh\n${record}\nexec '${binary}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  return wrapper;
}

function find(program: typeof TEMPORAL_CLI): Promise<string> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  return findServer(program, { projectRoot: PROJECT_ROOT, environment: process.env, say });
}

async function nextPort(run: TestRun): Promise<number> {
  const port = await findFreePort(run.ports);
  run.ports.add(port);
  return port;
}
