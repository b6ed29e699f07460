/**
 * Compares the record with the conductor and repairs what drifted: accepted commands without an
 * outcome, stored webhooks nobody forwarded, open rows whose workflow is gone.
 */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation.activities';
import { LONG_WALK } from './activity-options';
import type { ReconciliationReport } from './reconciliation.messages';

const { resendCommands, forwardWebhooks, restartLifecycles } =
  proxyActivities<ReconciliationActivities>(LONG_WALK);

export async function reconcile(): Promise<ReconciliationReport> {
  const commandsResent = await resendCommands();
  const webhooksForwarded = await forwardWebhooks();
  const lifecyclesRestarted = await restartLifecycles();
  setCurrentDetails(
    `${commandsResent} commands sent again, ${webhooksForwarded} webhooks forwarded, ${lifecyclesRestarted} lifecycles restarted.`,
  );
  return { commandsResent, lifecyclesRestarted, webhooksForwarded };
}
