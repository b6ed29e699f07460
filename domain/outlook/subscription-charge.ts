/**
 * Owns: what a subscription will be charged next, and when, as far as it is known today.
 * Does not own: charging it (decide-payment.ts, decide-change.ts), warning of it (warning.ts).
 * Rules: R1.02, R1.08. With tax, for that is what leaves the wallet; by today's tax, for nobody knows
 * another. A scheduled change counts on its day.
 * Example: Growth 999.00 until 1 March, Enterprise 4 999.00 scheduled for 1 March: 4 999.00 on 1 March.
 */
import { computePeriod } from '../billing-period';
import type { DunningPolicy } from '../dunning';
import { isBefore } from '../instant';
import { reanchor } from '../subscription/anchor';
import { replaceTerms } from '../subscription/decide-change';
import { buildPeriodSale } from '../subscription/sale';
import { periodOf, type Subscription } from '../subscription/subscription';
import type { Taxation } from '../tax/taxation';
import type { UpcomingCharge } from './upcoming-charge';

/** The next charge, or null when nothing will be charged. */
export function findSubscriptionCharge(
  subscription: Subscription,
  taxation: Taxation,
): UpcomingCharge | null {
  const charge = foresee(subscription, taxation);
  return charge === null || charge.total.amountMicros <= 0n ? null : charge;
}

function foresee(subscription: Subscription, taxation: Taxation): UpcomingCharge | null {
  const { status, dueSince, resumesAt, dunning, collection } = subscription;
  const name = nameOf(subscription);
  switch (status) {
    case 'ended':
      return null;
    case 'paused': {
      if (resumesAt === null) return null;
      const resumed = reanchor(subscription, resumesAt);
      const { total } = buildPeriodSale(resumed, resumed.period, taxation);
      return { ...name, at: resumesAt, total, isOwed: false, backing: backingOf(dunning) };
    }
    case 'past_due':
    case 'suspended': {
      const at = dueSince ?? subscription.period.endsAt;
      const { total } = buildPeriodSale(subscription, periodOf(subscription, at), taxation);
      const backing = collection.charge === null ? 'nobody' : 'charge_under_way';
      return { ...name, at, total, isOwed: true, backing };
    }
    case 'active':
      return foreseeWhileActive(subscription, taxation);
  }
}

function foreseeWhileActive(subscription: Subscription, taxation: Taxation): UpcomingCharge | null {
  const { scheduledChange, period } = subscription;
  if (subscription.cancelsAtPeriodEnd || subscription.pausesAtPeriodEnd) return null;
  if (scheduledChange === null || isBefore(period.endsAt, scheduledChange.effectiveAt)) {
    return foreseeRenewal(subscription, taxation);
  }
  const { target, effectiveAt: at } = scheduledChange;
  const { sale, subscription: changed } = replaceTerms(subscription, target, { at, taxation });
  const total = sale?.total;
  if (total === undefined || total.amountMicros <= 0n) return foreseeRenewal(changed, taxation);
  // Where the old plan goes on instead, nobody is charged for the new one.
  const keepsPlan = target.changePolicy.unpaidSchedule === 'keep_plan';
  const backing = keepsPlan ? 'nobody' : backingOf(target.dunning);
  return { ...nameOf(changed), at, total, isOwed: false, backing };
}

function foreseeRenewal(subscription: Subscription, taxation: Taxation): UpcomingCharge {
  const { anchorAt, cycle, timeZone, period, dunning } = subscription;
  const next = computePeriod({ anchorAt, cycle, timeZone, number: period.number + 1 });
  const { total } = buildPeriodSale(subscription, next, taxation);
  const name = nameOf(subscription);
  return { ...name, at: period.endsAt, total, isOwed: false, backing: backingOf(dunning) };
}

function nameOf({ id, planCode }: Subscription) {
  return { kind: 'subscription', id, planCode } as const;
}

function backingOf({ collection }: DunningPolicy): UpcomingCharge['backing'] {
  return collection === 'wallet_only' ? 'nobody' : 'saved_method';
}
