/**
 * Owns: collecting from a saved payment method what the wallet does not cover: whether, how much, when,
 * and what follows from the gateway's answer; the notices before a renewal.
 * Does not own: the ladder's days (dunning.ts), the state of a charge (collection.ts), paying a period
 * from the wallet (decide-payment.ts): what is collected goes into the wallet first.
 * Rules: R1.08 and ADR 0016. The wallet pays first; nothing is charged that the wallet covers by then; a
 * declined charge is a rung that failed; a method that needs a notice is charged only after it.
 * Example: 1 178.82 INR with tax are due, the wallet holds 200.00: the card is charged 978.82; it is
 * declined with `insufficient_funds`, so the subscription is past due until the next rung tries again.
 */
import { computePeriod } from '../billing-period';
import { addCalendarDays } from '../calendar';
import type { DeclineClass } from '../decline';
import { findNextRetryDay } from '../dunning';
import { addSeconds, isAtOrBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import {
  addMoney,
  compareMoney,
  formatAmount,
  roundToChargeStep,
  subtractMoney,
  type Money,
} from '../money';
import { buildTopUpTerms } from '../order';
import type { Taxation } from '../tax/taxation';
import {
  noteUnsettled,
  type ChargeCause,
  type MadeCharge,
  type PaymentNotice,
  type PlannedCharge,
  type SavedMethod,
} from '../collection/collection';
import { decideSuspension, payPeriod } from './decide-payment';
import type { Funds } from './funds';
import { buildPeriodSale, type SubscriptionSale } from './sale';
import { keepSubscription, type SubscriptionDecision, type SubscriptionEvent } from './decision';
import { owesPayment, periodOf, type Subscription } from './subscription';

/** What the gateway said. `unanswered`: nothing that can be used, so it may have happened or not. */
export type ChargeOutcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'unanswered' }
  | {
      readonly kind: 'declined';
      readonly declineCode: string;
      readonly declineClass: DeclineClass;
    };

/** What a charge brings: the sale of wallet money, taxed as a top-up is. */
export type ChargeTerms = ReturnType<typeof buildTopUpTerms>;

/** The charge to make now. Written down first, then the gateway is asked: the key is never lost. */
export interface ChargeToMake {
  readonly kind: 'ask';
  readonly subscription: Subscription;
  readonly charge: MadeCharge;
  readonly terms: ChargeTerms;
}

interface Moment {
  readonly at: Instant;
  readonly funds: Funds;
}

/** Decides what a planned charge is at its instant: needless, to be announced first, or to be made. */
export function decideCharge(
  subscription: Subscription,
  { at, funds }: Moment,
): SubscriptionDecision | ChargeToMake {
  const { charge } = subscription.collection;
  invariant(charge?.stage === 'planned', 'only a planned charge is decided about');
  const paid = paySelf(dropCharge(subscription), charge.cause, { at, funds });
  if (paid !== null) return paid;
  const sale = buildPeriodSale(subscription, periodOf(subscription, at), funds.taxation);
  const method = funds.savedMethod;
  const terms = method === null ? null : findTerms(subscription, sale, { ...funds, method });
  if (method === null || terms === null) {
    return fail(dropCharge(subscription), charge, { at, stops: false, events: [] });
  }
  return (
    announceFirst(subscription, charge, { at, method, money: terms.total }) ??
    makeCharge(subscription, charge, { method, terms, reference: sale.reference })
  );
}

/** What becomes of the subscription with the gateway's answer; `funds` hold the money if it succeeded. */
export function decideCharged(
  subscription: Subscription,
  outcome: ChargeOutcome,
  { at, funds }: Moment,
): SubscriptionDecision {
  const { collection } = subscription;
  const { charge } = collection;
  invariant(charge !== null && charge.stage !== 'planned', 'the answer is about a charge made');
  const closed = dropCharge(subscription);
  switch (outcome.kind) {
    case 'succeeded': {
      const event: SubscriptionEvent = {
        type: 'subscription.payment_collected',
        reason: `${describeMoney(charge.money)} came from the saved payment method`,
      };
      const paid = owesPayment(closed) ? paySelf(closed, charge.cause, { at, funds }) : null;
      if (paid !== null) return { ...paid, events: [event, ...paid.events] };
      return fail(closed, charge, { at, stops: false, events: [event] });
    }
    case 'declined':
      return decline(closed, charge, { at, ...outcome });
    case 'pending':
    case 'unanswered': {
      const stage = outcome.kind === 'pending' ? 'pending' : charge.stage;
      const unsettled = noteUnsettled(charge, stage);
      if (unsettled === null) return decline(closed, charge, { at, ...NO_ANSWER });
      const waiting = { ...subscription, collection: { ...collection, charge: unsettled } };
      return { ...keepSubscription(waiting, at) };
    }
  }
}

