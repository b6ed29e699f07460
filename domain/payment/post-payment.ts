/**
 * Owns: how the money of a payment comes into the books, and the name it has there.
 * Does not own: whether it is granted (order/decide-payments.ts, collection/), what it is spent on.
 * Rules: I2, ADR 0013. Money comes in from clearing under the payment's id, so that the ledger refuses the
 * same payment twice; the wallet gets the net amount and the tax is owed, as the sale was taxed.
 * Example: `payment/pay_1` of 1 180.00 INR: wallet/additional 1 000.00, tax_payable/INR 180.00.
 */
import type { Instant } from '../instant';
import { grantMoney } from '../ledger/grant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import type { TaxedSale } from '../tax/compute-tax';
import { postReceivedTax } from './payment-tax';

/** A payment that is granted: what it was for and how that is taxed. */
export interface GrantedPayment {
  readonly paymentId: string;
  readonly sale: TaxedSale;
  readonly at: Instant;
}

/** What a payment is called in the ledger and in its receipt voucher. */
export function paymentReference(paymentId: string): string {
  return `payment/${paymentId}`;
}

/** Grants a payment's net amount to the additional wallet; its tax is owed from now on. */
export function postPayment(
  plan: LedgerPlan,
  ledger: LedgerState,
  { paymentId, sale, at, reason }: GrantedPayment & { readonly reason: string },
): void {
  const reference = paymentReference(paymentId);
  grantMoney(plan, ledger, {
    source: 'wallet_additional',
    amountMicros: sale.subtotal.amountMicros,
    at,
    kind: 'grant',
    reference,
    reason,
    from: 'clearing',
  });
  postReceivedTax(plan, ledger, {
    reference,
    taxMicros: sale.taxTotal.amountMicros,
    roundOffMicros: sale.roundOff.amountMicros,
    at,
  });
}
