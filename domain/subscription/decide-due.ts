/**
 * Owns: what time brings to a subscription: which decision answers which due action, monthly
 * allowances, the end.
 * Does not own: which action is next (decide-next.ts), renewals and retries (decide-payment.ts), or
 * what a person asks for (decide-command.ts).
 * Rules: R1.08, I9.
 * Example: a yearly plan from 31 January grants its second month's messages on 28 February; when
 * it was cancelled it ends on 31 January of the next year.
 */
import type { Instant } from '../instant';
import { InvariantViolation } from '../invariant';
import type { DueAction } from '../next-action';
import { decideReminder } from './collect';
import { decideScheduledChange } from './decide-change';
import { decideDowngrade } from './decide-downgrade';
import { decideEnd } from './decide-end';
import { decideEndOfPause, pause } from './decide-pause';
import { decideRenewal, decideRetry } from './decide-payment';
import type { Funds } from './funds';
import type { SubscriptionActionKind } from './decide-next';
import { keepSubscription, type SubscriptionDecision } from './decision';
import { NO_DEBTS, type Subscription } from './subscription';

type Decide = (
  subscription: Subscription,
  action: DueAction<SubscriptionActionKind>,
  funds: Funds,
) => SubscriptionDecision;

const askedOfGateway: Decide = () => {
  throw new InvariantViolation('a gateway is asked outside of any decision (collect.ts)');
};

const DECISIONS: Readonly<Record<SubscriptionActionKind, Decide>> = {
  grant_allowances: (subscription, { at }) => decideAllowances(subscription, at),
  remind: (subscription, { at }, funds) => decideReminder(subscription, { at, funds }),
  renew: (subscription, { at }, funds) => decideRenewal(subscription, at, funds),
  collect_payment: askedOfGateway,
  check_payment: askedOfGateway,
  retry_payment: decideRetry,
  retry_after_top_up: decideRetry,
  apply_scheduled_change: (subscription, { at }, funds) =>
    decideScheduledChange(subscription, at, funds),
  pause_at_period_end: (subscription, { at }) => pause(subscription, at),
  resume_after_pause: (subscription, { at }, funds) => decideEndOfPause(subscription, at, funds),
  end_at_period_end: (subscription, { at }) =>
    decideEnd(subscription, at, subscription.cancelReason ?? 'cancelled'),
  downgrade: (subscription, { at }, funds) => decideDowngrade(subscription, at, funds),
  end_unpaid: (subscription, { at }) =>
    decideEnd(subscription, at, 'not paid within the time the plan allows'),
};

/** Carries out the action that `decideNextAction` named, at the instant it named. */
export function decideDue(
  subscription: Subscription,
  action: DueAction<SubscriptionActionKind>,
  funds: Funds,
): SubscriptionDecision {
  return DECISIONS[action.kind](subscription, action, funds);
}

function decideAllowances(subscription: Subscription, at: Instant): SubscriptionDecision {
  const month = subscription.allowanceMonth + 1;
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...subscription, allowanceMonth: month, allowanceDebts: NO_DEBTS },
    grantsMonth: month,
    calendarQuotas: 'on',
    events: [
      {
        type: 'subscription.allowances_granted',
        reason: `allowances of month ${month + 1} granted`,
        data: { month: month + 1 },
      },
    ],
  };
}