/** What follows from a gateway, or books of ours, that could not be reached: the same again, later. */
export function decideUnanswered(subscription: Subscription, moment: Moment): SubscriptionDecision {
  const { charge } = subscription.collection;
  if (charge?.stage !== 'planned')
    return decideCharged(subscription, { kind: 'unanswered' }, moment);
  const { at } = moment;
  const postponed = { ...charge, chargesAt: addSeconds(at, POSTPONED_FOR_SECONDS) };
  const { collection } = subscription;
  return keepSubscription(
    { ...subscription, collection: { ...collection, charge: postponed } },
    at,
  );
}

const POSTPONED_FOR_SECONDS = 60;

/** Looks ahead to the renewal: silent when the wallet covers it, else told, with who will pay. */
export function decideAnnouncement(
  subscription: Subscription,
  { at, funds }: Moment,
): SubscriptionDecision {
  const { anchorAt, cycle, timeZone, period, collection } = subscription;
  const number = period.number + 1;
  const next = computePeriod({ anchorAt, cycle, timeZone, number });
  const sale = buildPeriodSale(subscription, next, funds.taxation);
  const missing = findMissing(sale, funds);
  const looked = { ...subscription, collection: { ...collection, announcedAt: at } };
  const kept = keepSubscription(looked, at);
  if (missing === null) return kept;
  const method = subscription.dunning.collection === 'wallet_only' ? null : funds.savedMethod;
  if (method === null) {
    const reason = `the renewal on ${period.endsAt} is not covered: ${describeMoney(missing)} are missing`;
    return { ...kept, events: [{ type: 'subscription.renewal_not_covered', reason }] };
  }
  // The whole price: what is in the wallet now may be spent by then.
  const { total: upTo } = grossUp(funds.topUpTaxation, roundToChargeStep(sale.taxed.total, 'up'));
  const notice = { givenAt: at, methodId: method.id, upTo };
  return {
    ...kept,
    subscription: { ...looked, collection: { ...looked.collection, notice } },
    events: [buildNoticeEvent(notice, period.endsAt)],
  };
}

/** The part a wallet lacks to pay a sale, or null when it pays. */
function findMissing({ taxed }: SubscriptionSale, { availableMicros }: Funds): Money | null {
  const { amountMicros, currency } = taxed.total;
  if (amountMicros <= 0n || amountMicros <= availableMicros) return null;
  return { amountMicros: amountMicros - availableMicros, currency };
}

/**
 * What the method is charged so that the wallet gets what it lacks: rounded up to what a gateway can
 * charge, with the tax a top-up bears; the rest stays in the wallet. Null when no gateway charges it.
 */
function findTerms(
  { dunning }: Subscription,
  sale: SubscriptionSale,
  funds: Funds & { readonly method: SavedMethod },
): ChargeTerms | null {
  const missing = findMissing(sale, funds);
  if (missing === null) return null;
  const { total } = sale.taxed;
  const isWhole = dunning.collection === 'whole_price' && compareMoney(missing, total) < 0;
  const wanted = roundToChargeStep(isWhole ? total : missing, 'up');
  const { min, max } = funds.method;
  const terms = grossUp(funds.topUpTaxation, compareMoney(wanted, min) < 0 ? min : wanted);
  return compareMoney(terms.total, max) > 0 ? null : terms;
}

/** Where prices include the tax a wallet gets less than is paid: the least amount that leaves `net`. */
function grossUp(taxation: Taxation, net: Money): ChargeTerms {
  let amount = net;
  for (let tries = 0; tries < GROSS_UPS_MAX; tries += 1) {
    const terms = buildTopUpTerms(taxation, amount);
    if (compareMoney(terms.sale.subtotal, net) >= 0) return terms;
    const shortfall = subtractMoney(net, terms.sale.subtotal);
    amount = roundToChargeStep(addMoney(amount, shortfall), 'up');
  }
  throw new RangeError('the tax takes more than is paid');
}

