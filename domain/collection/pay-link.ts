/**
 * Owns: what a saved method may not pay without its owner: when a payment link is needed in its place, and for what.
 * Does not own: opening it (activities/payment/open-pay-link.ts), what is owed (subscription/, phone-number/).
 * Rules: R2.11, ADR 0049. Above the mandate's ceiling, or the rule of the mode, the bank is not asked at all.
 * Example: 708.00 INR are lacking and the mandate allows 500.00: a link for 708.00, and no charge.
 */
import type { DeclineClass } from '../payment/decline';
import { compareMoney, describeMoney, type Money } from '../money';
import type { TopUpTerms } from '../payment/top-up-terms';
import type { SavedMethod } from './collection';

/** An order of what is lacking, to be opened for its owner. */
export interface PayLink {
  /** Whose page it is. */
  readonly gateway: string;
  readonly terms: TopUpTerms;
  /** Why the saved method does not pay it: one sentence. */
  readonly reason: string;
}

/** The most a method pays without its owner: by its mandate, by the rule of its mode; null: neither bounds it. */
export function findCeiling(...bounds: readonly (Money | null)[]): Money | null {
  return bounds.reduce<Money | null>((least, bound) => {
    if (least === null || bound === null) return least ?? bound;
    return compareMoney(bound, least) < 0 ? bound : least;
  }, null);
}

/** The link in place of a charge that the method may not make alone; null: it may, or there is nothing to charge. */
export function linkAboveCeiling(
  method: SavedMethod | null,
  terms: TopUpTerms | null,
): PayLink | null {
  if (method === null || terms === null) return null;
  const { gateway, ceiling } = method;
  if (ceiling === null || compareMoney(terms.total, ceiling) <= 0) return null;
  const limit = describeMoney(ceiling);
  const reason = `the saved payment method may be charged ${limit} at most without its owner`;
  return { gateway, terms, reason };
}

/** The link after a decline that its owner can do something about; null: that would not help. */
export function linkAfterDecline(
  { gateway }: SavedMethod,
  terms: TopUpTerms,
  {
    declineClass,
    declineCode,
  }: { readonly declineClass: DeclineClass; readonly declineCode: string },
): PayLink | null {
  if (declineClass !== 'needs_customer') return null;
  const reason = `the saved payment method needs its owner to pay this (${declineCode})`;
  return { gateway, terms, reason };
}
