/**
 * Owns: collecting from a saved payment method what the wallet does not cover: whether, how much, when,
 * and what follows from the gateway's answer; the notices before a renewal.
 * Does not own: the retry schedule's days (dunning.ts), the state of a charge (collection.ts), paying a period
 * from the wallet (decide-payment.ts): what is collected goes into the wallet first.
 * Rules: R1.08 and ADR 0016. The wallet pays first; nothing is charged that the wallet covers by then; a
 * declined charge is a rung that failed; a method that needs a notice is charged only after it.
 * Example: 1 178.82 INR with tax are due, the wallet holds 200.00: the card is charged 978.82; it is
 * declined with `insufficient_funds`, so the subscription is past due until the next rung tries again.
 */
import { computePeriod } from '../billing-period';
import { addCalendarDays } from '../calendar';
import { findChargeTerms, findMissing, grossUp } from '../collection/charge-terms';
import {
  noticeAttempt,
  describeCollected,
  describeDecline,
  describeNotice,
  dropAttempt,
  makeAttempt,
  postponeAttempt,
  settleAttempt,
  type ChargeDecline,
  type ChargeOutcome,
  type ChargeToMake,
} from '../collection/charge-attempt';
import type { ChargeCause, MadeCharge } from '../collection/collection';
import { linkAboveCeiling, linkAfterDecline, type PayLink } from '../collection/pay-link';
import { findNextRetryDay } from '../dunning';
import { isAtOrBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import { describeMoney, formatAmount, roundToChargeStep } from '../money';
import { decideSuspension, payPeriod } from './decide-payment';
import { keepSubscription, type SubscriptionDecision, type SubscriptionEvent } from './decision';
import type { Funds } from './funds';
import { buildPeriodSale } from './sale';
import { owesPayment, periodOf, type Subscription } from './subscription';

interface MomentOfPayment {
  readonly at: Instant;
  readonly funds: Funds;
}

/** Decides what a planned charge is at its instant: needless, to be announced first, or to be made. */
export function decideCharge(
  subscription: Subscription,
  { at, funds }: MomentOfPayment,
): SubscriptionDecision | ChargeToMake {
  const { charge } = subscription.collection;
  invariant(charge?.stage === 'planned', 'only a planned charge is decided about');
  const paid = paySelf(dropCharge(subscription), charge.cause, { at, funds });
  if (paid !== null) return paid;
  const sale = buildPeriodSale(subscription, periodOf(subscription, at), funds.taxation);
  const method = funds.savedMethod;
  const { dunning, collection } = subscription;
  const mode = dunning.collection;
  const terms = method === null ? null : findChargeTerms(sale.total, { ...funds, mode, method });
  const payLink = linkAboveCeiling(method, terms);
  if (method === null || terms === null || payLink !== null) {
    return { ...fail(dropCharge(subscription), charge, { at, stops: false, events: [] }), payLink };
  }
  const waiting = noticeAttempt(collection, charge, { at, method, money: terms.total });
  if (waiting !== null) {
    const announced = { ...subscription, collection: waiting.collection };
    return { ...keepSubscription(announced, at), events: toNoticeEvents(waiting.told) };
  }
  return makeAttempt(collection, charge, { method, terms, reference: sale.reference });
}

/** What becomes of the subscription with the gateway's answer; `funds` hold the money if it succeeded. */
export function decideCharged(
  subscription: Subscription,
  outcome: ChargeOutcome,
  { at, funds }: MomentOfPayment,
): SubscriptionDecision {
  const settled = settleAttempt(subscription.collection, outcome);
  const closed = dropCharge(subscription);
  switch (settled.kind) {
    case 'succeeded': {
      const { charge } = settled;
      const told = describeCollected(charge);
      const event: SubscriptionEvent = { type: 'subscription.payment_collected', ...told };
      const paid = owesPayment(closed) ? paySelf(closed, charge.cause, { at, funds }) : null;
      if (paid !== null) return { ...paid, events: [event, ...paid.events] };
      return fail(closed, charge, { at, stops: false, events: [event] });
    }
    case 'declined': {
      const { charge, declined } = settled;
      const payLink = findLinkAfter(closed, declined, { at, funds });
      return { ...decline(closed, charge, { at, declined }), payLink };
    }
    case 'waiting':
      return keepSubscription({ ...subscription, collection: settled.collection }, at);
  }
}

/** What follows from a gateway, or books of ours, that could not be reached: the same again, later. */
export function decideUnanswered(
  subscription: Subscription,
  moment: MomentOfPayment,
): SubscriptionDecision {
  const { charge } = subscription.collection;
  if (charge?.stage !== 'planned')
    return decideCharged(subscription, { kind: 'unanswered' }, moment);
  const collection = postponeAttempt(subscription.collection, charge);
  return keepSubscription({ ...subscription, collection }, moment.at);
}

/** Looks ahead to the renewal: silent when the wallet covers it, else told, with who will pay. */
export function decideReminder(
  subscription: Subscription,
  { at, funds }: MomentOfPayment,
): SubscriptionDecision {
  const { anchorAt, cycle, timeZone, period, collection } = subscription;
  const number = period.number + 1;
  const next = computePeriod({ anchorAt, cycle, timeZone, number });
  const sale = buildPeriodSale(subscription, next, funds.taxation);
  const missing = findMissing(sale.total, funds.availableMicros);
  const looked = { ...subscription, collection: { ...collection, announcedAt: at } };
  const kept = keepSubscription(looked, at);
  if (missing === null) return kept;
  const mode = subscription.dunning.collection;
  const method = mode === 'wallet_only' ? null : funds.savedMethod;
  const terms = method && findChargeTerms(sale.total, { ...funds, mode, method });
  const link = linkAboveCeiling(method, terms);
  if (method === null || link !== null) {
    const why = link === null ? '' : `; ${link.reason}, who will get a payment link`;
    const reason = `the renewal on ${period.endsAt} is not covered: ${describeMoney(missing)} are missing${why}`;
    const told = { missing_amount: formatAmount(missing) };
    return { ...kept, events: [{ type: 'subscription.renewal_not_covered', reason, data: told }] };
  }
  // The whole price: what is in the wallet now may be spent by then.
  const { total: upTo } = grossUp(funds.topUpTaxation, roundToChargeStep(sale.total, 'up'));
  const notice = { givenAt: at, methodId: method.id, upTo };
  return {
    ...kept,
    subscription: { ...looked, collection: { ...looked.collection, notice } },
    events: toNoticeEvents(describeNotice(notice, period.endsAt)),
  };
}

/** Pays the period from the wallet, told as what the charge was for; null when it does not cover it. */
function paySelf(
  subscription: Subscription,
  cause: ChargeCause,
  { at, funds }: MomentOfPayment,
): SubscriptionDecision | null {
  const paid = payPeriod(subscription, at, funds);
  if (paid === null) return null;
  return cause === 'renewal'
    ? paid('subscription.renewed', 'is paid')
    : paid('subscription.resumed', 'is paid; service goes on');
}

function decline(
  closed: Subscription,
  charge: MadeCharge,
  { at, declined }: { readonly at: Instant; readonly declined: ChargeDecline },
): SubscriptionDecision {
  const told = describeDecline(charge, declined);
  const events: SubscriptionEvent[] = [{ type: 'subscription.payment_declined', ...told }];
  const stops = declined.declineClass === 'hard' && closed.dunning.stopsOnHardDecline;
  return fail(closed, charge, { at, stops, events });
}

/** What its owner is asked to pay after a decline; null: nothing is owed, or that would not help. */
function findLinkAfter(
  closed: Subscription,
  declined: ChargeDecline,
  { at, funds }: MomentOfPayment,
): PayLink | null {
  const method = funds.savedMethod;
  if (method === null || !owesPayment(closed)) return null;
  const { total } = buildPeriodSale(closed, periodOf(closed, at), funds.taxation);
  const terms = findChargeTerms(total, { ...funds, mode: closed.dunning.collection, method });
  return terms && linkAfterDecline(method, terms, declined);
}

/** Nobody paid: a renewal is past due, a rung is used up, and so are those that passed meanwhile. */
function fail(
  closed: Subscription,
  { cause }: { readonly cause: ChargeCause },
  {
    at,
    stops,
    events,
  }: {
    readonly at: Instant;
    readonly stops: boolean;
    readonly events: readonly SubscriptionEvent[];
  },
): SubscriptionDecision {
  if (closed.status !== 'past_due') return { ...keepSubscription(closed, at), events };
  const counted = countRungs(closed, cause, at);
  const hasRung = findNextRetryDay(counted.dunning, counted.retriesMade) !== null;
  if (stops || !hasRung) {
    const suspended = decideSuspension(counted, at);
    return { ...suspended, events: [...events, ...suspended.events] };
  }
  const event: SubscriptionEvent =
    cause === 'renewal'
      ? {
          type: 'subscription.past_due',
          reason: 'the renewal is not paid; a top-up pays it at once',
        }
      : { type: 'subscription.payment_retried', reason: 'the price is still not paid' };
  return { ...keepSubscription(counted, at), events: [...events, event] };
}

function countRungs(closed: Subscription, cause: ChargeCause, at: Instant): Subscription {
  const { dunning, dueSince, timeZone } = closed;
  invariant(dueSince !== null, 'an unpaid subscription knows since when it is unpaid');
  let retriesMade = closed.retriesMade + (cause === 'retry' ? 1 : 0);
  for (const day of dunning.retryAfterDays.slice(retriesMade)) {
    if (isAtOrBefore(addCalendarDays(dueSince, day, timeZone), at)) retriesMade += 1;
  }
  return { ...closed, retriesMade };
}

function dropCharge(subscription: Subscription): Subscription {
  return { ...subscription, collection: dropAttempt(subscription.collection) };
}

function toNoticeEvents(told: ReturnType<typeof describeNotice> | null): SubscriptionEvent[] {
  return told === null ? [] : [{ type: 'subscription.payment_notice', ...told }];
}
