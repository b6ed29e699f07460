/**
 * Owns: what a decision about a subscription may count on, and whether that pays for a sale.
 * Does not own: the wallet (ledger/) or how a sale is taxed (tax/).
 * Example: 1 000.00 INR in the wallet pays for 999.00 untaxed, and not for 999.00 plus 18 % GST.
 */
import type { Taxation } from '../tax/taxation';
import type { SubscriptionSale } from './sale';

export interface Funds {
  /** What the wallet has free at the decision's instant, in micros; below zero when it owes. */
  readonly availableMicros: bigint;
  /** How a sale from this wallet is taxed at that instant. */
  readonly taxation: Taxation;
}

/** Whether the wallet pays. What costs nothing owes nothing, whatever the wallet owes. */
export function covers(funds: Funds, sale: SubscriptionSale): boolean {
  const { amountMicros } = sale.taxed.total;
  return amountMicros <= 0n || amountMicros <= funds.availableMicros;
}
