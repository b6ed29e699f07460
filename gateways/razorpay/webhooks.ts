/**
 * Owns: Razorpay's webhooks: the signature, and which of our events a message is.
 * Does not own: remembering which events were seen, acting on them.
 * The signature covers the body and no time, so a recording played again is still signed: it only makes us look
 * again at what is asked by its id, and the inbox knows the event.
 * Example: `payment.captured` of a charge is `payment.succeeded`; of a registration it is nothing to us, because
 * `invoice.paid` tells it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { BillingError } from '../../domain/billing-error';
import type { GatewayEvent, GatewayEventType, ReceivedWebhook } from '../payment-gateway';
import { fromPayment, fromUnixSeconds } from './from-wire';
import type { Notes } from './slots';
import { webhookSchema, type WireWebhook } from './wire';

const SIGNATURE_HEADER = 'x-razorpay-signature';
const EVENT_ID_HEADER = 'x-razorpay-event-id';

const TYPES: ReadonlyMap<string, GatewayEventType> = new Map([
  // Whoever is told looks at the payment, and looking captures it.
  ['payment.authorized', 'payment.processing'],
  ['payment.captured', 'payment.succeeded'],
  ['payment.failed', 'payment.failed'],
  ['payment_link.paid', 'payment.succeeded'],
  ['payment_link.expired', 'checkout.expired'],
  ['payment_link.cancelled', 'checkout.expired'],
  ['invoice.paid', 'setup.completed'],
  ['invoice.expired', 'setup.expired'],
  ['token.confirmed', 'method.changed'],
  ['token.rejected', 'method.changed'],
  ['token.paused', 'method.changed'],
  ['token.cancelled', 'method.changed'],
  ['refund.processed', 'refund.succeeded'],
  ['refund.failed', 'refund.failed'],
  ['payment.dispute.created', 'dispute.opened'],
  ['payment.dispute.under_review', 'dispute.updated'],
  ['payment.dispute.action_required', 'dispute.updated'],
  ['payment.dispute.won', 'dispute.closed'],
  ['payment.dispute.lost', 'dispute.closed'],
  ['payment.dispute.closed', 'dispute.closed'],
]);

/** `secrets`: newest first; a message tried again is signed with the secret of its first try. */
export function verifyWebhook(
  secrets: readonly string[],
  { rawBody, headers, receivedAt }: ReceivedWebhook,
): GatewayEvent {
  assertSigned(secrets, rawBody, headers[SIGNATURE_HEADER]);
  const webhook = parseWebhook(rawBody);
  const eventId = headers[EVENT_ID_HEADER];
  const { created_at: createdAt } = webhook;
  return {
    eventId:
      typeof eventId === 'string' && eventId !== ''
        ? eventId
        : createHash('sha256').update(rawBody).digest('hex'),
    occurredAt: createdAt === null ? receivedAt : fromUnixSeconds(createdAt),
    ...readSubject(webhook),
  };
}

function assertSigned(
  secrets: readonly string[],
  rawBody: Buffer,
  given: string | string[] | undefined,
): void {
  if (typeof given !== 'string' || given.trim() === '') throw invalid('missing_header');
  if (!/^[0-9a-f]{64}$/.test(given)) throw invalid('malformed_header');
  const signature = Buffer.from(given, 'hex');
  // Every secret is tried, so that the time taken tells nothing about which one fitted.
  const fitting = secrets.filter((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), signature),
  );
  if (fitting.length === 0) throw invalid('no_match');
}

function invalid(reason: string): BillingError {
  const message = 'the webhook is not signed as it must be';
  return new BillingError('invalid_signature', message, { reason });
}

function parseWebhook(rawBody: Buffer): WireWebhook {
  try {
    return webhookSchema.parse(JSON.parse(rawBody.toString('utf8')));
  } catch {
    // The parser's own words may quote the body, which is not ours to print.
    throw new BillingError('invalid_request', 'a signed webhook has a body we cannot read');
  }
}

type Subject = Omit<GatewayEvent, 'eventId' | 'occurredAt'>;

const NOTHING: Subject = {
  type: 'unrecognised',
  gatewayPaymentId: null,
  checkoutId: null,
  setupId: null,
  methodReference: null,
  disputeId: null,
  reference: null,
  payment: null,
};

function readSubject({ event, payload }: WireWebhook): Subject {
  const type = TYPES.get(event);
  if (type === undefined) return NOTHING;
  if (event.startsWith('invoice.')) return readSetup(type, payload);
  const { payment, token, dispute } = payload;
  // The rupee of a registration: `invoice.paid` tells it.
  if (payment?.notes.purpose === 'setup') return NOTHING;
  return {
    ...NOTHING,
    type,
    methodReference: idOf(token),
    disputeId: idOf(dispute),
    ...readPaid(payload),
  };
}

function readPaid({ payment: paid, payment_link: link }: WireWebhook['payload']) {
  const notes: Notes = link?.notes ?? {};
  if (paid === null) return { checkoutId: idOf(link), reference: notes.reference ?? null };
  const payment = fromPayment(paid, notes);
  return {
    gatewayPaymentId: payment.gatewayPaymentId,
    checkoutId: idOf(link) ?? payment.checkoutId,
    reference: payment.reference === '' ? null : payment.reference,
    payment,
  };
}

function idOf(entity: { readonly id: string } | null): string | null {
  return entity?.id ?? null;
}

/** Invoices of another system on the same account have no notes of ours. */
function readSetup(type: GatewayEventType, { invoice }: WireWebhook['payload']): Subject {
  const notes: Notes = invoice?.notes ?? {};
  if (invoice === null || notes.purpose !== 'setup') return NOTHING;
  return { ...NOTHING, type, setupId: invoice.id, reference: notes.reference ?? null };
}
