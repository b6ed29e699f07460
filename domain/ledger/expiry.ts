/**
 * Owns: forfeiting what is left in a bucket when its life ends, and closing it.
 * Does not own: when that is (workflows), closing whole months (month.ts).
 * Source: R0.12, R0.15 (the rest is forfeited at expiry).
 * Example: package/pkg_9 with 200 of 10,000 messages left at its expiry → 200 to breakage/message, closed.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { endBucket, type LedgerPlan, postOnce } from './ledger-plan';
import { contraCode, findBucket, type LedgerState } from './ledger-state';

/**
 * Ends a bucket at `at`, its expiry or earlier: what is not held goes to breakage and the bucket closes.
 * What is held waits: the bucket pays its holds and nothing else, and their release forfeits the rest.
 * A bucket that is closed or unknown is left alone, so twice changes nothing.
 * Answers what was forfeited. `reference`: what ended, usually the package.
 */
export function forfeitBucket(
  plan: LedgerPlan,
  ledger: LedgerState,
  forfeit: {
    readonly code: string;
    readonly at: Instant;
    readonly reference: string;
    readonly reason?: string | null;
  },
): { readonly forfeited: bigint; readonly isClosed: boolean } {
  const bucket = findBucket(ledger, forfeit.code);
  if (bucket === undefined) return { forfeited: 0n, isClosed: true };
  invariant(!bucket.source.startsWith('wallet_'), 'a wallet does not expire');
  const forfeited = bucket.posted - bucket.held;
  if (forfeited > 0n) {
    bucket.posted -= forfeited;
    postOnce(plan, ledger, {
      debit: bucket.code,
      credit: contraCode('breakage', bucket.asset),
      asset: bucket.asset,
      amount: forfeited,
      kind: 'expiry',
      reference: forfeit.reference,
      reason: forfeit.reason ?? null,
      effectiveAtMs: toEpochMs(forfeit.at),
    });
  }
  endBucket(plan, ledger, { bucket, atMs: toEpochMs(forfeit.at) });
  return { forfeited, isClosed: bucket.held === 0n };
}
