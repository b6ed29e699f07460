/**
 * Compares the record with the conductor and repairs what drifted: accepted commands without an
 * outcome, stored webhooks nobody forwarded, open rows whose workflow is gone, detached payment methods
 * that a gateway still keeps, and kept ones that it says more of, time zones whose months nobody turns, and holds whose deadline has passed.
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
} = proxyActivities<ReconciliationActivities>(LONG_WALK);

export async function reconcile(): Promise<ReconciliationReport> {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const { forgetMethods, watchMethods } = proxyActivities<ReconciliationActivities>({
    ...LONG_WALK,
    taskQueue,
  });
  // Side by side: one that cannot go on must not keep the others from their work.
  const [resent, forwarded, restarted, forgotten, detached, watched, zones, released, partitions] =
    await Promise.allSettled([
      resendCommands(),
      forwardWebhooks(),
      restartLifecycles(),
      forgetRequests(),
      forgetMethods(),
      watchMethods(),
      startQuotaResets(),
      releaseHolds(),
      makePartitions(),
    ]);
  const report: ReconciliationReport = {
    commandsResent: valueOf(resent),
    webhooksForwarded: valueOf(forwarded),
    lifecyclesRestarted: valueOf(restarted),
    requestsForgotten: valueOf(forgotten),
    methodsForgotten: valueOf(detached),
    methodsWatched: valueOf(watched),
    zonesConducted: valueOf(zones),
    holdsReleased: valueOf(released),
    partitionsMade: valueOf(partitions),
  };
  setCurrentDetails(
    `${report.commandsResent} commands sent again, ${report.webhooksForwarded} webhooks forwarded, ` +
      `${report.lifecyclesRestarted} lifecycles restarted.`,
  );
  return report;
}

function valueOf(part: PromiseSettledResult<number>): number {
  if (part.status === 'rejected') throw part.reason;
  return part.value;
}
