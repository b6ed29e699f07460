import { lockLedgers } from '../../db/repositories/ledger.repository';
import type { Transaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import type { LedgerState } from '../../domain/ledger/ledger-state';

/**
 * The account's ledger as it is now, locked, with what was posted under these references. Everyone locks it
 * before any other row.
 */
export async function lockLedger(
  trx: Transaction,
  accountId: string,
  references: readonly string[] = [],
): Promise<LedgerState> {
  const ledger = (await lockLedgers(trx, [accountId], references)).get(accountId);
  invariant(ledger !== undefined, `account ${accountId} has no ledger`);
  return ledger;
}
