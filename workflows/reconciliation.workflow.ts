/**
 * Compares the record with the conductor and repairs what drifted: accepted commands without an
 * outcome, stored webhooks nobody forwarded, open rows whose workflow is gone, detached payment methods
 * that a gateway still keeps, and kept ones that it says more of, time zones whose months nobody turns, holds
 * whose deadline has passed, and auto-recharges that did not hear of a low balance.
 * It also makes the partitions of usage for the coming months.
 */
import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/operations/reconciliation.activities';
import { gatewayTaskQueue, LONG_WALK } from './activity-options';
import type { ReconciliationReport } from './reconciliation.messages';

const {
  forgetRequests,
  resendCommands,
  forwardWebhooks,
  restartLifecycles,
  startQuotaResets,
  releaseHolds,
  makePartitions,
  wakeRecharges,
} = proxyActivities<ReconciliationActivities>(LONG_WALK);

export async function reconcile(): Promise<ReconciliationReport> {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const { forgetMethods, watchMethods } = proxyActivities<ReconciliationActivities>({
    ...LONG_WALK,
    taskQueue,
  });
  const report: ReconciliationReport = await settleAll({
    commandsResent: resendCommands(),
    webhooksForwarded: forwardWebhooks(),
    lifecyclesRestarted: restartLifecycles(),
    requestsForgotten: forgetRequests(),
    methodsForgotten: forgetMethods(),
    methodsWatched: watchMethods(),
    zonesConducted: startQuotaResets(),
    holdsReleased: releaseHolds(),
    partitionsMade: makePartitions(),
    rechargesWoken: wakeRecharges(),
  });
  setCurrentDetails(
    `${report.commandsResent} commands sent again, ${report.webhooksForwarded} webhooks forwarded, ` +
      `${report.lifecyclesRestarted} lifecycles restarted.`,
  );
  return report;
}

/** Side by side: one that cannot go on must not keep the others from their work. It fails the run in the end. */
async function settleAll<Part extends string>(
  parts: Readonly<Record<Part, Promise<number>>>,
): Promise<Readonly<Record<Part, number>>> {
  await Promise.allSettled(Object.values(parts));
  // A key for a key: only the values change.
  const report = { ...parts } as Record<Part, unknown>;
  for (const part in parts) report[part] = await parts[part];
  // Each of them is settled by now.
  return report as Record<Part, number>;
}
