/**
 * What the conformance suite needs of a gateway to put the same facts to each: its adapter, its server,
 * and the hands of a customer, a bank and a bad network.
 * A new gateway is a file beside this one that builds a `GatewayHarness`, and a line in conformance.test.ts.
 * Example: `await harness.pay(checkout, { mode: 'card', does: 'pay', keeps: true })`.
 */
import type { Disputes } from '../../../gateways/disputes';
import type { OpenedSetup } from '../../../gateways/method-setups';
import type {
  GatewayEvent,
  GatewayPayment,
  OpenedCheckout,
  PaymentGateway,
  ReceivedWebhook,
} from '../../../gateways/payment-gateway';
import type { Settlements } from '../../../gateways/settlements';
import type { DeclineClass } from '../../../domain/payment/decline';
import type { Instant } from '../../../domain/instant';
import type { PaymentMode } from '../../../domain/payment/payment';

export interface GatewayHarness {
  readonly gateway: PaymentGateway;
  /** The parts of the port not every gateway has; null: the suite leaves its facts out. */
  readonly disputes: DisputeHarness | null;
  readonly settlements: SettlementHarness | null;
  /** What this gateway cannot do: the suite expects the opposite, or leaves the fact out. */
  readonly lacks: ReadonlySet<Lack>;

  /** The same adapter with other settings, before the same server. */
  connect(changed: {
    readonly timeoutMs?: number;
    readonly webhookSecrets?: readonly string[];
  }): PaymentGateway;

  /** What a customer does on the hosted page. Resolves when the gateway has taken it in. */
  pay(checkout: OpenedCheckout, how: Paying): Promise<void>;
  /** The bank answers: a pending payment, or one reported failed for want of an answer, succeeds. */
  settle(gatewayPaymentId: string): Promise<void>;
  /** The customer leaves a method on the page of a setup, and agrees to what it asks. */
  completeSetup(setup: OpenedSetup, mode: PaymentMode): Promise<void>;
  /** The page's time is up by the gateway's own clock. */
  expire(checkoutId: string): Promise<void>;
  /** Strikes the next write. */
  strike(fault: GatewayFault): Promise<void>;

  /** The first message of a kind the gateway sent, now or before, as it arrived. */
  awaitWebhook(fits: (event: GatewayEvent) => boolean): Promise<ReceivedWebhook>;
  /** A body signed as the gateway signs, with the secret the adapter knows unless another is given. */
  sign(body: Buffer, how?: { readonly secret?: string; readonly at?: Instant }): ReceivedWebhook;

  stop(): Promise<void>;
}

export type Lack =
  /** Its signature says nothing of when it was made. */
  | 'signed_time'
  /** A payment it reported failed stays failed. */
  | 'late_success'
  /** Paying keeps no method: only a setup does. */
  | 'keeping_by_paying'
  /** A kept method's charge has no state of its own while a bank thinks it over. */
  | 'pending_charge';

export interface Paying {
  readonly mode: PaymentMode;
  /**
   * `pay`: money comes now. `decline`: the bank says no. `pay_slowly`: accepted, and `settle` ends it. `pay_late`:
   * failed for want of an answer, and `settle` makes it succeed.
   */
  readonly does: 'pay' | 'decline' | 'pay_slowly' | 'pay_late';
  /** Whether the customer asks to keep the method. */
  readonly keeps: boolean;
}

export type GatewayFault =
  /** The connection ends without an answer, before or after the write was executed. */
  | { readonly kind: 'lost'; readonly executed: boolean }
  /** The next payment, of a page or of a kept method, is declined with a code of this class. */
  | { readonly kind: 'decline'; readonly declineClass: DeclineClass }
  /** The customer's bank does not take the next refund back. */
  | { readonly kind: 'decline_refund' };

export interface SettlementHarness extends Settlements {
  /** What was paid and given back until now is settled. */
  settleAll(): Promise<void>;
}

export interface DisputeHarness extends Disputes {
  /** The customer's bank disputes the whole payment; resolves to the dispute's id. */
  open(payment: GatewayPayment): Promise<string>;
  close(disputeId: string, as: 'won' | 'lost'): Promise<void>;
}
