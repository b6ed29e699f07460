import { lockLedgers } from './repositories/ledger.repository';
import type { Transaction } from './transaction';
import { invariant } from '../domain/invariant';
import type { LedgerState } from '../domain/ledger/ledger-state';

/** The ledgers of one transaction about a lifecycle. */
export interface LockedLedgers {
  /** Of who pays. */
  readonly ledger: LedgerState;
  /** Of whose units it is about: the same, but where a reseller pays for its customer. */
  readonly served: LedgerState;
}

/** Both ledgers at once, in the order in which everyone locks them. */
export async function lockLedgersOf(
  trx: Transaction,
  { accountId, servesAccountId }: { readonly accountId: string; readonly servesAccountId?: string },
  references: readonly string[] = [],
): Promise<LockedLedgers> {
  if (servesAccountId === undefined) {
    const ledger = await lockLedger(trx, accountId, references);
    return { ledger, served: ledger };
  }
  const ledgers = await lockLedgers(trx, [accountId, servesAccountId], references);
  const [ledger, served] = [ledgers.get(accountId), ledgers.get(servesAccountId)];
  invariant(
    ledger !== undefined && served !== undefined,
    `account ${accountId} or ${servesAccountId} has no ledger`,
  );
  return { ledger, served };
}

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
