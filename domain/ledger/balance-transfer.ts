/**
 * Owns: moving money between the wallets of two accounts: a reseller's and its customer's.
 * Does not own: who may do that (api/), payments and refunds, which come from outside.
 * Rules: what was paid in moves, and nothing else: promotional money and the balance a plan gives are the
 * account's own, and what is held stays held. One transfer leaves a ledger and its like enters the other, both over
 * `clearing`, in one plan: over both ledgers clearing sums to zero.
 * Example: 500.00 INR from a reseller's wallet of 800.00 to a customer who owes 120.00 for usage → 300.00 and 380.00.
 */
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { grantMoney } from './grant';
import { type LedgerPlan, postOnce } from './ledger-plan';
import { contraCode, findBucket, type LedgerState, walletCode } from './ledger-state';

export interface BalanceTransfer {
  readonly from: LedgerState;
  readonly to: LedgerState;
  readonly amountMicros: bigint;
  readonly at: Instant;
  /** Names both transfers, so that it happens once. */
  readonly reference: string;
}

/** Micros that an account could hand to another one. Never below zero. */
export function transferableMoney(ledger: LedgerState): bigint {
  const wallet = findBucket(ledger, walletCode('wallet_additional'));
  const free = wallet === undefined ? 0n : wallet.posted - wallet.held;
  return free > 0n ? free : 0n;
}

/** Moves all of it or nothing. Both ledgers are in the plan and have the same currency. */
export function transferBalance(
  plan: LedgerPlan,
  { from, to, amountMicros, at, reference }: BalanceTransfer,
): 'transferred' | 'insufficient_balance' {
  invariant(from.currency === to.currency, 'a transfer changes no currency');
  invariant(amountMicros > 0n, 'a transfer is positive');
  const wallet = findBucket(from, walletCode('wallet_additional'));
  if (wallet === undefined || transferableMoney(from) < amountMicros) return 'insufficient_balance';
  wallet.posted -= amountMicros;
  postOnce(plan, from, {
    debit: wallet.code,
    credit: contraCode('clearing', from.currency),
    asset: from.currency,
    amount: amountMicros,
    kind: 'transfer',
    reference,
    reason: `to ${to.accountId}`,
    effectiveAtMs: toEpochMs(at),
  });
  grantMoney(plan, to, {
    source: 'wallet_additional',
    amountMicros,
    at,
    kind: 'transfer',
    reference,
    from: 'clearing',
    reason: `from ${from.accountId}`,
  });
  return 'transferred';
}
