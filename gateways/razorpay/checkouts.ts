/**
 * Owns: a hosted page at Razorpay: a Payment Link, found again by its reference_id.
 * Does not own: the payments made on it (payments.ts).
 * No UPI Payment Link even where only UPI is offered: those cannot be tried in test mode. The link's checkout shows
 * what was asked for and nothing else.
 * Example: `createCheckout` of 708.00 INR under `order/ord_1` opens https://rzp.io/i/… for 24 hours; asked again under
 * the same key it answers the same page.
 */
import { toEpochMs, type Instant } from '../../domain/instant';
import {
  GatewayRejected,
  type CheckoutRequest,
  type ExpireCheckoutRequest,
  type ExpireOutcome,
  type GatewayCheckout,
  type GatewayPayment,
  type OpenedCheckout,
} from '../payment-gateway';
import { fromUnixSeconds } from './from-wire';
import { fromOrder, readOrders } from './payments';
import { assertOffered, toSubunits } from './razorpay-capabilities';
import { expectDone, type RazorpayClient } from './razorpay-client';
import { walkSlots, writeNotes, type Notes } from './slots';
import { linkListSchema, linkSchema, type WireLink } from './wire';

const HOUR_MS = 3_600_000;
export const PAGE_LIVES_MS = 24 * HOUR_MS;

/** Razorpay takes no page that lives less than 15 minutes; one more for our clocks. */
const PAGE_LIVES_AT_LEAST_MS = 16 * 60_000;

const DESCRIPTION_LENGTH_MAX = 2_048;

export async function createCheckout(
  client: RazorpayClient,
  request: CheckoutRequest,
): Promise<OpenedCheckout> {
  assertOffered(request.money, request.modes);
  const known = await findLink(client, request);
  if (known.link !== null) return toOpened(known.link);
  const reply = await client({
    method: 'POST',
    path: '/payment_links',
    body: buildLink(request, known.freeName),
    reply: linkSchema,
  });
  if (reply.kind === 'refused') {
    // Another of ours was first.
    const { link } = await findLink(client, request);
    if (link !== null) return toOpened(link);
  }
  return toOpened(expectDone(reply));
}

export async function getCheckout(
  client: RazorpayClient,
  checkoutId: string,
): Promise<GatewayCheckout> {
  const link = await readLink(client, checkoutId);
  const notes: Notes = link.notes;
  return {
    ...toOpened(link),
    reference: notes.reference ?? '',
    status: statusOf(link),
    payments: await readPaymentsOf(client, link),
  };
}

export async function expireCheckout(
  client: RazorpayClient,
  { checkoutId }: ExpireCheckoutRequest,
): Promise<ExpireOutcome> {
  const path = `/payment_links/${encodeURIComponent(checkoutId)}/cancel`;
  const reply = await client({ method: 'POST', path, body: {}, reply: linkSchema });
  // It is refused for what is no longer open: paid, expired, or cancelled by an earlier call of ours.
  const link = reply.kind === 'done' ? reply.value : await readLink(client, checkoutId);
  switch (statusOf(link)) {
    case 'complete':
      return { kind: 'already_complete' };
    case 'expired':
      return { kind: 'expired' };
    case 'open':
      expectDone(reply);
      throw new GatewayRejected('reply_mismatch', 200, 'razorpay cancelled a page that is open');
  }
}

/** Every payment made on the pages of a reference, oldest first. */
export async function findPaymentsOfPages(
  client: RazorpayClient,
  reference: string,
): Promise<GatewayPayment[]> {
  const { things: links } = await walkLinks(client, reference);
  const payments: GatewayPayment[] = [];
  for (const link of links) payments.push(...(await readPaymentsOf(client, link)));
  return payments;
}

async function readLink(client: RazorpayClient, checkoutId: string): Promise<WireLink> {
  const path = `/payment_links/${encodeURIComponent(checkoutId)}`;
  return expectDone(await client({ method: 'GET', path, reply: linkSchema }));
}

function walkLinks(client: RazorpayClient, reference: string) {
  return walkSlots({ kind: 'checkout', owner: reference }, async (name) => {
    const path = `/payment_links?reference_id=${name}`;
    const reply = await client({ method: 'GET', path, reply: linkListSchema });
    return expectDone(reply).payment_links.filter((link) => link.reference_id === name);
  });
}

async function findLink(
  client: RazorpayClient,
  { reference, idempotencyKey, money, customerReference }: CheckoutRequest,
): Promise<{ readonly link: WireLink | null; readonly freeName: string }> {
  const { things, freeName } = await walkLinks(client, reference);
  const link = things.find(({ notes }) => notes.key === idempotencyKey) ?? null;
  if (link === null) return { link, freeName };
  const isSame =
    link.amount === toSubunits(money) &&
    link.currency === money.currency &&
    link.notes.customer_reference === customerReference;
  if (isSame) return { link, freeName };
  throw new GatewayRejected('idempotency_error', 409, `${idempotencyKey} opened another page`);
}

function buildLink(request: CheckoutRequest, name: string) {
  const { money, orderDetails, reference, customerReference, idempotencyKey, modes } = request;
  const description = orderDetails.lines.map((line) => line.description).join(', ');
  return {
    amount: toSubunits(money),
    currency: money.currency,
    accept_partial: false,
    reference_id: name,
    description: description.slice(0, DESCRIPTION_LENGTH_MAX),
    expire_by: Math.floor(expiryMs(request.expiresAt) / 1_000),
    // We tell our customers ourselves.
    notify: { sms: false, email: false },
    reminder_enable: false,
    notes: writeNotes({
      purpose: 'checkout',
      reference,
      customer_reference: customerReference,
      key: idempotencyKey,
    }),
    callback_url: request.returnUrl,
    callback_method: 'get',
    options: { checkout: { name: orderDetails.merchant, config: { display: showOnly(modes) } } },
  };
}

/** Default blocks off: net banking, wallets and pay-later are not modes of ours. */
function showOnly(modes: CheckoutRequest['modes']) {
  const instruments = modes.map((method) => ({ method }));
  return {
    blocks: { pay: { name: 'Pay by', instruments } },
    sequence: ['block.pay'],
    preferences: { show_default_blocks: false },
  };
}

function expiryMs(expiresAt: Instant | undefined): number {
  const now = Date.now();
  if (expiresAt === undefined) return now + PAGE_LIVES_MS;
  return Math.max(toEpochMs(expiresAt), now + PAGE_LIVES_AT_LEAST_MS);
}

function toOpened({ id, short_url: url, expire_by: expireBy }: WireLink): OpenedCheckout {
  return { checkoutId: id, url, expiresAt: fromUnixSeconds(expireBy) };
}

/** A page is its order's receipt; it has no order before somebody opens it. */
async function readPaymentsOf(client: RazorpayClient, link: WireLink): Promise<GatewayPayment[]> {
  const orders = await readOrders(client, link.reference_id);
  const payments: GatewayPayment[] = [];
  for (const order of orders) {
    payments.push(...(await fromOrder(client, { ...order, notes: link.notes })));
  }
  return payments;
}

function statusOf({ status }: WireLink): GatewayCheckout['status'] {
  switch (status) {
    case 'paid':
      return 'complete';
    case 'expired':
    case 'cancelled':
      return 'expired';
    default:
      return 'open';
  }
}
