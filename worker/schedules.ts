import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import {
  RECONCILIATION_SCHEDULE_ID,
  RECONCILIATION_WORKFLOW_TYPE,
} from '../workflows/reconciliation.messages';

const EVERY = '1 minute';
/** A worker that was away for long needs one reconciliation, not all it missed. */
const CATCH_UP = '1 minute';

/** Makes sure the schedules exist. Safe to run in every worker, at every start. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: `${RECONCILIATION_SCHEDULE_ID}/${taskQueue}`,
      spec: { intervals: [{ every: EVERY }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
      action: {
        type: 'startWorkflow',
        workflowType: RECONCILIATION_WORKFLOW_TYPE,
        workflowId: `${RECONCILIATION_SCHEDULE_ID}/${taskQueue}`,
        args: [],
        taskQueue,
        staticSummary: 'repairs what drifted between PostgreSQL and Temporal',
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
