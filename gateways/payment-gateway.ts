/**
 * Owns: the port to payment gateways: what we ask of one and what it can answer, in our words.
 * Does not own: when to pay, retry or refund (domain/), the adapters (one folder each, sandbox/ first),
 * or card data: a customer types that on the gateway's page, and we only ever hold a reference to it.
 * Rules: every write takes an idempotency key, and the key names the operation, and the try where there is
 * more than one (`subscription/sub_1/period/3/attempt/2`), because a gateway answers an old key with the old answer, declines
 * included. A write whose outcome is unknown is repeated with the same key or looked up by its
 * reference, never repeated with a new key. Expected refusals are returned; errors are thrown.
 * Example: `chargeSaved` of a stolen card resolves to `{ kind: 'declined', declineCode: 'stolen_card',
 * declineClass: 'hard', payment }`; a dead network rejects with `GatewayUnavailable`.
 */
import type { CurrencyCode } from '../domain/currency';
import type { DeclineClass } from '../domain/payment/decline';
import type { Instant } from '../domain/instant';
import type { Money } from '../domain/money';
import type { Disputes } from './disputes';
import type { GatewayName, PaymentFact, PaymentMode } from '../domain/payment/payment';
import type { MethodTerms } from '../domain/payment-method/payment-method';
import type { MethodSetups } from './method-setups';
import type { Settlements } from './settlements';

export interface PaymentGateway extends MethodSetups, Disputes, Settlements {
  readonly name: GatewayName;
  readonly capabilities: GatewayCapabilities;

  /**
   * Opens a hosted payment page for one order. Nothing is owed until its payment succeeds, and the
   * customer's return proves nothing. Rejects with `GatewayRejected` for an amount, currency or mode
   * the capabilities do not offer.
   */
  createCheckout(request: CheckoutRequest): Promise<OpenedCheckout>;

  /** The checkout as the gateway has it now, with every try to pay it: the net under lost webhooks. */
  getCheckout(checkoutId: string): Promise<GatewayCheckout>;

  /**
   * Closes the page to new tries. A payment already under way, or one a bank authorises late, can
   * still succeed afterwards. `already_complete`: it was paid before, and stays paid.
   */
  expireCheckout(request: ExpireCheckoutRequest): Promise<ExpireOutcome>;

  /** One payment by the gateway's id, or null when the gateway never heard of it. */
  getPayment(gatewayPaymentId: string): Promise<GatewayPayment | null>;

  /**
   * Every payment made under our reference, oldest first, at most 100: the look-up after a write of
   * unknown outcome. Each tells the idempotency key that made it.
   */
  findPayments(query: PaymentQuery): Promise<readonly GatewayPayment[]>;

  /** Charges a kept method without its owner present. `pending` is settled by a webhook or a look-up. */
  chargeSaved(request: ChargeRequest): Promise<ChargeOutcome>;

  /**
   * Gives back all or part of a payment that succeeded. Parts never sum to more than the payment. One that was made
   * is found by its key however old that is; one that the gateway is not done with is `GatewayUnavailable`, `unknown`.
   */
  refund(request: RefundRequest): Promise<RefundOutcome>;

  /** A kept method, or null when the gateway does not know it. */
  getPaymentMethod(methodReference: string): Promise<KeptMethod | null>;

  /** The methods a customer of ours kept and did not detach, newest first, at most 100. */
  listPaymentMethods(query: { readonly customerReference: string }): Promise<readonly KeptMethod[]>;

  /** Forgets a kept method for good. Detaching it again succeeds. */
  detachPaymentMethod(request: DetachRequest): Promise<void>;

  /**
   * What a webhook says, once its signature is proved. The message is a reason to look, not proof of
   * an amount: compare `payment` with the order, or ask `getPayment`, before money moves.
   * Throws BillingError `invalid_signature` (forged, stale, unsigned; `details.reason` says which)
   * or `invalid_request` (signed by the gateway, but not a message we can read).
   */
  verifyWebhook(received: ReceivedWebhook): GatewayEvent;
}

export interface GatewayCapabilities {
  /** What can be paid in a currency, or null when the gateway does not take it. */
  readonly offerIn: (currency: CurrencyCode) => CurrencyOffer | null;
  /** How long before a charge the customer must be told, by rule of the mode. 0: not at all. */
  readonly preDebitNoticeHours: Readonly<Record<PaymentMode, number>>;
  /** Above it a charge of a kept method needs its owner each time, whatever the mandate says; null: no such rule. */
  readonly unattendedMax: (mode: PaymentMode, currency: CurrencyCode) => Money | null;
}

export interface CurrencyOffer {
  readonly modes: readonly PaymentMode[];
  readonly min: Money;
  readonly max: Money;
}

export interface PaymentQuery {
  readonly reference: string;
  /** Whose: a gateway may list what is new at once by customer only. */
  readonly customerReference: string;
}

export interface CheckoutRequest {
  readonly idempotencyKey: string;
  /** The order's workflow id: `order/ord_1`. */
  readonly reference: string;
  readonly customerReference: string;
  readonly money: Money;
  /** The modes the page offers, one at least. */
  readonly modes: readonly PaymentMode[];
  readonly orderDetails: OrderDetails;
  readonly returnUrl: string;
  /**
   * By the gateway's own clock, which no test clock moves: leave it out for an order that lives on
   * a test clock (default: 24 hours) and call `expireCheckout` when the order's own time is up.
   */
  readonly expiresAt?: Instant;
}

