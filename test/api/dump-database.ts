import { Client } from 'pg';
import type { ApiUnderTest } from './api-under-test';

/** Every row of every table, as the owner sees them. */
export async function dumpDatabase({ ownerUrl }: ApiUnderTest): Promise<string> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
    );
    const dumps: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ line: string }>(
        `select t::text as line from ${name} t`,
      );
      dumps.push(...rows.map(({ line }) => line));
    }
    return dumps.join('\n');
  } finally {
    await client.end();
  }
}
