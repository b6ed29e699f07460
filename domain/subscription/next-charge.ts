/**
 * Owns: what a subscription will charge next, and when, as far as it is known today.
 * Does not own: charging it (decide-payment.ts, decide-change.ts) or warning of it (balance-warning.ts).
 * Rules: R1.02, R1.08. With tax, for that is what leaves the wallet; by today's tax, for nobody knows
 * another. A scheduled change counts on its day.
 * Example: Growth 999.00 until 1 March, Enterprise 4 999.00 scheduled for 1 March: 4 999.00 on 1 March.
 */
import { computePeriod } from '../billing-period';
import type { DunningPolicy } from '../dunning';
import { isBefore, type Instant } from '../instant';
import type { Money } from '../money';
import type { Taxation } from '../tax/taxation';
import { reanchor } from './anchor';
import { replaceTerms } from './decide-change';
import { buildPeriodSale } from './sale';
import { periodOf, type Subscription } from './subscription';

export interface NextCharge {
  readonly subscriptionId: string;
  readonly planCode: string;
  /** When it falls due; of an owed one, since when. */
  readonly at: Instant;
  /** With tax. Above zero. */
  readonly total: Money;
  readonly isOwed: boolean;
  /**
   * Who pays what the wallet lacks: nobody; the account's saved method, if it keeps one; or that method
   * is being charged for it at this moment.
   */
  readonly backing: 'nobody' | 'saved_method' | 'charge_under_way';
}

/** The next charge, or null when nothing will be charged. */
export function findNextCharge(subscription: Subscription, taxation: Taxation): NextCharge | null {
  const charge = foresee(subscription, taxation);
  return charge === null || charge.total.amountMicros <= 0n ? null : charge;
}

function foresee(subscription: Subscription, taxation: Taxation): NextCharge | null {
  const { id: subscriptionId, status, dueSince, resumesAt, planCode, dunning } = subscription;
  const name = { subscriptionId, planCode, isOwed: false, backing: backingOf(dunning) };
  switch (status) {
    case 'ended':
      return null;
    case 'paused': {
      if (resumesAt === null) return null;
      const resumed = reanchor(subscription, resumesAt);
      const { total } = buildPeriodSale(resumed, resumed.period, taxation).taxed;
      return { ...name, at: resumesAt, total };
    }
    case 'past_due':
    case 'suspended': {
      const at = dueSince ?? subscription.period.endsAt;
      const sale = buildPeriodSale(subscription, periodOf(subscription, at), taxation);
      const isUnderWay = subscription.collection.charge !== null;
      const backing = isUnderWay ? 'charge_under_way' : 'nobody';
      return { ...name, at, total: sale.taxed.total, isOwed: true, backing };
    }
    case 'active':
      return foreseeWhileActive(subscription, taxation);
  }
}

function foreseeWhileActive(subscription: Subscription, taxation: Taxation): NextCharge | null {
  const { id: subscriptionId, scheduledChange, period } = subscription;
  if (subscription.cancelsAtPeriodEnd || subscription.pausesAtPeriodEnd) return null;
  if (scheduledChange === null || isBefore(period.endsAt, scheduledChange.effectiveAt)) {
    return foreseeRenewal(subscription, taxation);
  }
  const { target, effectiveAt: at } = scheduledChange;
  const { sale, subscription: changed } = replaceTerms(subscription, target, { at, taxation });
  const total = sale?.taxed.total;
  if (total === undefined || total.amountMicros <= 0n) return foreseeRenewal(changed, taxation);
  const { planCode, dunning, changePolicy } = target;
  // Where the old plan goes on instead, nobody is charged for the new one.
  const backing = changePolicy.unpaidSchedule === 'keep_plan' ? 'nobody' : backingOf(dunning);
  return { subscriptionId, planCode, at, total, isOwed: false, backing };
}

function foreseeRenewal(subscription: Subscription, taxation: Taxation): NextCharge {
  const { id: subscriptionId, planCode, anchorAt, cycle, timeZone, period, dunning } = subscription;
  const next = computePeriod({ anchorAt, cycle, timeZone, number: period.number + 1 });
  const { total } = buildPeriodSale(subscription, next, taxation).taxed;
  const backing = backingOf(dunning);
  return { subscriptionId, planCode, at: period.endsAt, total, isOwed: false, backing };
}

function backingOf({ collection }: DunningPolicy): NextCharge['backing'] {
  return collection === 'wallet_only' ? 'nobody' : 'saved_method';
}
