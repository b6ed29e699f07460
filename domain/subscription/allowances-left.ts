/**
 * Owns: what a fee's allowances have left in this month: what was granted for the fee, and what is neither
 * used nor held of it.
 * Does not own: the WhatsApp balance (whatsapp-balance.ts), what is credited for it (credit.ts), granting
 * (post-to-ledger.ts), the ledger (ledger/).
 * Rules: ADR 0034. Messages and minutes lie in the subscription's own buckets. Conversations and visitors
 * are the calendar month's: those of the month in which the fee was paid count as far as it found or
 * granted them, or whole where the fee pays for that month from its beginning, those of a month that began since count whole. A month nobody has touched is unused; of one
 * that has turned, what it forfeited is.
 * Example: 10 000 messages granted on 1 February, 7 400 used and 100 held: 2 500 of 10 000 are left.
 */
import { monthOf, startOfMonth, type MonthKey } from '../calendar';
import { isBefore, toEpochMs, type Instant } from '../instant';
import { findBucket, quotaCode, type Bucket, type LedgerState } from '../ledger/ledger-state';
import { allowanceOf } from '../ledger/month';
import type { Meter } from '../rating/rating-terms';
import { monthOfAnchor, type Subscription } from './subscription';
import { listBalanceLeft, type BalanceLeft } from './whatsapp-balance';

export type AllowanceAsset = Meter;

/** Granted for a month from the anchor, into buckets of the subscription's own. */
export const ANCHOR_ASSETS = ['call_second', 'message'] as const;
export type AnchorAsset = (typeof ANCHOR_ASSETS)[number];

/** Quotas of these belong to the account's calendar months. */
export const CALENDAR_ASSETS = ['wa_conversation', 'unique_visitor'] as const;
export type CalendarAsset = (typeof CALENDAR_ASSETS)[number];

/** Of whole units or of money. */
export type AllowanceLeft = UnitsLeft | BalanceLeft;

/** `left` is at most `granted`, which is above zero. */
interface UnitsLeft {
  readonly asset: AllowanceAsset;
  readonly granted: bigint;
  readonly left: bigint;
}

/** What binds a credit at `at`: the allowances that the fee of this month was paid for. */
export function listAllowancesLeft(
  ledger: LedgerState,
  subscription: Subscription,
  {
    at,
    forfeited = NOTHING_FORFEITED,
  }: {
    readonly at: Instant;
    /** What ended unused, by asset, of the quotas of the month in which the fee was paid. */
    readonly forfeited?: ReadonlyMap<string, bigint>;
  },
): AllowanceLeft[] {
  const { feeGrants } = subscription;
  const { calendarMonth: month } = feeGrants;
  const quotaOf = (asset: CalendarAsset) => {
    const ended = forfeited.get(asset);
    if (ended === undefined) return quotaLeft(ledger, { asset, month });
    return ended + freeIn(findBucket(ledger, quotaCode(asset, month)));
  };
  const ofAnchor = ANCHOR_ASSETS.map((asset) => {
    const bucket = findOwnBucket(ledger, { asset, subscription, at });
    return leftOf(asset, feeGrants.units[asset], freeIn(bucket));
  });
  const ofCalendar = CALENDAR_ASSETS.flatMap((asset) => [
    leftOf(asset, feeGrants.units[asset], quotaOf(asset)),
    leftOfNewMonth(ledger, { asset, subscription, at }),
  ]);
  const units = [...ofAnchor, ...ofCalendar].filter((allowance) => allowance !== null);
  return [...units, ...listBalanceLeft(ledger, subscription, at)];
}

const NOTHING_FORFEITED: ReadonlyMap<string, bigint> = new Map();

/** The open bucket in which the rest of this month's allowance lies. */
export function findOwnBucket(
  ledger: LedgerState,
  of: { readonly asset: AnchorAsset; readonly subscription: Subscription; readonly at: Instant },
): Bucket | undefined {
  return ledger.buckets.find(
    ({ asset, code, expiresAtMs }) =>
      asset === of.asset &&
      code.endsWith(`/${of.subscription.id}`) &&
      expiresAtMs > toEpochMs(of.at),
  );
}

/** What a calendar month's quota has left; of one that nobody has touched, all it will grant. */
export function quotaLeft(
  ledger: LedgerState,
  { asset, month }: { readonly asset: CalendarAsset; readonly month: MonthKey },
): bigint {
  const bucket = findBucket(ledger, quotaCode(asset, month));
  return bucket === undefined ? allowanceOf(ledger, asset, month) : freeIn(bucket);
}

/** What a calendar month's quota granted, used or not; of one that nobody has touched, all it will grant. */
export function quotaGranted(
  ledger: LedgerState,
  { asset, month }: { readonly asset: CalendarAsset; readonly month: MonthKey },
): bigint {
  return findBucket(ledger, quotaCode(asset, month))?.granted ?? allowanceOf(ledger, asset, month);
}

/** The quota of a calendar month that began since this month's fee was paid. */
function leftOfNewMonth(
  ledger: LedgerState,
  of: { readonly asset: CalendarAsset; readonly subscription: Subscription; readonly at: Instant },
): UnitsLeft | null {
  const { asset, subscription, at } = of;
  const { timeZone, track, feeGrants, allowanceMonth } = subscription;
  const month = monthOf(at, timeZone);
  const feeMonth = monthOfAnchor(subscription, allowanceMonth);
  const isNew =
    month > feeGrants.calendarMonth && !isBefore(startOfMonth(month, timeZone), feeMonth.startsAt);
  // A support package grants none: the quotas are the plan's.
  if (!isNew || track !== 'plan') return null;
  const bucket = findBucket(ledger, quotaCode(asset, month));
  return bucket === undefined ? null : leftOf(asset, bucket.granted, freeIn(bucket));
}

function leftOf(asset: AllowanceAsset, granted: bigint, free: bigint): UnitsLeft | null {
  if (granted <= 0n) return null;
  return { asset, granted, left: free < granted ? free : granted };
}

/** What is neither used nor held; nothing of what is closed or was never opened. */
export function freeIn(bucket: Bucket | undefined): bigint {
  return bucket === undefined ? 0n : bucket.posted - bucket.held;
}
