import { findShareWorkflow } from '../../db/repositories/revenue-share.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { ActivityDependencies } from '../dependencies';
import { startLifecycle } from '../lifecycle/restart-lifecycle';

/**
 * Starts the workflow of the share of an account's reseller, once its row has been committed; one that runs is left
 * alone. Whoever dies before is no harm: the reconciliation starts what is overdue.
 */
export async function startShareOf(
  dependencies: ActivityDependencies,
  accountId: string,
): Promise<void> {
  const workflowId = await withTransaction(dependencies.database, SYSTEM, (trx) =>
    findShareWorkflow(trx, accountId),
  );
  if (workflowId !== null) await startLifecycle(dependencies, workflowId);
}
