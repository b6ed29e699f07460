/**
 * Owns: giving money back at Razorpay, once per key: looked up by its note first, then asked for under the one
 * idempotency header Razorpay has.
 * Does not own: how much may go back by our own rules (domain/refund/).
 * Example: `refund` of 100.00 INR of `pay_1` is `refunded` once processed; while it is pending nobody knows, and
 * GatewayUnavailable says so.
 */
import type { Money } from '../../domain/money';
import {
  GatewayRejected,
  GatewayUnavailable,
  type RefundOutcome,
  type RefundRefusal,
  type RefundRequest,
} from '../payment-gateway';
import { readPayment } from './payments';
import { fromSubunits, toSubunits } from './razorpay-capabilities';
import { expectDone, type RazorpayClient } from './razorpay-client';
import { digest, writeNotes } from './slots';
import { listOf, refundSchema, type WirePayment, type WireRefund } from './wire';

export type AskedRefund =
  | { readonly kind: 'asked'; readonly refund: WireRefund }
  | { readonly kind: 'refused'; readonly reason: RefundRefusal };

export async function refund(
  client: RazorpayClient,
  request: RefundRequest,
): Promise<RefundOutcome> {
  const asked = await askRefund(client, request);
  if (asked.kind === 'refused') return asked;
  const { id, status, amount, currency } = asked.refund;
  switch (status) {
    case 'processed':
      return { kind: 'refunded', refundId: id, money: fromSubunits(amount, currency) };
    case 'failed':
      return { kind: 'refused', reason: 'declined' };
    default:
      throw new GatewayUnavailable(`razorpay has the refund ${id} pending`, { outcome: 'unknown' });
  }
}

/** The refund under this key, asked for unless it was before. */
export async function askRefund(
  client: RazorpayClient,
  request: RefundRequest,
): Promise<AskedRefund> {
  const { gatewayPaymentId, idempotencyKey, money } = request;
  const payment = await readPayment(client, gatewayPaymentId);
  if (payment === null) return { kind: 'refused', reason: 'unknown_payment' };
  const known = await findRefund(client, request);
  if (known !== null) return { kind: 'asked', refund: known };
  const reason = refusalOf(payment, money);
  if (reason !== null) return { kind: 'refused', reason };
  const reply = await client({
    method: 'POST',
    path: `/payments/${encodeURIComponent(gatewayPaymentId)}/refund`,
    headers: { 'x-refund-idempotency': digest(`refund\n${idempotencyKey}`) },
    body: { amount: toSubunits(money), notes: writeNotes({ key: idempotencyKey }) },
    reply: refundSchema,
  });
  if (reply.kind === 'done') return { kind: 'asked', refund: reply.value };
  // Another refund was first.
  const now = await readPayment(client, gatewayPaymentId);
  const late = now === null ? 'unknown_payment' : refusalOf(now, money);
  if (late !== null) return { kind: 'refused', reason: late };
  return { kind: 'asked', refund: expectDone(reply) };
}

async function findRefund(
  client: RazorpayClient,
  { gatewayPaymentId, idempotencyKey, money }: RefundRequest,
): Promise<WireRefund | null> {
  const path = `/payments/${encodeURIComponent(gatewayPaymentId)}/refunds?count=100`;
  const reply = await client({ method: 'GET', path, reply: listOf(refundSchema) });
  const known = expectDone(reply).items.find(({ notes }) => notes.key === idempotencyKey) ?? null;
  const isSame =
    known === null || (known.amount === toSubunits(money) && known.currency === money.currency);
  if (isSame) return known;
  throw new GatewayRejected('idempotency_error', 409, `${idempotencyKey} gave another amount back`);
}

function refusalOf(payment: WirePayment, money: Money): RefundRefusal | null {
  const { status, amount, amount_refunded: refunded, currency } = payment;
  if (status !== 'captured' && status !== 'refunded') return 'payment_not_succeeded';
  if (currency !== money.currency) {
    const message = `${payment.id} was paid in ${currency}, not in ${money.currency}`;
    throw new GatewayRejected('currency_mismatch', 400, message);
  }
  return toSubunits(money) > amount - refunded ? 'more_than_left' : null;
}
