/**
 * Owns: the port for what a gateway settled: its own report of the money it moved for us.
 * Does not own: comparing that with our books (domain/settlement/), the bank account it is paid to.
 * Example: `pay_1` of 1 180.00 INR with a fee of 27.85 was settled on 2026-11-28 in `setl_9`.
 */
import type { Instant } from '../domain/instant';
import type { Money } from '../domain/money';

export interface Settlements {
  /** What was settled in `[from, to)`, oldest first, a page at a time. */
  listSettled(query: SettledQuery): Promise<SettledPage>;
}

export interface SettledQuery {
  readonly from: Instant;
  readonly to: Instant;
  /** As the page before told it; null: from the start. */
  readonly cursor: string | null;
}

export interface SettledPage {
  readonly entries: readonly SettledEntry[];
  /** Null: this was the last page. */
  readonly nextCursor: string | null;
}

export interface SettledEntry {
  /** The gateway's own id of the movement. */
  readonly entryId: string;
  /** `other`: fees of its own, payouts, corrections: shown, not compared. */
  readonly kind: 'payment' | 'refund' | 'dispute' | 'other';
  /** Of the payment, or of the payment that was refunded or disputed; null for others. */
  readonly gatewayPaymentId: string | null;
  /** What moved before fees: above zero to us, below zero from us. */
  readonly money: Money;
  readonly fee: Money;
  readonly settledAt: Instant;
}
