import { log } from '@temporalio/activity';
import { setAside, type LedgerToTurn } from '../../db/repositories/quota-reset.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { MonthKey } from '../../domain/calendar';
import type { ActivityDependencies } from '../dependencies';

/** Sets an account aside whose month could not be done, with why, so that it keeps no other waiting. */
export async function putAside(
  { database, now }: Pick<ActivityDependencies, 'database' | 'now'>,
  account: LedgerToTurn,
  failure: {
    /** What could not be done, for the log. */
    readonly what: string;
    readonly month: MonthKey;
    readonly error: unknown;
  },
): Promise<void> {
  const { what, month, error } = failure;
  const { accountId } = account;
  log.error(`${what}; it is set aside`, { accountId, month, error });
  const reason = error instanceof Error ? error.message : String(error);
  await withTransaction(database, SYSTEM, (trx) =>
    setAside(trx, { ...account, month, reason, failedAt: now() }),
  );
}
