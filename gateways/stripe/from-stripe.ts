/**
 * Owns: what Stripe tells as values of the port: a PaymentIntent as a payment, a PaymentMethod as a kept method.
 * Does not own: asking for it (the files beside it).
 * Stripe's lists of words are open: a new one is read as the mildest thing it can mean, never as an error.
 * Example: a PaymentIntent that waits for another method after a decline is a payment that `failed`.
 */
import type Stripe from 'stripe';
import { fromEpochMs, type Instant } from '../../domain/instant';
import type { Money } from '../../domain/money';
import { classifyDecline, type DeclineClass } from '../../domain/payment/decline';
import type { PaymentFact, PaymentMode } from '../../domain/payment/payment';
import type { Mandate } from '../../domain/payment-method/payment-method';
import type { GatewayPayment, KeptMethod, MethodFacts } from '../payment-gateway';
import { fromStripeAmount } from './stripe-amounts';
import { readNames } from './stripe-names';

const MS_PER_SECOND = 1_000;

/** What a payment is read from: a PaymentIntent is asked for with these, wherever it is. */
export const PAYMENT_PARTS = ['payment_method', 'latest_charge.balance_transaction'] as const;

export function fromSeconds(seconds: number): Instant {
  return fromEpochMs(seconds * MS_PER_SECOND);
}

/** The object where it was asked for, null where there is only its id. */
export function expanded<Part extends object>(part: string | Part | null | undefined): Part | null {
  return typeof part === 'object' ? part : null;
}

/** The id of an object, expanded or not. */
export function idOf(part: string | { readonly id: string } | null | undefined): string | null {
  return typeof part === 'string' ? part : (part?.id ?? null);
}

/** A payment, or null while nobody has tried to pay: an open page has a PaymentIntent of its own. */
export function fromApiIntent(
  intent: Stripe.PaymentIntent,
  checkoutId: string | null,
): GatewayPayment | null {
  const status = statusOf(intent);
  if (status === null) return null;
  const { reference, customerReference, idempotencyKey } = namesOf(intent);
  const charge = expanded(intent.latest_charge);
  const method = methodOf(intent);
  return {
    gatewayPaymentId: intent.id,
    checkoutId,
    reference,
    customerReference,
    status,
    money: fromStripeAmount(intent.amount, intent.currency),
    refunded: fromStripeAmount(charge?.amount_refunded ?? 0, intent.currency),
    mode: method.kind,
    ...(status === 'failed' ? declineOf(intent) : { declineCode: null, declineClass: null }),
    method,
    idempotencyKey,
    fee: feeOf(charge),
    createdAt: fromSeconds(intent.created),
  };
}

/** Empty, of what others made in the same Stripe account: nothing of ours is called so. */
export function namesOf({ metadata }: Pick<Stripe.PaymentIntent, 'metadata'>) {
  const { reference, customerReference, idempotencyKey } = readNames(metadata);
  return {
    reference: reference ?? '',
    customerReference: customerReference ?? '',
    idempotencyKey,
  };
}

function statusOf(intent: Stripe.PaymentIntent): PaymentFact['status'] | null {
  const { status } = intent;
  if (status === 'succeeded') return 'succeeded';
  if (status === 'canceled') return 'failed';
  if (status === 'requires_payment_method') return intent.last_payment_error && 'failed';
  // Its customer is at it. Where nobody is, the bank's question is a decline.
  if (status === 'requires_action' && isUnattended(intent)) return 'failed';
  return 'processing';
}

/** Nobody is there who could authenticate, and nobody was given the means to. */
function isUnattended(intent: Stripe.PaymentIntent): boolean {
  return readNames(intent.metadata).idempotencyKey !== null;
}

const AUTHENTICATION_REQUIRED = 'authentication_required';

function declineOf(intent: Stripe.PaymentIntent): {
  readonly declineCode: string;
  readonly declineClass: DeclineClass;
} {
  const error = intent.last_payment_error;
  const unexplained = isUnattended(intent) ? AUTHENTICATION_REQUIRED : 'canceled';
  const declineCode = error?.decline_code ?? error?.code ?? unexplained;
  // The card networks fine those who try again all the same, whatever the code sounds like.
  const isForGood = error?.advice_code === 'do_not_try_again';
  return { declineCode, declineClass: isForGood ? 'hard' : classifyDecline(declineCode) };
}

function methodOf(intent: Stripe.PaymentIntent): MethodFacts {
  const method = expanded(intent.payment_method) ?? intent.last_payment_error?.payment_method;
  if (method !== null && method !== undefined) return fromApiMethodFacts(method);
  const [only, ...others] = intent.payment_method_types;
  const kind = only === 'upi' && others.length === 0 ? 'upi' : 'card';
  return { reference: null, kind, brand: kind, lastFour: null };
}

/** Kept is what Stripe attached to a customer: the customer ticked the box, or gave a mandate. */
function fromApiMethodFacts(method: Stripe.PaymentMethod): MethodFacts {
  return {
    reference: method.customer === null ? null : method.id,
    kind: kindOf(method),
    brand: method.card?.brand ?? method.type,
    lastFour: method.card?.last4 ?? null,
  };
}

export function kindOf(method: Stripe.PaymentMethod): PaymentMode {
  return method.type === 'upi' ? 'upi' : 'card';
}

function feeOf(charge: Stripe.Charge | null): Money | null {
  const moved = expanded(charge?.balance_transaction);
  return moved === null ? null : fromStripeAmount(moved.fee, moved.currency);
}

export function fromApiMethod(
  method: Stripe.PaymentMethod,
  facts: { readonly customerReference: string; readonly mandate: Mandate | null },
): KeptMethod {
  const { card } = method;
  return {
    ...fromApiMethodFacts(method),
    reference: method.id,
    customerReference: facts.customerReference,
    status: method.customer === null ? 'detached' : 'active',
    expiry: card === undefined ? null : { month: card.exp_month, year: card.exp_year },
    mandate: facts.mandate,
  };
}

/** What its owner agreed to with the bank, as the setup that asked for it tells. */
export function fromApiMandate(mandate: Stripe.Mandate, setupIntent: Stripe.SetupIntent): Mandate {
  return { ceiling: ceilingOf(mandate, setupIntent), status: mandateStatusOf(mandate) };
}

function mandateStatusOf({ status }: Stripe.Mandate): Mandate['status'] {
  if (status === 'active') return 'active';
  return status === 'inactive' ? 'revoked' : 'pending';
}

function ceilingOf(mandate: Stripe.Mandate, setupIntent: Stripe.SetupIntent): Money | null {
  const upi = mandate.payment_method_details.upi?.amount ?? null;
  if (upi !== null) return fromStripeAmount(upi, 'inr');
  const card = setupIntent.payment_method_options?.card?.mandate_options ?? null;
  return card === null ? null : fromStripeAmount(card.amount, card.currency);
}
