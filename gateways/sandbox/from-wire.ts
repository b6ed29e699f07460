/**
 * Owns: the sandbox's messages as values of the port.
 * Does not own: their shape on the wire (wire.ts), which is checked before.
 */
import { classifyDecline } from '../../domain/payment/decline';
import { parseMoney } from '../../domain/money';
import type {
  GatewayCheckout,
  GatewayEvent,
  GatewayEventType,
  GatewayPayment,
  KeptMethod,
} from '../payment-gateway';
import type { WireCheckout, WireMethod, WirePayment, WireWebhook } from './wire';

const EVENT_TYPES: readonly GatewayEventType[] = [
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'checkout.expired',
  'refund.succeeded',
];

export function fromApiWebhook(webhook: WireWebhook): GatewayEvent {
  const { payment, checkout } = webhook.data;
  const subject =
    payment === undefined
      ? { checkoutId: checkout?.id ?? null, reference: checkout?.reference ?? null }
      : { checkoutId: payment.checkout_id, reference: payment.reference };
  return {
    eventId: webhook.id,
    type: EVENT_TYPES.find((known) => known === webhook.type) ?? 'unrecognised',
    ...subject,
    gatewayPaymentId: payment?.id ?? null,
    setupId: null,
    methodReference: null,
    disputeId: null,
    occurredAt: webhook.created_at,
    payment: payment === undefined ? null : fromApiPayment(payment),
  };
}

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
    fee: null,
    createdAt: payment.created_at,
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
    expiry: null,
    mandate: null,
  };
}
