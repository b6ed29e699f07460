/**
 * Owns: a method kept at Razorpay: the token a customer left on a registration page, read, listed, forgotten.
 * Does not own: the page (setups.ts), charging it (charges.ts).
 * A token is read through its customer at Razorpay, and knows nothing of ours; the registration page knows both. So
 * our reference names the token and the page: a webhook, which tells the token only, tells its beginning.
 * Example: `token_1/inv_1`, of `acct_1`, up to 5 000.00 INR, `active`.
 */
import type { Mandate } from '../../domain/payment-method/payment-method';
import type { DetachRequest, KeptMethod } from '../payment-gateway';
import { brandOf } from './from-wire';
import { readPayment } from './payments';
import { fromSubunits, MANDATE_CURRENCY } from './razorpay-capabilities';
import { expectDone, isMissing, type RazorpayClient } from './razorpay-client';
import { walkSlots, type Notes } from './slots';
import {
  forgottenSchema,
  invoiceSchema,
  listOf,
  tokenSchema,
  type WireInvoice,
  type WirePayment,
  type WireToken,
} from './wire';

const METHODS_MAX = 100;

export async function getPaymentMethod(
  client: RazorpayClient,
  methodReference: string,
): Promise<KeptMethod | null> {
  const names = parseReference(methodReference);
  const invoice = names === null ? null : await readInvoice(client, names.invoiceId);
  const method = invoice === null ? null : await readMethod(client, invoice);
  return method?.reference === methodReference ? method : null;
}

export async function listPaymentMethods(
  client: RazorpayClient,
  customerReference: string,
): Promise<readonly KeptMethod[]> {
  const { things: invoices } = await walkSetups(client, customerReference);
  const methods: KeptMethod[] = [];
  for (const invoice of invoices.toReversed()) {
    const method = await readMethod(client, invoice);
    if (method?.status === 'active') methods.push(method);
  }
  return methods.slice(0, METHODS_MAX);
}

/** A UPI mandate is cancelled at the customer's bank as well; a card is only forgotten. */
export async function detachPaymentMethod(
  client: RazorpayClient,
  { methodReference }: DetachRequest,
): Promise<void> {
  const names = parseReference(methodReference);
  const invoice = names === null ? null : await readInvoice(client, names.invoiceId);
  if (names === null || invoice === null) return;
  const { customer_id: customerId } = invoice;
  const method = await readMethod(client, invoice);
  if (method?.status !== 'active' || customerId === null) return;
  const path = `/customers/${customerId}/tokens/${names.tokenId}`;
  const reply =
    method.kind === 'upi'
      ? await client({ method: 'PUT', path: `${path}/cancel`, body: {}, reply: forgottenSchema })
      : await client({ method: 'DELETE', path, reply: forgottenSchema });
  if (!isMissing(reply)) expectDone(reply);
}

/** The registration pages of a customer of ours, oldest first. */
export function walkSetups(client: RazorpayClient, customerReference: string) {
  return walkSlots({ kind: 'setup', owner: customerReference }, async (name) => {
    const path = `/invoices?receipt=${name}`;
    const reply = await client({ method: 'GET', path, reply: listOf(invoiceSchema) });
    return expectDone(reply).items.filter(({ notes }) => notes.purpose === 'setup');
  });
}

export async function readInvoice(
  client: RazorpayClient,
  invoiceId: string,
): Promise<WireInvoice | null> {
  const path = `/invoices/${encodeURIComponent(invoiceId)}`;
  const reply = await client({ method: 'GET', path, reply: invoiceSchema });
  return isMissing(reply) ? null : expectDone(reply);
}

/** What a registration page kept; null while nobody has agreed there. */
export async function readMethod(
  client: RazorpayClient,
  invoice: WireInvoice,
): Promise<KeptMethod | null> {
  const { payment_id: paymentId, customer_id: customerId } = invoice;
  if (paymentId === null || customerId === null) return null;
  const payment = await readPayment(client, paymentId);
  const tokenId = payment?.token_id ?? null;
  if (payment === null || tokenId === null) return null;
  const token = await readToken(client, { customerId, tokenId });
  return toKeptMethod({ invoice, payment, token }, tokenId);
}

export interface MethodNames {
  readonly tokenId: string;
  readonly invoiceId: string;
}

export function parseReference(methodReference: string): MethodNames | null {
  const [, tokenId, invoiceId] = /^(token_\w+)\/(inv_\w+)$/.exec(methodReference) ?? [];
  return tokenId === undefined || invoiceId === undefined ? null : { tokenId, invoiceId };
}

interface TokenNames {
  readonly customerId: string;
  readonly tokenId: string;
}

/**
 * Reading by id is documented for cards only, and the list has UPI tokens only where Razorpay switched that on: a
 * mandate is gone when neither knows it.
 */
async function readToken(
  client: RazorpayClient,
  { customerId, tokenId }: TokenNames,
): Promise<WireToken | null> {
  const path = `/customers/${customerId}/tokens`;
  const read = await client({ method: 'GET', path: `${path}/${tokenId}`, reply: tokenSchema });
  if (!isMissing(read)) return expectDone(read);
  const listed = await client({ method: 'GET', path, reply: listOf(tokenSchema) });
  const items = isMissing(listed) ? [] : expectDone(listed).items;
  return items.find(({ id }) => id === tokenId) ?? null;
}

interface Kept {
  readonly invoice: WireInvoice;
  /** The one by which its owner agreed. */
  readonly payment: WirePayment;
  /** Null: forgotten. */
  readonly token: WireToken | null;
}

function toKeptMethod({ invoice, payment, token }: Kept, tokenId: string): KeptMethod {
  const notes: Notes = invoice.notes;
  const kept = {
    reference: `${tokenId}/${invoice.id}`,
    customerReference: notes.customer_reference ?? '',
    status: isGone(token) ? 'detached' : 'active',
    mandate: { ceiling: ceilingOf(notes), status: mandateStatusOf(token) },
  } as const;
  if (payment.method === 'upi') {
    return { ...kept, kind: 'upi', brand: 'upi', lastFour: null, expiry: null };
  }
  const card = token?.card ?? payment.card;
  const brand = brandOf(card?.network ?? null);
  return { ...kept, kind: 'card', brand, lastFour: card?.last4 ?? null, expiry: expiryOf(token) };
}

/** Cancelled by us or by its owner: Razorpay tells no difference, and it is for good. */
function isGone(token: WireToken | null): boolean {
  return token === null || token.recurring_details?.status === 'cancelled';
}

function expiryOf(token: WireToken | null): KeptMethod['expiry'] {
  const month = token?.card?.expiry_month ?? null;
  const year = token?.card?.expiry_year ?? null;
  return month === null || year === null ? null : { month, year };
}

function ceilingOf({ max_amount: subunits }: Notes): Mandate['ceiling'] {
  return subunits === undefined ? null : fromSubunits(Number(subunits), MANDATE_CURRENCY);
}

function mandateStatusOf(token: WireToken | null): Mandate['status'] {
  if (token === null) return 'revoked';
  const { recurring, recurring_details: details } = token;
  switch (details?.status ?? null) {
    case 'confirmed':
      return 'active';
    case 'paused':
      return 'paused';
    case 'rejected':
    case 'cancelled':
      return 'revoked';
    case null:
      return recurring ? 'active' : 'pending';
    default:
      return 'pending';
  }
}
