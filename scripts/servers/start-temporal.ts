/**
 * Owns: a Temporal development server of our own, with its UI and a file that keeps its workflows.
 * Does not own: where the program comes from (find-server.ts); production clusters (docs/operations.md).
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { launch, waitUntilReady, type LaunchedProcess } from './launch';
import { registerSearchAttributes, SEARCH_ATTRIBUTES } from './search-attributes';

export interface StartTemporalOptions {
  /** The `temporal` program. */
  readonly cliPath: string;
  readonly port: number;
  /** Undefined: no UI. */
  readonly uiPort: number | undefined;
  /** Where workflows survive a restart; undefined: in memory. */
  readonly databaseFile: string | undefined;
  readonly logPath: string;
  readonly recordsDirectory: string;
}

export interface RunningTemporal {
  readonly address: string;
  readonly uiUrl: string | undefined;
  readonly process: LaunchedProcess;
}

const READY_DEADLINE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 1_000;
export const NAMESPACE = 'default';

/** Starts the server on 127.0.0.1 and waits until its namespace and search attributes are there. */
export async function startTemporal(options: StartTemporalOptions): Promise<RunningTemporal> {
  const { databaseFile, uiPort } = options;
  if (databaseFile !== undefined) mkdirSync(path.dirname(databaseFile), { recursive: true });
  const address = `127.0.0.1:${options.port}`;
  const launched = await launch({
    name: 'Temporal',
    command: options.cliPath,
    args: serverArguments(options),
    // HOME: the program looks for its own settings there and warns when it is nowhere.
    environment: { PATH: '/usr/bin:/bin', HOME: process.env['HOME'] },
    logPath: options.logPath,
    recordsDirectory: options.recordsDirectory,
  });
  await waitUntilReady(launched, () => hasNamespace(address), READY_DEADLINE_MS);
  return {
    address,
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    process: launched,
  };
}

function serverArguments({ port, uiPort, databaseFile }: StartTemporalOptions): string[] {
  return [
    ...`server start-dev --ip 127.0.0.1 --port ${port} --namespace ${NAMESPACE}`.split(' '),
    ...'--log-level warn --log-format json'.split(' '),
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile]),
    // Registered here they are there at once; registered later they take the server some seconds.
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
  ];
}

async function hasNamespace(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    await registerSearchAttributes(connection, NAMESPACE);
    return true;
  } finally {
    await connection.close();
  }
}
