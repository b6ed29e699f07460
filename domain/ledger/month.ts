/**
 * Owns: what a month grants: the allowances behind it, opening a month when it is first needed, closing
 * the months that have passed.
 * Does not own: which allowance a plan gives, when to close.
 * Source: R3.10–R3.14 (quotas reset with the local month, money rolls over).
 * Opening is lazy, so nobody waits for a month's end; a late event of a closed month finds no quota and
 * falls through to packages and money. An allowance of money, the WhatsApp balance, goes into the initial
 * wallet, where it adds up: no month of it is left out, however long nobody came.
 * Example: allowance 1,000 messages from 2026-10; the first event of 2026-11 opens
 * `quota/message/2026-11` with a grant of 1,000 whose reference is that very code.
 */
import { type MonthKey, monthOf, nextMonth, previousMonth, startOfMonth } from '../calendar';
import { fromEpochMs, type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { forfeitBucket } from './expiry';
import { grantMoney } from './grant';
import { fillBucket, type LedgerPlan, openBucket, postOnce } from './ledger-plan';
import {
  type Allowance,
  type Bucket,
  contraCode,
  findBucket,
  type LedgerState,
  quotaCode,
  walletCode,
} from './ledger-state';
import { settleDebt } from './settlement';

/**
 * Opens every month up to `month`: the WhatsApp balance of each, as of the month's beginning, and the quotas
 * of `month` and of the one before it, whose late events are still welcome. Months that are open already
 * are left alone.
 */
export function openMonths(
  plan: LedgerPlan,
  ledger: LedgerState,
  { month, atMs }: { readonly month: MonthKey; readonly atMs: number },
): void {
  const openedBefore = ledger.openMonth;
  if (month <= openedBefore) return;
  for (let key = nextMonth(openedBefore); key <= month; key = nextMonth(key)) {
    grantBalanceOfMonth(plan, ledger, key);
    if (key >= previousMonth(month)) openQuotas(plan, ledger, { month: key, atMs });
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
 * Sets how much of an asset each month grants, units or micros, from `fromMonth` (the local month of `at`,
 * or a later one) on; zero ends it. When that month is open already, a raise grants at once, under
 * `reference`, what is missing to the new quantity; a lower allowance waits for the next month, unless
 * `takesBack`: the price of the units was given back. So the same call again changes nothing. Money opens its
 * month: it is there in full from the start on.
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
    /** A month that is open gives back what it was granted beyond a lower allowance and nobody has used. */
    readonly takesBack?: boolean;
  },
): { readonly grantedNow: bigint } {
  const { asset, quantity, reference = plan.reference } = allowance;
  invariant(quantity >= 0n, 'an allowance is not negative');
  const atMs = toEpochMs(allowance.at);
  if (asset === ledger.currency) {
    openMonths(plan, ledger, { month: monthOf(allowance.at, ledger.timeZone), atMs });
  }
  const fromMonth = findFirstMonth(ledger, allowance);
  const open = [...new Set([fromMonth, ledger.openMonth])].filter(
    // Whoever opened a month may have had a clock ahead of this one.
    (month) => fromMonth <= month && month <= ledger.openMonth,
  );
  const granted = new Map(open.map((month) => [month, grantedIn(ledger, asset, month)]));
  noteAllowance(plan, ledger, { asset, fromMonth, quantity });
  let grantedNow = 0n;
  for (const [month, before] of granted) {
    const missing = allowanceOf(ledger, asset, month) - before;
    const bucket = findBucket(ledger, quotaCode(asset, month));
    if (bucket !== undefined && allowance.takesBack === true) {
      takeBack(plan, ledger, { bucket, excess: -missing, reference, atMs });
    }
    if (missing <= 0n) continue;
    grantQuota(plan, ledger, { asset, month, quantity: missing, reference, atMs });
    grantedNow += missing;
  }
  return { grantedNow };
}

/**
 * Undoes a part of a month's balance, as far as the initial wallet holds it free: it counts as never granted,
 * so a later raise of that month grants it again. What later months grant stays as it is.
 */
export function takeBalanceBack(
  plan: LedgerPlan,
  ledger: LedgerState,
  taking: {
    readonly month: MonthKey;
    readonly amountMicros: bigint;
    readonly at: Instant;
    readonly reference: string;
  },
): void {
  const { month, at, reference } = taking;
  const atMs = toEpochMs(at);
  openMonths(plan, ledger, { month: monthOf(at, ledger.timeZone), atMs });
  const asset = ledger.currency;
  const bucket = findBucket(ledger, walletCode('wallet_initial'));
  if (bucket === undefined) return;
  const taken = takeBack(plan, ledger, { bucket, excess: taking.amountMicros, reference, atMs });
  const later = nextMonth(month);
  const quantity = allowanceOf(ledger, asset, month) - taken;
  noteAllowance(plan, ledger, {
    asset,
    fromMonth: later,
    quantity: allowanceOf(ledger, asset, later),
  });
  noteAllowance(plan, ledger, { asset, fromMonth: month, quantity });
}

function noteAllowance(plan: LedgerPlan, ledger: LedgerState, allowance: Allowance): void {
  const { asset, fromMonth } = allowance;
  const others = ledger.allowances.filter((a) => a.asset !== asset || a.fromMonth !== fromMonth);
  ledger.allowances.splice(0, Infinity, ...others, allowance);
  const { ledgerId } = ledger;
  plan.allowances.set(`${ledgerId}|${asset}|${fromMonth}`, { ledgerId, ...allowance });
}

/** What the turn of a month did to one account. Amounts are units, or micros of its currency. */
export interface MonthTurn {
  readonly forfeited: readonly { readonly asset: string; readonly amount: bigint }[];
  readonly granted: readonly { readonly asset: string; readonly amount: bigint }[];
  readonly settledMicros: bigint;
}

/** Names what the turn to a month moves. */
export function turnReference(month: MonthKey): string {
  return `month/${month}`;
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
 * Money has no bucket of its month that says how much was given: the allowance itself does. So that of an
 * open month falls only by what is taken back, and less of it begins with the first month that is not open.
 */
function findFirstMonth(
  ledger: LedgerState,
  allowance: {
    readonly asset: string;
    readonly fromMonth: MonthKey;
    readonly quantity: bigint;
  },
): MonthKey {
  const { asset, fromMonth, quantity } = allowance;
  const { openMonth } = ledger;
  if (asset !== ledger.currency || fromMonth > openMonth) return fromMonth;
  const isLess = [fromMonth, openMonth].some((key) => quantity < allowanceOf(ledger, asset, key));
  return isLess ? nextMonth(openMonth) : fromMonth;
}

/** What an open month has granted of an asset. */
function grantedIn(ledger: LedgerState, asset: string, month: MonthKey): bigint {
  if (asset === ledger.currency) return allowanceOf(ledger, asset, month);
  return findBucket(ledger, quotaCode(asset, month))?.granted ?? 0n;
}

/**
 * A grant undone, as far as it is neither used nor held: it counts as never granted, so it can be granted again.
 * Answers how much that is.
 */
function takeBack(
  plan: LedgerPlan,
  ledger: LedgerState,
  taking: {
    readonly bucket: Bucket;
    readonly excess: bigint;
    readonly reference: string;
    readonly atMs: number;
  },
): bigint {
  const { bucket, excess, reference, atMs } = taking;
  const free = bucket.posted - bucket.held;
  const amount = excess < free ? excess : free;
  if (amount <= 0n) return 0n;
  bucket.posted -= amount;
  bucket.granted -= amount;
  postOnce(plan, ledger, {
    debit: bucket.code,
    credit: contraCode('issuance', bucket.asset),
    asset: bucket.asset,
    amount,
    kind: 'clawback',
    reference,
    effectiveAtMs: atMs,
  });
  return amount;
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
    if (asset === ledger.currency) continue;
    const quantity = allowanceOf(ledger, asset, month);
    // Named after the quota, never after the call: two calls can then not grant it twice.
    const reference = quotaCode(asset, month);
    if (quantity > 0n) grantQuota(plan, ledger, { asset, month, quantity, reference, atMs });
  }
}

function grantBalanceOfMonth(plan: LedgerPlan, ledger: LedgerState, month: MonthKey): void {
  const asset = ledger.currency;
  const quantity = allowanceOf(ledger, asset, month);
  if (quantity === 0n) return;
  const atMs = toEpochMs(startOfMonth(month, ledger.timeZone));
  const reference = quotaCode(asset, month);
  grantQuota(plan, ledger, { asset, month, quantity, reference, atMs });
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
  if (asset === ledger.currency) {
    grantMoney(plan, ledger, {
      source: 'wallet_initial',
      amountMicros: quantity,
      at: fromEpochMs(grant.atMs),
      kind: 'grant',
      reference: grant.reference,
      from: 'issuance',
      reason: `WhatsApp balance of ${month}`,
    });
    return;
  }
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

function quotaBucket({
  code,
  asset,
  month,
}: {
  readonly code: string;
  readonly asset: string;
  readonly month: MonthKey;
}): Bucket {
  return {
    code,
    asset,
    source: 'plan_quota',
    month,
    startsAtMs: -Infinity,
    expiresAtMs: Infinity,
    creditLimit: 0n,
    channels: null,
    granted: 0n,
    posted: 0n,
    held: 0n,
  };
}
