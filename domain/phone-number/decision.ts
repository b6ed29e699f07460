/**
 * Owns: what a decision about a phone number consists of, and what it may count on.
 * Does not own: making it (decide-due.ts, decide-command.ts, collect.ts, carrier-answer.ts).
 * Example: a renewal that the wallet covers: the number with its next month, a sale of 500.00 INR, one
 * event `phone_number.renewed`.
 */
import type { BillingErrorCode } from '../billing-error';
import type { SavedMethod } from '../collection/collection';
import type { PayLink } from '../collection/pay-link';
import type { EventOf } from '../event';
import type { Instant } from '../instant';
import type { Money } from '../money';
import type { TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import type { PhoneNumber } from './phone-number';

/** A number or subscription that wants the wallet's money, as far as sharing it out needs to know it. */
export interface Claim {
  readonly id: string;
  /** What it costs from the wallet now, with tax. */
  readonly owed: Money;
}

export interface NumberFunds {
  /** What the wallet has free at the decision's instant, in micros; below zero when it owes. */
  readonly availableMicros: bigint;
  /** How a sale from this wallet is taxed at that instant. */
  readonly taxation: Taxation;
  /** What may be charged for what the wallet lacks; null: nothing is. */
  readonly savedMethod: SavedMethod | null;
  /** How money that comes into the wallet is taxed at that instant. */
  readonly topUpTaxation: Taxation;
  /**
   * Whoever of the account is due at that instant and not paid, this number with them, in the order in
   * which money goes to them (outlook/claims.ts).
   */
  readonly claims: readonly Claim[];
  /** The same, with everyone whom money that came in at that instant would wake. */
  readonly claimsOnArrival: readonly Claim[];
}

export type PhoneNumberEvent = EventOf<'phone_number'>;

/** One month of rent, to be charged to the wallet and invoiced. */
export interface RentSale {
  /** Names it in the ledger, so that it is posted once: `phone-number/num_1/period/2`. */
  readonly reference: string;
  /** For the ledger: one sentence. */
  readonly reason: string;
  readonly taxed: TaxedSale;
}

/** What the order is told of its item, once. */
export interface ItemOutcome {
  readonly outcome: 'delivered' | 'failed';
  readonly reason: string;
}

export interface PhoneNumberDecision {
  readonly kind: 'decided';
  /** Null where nothing was there before and nothing becomes. */
  readonly phoneNumber: PhoneNumber;
  readonly at: Instant;
  readonly sale: RentSale | null;
  readonly settlesItem: ItemOutcome | null;
  readonly events: readonly PhoneNumberEvent[];
  /** What the saved method may not pay without its owner. */
  readonly payLink?: PayLink | null;
}

export interface PhoneNumberRefusal {
  readonly kind: 'refused';
  readonly code: Extract<
    BillingErrorCode,
    'invalid_state' | 'insufficient_balance' | 'unprocessable' | 'scheduled_in_past'
  >;
  readonly message: string;
  /** Micros that the wallet would need; told with a refusal for money. */
  readonly requiredMicros?: bigint;
}

/** The number as it is, with nothing moved: what other decisions start from. */
export function keepNumber(phoneNumber: PhoneNumber, at: Instant): PhoneNumberDecision {
  return { kind: 'decided', phoneNumber, at, sale: null, settlesItem: null, events: [] };
}

export function refuseNumberForState(message: string): PhoneNumberRefusal {
  return { kind: 'refused', code: 'invalid_state', message };
}
