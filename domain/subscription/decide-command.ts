/**
 * Owns: what a person, or money coming in, does to a subscription: start, cancel, resume.
 * Does not own: what time brings (decide-due.ts), changes of plan (decide-change.ts), the schedule
 * (decide-schedule.ts), pauses (decide-pause.ts).
 * Rules: R1.09 to R1.13; refused commands change nothing.
 * Example: cancelling at the period's end on 10 March with a period until 1 April serves until
 * 1 April and charges nothing more; resuming on 20 March withdraws that.
 */
import { computePeriod } from '../billing-period';
import { monthOf } from '../calendar';
import { earlierOf, laterOf, type Instant } from '../instant';
import type { PlanTerms, Track } from '../plan';
import { decideEnd } from './decide-end';
import { resumeAfterPause } from './decide-pause';
import { decideResumption } from './decide-payment';
import { withdrawPlans, withoutPlans } from './decide-schedule';
import { NOTHING_COLLECTED } from '../collection/collection';
import { covers, type Funds } from './funds';
import { giveUpPeriod } from './give-up-period';
import { planCharge } from './plan-charge';
import { refuseForMoney, refuseForState, type SubscriptionRefusal } from './refusal';
import { buildPeriodSale } from './sale';
import { keepSubscription, type SubscriptionDecision } from './decision';
import { lastTriedAt, NO_DEBTS, noGrants, periodOf, type Subscription } from './subscription';

/** Who asks for what, with the plan's terms already looked up. */
export interface StartTerms extends Omit<PlanTerms, 'changePolicy'> {
  readonly id: string;
  readonly accountId: string;
  readonly servesAccountId: string;
  readonly track: Track;
  readonly timeZone: string;
  /** Until when an earlier subscription of the account had a month for nothing; left out: none had. */
  readonly freeUntil?: Instant | null;
}

/** Starts a subscription at `now`: the first period is paid from the wallet, or nothing starts. */
export function decideStart(
  { freeUntil = null, ...terms }: StartTerms,
  { now, funds }: { readonly now: Instant; readonly funds: Funds },
): SubscriptionDecision | SubscriptionRefusal {
  const { cycle, timeZone } = terms;
  const period = computePeriod({ anchorAt: now, cycle, timeZone, number: 0 });
  const sale = buildPeriodSale({ ...terms, periodsBefore: 0 }, period, funds.taxation);
  if (!covers(funds, sale)) return refuseForMoney(sale);
  const subscription: Subscription = {
    ...terms,
    anchorAt: now,
    period,
    periodsBefore: 0,
    paid: terms.price,
    paidFrom: now,
    changesMade: 0,
    scheduledChange: null,
    allowanceMonth: 0,
    allowanceDebts: NO_DEBTS,
    feeGrants: noGrants(monthOf(now, timeZone), freeUntil),
    status: 'active',
    cancelsAtPeriodEnd: false,
    cancelReason: null,
    pausesAtPeriodEnd: false,
    pausedAt: null,
    resumesAt: null,
    dueSince: null,
    retriesMade: 0,
    moneyArrivedAt: null,
    suspendedAt: null,
    endedAt: null,
    endReason: null,
    collection: { ...NOTHING_COLLECTED, leadHours: funds.savedMethod?.noticeHours ?? 0 },
  };
  return {
    ...keepSubscription(subscription, now),
    sale,
    grantsMonth: 0,
    calendarQuotas: 'on',
    events: [
      {
        type: 'subscription.started',
        reason: `${terms.planCode} ${cycle} starts, period 1 is paid`,
      },
    ],
  };
}

export interface CancelRequest {
  readonly at: 'now' | 'period_end';
  readonly reason: string;
}

/**
 * Cancels now, with what is unused credited, or at the end of the paid period. An unpaid period gives
 * nothing to wait for.
 */
export function decideCancel(
  subscription: Subscription,
  request: CancelRequest,
  { now, funds }: { readonly now: Instant; readonly funds: Funds },
): SubscriptionDecision | SubscriptionRefusal {
  if (subscription.status === 'ended') return refuseForState('the subscription has ended');
  if (request.at === 'now' || subscription.status !== 'active') {
    return giveUpPeriod(subscription, decideEnd(subscription, now, request.reason), funds);
  }
  return {
    ...keepSubscription(subscription, now),
    subscription: {
      ...withoutPlans(subscription),
      cancelsAtPeriodEnd: true,
      cancelReason: request.reason,
    },
    events: [
      { type: 'subscription.cancellation_scheduled', reason: request.reason },
      ...withdrawPlans({ ...subscription, cancelsAtPeriodEnd: false }),
    ],
  };
}

/** Withdraws a pending cancellation or pause, ends a pause, or pays what is owed now and goes on. */
export function decideResume(
  subscription: Subscription,
  { now, funds }: { readonly now: Instant; readonly funds: Funds },
): SubscriptionDecision | SubscriptionRefusal {
  switch (subscription.status) {
    case 'ended':
      return refuseForState('the subscription has ended; start a new one');
    case 'active':
      return decideToGoOn(subscription, now);
    case 'paused':
      return resumeAfterPause(subscription, now, funds);
    case 'past_due':
    case 'suspended':
      return resumeUnpaid(subscription, now, funds);
  }
}

/** Pays what is owed: from the wallet, or with a charge of the saved method that is made at once. */
function resumeUnpaid(
  subscription: Subscription,
  now: Instant,
  funds: Funds,
): SubscriptionDecision | SubscriptionRefusal {
  const paid = decideResumption(subscription, now, funds);
  if (paid !== null) return paid;
  const { charge } = subscription.collection;
  if (charge !== null && charge.stage !== 'planned') {
    return refuseForState(
      'the saved payment method is already being charged; try again when that is done',
    );
  }
  return (
    planCharge(subscription, 'resume', { at: now, funds }) ??
    refuseForMoney(buildPeriodSale(subscription, periodOf(subscription, now), funds.taxation))
  );
}

function decideToGoOn(
  subscription: Subscription,
  now: Instant,
): SubscriptionDecision | SubscriptionRefusal {
  const { cancelsAtPeriodEnd, pausesAtPeriodEnd } = subscription;
  if (!cancelsAtPeriodEnd && !pausesAtPeriodEnd) {
    return refuseForState('the subscription is active; there is nothing to resume');
  }
  return {
    ...keepSubscription(subscription, now),
    subscription: {
      ...subscription,
      cancelsAtPeriodEnd: false,
      cancelReason: null,
      pausesAtPeriodEnd: false,
      resumesAt: null,
    },
    events: [
      cancelsAtPeriodEnd
        ? { type: 'subscription.cancellation_withdrawn', reason: 'the cancellation was withdrawn' }
        : { type: 'subscription.pause_withdrawn', reason: 'the pause was withdrawn' },
    ],
  };
}

/**
 * Notes that money came in. Only who owes a payment is woken; the earliest unserved arrival counts.
 * A payment may be recorded after a renewal it came before: it pays what is owed now, from then on.
 */
export function noteMoneyArrived(subscription: Subscription, at: Instant): Subscription | null {
  const owes = subscription.status === 'past_due' || subscription.status === 'suspended';
  if (!owes) return null;
  const arrivedAt = laterOf(at, lastTriedAt(subscription));
  return {
    ...subscription,
    moneyArrivedAt: earlierOf(subscription.moneyArrivedAt ?? arrivedAt, arrivedAt),
  };
}
