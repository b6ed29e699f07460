/**
 * Makes a process of ours stand still in front of a row, so that a test may kill it exactly there.
 * Example: `const letGo = await holdRows(platform, 'select 1 from ledgers …', [id]); await untilWaiting(record, 'tollgate-worker');`
 */
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

/** Resolves once a process of ours waits for a row somebody holds. */
export async function untilWaiting(record: Client, applicationName: string): Promise<void> {
  await waitFor(
    async () =>
      record.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = $1`,
        [applicationName],
      ),
    {
      waitingFor: `${applicationName} in front of a lock`,
      isThere: ({ rowCount }) => (rowCount ?? 0) > 0,
    },
  );
}
