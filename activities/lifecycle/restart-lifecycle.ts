import type { LifecycleTable } from '../../db/lifecycle-table';
import { findAccount } from '../../db/repositories/account.repository';
import { findLifecycle, type LifecycleRow } from '../../db/repositories/lifecycle.repository';
import { orders } from '../../db/repositories/order.repository';
import { packages } from '../../db/repositories/package.repository';
import { phoneNumbers } from '../../db/repositories/phone-number.repository';
import { refunds } from '../../db/repositories/refund.repository';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { findTestClock } from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import type { LifecycleKind, Step } from '../../domain/lifecycle';
import { buildLifecycleStart, type LifecycleOwner } from '../../workflows/lifecycle.messages';
import type { ActivityDependencies } from '../dependencies';

type FindStep = (trx: Transaction, id: string) => Promise<Step | null>;

/** How the step of each kind is read from its row. */
const STEPS: Readonly<Record<LifecycleKind, FindStep>> = {
  subscription: findStepIn(subscriptions),
  order: findStepIn(orders),
  refund: findStepIn(refunds),
  package: findStepIn(packages),
  phone_number: findStepIn(phoneNumbers),
};

function findStepIn<State>(table: LifecycleTable<State>): FindStep {
  return async (trx, id) => {
    const record = await table.find(trx, id);
    return record === null ? null : table.stepOf(record);
  };
}

/** Starts the workflow of a row that has none running, where its row stands; one that runs is left alone. */
export async function restartLifecycle(
  { database, commands }: ActivityDependencies,
  { kind, id, workflowId, accountId }: LifecycleRow,
): Promise<void> {
  const { owner, step } = await withTransaction(database, SYSTEM, async (trx) => ({
    owner: await loadOwner(trx, accountId),
    step: await STEPS[kind](trx, id),
  }));
  invariant(step !== null, `${workflowId} has no row`);
  // An ended lifecycle is only opened to hear one more message: it rests until that is answered.
  const next =
    step.next.kind === 'end'
      ? { kind: 'rest' as const, reason: 'opened for a late message' }
      : step.next;
  await commands.restart(
    workflowId,
    buildLifecycleStart({ kind, id, owner, step: { ...step, next } }),
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
