/**
 * Owns: what a subscription is, what a decision about it holds, and what happens to it next.
 * Does not own: the decisions (decide-command.ts, decide-change.ts, decide-schedule.ts and
 * decide-pause.ts for what a person asks, decide-due.ts for what time brings), how money moves
 * (ledger/), what a plan offers (plan.ts), when a workflow wakes.
 * Rules: R1.08 to R1.13 and ADRs: each period is computed from the anchor; a period is
 * paid in full before it is served; who was suspended and pays again pays the current period only.
 * Each decision is a value: the state after it, the sale, the allowances and the events.
 * The activity that asked applies all of it in one transaction.
 * Example: anchor 31 January 10:00 in Istanbul, monthly: renewals on 28 February, 31 March, 30 April.
 */
import {
  computePeriod,
  findPeriodAt,
  type BillingCycle,
  type BillingPeriod,
} from '../billing-period';
import { addCalendarDays } from '../calendar';
import type { AllowanceMode } from '../change-policy';
import { findNextRetryDay, type DunningPolicy } from '../dunning';
import { earlierOf, isAtOrBefore, isBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import type { Money } from '../money';
import { isDueAction, type DueAction, type NextAction } from '../next-action';
import type { PlanTerms, Track } from '../plan';
import {
  nextAnnouncement,
  nextOfCharge,
  type Collection,
  type CollectionActionKind,
} from './collection';
import type { SubscriptionSale } from './sale';

export type SubscriptionStatus = 'active' | 'past_due' | 'suspended' | 'paused' | 'ended';

/** A change of plan whose day is to come. Its terms are those of the day it was scheduled (R1.13). */
export interface ScheduledChange {
  readonly target: PlanTerms;
  readonly effectiveAt: Instant;
  readonly scheduledAt: Instant;
}

/**
 * What was used of this month beyond what a change of plan left of it: subtracted at the next change.
 * Whole units; a new month forgets it.
 */
export interface AllowanceDebts {
  readonly call_second: bigint;
  readonly message: bigint;
}

export const NO_DEBTS: AllowanceDebts = { call_second: 0n, message: 0n };

export interface Subscription {
  readonly id: string;
  readonly accountId: string;
  readonly track: Track;
  readonly planCode: string;
  readonly planName: string;
  readonly planVersion: number;
  readonly cycle: BillingCycle;
  /** Price of one period, fixed by the plan's version. */
  readonly price: Money;
  readonly timeZone: string;
  /** Where periods are counted from. Moves when the cycle changes and after a pause. */
  readonly anchorAt: Instant;
  /** The last period that was paid. Its number is -1 while the first one from the anchor is owed. */
  readonly period: BillingPeriod;
  /** How many periods lie before the anchor: a period's ordinal in the subscription's life. */
  readonly periodsBefore: number;
  /** What was paid for the period under these terms: no credit is ever above it. */
  readonly paid: Money;
  /** How often the plan or the anchor changed: names what a change moves. */
  readonly changesMade: number;
  readonly scheduledChange: ScheduledChange | null;
  /** The month, counted from the anchor, whose messages and minutes were granted last. */
  readonly allowanceMonth: number;
  readonly allowanceDebts: AllowanceDebts;
  readonly status: SubscriptionStatus;
  readonly cancelsAtPeriodEnd: boolean;
  readonly cancelReason: string | null;
  readonly pausesAtPeriodEnd: boolean;
  readonly pausedAt: Instant | null;
  /** When a pause, also one to come, ends by itself; null: a person ends it. */
  readonly resumesAt: Instant | null;
  readonly dunning: DunningPolicy;
  /** When the unpaid period began; null while paid. */
  readonly dueSince: Instant | null;
  readonly retriesMade: number;
  /** Money came in while a payment was owed: the charge is tried at this instant. */
  readonly moneyArrivedAt: Instant | null;
  readonly suspendedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly endReason: string | null;
  /** What a saved payment method is charged for the period that is owed, and was told about. */
  readonly collection: Collection;
}

export type SubscriptionActionKind =
  | 'renew'
  | 'grant_allowances'
  | 'apply_scheduled_change'
  | 'end_at_period_end'
  | 'pause_at_period_end'
  | 'resume_after_pause'
  | 'retry_payment'
  | 'retry_after_top_up'
  | 'announce_renewal'
  | CollectionActionKind
  | 'downgrade'
  | 'end_unpaid';

export type SubscriptionEventType =
  | 'subscription.started'
  | 'subscription.renewed'
  | 'subscription.allowances_granted'
  | 'subscription.past_due'
  | 'subscription.payment_retried'
  | 'subscription.payment_notice'
  | 'subscription.payment_collected'
  | 'subscription.payment_declined'
  | 'subscription.renewal_not_covered'
  | 'subscription.downgraded'
  | 'subscription.suspended'
  | 'subscription.resumed'
  | 'subscription.changed'
  | 'subscription.change_scheduled'
  | 'subscription.scheduled_change_withdrawn'
  | 'subscription.scheduled_change_failed'
  | 'subscription.allowances_carried_over'
  | 'subscription.pause_scheduled'
  | 'subscription.pause_withdrawn'
  | 'subscription.paused'
  | 'subscription.cancellation_scheduled'
  | 'subscription.cancellation_withdrawn'
  | 'subscription.ended';

export interface SubscriptionEvent {
  readonly type: SubscriptionEventType;
  /** One sentence a customer's support can read aloud. */
  readonly reason: string;
}

export interface SubscriptionDecision {
  readonly kind: 'decided';
  readonly subscription: Subscription;
  /** Business time of everything this decision does. */
  readonly at: Instant;
  /** What is sold or taken back: it is charged to the wallet, or credited to it. */
  readonly sale: SubscriptionSale | null;
  /** Grant the allowances of this month, counted from the anchor, or nothing. */
  readonly grantsMonth: number | null;
  /** Forfeit what is left of allowances: those that are over, or all of them. */
  readonly forfeits: 'expired' | 'all';
  /** What is left of this month's allowances is counted anew under the new plan, or stays. */
  readonly carriesOver: AllowanceMode | null;
  /**
   * Calendar-month quotas: from this month on the plan's; the same, but this month no less than before;
   * none from the next month on; or as they are.
   */
  readonly calendarQuotas: 'on' | 'raised' | 'off' | 'unchanged';
  readonly events: readonly SubscriptionEvent[];
}

/**
 * What happens next, when and why. Carries its own instant, so it needs no clock. The reason is shown
 * in the Temporal UI: it never holds a customer's own words.
 */
export function decideNextAction(subscription: Subscription): NextAction<SubscriptionActionKind> {
  const charge = nextOfCharge(subscription.collection, { owes: owesPayment(subscription) });
  switch (subscription.status) {
    case 'active':
      return earlierAction(charge, decideNextWhileActive(subscription));
    case 'past_due':
    case 'suspended':
      // While a charge is under way the ladder waits for it: nobody is charged twice at once.
      return decideNextWhileUnpaid(subscription, charge ?? decideNextOnLadder(subscription));
    case 'paused':
      return earlierAction(charge, decideNextWhilePaused(subscription));
    case 'ended':
      return charge ?? { kind: 'end', reason: 'the subscription ended' };
  }
}

export function owesPayment({ status }: Pick<Subscription, 'status'>): boolean {
  return status === 'past_due' || status === 'suspended';
}

type Next = NextAction<SubscriptionActionKind>;

/** The first one, unless the other is due earlier. */
function earlierAction(first: DueAction<SubscriptionActionKind> | null, other: Next): Next {
  if (first === null) return other;
  return isDueAction(other) && isBefore(other.at, first.at) ? other : first;
}

function decideNextWhileActive(subscription: Subscription): Next {
  return earlierAction(announceRenewal(subscription), decideNextOfPeriod(subscription));
}

function announceRenewal(subscription: Subscription): DueAction<SubscriptionActionKind> | null {
  const { cancelsAtPeriodEnd, pausesAtPeriodEnd, price, period } = subscription;
  const renews = !cancelsAtPeriodEnd && !pausesAtPeriodEnd && price.amountMicros > 0n;
  const at = renews ? nextAnnouncement(subscription) : null;
  if (at === null) return null;
  const reason = `to tell who pays when the balance does not cover the renewal on ${period.endsAt}`;
  return { kind: 'announce_renewal', at, reason };
}

function decideNextOfPeriod(subscription: Subscription): DueAction<SubscriptionActionKind> {
  const nextMonth = monthOfAnchor(subscription, subscription.allowanceMonth + 1);
  const { period, scheduledChange } = subscription;
  const withinPeriod = earlierOf(nextMonth.startsAt, period.endsAt);
  // At one instant the change comes first: what is granted or renewed then is the new plan's.
  if (scheduledChange !== null && isAtOrBefore(scheduledChange.effectiveAt, withinPeriod)) {
    const { effectiveAt, scheduledAt, target } = scheduledChange;
    return {
      kind: 'apply_scheduled_change',
      at: effectiveAt,
      reason: `${target.planCode} ${target.cycle} begins, as scheduled on ${scheduledAt}`,
    };
  }
  if (isBefore(nextMonth.startsAt, period.endsAt)) {
    const month = subscription.allowanceMonth + 2;
    return {
      kind: 'grant_allowances',
      at: nextMonth.startsAt,
      reason: `month ${month} of the ${subscription.cycle} plan begins`,
    };
  }
  return decideNextAtPeriodEnd(subscription);
}

function decideNextAtPeriodEnd(subscription: Subscription): DueAction<SubscriptionActionKind> {
  const { period, periodsBefore, cancelsAtPeriodEnd, pausesAtPeriodEnd } = subscription;
  const at = period.endsAt;
  if (cancelsAtPeriodEnd) {
    return { kind: 'end_at_period_end', at, reason: 'cancelled for the end of the paid period' };
  }
  if (pausesAtPeriodEnd) {
    return { kind: 'pause_at_period_end', at, reason: 'to pause at the end of the paid period' };
  }
  return { kind: 'renew', at, reason: `period ${periodsBefore + period.number + 2} begins` };
}

function decideNextWhilePaused({
  pausedAt,
  resumesAt,
}: Subscription): NextAction<SubscriptionActionKind> {
  const since = `paused since ${pausedAt ?? 'unknown'}`;
  if (resumesAt === null) return { kind: 'rest', reason: `${since}, until somebody resumes it` };
  return { kind: 'resume_after_pause', at: resumesAt, reason: `${since}, for a time` };
}

function decideNextWhileUnpaid({ moneyArrivedAt }: Subscription, scheduled: Next): Next {
  if (moneyArrivedAt === null) return scheduled;
  // A worker that was away finds both. What was due before the money came happens first, as it would
  // have in time: what becomes of a subscription must not depend on when somebody looked.
  if (isDueAction(scheduled) && isBefore(scheduled.at, moneyArrivedAt)) return scheduled;
  return {
    kind: 'retry_after_top_up',
    at: moneyArrivedAt,
    reason: 'money came in while a payment was owed',
  };
}

function decideNextOnLadder(subscription: Subscription): NextAction<SubscriptionActionKind> {
  const { dueSince, suspendedAt, dunning, retriesMade } = subscription;
  invariant(dueSince !== null, 'an unpaid subscription knows since when it is unpaid');
  const day = findNextRetryDay(dunning, retriesMade);
  if (subscription.status === 'past_due' && day !== null) {
    return {
      kind: 'retry_payment',
      at: addCalendarDays(dueSince, day, subscription.timeZone),
      reason: `unpaid since ${dueSince}; retry ${retriesMade + 1} of ${dunning.retryAfterDays.length}`,
    };
  }
  if (dunning.final === 'keep') {
    return { kind: 'rest', reason: 'suspended until money comes in; kept by the plan’s policy' };
  }
  invariant(suspendedAt !== null, 'a suspended subscription knows since when');
  return {
    kind: dunning.final === 'downgrade' ? 'downgrade' : 'end_unpaid',
    at: addCalendarDays(suspendedAt, dunning.endsAfterDays, subscription.timeZone),
    reason: `suspended since ${suspendedAt}; a top-up before then resumes it`,
  };
}

/** The last instant at which an unpaid subscription's charge was tried by the calendar. */
export function lastTriedAt(subscription: Subscription): Instant {
  const { dueSince, dunning, retriesMade, timeZone } = subscription;
  invariant(dueSince !== null, 'an unpaid subscription knows since when it is unpaid');
  const day = dunning.retryAfterDays[retriesMade - 1];
  return day === undefined ? dueSince : addCalendarDays(dueSince, day, timeZone);
}

/** The half-open month, counted from the anchor, in which messages and minutes last. */
export function monthOfAnchor(
  { anchorAt, timeZone }: Pick<Subscription, 'anchorAt' | 'timeZone'>,
  number: number,
): BillingPeriod {
  return computePeriod({ anchorAt, cycle: 'monthly', timeZone, number });
}

/** The period, counted from the anchor, that holds `at`: the one to pay for now, not paid so far. */
export function periodOf(subscription: Subscription, at: Instant): BillingPeriod {
  const { anchorAt, cycle, timeZone, period } = subscription;
  const found = findPeriodAt({ anchorAt, cycle, timeZone }, at);
  invariant(
    found !== null && isBefore(period.startsAt, found.startsAt),
    'a period is never paid twice, and none before it later',
  );
  return found;
}

/** A decision that moves nothing but lets expired allowances go: the start of most decisions. */
export function keepSubscription(subscription: Subscription, at: Instant): SubscriptionDecision {
  return {
    kind: 'decided',
    subscription,
    at,
    sale: null,
    grantsMonth: null,
    forfeits: 'expired',
    carriesOver: null,
    calendarQuotas: 'unchanged',
    events: [],
  };
}
