import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { APP_ROLE } from '../../db/migrate';
import { assertEventsKeepPromises } from './event-facts';
import { APP_PASSWORD, requireFromRun, TEMPLATE_DATABASE } from './test-run-state';

export interface TestDatabase {
  /** As the application's role: row level security applies. */
  readonly database: Database;
  readonly appUrl: string;
  /** The owner: no row level security. For arranging and looking, never for the code under test. */
  readonly ownerUrl: string;
  /** Closes `database` and drops it, whoever is still connected. Fails when an event is not as promised. */
  drop(): Promise<void>;
}

/** An empty, migrated database of its own: one per test file is enough, tests make their own rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await onServer(`create database ${name} template ${TEMPLATE_DATABASE}`);
  const ownerUrl = databaseUrl(name);
  const appUrl = appUrlOf(ownerUrl);
  const database = createDatabase({ url: appUrl, applicationName: 'tollgate-test' });
  return {
    database,
    appUrl,
    ownerUrl,
    drop: async () => {
      await database.destroy();
      try {
        await withClient(ownerUrl, assertEventsKeepPromises);
      } finally {
        await onServer(`drop database if exists ${name} with (force)`);
      }
    },
  };
}

/** The same address as the application's role. */
export function appUrlOf(ownerUrl: string): string {
  const url = new URL(ownerUrl);
  url.username = APP_ROLE;
  url.password = APP_PASSWORD;
  return url.href;
}

function databaseUrl(name: string): string {
  return requireFromRun('postgresUrl').replace(/[^/]*$/, name);
}

function onServer(statement: string): Promise<unknown> {
  return withClient(databaseUrl('postgres'), (client) => client.query(statement));
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