/** What the page shows. The lines sum to the money asked for. */
export interface OrderDetails {
  readonly merchant: string;
  readonly lines: readonly { readonly description: string; readonly amount: Money }[];
}

export interface OpenedCheckout {
  readonly checkoutId: string;
  readonly url: string;
  readonly expiresAt: Instant;
}

export interface GatewayCheckout extends OpenedCheckout {
  readonly reference: string;
  readonly status: 'open' | 'complete' | 'expired';
  /** Oldest first. */
  readonly payments: readonly GatewayPayment[];
}

export interface ExpireCheckoutRequest {
  readonly idempotencyKey: string;
  readonly checkoutId: string;
}

export interface ExpireOutcome {
  readonly kind: 'expired' | 'already_complete';
}

/**
 * `failed` is not final: a bank may authorise late, and then the same payment turns `succeeded`.
 * `succeeded` is final; giving money back shows in `refunded`, not in the status.
 */
export interface GatewayPayment extends PaymentFact {
  readonly checkoutId: string | null;
  readonly declineClass: DeclineClass | null;
  readonly method: MethodFacts;
  /** The key of the `chargeSaved` that made it; null when it was made on a hosted page. */
  readonly idempotencyKey: string | null;
  /** What the gateway keeps of it for itself; null while it has not said. */
  readonly fee: Money | null;
  readonly createdAt: Instant;
}

/** All we may know of what a customer paid with. */
export interface MethodFacts {
  /** For `chargeSaved`; null when the customer did not ask to keep the method. */
  readonly reference: string | null;
  readonly kind: PaymentMode;
  /** `visa`, `upi`, … */
  readonly brand: string;
  /** Of a card; null for UPI. */
  readonly lastFour: string | null;
}

/** Its expiry is null where the gateway does not say; its mandate, where the law asks for none. */
export interface KeptMethod extends MethodFacts, MethodTerms {
  readonly reference: string;
  readonly customerReference: string;
  readonly status: 'active' | 'detached';
}

export interface ChargeRequest {
  readonly idempotencyKey: string;
  /** Begins with the workflow id of what is paid: `subscription/sub_1/period/3`. */
  readonly reference: string;
  readonly customerReference: string;
  readonly money: Money;
  readonly methodReference: string;
}

export type ChargeOutcome =
  | { readonly kind: 'succeeded'; readonly payment: GatewayPayment }
  | { readonly kind: 'pending'; readonly payment: GatewayPayment }
  | {
      readonly kind: 'declined';
      readonly payment: GatewayPayment;
      readonly declineCode: string;
      readonly declineClass: DeclineClass;
    };

export interface RefundRequest {
  readonly idempotencyKey: string;
  readonly gatewayPaymentId: string;
  readonly money: Money;
}

export type RefundOutcome =
  | { readonly kind: 'refunded'; readonly refundId: string; readonly money: Money }
  | { readonly kind: 'refused'; readonly reason: RefundRefusal };

/** `declined`: the customer's bank did not take the money back. Final: asking again would not help. */
export type RefundRefusal =
  'payment_not_succeeded' | 'more_than_left' | 'unknown_payment' | 'declined';

export interface DetachRequest {
  readonly idempotencyKey: string;
  readonly methodReference: string;
}

export interface ReceivedWebhook {
  /** The bytes as they came, before any parser. */
  readonly rawBody: Buffer;
  /** Header names in lower case, as node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly receivedAt: Instant;
}

/** `unrecognised`: signed, but of a kind we do not use; acknowledge it and do nothing. */
export type GatewayEventType =
  | 'payment.processing'
  | 'payment.succeeded'
  | 'payment.failed'
  | 'checkout.expired'
  | 'setup.completed'
  | 'setup.expired'
  /** Paused, revoked, detached or renewed at the gateway: `getPaymentMethod` says. */
  | 'method.changed'
  | 'refund.succeeded'
  | 'refund.failed'
  | 'dispute.opened'
  | 'dispute.updated'
  | 'dispute.closed'
  | 'unrecognised';

export interface GatewayEvent {
  /** The same in every delivery of the event: the key to count it once by. */
  readonly eventId: string;
  readonly type: GatewayEventType;
  readonly gatewayPaymentId: string | null;
  readonly checkoutId: string | null;
  readonly setupId: string | null;
  /** As `chargeSaved` takes it, or what of it stands before a `/`, where the gateway tells no more. */
  readonly methodReference: string | null;
  readonly disputeId: string | null;
  /** As we gave it; null when the event is about something we gave none. */
  readonly reference: string | null;
  readonly occurredAt: Instant;
  /** As the message tells it, to be matched against what we asked for. */
  readonly payment: GatewayPayment | null;
}

/**
 * The gateway gave no answer we can use. `not_executed`: it surely did nothing. `unknown`: it may have
 * done it, so repeat with the same key or look it up before anything else. Worth retrying.
 */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable';
  readonly outcome: 'not_executed' | 'unknown';
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    facts: {
      readonly outcome: 'not_executed' | 'unknown';
      readonly retryAfterSeconds?: number | null;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.outcome = facts.outcome;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }
}

/**
 * The gateway understood us and will not do it, however often it is asked: a wrong key, an unknown
 * id, one idempotency key for two requests. A bug or a setting of ours: not worth retrying.
 */
export class GatewayRejected extends Error {
  override readonly name = 'GatewayRejected';

  constructor(
    /** The gateway's own code, like `idempotency_error` or `resource_missing`. */
    readonly code: string,
    readonly httpStatus: number,
    message: string,
  ) {
    super(message);
  }
}
