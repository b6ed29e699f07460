/**
 * Owns: charging a wallet for a sale: the money to revenue, its tax on to what is owed to the state.
 * Does not own: whether the wallet covers it (the decision has looked), the sale (tax/compute-tax.ts).
 * Example: 1 180.00 INR with 180.00 GST: wallet/additional to revenue/INR 1 180.00, revenue/INR to
 * tax_payable/INR 180.00.
 */
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import type { TaxedSale } from '../tax/compute-tax';
import { chargeMoney } from './charge';
import type { LedgerPlan } from './ledger-plan';
import type { LedgerState } from './ledger-state';
import { postTax } from './tax';

/** Charges a sale under its reference, once. A wallet that does not hold it is a bug of the decision. */
export function chargeSale(
  plan: LedgerPlan,
  ledger: LedgerState,
  sale: {
    readonly taxed: Pick<TaxedSale, 'total' | 'taxTotal'>;
    readonly reference: string;
    readonly reason: string;
    readonly at: Instant;
  },
): void {
  const { taxed, reference, reason, at } = sale;
  const { amountMicros } = taxed.total;
  const charged = chargeMoney(plan, ledger, {
    amountMicros,
    at,
    kind: 'charge',
    reference,
    reason,
  });
  invariant(charged.kind === 'charged', 'decided to charge what the wallet does not hold');
  postTax(plan, ledger, { reference, taxMicros: taxed.taxTotal.amountMicros, at });
}
