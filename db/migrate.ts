import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Knex } from 'knex';
import { LIFECYCLE_KINDS, LIFECYCLES } from '../domain/lifecycle';
import { createDatabase, type Database } from './connection';

export const APP_ROLE = 'tollgate_app';
export const MIGRATIONS_DIRECTORY = path.join(__dirname, 'migrations');
const MIGRATION_LOCK = 7_061_726; // Any constant: one migrator at a time per database.
const MIGRATION_TIMEOUT_MS = 15 * 60_000;

export interface MigrateOptions {
  /** A role that may create tables and roles. Only migrations use it. */
  readonly ownerUrl: string;
  /** The password the application's own, powerless role logs in with. */
  readonly appPassword: string;
  /** Of the migrations; ours when left out. */
  readonly directory?: string;
}

/**
 * Brings the schema up to date: makes the application's role, then runs the migrations that have
 * not run, in the order of their names. Safe to start twice at once. Answers the names of the migrations it
 * ran. Throws when a migration that ran was edited later, and names the one that fails: those before it stay.
 */
export async function migrate({
  ownerUrl,
  appPassword,
  directory = MIGRATIONS_DIRECTORY,
}: MigrateOptions): Promise<string[]> {
  const database = createDatabase({
    url: ownerUrl,
    poolMax: 1,
    applicationName: 'tollgate-migrate',
    statementTimeoutMs: MIGRATION_TIMEOUT_MS,
  });
  try {
    await database.raw('select pg_advisory_lock(?)', [MIGRATION_LOCK]);
    await createAppRole(database, appPassword);
    await database.raw(
      `create table if not exists schema_migrations
         (name text primary key, checksum text not null, ran_at timestamptz not null default now())`,
    );
    // The API's readiness compares it with the files it comes with.
    await database.raw(`grant select on schema_migrations to ${APP_ROLE}`);
    return await runPending(database, directory);
  } finally {
    await database.destroy();
  }
}

async function createAppRole(database: Database, appPassword: string): Promise<void> {
  const found = await database.raw('select 1 from pg_roles where rolname = ?', [APP_ROLE]);
  const password = await database.raw<{ rows: { literal: string }[] }>(
    'select quote_literal(?::text) as literal',
    [appPassword],
  );
  const verb = found.rows.length === 0 ? 'create' : 'alter';
  // DDL takes no bound parameters; quote_literal is PostgreSQL's own quoting of the password.
  await database.raw(
    `${verb} role ${APP_ROLE} login nosuperuser nobypassrls nocreatedb nocreaterole password ${password.rows[0]?.literal ?? ''}`,
  );
}

/**
 * The view `lifecycles` shows everything that has a life of its own in one shape: what the test clock walks
 * and the reconciliation compares. It follows from LIFECYCLES; its comment tells the text it was made from.
 */
function buildLifecyclesView() {
  const selects = LIFECYCLE_KINDS.map(
    (kind) =>
      `select workflow_id, '${kind}' as kind, id, account_id, status, revision, next_action_kind <> 'end' as is_open,
              next_action_kind, next_action_at, next_action_reason, next_action_outside
         from ${LIFECYCLES[kind].table}`,
  );
  const text = `create view lifecycles with (security_invoker = true) as ${selects.join(' union all ')};
    grant select on lifecycles to ${APP_ROLE}`;
  const checksum = checksumOf(text);
  return { text: `${text}; comment on view lifecycles is '${checksum}'`, checksum };
}

async function findViewChecksum(database: Database): Promise<string | null> {
  const { rows } = await database.raw<{ rows: { checksum: string | null }[] }>(
    `select obj_description(to_regclass('lifecycles'), 'pg_class') as checksum`,
  );
  return rows[0]?.checksum ?? null;
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Runs what is pending, each migration in a transaction of its own. A view stands in the way of a change to its
 * columns, so it goes first and comes back last, and nobody ever sees the database without it.
 */
async function runPending(database: Database, directory: string): Promise<string[]> {
  const pending = await listPending(database, directory);
  const view = buildLifecyclesView();
  for (const migration of pending) {
    await database.transaction(async (trx) => {
      await trx.raw('drop view if exists lifecycles');
      await runOne(trx, migration);
      // One that does not fit yet, as before the last of its tables is made, comes with a later migration.
      await trx.transaction((savepoint) => savepoint.raw(view.text)).catch(() => undefined);
    });
  }
  if ((await findViewChecksum(database)) !== view.checksum) {
    await database.transaction(async (trx) => {
      await trx.raw('drop view if exists lifecycles');
      await trx.raw(view.text);
    });
  }
  return pending.map(({ name }) => name);
}

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

async function listPending(database: Database, directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const rows = await database('schema_migrations').select<{ name: string; checksum: string }[]>(
    'name',
    'checksum',
  );
  const ran = new Map(rows.map((row) => [row.name, row.checksum]));
  const pending: Migration[] = [];
  for (const name of names) {
    const text = await readFile(path.join(directory, name), 'utf8');
    const checksum = checksumOf(text);
    const known = ran.get(name);
    if (known === undefined) pending.push({ name, text, checksum });
    else if (known !== checksum) throw new Error(`migration ${name} was edited after it ran here`);
  }
  return pending;
}

async function runOne(trx: Knex.Transaction, migration: Migration): Promise<void> {
  try {
    // One simple-protocol query: the file is run as it stands, so `?` in it is never a placeholder.
    await trx.raw(migration.text.replaceAll('?', '\\?'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`migration ${migration.name} failed: ${why}`, { cause });
  }
  await trx('schema_migrations').insert({
    name: migration.name,
    checksum: migration.checksum,
  });
}
