/**
 * Owns: charging a kept method at Razorpay: an order, then a payment for it, one of each per key whatever
 * dies in between.
 * Does not own: when to charge (domain/collection/), the method (methods.ts).
 * Nothing at Razorpay makes a second payment impossible before an order is paid, so the order notes when its payment
 * was asked for, and nobody asks again until a payment that was made must have shown:
 * - died before the order: the next try finds none under the key, and makes it;
 * - died after the order: the next try finds it without a payment, and after the wait asks for one;
 * - died after the payment, or its answer was lost: the next try finds it with the order.
 * The order carries no `notification`: Razorpay then has the bank tell the customer, waits as long as the rule says,
 * and debits; all that while the charge is pending.
 * Example: `chargeSaved` under `subscription/sub_1/period/3/attempt/1` is pending; a day later a webhook says paid.
 */
import {
  GatewayRejected,
  GatewayUnavailable,
  type ChargeOutcome,
  type ChargeRequest,
  type GatewayPayment,
} from '../payment-gateway';
import { toChargeOutcome } from '../charge-outcome';
import { parseReference, readInvoice } from './methods';
import { fromOrder, getPayment, readOrders } from './payments';
import { assertOffered, toSubunits } from './razorpay-capabilities';
import { expectDone, isMissing, type RazorpayClient, type Reply } from './razorpay-client';
import { fromRefusedOrder, noteRefusedCharge } from './refused-charge';
import { walkSlots, writeNotes, type Notes } from './slots';
import { orderSchema, recurringSchema, type WireOrder } from './wire';

/** A payment that was asked for shows with its order by then, or was never made. */
const SHOWS_WITHIN_SECONDS = 600;

export async function chargeSaved(
  client: RazorpayClient,
  request: ChargeRequest,
): Promise<ChargeOutcome> {
  assertOffered(request.money, []);
  const { things: orders, freeName } = await walkCharges(client, request.reference);
  const mine = orders.filter(({ notes }) => notes.key === request.idempotencyKey);
  const [first] = mine;
  if (first !== undefined) return resume(client, request, mine);
  await assertNoneUnderWay(client, orders);
  const method = await readChargeable(client, request);
  const order = await openOrder(client, request, { receipt: freeName, mode: method.mode });
  return ask(client, order, method);
}

/** Every charge under a reference, oldest first: of each key the payment that decides it. */
export async function findCharges(
  client: RazorpayClient,
  reference: string,
): Promise<GatewayPayment[]> {
  const { things: orders } = await walkCharges(client, reference);
  const payments: GatewayPayment[] = [];
  for (const order of orders) {
    const payment = await findDecisive(client, [order]);
    if (payment !== null) payments.push(payment);
  }
  return payments;
}

function walkCharges(client: RazorpayClient, reference: string) {
  return walkSlots({ kind: 'charge', owner: reference }, (receipt) => readOrders(client, receipt));
}

/** Razorpay may try one order several times: what paid counts, then what still may, then the last that failed. */
async function findDecisive(
  client: RazorpayClient,
  orders: readonly WireOrder[],
): Promise<GatewayPayment | null> {
  const payments: GatewayPayment[] = [];
  for (const order of orders) payments.push(...(await fromOrder(client, order)));
  const byStatus = (wanted: GatewayPayment['status']) =>
    payments.findLast(({ status }) => status === wanted);
  const made = byStatus('succeeded') ?? byStatus('processing') ?? byStatus('failed');
  if (made !== undefined) return made;
  return orders.map(fromRefusedOrder).find((refused) => refused !== null) ?? null;
}

/** The charge was begun under this key: tells what came of it, or goes on where it was left. */
async function resume(
  client: RazorpayClient,
  request: ChargeRequest,
  mine: readonly WireOrder[],
): Promise<ChargeOutcome> {
  const { money, idempotencyKey, methodReference } = request;
  const isSame = mine.every(
    ({ amount, currency, notes }) =>
      amount === toSubunits(money) &&
      currency === money.currency &&
      notes.method === methodReference,
  );
  if (!isSame) {
    throw new GatewayRejected('idempotency_error', 409, `${idempotencyKey} is another charge`);
  }
  const payment = await findDecisive(client, mine);
  if (payment !== null) return toChargeOutcome(payment);
  const waitsForMs = Math.max(...mine.map(msUntilShown));
  if (waitsForMs > 0) {
    const facts = { outcome: 'unknown', retryAfterSeconds: Math.ceil(waitsForMs / 1_000) } as const;
    throw new GatewayUnavailable('razorpay may still show a payment that was asked for', facts);
  }
  const method = await readChargeable(client, request);
  const oldest = mine.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const [order] = oldest.toSorted((a, b) => a.created_at - b.created_at);
  if (order === undefined) throw new RangeError('a charge is resumed on its order');
  return ask(client, await noteAsked(client, order), method);
}

function msUntilShown({ notes }: WireOrder): number {
  const { asked_at: askedAt = '0' }: Notes = notes;
  return Number(askedAt) + SHOWS_WITHIN_SECONDS * 1_000 - Date.now();
}

