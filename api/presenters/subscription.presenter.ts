import type { SubscriptionRecord } from '../../db/repositories/subscription.repository';
import { toWireMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/subscription/subscription';
import { toApiNextAction } from './next-action.presenter';

/** A subscription as JSON. Periods are numbered from 1 for people. */
export function toApiSubscription({ subscription, workflowId, createdAt }: SubscriptionRecord) {
  const { period } = subscription;
  return {
    id: subscription.id,
    account_id: subscription.accountId,
    track: subscription.track,
    status: subscription.status,
    plan_code: subscription.planCode,
    plan_version: subscription.planVersion,
    cycle: subscription.cycle,
    price: toWireMoney(subscription.price),
    anchor_at: subscription.anchorAt,
    current_period: {
      number: period.number + 1,
      starts_at: period.startsAt,
      ends_at: period.endsAt,
    },
    cancels_at_period_end: subscription.cancelsAtPeriodEnd,
    scheduled_change: null,
    past_due_since: subscription.dueSince,
    ended_at: subscription.endedAt,
    end_reason: subscription.endReason,
    created_at: createdAt,
    next_action: toApiNextAction(decideNextAction(subscription)),
    workflow_id: workflowId,
  };
}
