import type { MonthKey } from '../domain/calendar';
import { invariant } from '../domain/invariant';
import type { Transaction } from './transaction';

/**
 * Makes the monthly partitions of `usage_events` that are missing among `months` (1 to 36) from
 * `firstMonth` on. Cheap when all are there, and it does not stop writers; so the reconciliation calls
 * it, months ahead: an event of a month without a partition is refused. Answers how many it made.
 */
export async function createUsagePartitions(
  trx: Transaction,
  { firstMonth, months }: { readonly firstMonth: MonthKey; readonly months: number },
): Promise<number> {
  const { rows } = await trx.raw<{ rows: { made: number }[] }>(
    'select create_usage_partitions(?, ?) as made',
    [`${firstMonth}-01`, months],
  );
  const [row] = rows;
  invariant(row !== undefined, 'create_usage_partitions answers one row');
  return row.made;
}
