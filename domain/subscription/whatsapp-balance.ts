/**
 * Owns: what a fee brought of the WhatsApp balance, and what is left of that.
 * Does not own: granting it and taking it back (ledger/month.ts), what is credited for it (credit.ts).
 * Rules: R3.14 and ADR 0034. The balance adds up in the initial wallet, where a month's money cannot be told
 * from that of the months before: the oldest is used first. A fee brought what was granted when it was paid, and
 * the balance of each month that began since.
 * Example: 500.00 on 31 January and 500.00 on 1 February; 700.00 are left of them: 200.00 of January's 500.00,
 * all of February's.
 */
import { monthOf, nextMonth, startOfMonth, type MonthKey } from '../calendar';
import { isBefore, type Instant } from '../instant';
import { availableIn, findBucket, walletCode, type LedgerState } from '../ledger/ledger-state';
import { allowanceOf } from '../ledger/month';
import type { SubscriptionDecision } from './decision';
import { prorateUnits, remainingShare } from './proration';
import { monthOfAnchor, type Subscription } from './subscription';

/** Micros; `left` is at most `granted`, which is above zero. */
export interface BalanceLeft {
  readonly asset: 'whatsapp_balance';
  readonly month: MonthKey;
  readonly granted: bigint;
  readonly left: bigint;
}

/** What a fee brought of the balance, the newest month first. */
export function listBalanceLeft(
  ledger: LedgerState,
  subscription: Subscription,
  at: Instant,
): BalanceLeft[] {
  const { feeGrants, price, track } = subscription;
  if (track !== 'plan') return [];
  const begun = listMonthsBegun(ledger, subscription, at).map((month) => ({
    month,
    granted: allowanceOf(ledger, price.currency, month),
  }));
  const unopened = begun.filter(({ month }) => month > ledger.openMonth);
  let freeMicros = unopened.reduce((sum, { granted }) => sum + granted, freeBalance(ledger));
  const paidIn = { month: feeGrants.calendarMonth, granted: feeGrants.balanceMicros };
  return [...begun, paidIn]
    .filter(({ granted }) => granted > 0n)
    .map(({ month, granted }) => {
      const left = lesser(granted, freeMicros);
      freeMicros -= left;
      return { asset: 'whatsapp_balance', month, granted, left };
    });
}

/**
 * The balance of a decision's month: what was given and not taken back, and the new plan's part of the days ahead,
 * as of messages; where days were not credited, as much more as the new plan gives for them. Never more than the
 * larger of the two plans gives.
 */
export function balanceOfMonth(
  { subscription, at, carriesOver, settled }: SubscriptionDecision,
  month: { readonly given: bigint; readonly before: bigint; readonly after: bigint },
): bigint {
  const { given, before, after } = month;
  if (carriesOver === null || carriesOver.mode === 'full') return after > given ? after : given;
  const { timeZone, allowanceMonth } = subscription;
  const ahead = remainingShare(monthOfAnchor(subscription, allowanceMonth), at, {
    mode: carriesOver.measure,
    timeZone,
  });
  const gained = prorateUnits(after, ahead);
  const more = settled === null ? gained - prorateUnits(before, ahead) : gained;
  return more > 0n && given < after ? lesser(given + more, after) : given;
}

/** Months that began since this month's fee was paid, the newest first. */
function listMonthsBegun(
  { openMonth }: LedgerState,
  subscription: Subscription,
  at: Instant,
): MonthKey[] {
  const { timeZone, feeGrants, allowanceMonth } = subscription;
  const feeMonth = monthOfAnchor(subscription, allowanceMonth);
  const thisMonth = monthOf(at, timeZone);
  // A clock that runs ahead may have opened the month after this one.
  const newest = openMonth > thisMonth ? openMonth : thisMonth;
  const months: MonthKey[] = [];
  for (let key = nextMonth(feeGrants.calendarMonth); key <= newest; key = nextMonth(key)) {
    if (!isBefore(startOfMonth(key, timeZone), feeMonth.startsAt)) months.unshift(key);
  }
  return months;
}

function freeBalance(ledger: LedgerState): bigint {
  const wallet = findBucket(ledger, walletCode('wallet_initial'));
  return wallet === undefined ? 0n : availableIn(wallet);
}

function lesser(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
