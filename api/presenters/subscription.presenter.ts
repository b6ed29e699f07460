import type { SubscriptionRecord } from '../../db/repositories/subscription.repository';
import type { LimitExcess } from '../../domain/entitlement';
import { toWireMoney } from '../../domain/money';
import type { ChangeLine } from '../../domain/subscription/sale';
import { decideNextAction } from '../../domain/subscription/decide-next';
import type { ScheduledChange } from '../../domain/subscription/subscription';
import type { ChangePreview } from '../commands/preview-change';
import { toApiNextAction } from './next-action.presenter';

/** A subscription as JSON. Periods are numbered from 1 for people. */
export function toApiSubscription({
  state: subscription,
  workflowId,
  createdAt,
}: SubscriptionRecord) {
  const { period } = subscription;
  return {
    id: subscription.id,
    account_id: subscription.accountId,
    serves_account_id: subscription.servesAccountId,
    track: subscription.track,
    status: subscription.status,
    plan_code: subscription.planCode,
    plan_version: subscription.planVersion,
    cycle: subscription.cycle,
    price: toWireMoney(subscription.price),
    anchor_at: subscription.anchorAt,
    current_period: {
      number: subscription.periodsBefore + period.number + 1,
      starts_at: period.startsAt,
      ends_at: period.endsAt,
    },
    cancels_at_period_end: subscription.cancelsAtPeriodEnd,
    pauses_at_period_end: subscription.pausesAtPeriodEnd,
    paused_at: subscription.pausedAt,
    resumes_at: subscription.resumesAt,
    scheduled_change: toApiScheduledChange(subscription.scheduledChange),
    past_due_since: subscription.dueSince,
    ended_at: subscription.endedAt,
    end_reason: subscription.endReason,
    created_at: createdAt,
    next_action: toApiNextAction(decideNextAction(subscription)),
    workflow_id: workflowId,
  };
}

function toApiScheduledChange(change: ScheduledChange | null) {
  if (change === null) return null;
  const { target, effectiveAt, scheduledAt } = change;
  return {
    plan_code: target.planCode,
    plan_version: target.planVersion,
    cycle: target.cycle,
    price: toWireMoney(target.price),
    effective_at: effectiveAt,
    scheduled_at: scheduledAt,
  };
}

/** The lines of a change, before it or after. */
export function toApiChangeLines(lines: readonly ChangeLine[]) {
  return lines.map(({ kind, description, amount, currency, period }) => ({
    kind,
    description,
    amount,
    currency,
    period: period && { starts_at: period.startsAt, ends_at: period.endsAt },
  }));
}

/** What a change now would do. */
export function toApiChangePreview(preview: ChangePreview) {
  const { total, balanceAfter, period } = preview;
  const isCredit = total.amountMicros < 0n;
  const nothing = { ...total, amountMicros: 0n };
  return {
    lines: toApiChangeLines(preview.lines),
    total_due: toWireMoney(isCredit ? nothing : total),
    credit_to_wallet: toWireMoney(
      isCredit ? { ...total, amountMicros: -total.amountMicros } : nothing,
    ),
    balance_after: toWireMoney(balanceAfter),
    sufficient: total.amountMicros <= 0n || balanceAfter.amountMicros >= 0n,
    effective_at: preview.effectiveAt,
    over_limit: toApiExcess(preview.excess),
    new_period: { starts_at: period.startsAt, ends_at: period.endsAt },
  };
}

function toApiExcess(excess: LimitExcess | null) {
  if (excess === null) return null;
  const { name, limit, used } = excess;
  return { feature: name, limit, used };
}
