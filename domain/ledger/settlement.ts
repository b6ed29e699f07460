/**
 * Owns: paying a debt of the additional wallet from the initial one.
 * Does not own: how the debt came about (usage in record mode, clawbacks) and when new money comes.
 * Source: R3.15–R3.17.
 * Example: (R3.16) additional -500,000 IDR, initial 350,000 → additional -150,000, initial 0.
 */
import { type Instant, toEpochMs } from '../instant';
import { type LedgerPlan, postSettlement } from './ledger-plan';
import { findBucket, type LedgerState, walletCode } from './ledger-state';

/**
 * Pays a negative additional wallet from the initial one, as far as that reaches (R3.15–R3.17). Usage is
 * untouched. Without a debt, or without initial money, nothing happens; so twice changes nothing.
 * Answers the micros it moved.
 */
export function settleDebt(
  plan: LedgerPlan,
  ledger: LedgerState,
  settlement: { readonly at: Instant; readonly reference: string },
): bigint {
  const initial = findBucket(ledger, walletCode('wallet_initial'));
  const additional = findBucket(ledger, walletCode('wallet_additional'));
  if (initial === undefined || additional === undefined) return 0n;
  const debtMicros = -additional.posted;
  const freeMicros = initial.posted - initial.held;
  const amount = debtMicros < freeMicros ? debtMicros : freeMicros;
  if (amount <= 0n) return 0n;
  initial.posted -= amount;
  additional.posted += amount;
  postSettlement(plan, ledger, {
    debit: initial.code,
    credit: additional.code,
    asset: ledger.currency,
    amount,
    reference: settlement.reference,
    effectiveAtMs: toEpochMs(settlement.at),
  });
  return amount;
}