/** Razorpay wants no second debit before the first is decided; it may still be debited. */
async function assertNoneUnderWay(
  client: RazorpayClient,
  orders: readonly WireOrder[],
): Promise<void> {
  for (const order of orders) {
    const payment = await findDecisive(client, [order]);
    if (payment?.status !== 'processing') continue;
    const message = `razorpay has an earlier charge, ${payment.gatewayPaymentId}, still pending`;
    throw new GatewayUnavailable(message, { outcome: 'not_executed' });
  }
}

interface Chargeable {
  readonly tokenId: string;
  readonly customerId: string;
  readonly email: string | null;
  readonly contact: string | null;
  readonly mode: string;
}

/** Throws GatewayRejected `resource_missing` for a method nobody kept, or somebody else did. */
async function readChargeable(
  client: RazorpayClient,
  { methodReference, customerReference }: ChargeRequest,
): Promise<Chargeable> {
  const names = parseReference(methodReference);
  const invoice = names === null ? null : await readInvoice(client, names.invoiceId);
  if (names === null || invoice === null || invoice.customer_id === null) throw noSuchMethod();
  const notes: Notes = invoice.notes;
  if (notes.customer_reference !== customerReference) throw noSuchMethod();
  const { customer_id: customerId, customer_details: details } = invoice;
  return { tokenId: names.tokenId, customerId, ...details, mode: notes.mode ?? 'card' };
}

function noSuchMethod(): GatewayRejected {
  return new GatewayRejected('resource_missing', 400, 'razorpay keeps no such method');
}

/** An order that only this try may ask a payment for. */
async function openOrder(
  client: RazorpayClient,
  request: ChargeRequest,
  { receipt, mode }: { readonly receipt: string; readonly mode: string },
): Promise<WireOrder> {
  const { money, reference, customerReference, idempotencyKey, methodReference } = request;
  const notes = writeNotes({
    purpose: 'charge',
    reference,
    customer_reference: customerReference,
    key: idempotencyKey,
    method: methodReference,
    mode,
    asked_at: String(Date.now()),
  });
  const { currency } = money;
  const body = { amount: toSubunits(money), currency, payment_capture: true, receipt, notes };
  const reply = await client({ method: 'POST', path: '/orders', body, reply: orderSchema });
  const orders = await readOrders(client, receipt);
  const isAlone = orders.length === 1 && reply.kind === 'done' && orders[0]?.id === reply.value.id;
  if (isAlone) return reply.value;
  if (orders.length === 0) expectDone(reply);
  // Another of ours asks at the same time: which of us may is plain only later.
  throw new GatewayUnavailable('the charge is being asked for', { outcome: 'unknown' });
}

async function noteAsked(client: RazorpayClient, order: WireOrder): Promise<WireOrder> {
  const notes = writeNotes({ ...order.notes, asked_at: String(Date.now()) });
  const path = `/orders/${order.id}`;
  const body = { notes };
  expectDone(await client({ method: 'PATCH', path, body, reply: orderSchema }));
  return { ...order, notes };
}

async function ask(
  client: RazorpayClient,
  order: WireOrder,
  { tokenId, customerId, email, contact }: Chargeable,
): Promise<ChargeOutcome> {
  const { purpose, reference, customer_reference, key, method }: Notes = order.notes;
  const reply = await client({
    method: 'POST',
    path: '/payments/create/recurring',
    body: {
      email,
      contact,
      amount: order.amount,
      currency: order.currency,
      order_id: order.id,
      customer_id: customerId,
      token: tokenId,
      recurring: true,
      description: reference,
      notes: writeNotes({ purpose, reference, customer_reference, key, method }),
    },
    reply: recurringSchema,
  });
  const paymentId = reply.kind === 'done' ? reply.value.razorpay_payment_id : reply.error.metadata;
  if (paymentId !== undefined) return readOutcome(client, paymentId);
  const declineCode = declineCodeOf(reply);
  if (declineCode !== null) {
    return toChargeOutcome(await noteRefusedCharge(client, order, declineCode));
  }
  expectDone(reply);
  throw new RangeError('a payment that was made has an id');
}

async function readOutcome(client: RazorpayClient, paymentId: string): Promise<ChargeOutcome> {
  const payment = await getPayment(client, paymentId);
  if (payment !== null) return toChargeOutcome(payment);
  const message = `razorpay made ${paymentId} and does not show it yet`;
  throw new GatewayUnavailable(message, { outcome: 'unknown' });
}

/** Says what was wrong with a request of ours, not with the customer's method. */
const OUR_MISTAKES: ReadonlySet<string> = new Set(['input_validation_failed', 'na', '']);

/** The decline in a refusal without a payment; null when the request itself was refused. */
function declineCodeOf(reply: Reply<unknown>): string | null {
  if (reply.kind === 'done' || isMissing(reply)) return null;
  const { code, reason, description } = reply.error;
  if (/exceeds maximum amount/i.test(description)) return 'transaction_limit_exceeded';
  if (code !== 'BAD_REQUEST_ERROR') return code.toLowerCase();
  const word = (reason ?? '').toLowerCase();
  return OUR_MISTAKES.has(word) ? null : word;
}
