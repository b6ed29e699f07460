import { findAccount } from '../../db/repositories/account.repository';
import { findLifecycle, type LifecycleRow } from '../../db/repositories/lifecycle.repository';
import { findSubscription } from '../../db/repositories/subscription.repository';
import { findTestClock } from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { buildLifecycleStart, type LifecycleOwner } from '../../workflows/lifecycle.messages';
import { ORDER_WORKFLOW_TYPE } from '../../workflows/order.messages';
import { PACKAGE_WORKFLOW_TYPE } from '../../workflows/package.messages';
import { PHONE_NUMBER_WORKFLOW_TYPE } from '../../workflows/phone-number.messages';
import { REFUND_WORKFLOW_TYPE } from '../../workflows/refund.messages';
import { SUBSCRIPTION_WORKFLOW_TYPE } from '../../workflows/subscription.messages';
import type { ActivityDependencies } from '../dependencies';

const WORKFLOW_TYPES = {
  subscription: SUBSCRIPTION_WORKFLOW_TYPE,
  order: ORDER_WORKFLOW_TYPE,
  refund: REFUND_WORKFLOW_TYPE,
  package: PACKAGE_WORKFLOW_TYPE,
  phone_number: PHONE_NUMBER_WORKFLOW_TYPE,
} as const;

/** Starts the workflow of a row that has none running, where its row stands; one that runs is left alone. */
export async function restartLifecycle(
  { database, commands }: ActivityDependencies,
  row: LifecycleRow,
): Promise<void> {
  const { owner, planCode } = await withTransaction(database, SYSTEM, async (trx) => ({
    owner: await loadOwner(trx, row.accountId),
    planCode: await findPlanCode(trx, row),
  }));
  const { status, revision } = row;
  // An ended lifecycle is only opened to hear one more message: it rests until that is answered.
  const next =
    row.next.kind === 'end'
      ? { kind: 'rest' as const, reason: 'opened for a late message' }
      : row.next;
  await commands.restart(
    row.workflowId,
    buildLifecycleStart({
      workflowType: WORKFLOW_TYPES[row.kind],
      kind: row.kind,
      id: row.id,
      owner,
      ...(planCode !== null && { planCode }),
      step: { status, revision, next },
    }),
  );
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

async function loadOwner(trx: Transaction, accountId: string): Promise<LifecycleOwner> {
  const account = await findAccount(trx, accountId);
  invariant(account !== null, `account ${accountId} has no row`);
  const { partnerId, testClockId } = account;
  if (testClockId === null) return { accountId, partnerId, clock: { kind: 'wall' } };
  const clock = await findTestClock(trx, testClockId);
  invariant(clock !== null, `test clock ${testClockId} has no row`);
  return { accountId, partnerId, clock: { kind: 'test', now: clock.now } };
}

async function findPlanCode(trx: Transaction, { kind, id }: LifecycleRow): Promise<string | null> {
  if (kind !== 'subscription') return null;
  return (await findSubscription(trx, id))?.subscription.planCode ?? null;
}
