import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import {
  RECONCILIATION_SCHEDULE_ID,
  RECONCILIATION_WORKFLOW_TYPE,
} from '../workflows/reconciliation.messages';
import {
  SETTLEMENT_SCHEDULE_ID,
  SETTLEMENT_WORKFLOW_TYPE,
  type SettlementInput,
} from '../workflows/settlement.messages';

interface Plan {
  readonly scheduleId: string;
  readonly workflowType: string;
  readonly spec: ScheduleOptions['spec'];
  /** How late a run may still begin; a worker that was away for long needs one run, not all it missed. */
  readonly catchUp: '1 minute' | '1 day';
  readonly args: unknown[];
  readonly summary: string;
}

const EVERY_SETTLEMENT: SettlementInput = { only: null };

const PLANS: readonly Plan[] = [
  {
    scheduleId: RECONCILIATION_SCHEDULE_ID,
    workflowType: RECONCILIATION_WORKFLOW_TYPE,
    spec: { intervals: [{ every: '1 minute' }] },
    catchUp: '1 minute',
    args: [],
    summary: 'repairs what drifted between PostgreSQL and Temporal',
  },
  {
    scheduleId: SETTLEMENT_SCHEDULE_ID,
    workflowType: SETTLEMENT_WORKFLOW_TYPE,
    // Half an hour after the gateways have closed the day before (domain/settlement/settlement-report.ts).
    spec: { calendars: [{ hour: 6, minute: 30 }] },
    catchUp: '1 day',
    args: [EVERY_SETTLEMENT],
    summary: 'compares what gateways settled with our books',
  },
];

/** Makes sure the schedules exist. Safe to run in every worker, at every start. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  for (const plan of PLANS) await ensureSchedule(client, taskQueue, plan);
}

async function ensureSchedule(
  client: Client,
  taskQueue: string,
  { scheduleId: name, workflowType, spec, catchUp, args, summary }: Plan,
): Promise<void> {
  const scheduleId = `${name}/${taskQueue}`;
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUp },
      action: {
        type: 'startWorkflow',
        workflowType,
        workflowId: scheduleId,
        args,
        taskQueue,
        staticSummary: summary,
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
