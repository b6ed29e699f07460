/**
 * Owns: what Stripe's webhooks say, in our words, once their signature is proved.
 * Does not own: the signature (gateways/webhook-signature.ts, which refuses the future too; the SDK's own check does
 * not), or what is done about it: an event is a reason to look, so that ids are all that is read of it.
 * Example: `checkout.session.completed` with `payment_status: unpaid` is `payment.processing`: UPI takes its time.
 */
import { z } from 'zod';
import { BillingError } from '../../domain/billing-error';
import type { GatewayEvent, GatewayEventType, ReceivedWebhook } from '../payment-gateway';
import { verifySignature } from '../webhook-signature';
import { fromSeconds } from './from-stripe';
import { readNames } from './stripe-names';

export const STRIPE_SIGNATURE_HEADER = 'stripe-signature';

const id = z.string().min(1).max(255);
/** Or the object itself, where an endpoint is set to an older version that expands. */
const reference = z.union([id, z.object({ id })]).nullish();

const eventSchema = z.object({
  id,
  type: id,
  created: z.int().positive(),
  data: z.object({
    object: z.object({
      id: id.optional(),
      object: z.string().optional(),
      mode: z.string().nullish(),
      status: z.string().nullish(),
      payment_status: z.string().nullish(),
      metadata: z.record(z.string(), z.string()).nullish(),
      payment_intent: reference,
      payment_method: reference,
    }),
  }),
});
type StripeEvent = z.infer<typeof eventSchema>;
type StripeObject = StripeEvent['data']['object'];

type Reading = Pick<GatewayEvent, 'type'> &
  Partial<
    Pick<
      GatewayEvent,
      'gatewayPaymentId' | 'checkoutId' | 'setupId' | 'methodReference' | 'disputeId'
    >
  >;

/** Throws BillingError `invalid_signature` or `invalid_request`. */
export function verifyWebhook(
  secrets: readonly string[],
  { rawBody, headers, receivedAt }: ReceivedWebhook,
): GatewayEvent {
  const given = headers[STRIPE_SIGNATURE_HEADER];
  const header = typeof given === 'string' ? given : undefined;
  const verdict = verifySignature({ header, rawBody, secrets, receivedAt });
  if (verdict.kind === 'refused') {
    const { reason } = verdict;
    const message = 'the webhook is not signed as it must be';
    throw new BillingError('invalid_signature', message, { reason });
  }
  return fromApiEvent(parseEvent(rawBody));
}

function parseEvent(rawBody: Buffer): StripeEvent {
  try {
    return eventSchema.parse(JSON.parse(rawBody.toString('utf8')));
  } catch {
    // The parser's own words may quote the body, which is not ours to print.
    throw new BillingError('invalid_request', 'a signed webhook has a body we cannot read');
  }
}

function fromApiEvent({ id: eventId, type, created, data }: StripeEvent): GatewayEvent {
  return {
    eventId,
    gatewayPaymentId: null,
    checkoutId: null,
    setupId: null,
    methodReference: null,
    disputeId: null,
    ...read(type, data.object),
    reference: readNames(data.object.metadata).reference,
    occurredAt: fromSeconds(created),
    payment: null,
  };
}

function read(type: string, object: StripeObject): Reading {
  if (type.startsWith('checkout.session.')) return readSession(type, object);
  if (type.startsWith('charge.dispute.')) return readDispute(type, object);
  if (type.startsWith('refund.') || type === 'charge.refund.updated') return readRefund(object);
  const known = PAYMENT_EVENTS[type];
  if (known !== undefined) return { type: known, gatewayPaymentId: object.id ?? null };
  if (METHOD_EVENTS.has(type))
    return { type: 'method.changed', methodReference: object.id ?? null };
  if (type === 'mandate.updated') {
    return { type: 'method.changed', methodReference: idIn(object.payment_method) };
  }
  return { type: 'unrecognised' };
}

const PAYMENT_EVENTS: Readonly<Record<string, GatewayEventType>> = {
  'payment_intent.processing': 'payment.processing',
  'payment_intent.succeeded': 'payment.succeeded',
  'payment_intent.payment_failed': 'payment.failed',
  'payment_intent.canceled': 'payment.failed',
};

const METHOD_EVENTS: ReadonlySet<string> = new Set([
  'payment_method.detached',
  'payment_method.updated',
  'payment_method.automatically_updated',
]);

function readSession(type: string, object: StripeObject): Reading {
  if (object.mode === 'setup') return { type: setupEventOf(type), setupId: object.id ?? null };
  return {
    type: paymentEventOf(type, object),
    checkoutId: object.id ?? null,
    gatewayPaymentId: idIn(object.payment_intent),
  };
}

function setupEventOf(type: string): GatewayEventType {
  switch (type) {
    case 'checkout.session.completed':
      return 'setup.completed';
    case 'checkout.session.expired':
      return 'setup.expired';
    default:
      return 'unrecognised';
  }
}

function paymentEventOf(type: string, { payment_status: paid }: StripeObject): GatewayEventType {
  switch (type) {
    case 'checkout.session.completed':
      return paid === 'unpaid' ? 'payment.processing' : 'payment.succeeded';
    case 'checkout.session.async_payment_succeeded':
      return 'payment.succeeded';
    case 'checkout.session.async_payment_failed':
      return 'payment.failed';
    case 'checkout.session.expired':
      return 'checkout.expired';
    default:
      return 'unrecognised';
  }
}

function readDispute(type: string, object: StripeObject): Reading {
  return {
    type: disputeEventOf(type),
    disputeId: object.id ?? null,
    gatewayPaymentId: idIn(object.payment_intent),
  };
}

function disputeEventOf(type: string): GatewayEventType {
  switch (type) {
    case 'charge.dispute.created':
      return 'dispute.opened';
    case 'charge.dispute.closed':
      return 'dispute.closed';
    default:
      return 'dispute.updated';
  }
}

function readRefund(object: StripeObject): Reading {
  return { type: refundEventOf(object), gatewayPaymentId: idIn(object.payment_intent) };
}

function refundEventOf({ status }: StripeObject): GatewayEventType {
  if (status === 'succeeded') return 'refund.succeeded';
  return status === 'failed' || status === 'canceled' ? 'refund.failed' : 'unrecognised';
}

function idIn(named: StripeObject['payment_intent']): string | null {
  return typeof named === 'string' ? named : (named?.id ?? null);
}
