import { lockLedgers } from '../../db/repositories/ledger.repository';
import { lockOrder, type OrderRecord } from '../../db/repositories/order.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { orderWorkflowId } from '../../workflows/order.messages';

/** What one transaction about a purchase has locked: the account's ledger, then the order's row. */
export interface PurchaseUnit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  readonly record: OrderRecord;
  /** Business time. */
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** What one step on an item did; kept under its key, so that a repeat knows what is still to be started. */
export interface ItemStep {
  /** The lifecycle to be started after the commit; null: none. */
  readonly workflowId: string | null;
  /** What brought money into the wallet; null: nothing did. */
  readonly cause: string | null;
}

/** Locks what a purchase's decision needs; what was posted for the order comes along with the ledger. */
export async function lockPurchase(
  trx: Transaction,
  target: {
    readonly id: string;
    readonly accountId: string;
    readonly at: Instant;
    readonly recordedAt: Instant;
  },
): Promise<PurchaseUnit> {
  const { id, accountId, at, recordedAt } = target;
  const ledger = (await lockLedgers(trx, [accountId], [orderReference(id)])).get(accountId);
  invariant(ledger !== undefined, `account ${accountId} has no ledger`);
  const record = await lockOrder(trx, id);
  invariant(record !== null, `order ${id} has no row`);
  return { trx, ledger, record, at, recordedAt };
}

/** What an order's charge and its invoice are called: both happen once. */
export function orderReference(orderId: string): string {
  return orderWorkflowId(orderId);
}
