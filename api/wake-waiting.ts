import { listToTryMoney } from '../db/repositories/lifecycle.repository';
import { SYSTEM } from '../db/tenant';
import { withTransaction } from '../db/transaction';
import { signalIfRunning } from '../gateways/signal-if-running';
import { moneyArrived } from '../workflows/payment.messages';
import type { ApiDependencies } from './dependencies';

/** Wakes what waits for money in an account's wallet. A hint: the rows say it, and the reconciliation reads them. */
export async function wakeWaiting(
  { database, client }: Pick<ApiDependencies, 'database' | 'client'>,
  { accountId, from }: { readonly accountId: string; readonly from: string },
): Promise<void> {
  const waiting = await withTransaction(database, SYSTEM, (trx) => listToTryMoney(trx, accountId));
  for (const workflowId of waiting) {
    await signalIfRunning(client, workflowId, moneyArrived, { from });
  }
}
