/**
 * Owns: what a decision about a subscription may count on, and whether the wallet pays for a sale.
 * Does not own: the wallet (ledger/), how a sale is taxed (tax/), charging a method (collect.ts).
 * Example: 1 000.00 INR in the wallet pays for 999.00 untaxed, and not for 999.00 plus 18 % GST.
 */
import type { CreditableInvoice } from '../document/allocate-credit';
import type { PlanTerms } from '../plan';
import { UNTAXED, type Taxation } from '../tax/taxation';
import type { SavedMethod } from '../collection/collection';
import type { AllowanceLeft } from './allowances-left';
import type { SubscriptionSale } from './sale';

export interface Funds {
  /** What the wallet has free at the decision's instant, in micros; below zero when it owes. */
  readonly availableMicros: bigint;
  /** How a sale from this wallet is taxed at that instant. */
  readonly taxation: Taxation;
  /** The subscription's invoices, newest first, with what is left to credit; null: they were not looked up. */
  readonly creditable: readonly CreditableInvoice[] | null;
  /** What is left of the allowances this month's fee was paid for: binds what is credited. Empty: nothing does. */
  readonly allowances: readonly AllowanceLeft[];
  /** What may be charged for what the wallet lacks; null: nothing is. */
  readonly savedMethod: SavedMethod | null;
  /** How money that comes into the wallet is taxed at that instant. */
  readonly topUpTaxation: Taxation;
  /** The free plan that the policy names for the end of a suspension; null: none, or not on sale. */
  readonly freePlan: PlanTerms | null;
}

/** A wallet alone: nobody else pays and nothing is taxed. */
export function walletFunds(availableMicros: bigint): Funds {
  return {
    availableMicros,
    taxation: UNTAXED,
    creditable: null,
    allowances: [],
    savedMethod: null,
    topUpTaxation: UNTAXED,
    freePlan: null,
  };
}

/** Whether the wallet pays. What costs nothing owes nothing, whatever the wallet owes. */
export function covers(funds: Funds, sale: SubscriptionSale): boolean {
  const { amountMicros } = sale.total;
  return amountMicros <= 0n || amountMicros <= funds.availableMicros;
}
