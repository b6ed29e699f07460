/**
 * Owns: a subscription's change to another plan or cycle: now, or by a schedule when its day comes.
 * Does not own: putting a change on the schedule (decide-schedule.ts), what the parts of a price are
 * (proration.ts), how they are taxed (change-sale.ts), what becomes of allowances (carry-over.ts).
 * Rules: R1.12, R1.13 and ADR 0018. Within a cycle the anchor and the period stay: the unused days of
 * the old price are credited and the same days of the new one charged, the difference moves. Another
 * cycle starts a new anchor at the change. To a plan that costs nothing the change waits for the
 * period's end, unless it is forced. What is credited is what was paid and not refunded, for the days that
 * are left of those it was paid for. Who uses more
 * than the new plan allows keeps it, or is refused where that plan says so (ADR 0027).
 * Example: Growth 999.00 to Enterprise 4 999.00 on 15 February of a period from 1 February: 499.50
 * is credited, 2 499.50 charged, 2 000.00 leaves the wallet; on 1 March 4 999.00 is due.
 */
import { describeExcess, type LimitExcess } from '../entitlement';
import { isBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import { formatAmount } from '../money';
import type { PlanTerms } from '../plan';
import { reanchor, reanchorUnpaid } from './anchor';
import { buildChangeSale, type SaleTaxes } from './change-sale';
import { buildCredit } from './credit';
import { fallBehind, payPeriod } from './decide-payment';
import { decideSchedule, factsOfSchedule, withdrawPlans, withoutPlans } from './decide-schedule';
import { covers, type Funds } from './funds';
import { prorate, remainingShare } from './proration';
import { refuseForMoney, refuseForState, type SubscriptionRefusal } from './refusal';
import { buildSaleLine, type SubscriptionSale } from './sale';
import { keepSubscription, type SubscriptionDecision, type SubscriptionEvent } from './decision';
import type { Subscription } from './subscription';

export interface ChangeRequest {
  readonly target: PlanTerms;
  /** What is in use beyond what the target allows; left out: nothing. */
  readonly excess?: LimitExcess | null;
  /** A plan that costs nothing is taken at once and the unused days are credited. */
  readonly isForced: boolean;
}

/** Changes the plan at `now`, or refuses and changes nothing. */
export function decideChange(
  subscription: Subscription,
  { target, isForced, excess = null }: ChangeRequest,
  { now, funds }: { readonly now: Instant; readonly funds: Funds },
): SubscriptionDecision | SubscriptionRefusal {
  const refusal = refuseChange(subscription, target);
  if (refusal !== null) return refusal;
  const isPaid = subscription.status === 'active' && subscription.price.amountMicros > 0n;
  if (isPaid && target.price.amountMicros === 0n && !isForced) {
    return decideSchedule(subscription, { target, effectiveAt: subscription.period.endsAt }, now);
  }
  const overLimit = refuseExcess(target, excess);
  if (overLimit !== null) return overLimit;
  const decision = replaceTerms(subscription, target, { at: now, ...funds });
  if (decision.sale !== null && !covers(funds, decision.sale)) {
    return refuseForMoney(decision.sale);
  }
  return decision;
}

/** Why a plan cannot be changed to another one, whenever that would be; null when it can. */
export function refuseChange(
  subscription: Subscription,
  target: PlanTerms,
): SubscriptionRefusal | null {
  if (subscription.status === 'ended') {
    return refuseForState('the subscription has ended; start a new one');
  }
  if (subscription.status === 'paused') {
    return refuseForState('the subscription is paused; resume it first');
  }
  const isSame =
    target.planCode === subscription.planCode &&
    target.planVersion === subscription.planVersion &&
    target.cycle === subscription.cycle;
  if (!isSame) return null;
  const message = `the subscription is on "${target.planCode}", ${target.cycle}, already`;
  return { kind: 'refused', code: 'same_plan', message };
}

/** A change to come is not refused: less may be in use on its day. */
function refuseExcess(
  { planCode, changePolicy }: PlanTerms,
  excess: LimitExcess | null,
): SubscriptionRefusal | null {
  if (excess === null || changePolicy.overLimit !== 'refuse') return null;
  const message = describeExcess(planCode, excess);
  return { kind: 'refused', code: 'limit_reached', message, excess };
}

/** Carries out the change whose day has come. One that cannot be paid falls to the target's policy. */
export function decideScheduledChange(
  subscription: Subscription,
  at: Instant,
  funds: Funds,
): SubscriptionDecision {
  const { scheduledChange } = subscription;
  invariant(scheduledChange !== null, 'what is carried out is on the schedule');
  const { target } = scheduledChange;
  const isRenewal = at === subscription.period.endsAt && target.cycle === subscription.cycle;
  const decision = isRenewal
    ? changeWithRenewal(subscription, target, { at, funds })
    : replaceTerms(subscription, target, { at, ...funds });
  if (decision !== null && (decision.sale === null || covers(funds, decision.sale)))
    return decision;
  if (target.changePolicy.unpaidSchedule === 'keep_plan') return keepPlan(subscription, target, at);
  return isRenewal
    ? oweRenewal(subscription, target, { at, funds })
    : oweNewPlan(subscription, target, { at, funds });
}

/** The change falls on a renewal of the same cycle: the anchor stays and the new price is paid. */
function changeWithRenewal(
  subscription: Subscription,
  target: PlanTerms,
  { at, funds }: { readonly at: Instant; readonly funds: Funds },
): SubscriptionDecision | null {
  const pay = payPeriod(withTerms(subscription, target), at, funds);
  if (pay === null) return null;
  const paid = pay('subscription.renewed', 'is paid');
  const events = [...buildEvents(subscription, target, paid.sale), ...paid.events];
  return { ...paid, forfeits: 'all', calendarQuotas: 'raised', events };
}

function keepPlan(
  subscription: Subscription,
  target: PlanTerms,
  at: Instant,
): SubscriptionDecision {
  const { planCode } = subscription;
  const reason = `the wallet does not cover the change to ${target.planCode}; ${planCode} goes on`;
  return {
    ...keepSubscription(subscription, at),
    subscription: { ...subscription, scheduledChange: null },
    events: [tellFailure(target, at, reason)],
  };
}

/** The new plan's first period is owed from the renewal on. */
function oweRenewal(
  subscription: Subscription,
  target: PlanTerms,
  moment: { readonly at: Instant; readonly funds: Funds },
): SubscriptionDecision {
  const behind = fallBehind(withTerms(subscription, target), moment, 'a top-up pays it at once');
  return { ...behind, events: [describeFailure(target, moment.at), ...behind.events] };
}

/** The new plan begins unpaid at its day: what is left of the old one is credited, the rest is owed. */
function oweNewPlan(
  subscription: Subscription,
  target: PlanTerms,
  { at, funds }: { readonly at: Instant; readonly funds: Funds },
): SubscriptionDecision {
  const { proration: mode } = target.changePolicy;
  const { line: credit, settled } = buildCredit(subscription, { at, mode, ...funds });
  const owing = reanchorUnpaid(withTerms(subscription, target), at);
  const behind = fallBehind(owing, { at, funds }, 'a top-up pays it at once');
  return {
    ...behind,
    sale: credit && buildChangeSale(behind.subscription, [credit], funds),
    forfeits: 'all',
    calendarQuotas: 'off',
    settled,
    events: [describeFailure(target, at), ...behind.events],
  };
}

function describeFailure(target: PlanTerms, at: Instant): SubscriptionEvent {
  const reason = `${target.planCode} begins as scheduled, but the wallet does not cover it`;
  return tellFailure(target, at, reason);
}

function tellFailure(target: PlanTerms, effectiveAt: Instant, reason: string): SubscriptionEvent {
  const told = factsOfSchedule({ target, effectiveAt });
  return { type: 'subscription.scheduled_change_failed', reason, data: told };
}

/**
 * The subscription under other terms from `at` on, with the sale that makes it so. Whoever calls it
 * looks whether the sale is covered.
 */
export function replaceTerms(
  subscription: Subscription,
  target: PlanTerms,
  moment: ChangeMoment,
): SubscriptionDecision {
  const isInPeriod =
    subscription.status === 'active' && isBefore(moment.at, subscription.period.endsAt);
  const changed =
    isInPeriod && target.cycle === subscription.cycle
      ? changeWithinPeriod(subscription, target, moment)
      : changeWithNewAnchor(subscription, target, moment);
  return { ...changed, events: buildEvents(subscription, target, changed.sale) };
}

/** Nor does it know what will have been used by then: time alone decides what it credits. */
interface ChangeMoment extends SaleTaxes, Partial<Pick<Funds, 'allowances'>> {
  readonly at: Instant;
}

function changeWithinPeriod(
  subscription: Subscription,
  target: PlanTerms,
  { at, allowances = [], ...taxes }: ChangeMoment,
): SubscriptionDecision {
  const { period, timeZone } = subscription;
  const { proration: mode } = target.changePolicy;
  const { line: credit, settled } = buildCredit(subscription, { at, mode, allowances });
  const amount =
    mode === 'none' ? null : prorate(target.price, remainingShare(period, at, { mode, timeZone }));
  const changed: Subscription = {
    ...withTerms(subscription, target),
    paid: amount ?? subscription.paid,
    paidFrom: amount === null ? subscription.paidFrom : at,
  };
  const rest = { startsAt: at, endsAt: period.endsAt };
  const lines = [
    ...(credit === null ? [] : [credit]),
    ...(amount === null || amount.amountMicros === 0n
      ? []
      : [buildSaleLine(changed, { kind: 'proration_charge', amount, period: rest })]),
  ];
  return {
    ...keepSubscription(changed, at),
    sale: buildChangeSale(changed, lines, taxes),
    carriesOver: {
      mode: target.changePolicy.allowances,
      measure: mode === 'none' ? 'days' : mode,
      isPaidAnew: amount !== null,
    },
    calendarQuotas: 'raised',
    settled,
  };
}

function changeWithNewAnchor(
  subscription: Subscription,
  target: PlanTerms,
  { at, allowances = [], ...taxes }: ChangeMoment,
): SubscriptionDecision {
  const { proration: mode } = target.changePolicy;
  const { line: credit, settled } = buildCredit(subscription, { at, mode, allowances });
  const changed = reanchor(withTerms(subscription, target), at);
  const { period, price } = changed;
  const lines = [
    ...(credit === null ? [] : [credit]),
    ...(price.amountMicros === 0n
      ? []
      : [buildSaleLine(changed, { kind: 'plan_charge', amount: price, period })]),
  ];
  return {
    ...keepSubscription(changed, at),
    sale: buildChangeSale(changed, lines, taxes),
    grantsMonth: 0,
    forfeits: 'all',
    calendarQuotas: 'raised',
    settled,
  };
}

function withTerms(subscription: Subscription, target: PlanTerms): Subscription {
  const { planCode, planName, planVersion, cycle, price, bearsTax, dunning } = target;
  return {
    ...withoutPlans(subscription),
    planCode,
    planName,
    planVersion,
    cycle,
    price,
    bearsTax,
    dunning,
    changesMade: subscription.changesMade + 1,
  };
}

function buildEvents(
  before: Subscription,
  target: PlanTerms,
  sale: SubscriptionSale | null,
): SubscriptionEvent[] {
  const from = `${before.planCode} ${before.cycle}`;
  const to = `${target.planCode} ${target.cycle}`;
  const isScheduled = before.scheduledChange?.target === target;
  return [
    {
      type: 'subscription.changed',
      reason: `${from} becomes ${to}; ${describeMoney(sale)}`,
      data: factsOfPrevious(before),
    },
    ...withdrawPlans(isScheduled ? { ...before, scheduledChange: null } : before),
  ];
}

/** What events of a change say of the terms before it. */
export function factsOfPrevious({ planCode, cycle }: Subscription) {
  return { previous_plan_code: planCode, previous_cycle: cycle };
}

function describeMoney(sale: SubscriptionSale | null): string {
  if (sale === null || sale.total.amountMicros === 0n) return 'no money moves';
  const { amountMicros, currency } = sale.total;
  const isCharge = amountMicros > 0n;
  const amount = formatAmount({ amountMicros: isCharge ? amountMicros : -amountMicros, currency });
  return isCharge
    ? `${amount} ${currency} charged`
    : `${amount} ${currency} credited to the wallet`;
}
