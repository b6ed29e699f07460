/**
 * Owns: monthly quotas: the allowances behind them, opening a month when it is first needed, closing
 * the months that have passed.
 * Does not own: which allowance a plan gives, time zones (the local month comes in), when to close.
 * Source: R3.10–R3.14 (quotas reset with the local month, money rolls over).
 * Opening is lazy, so nobody waits for a month's end; a late event of a closed month finds no quota and
 * falls through to packages and money.
 * Example: allowance 1,000 messages from 2026-10; the first event of 2026-11 opens
 * `quota/message/2026-11` with a grant of 1,000 whose reference is that very code.
 */
import { type MonthKey, previousMonth } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { forfeitBucket } from './expiry';
import { fillBucket, type LedgerPlan, openBucket, postOnce } from './ledger-plan';
import { type Bucket, contraCode, findBucket, type LedgerState, quotaCode } from './ledger-state';
import { settleDebt } from './settlement';

/**
 * Opens the quotas of `month`, and of the month before when nobody used it: its late events are
 * still welcome. Months that are open already are left alone.
 */
export function openMonths(
  plan: LedgerPlan,
  ledger: LedgerState,
  { month, atMs }: { readonly month: MonthKey; readonly atMs: number },
): void {
  const openedBefore = ledger.openMonth;
  if (month <= openedBefore) return;
  for (const key of [previousMonth(month), month]) {
    if (key > openedBefore) openQuotas(plan, ledger, { month: key, atMs });
  }
  ledger.openMonth = month;
  plan.months.set(ledger.ledgerId, month);
}

/** The units of an asset that a month grants: the allowance with the latest first month counts. */
export function allowanceOf(ledger: LedgerState, asset: string, month: MonthKey): bigint {
  let latest: { readonly fromMonth: MonthKey; readonly quantity: bigint } | null = null;
  for (const allowance of ledger.allowances) {
    if (allowance.asset !== asset || allowance.fromMonth > month) continue;
    if (latest === null || allowance.fromMonth > latest.fromMonth) latest = allowance;
  }
  return latest?.quantity ?? 0n;
}

/**
 * Sets how many units of an asset each month grants, from `fromMonth` (the local month of `at`, or a
 * later one) on; zero ends it. When that month is open already, a raise grants at once, under
 * `reference`, what is missing to the new quantity; a lower allowance waits for the next month, because
 * units once given are not taken back. So the same call again changes nothing.
 * The ledger must be locked by `lockLedgers`, which reads the allowances.
 */
export function setAllowance(
  plan: LedgerPlan,
  ledger: LedgerState,
  allowance: {
    readonly asset: string;
    readonly fromMonth: MonthKey;
    readonly quantity: bigint;
    readonly at: Instant;
    /** Default: the plan's. */
    readonly reference?: string;
  },
): { readonly grantedNow: bigint } {
  const { asset, fromMonth, quantity, reference = plan.reference } = allowance;
  invariant(quantity >= 0n, 'an allowance is not negative');
  const others = ledger.allowances.filter((a) => a.asset !== asset || a.fromMonth !== fromMonth);
  ledger.allowances.splice(0, Infinity, ...others, { asset, fromMonth, quantity });
  const { ledgerId } = ledger;
  plan.allowances.set(`${ledgerId}|${asset}|${fromMonth}`, {
    ledgerId,
    asset,
    fromMonth,
    quantity,
  });
  let grantedNow = 0n;
  // An event from a clock that runs ahead may have opened the month after this one.
  for (const month of new Set([fromMonth, ledger.openMonth])) {
    if (month < fromMonth || month > ledger.openMonth) continue;
    const granted = findBucket(ledger, quotaCode(asset, month))?.granted ?? 0n;
    const missing = allowanceOf(ledger, asset, month) - granted;
    if (missing <= 0n) continue;
    const atMs = toEpochMs(allowance.at);
    grantQuota(plan, ledger, { asset, month, quantity: missing, reference, atMs });
    grantedNow += missing;
  }
  return { grantedNow };
}

