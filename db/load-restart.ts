import { invariant } from '../domain/invariant';
import type { LifecycleKind, Step } from '../domain/lifecycle';
import type { LifecycleOwner } from '../workflows/lifecycle.messages';
import type { LifecycleTable } from './lifecycle-table';
import { findAccount } from './repositories/account.repository';
import type { LifecycleRow } from './repositories/lifecycle.repository';
import { autoRecharges } from './repositories/auto-recharge.repository';
import { disputes } from './repositories/dispute.repository';
import { orders } from './repositories/order.repository';
import { packages } from './repositories/package.repository';
import { phoneNumbers } from './repositories/phone-number.repository';
import { refunds } from './repositories/refund.repository';
import { revenueShares } from './repositories/revenue-share.repository';
import { setups } from './repositories/setup.repository';
import { subscriptions } from './repositories/subscription.repository';
import { findTestClock } from './repositories/test-clock.repository';
import type { Transaction } from './transaction';

type FindStep = (trx: Transaction, id: string) => Promise<Step | null>;

/** How the step of each kind is read from its row. */
const STEPS: Readonly<Record<LifecycleKind, FindStep>> = {
  subscription: findStepIn(subscriptions),
  order: findStepIn(orders),
  refund: findStepIn(refunds),
  dispute: findStepIn(disputes),
  package: findStepIn(packages),
  phone_number: findStepIn(phoneNumbers),
  revenue_share: findStepIn(revenueShares),
  setup: findStepIn(setups),
  auto_recharge: findStepIn(autoRecharges),
};

function findStepIn<State>(table: LifecycleTable<State>): FindStep {
  return async (trx, id) => {
    const record = await table.find(trx, id);
    return record === null ? null : table.stepOf(record);
  };
}

/** What a workflow needs to go on where its row stands: to be built into its start. */
export interface Restart {
  readonly kind: LifecycleKind;
  readonly id: string;
  readonly owner: LifecycleOwner;
  readonly step: Step;
}

/** Reads what starts the workflow of a row again. */
export async function loadRestart(
  trx: Transaction,
  { kind, id, workflowId, accountId }: LifecycleRow,
): Promise<Restart> {
  const step = await STEPS[kind](trx, id);
  invariant(step !== null, `${workflowId} has no row`);
  // An ended lifecycle is only opened to hear one more message: it rests until that is answered.
  const next =
    step.next.kind === 'end'
      ? { kind: 'rest' as const, reason: 'opened for a late message' }
      : step.next;
  const serves = kind === 'subscription' ? await findServed(trx, { id, accountId }) : null;
  const owner = { ...(await loadOwner(trx, accountId)), ...serves };
  return { kind, id, owner, step: { ...step, next } };
}

/** Of a plan that a reseller pays for: whose it is. */
async function findServed(
  trx: Transaction,
  { id, accountId }: Pick<LifecycleRow, 'id' | 'accountId'>,
): Promise<Pick<LifecycleOwner, 'servesAccountId'> | null> {
  const record = await subscriptions.find(trx, id);
  if (record === null || record.state.servesAccountId === accountId) return null;
  return { servesAccountId: record.state.servesAccountId };
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
