import knex, { type Knex } from 'knex';
import { types } from 'pg';
import { prepareStatements, type PgConnection } from './prepared-statements';

/** A pool of connections as the application's role. Rows are only visible inside `withTransaction`. */
export type Database = Knex;

const INT8_OID = 20;
const DATE_OID = 1082;
const TIMESTAMPTZ_OID = 1184;

// pg's defaults lose money and days: int8 arrives as text, a date becomes local midnight of the host.
types.setTypeParser(INT8_OID, (text) => BigInt(text));
types.setTypeParser(DATE_OID, (text) => text);
types.setTypeParser(TIMESTAMPTZ_OID, (text) => new Date(text).toISOString());

export interface ConnectionOptions {
  readonly url: string;
  readonly poolMax?: number;
  /** Shown in pg_stat_activity, so that operators see whose connection hangs. */
  readonly applicationName: string;
  /** A statement that runs longer is cancelled: an endless query must not hold a ledger locked. */
  readonly statementTimeoutMs?: number;
  /** All its transactions are the system's, unless they say whose: told once a connection, not once a transaction. */
  readonly isSystem?: boolean;
  /** A server that says nothing for longer is gone (frozen, cut off): nobody waits for it for ever. */
  readonly silenceTimeoutMs?: number;
}

const POOL_MAX = 10;
const ACQUIRE_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 15_000;
/** PostgreSQL cancels a slow statement itself; only one that cannot even do that takes longer. */
const SILENCE_AFTER_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

// knex prints failures it also rejects with; whoever handles the rejection logs it, once.
const SILENT = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
};

/** Opens a pool. Nothing connects before the first query; close with `database.destroy()`. */
export function createDatabase(options: ConnectionOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const { isSystem = false } = options;
  const database = knex({
    client: 'pg',
    connection: {
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: statementTimeoutMs,
      query_timeout: options.silenceTimeoutMs ?? statementTimeoutMs + SILENCE_AFTER_TIMEOUT_MS,
      keepAlive: true,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
    pool: {
      min: 0,
      max: options.poolMax ?? POOL_MAX,
      afterCreate(connection: PgConnection, done: Done) {
        prepareStatements(connection);
        if (!isSystem) done(null, connection);
        else connection.query(SET_SYSTEM, (error: Error | null) => done(error, connection));
      },
    },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    log: SILENT,
  });
  if (isSystem) systemDatabases.add(database);
  return database;
}

type Done = (error: Error | null, connection: PgConnection) => void;

const SET_SYSTEM = "set tollgate.scope = 'system'";
const systemDatabases = new WeakSet<Database>();

/** Whether the connections of this pool begin every transaction as the system. */
export function beginsAsSystem(database: Database): boolean {
  return systemDatabases.has(database);
}
