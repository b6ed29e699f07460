import type { Database } from '../../db/connection';
import {
  applyLedgerPlan,
  createLedger,
  lockLedgers,
} from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { type Transaction, withTransaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';

export interface LedgerAccount {
  readonly accountId: string;
  readonly timeZone: string;
  readonly currency: string;
}

/** An account with a ledger, made at `at`. */
export async function makeAccount(
  database: Database,
  account: LedgerAccount & { readonly at: string; readonly partnerId?: string },
): Promise<LedgerAccount> {
  const { accountId, timeZone, currency, at, partnerId = null } = account;
  await withTransaction(database, SYSTEM, async (trx) => {
    await trx('accounts').insert({
      id: accountId,
      partner_id: partnerId,
      name: accountId,
      country: 'ID',
      currency,
      time_zone: timeZone,
      created_at: at,
      updated_at: at,
    });
    await createLedger(trx, { accountId, timeZone, currency, at });
  });
  return { accountId, timeZone, currency };
}

export interface Change {
  readonly accountId: string;
  readonly reference: string;
  readonly at: string;
  /** Transfers that happened under these come along, so that a repeat is recognised. */
  readonly references?: readonly string[];
}

/** One operation the way activities do it: lock, decide, apply, in one transaction. */
export async function changeLedger<T>(
  database: Database,
  { accountId, reference, at, references = [] }: Change,
  decide: (plan: LedgerPlan, ledger: LedgerState, trx: Transaction) => T | Promise<T>,
): Promise<T> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledger = (await lockLedgers(trx, [accountId], references)).get(accountId);
    invariant(ledger !== undefined, `${accountId} has no ledger`);
    const plan = createLedgerPlan([ledger], { reference, postedAt: at });
    const decided = await decide(plan, ledger, trx);
    await applyLedgerPlan(trx, plan);
    return decided;
  });
}
