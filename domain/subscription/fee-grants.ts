/**
 * Owns: what the fee of this month found or was granted, as it is remembered after each decision.
 * Does not own: granting it (post-to-ledger.ts), what is left of it (allowances-left.ts, whatsapp-balance.ts).
 * Rules: ADR 0034. Messages, minutes and balance count as granted: what an earlier fee had left over is no part
 * of them. Of the calendar month's conversations and visitors it is what there was; all that the month granted where
 * it began with the month that the fee pays for, however late that is paid.
 * Example: started on 10 February: 10 000 messages, 1 000 conversations and 500.00 of February. Renewed on
 * 10 March: 10 000 messages; March's conversations and balance had come with the first fee.
 */
import { monthOf, startOfMonth } from '../calendar';
import { isBefore, type Instant } from '../instant';
import type { LedgerState } from '../ledger/ledger-state';
import { allowanceOf } from '../ledger/month';
import { quotaGranted, quotaLeft, type AnchorAsset, type CalendarAsset } from './allowances-left';
import type { SubscriptionDecision } from './decision';
import { hasFreeGrant, monthOfAnchor, type FeeGrants, type Subscription } from './subscription';

/** What a decision granted at once. */
interface Granted {
  readonly units: Readonly<Record<AnchorAsset, bigint>>;
  readonly balanceMicros: bigint;
}

/** What this month's fee found or was granted, once a decision is posted. */
export function noteFeeGrants(
  ledger: LedgerState,
  decision: SubscriptionDecision,
  granted: Granted,
): FeeGrants {
  const { subscription, grantsMonth, carriesOver, at } = decision;
  if (grantsMonth === null && carriesOver?.isPaidAnew !== true) return addGrants(decision, granted);
  const { timeZone, price } = subscription;
  const month = monthOf(at, timeZone);
  const isOfFee = grantsMonth !== null && beginsWithFee(subscription, at);
  const findsQuotas = subscription.track === 'plan' && (isOfFee || bringsQuotas(decision));
  const quotaOf = (asset: CalendarAsset) => {
    if (!findsQuotas) return 0n;
    // Who pays late has used of the month already, and pays for all of it.
    return isOfFee ? quotaGranted(ledger, { asset, month }) : quotaLeft(ledger, { asset, month });
  };
  return {
    units: {
      ...granted.units,
      wa_conversation: quotaOf('wa_conversation'),
      unique_visitor: quotaOf('unique_visitor'),
    },
    balanceMicros: isOfFee ? allowanceOf(ledger, price.currency, month) : granted.balanceMicros,
    calendarMonth: month,
    freeUntil: noteFreeGrant(subscription, at),
  };
}

/** The fee goes on: what it brought so far counts, and what came now. */
function addGrants(
  { subscription, carriesOver, at }: SubscriptionDecision,
  granted: Granted,
): FeeGrants {
  const { feeGrants, timeZone } = subscription;
  const isPaidIn = feeGrants.calendarMonth === monthOf(at, timeZone);
  return {
    ...feeGrants,
    units: { ...feeGrants.units, ...granted.units },
    // Of a month that began since, all counts in any case.
    balanceMicros: feeGrants.balanceMicros + (isPaidIn ? granted.balanceMicros : 0n),
    freeUntil: carriesOver === null ? feeGrants.freeUntil : noteFreeGrant(subscription, at),
  };
}

/** A renewal brings no quota before the next calendar month: this one's came with an earlier fee. */
function bringsQuotas({ sale, grantsMonth, subscription }: SubscriptionDecision): boolean {
  return grantsMonth === null || (sale !== null && subscription.period.number === 0);
}

/** Whether the calendar month of an instant and the month that the fee pays for begin together. */
function beginsWithFee(subscription: Subscription, at: Instant): boolean {
  const { timeZone, allowanceMonth } = subscription;
  const { startsAt } = monthOfAnchor(subscription, allowanceMonth);
  return !isBefore(startOfMonth(monthOf(at, timeZone), timeZone), startsAt);
}

/** Who begins a plan that costs nothing again and again has its month once. */
function noteFreeGrant(subscription: Subscription, at: Instant): Instant | null {
  const { price, feeGrants, allowanceMonth } = subscription;
  if (price.amountMicros > 0n || hasFreeGrant(subscription, at)) return feeGrants.freeUntil;
  return monthOfAnchor(subscription, allowanceMonth).endsAt;
}
