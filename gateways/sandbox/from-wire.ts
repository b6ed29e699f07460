/**
 * Owns: the sandbox's messages as values of the port.
 * Does not own: their shape on the wire (wire.ts), which is checked before.
 */
import { classifyDecline } from '../../domain/payment/decline';
import { parseMoney } from '../../domain/money';
import type { GatewaySetup } from '../method-setups';
import type { GatewayDispute } from '../disputes';
import type {
  GatewayCheckout,
  GatewayEvent,
  GatewayEventType,
  GatewayPayment,
  KeptMethod,
} from '../payment-gateway';
import type {
  WireCheckout,
  WireDispute,
  WireMethod,
  WirePayment,
  WireSetup,
  WireWebhook,
} from './wire';

const EVENT_TYPES: readonly GatewayEventType[] = [
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'checkout.expired',
  'setup.completed',
  'setup.expired',
  'method.changed',
  'refund.succeeded',
  'dispute.opened',
  'dispute.updated',
  'dispute.closed',
];

export function fromApiWebhook(webhook: WireWebhook): GatewayEvent {
  const { payment, checkout, setup, dispute } = webhook.data;
  return {
    ...namesIn(webhook.data),
    reference: (payment ?? checkout ?? setup)?.reference ?? null,
    eventId: webhook.id,
    type: EVENT_TYPES.find((known) => known === webhook.type) ?? 'unrecognised',
    disputeId: dispute?.id ?? null,
    occurredAt: webhook.created_at,
    payment: payment === undefined ? null : fromApiPayment(payment),
  };
}

type NotNamed = 'eventId' | 'type' | 'reference' | 'occurredAt' | 'payment';

/** What a message is about: one of them, whatever that names. */
function namesIn({
  payment,
  checkout,
  setup,
  payment_method: method,
}: WireWebhook['data']): Omit<GatewayEvent, NotNamed> {
  if (payment !== undefined) {
    return { ...NO_NAMES, gatewayPaymentId: payment.id, checkoutId: payment.checkout_id };
  }
  if (checkout !== undefined) return { ...NO_NAMES, checkoutId: checkout.id };
  if (method !== undefined) return { ...NO_NAMES, methodReference: method.id };
  if (setup === undefined) return NO_NAMES;
  return { ...NO_NAMES, setupId: setup.id, methodReference: setup.payment_method?.id ?? null };
}

const NO_NAMES = {
  gatewayPaymentId: null,
  checkoutId: null,
  setupId: null,
  methodReference: null,
  disputeId: null,
} as const;

export function fromApiCheckout(checkout: WireCheckout): GatewayCheckout {
  return {
    checkoutId: checkout.id,
    url: checkout.url,
    reference: checkout.reference,
    status: checkout.status,
    expiresAt: checkout.expires_at,
    payments: checkout.payments.map(fromApiPayment),
  };
}

export function fromApiPayment(payment: WirePayment): GatewayPayment {
  const { currency, decline_code: declineCode, payment_method: method } = payment;
  return {
    gatewayPaymentId: payment.id,
    checkoutId: payment.checkout_id,
    reference: payment.reference,
    customerReference: payment.customer_reference,
    status: payment.status,
    money: parseMoney(payment),
    refunded: parseMoney({ amount: payment.amount_refunded, currency }),
    mode: payment.mode,
    declineCode,
    declineClass: declineCode === null ? null : classifyDecline(declineCode),
    method: {
      reference: method.id,
      kind: method.kind,
      brand: method.brand,
      lastFour: method.last_four,
    },
    idempotencyKey: payment.idempotency_key,
    fee: payment.fee === null ? null : parseMoney({ amount: payment.fee, currency }),
    createdAt: payment.created_at,
  };
}

export function fromApiDispute(dispute: WireDispute): GatewayDispute {
  const { currency, fee } = dispute;
  return {
    disputeId: dispute.id,
    gatewayPaymentId: dispute.payment_id,
    reference: dispute.reference,
    customerReference: dispute.customer_reference,
    money: parseMoney(dispute),
    fee: fee === null ? null : parseMoney({ amount: fee, currency }),
    reason: dispute.reason,
    status: dispute.status,
    evidenceDueAt: dispute.evidence_due_at,
    createdAt: dispute.created_at,
  };
}

export function fromApiMethod(method: WireMethod): KeptMethod {
  return {
    reference: method.id,
    kind: method.kind,
    brand: method.brand,
    lastFour: method.last_four,
    customerReference: method.customer_reference,
    status: method.status,
    expiry: method.expiry,
    mandate: method.mandate && {
      ceiling: fromApiCeiling(method.mandate),
      status: method.mandate.status,
    },
  };
}

function fromApiCeiling({ max_amount: amount, currency }: NonNullable<WireMethod['mandate']>) {
  return amount === null ? null : parseMoney({ amount, currency });
}

export function fromApiSetup(setup: WireSetup): GatewaySetup {
  return {
    setupId: setup.id,
    url: setup.url,
    expiresAt: setup.expires_at,
    reference: setup.reference,
    status: setup.status,
    method: setup.payment_method && fromApiMethod(setup.payment_method),
  };
}
