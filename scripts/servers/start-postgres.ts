/**
 * Owns: a PostgreSQL of our own: its data folder, its password, its process.
 * Does not own: schema and roles (db/migrate.ts).
 * Example: `await startPostgres({ directory: '.data/postgres', port: 5544, database: 'tollgate', … })`.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { launch, waitUntilReady, type LaunchedProcess } from './launch';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries';
import { findPostgresUser, type PostgresUser } from './postgres-user';
import { messageOf, SetupError } from './setup-error';

export interface StartPostgresOptions {
  readonly projectRoot: string;
  /** Holds `data` (PostgreSQL's own) and `password`. */
  readonly directory: string;
  readonly port: number;
  /** Created when missing; the address in the answer names it. */
  readonly database: string;
  readonly logPath: string;
  readonly recordsDirectory: string;
  /** False: a power cut may lose everything, and tests run faster. A crash of the process loses nothing. */
  readonly isDurable: boolean;
  readonly connectionsMax?: number;
}

export interface RunningPostgres {
  /** The address of the owner: may create tables, roles and databases. A secret. */
  readonly ownerUrl: string;
  readonly port: number;
  readonly process: LaunchedProcess;
}

const MAJOR_VERSION = '18';
const SUPERUSER = 'postgres';
const CONNECTIONS_MAX = 200;
// After a crash the server replays its log before it answers.
const READY_DEADLINE_MS = 60_000;
const INITDB_DEADLINE_MS = 120_000;
const CONNECT_TIMEOUT_MS = 1_000;
const NO_SUCH_DATABASE = '3D000';
// The server needs nothing of our environment, and our environment may hold secrets.
const SERVER_ENVIRONMENT = {
  PATH: '/usr/bin:/bin:/usr/local/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

const run = promisify(execFile);

/**
 * Starts PostgreSQL on 127.0.0.1, creating its data folder the first time, and waits until it answers.
 * Throws a SetupError that says what stands in the way.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  const binaries = findPostgresBinaries(options.projectRoot);
  const directory = path.resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const dataFolder = path.join(directory, 'data');
  const user = findPostgresUser({ binary: binaries.initdb, directory });
  const password = readOrCreatePassword(path.join(directory, 'password'), dataFolder);
  if (!existsSync(dataFolder)) {
    await initialise({ binaries, user, dataFolder, password, isDurable: options.isDurable });
  }
  assertVersion(dataFolder);

  const { command, args } = user.commandLine(binaries.postgres, [
    '-D',
    dataFolder,
    ...serverSettings(options).flatMap((setting) => ['-c', setting]),
  ]);
  const launched = await launch({
    name: 'PostgreSQL',
    command,
    args,
    environment: SERVER_ENVIRONMENT,
    // PostgreSQL's fast stop: open transactions are rolled back, nobody is waited for.
    stopSignal: 'SIGINT',
    match: dataFolder,
    user: user.spawnAs,
    logPath: options.logPath,
    recordsDirectory: options.recordsDirectory,
  });
  const addressOf = (database: string) =>
    `postgres://${SUPERUSER}:${password}@127.0.0.1:${options.port}/${database}`;
  const ownerUrl = addressOf(options.database);
  await waitUntilReady(
    launched,
    async () => {
      await ensureDatabase({ ownerUrl, maintenanceUrl: addressOf('postgres') });
      return true;
    },
    READY_DEADLINE_MS,
  );
  return { ownerUrl, port: options.port, process: launched };
}

function serverSettings(options: StartPostgresOptions): string[] {
  const speedOverSafety = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  return [
    'listen_addresses=127.0.0.1',
    `port=${options.port}`,
    'unix_socket_directories=',
    `max_connections=${options.connectionsMax ?? CONNECTIONS_MAX}`,
    'shared_buffers=128MB',
    'max_wal_size=2GB',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_line_prefix=%m [%p] %a ',
    ...(options.isDurable ? [] : speedOverSafety),
  ];
}

function readOrCreatePassword(file: string, dataFolder: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(dataFolder)) {
    throw new SetupError(
      `${dataFolder} holds a database, but its password (${file}) is gone.`,
      'put the file back, or start from nothing with `npm run reset`.',
    );
  }
  const password = randomBytes(18).toString('hex');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function initialise(options: {
  readonly binaries: PostgresBinaries;
  readonly user: PostgresUser;
  readonly dataFolder: string;
  readonly password: string;
  readonly isDurable: boolean;
}): Promise<void> {
  const { binaries, user, dataFolder, password } = options;
  // Made beside and renamed when whole: an interrupted first start leaves nothing half made.
  const unfinished = `${dataFolder}.unfinished`;
  const passwordFile = `${dataFolder}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const file of [unfinished, passwordFile]) user.own(file);
  const { command, args } = user.commandLine(binaries.initdb, [
    `--pgdata=${unfinished}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(options.isDurable ? [] : ['--no-sync']),
  ]);
  try {
    await run(command, args, {
      env: SERVER_ENVIRONMENT,
      timeout: INITDB_DEADLINE_MS,
      cwd: '/',
      ...user.spawnAs,
    });
    renameSync(unfinished, dataFolder);
  } catch (error) {
    throw new SetupError(
      `The database could not be created in ${dataFolder}: ${messageOf(error)}`,
      'check free disk space and the rights of that folder; set DATABASE_URL to use a PostgreSQL of yours instead.',
    );
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function assertVersion(dataFolder: string): void {
  const version = readFileSync(path.join(dataFolder, 'PG_VERSION'), 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new SetupError(
    `${dataFolder} was written by PostgreSQL ${version}; this is PostgreSQL ${MAJOR_VERSION}.`,
    'dump it with the old version and load it into the new one, or start from nothing with `npm run reset`.',
  );
}

async function ensureDatabase(urls: {
  readonly ownerUrl: string;
  readonly maintenanceUrl: string;
}): Promise<void> {
  try {
    await withClient(urls.ownerUrl, () => Promise.resolve());
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== NO_SUCH_DATABASE) throw error;
    await withClient(urls.maintenanceUrl, async (client) => {
      const name = client.escapeIdentifier(new URL(urls.ownerUrl).pathname.slice(1));
      await client.query('create database '.concat(name)); // DDL takes no bound parameters.
    });
  }
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'tollgate-setup',
  });
  client.on('error', () => undefined); // A connection that breaks is told by the query that fails.
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
