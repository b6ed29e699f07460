/**
 * Owns: what is left of a month's messages and minutes when the plan changes within the month.
 * Does not own: which plan it is (decide-change.ts) or what a month grants (plan.ts).
 * Rules: R1.12, ADR 0018 and 0034: nothing is lost silently. What was used stays used. What is left
 * loses the old plan's share of the days ahead, as far as they were credited, and gets the new plan's; it
 * moves into a bucket of the new plan, in the ledger and told. Where nothing was credited, who used more
 * than that starts with nothing, and the difference is remembered for the month, so that changing there
 * and back gives nobody anything. Units without limit leave nothing behind: else the month would have none.
 * Example: 10 000 messages a month, 2 400 used, changed after half of it to 30 000 a month. Prorated:
 * 7 600 are left, less 5 000, plus 15 000: 17 600. In full: 7 600 less 10 000 plus 30 000: 27 600. With
 * all 10 000 used nothing was credited, nothing is taken, and 15 000 are left.
 */
import type { BillingPeriod } from '../billing-period';
import { localDateOf } from '../calendar';
import { isBefore, type Instant } from '../instant';
import { forfeitBucket } from '../ledger/expiry';
import { grantUnits } from '../ledger/grant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import { isWithoutLimit, type AllowanceGrant } from '../plan';
import { ANCHOR_ASSETS, findOwnBucket, freeIn, type AnchorAsset } from './allowances-left';
import { prorateUnits, remainingShare, type Share } from './proration';
import type { CarriesOver, SubscriptionDecision, SubscriptionEvent } from './decision';
import {
  hasFreeGrant,
  monthOfAnchor,
  type AllowanceDebts,
  type Subscription,
} from './subscription';

