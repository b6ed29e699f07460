/**
 * Owns: the schedule of a subscription: putting a change of plan on it, replacing it, taking it off.
 * Does not own: the change itself when its day comes (decide-change.ts).
 * Rules: R1.13, R1.18. One change at most is on the schedule; the plan's version and price are those
 * of the day it was scheduled, and shown; a change now, a cancellation or a pause takes it off.
 * Example: on 10 March Enterprise is scheduled for 1 June at 4 999.00; on 20 March the price rises;
 * on 1 June 4 999.00 is what counts.
 */
import { addCalendarMonths } from '../calendar';
import { isAtOrBefore, isBefore, type Instant } from '../instant';
import type { PlanTerms } from '../plan';
import { refuseForState, type SubscriptionRefusal } from './refusal';
import { keepSubscription, type SubscriptionDecision, type SubscriptionEvent } from './decision';
import type { Subscription } from './subscription';

/** Prices are locked for those who schedule: nobody locks one for longer than this. */
export const SCHEDULE_MONTHS_MAX = 24;

export interface ScheduleRequest {
  readonly target: PlanTerms;
  readonly effectiveAt: Instant;
}

/** Puts a change on the schedule, in place of the one that is there. */
export function decideSchedule(
  subscription: Subscription,
  { target, effectiveAt }: ScheduleRequest,
  now: Instant,
): SubscriptionDecision | SubscriptionRefusal {
  const refusal = refuseSchedule(subscription, effectiveAt, now);
  if (refusal !== null) return refusal;
  const before = subscription.scheduledChange;
  const replaced = before === null ? '' : `, in place of ${before.target.planCode}`;
  const reason = `${target.planCode} ${target.cycle} from ${effectiveAt} on${replaced}`;
  const scheduledChange = { target, effectiveAt, scheduledAt: now };
  return {
    ...keepSubscription(subscription, now),
    subscription: { ...subscription, scheduledChange },
    events: [
      { type: 'subscription.change_scheduled', reason, data: factsOfSchedule(scheduledChange) },
    ],
  };
}

function refuseSchedule(
  { status, cancelsAtPeriodEnd, pausesAtPeriodEnd, timeZone }: Subscription,
  effectiveAt: Instant,
  now: Instant,
): SubscriptionRefusal | null {
  if (status === 'ended') return refuseForState('the subscription has ended; start a new one');
  if (status !== 'active') return refuseForState(`the subscription is ${status}; resume it first`);
  if (cancelsAtPeriodEnd || pausesAtPeriodEnd) {
    return refuseForState('it ends or pauses with the period; resume it first');
  }
  if (isAtOrBefore(effectiveAt, now)) {
    const message = `the change must be later than now, ${now}`;
    return { kind: 'refused', code: 'scheduled_in_past', message };
  }
  const latest = addCalendarMonths(now, SCHEDULE_MONTHS_MAX, timeZone);
  if (isBefore(latest, effectiveAt)) {
    const message = `a change can be scheduled until ${latest}`;
    return { kind: 'refused', code: 'scheduled_too_far', message };
  }
  return null;
}

/** Takes the scheduled change off. */
export function decideUnschedule(
  subscription: Subscription,
  now: Instant,
): SubscriptionDecision | SubscriptionRefusal {
  const { scheduledChange } = subscription;
  if (scheduledChange === null) return refuseForState('no change is scheduled');
  return {
    ...keepSubscription(subscription, now),
    subscription: { ...subscription, scheduledChange: null },
    events: [describeWithdrawn(scheduledChange)],
  };
}

function describeWithdrawn(change: ScheduleRequest): SubscriptionEvent {
  return {
    type: 'subscription.scheduled_change_withdrawn',
    reason: `the scheduled change to ${change.target.planCode} was cancelled`,
    data: factsOfSchedule(change),
  };
}

/** What events of a scheduled change say of it. */
export function factsOfSchedule({ target, effectiveAt }: ScheduleRequest) {
  const { planCode, cycle } = target;
  return { target_plan_code: planCode, target_cycle: cycle, effective_at: effectiveAt };
}

/** The subscription without what was planned for it: a change, a cancellation, a pause. */
export function withoutPlans(subscription: Subscription): Subscription {
  return {
    ...subscription,
    scheduledChange: null,
    cancelsAtPeriodEnd: false,
    cancelReason: null,
    pausesAtPeriodEnd: false,
    resumesAt: null,
  };
}

/** What is told when something else takes the place of what was planned: nothing goes silently. */
export function withdrawPlans(subscription: Subscription): SubscriptionEvent[] {
  const { scheduledChange, cancelsAtPeriodEnd, pausesAtPeriodEnd } = subscription;
  const events: SubscriptionEvent[] = [];
  if (scheduledChange !== null) events.push(describeWithdrawn(scheduledChange));
  if (cancelsAtPeriodEnd) {
    const reason = 'the cancellation is withdrawn';
    events.push({ type: 'subscription.cancellation_withdrawn', reason });
  }
  if (pausesAtPeriodEnd) {
    const reason = 'the pause is withdrawn';
    events.push({ type: 'subscription.pause_withdrawn', reason });
  }
  return events;
}
