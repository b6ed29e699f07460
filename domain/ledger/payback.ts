/**
 * Owns: money that leaves the wallet towards where it came from: paid out, or taken back.
 * Does not own: the payment's own refund at the gateway; undoing a charge (grantMoney, from revenue).
 * Source: docs/domain/ledger.md.
 * Example: a charge-back of 1,000 INR when 400 are left → wallet/additional -600, settled by the next money.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import type { WalletOutcome } from './charge';
import { alreadyHappened, type LedgerPlan, postOnce } from './ledger-plan';
import {
  type Bucket,
  contraCode,
  findBucket,
  findHappened,
  type HappenedTransfer,
  type LedgerState,
  walletCode,
} from './ledger-state';
import { settleDebt } from './settlement';

/** Micros of the additional wallet that could be paid out: neither held nor owed. */
export function availableToPayOut(ledger: LedgerState): bigint {
  const bucket = findBucket(ledger, walletCode('wallet_additional'));
  const freeMicros = bucket === undefined ? 0n : bucket.posted - bucket.held;
  return freeMicros > 0n ? freeMicros : 0n;
}

/**
 * Pays money of the additional wallet back to where it came from (wallet → clearing, kind refund). All
 * or nothing, and never what is held or owed. Repeats and conflicts as in `chargeMoney`.
 */
export function payOutMoney(
  plan: LedgerPlan,
  ledger: LedgerState,
  payout: {
    readonly amountMicros: bigint;
    readonly at: Instant;
    readonly reference: string;
    readonly reason?: string | null;
  },
): WalletOutcome {
  const { amountMicros, reference } = payout;
  const code = walletCode('wallet_additional');
  const bucket = findBucket(ledger, code);
  const freeMicros = availableToPayOut(ledger);
  const before = repeatOf(ledger, { kind: 'refund', reference, debit: code, amountMicros });
  if (before === undefined && (bucket === undefined || freeMicros < amountMicros)) {
    return {
      kind: 'insufficient_balance',
      requiredMicros: amountMicros,
      availableMicros: freeMicros,
      missingMicros: amountMicros - freeMicros,
    };
  }
  if (before === undefined && bucket !== undefined) {
    takeOut(plan, ledger, { ...payout, bucket, kind: 'refund' });
  }
  return {
    kind: 'charged',
    parts: [{ bucket: code, amountMicros }],
    isRepeat: before !== undefined,
  };
}

/**
 * Takes money back that was granted and turned out not to be paid (a charge-back). Always succeeds: what was
 * spent already becomes a debt of the additional wallet, settled by the next money.
 */
export function clawBackMoney(
  plan: LedgerPlan,
  ledger: LedgerState,
  clawback: {
    readonly amountMicros: bigint;
    readonly at: Instant;
    readonly reference: string;
    readonly reason?: string | null;
    /** disputed: a bank has not decided yet. Left out: it is gone. */
    readonly to?: 'clearing' | 'disputed';
  },
): { readonly kind: 'clawed_back'; readonly isRepeat: boolean } {
  const { amountMicros, reference } = clawback;
  const code = walletCode('wallet_additional');
  const before = repeatOf(ledger, { kind: 'clawback', reference, debit: code, amountMicros });
  if (before !== undefined) return { kind: 'clawed_back', isRepeat: true };
  const bucket = findBucket(ledger, code);
  invariant(bucket !== undefined, 'every ledger has an additional wallet');
  takeOut(plan, ledger, { ...clawback, bucket, kind: 'clawback' });
  settleDebt(plan, ledger, { at: clawback.at, reference });
  return { kind: 'clawed_back', isRepeat: false };
}

function takeOut(
  plan: LedgerPlan,
  ledger: LedgerState,
  taking: {
    readonly bucket: Bucket;
    readonly amountMicros: bigint;
    readonly kind: 'refund' | 'clawback';
    readonly at: Instant;
    readonly reference: string;
    readonly reason?: string | null;
    readonly to?: 'clearing' | 'disputed';
  },
): void {
  invariant(taking.amountMicros > 0n, `a ${taking.kind} is positive`);
  taking.bucket.posted -= taking.amountMicros;
  postOnce(plan, ledger, {
    debit: taking.bucket.code,
    credit: contraCode(taking.to ?? 'clearing', ledger.currency),
    asset: ledger.currency,
    amount: taking.amountMicros,
    kind: taking.kind,
    reference: taking.reference,
    reason: taking.reason ?? null,
    effectiveAtMs: toEpochMs(taking.at),
  });
}

function repeatOf(
  ledger: LedgerState,
  wanted: {
    readonly kind: 'refund' | 'clawback';
    readonly reference: string;
    readonly debit: string;
    readonly amountMicros: bigint;
  },
): HappenedTransfer | undefined {
  const before = findHappened(ledger, wanted).find((t) => t.debit === wanted.debit);
  if (before !== undefined && before.amount !== wanted.amountMicros) throw alreadyHappened(wanted);
  return before;
}
