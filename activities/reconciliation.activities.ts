import { heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { findAccount } from '../db/repositories/account.repository';
import {
  deleteSettledRequests,
  findUnsettledCommands,
  storeOutcome,
} from '../db/repositories/idempotency.repository';
import {
  findLifecycle,
  listOverdueLifecycles,
  type LifecycleRow,
} from '../db/repositories/lifecycle.repository';
import { findTestClock } from '../db/repositories/test-clock.repository';
import {
  listWaitingEntries,
  settleInboxEntry,
  type WaitingEntry,
} from '../db/repositories/webhook-inbox.repository';
import { SYSTEM } from '../db/tenant';
import { withTransaction, type Transaction } from '../db/transaction';
import { addSeconds } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { buildLifecycleStart, type LifecycleOwner } from '../workflows/lifecycle.messages';
import { ORDER_WORKFLOW_TYPE, orderWorkflowId, paymentReported } from '../workflows/order.messages';
import { SUBSCRIPTION_WORKFLOW_TYPE } from '../workflows/subscription.messages';
import type { ActivityDependencies } from './dependencies';
import { signalIfRunning } from './signal-if-running';
import { withApplicationFailures } from './to-application-failure';

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;

/** A command this old without an outcome has lost whoever sent it: API calls wait 30 s at most. */
const UNSETTLED_AFTER_SECONDS = 60;
const UNFORWARDED_AFTER_SECONDS = 20;
/** An activity retries for at most two minutes before its row says when to try again. */
const OVERDUE_AFTER_SECONDS = 300;
const FORGET_REQUESTS_AFTER_SECONDS = 48 * 3_600;
const ROWS_PER_RUN_MAX = 500;
const WAIT_FOR_OUTCOME_MS = 5_000;

const WORKFLOW_TYPES = {
  subscription: SUBSCRIPTION_WORKFLOW_TYPE,
  order: ORDER_WORKFLOW_TYPE,
} as const;

/** Repairs what drifted between the record and the conductor; all of it safe to repeat. */
export function createReconciliationActivities(dependencies: ActivityDependencies) {
  const { database, client, commands, now } = dependencies;
  return withApplicationFailures({
    /** Sends accepted commands again whose outcome nobody stored, under the id they had (never twice). */
    async resendCommands(): Promise<number> {
      const unsettled = await withTransaction(database, SYSTEM, async (trx) => {
        const forgetBefore = addSeconds(now(), -FORGET_REQUESTS_AFTER_SECONDS);
        await deleteSettledRequests(trx, { receivedBefore: forgetBefore, limit: ROWS_PER_RUN_MAX });
        const receivedBefore = addSeconds(now(), -UNSETTLED_AFTER_SECONDS);
        return findUnsettledCommands(trx, { receivedBefore, limit: ROWS_PER_RUN_MAX });
      });
      let resent = 0;
      for (const { tenant, key, command, updateId } of unsettled) {
        heartbeat();
        const result = await commands.send(command, { updateId, waitMs: WAIT_FOR_OUTCOME_MS });
        if (result.kind === 'accepted' || result.kind === 'unavailable') continue;
        await withTransaction(database, SYSTEM, (trx) =>
          storeOutcome(trx, { tenant, key }, result),
        );
        resent += 1;
      }
      return resent;
    },

    /** Brings stored webhooks to their orders: those that came while the API died or Temporal was away. */
    async forwardWebhooks(): Promise<number> {
      const before = addSeconds(now(), -UNFORWARDED_AFTER_SECONDS);
      const waiting = await withTransaction(database, SYSTEM, (trx) =>
        listWaitingEntries(trx, { before, limit: ROWS_PER_RUN_MAX }),
      );
      for (const entry of waiting) {
        heartbeat();
        const isMatched = await forward(dependencies, entry);
        const state = isMatched ? 'forwarded' : 'unmatched';
        await withTransaction(database, SYSTEM, (trx) =>
          settleInboxEntry(trx, entry, { state, at: now() }),
        );
      }
      return waiting.length;
    },

    /** Starts the workflow of an open, overdue row again when it is gone; one that runs is left alone. */
    async restartLifecycles(): Promise<number> {
      const overdueBefore = addSeconds(now(), -OVERDUE_AFTER_SECONDS);
      const overdue = await withTransaction(database, SYSTEM, (trx) =>
        listOverdueLifecycles(trx, { overdueBefore, limit: ROWS_PER_RUN_MAX }),
      );
      let restarted = 0;
      for (const row of overdue) {
        heartbeat();
        if (await isRunning(client, row.workflowId)) continue;
        await restart(dependencies, row);
        restarted += 1;
      }
      return restarted;
    },
  });
}

/** Answers whether the webhook is about an order of ours. An order that has ended is opened again. */
async function forward(
  dependencies: ActivityDependencies,
  { orderId, eventId, gatewayPaymentId }: WaitingEntry,
): Promise<boolean> {
  if (orderId === null || gatewayPaymentId === null) return false;
  const { database, client } = dependencies;
  const workflowId = orderWorkflowId(orderId);
  const row = await withTransaction(database, SYSTEM, (trx) => findLifecycle(trx, workflowId));
  if (row === null) return false;
  const fact = { eventId, gatewayPaymentId };
  if (await signalIfRunning(client, workflowId, paymentReported, fact)) return true;
  await restart(dependencies, row);
  return signalIfRunning(client, workflowId, paymentReported, fact);
}

async function restart(
  { database, commands }: ActivityDependencies,
  row: LifecycleRow,
): Promise<void> {
  const owner = await withTransaction(database, SYSTEM, (trx) => loadOwner(trx, row.accountId));
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
      step: { status, revision, next },
    }),
  );
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

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
