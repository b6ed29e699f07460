/**
 * Owns: reading payments at Razorpay, and capturing those a bank authorised and nobody captured.
 * Does not own: making payments (checkouts.ts, charges.ts).
 * Every page and order of ours captures by itself. What a bank authorises late may not be, and Razorpay gives it
 * back after some days: it is money we asked for, so whoever sees it here takes it.
 * Example: `getPayment(client, 'pay_1')` of an authorized payment captures it and answers `succeeded`.
 */
import type { GatewayPayment } from '../payment-gateway';
import { getRefusedCharge } from './refused-charge';
import { fromPayment } from './from-wire';
import { expectDone, isMissing, type RazorpayClient } from './razorpay-client';
import type { Notes } from './slots';
import { listOf, orderSchema, paymentSchema, type WireOrder, type WirePayment } from './wire';

/** Every order with a receipt, its payments and their cards in it. */
export async function readOrders(
  client: RazorpayClient,
  receipt: string,
): Promise<readonly WireOrder[]> {
  const path = `/orders?receipt=${receipt}&expand[]=payments.card&count=100`;
  const { items } = expectDone(await client({ method: 'GET', path, reply: listOf(orderSchema) }));
  // Razorpay says that it looks for receipts that contain the text.
  return items.filter((order) => order.receipt === receipt);
}

export async function getPayment(
  client: RazorpayClient,
  gatewayPaymentId: string,
): Promise<GatewayPayment | null> {
  if (gatewayPaymentId.startsWith('order_')) return getRefusedCharge(client, gatewayPaymentId);
  const payment = await readPayment(client, gatewayPaymentId);
  if (payment === null) return null;
  const inherited = await readInherited(client, payment);
  return fromPayment(await capture(client, payment, inherited), inherited);
}

export async function readPayment(
  client: RazorpayClient,
  gatewayPaymentId: string,
): Promise<WirePayment | null> {
  const path = `/payments/${encodeURIComponent(gatewayPaymentId)}?expand[]=card`;
  const reply = await client({ method: 'GET', path, reply: paymentSchema });
  return isMissing(reply) ? null : expectDone(reply);
}

/** The payments of an order, oldest first. */
export async function fromOrder(
  client: RazorpayClient,
  { payments, notes }: Pick<WireOrder, 'payments'> & { readonly notes: Notes },
): Promise<GatewayPayment[]> {
  // Razorpay lists the newest first, by seconds.
  const oldestFirst = payments.toReversed().toSorted((a, b) => a.created_at - b.created_at);
  const captured: GatewayPayment[] = [];
  for (const payment of oldestFirst) {
    captured.push(fromPayment(await capture(client, payment, notes), notes));
  }
  return captured;
}

/** A payment made on a page that passed no notes on has those of its order. */
async function readInherited(client: RazorpayClient, payment: WirePayment): Promise<Notes> {
  const { notes, order_id: orderId } = payment;
  if ('reference' in notes || orderId === null) return {};
  const path = `/orders/${orderId}`;
  const reply = await client({ method: 'GET', path, reply: orderSchema });
  return isMissing(reply) ? {} : expectDone(reply).notes;
}

/** Another's payment, or one the bank has not authorised, is left as it is. */
async function capture(
  client: RazorpayClient,
  payment: WirePayment,
  inherited: Notes,
): Promise<WirePayment> {
  const { id, amount, currency, status } = payment;
  const notes: Notes = { ...inherited, ...payment.notes };
  if (status !== 'authorized' || notes.reference === undefined) return payment;
  const path = `/payments/${id}/capture`;
  const body = { amount, currency };
  const reply = await client({ method: 'POST', path, body, reply: paymentSchema });
  if (reply.kind === 'done') return { ...reply.value, card: reply.value.card ?? payment.card };
  // Captured by itself meanwhile, or its order is paid and this one goes back.
  return (await readPayment(client, id)) ?? payment;
}
