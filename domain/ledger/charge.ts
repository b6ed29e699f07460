/**
 * Owns: charging an account's money for something bought, and saying how much could be charged.
 * Does not own: granting (grant.ts), usage (usage.ts), prices.
 * Source: R3.13 (the initial wallet pays usage only); docs/domain/ledger.md, burn order.
 * Example: promotional 300, additional 900, charge 1,000 → parts promotional 300, additional 700; a charge
 * of 1,300 is `insufficient_balance` with 100 missing, and nothing has moved.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { burn, giveBack, type Part } from './burn';
import { alreadyHappened, type LedgerPlan, postOnce } from './ledger-plan';
import {
  availableIn,
  contraCode,
  findBucket,
  findHappened,
  type HappenedTransfer,
  type LedgerState,
  paysSales,
  walletCode,
} from './ledger-state';

/** Which bucket gave or got how much, in micros. */
export interface MoneyPart {
  readonly bucket: string;
  readonly amountMicros: bigint;
}

export type WalletOutcome =
  | {
      readonly kind: 'charged';
      readonly parts: readonly MoneyPart[];
      /** True when it had happened before under this reference: nothing moved now. */
      readonly isRepeat: boolean;
    }
  | {
      readonly kind: 'insufficient_balance';
      readonly requiredMicros: bigint;
      readonly availableMicros: bigint;
      readonly missingMicros: bigint;
    };

// Money buckets have no month, so any key covers; see `covers`.
const ANY_MONTH = '';

/**
 * Micros that something bought at this instant could be charged: money paid in and promotional money, less
 * holds. The money that a plan gives each month is for usage.
 */
export function availableMoney(ledger: LedgerState, at: Instant): bigint {
  const atMs = toEpochMs(at);
  let availableMicros = 0n;
  for (const bucket of ledger.buckets) {
    if (bucket.asset !== ledger.currency || !paysSales(bucket.source)) continue;
    if (bucket.startsAtMs > atMs || atMs >= bucket.expiresAtMs) continue;
    const free = availableIn(bucket);
    if (free > 0n) availableMicros += free;
  }
  return availableMicros;
}

/** The same less a debt: below zero when the account owes more than it has. */
export function findBalance(ledger: LedgerState, at: Instant): bigint {
  const additional = findBucket(ledger, walletCode('wallet_additional'));
  const free = additional === undefined ? 0n : availableIn(additional);
  return availableMoney(ledger, at) + (free < 0n ? free : 0n);
}

/**
 * Charges money for something bought (a period, a number): promotional, then additional, to revenue.
 * All or nothing. The same reference and amount again answers the first parts and moves
 * nothing; another amount throws `conflict`. A charge of zero moves nothing and is `charged`.
 */
export function chargeMoney(
  plan: LedgerPlan,
  ledger: LedgerState,
  charge: {
    readonly amountMicros: bigint;
    readonly at: Instant;
    readonly kind: 'charge' | 'rerating';
    readonly reference: string;
    readonly reason?: string | null;
  },
): WalletOutcome {
  const { amountMicros, kind, reference } = charge;
  invariant(amountMicros >= 0n, 'a charge is not negative');
  const before = findHappened(ledger, { kind, reference });
  if (before.length > 0) {
    if (sumOf(before) !== amountMicros) throw alreadyHappened({ kind, reference });
    return { kind: 'charged', parts: before.map(toDebitPart), isRepeat: true };
  }
  const atMs = toEpochMs(charge.at);
  const availableMicros = availableMoney(ledger, charge.at);
  const parts: Part[] = [];
  const missingMicros = burn(
    ledger,
    { asset: ledger.currency, amount: amountMicros, atMs, month: ANY_MONTH, isSale: true },
    parts,
  );
  if (missingMicros > 0n) {
    giveBack(parts);
    return {
      kind: 'insufficient_balance',
      requiredMicros: amountMicros,
      availableMicros,
      missingMicros,
    };
  }
  for (const { bucket, amount } of parts) {
    postOnce(plan, ledger, {
      debit: bucket.code,
      credit: contraCode('revenue', ledger.currency),
      asset: ledger.currency,
      amount,
      kind,
      reference,
      reason: charge.reason ?? null,
      effectiveAtMs: atMs,
    });
  }
  return {
    kind: 'charged',
    parts: parts.map(({ bucket, amount }) => ({ bucket: bucket.code, amountMicros: amount })),
    isRepeat: false,
  };
}

/**
 * Takes what a payment has just brought for what it pays: additional wallet to revenue, and no other money.
 * The payment is granted in the same plan, so the bucket is left as it was found, with its holds and with
 * a debt. Repeats and conflicts as in `chargeMoney`.
 */
export function spendPayment(
  plan: LedgerPlan,
  ledger: LedgerState,
  spending: {
    readonly amountMicros: bigint;
    readonly at: Instant;
    readonly reference: string;
    readonly reason?: string | null;
  },
): { readonly kind: 'charged'; readonly isRepeat: boolean } {
  const { amountMicros, reference, reason } = spending;
  invariant(amountMicros > 0n, 'a payment that is spent is positive');
  const before = findHappened(ledger, { kind: 'charge', reference });
  if (before.length > 0) {
    if (sumOf(before) !== amountMicros) throw alreadyHappened({ kind: 'charge', reference });
    return { kind: 'charged', isRepeat: true };
  }
  const bucket = findBucket(ledger, walletCode('wallet_additional'));
  invariant(bucket !== undefined, 'every ledger has an additional wallet');
  bucket.posted -= amountMicros;
  postOnce(plan, ledger, {
    debit: bucket.code,
    credit: contraCode('revenue', ledger.currency),
    asset: ledger.currency,
    amount: amountMicros,
    kind: 'charge',
    reference,
    reason: reason ?? null,
    effectiveAtMs: toEpochMs(spending.at),
  });
  return { kind: 'charged', isRepeat: false };
}

function sumOf(transfers: readonly HappenedTransfer[]): bigint {
  return transfers.reduce((sum, transfer) => sum + transfer.amount, 0n);
}

function toDebitPart(transfer: HappenedTransfer): MoneyPart {
  return { bucket: transfer.debit, amountMicros: transfer.amount };
}
