import { loadRestart } from '../../db/load-restart';
import { findLifecycle, type LifecycleRow } from '../../db/repositories/lifecycle.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { buildLifecycleStart } from '../../workflows/lifecycle.messages';
import type { ActivityDependencies } from '../dependencies';

/** Starts the workflow of a row that has none running, where its row stands; one that runs is left alone. */
export async function restartLifecycle(
  { database, commands }: ActivityDependencies,
  row: LifecycleRow,
): Promise<void> {
  const restart = await withTransaction(database, SYSTEM, (trx) => loadRestart(trx, row));
  await commands.restart(row.workflowId, buildLifecycleStart(restart));
}

/**
 * Starts the workflow of a row that an activity has just written. Safe to repeat: one that runs is left
 * alone, and one that has ended is not opened again.
 */
export async function startLifecycle(
  dependencies: ActivityDependencies,
  workflowId: string,
): Promise<void> {
  const row = await withTransaction(dependencies.database, SYSTEM, (trx) =>
    findLifecycle(trx, workflowId),
  );
  invariant(row !== null, `${workflowId} has no row`);
  if (row.next.kind !== 'end') await restartLifecycle(dependencies, row);
}
