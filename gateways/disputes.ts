/**
 * Owns: the port for disputes: what a gateway tells of a payment that a customer's bank takes back.
 * Does not own: what that means for the customer's money and service (domain/dispute/), handing in evidence, which
 * people do in the gateway's own pages.
 * Example: 1 180.00 INR of `pay_1` are disputed as `fraudulent` until 2026-12-08; the gateway asks 1 500.00 INR for
 * it: `{ status: 'needs_response', money, fee, evidenceDueAt }`; in the end `won` or `lost`.
 */
import type { Instant } from '../domain/instant';
import type { Money } from '../domain/money';

export interface Disputes {
  /** One dispute, or null when the gateway never heard of it. */
  getDispute(disputeId: string): Promise<GatewayDispute | null>;
}

export interface GatewayDispute {
  readonly disputeId: string;
  readonly gatewayPaymentId: string;
  /** As we gave it with the payment. */
  readonly reference: string;
  readonly customerReference: string;
  /** What is taken back, all or part of the payment. */
  readonly money: Money;
  /** What the gateway asks for the dispute itself; null: nothing, or it has not said. */
  readonly fee: Money | null;
  /** The gateway's own word, like `fraudulent`. */
  readonly reason: string;
  /** `warning`: asked about, no money taken yet. `won` and `lost` are final. */
  readonly status: 'warning' | 'needs_response' | 'under_review' | 'won' | 'lost';
  /** Until when evidence counts; null: none is asked for (any more). */
  readonly evidenceDueAt: Instant | null;
  readonly createdAt: Instant;
}
