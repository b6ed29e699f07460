/**
 * Owns: what is left of a month's messages and minutes when the plan changes within the month.
 * Does not own: which plan it is (decide-change.ts) or what a month grants (plan.ts).
 * Rules: R1.12 and ADR 0018: nothing is lost silently. What was used stays used. What is left loses
 * the old plan's share of the days ahead and gets the new plan's; it moves into a bucket of the new
 * plan, in the ledger and told. Who used more than that starts with nothing, and the difference is
 * remembered for the month, so that changing there and back gives nobody anything.
 * Example: 10 000 messages a month, 2 400 used, changed after half of it to 30 000 a month. Prorated:
 * 7 600 are left, less 5 000, plus 15 000: 17 600. In full: 7 600 less 10 000 plus 30 000: 27 600.
 */
import { localDateOf } from '../calendar';
import { isBefore, toEpochMs, type Instant } from '../instant';
import { forfeitBucket } from '../ledger/expiry';
import { grantUnits } from '../ledger/grant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { Bucket, LedgerState } from '../ledger/ledger-state';
import type { AllowanceGrant } from '../plan';
import { prorateUnits, remainingShare } from './proration';
import type { SubscriptionDecision, SubscriptionEvent } from './decision';
import { monthOfAnchor, type AllowanceDebts, type Subscription } from './subscription';

/** What is granted for a month from the anchor; the rest belongs to calendar months. */
const MONTHLY_ASSETS = ['call_second', 'message'] as const;
type MonthlyAsset = (typeof MONTHLY_ASSETS)[number];

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

/** What a change made of the month: an event for each kind, and what was used too much. */
export interface CarriedOver {
  readonly told: readonly SubscriptionEvent[];
  readonly debts: AllowanceDebts;
}

/** Replaces what is left of this month by what the change leaves. */
export function carryOver(
  books: Books,
  decision: SubscriptionDecision,
  months: { readonly before: readonly AllowanceGrant[]; readonly after: readonly AllowanceGrant[] },
): CarriedOver {
  const { carriesOver: mode, subscription, at } = decision;
  const debts = { ...subscription.allowanceDebts };
  const told: SubscriptionEvent[] = [];
  if (mode === null) return { told, debts };
  const month = monthOfAnchor(subscription, subscription.allowanceMonth);
  // The month is over at this very instant: nothing of it is left, and the next one is granted now.
  if (!isBefore(at, month.endsAt)) return { told, debts };
  const ahead = remainingShare(month, at, { mode: 'days', timeZone: subscription.timeZone });
  const shareOf = (grants: readonly AllowanceGrant[], asset: MonthlyAsset) =>
    mode === 'full' ? quantityOf(grants, asset) : prorateUnits(quantityOf(grants, asset), ahead);
  for (const asset of MONTHLY_ASSETS) {
    const bucket = findOwn(books.ledger, { asset, subscription, at });
    const free = bucket === undefined ? 0n : bucket.posted - bucket.held;
    const gained = shareOf(months.after, asset) - shareOf(months.before, asset);
    const rest = free - debts[asset] + gained;
    const left = atLeastZero(rest);
    debts[asset] = atLeastZero(-rest);
    if (bucket === undefined && left === 0n) continue;
    told.push(describe(asset, free, left));
    if (bucket !== undefined) {
      forfeitBucket(books.plan, books.ledger, { code: bucket.code, at, reference: bucket.code });
    }
    if (left > 0n) grantRest(books, decision, { asset, quantity: left, until: month.endsAt });
  }
  return { told, debts };
}

function atLeastZero(quantity: bigint): bigint {
  return quantity > 0n ? quantity : 0n;
}

function findOwn(
  ledger: LedgerState,
  of: { readonly asset: MonthlyAsset; readonly subscription: Subscription; readonly at: Instant },
): Bucket | undefined {
  return ledger.buckets.find(
    ({ asset, code, expiresAtMs }) =>
      asset === of.asset &&
      code.endsWith(`/${of.subscription.id}`) &&
      expiresAtMs > toEpochMs(of.at),
  );
}

function grantRest(
  { plan, ledger }: Books,
  { subscription, at }: SubscriptionDecision,
  rest: { readonly asset: MonthlyAsset; readonly quantity: bigint; readonly until: Instant },
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

function quantityOf(grants: readonly AllowanceGrant[], asset: MonthlyAsset): bigint {
  return grants.find((grant) => grant.asset === asset)?.quantity ?? 0n;
}

const UNITS: Readonly<Record<MonthlyAsset, string>> = {
  call_second: 'seconds of calls',
  message: 'messages',
};

function describe(asset: MonthlyAsset, before: bigint, after: bigint): SubscriptionEvent {
  return {
    type: 'subscription.allowances_carried_over',
    reason: `${UNITS[asset]} of this month: ${before} were left, ${after} are left under the new plan`,
    data: { asset, quantity_before: Number(before), quantity_left: Number(after) },
  };
}
