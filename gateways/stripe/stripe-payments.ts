/**
 * Owns: payments at Stripe: one by its id, those under a reference, and charging a kept method.
 * Does not own: how a payment is read (from-stripe.ts), pages (stripe-checkouts.ts).
 * A decline (402) is an outcome. Payments are looked up in the list of their customer, which is up to date at once;
 * Stripe's search is not, and merchants in India have none.
 * Example: a charge of a stolen card is a PaymentIntent that failed: `declined`, `stolen_card`, `hard`.
 */
import Stripe from 'stripe';
import {
  GatewayRejected,
  type ChargeOutcome,
  type ChargeRequest,
  type GatewayPayment,
  type PaymentQuery,
} from '../payment-gateway';
import { fromApiIntent, kindOf, PAYMENT_PARTS } from './from-stripe';
import { readCharge } from './stripe-capabilities';
import { keyed, orNull, type Ask } from './stripe-client';
import { findCustomer } from './stripe-customers';
import { findChargeable, findMandate } from './stripe-methods';
import { readNames, toMetadata } from './stripe-names';

const PAGE = 100;
/** The newest of a customer's payments that are looked through for a reference: ten pages. */
const SCANNED_MAX = 1_000;
/** The port's own bound. */
const FOUND_MAX = 100;

export async function getPayment(ask: Ask, paymentId: string): Promise<GatewayPayment | null> {
  const intent = await orNull(
    ask((stripe) => stripe.paymentIntents.retrieve(paymentId, { expand: [...PAYMENT_PARTS] })),
  );
  return intent === null ? null : withItsPage(ask, intent);
}

export async function findPayments(
  ask: Ask,
  { reference, customerReference }: PaymentQuery,
): Promise<readonly GatewayPayment[]> {
  const customer = await findCustomer(ask, customerReference);
  if (customer === null) return [];
  const found = await listIntents(ask, customer, reference);
  const payments = await Promise.all(found.map((intent) => withItsPage(ask, intent)));
  return payments.filter((payment) => payment !== null).toReversed();
}

/** Newest first, as Stripe lists them. */
function listIntents(ask: Ask, customer: string, reference: string) {
  return ask(async (stripe) => {
    const found: Stripe.PaymentIntent[] = [];
    let scanned = 0;
    const expand = PAYMENT_PARTS.map((part) => `data.${part}`);
    for await (const intent of stripe.paymentIntents.list({ customer, limit: PAGE, expand })) {
      if (readNames(intent.metadata).reference === reference) found.push(intent);
      scanned += 1;
      if (scanned >= SCANNED_MAX || found.length >= FOUND_MAX) break;
    }
    return found;
  });
}

/** A payment of a page does not name it; what a charge of ours made has none. */
async function withItsPage(ask: Ask, intent: Stripe.PaymentIntent): Promise<GatewayPayment | null> {
  const { reference, idempotencyKey } = readNames(intent.metadata);
  if (reference === null || idempotencyKey !== null) return fromApiIntent(intent, null);
  const { data: sessions } = await ask((stripe) =>
    stripe.checkout.sessions.list({ payment_intent: intent.id, limit: 1 }),
  );
  return fromApiIntent(intent, sessions[0]?.id ?? null);
}

export async function chargeSaved(ask: Ask, request: ChargeRequest): Promise<ChargeOutcome> {
  const { method, customerId } = await findChargeable(ask, request);
  const amount = readCharge(request.money, [kindOf(method)]);
  const found = await findMandate(ask, method);
  const intent = await charge(ask, {
    request,
    params: {
      amount,
      currency: request.money.currency.toLowerCase(),
      customer: customerId,
      payment_method: method.id,
      allowed_payment_method_types: [method.type],
      confirm: true,
      off_session: true,
      metadata: toMetadata(request),
      expand: [...PAYMENT_PARTS],
      ...(found === null ? {} : { mandate: found.mandate.id }),
    },
  });
  const payment = fromApiIntent(intent, null);
  if (payment === null) throw mismatch('tried nothing');
  assertAsked(payment, request);
  return toChargeOutcome(payment);
}

interface Charging {
  readonly request: ChargeRequest;
  readonly params: Stripe.PaymentIntentCreateParams;
}

async function charge(ask: Ask, { request, params }: Charging): Promise<Stripe.PaymentIntent> {
  const { idempotencyKey } = request;
  const made = await ask(async (stripe) => {
    try {
      return await stripe.paymentIntents.create(params, keyed(idempotencyKey));
    } catch (error) {
      // The decline's own copy of it is not expanded.
      const isDecline = error instanceof Stripe.errors.StripeCardError;
      const declined = isDecline ? error.payment_intent : undefined;
      if (declined === undefined) throw error;
      return stripe.paymentIntents.retrieve(declined.id, { expand: [...PAYMENT_PARTS] });
    }
  });
  if (made.status !== 'requires_action') return made;
  return cancel(ask, made.id, idempotencyKey);
}

/** Its owner is not there to authenticate. Cancelled, it cannot succeed when nobody expects it any more. */
function cancel(ask: Ask, id: string, idempotencyKey: string): Promise<Stripe.PaymentIntent> {
  return ask((stripe) =>
    stripe.paymentIntents.cancel(
      id,
      { cancellation_reason: 'abandoned', expand: [...PAYMENT_PARTS] },
      keyed(`${idempotencyKey}/cancel`),
    ),
  );
}

/** `failed` may yet turn into `succeeded` at some gateways; for the caller this try is declined, as it was told. */
function toChargeOutcome(payment: GatewayPayment): ChargeOutcome {
  switch (payment.status) {
    case 'succeeded':
      return { kind: 'succeeded', payment };
    case 'processing':
      return { kind: 'pending', payment };
    case 'failed': {
      const { declineCode, declineClass } = payment;
      if (declineCode === null || declineClass === null) throw mismatch('gave no reason');
      return { kind: 'declined', payment, declineCode, declineClass };
    }
  }
}

/** An answer about something else than we asked is an alarm, and asking again would not help. */
function assertAsked(told: GatewayPayment, asked: ChargeRequest): void {
  if (told.reference !== asked.reference) throw mismatch('answered about another reference');
  const { amountMicros, currency } = told.money;
  const { money } = asked;
  if (currency !== money.currency) throw mismatch('answered about another currency');
  if (amountMicros !== money.amountMicros) throw mismatch('answered about another amount');
}

function mismatch(what: string): GatewayRejected {
  return new GatewayRejected('reply_mismatch', 200, `stripe ${what}`);
}
