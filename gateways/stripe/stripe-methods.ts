/**
 * Owns: kept methods at Stripe: reading, listing and forgetting them, and the mandate behind one.
 * Does not own: keeping one (stripe-checkouts.ts with a payment, stripe-setups.ts without).
 * Stripe tells a mandate only with the setup that asked for it, so that is looked for where the law asks for one:
 * UPI, and cards issued in India.
 * Example: a UPI id kept for up to 5 000.00 INR has `mandate: { ceiling, status: 'active' }`.
 */
import type Stripe from 'stripe';
import type { DetachRequest, KeptMethod } from '../payment-gateway';
import { GatewayRejected } from '../payment-gateway';
import { expanded, fromApiMandate, fromApiMethod } from './from-stripe';
import { keyed, orNull, type Ask } from './stripe-client';
import { findCustomer } from './stripe-customers';
import { readNames, toMetadata } from './stripe-names';

const LIST_MAX = 100;
/** A method has one setup, or a few where a mandate was renewed. */
const SETUPS_MAX = 10;

export async function getPaymentMethod(ask: Ask, reference: string): Promise<KeptMethod | null> {
  const method = await orNull(
    ask((stripe) => stripe.paymentMethods.retrieve(reference, { expand: ['customer'] })),
  );
  return method === null ? null : toKeptMethod(ask, method, ownerOf(method) ?? '');
}

export async function listPaymentMethods(
  ask: Ask,
  customerReference: string,
): Promise<readonly KeptMethod[]> {
  const customer = await findCustomer(ask, customerReference);
  if (customer === null) return [];
  const { data: methods } = await ask((stripe) =>
    stripe.customers.listPaymentMethods(customer, { limit: LIST_MAX }),
  );
  return Promise.all(methods.map((method) => toKeptMethod(ask, method, customerReference)));
}

/** Its owner is written on it first, because a detached method has none any more. */
export async function detachPaymentMethod(
  ask: Ask,
  { methodReference, idempotencyKey }: DetachRequest,
): Promise<void> {
  const method = await ask((stripe) =>
    stripe.paymentMethods.retrieve(methodReference, { expand: ['customer'] }),
  );
  if (method.customer === null) return;
  const metadata = toMetadata({ customerReference: ownerOf(method) ?? '' });
  await ask((stripe) =>
    stripe.paymentMethods.update(methodReference, { metadata }, keyed(`${idempotencyKey}/owner`)),
  );
  await ask((stripe) => stripe.paymentMethods.detach(methodReference, {}, keyed(idempotencyKey)));
}

/**
 * The method with its customer at Stripe. Rejects with GatewayRejected `resource_missing` when it is not this
 * account's, or no longer kept: Stripe itself would say so in several ways.
 */
export async function findChargeable(
  ask: Ask,
  { methodReference, customerReference }: ChargedMethod,
): Promise<{ readonly method: Stripe.PaymentMethod; readonly customerId: string }> {
  const method = await ask((stripe) =>
    stripe.paymentMethods.retrieve(methodReference, { expand: ['customer'] }),
  );
  const customer = expanded(method.customer);
  if (customer === null || ownerOf(method) !== customerReference) {
    const message = `${methodReference} is not a method of ${customerReference}`;
    throw new GatewayRejected('resource_missing', 404, message);
  }
  return { method, customerId: customer.id };
}

interface ChargedMethod {
  readonly methodReference: string;
  readonly customerReference: string;
}

/** Whose it is, as we named them; of a detached one as it was written on it. */
function ownerOf(method: Stripe.PaymentMethod): string | null {
  const customer = expanded(method.customer);
  const { metadata } = customer ?? method;
  return readNames(metadata).customerReference;
}

async function toKeptMethod(
  ask: Ask,
  method: Stripe.PaymentMethod,
  customerReference: string,
): Promise<KeptMethod> {
  const setup = await findMandate(ask, method);
  const mandate = setup === null ? null : fromApiMandate(setup.mandate, setup.setupIntent);
  return fromApiMethod(method, { customerReference, mandate });
}

export interface FoundMandate {
  readonly mandate: Stripe.Mandate;
  readonly setupIntent: Stripe.SetupIntent;
}

/** The newest mandate for a method, or null. Asks only where the law wants one. */
export async function findMandate(
  ask: Ask,
  method: Stripe.PaymentMethod,
): Promise<FoundMandate | null> {
  if (method.type !== 'upi' && method.card?.country !== 'IN') return null;
  const { data: setupIntents } = await ask((stripe) =>
    stripe.setupIntents.list({
      payment_method: method.id,
      limit: SETUPS_MAX,
      expand: ['data.mandate'],
    }),
  );
  const found = setupIntents.flatMap((setupIntent) => {
    const mandate = expanded(setupIntent.mandate);
    return mandate === null ? [] : [{ mandate, setupIntent }];
  });
  return found[0] ?? null;
}
