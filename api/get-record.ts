import type { LifecycleRecord, LifecycleTable } from '../db/lifecycle-table';
import type { Transaction } from '../db/transaction';
import { BillingError } from '../domain/billing-error';

/** One of the caller's. Throws `not_found`, also when it is somebody else's. */
export async function getRecord<State>(
  table: LifecycleTable<State>,
  id: string,
  trx: Transaction,
): Promise<LifecycleRecord<State>> {
  const record = await table.find(trx, id);
  if (record !== null) return record;
  const name = table.kind.replaceAll('_', ' ');
  throw new BillingError('not_found', `There is no such ${name}.`);
}

/** Where a list of them, newest first, goes on. */
export function cursorOfRecord({
  createdAt,
  state,
}: LifecycleRecord<{ readonly id: string }>): readonly string[] {
  return [createdAt, state.id];
}
