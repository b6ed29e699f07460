/**
 * Owns: the money side of a top-up: what is paid, what of it the wallet is granted, the tax between.
 * Does not own: the order (order/), a charge for what the wallet lacks (collection/), tax sums (tax/).
 * Rules: ADR 0013. Where the seller taxes the top-up, tax is paid on top of the amount, or is in it.
 * Example: 1 000.00 INR with IGST of 18 %: 1 180.00 are paid, the wallet is granted 1 000.00.
 */
import type { Money } from '../money';
import { computeTax, type TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';

export interface TopUpTerms {
  /** What is paid: the sale's total. */
  readonly total: Money;
  /** The wallet is granted its subtotal. */
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
}

/**
 * A top-up of `amount` to the wallet, under the name its receipt has. With `taxation` as it applies to a top-up (`taxationAt('top_up', …)`):
 * the tax is added, or taken out where prices include it.
 */
export function buildTopUpTerms(
  taxation: Taxation,
  amount: Money,
  description: 'Balance top-up' | 'WhatsApp balance top-up' = 'Balance top-up',
): TopUpTerms {
  const sale = computeTax(taxation, [{ description, quantity: 1n, unitAmount: amount, amount }]);
  return { total: sale.total, sale, taxation };
}
