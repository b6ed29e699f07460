/**
 * Owns: taking an amount out of buckets in burn order, units first and money for the rest, and giving
 * it back when the rest cannot be paid.
 * Does not own: which buckets an account has, where prices come from, what the parts are posted as.
 * Source: R0.13 (burn order), R0.14 (falls through to the next package, then to money), R0.15.
 * Example: 3 messages wanted, quota has 2, package has 10 → parts quota 2, package 1, nothing missing.
 */
import type { MonthKey } from '../calendar';
import type { PlannedHold } from './ledger-plan';
import { availableIn, type Bucket, covers, type LedgerState, paysSales } from './ledger-state';

export interface Part {
  readonly bucket: Bucket;
  amount: bigint;
  /** It was reserved for this; given back, it is held again. */
  readonly hold?: PlannedHold;
}

export interface Want {
  readonly asset: string;
  readonly amount: bigint;
  readonly atMs: number;
  readonly month: MonthKey;
  /** Of a message: units that are bound to other channels do not pay for it. */
  readonly channel?: string | null;
  /** Something bought and no usage: the money a plan gives is not for that. */
  readonly isSale?: boolean;
}

/**
 * Takes up to `want.amount` from the buckets that cover the instant, in burn order. Adds to `parts`
 * and answers what is still missing.
 */
export function burn({ buckets }: Pick<LedgerState, 'buckets'>, want: Want, parts: Part[]): bigint {
  let missing = want.amount;
  for (const bucket of buckets) {
    if (missing === 0n) break;
    if (bucket.asset !== want.asset || !covers(bucket, want.atMs, want.month)) continue;
    if (!isMeantFor(bucket, want)) continue;
    const free = availableIn(bucket);
    if (free <= 0n) continue;
    const amount = free < missing ? free : missing;
    draw(bucket, amount, parts);
    missing -= amount;
  }
  return missing;
}

function isMeantFor({ source, channels }: Bucket, { channel, isSale }: Want): boolean {
  if (channels !== null) return channels.includes(channel ?? '');
  return isSale !== true || paysSales(source);
}

/** Takes from one bucket, whatever it holds. One part per bucket, so that an event explains itself. */
export function draw(bucket: Bucket, amount: bigint, parts: Part[]): void {
  bucket.posted -= amount;
  const part = parts.find((known) => known.bucket === bucket && known.hold === undefined);
  if (part === undefined) parts.push({ bucket, amount });
  else part.amount += amount;
}

/** Undoes `burn` and `draw`: after a refusal nothing has moved. */
export function giveBack(parts: readonly Part[]): void {
  for (const { bucket, amount, hold } of parts) {
    bucket.posted += amount;
    if (hold === undefined) continue;
    bucket.held += amount;
    hold.remaining += amount;
    hold.captured -= amount;
  }
}

const E10_PER_MICRO = 10_000n;

/** Micros for `quantity` units at a price in 1e-10 of the currency per unit; half up, once. */
export function priceOf(unitPrice: bigint, quantity: bigint): bigint {
  return (unitPrice * quantity + E10_PER_MICRO / 2n) / E10_PER_MICRO;
}

export interface Purchase extends Omit<Payment, 'amount'> {
  readonly asset: string;
  readonly quantity: bigint;
  /** In 1e-10 of the currency per unit; null: units only (on_exhausted = block). */
  readonly unitPrice: bigint | null;
}

export interface Payment {
  /** Micros. */
  readonly amount: bigint;
  readonly atMs: number;
  readonly month: MonthKey;
  /** It already happened: what nobody can pay becomes a debt of the additional wallet (R3.15). */
  readonly mayOverdraw: boolean;
}

export interface Unpaid {
  readonly reason: 'quota_exhausted' | 'insufficient_balance';
  /** Units, or micros. */
  readonly missing: bigint;
}

/**
 * Pays for units: the units themselves first, money for those that no bucket covers (R0.14). Adds to
 * `parts`; answers what could not be paid, or null. The caller gives the parts back then.
 */
export function payUnits(
  ledger: LedgerState,
  { asset, quantity, unitPrice, atMs, month, mayOverdraw }: Purchase,
  parts: Part[],
): Unpaid | null {
  const uncovered = burn(ledger, { asset, amount: quantity, atMs, month }, parts);
  if (uncovered === 0n) return null;
  if (unitPrice === null) {
    return mayOverdraw ? null : { reason: 'quota_exhausted', missing: uncovered };
  }
  return payMoney(
    ledger,
    { amount: priceOf(unitPrice, uncovered), atMs, month, mayOverdraw },
    parts,
  );
}

/** Pays micros for usage. Adds to `parts`; answers what could not be paid, or null. */
export function payMoney(
  ledger: LedgerState,
  { amount, atMs, month, mayOverdraw }: Payment,
  parts: Part[],
): Unpaid | null {
  const owed = burn(ledger, { asset: ledger.currency, amount, atMs, month }, parts);
  if (owed === 0n) return null;
  const debtor = ledger.buckets.find((bucket) => bucket.source === 'wallet_additional');
  if (!mayOverdraw || debtor === undefined) {
    return { reason: 'insufficient_balance', missing: owed };
  }
  draw(debtor, owed, parts);
  return null;
}
