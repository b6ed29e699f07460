/**
 * Owns: what of the revenue is owed to the state.
 * Does not own: how much that is (tax/), charging (charge.ts).
 * Example: 1 178.82 are charged for a sale of 999.00 plus GST of 179.82 → wallet to revenue/INR
 * 1 178.82, revenue/INR to tax_payable/INR 179.82, so that revenue keeps 999.00.
 */
import { type Instant, toEpochMs } from '../instant';
import { type LedgerPlan, postOnce } from './ledger-plan';
import { contraCode, type LedgerState } from './ledger-state';

/** Moves the tax of a sale, above zero, or takes that of a credit back, below zero. Zero moves nothing. */
export function postTax(
  plan: LedgerPlan,
  ledger: LedgerState,
  tax: { readonly reference: string; readonly taxMicros: bigint; readonly at: Instant },
): void {
  if (tax.taxMicros === 0n) return;
  const revenue = contraCode('revenue', ledger.currency);
  const payable = contraCode('tax_payable', ledger.currency);
  const isOwed = tax.taxMicros > 0n;
  postOnce(plan, ledger, {
    debit: isOwed ? revenue : payable,
    credit: isOwed ? payable : revenue,
    asset: ledger.currency,
    amount: isOwed ? tax.taxMicros : -tax.taxMicros,
    kind: isOwed ? 'charge' : 'refund',
    reference: `${tax.reference}/tax`,
    reason: isOwed ? 'tax of the sale' : 'tax of what was credited',
    effectiveAtMs: toEpochMs(tax.at),
  });
}
