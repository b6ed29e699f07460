/**
 * Owns: the PostgreSQL and the Temporal of a local platform: the user's own where they are named by
 * DATABASE_URL and TEMPORAL_ADDRESS, else ours.
 * Does not own: the processes on top (processes.ts).
 */
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { parseTemporalConfig } from '../../config/config';
import { temporalConnectionOptions } from '../../config/temporal';
import { findServer } from '../servers/find-server';
import { registerSearchAttributes } from '../servers/search-attributes';
import { TEMPORAL_CLI } from '../servers/server-wheels';
import { messageOf, SetupError } from '../servers/setup-error';
import { startPostgres } from '../servers/start-postgres';
import { NAMESPACE, startTemporal } from '../servers/start-temporal';
import type { Supervisor } from './supervisor';

export interface ServersContext {
  readonly projectRoot: string;
  readonly dataDirectory: string;
  readonly logsDirectory: string;
  readonly recordsDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly supervisor: Supervisor;
  readonly say: (line: string) => void;
}

export const POSTGRES = 'PostgreSQL';
export const TEMPORAL = 'Temporal';
export const DATABASE_NAME = 'tollgate';

const STOP_DEADLINE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The owner's address of the database. Throws a SetupError when it cannot be reached. */
export async function providePostgres(context: ServersContext, port: number): Promise<string> {
  const given = context.environment['DATABASE_URL'];
  if (given) {
    await checkDatabase(given);
    return given;
  }
  let ownerUrl = '';
  await context.supervisor.supervise({
    name: POSTGRES,
    stopDeadlineMs: STOP_DEADLINE_MS,
    start: async () => {
      const postgres = await startPostgres({
        projectRoot: context.projectRoot,
        directory: path.join(context.dataDirectory, 'postgres'),
        port,
        database: DATABASE_NAME,
        logPath: path.join(context.logsDirectory, 'postgres.log'),
        recordsDirectory: context.recordsDirectory,
        isDurable: true,
      });
      ownerUrl = postgres.ownerUrl;
      return postgres.process;
    },
  });
  return ownerUrl;
}

async function checkDatabase(url: string): Promise<void> {
  const fix =
    'correct DATABASE_URL (the owner of an empty or a Tollgate database), or leave it out.';
  if (!URL.canParse(url)) throw new SetupError('DATABASE_URL is not a URL.', fix);
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'tollgate-setup',
  });
  try {
    await client.connect();
  } catch (error) {
    const { host, pathname } = new URL(url);
    throw new SetupError(
      `The database ${pathname.slice(1)} on ${host} cannot be reached: ${messageOf(error)}`,
      fix,
    );
  } finally {
    await client.end().catch(() => undefined); // It never connected: that is told above.
  }
}

export interface ProvidedTemporal {
  readonly address: string;
  readonly namespace: string;
  /** Null: the user's own server, and TEMPORAL_UI_URL does not say where its UI is. */
  readonly uiUrl: string | null;
}

/** A Temporal server that knows our search attributes. Throws a SetupError when there is none. */
export async function provideTemporal(
  context: ServersContext,
  ports: { readonly temporal: number; readonly ui: number },
): Promise<ProvidedTemporal> {
  const { environment } = context;
  if (environment['TEMPORAL_ADDRESS']) return useGivenTemporal(context);
  const { projectRoot, say } = context;
  const cliPath = await findServer(TEMPORAL_CLI, { projectRoot, environment, say });
  await context.supervisor.supervise({
    name: TEMPORAL,
    stopDeadlineMs: STOP_DEADLINE_MS,
    start: async () => {
      const temporal = await startTemporal({
        cliPath,
        port: ports.temporal,
        uiPort: ports.ui,
        databaseFile: path.join(context.dataDirectory, 'temporal', 'temporal.db'),
        logPath: path.join(context.logsDirectory, 'temporal.log'),
        recordsDirectory: context.recordsDirectory,
      });
      return temporal.process;
    },
  });
  return {
    address: `127.0.0.1:${ports.temporal}`,
    namespace: NAMESPACE,
    uiUrl: `http://127.0.0.1:${ports.ui}`,
  };
}

async function useGivenTemporal({ environment, say }: ServersContext): Promise<ProvidedTemporal> {
  const config = parseTemporalConfig(environment);
  const connection = await connect(config);
  try {
    await connection.workflowService.describeNamespace({ namespace: config.namespace });
    const added = await registerSearchAttributes(connection, config.namespace);
    if (added.length > 0) say(`Registered search attributes: ${added.join(', ')}.`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(
      `Temporal at ${config.address} does not serve namespace ${config.namespace}: ${messageOf(error)}`,
      `create it (\`temporal operator namespace create --namespace ${config.namespace}\`), or set TEMPORAL_NAMESPACE.`,
    );
  } finally {
    await connection.close();
  }
  return {
    address: config.address,
    namespace: config.namespace,
    uiUrl: environment['TEMPORAL_UI_URL'] ?? null,
  };
}

async function connect(config: ReturnType<typeof parseTemporalConfig>): Promise<Connection> {
  try {
    return await Connection.connect({
      ...(await temporalConnectionOptions(config)),
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    throw new SetupError(
      `Temporal at ${config.address} cannot be reached: ${messageOf(error)}`,
      'start it, correct TEMPORAL_ADDRESS (and TEMPORAL_TLS, TEMPORAL_API_KEY), or leave it out: then one is started.',
    );
  }
}
