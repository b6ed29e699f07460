/**
 * Owns: what a ledger looks like while it is locked: its buckets, allowances and chain head.
 * Does not own: moving anything (ledger-plan.ts and the decisions), reading or writing it (db/).
 * A LedgerState is a working copy: decisions move its balances as they go, so the next decision sees
 * what the last one left. Read it again under a new lock; never keep it after its transaction.
 * Source: docs/domain/ledger.md, R0.13 (burn order), R0.15 (half-open life).
 * Example: a bucket `package/pkg_9` of asset `message`, posted 10,000, held 200, has 9,800 available
 * from `startsAt` up to, not at, `expiresAt`.
 */
import type { MonthKey } from '../calendar';

export const BUCKET_SOURCES = [
  'plan_quota',
  'quota_top_up',
  'promotional',
  'package',
  'minute_bundle',
  'wallet_initial',
  'wallet_additional',
] as const;
export type BucketSource = (typeof BUCKET_SOURCES)[number];

/** Lower burns first; within a rank the earliest expiry, then the oldest, then the code (R0.13). */
export const BURN_RANK: Readonly<Record<BucketSource, number>> = {
  plan_quota: 0,
  quota_top_up: 1,
  promotional: 2,
  package: 2,
  minute_bundle: 2,
  wallet_initial: 3,
  wallet_additional: 4,
};

export const TRANSFER_KINDS = [
  'grant',
  'usage',
  'charge',
  'expiry',
  'rollover',
  'settlement',
  'refund',
  'clawback',
  'rerating',
  'transfer',
] as const;
export type TransferKind = (typeof TRANSFER_KINDS)[number];

/** Amounts are micros of a currency, or whole units of a meter: the asset tells which. */
export interface Bucket {
  readonly code: string;
  readonly asset: string;
  readonly source: BucketSource;
  /** Quotas have a month of the account's calendar, packages a half-open life; wallets neither. */
  readonly month: MonthKey | null;
  /** -Infinity: always. */
  readonly startsAtMs: number;
  /** Infinity: never. Moves to now when the bucket is ended early. */
  expiresAtMs: number;
  readonly creditLimit: bigint;
  /** The channels whose messages it pays for; null: of any, and everything else. */
  readonly channels: readonly string[] | null;
  /** All that was ever granted into it and not taken back: "9,800 of 10,000 left". */
  granted: bigint;
  posted: bigint;
  held: bigint;
}

export interface Allowance {
  readonly asset: string;
  readonly fromMonth: MonthKey;
  readonly quantity: bigint;
}

/** Happens as often as there is usage, or a debt with money to settle it. All else happens once. */
export type RepeatableKind = 'usage' | 'settlement';

/** A transfer that happened earlier, or earlier in this plan, under a reference the caller asked about. */
export interface HappenedTransfer {
  readonly kind: TransferKind;
  readonly reference: string;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: bigint;
}

export interface LedgerState {
  readonly ledgerId: bigint;
  readonly accountId: string;
  readonly currency: string;
  readonly timeZone: string;
  /** Who leaves less money than this in it, in micros, notes that for its auto-recharge; null: nobody asks. */
  readonly watchedMicros: bigint | null;
  /** The quotas of every month up to this one have been opened. */
  openMonth: MonthKey;
  transferCount: number;
  /** Hex of the last transfer's hash; empty before the first. */
  chainHead: string;
  /** In burn order. Closed buckets are not here. */
  readonly buckets: Bucket[];
  readonly allowances: Allowance[];
  /** What makes an operation repeatable: see `lockLedgers`. Usage and settlements are never in here. */
  readonly happened: HappenedTransfer[];
}

/** What may be drawn from a bucket, down to its credit limit. Negative when it is overdrawn. */
export function availableIn(bucket: Bucket): bigint {
  return bucket.posted - bucket.held + bucket.creditLimit;
}

/** Whether something bought can be paid from it. What a plan gives as WhatsApp balance pays usage only (R3.13). */
export function paysSales(source: BucketSource): boolean {
  return source !== 'wallet_initial';
}

/** Whether a bucket pays for something of this instant and local month. Its end is not covered (R0.15). */
export function covers(bucket: Bucket, atMs: number, month: MonthKey): boolean {
  return (
    (bucket.month === null || bucket.month === month) &&
    bucket.startsAtMs <= atMs &&
    atMs < bucket.expiresAtMs
  );
}

/** Whether a bucket will never pay again: its life or its month has passed. */
export function isOver(bucket: Bucket, atMs: number, month: MonthKey): boolean {
  return bucket.expiresAtMs <= atMs || (bucket.month !== null && bucket.month < month);
}

/** Burn order, a total order: the codes of one ledger are all different. */
export function compareBurnOrder(left: Bucket, right: Bucket): number {
  return (
    BURN_RANK[left.source] - BURN_RANK[right.source] ||
    compareNumbers(left.expiresAtMs, right.expiresAtMs) ||
    compareNumbers(left.startsAtMs, right.startsAtMs) ||
    (left.code < right.code ? -1 : 1)
  );
}

// A plain difference would be NaN between two infinities.
function compareNumbers(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

export function findBucket(ledger: LedgerState, code: string): Bucket | undefined {
  return ledger.buckets.find((bucket) => bucket.code === code);
}

/** The transfers that already happened under this reference and kind. */
export function findHappened(
  ledger: LedgerState,
  { kind, reference }: { readonly kind: TransferKind; readonly reference: string },
): HappenedTransfer[] {
  return ledger.happened.filter((t) => t.kind === kind && t.reference === reference);
}

export function quotaCode(asset: string, month: MonthKey): string {
  return `quota/${asset}/${month}`;
}

/** Units bought for one month, beside its quota. */
export function quotaTopUpCode(asset: string, month: MonthKey): string {
  return `quota_top_up/${asset}/${month}`;
}

const WALLET_CODES = {
  wallet_initial: 'wallet/initial',
  wallet_additional: 'wallet/additional',
} as const;

export function walletCode(source: 'wallet_initial' | 'wallet_additional'): string {
  return WALLET_CODES[source];
}

/** Ledger accounts that only count. They have no row and no cached balance, so nobody ever locks them. */
export type Contra =
  | 'issuance'
  | 'consumption'
  | 'revenue'
  | 'breakage'
  | 'clearing'
  | 'tax_payable'
  | 'partner_payable'
  | 'disputed';
const COUNTER_CODE =
  /^(issuance|consumption|revenue|breakage|clearing|tax_payable|partner_payable|disputed)\//;

export function contraCode(contra: Contra, asset: string): string {
  return `${contra}/${asset}`;
}

export function isContraCode(code: string): boolean {
  return COUNTER_CODE.test(code);
}
