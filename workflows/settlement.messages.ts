/** The contract of settlement reconciliation: a run a day, by a schedule, or of one day that somebody asked for. */
import type { CommandStart } from '../domain/command';
import type { GatewayDay } from '../domain/settlement/settlement-report';

export const SETTLEMENT_WORKFLOW_TYPE = 'reconcileSettlements';
export const SETTLEMENT_SCHEDULE_ID = 'settlements';

export interface SettlementInput {
  /** Null: every day that has no report yet. */
  readonly only: GatewayDay | null;
}

export interface SettlementOutcome {
  readonly daysCompared: number;
  /** Lifecycles that were told of a payment or refund we did not know. */
  readonly lifecyclesTold: number;
  /** Days that could not be compared: the next run tries them again. */
  readonly daysLeft: number;
}

/** How the comparison of one day is started. */
export function buildSettlementStart(only: GatewayDay): CommandStart {
  const input: SettlementInput = { only };
  return {
    workflowType: SETTLEMENT_WORKFLOW_TYPE,
    args: [input],
    summary: `what ${only.gateway} settled on ${only.day}`,
    searchAttributes: [],
  };
}

export function settlementWorkflowId({ gateway, day }: GatewayDay): string {
  return `settlement/${gateway}/${day}`;
}
