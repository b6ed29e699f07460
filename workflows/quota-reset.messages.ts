/** The contract of a zone's month: one workflow per time zone in which accounts live. */
import { defineSignal } from '@temporalio/workflow';
import type { MonthKey } from '../domain/calendar';
import type { CommandStart } from '../domain/command';
import type { Instant } from '../domain/instant';

export interface QuotaResetInput {
  readonly version: 1;
  readonly timeZone: string;
  /** The month that is to begin, */
  readonly month: MonthKey;
  /** and its first instant in the zone. */
  readonly at: Instant;
}

/** For operators: try the accounts that were set aside again now. */
export const retrySetAside = defineSignal('retrySetAside');

export function quotaResetWorkflowId(timeZone: string): string {
  return `quota-reset/${timeZone}`;
}

/** How the workflow of a zone is started. */
export function buildQuotaResetStart(input: QuotaResetInput): CommandStart {
  return {
    workflowType: 'quotaReset',
    args: [input],
    summary: `quotas of all accounts in ${input.timeZone}`,
    searchAttributes: [
      { name: 'LifecycleKind', type: 'KEYWORD', value: 'quota_reset' },
      { name: 'LifecycleState', type: 'KEYWORD', value: 'waiting' },
    ],
  };
}
