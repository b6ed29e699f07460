import { heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import {
  deleteSettledRequests,
  findUnsettledCommands,
  storeOutcome,
  type UnsettledCommand,
} from '../../db/repositories/idempotency.repository';
import { judgeWebhook } from '../../db/judge-webhook';
import { listExpiredHolds } from '../../db/repositories/hold.repository';
import {
  findLifecycle,
  listAwaitingOutside,
  listOverdueLifecycles,
} from '../../db/repositories/lifecycle.repository';
import {
  listWaitingEntries,
  settleInboxEntry,
  type WaitingEntry,
} from '../../db/repositories/webhook-inbox.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { createUsagePartitions } from '../../db/usage-partitions';
import { monthOf } from '../../domain/calendar';
import { addSeconds } from '../../domain/instant';
import type { SendResult } from '../../gateways/workflow-commands';
import { signalOf } from '../../workflows/dispute.messages';
import { workflowOfPayment } from '../../workflows/payment.messages';
import {
  buildQuotaResetStart,
  quotaResetWorkflowId,
  type QuotaResetInput,
} from '../../workflows/quota-reset.messages';
import type { ActivityDependencies } from '../dependencies';
import { planZones } from '../month/plan-turns';
import { expireHold } from '../hold/expire-holds';
import { forgetMethods } from './forget-methods';
import { repairEach } from './repair-each';
import { watchMethods } from './watch-methods';
import { wakeRecharges } from './wake-recharges';
import { restartLifecycle } from '../lifecycle/restart-lifecycle';
import { tellOfPayment } from '../payment/tell-of-payment';
import { withApplicationFailures } from '../to-application-failure';

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;

/** A command this old without an outcome has lost whoever sent it: API calls wait 30 s at most. */
const UNSETTLED_AFTER_SECONDS = 60;
const UNFORWARDED_AFTER_SECONDS = 20;
/** An activity retries for at most two minutes before its row says when to try again. */
const OVERDUE_AFTER_SECONDS = 300;
const FORGET_REQUESTS_AFTER_SECONDS = 48 * 3_600;
const ROWS_PER_RUN_MAX = 500;
/** Once a minute, so this keeps pace with 1,600 writes a second. */
const FORGOTTEN_PER_RUN_MAX = 100_000;
const FORGOTTEN_AT_ONCE_MAX = 5_000;
/** Three ahead and the one that runs: an event of a month without a partition is refused. */
const PARTITION_MONTHS = 4;
/** Short: what takes longer is asked again a minute later, and must not keep the others waiting. */
const WAIT_FOR_OUTCOME_MS = 1_000;

/** Repairs what drifted between the record and the conductor; all of it safe to repeat. */
export function createReconciliationActivities(dependencies: ActivityDependencies) {
  const { database, client, now } = dependencies;
  return withApplicationFailures({
    /** Forgets the answers to requests whose time is over. */
    forgetRequests: () => forgetRequests(dependencies),

    /** Sends accepted commands again whose outcome nobody stored, under the id they had (never twice). */
    async resendCommands(): Promise<number> {
      const receivedBefore = addSeconds(now(), -UNSETTLED_AFTER_SECONDS);
      const unsettled = await withTransaction(database, SYSTEM, (trx) =>
        findUnsettledCommands(trx, { receivedBefore, limit: ROWS_PER_RUN_MAX }),
      );
      return repairEach(unsettled, {
        nameOf: ({ command }) => command.workflowId,
        async repair(request) {
          const result = await resend(dependencies, request);
          if (result.kind === 'accepted' || result.kind === 'unavailable') return false;
          await withTransaction(database, SYSTEM, (trx) => storeOutcome(trx, request, result));
          return true;
        },
      });
    },

    /** Brings stored webhooks to their lifecycles: those that came while the API died or Temporal was away. */
    forwardWebhooks: () => forwardWebhooks(dependencies),

    /** Lets gateways forget the methods their owners detached here. */
    forgetMethods: () => forgetMethods(dependencies),

    /** Asks gateways about kept methods whose time has come, and tells of cards that expire. */
    watchMethods: () => watchMethods(dependencies),

    /** Ends the holds whose deadline has passed. */
    releaseHolds: () => releaseHolds(dependencies),

    /** Wakes the auto-recharges whose account's balance fell, and that may not have heard. */
    wakeRecharges: () => wakeRecharges(dependencies),

    /** Makes the partitions that usage of the coming months needs. */
    makePartitions: () => makePartitions(dependencies),

    /** Starts the workflow that turns the months of a time zone, wherever it has none. */
    startQuotaResets: () => startQuotaResets(dependencies),

    /** Starts the workflow of an open row whose time has come, or may have, when it is gone. */
    async restartLifecycles(): Promise<number> {
      const overdueBefore = addSeconds(now(), -OVERDUE_AFTER_SECONDS);
      const limit = ROWS_PER_RUN_MAX;
      const overdue = await withTransaction(database, SYSTEM, async (trx) => [
        ...(await listOverdueLifecycles(trx, { overdueBefore, limit })),
        ...(await listAwaitingOutside(trx, { limit })),
      ]);
      return repairEach(overdue, {
        nameOf: ({ workflowId }) => workflowId,
        async repair(row) {
          if (await isRunning(client, row.workflowId)) return false;
          await restartLifecycle(dependencies, row);
          return true;
        },
      });
    },
  });
}

async function forwardWebhooks(dependencies: ActivityDependencies): Promise<number> {
  const { database, now } = dependencies;
  const before = addSeconds(now(), -UNFORWARDED_AFTER_SECONDS);
  const waiting = await withTransaction(database, SYSTEM, (trx) =>
    listWaitingEntries(trx, { before, limit: ROWS_PER_RUN_MAX }),
  );
  return repairEach(waiting, {
    nameOf: ({ eventId }) => eventId,
    async repair(entry) {
      const state = await forward(dependencies, entry);
      if (state === null) return false;
      await withTransaction(database, SYSTEM, (trx) =>
        settleInboxEntry(trx, entry, { state, at: now() }),
      );
      return true;
    },
  });
}

/** Chunk by chunk, until no deadline is left that has passed, or nothing could be ended any more. */
async function releaseHolds(dependencies: ActivityDependencies): Promise<number> {
  const { database, now } = dependencies;
  let released = 0;
  for (;;) {
    const expired = await withTransaction(database, SYSTEM, (trx) =>
      listExpiredHolds(trx, { now: now(), limit: ROWS_PER_RUN_MAX }),
    );
    const ended = await repairEach(expired, {
      nameOf: ({ id }) => id,
      async repair(terms) {
        await expireHold(dependencies, terms, now());
        return true;
      },
    });
    released += ended;
    if (ended < ROWS_PER_RUN_MAX) return released;
  }
}

function makePartitions({ database, now }: ActivityDependencies): Promise<number> {
  const firstMonth = monthOf(now(), 'UTC');
  return withTransaction(database, SYSTEM, (trx) =>
    createUsagePartitions(trx, { firstMonth, months: PARTITION_MONTHS }),
  );
}

async function startQuotaResets({
  database,
  commands,
  now,
}: ActivityDependencies): Promise<number> {
  const nameOf = ({ timeZone }: QuotaResetInput): string => quotaResetWorkflowId(timeZone);
  return repairEach(await planZones(database, now()), {
    nameOf,
    async repair(turn) {
      await commands.restart(nameOf(turn), buildQuotaResetStart(turn));
      return true;
    },
  });
}

async function forgetRequests({ database, now }: ActivityDependencies): Promise<number> {
  const receivedBefore = addSeconds(now(), -FORGET_REQUESTS_AFTER_SECONDS);
  const limit = FORGOTTEN_AT_ONCE_MAX;
  let forgotten = 0;
  while (forgotten < FORGOTTEN_PER_RUN_MAX) {
    heartbeat();
    const deleted = await withTransaction(database, SYSTEM, (trx) =>
      deleteSettledRequests(trx, { receivedBefore, limit }),
    );
    forgotten += deleted;
    if (deleted < limit) break;
  }
  return forgotten;
}

/** A lifecycle that its row says is open, but that does not run, is started again and then asked. */
async function resend(
  dependencies: ActivityDependencies,
  { command, updateId }: UnsettledCommand,
): Promise<SendResult> {
  const { database, commands } = dependencies;
  const options = { updateId, waitMs: WAIT_FOR_OUTCOME_MS };
  const result = await commands.send(command, options);
  if (result.kind !== 'not_running') return result;
  const row = await withTransaction(database, SYSTEM, (trx) =>
    findLifecycle(trx, command.workflowId),
  );
  if (row === null || row.next.kind === 'end') return result;
  await restartLifecycle(dependencies, row);
  return commands.send(command, options);
}

/**
 * Answers what the webhook is; null: it waits. A lifecycle that has ended is opened again when its payment may bring
 * news.
 */
async function forward(
  dependencies: ActivityDependencies,
  entry: WaitingEntry,
): Promise<'forwarded' | 'known' | 'unmatched' | null> {
  const { now, database } = dependencies;
  const { reference } = entry;
  const payerId = reference === null ? null : workflowOfPayment(reference);
  const { state, workflowIds } = await withTransaction(database, SYSTEM, (trx) =>
    judgeWebhook(trx, entry, { payerId, now: now() }),
  );
  if (state !== 'received') return state;
  if (workflowIds.length === 0) return null;
  const { eventId, gateway, gatewayPaymentId, gatewayDisputeId } = entry;
  const told = signalOf({ eventId, gateway, gatewayPaymentId, gatewayDisputeId });
  let toldCount = 0;
  for (const workflowId of workflowIds) {
    if (await tellOfPayment(dependencies, workflowId, told)) toldCount += 1;
  }
  return toldCount > 0 ? 'forwarded' : 'unmatched';
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
