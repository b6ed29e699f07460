import type { BillingUnderTest } from './billing-under-test';

const TABLES = [
  'ledgers',
  'buckets',
  'transfers',
  'allowances',
  'subscriptions',
  'orders',
  'order_items',
  'payments',
  'refunds',
  'packages',
  'phone_numbers',
  'documents',
  'operations',
  'events',
];

/** A fingerprint of every table that the activities write. */
export async function photograph({ owner }: BillingUnderTest): Promise<Record<string, string>> {
  const prints: Record<string, string> = {};
  for (const table of TABLES) {
    const { rows } = await owner.raw<{ rows: { print: string }[] }>(
      `select coalesce(md5(string_agg(t::text, '|' order by t::text)), 'empty') as print from ?? t`,
      [table],
    );
    prints[table] = rows[0]?.print ?? 'missing';
  }
  return prints;
}

/** From now on nobody can write the table. */
export async function breakWrites(
  { owner }: BillingUnderTest,
  table: string,
  verb: 'insert' | 'update',
): Promise<void> {
  await owner.raw(
    `create or replace function break_write() returns trigger language plpgsql as
     'begin raise exception ''broken by a test''; end'`,
  );
  const statement =
    verb === 'insert'
      ? 'create trigger broken before insert on ?? for each row execute function break_write()'
      : 'create trigger broken before update on ?? for each row execute function break_write()';
  await owner.raw(statement, [table]);
}

export async function mendWrites({ owner }: BillingUnderTest, table: string): Promise<void> {
  await owner.raw('drop trigger broken on ??', [table]);
}