interface Books {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/** The bucket a month's allowance lies in. After a change its code says the how manieth plan it is. */
export function allowanceCode(
  { id, changesMade, timeZone }: Subscription,
  asset: string,
  startsAt: Instant,
): string {
  const startsOn = localDateOf(startsAt, timeZone);
  const edition = changesMade === 0 ? '' : `${changesMade}/`;
  return `plan/${asset}/${startsOn}/${edition}${id}`;
}

/** The bucket the rest of a month lies in after a change: a month may begin later on the same day. */
function restCode({ id, changesMade, timeZone }: Subscription, asset: string, at: Instant): string {
  return `plan/${asset}/${localDateOf(at, timeZone)}/rest-${changesMade}/${id}`;
}

/** What a change made of the month: an event for each kind, what was used too much, what it granted. */
export interface CarriedOver {
  readonly told: readonly SubscriptionEvent[];
  readonly debts: AllowanceDebts;
  readonly granted: Readonly<Record<AnchorAsset, bigint>>;
}

/** Replaces what is left of this month by what the change leaves. */
export function carryOver(
  books: Books,
  decision: SubscriptionDecision,
  months: { readonly before: readonly AllowanceGrant[]; readonly after: readonly AllowanceGrant[] },
): CarriedOver {
  const { carriesOver, settled, subscription, at } = decision;
  const debts = { ...subscription.allowanceDebts };
  const { call_second, message } = subscription.feeGrants.units;
  const granted = { call_second, message };
  const told: SubscriptionEvent[] = [];
  if (carriesOver === null) return { told, debts, granted };
  const month = monthOfAnchor(subscription, subscription.allowanceMonth);
  // The month is over at this very instant: nothing of it is left, and the next one is granted now.
  if (!isBefore(at, month.endsAt)) return { told, debts, granted };
  const { timeZone } = subscription;
  const ahead = remainingShare(month, at, { mode: carriesOver.measure, timeZone });
  const after = isFreeElsewhere(subscription, month, at) ? [] : months.after;
  for (const asset of ANCHOR_ASSETS) {
    const bucket = findOwnBucket(books.ledger, { asset, subscription, at });
    const free = freeIn(bucket);
    const old = { month: quantityOf(months.before, asset), ofFee: granted[asset], free };
    const taken = unitsTaken(old, ahead, { ...carriesOver, settled });
    const gained = unitsGained(quantityOf(after, asset), ahead, carriesOver);
    const rest = free - debts[asset] - taken + gained;
    const left = atLeastZero(rest);
    debts[asset] = atLeastZero(-rest);
    granted[asset] = grantedAfter(old, { taken, gained }, carriesOver);
    if (bucket === undefined && left === 0n) continue;
    told.push(describe(asset, free, left));
    if (bucket !== undefined) {
      forfeitBucket(books.plan, books.ledger, { code: bucket.code, at, reference: bucket.code });
    }
    if (left > 0n) grantRest(books, decision, { asset, quantity: left, until: month.endsAt });
  }
  return { told, debts, granted };
}

/** Of one kind: what a month of the old plan grants, what its fee was granted, and what is left. */
interface OldUnits {
  readonly month: bigint;
  readonly ofFee: bigint;
  readonly free: bigint;
}

/**
 * What the old plan's units lose. Where days were credited, the same part of what the fee was granted; in
 * `full`, the whole month less what was not credited of the days ahead. Else the days ahead, or the month.
 */
function unitsTaken(
  old: OldUnits,
  ahead: Share,
  { mode, settled }: Pick<CarriesOver, 'mode'> & Pick<SubscriptionDecision, 'settled'>,
): bigint {
  if (isWithoutLimit(old.month)) return old.free;
  if (settled === null) return mode === 'full' ? old.month : prorateUnits(old.month, ahead);
  const { share, ofMonth } = settled;
  if (mode === 'prorated') return prorateUnits(old.ofFee, share);
  const kept = {
    numerator: ahead.numerator * share.denominator - share.numerator * ofMonth,
    denominator: ahead.denominator * share.denominator,
  };
  return old.month - prorateUnits(old.month, kept);
}

/** What the fee was granted, once the change is made. Units that an earlier fee left over are no part of it. */
function grantedAfter(
  old: OldUnits,
  { taken, gained }: { readonly taken: bigint; readonly gained: bigint },
  { isPaidAnew }: CarriesOver,
): bigint {
  if (isPaidAnew || isWithoutLimit(old.month)) return gained;
  return atLeastZero(old.ofFee - taken + gained);
}

/**
 * Within one month what was used is known, and counted. What another anchor granted for nothing is not
 * granted again.
 */
function isFreeElsewhere(subscription: Subscription, month: BillingPeriod, at: Instant): boolean {
  return hasFreeGrant(subscription, at) && subscription.feeGrants.freeUntil !== month.endsAt;
}

function unitsGained(quantity: bigint, ahead: Share, { mode }: CarriesOver): bigint {
  return mode === 'full' ? quantity : prorateUnits(quantity, ahead);
}

function atLeastZero(quantity: bigint): bigint {
  return quantity > 0n ? quantity : 0n;
}

function grantRest(
  { plan, ledger }: Books,
  { subscription, at }: SubscriptionDecision,
  rest: { readonly asset: AnchorAsset; readonly quantity: bigint; readonly until: Instant },
): void {
  const { asset, quantity, until } = rest;
  const code = restCode(subscription, asset, at);
  grantUnits(plan, ledger, {
    code,
    asset,
    source: 'plan_quota',
    quantity,
    startsAt: at,
    expiresAt: until,
    at,
    reference: code,
  });
}

function quantityOf(grants: readonly AllowanceGrant[], asset: AnchorAsset): bigint {
  return grants.find((grant) => grant.asset === asset)?.quantity ?? 0n;
}

const UNITS: Readonly<Record<AnchorAsset, string>> = {
  call_second: 'seconds of calls',
  message: 'messages',
};

function describe(asset: AnchorAsset, before: bigint, after: bigint): SubscriptionEvent {
  return {
    type: 'subscription.allowances_carried_over',
    reason: `${UNITS[asset]} of this month: ${spell(before)} were left, ${spell(after)} are left under the new plan`,
    data: { asset, quantity_before: Number(before), quantity_left: Number(after) },
  };
}

function spell(quantity: bigint): string {
  return isWithoutLimit(quantity) ? 'any number' : String(quantity);
}
