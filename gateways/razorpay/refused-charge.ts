/**
 * Owns: a charge Razorpay refused before there was a payment: noted on its order, and told as a payment
 * that failed, so that its key says so for ever.
 * Does not own: which refusals are declines (charges.ts).
 * Example: a debit above a mandate's ceiling has no `pay_…`; the port tells it as payment `order_1`, failed with
 * `transaction_limit_exceeded`.
 */
import { classifyDecline } from '../../domain/payment/decline';
import type { GatewayPayment } from '../payment-gateway';
import { fromUnixSeconds } from './from-wire';
import { fromSubunits } from './razorpay-capabilities';
import { expectDone, isMissing, type RazorpayClient } from './razorpay-client';
import { writeNotes, type Notes } from './slots';
import { orderSchema, type WireOrder } from './wire';

export async function noteRefusedCharge(
  client: RazorpayClient,
  order: WireOrder,
  declineCode: string,
): Promise<GatewayPayment> {
  const noted: Notes = { ...order.notes, decline_code: declineCode };
  const path = `/orders/${order.id}`;
  const body = { notes: writeNotes(noted) };
  const reply = await client({ method: 'PATCH', path, body, reply: orderSchema });
  return toFailedPayment({ ...expectDone(reply), notes: writeNotes(noted) }, declineCode);
}

/** The payment of an order that has none because it was refused; null for any other order. */
export function fromRefusedOrder(order: WireOrder): GatewayPayment | null {
  const { decline_code: declineCode }: Notes = order.notes;
  return declineCode === undefined ? null : toFailedPayment(order, declineCode);
}

export async function getRefusedCharge(
  client: RazorpayClient,
  orderId: string,
): Promise<GatewayPayment | null> {
  const path = `/orders/${encodeURIComponent(orderId)}`;
  const reply = await client({ method: 'GET', path, reply: orderSchema });
  return isMissing(reply) ? null : fromRefusedOrder(expectDone(reply));
}

function toFailedPayment(order: WireOrder, declineCode: string): GatewayPayment {
  const { currency } = order;
  const notes: Notes = order.notes;
  const mode = notes.mode === 'upi' ? 'upi' : 'card';
  return {
    gatewayPaymentId: order.id,
    checkoutId: null,
    reference: notes.reference ?? '',
    customerReference: notes.customer_reference ?? '',
    status: 'failed',
    money: fromSubunits(order.amount, currency),
    refunded: fromSubunits(0, currency),
    mode,
    declineCode,
    declineClass: classifyDecline(declineCode),
    method: { reference: notes.method ?? null, kind: mode, brand: mode, lastFour: null },
    idempotencyKey: notes.key ?? null,
    fee: null,
    createdAt: fromUnixSeconds(order.created_at),
  };
}