/** Each time the shortfall shrinks to the share the tax has of a price: this is far more than enough. */
const GROSS_UPS_MAX = 100;

/** The notice a method needs before it is charged, when that was not given in time; null when it was. */
function announceFirst(
  subscription: Subscription,
  charge: PlannedCharge,
  facts: { readonly at: Instant; readonly method: SavedMethod; readonly money: Money },
): SubscriptionDecision | null {
  const { at, method, money } = facts;
  if (method.noticeHours === 0) return null;
  const { collection } = subscription;
  const given = collection.notice;
  const isFit =
    given !== null && given.methodId === method.id && compareMoney(money, given.upTo) <= 0;
  const notice: PaymentNotice = isFit ? given : { givenAt: at, methodId: method.id, upTo: money };
  const chargesAt = addSeconds(notice.givenAt, method.noticeHours * 3_600);
  if (isAtOrBefore(chargesAt, at)) return null;
  const waiting = { ...collection, notice, charge: { ...charge, chargesAt } };
  return {
    ...keepSubscription({ ...subscription, collection: waiting }, at),
    events: isFit ? [] : [buildNoticeEvent(notice, chargesAt)],
  };
}

function makeCharge(
  subscription: Subscription,
  { cause, chargesAt }: PlannedCharge,
  facts: {
    readonly method: SavedMethod;
    readonly terms: ChargeTerms;
    readonly reference: string;
  },
): ChargeToMake {
  const { method, terms, reference } = facts;
  const { collection } = subscription;
  const chargesMade = collection.chargesMade + 1;
  const charge: MadeCharge = {
    stage: 'asked',
    cause,
    chargesAt,
    methodId: method.id,
    gateway: method.gateway,
    money: terms.total,
    reference,
    key: `${reference}/try/${chargesMade}`,
    checksMade: 0,
  };
  const asked = { ...subscription, collection: { ...collection, chargesMade, charge } };
  return { kind: 'ask', subscription: asked, charge, terms };
}

/** Pays the period from the wallet, told as what the charge was for; null when it does not cover it. */
function paySelf(
  subscription: Subscription,
  cause: ChargeCause,
  { at, funds }: Moment,
): SubscriptionDecision | null {
  const paid = payPeriod(subscription, at, funds);
  if (paid === null) return null;
  return cause === 'renewal'
    ? paid('subscription.renewed', 'is paid')
    : paid('subscription.resumed', 'is paid; service goes on');
}

/** Nobody waits longer for a gateway that was asked for days: the next rung tries anew. */
const NO_ANSWER = { declineCode: 'payment_timed_out', declineClass: 'technical' } as const;

const WORDS: Readonly<Record<DeclineClass, string>> = {
  hard: 'the saved payment method will not pay any more; another one is needed',
  needs_customer:
    'the saved payment method needs its owner: it wants a confirmation or new details',
  soft: 'the saved payment method was declined this time; it may pay later',
  technical: 'the bank could not be reached in time; nobody looked at the payment',
};

function decline(
  closed: Subscription,
  charge: MadeCharge,
  facts: {
    readonly at: Instant;
    readonly declineCode: string;
    readonly declineClass: DeclineClass;
  },
): SubscriptionDecision {
  const { at, declineCode, declineClass } = facts;
  const reason = `${describeMoney(charge.money)} were not paid: ${WORDS[declineClass]} (${declineCode})`;
  const events: SubscriptionEvent[] = [{ type: 'subscription.payment_declined', reason }];
  const stops = declineClass === 'hard' && closed.dunning.stopsOnHardDecline;
  return fail(closed, charge, { at, stops, events });
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
  return { ...subscription, collection: { ...subscription.collection, charge: null } };
}

function buildNoticeEvent({ upTo }: PaymentNotice, chargesAt: Instant): SubscriptionEvent {
  const reason = `at most ${describeMoney(upTo)} will be charged to the saved payment method at ${chargesAt}`;
  return { type: 'subscription.payment_notice', reason };
}

function describeMoney(money: Money): string {
  return `${formatAmount(money)} ${money.currency}`;
}
