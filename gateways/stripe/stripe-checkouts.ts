/**
 * Owns: Stripe's hosted page for a payment: opening it, what became of it, closing it.
 * Does not own: a page that only keeps a method (stripe-setups.ts).
 * Whether a method is kept is the customer's choice, a box on the page: `setup_future_usage` would keep each one
 * unasked. Prices are shown in the currency asked for and no other. A page has one PaymentIntent, whatever the
 * number of tries: it fails and may succeed later.
 * Example: an order of 600.00 INR by UPI or card opens a page of two lines, 500.00 and 100.00.
 */
import type Stripe from 'stripe';
import { toEpochMs } from '../../domain/instant';
import {
  GatewayRejected,
  type CheckoutRequest,
  type ExpireCheckoutRequest,
  type ExpireOutcome,
  type GatewayCheckout,
  type OpenedCheckout,
} from '../payment-gateway';
import { expanded, fromApiIntent, fromSeconds, PAYMENT_PARTS } from './from-stripe';
import { fromStripeAmount, toStripeAmount } from './stripe-amounts';
import { readCharge } from './stripe-capabilities';
import { keyed, type Ask } from './stripe-client';
import { findOrMakeCustomer } from './stripe-customers';
import { readNames, toMetadata } from './stripe-names';

/** Stripe's own bounds, half an hour and a day, with a minute for the way there. */
const OPEN_MIN_MS = 31 * 60_000;
const OPEN_MAX_MS = (24 * 60 - 1) * 60_000;
/** Of what a line is called. */
const LINE_NAME_MAX = 250;
/** Among how many newest pages of a customer the one of a key is looked for. */
const FOUND_MAX = 100;

export async function createCheckout(ask: Ask, request: CheckoutRequest): Promise<OpenedCheckout> {
  const amount = readCharge(request.money, request.modes);
  const customer = await findOrMakeCustomer(ask, request.customerReference);
  const session = await openOnce(ask, { request, customer, amount });
  assertAsked(session, request);
  return toOpened(session);
}

interface Opening {
  readonly request: CheckoutRequest;
  readonly customer: string;
  readonly amount: number;
}

/**
 * A page that is opened again may ask for another end of its time, because that depends on when it is asked; Stripe
 * takes that for another request under the same key. Then the page is looked for by its key.
 */
async function openOnce(ask: Ask, opening: Opening): Promise<Stripe.Checkout.Session> {
  const { request, customer } = opening;
  const { idempotencyKey } = request;
  try {
    const params = toSessionParams(opening, Date.now());
    return await ask((stripe) => stripe.checkout.sessions.create(params, keyed(idempotencyKey)));
  } catch (error) {
    if (!(error instanceof GatewayRejected) || error.code !== 'idempotency_error') throw error;
    const { data: sessions } = await ask((stripe) =>
      stripe.checkout.sessions.list({ customer, limit: FOUND_MAX }),
    );
    const known = sessions.find(
      ({ metadata }) => readNames(metadata).idempotencyKey === idempotencyKey,
    );
    if (known === undefined || known.amount_total !== opening.amount) throw error;
    return known;
  }
}

function toSessionParams(
  { request, customer, amount }: Opening,
  nowMs: number,
): Stripe.Checkout.SessionCreateParams {
  const { reference, customerReference, idempotencyKey, returnUrl, expiresAt } = request;
  return {
    mode: 'payment',
    customer,
    client_reference_id: reference,
    metadata: toMetadata({ reference, customerReference, idempotencyKey }),
    allowed_payment_method_types: [...request.modes],
    line_items: toLineItems(request, amount),
    payment_intent_data: { metadata: toMetadata({ reference, customerReference }) },
    saved_payment_method_options: { payment_method_save: 'enabled' },
    adaptive_pricing: { enabled: false },
    success_url: returnUrl,
    cancel_url: returnUrl,
    ...(expiresAt === undefined ? {} : { expires_at: clampExpiry(expiresAt, nowMs) }),
  };
}

function clampExpiry(expiresAt: string, nowMs: number): number {
  const latest = Math.min(toEpochMs(expiresAt), nowMs + OPEN_MAX_MS);
  return Math.floor(Math.max(latest, nowMs + OPEN_MIN_MS) / 1_000);
}

/** Line by line where Stripe can show it so; one line of the whole where a line is below zero or between its steps. */
function toLineItems({ money, orderDetails }: CheckoutRequest, amount: number) {
  const { lines, merchant } = orderDetails;
  const priced = lines.flatMap(({ description, amount: price }) => {
    const unitAmount = toStripeAmount(price);
    return unitAmount === null || unitAmount < 0 ? [] : [{ name: description, unitAmount }];
  });
  const isWhole = priced.length === lines.length && sumOf(priced) === amount;
  const shown = isWhole ? priced : [{ name: merchant, unitAmount: amount }];
  return shown.map(({ name, unitAmount }) => ({
    quantity: 1,
    price_data: {
      currency: money.currency.toLowerCase(),
      unit_amount: unitAmount,
      product_data: { name: name.slice(0, LINE_NAME_MAX) },
    },
  }));
}

function sumOf(lines: readonly { readonly unitAmount: number }[]): number {
  return lines.reduce((sum, { unitAmount }) => sum + unitAmount, 0);
}

/** An answer about something else than we asked is an alarm, and asking again would not help. */
function assertAsked(
  session: Stripe.Checkout.Session,
  { reference, money }: CheckoutRequest,
): void {
  const total = fromStripeAmount(session.amount_total ?? 0, session.currency ?? '');
  const isAsked =
    session.client_reference_id === reference &&
    total.currency === money.currency &&
    total.amountMicros === money.amountMicros;
  if (isAsked) return;
  throw new GatewayRejected('reply_mismatch', 200, 'stripe opened a page for something else');
}

/** Stripe forgets the address of a page that is paid or expired: it is empty then. */
export function toOpened(session: Stripe.Checkout.Session): OpenedCheckout {
  return {
    checkoutId: session.id,
    url: session.url ?? '',
    expiresAt: fromSeconds(session.expires_at),
  };
}

export async function getCheckout(ask: Ask, checkoutId: string): Promise<GatewayCheckout> {
  const session = await ask((stripe) =>
    stripe.checkout.sessions.retrieve(checkoutId, {
      expand: PAYMENT_PARTS.map((part) => `payment_intent.${part}`),
    }),
  );
  const intent = expanded(session.payment_intent);
  const payment = intent === null ? null : fromApiIntent(intent, session.id);
  return {
    ...toOpened(session),
    reference: session.client_reference_id ?? '',
    status: sessionStatusOf(session),
    payments: payment === null ? [] : [payment],
  };
}

export function sessionStatusOf({ status }: Stripe.Checkout.Session): GatewayCheckout['status'] {
  if (status === 'complete') return 'complete';
  return status === 'expired' ? 'expired' : 'open';
}

/** Stripe refuses to expire what is not open, without saying why in a code: then it is asked what it is. */
export async function expireCheckout(
  ask: Ask,
  { checkoutId, idempotencyKey }: ExpireCheckoutRequest,
): Promise<ExpireOutcome> {
  try {
    await ask((stripe) => stripe.checkout.sessions.expire(checkoutId, {}, keyed(idempotencyKey)));
    return { kind: 'expired' };
  } catch (error) {
    if (!(error instanceof GatewayRejected) || error.httpStatus !== 400) throw error;
    const session = await ask((stripe) => stripe.checkout.sessions.retrieve(checkoutId));
    if (session.status === 'complete') return { kind: 'already_complete' };
    if (session.status === 'expired') return { kind: 'expired' };
    throw error;
  }
}
