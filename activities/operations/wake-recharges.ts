import { listUnheard } from '../../db/repositories/auto-recharge.repository';
import { findLifecycle } from '../../db/repositories/lifecycle.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { workflowIdOf } from '../../domain/lifecycle';
import { signalIfRunning } from '../../gateways/signal-if-running';
import { balanceFell } from '../../workflows/auto-recharge.messages';
import type { ActivityDependencies } from '../dependencies';
import { restartLifecycle } from '../lifecycle/restart-lifecycle';
import { repairEach } from './repair-each';

const WOKEN_PER_RUN_MAX = 500;

/**
 * Whoever took the money leaves a hint once that is committed; it may die before, or Temporal be away. The row stands,
 * so a minute later the workflow hears of it here, and one that is gone is started again. Answers how many were told.
 */
export async function wakeRecharges(dependencies: ActivityDependencies): Promise<number> {
  const { database, client } = dependencies;
  const unheard = await withTransaction(database, SYSTEM, (trx) =>
    listUnheard(trx, { limit: WOKEN_PER_RUN_MAX }),
  );
  return repairEach(unheard, {
    nameOf: (accountId) => accountId,
    async repair(accountId) {
      const workflowId = workflowIdOf('auto_recharge', accountId);
      if (await signalIfRunning(client, workflowId, balanceFell)) return true;
      const row = await withTransaction(database, SYSTEM, (trx) => findLifecycle(trx, workflowId));
      if (row !== null) await restartLifecycle(dependencies, row);
      return row !== null;
    },
  });
}
