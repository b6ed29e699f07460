/**
 * Owns: a new anchor: the instant a subscription's periods are counted from after its cycle changed
 * or its pause ended.
 * Does not own: when that is (decide-change.ts, decide-pause.ts).
 * Rules: periods keep counting through a subscription's life, whatever the anchor, so that each has a
 * name of its own in the ledger. A period that is still owed has number -1: the last paid one lies
 * before the anchor.
 * Example: monthly from 31 January, changed to yearly on 10 March: two periods lie before the anchor
 * 10 March, the yearly one is the third.
 */
import { computePeriod } from '../billing-period';
import { isBefore, type Instant } from '../instant';
import { closePeriod } from '../collection/collection';
import { NO_DEBTS, type Subscription } from './subscription';

/** A new anchor at an instant, its first period paid. */
export function reanchor(subscription: Subscription, at: Instant): Subscription {
  const { cycle, timeZone, price } = subscription;
  return {
    ...subscription,
    status: 'active',
    anchorAt: at,
    period: computePeriod({ anchorAt: at, cycle, timeZone, number: 0 }),
    periodsBefore: subscription.periodsBefore + subscription.period.number + 1,
    paid: price,
    paidFrom: at,
    allowanceMonth: 0,
    allowanceDebts: NO_DEBTS,
    dueSince: null,
    retriesMade: 0,
    moneyArrivedAt: null,
    suspendedAt: null,
    pausedAt: null,
    resumesAt: null,
    collection: closePeriod(subscription.collection),
  };
}

/** A new anchor at an instant whose first period is owed. */
export function reanchorUnpaid(subscription: Subscription, at: Instant): Subscription {
  const { period } = subscription;
  const isCutShort = isBefore(period.startsAt, at) && isBefore(at, period.endsAt);
  return {
    ...reanchor(subscription, at),
    period: { ...period, endsAt: isCutShort ? at : period.endsAt, number: -1 },
    paid: { ...subscription.price, amountMicros: 0n },
  };
}
