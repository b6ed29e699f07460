import type { z } from 'zod';
import type { AssignmentRecord } from '../../db/repositories/assignment.repository';
import { toWireMoney } from '../../domain/money';
import {
  BENEFITS,
  benefitsOf,
  freeIn,
  type Benefit,
  type Benefits,
} from '../../domain/partner-plan/pool';
import { decideNextAction } from '../../domain/subscription/decide-next';
import type { Role } from '../caller';
import type { allocationSchema, assignmentSchema } from '../schemas/assignment.schema';
import { toApiNextAction } from './next-action.presenter';

/** A partner plan as the account has it. What a reseller pays for its customer is not the customer's to see. */
export function toApiAssignment(
  { record, type, displayName, figures }: AssignmentRecord,
  role: Role,
): z.input<typeof assignmentSchema> {
  const { state, workflowId, createdAt } = record;
  const { period, scheduledChange } = state;
  const isPaidByPartner = state.accountId !== state.servesAccountId;
  return {
    id: state.id,
    account_id: state.servesAccountId,
    partner_plan_id: state.planCode,
    display_name: displayName,
    type,
    version: state.planVersion,
    cycle: state.cycle,
    paid_by: isPaidByPartner ? 'partner' : 'account',
    price: isPaidByPartner && role === 'account' ? null : toWireMoney(state.price),
    benefits: toApiBenefits(benefitsOf(figures)),
    status: state.status,
    current_period: { starts_at: period.startsAt, ends_at: period.endsAt },
    cancels_at_period_end: state.cancelsAtPeriodEnd,
    scheduled_change: scheduledChange && {
      partner_plan_id: scheduledChange.target.planCode,
      version: scheduledChange.target.planVersion,
      cycle: scheduledChange.target.cycle,
      effective_at: scheduledChange.effectiveAt,
    },
    created_at: createdAt,
    next_action: toApiNextAction(decideNextAction(state)),
    workflow_id: workflowId,
  };
}

export function toApiBenefits(benefits: Benefits) {
  return {
    messages: toFigure(benefits.messages),
    wa_conversations: toFigure(benefits.wa_conversations),
    team_members: toFigure(benefits.team_members),
  };
}

/** The pool; without one everything is without limit. */
export function toApiAllocation(allocation: {
  readonly pool: Benefits | null;
  readonly allocated: Benefits;
  readonly used: Readonly<Record<Benefit, bigint>>;
}): z.input<typeof allocationSchema> {
  const { pool, allocated, used } = allocation;
  const free = pool && freeIn(pool, allocated);
  return {
    items: BENEFITS.map((benefit) => ({
      benefit,
      total: pool && toFigure(pool[benefit]),
      allocated: toFigure(allocated[benefit]),
      used: Number(used[benefit]),
      free: free && toFigure(free[benefit]),
    })),
  };
}

function toFigure(figure: bigint | null): number | null {
  return figure === null ? null : Number(figure);
}
