/**
 * Owns: granting money and units into buckets, opening a bucket when it is missing.
 * Does not own: monthly quotas by allowance (month.ts), what a payment or a package is, when it ends.
 * Source: R1.01–R1.08 (a payment grants exactly once), R0.09, R3.15 (a grant settles a debt).
 * Example: top-up `top_1` of 1,000 INR → clearing/INR to wallet/additional, kind grant, reference
 * `top_1`; the same again moves nothing; 2,000 under `top_1` throws `conflict`.
 */
import { BillingError } from '../billing-error';
import type { MonthKey } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { alreadyHappened, fillBucket, type LedgerPlan, openBucket, postOnce } from './ledger-plan';
import {
  type Bucket,
  type BucketSource,
  type Contra,
  contraCode,
  findBucket,
  findHappened,
  type LedgerState,
  walletCode,
} from './ledger-state';
import { settleDebt } from './settlement';

export type MoneySource = 'wallet_initial' | 'wallet_additional' | 'promotional';

export interface MoneyGrant {
  readonly source: MoneySource;
  readonly amountMicros: bigint;
  readonly at: Instant;
  readonly kind: 'grant' | 'refund' | 'rollover' | 'rerating' | 'transfer';
  /** The payment, order or charge it is for: what makes it happen once. */
  readonly reference: string;
  /** clearing: someone paid it. issuance: we give it, so say why. revenue: a charge undone. Payable: it was owed. disputed: a dispute was won. */
  readonly from: Extract<
    Contra,
    'clearing' | 'issuance' | 'revenue' | 'partner_payable' | 'tax_payable' | 'disputed'
  >;
  readonly reason?: string | null;
  /** Promotional money may end; its bucket is `promotional/<reference>`. */
  readonly expiresAt?: Instant;
}

/**
 * Grants money, opens its bucket when it is missing, and settles a debt of the additional wallet in the
 * same plan (R3.15). The same reference and amount again moves nothing (`isRepeat`); another amount
 * throws `conflict`. Only known when the ledger was locked with this reference; PostgreSQL refuses
 * the second one in any case.
 */
export function grantMoney(
  plan: LedgerPlan,
  ledger: LedgerState,
  grant: MoneyGrant,
): { readonly kind: 'granted'; readonly settledMicros: bigint; readonly isRepeat: boolean } {
  const { kind, reference, amountMicros } = grant;
  invariant(amountMicros > 0n, 'a grant is positive');
  const code =
    grant.source === 'promotional' ? `promotional/${reference}` : walletCode(grant.source);
  const debit = contraCode(grant.from, ledger.currency);
  const before = findHappened(ledger, { kind, reference }).filter((t) => t.credit === code);
  if (before.length > 0) {
    const isSame = before.every((t) => t.debit === debit && t.amount === amountMicros);
    if (!isSame) throw alreadyHappened({ kind, reference });
    return { kind: 'granted', settledMicros: 0n, isRepeat: true };
  }
  const bucket =
    findBucket(ledger, code) ?? openBucket(plan, ledger, moneyBucket(ledger, { code, grant }));
  if (kind === 'grant') fillBucket(bucket, amountMicros);
  else bucket.posted += amountMicros;
  postOnce(plan, ledger, {
    debit,
    credit: code,
    asset: ledger.currency,
    amount: amountMicros,
    kind,
    reference,
    reason: grant.reason ?? null,
    effectiveAtMs: toEpochMs(grant.at),
  });
  const settledMicros = settleDebt(plan, ledger, { at: grant.at, reference });
  return { kind: 'granted', settledMicros, isRepeat: false };
}

export interface UnitGrant {
  /** The bucket's code: `package/pkg_9`, `quota_top_up/message/2026-11`. */
  readonly code: string;
  readonly asset: string;
  readonly source: Exclude<BucketSource, 'wallet_initial' | 'wallet_additional'>;
  readonly quantity: bigint;
  /** Null: always, or never. The end is not covered. */
  readonly startsAt: Instant | null;
  readonly expiresAt: Instant | null;
  /** Only usage of this local month draws on it. */
  readonly month?: MonthKey | null;
  /** Only messages of these channels draw on it; left out: of all. */
  readonly channels?: readonly string[] | null;
  readonly at: Instant;
  readonly reference: string;
  readonly reason?: string | null;
}

/**
 * Grants units from issuance into a bucket and opens it when it is missing. The same reference again with
 * the same data moves nothing (`isRepeat`); with other data, or into a bucket of another shape, throws
 * `conflict`.
 */
export function grantUnits(
  plan: LedgerPlan,
  ledger: LedgerState,
  grant: UnitGrant,
): { readonly kind: 'granted'; readonly isRepeat: boolean } {
  const { code, asset, quantity, reference } = grant;
  invariant(quantity > 0n, 'a grant is positive');
  const before = findHappened(ledger, { kind: 'grant', reference }).find((t) => t.credit === code);
  if (before !== undefined) {
    if (before.amount !== quantity || before.asset !== asset) {
      throw alreadyHappened({ kind: 'grant', reference });
    }
    return { kind: 'granted', isRepeat: true };
  }
  const bucket = findBucket(ledger, code) ?? openBucket(plan, ledger, unitBucket(grant));
  assertSameShape(bucket, grant);
  fillBucket(bucket, quantity);
  postOnce(plan, ledger, {
    debit: contraCode('issuance', asset),
    credit: code,
    asset,
    amount: quantity,
    kind: 'grant',
    reference,
    reason: grant.reason ?? null,
    effectiveAtMs: toEpochMs(grant.at),
  });
  return { kind: 'granted', isRepeat: false };
}

function moneyBucket(
  ledger: LedgerState,
  { code, grant }: { readonly code: string; readonly grant: MoneyGrant },
): Bucket {
  const isPromotional = grant.source === 'promotional';
  return {
    code,
    asset: ledger.currency,
    source: grant.source,
    month: null,
    startsAtMs: isPromotional ? toEpochMs(grant.at) : -Infinity,
    expiresAtMs: grant.expiresAt === undefined ? Infinity : toEpochMs(grant.expiresAt),
    creditLimit: 0n,
    channels: null,
    granted: 0n,
    posted: 0n,
    held: 0n,
  };
}

function unitBucket(grant: UnitGrant): Bucket {
  return {
    code: grant.code,
    asset: grant.asset,
    source: grant.source,
    month: grant.month ?? null,
    startsAtMs: grant.startsAt === null ? -Infinity : toEpochMs(grant.startsAt),
    expiresAtMs: grant.expiresAt === null ? Infinity : toEpochMs(grant.expiresAt),
    creditLimit: 0n,
    channels: grant.channels ?? null,
    granted: 0n,
    posted: 0n,
    held: 0n,
  };
}

function assertSameShape(bucket: Bucket, grant: UnitGrant): void {
  const wanted = unitBucket(grant);
  const isSame =
    bucket.asset === wanted.asset &&
    bucket.source === wanted.source &&
    bucket.month === wanted.month &&
    bucket.channels?.join() === wanted.channels?.join() &&
    bucket.startsAtMs === wanted.startsAtMs &&
    bucket.expiresAtMs === wanted.expiresAtMs;
  if (isSame) return;
  throw new BillingError('conflict', `the bucket "${grant.code}" exists with another shape`, {
    code: grant.code,
    reference: grant.reference,
  });
}
