import { findLifecycle } from '../../db/repositories/lifecycle.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { signalIfRunning } from '../../gateways/signal-if-running';
import type { signalOf } from '../../workflows/dispute.messages';
import type { ActivityDependencies } from '../dependencies';
import { restartLifecycle } from '../lifecycle/restart-lifecycle';

/**
 * Tells a lifecycle to ask its gateway about a payment, or about a dispute of one. One that has ended is opened again: the payment may bring
 * news. Answers false when there is none of this id.
 */
export async function tellOfPayment(
  dependencies: ActivityDependencies,
  workflowId: string,
  { signal, report }: ReturnType<typeof signalOf>,
): Promise<boolean> {
  const { client, database } = dependencies;
  if (await signalIfRunning(client, workflowId, signal, report)) return true;
  const row = await withTransaction(database, SYSTEM, (trx) => findLifecycle(trx, workflowId));
  if (row === null) return false;
  await restartLifecycle(dependencies, row);
  return signalIfRunning(client, workflowId, signal, report);
}
