/**
 * Owns: what time brings to a subscription: which decision answers which due action, monthly
 * allowances, the end.
 * Does not own: which action is next (subscription.ts), renewals and retries (decide-payment.ts), or
 * what a person asks for (decide-command.ts).
 * Rules: R1.08, I9.
 * Example: a yearly plan from 31 January grants its second month's messages on 28 February; when
 * it was cancelled it ends on 31 January of the next year.
 */
import type { Instant } from '../instant';
import { InvariantViolation } from '../invariant';
import type { DueAction } from '../next-action';
import { decideAnnouncement } from './collect';
import { decideScheduledChange } from './decide-change';
import { decideDowngrade } from './decide-downgrade';
import { decideEnd } from './decide-end';
import { decideEndOfPause, pause } from './decide-pause';
import { decideRenewal, decideRetry } from './decide-payment';
import type { Funds } from './funds';
import {
  keepSubscription,
  NO_DEBTS,
  type Subscription,
  type SubscriptionActionKind,
  type SubscriptionDecision,
} from './subscription';

/** Carries out the action that `decideNextAction` named, at the instant it named. */
export function decideDue(
  subscription: Subscription,
  action: DueAction<SubscriptionActionKind>,
  funds: Funds,
): SubscriptionDecision {
  switch (action.kind) {
    case 'grant_allowances':
      return decideAllowances(subscription, action.at);
    case 'renew':
      return decideRenewal(subscription, action.at, funds);
    case 'retry_payment':
    case 'retry_after_top_up':
      return decideRetry(subscription, action, funds);
    case 'apply_scheduled_change':
      return decideScheduledChange(subscription, action.at, funds);
    case 'pause_at_period_end':
      return pause(subscription, action.at);
    case 'resume_after_pause':
      return decideEndOfPause(subscription, action.at, funds);
    case 'end_at_period_end':
      return decideEnd(subscription, action.at, subscription.cancelReason ?? 'cancelled');
    case 'announce_renewal':
      return decideAnnouncement(subscription, { at: action.at, funds });
    case 'downgrade':
      return decideDowngrade(subscription, action.at, funds);
    case 'collect_payment':
    case 'check_payment':
      throw new InvariantViolation('a gateway is asked outside of any decision (collect.ts)');
    case 'end_unpaid':
      return decideEnd(subscription, action.at, 'not paid within the time the plan allows');
  }
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
      },
    ],
  };
}
