/**
 * Makes a process of ours stand still in front of a row, so that a test may kill it exactly there.
 * Example: `const letGo = await holdRows(platform, 'select 1 from ledgers …', [id]); await untilWaiting(record, 'tollgate-worker');`
 */
import path from 'node:path';
import { Client } from 'pg';
import { waitFor } from '../../scripts/story/wait-for';
import type { TestPlatform } from '../support/platform';

type Owned = Pick<TestPlatform, 'ownerUrl'>;

export async function connectAsOwner({ ownerUrl }: Owned): Promise<Client> {
  const client = new Client({ connectionString: ownerUrl });
  client.on('error', () => undefined); // PostgreSQL is killed under it.
  await client.connect();
  return client;
}

/** Holds rows in a transaction until it is told to let go, so that somebody stands still in front of them. */
export async function holdRows(
  platform: Owned,
  query: string,
  values: readonly unknown[],
): Promise<() => Promise<void>> {
  const holder = await connectAsOwner(platform);
  await holder.query('begin');
  const { rowCount } = await holder.query(`${query} for update`, [...values]);
  if (rowCount === 0) throw new Error(`nothing to hold: ${query}`);
  return async () => {
    await holder.query('rollback');
    await holder.end();
  };
}

const GATE = 20_261_128;

/** What a platform is started with so that `closeGate` works. */
export const WITH_GATE: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--require ${path.join(__dirname, 'stop-after-commit.cjs')}`,
  TOLLGATE_TEST_GATE: String(GATE),
};

/**
 * From now on the worker stands still after each commit about a ledger, until the gate is opened: nobody
 * else knows of it yet.
 */
export async function closeGate(platform: Owned): Promise<() => Promise<void>> {
  const holder = await connectAsOwner(platform);
  await holder.query('select pg_advisory_lock($1)', [GATE]);
  return () => holder.end();
}

/** Resolves once a process of ours waits, in so many transactions, for a row somebody holds. */
export async function untilWaiting(
  record: Client,
  applicationName: string,
  { times = 1 }: { readonly times?: number } = {},
): Promise<void> {
  await waitFor(
    async () =>
      record.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = $1`,
        [applicationName],
      ),
    {
      waitingFor: `${applicationName} in front of a lock`,
      isThere: ({ rowCount }) => (rowCount ?? 0) >= times,
    },
  );
}