/** What the turn of a month did to one account. Amounts are units, or micros of its currency. */
export interface MonthTurn {
  readonly forfeited: readonly { readonly asset: string; readonly amount: bigint }[];
  readonly granted: readonly { readonly asset: string; readonly amount: bigint }[];
  readonly settledMicros: bigint;
}

/**
 * Turns an account to `month`: settles a debt, ends the quotas of the months before and opens those of
 * `month`, whatever of that its usage has not done already. Twice changes nothing (R3.07, R3.14–R3.17).
 */
export function turnMonth(
  plan: LedgerPlan,
  ledger: LedgerState,
  turn: { readonly month: MonthKey; readonly at: Instant },
): MonthTurn {
  const first = plan.transfers.length;
  // Opened first: a month that nobody used ends like any other, so that its late events find nothing.
  openMonths(plan, ledger, { month: turn.month, atMs: toEpochMs(turn.at) });
  const { forfeited } = closeMonthsBefore(plan, ledger, turn);
  const posted = plan.transfers.slice(first);
  const granted = posted.filter(
    ({ kind, reference, asset }) => kind === 'grant' && reference === quotaCode(asset, turn.month),
  );
  const settled = posted.filter(({ kind }) => kind === 'settlement');
  return {
    forfeited: forfeited.filter(({ amount }) => amount > 0n),
    granted: granted.map(({ asset, amount }) => ({ asset, amount })),
    settledMicros: settled.reduce((sum, { amount }) => sum + amount, 0n),
  };
}

/**
 * Closes every month before `month`: settles a debt, then forfeits what is left of those months' quotas
 * and closes them. What is held waits for its hold. Twice changes nothing.
 */
export function closeMonthsBefore(
  plan: LedgerPlan,
  ledger: LedgerState,
  { month, at }: { readonly month: MonthKey; readonly at: Instant },
): {
  readonly forfeited: readonly {
    readonly code: string;
    readonly asset: string;
    readonly amount: bigint;
  }[];
} {
  settleDebt(plan, ledger, { at, reference: plan.reference });
  const over = ledger.buckets.filter((bucket) => bucket.month !== null && bucket.month < month);
  return {
    forfeited: over.map(({ code, asset }) => ({
      code,
      asset,
      amount: forfeitBucket(plan, ledger, { code, at, reference: plan.reference }).forfeited,
    })),
  };
}

function openQuotas(
  plan: LedgerPlan,
  ledger: LedgerState,
  { month, atMs }: { readonly month: MonthKey; readonly atMs: number },
): void {
  for (const asset of new Set(ledger.allowances.map((allowance) => allowance.asset))) {
    const quantity = allowanceOf(ledger, asset, month);
    // Named after the quota, never after the call: two calls can then not grant it twice.
    const reference = quotaCode(asset, month);
    if (quantity > 0n) grantQuota(plan, ledger, { asset, month, quantity, reference, atMs });
  }
}

function grantQuota(
  plan: LedgerPlan,
  ledger: LedgerState,
  grant: {
    readonly asset: string;
    readonly month: MonthKey;
    readonly quantity: bigint;
    readonly reference: string;
    readonly atMs: number;
  },
): void {
  const { asset, month, quantity } = grant;
  const code = quotaCode(asset, month);
  const bucket =
    findBucket(ledger, code) ?? openBucket(plan, ledger, quotaBucket({ code, asset, month }));
  fillBucket(bucket, quantity);
  postOnce(plan, ledger, {
    debit: contraCode('issuance', asset),
    credit: code,
    asset,
    amount: quantity,
    kind: 'grant',
    reference: grant.reference,
    effectiveAtMs: grant.atMs,
  });
}

function quotaBucket(quota: {
  readonly code: string;
  readonly asset: string;
  readonly month: MonthKey;
}): Bucket {
  return {
    ...quota,
    source: 'plan_quota',
    startsAtMs: -Infinity,
    expiresAtMs: Infinity,
    creditLimit: 0n,
    channels: null,
    granted: 0n,
    posted: 0n,
    held: 0n,
  };
}
