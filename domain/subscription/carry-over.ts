/**
 * Owns: what is left of a month's messages and minutes when the plan changes within the month.
 * Does not own: which plan it is (decide-change.ts) or what a month grants (plan.ts).
 * Rules: R1.12 and ADR 0013: nothing is lost silently. What was used stays used; the rest is forfeited
 * and what the policy leaves is granted into a bucket of the new plan, both in the ledger and told.
 * Example: 10 000 messages a month, 2 400 used, changed after half of it to 30 000 a month. Prorated:
 * 5 000 for the days gone by, 15 000 for the days left, 2 400 used, so 17 600 are left. Full: 27 600.
 */
import { localDateOf } from '../calendar';
import type { AllowanceMode } from '../change-policy';
import { fromEpochMs, toEpochMs, type Instant } from '../instant';
import { forfeitBucket } from '../ledger/expiry';
import { grantUnits } from '../ledger/grant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { Bucket, LedgerState } from '../ledger/ledger-state';
import type { AllowanceGrant } from '../plan';
import { elapsedShare, prorateUnits, remainingShare } from './proration';
import { monthOfAnchor, type Subscription, type SubscriptionDecision } from './subscription';

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

/** Replaces what is left of this month by what the change leaves. One sentence for each kind. */
export function carryOver(
  books: Books,
  decision: SubscriptionDecision,
  grants: readonly AllowanceGrant[],
): readonly string[] {
  const { carriesOver: mode, subscription, at } = decision;
  if (mode === null) return [];
  const month = monthOfAnchor(subscription, subscription.allowanceMonth);
  return MONTHLY_ASSETS.flatMap((asset) => {
    const quantity = grants.find((grant) => grant.asset === asset)?.quantity ?? 0n;
    const own = books.ledger.buckets.find(
      (bucket) =>
        bucket.asset === asset &&
        bucket.code.endsWith(`/${subscription.id}`) &&
        bucket.expiresAtMs > toEpochMs(at),
    );
    const left = countLeft(own, { mode, quantity, at, month, subscription });
    if (own === undefined && left === 0n) return [];
    if (own !== undefined) {
      forfeitBucket(books.plan, books.ledger, { code: own.code, at, reference: own.code });
    }
    if (left > 0n) {
      const code = allowanceCode(subscription, asset, at);
      const window = { startsAt: at, expiresAt: month.endsAt };
      const source = 'plan_quota' as const;
      grantUnits(books.plan, books.ledger, {
        ...window,
        code,
        asset,
        source,
        quantity: left,
        at,
        reference: code,
      });
    }
    return [describe(asset, own, left)];
  });
}

function countLeft(
  own: Bucket | undefined,
  change: {
    readonly mode: AllowanceMode;
    readonly quantity: bigint;
    readonly at: Instant;
    readonly month: { readonly startsAt: Instant; readonly endsAt: Instant };
    readonly subscription: Subscription;
  },
): bigint {
  const { mode, quantity, at, month } = change;
  const days = { mode: 'days', timeZone: change.subscription.timeZone } as const;
  const used = own === undefined ? 0n : usedOf(own);
  if (mode === 'full') return atLeastZero(quantity - used);
  const ahead = prorateUnits(quantity, remainingShare(month, at, days));
  if (own === undefined) return ahead;
  const window = { startsAt: fromEpochMs(own.startsAtMs), endsAt: fromEpochMs(own.expiresAtMs) };
  const gone = elapsedShare(remainingShare(window, at, days));
  return atLeastZero(prorateUnits(own.granted, gone) + ahead - used);
}

/** What is held counts as used: it was promised to somebody. */
function usedOf({ granted, posted, held }: Bucket): bigint {
  return granted - posted + held;
}

function atLeastZero(quantity: bigint): bigint {
  return quantity > 0n ? quantity : 0n;
}

const UNITS: Readonly<Record<MonthlyAsset, string>> = {
  call_second: 'seconds of calls',
  message: 'messages',
};

function describe(asset: MonthlyAsset, own: Bucket | undefined, left: bigint): string {
  const [granted, used] = own === undefined ? [0n, 0n] : [own.granted, usedOf(own)];
  return `${UNITS[asset]} of this month: ${granted} granted, ${used} used, ${left} left under the new plan`;
}
