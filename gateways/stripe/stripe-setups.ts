/**
 * Owns: Stripe's hosted page that keeps a method without a payment, with the mandate where the law asks for one.
 * Does not own: charging it (stripe-payments.ts).
 * The page can ask for a ceiling of UPI only; of an Indian card Stripe makes a mandate without one, and what may be
 * charged is bounded by our own rules.
 * Example: UPI for up to 5 000.00 INR opens a page; complete, its method has a mandate with that ceiling.
 */
import type Stripe from 'stripe';
import { GatewayRejected } from '../payment-gateway';
import type { GatewaySetup, OpenedSetup, SetupRequest } from '../method-setups';
import { expanded, fromApiMandate, fromApiMethod } from './from-stripe';
import { readCharge, setupModes, widestCeiling } from './stripe-capabilities';
import { sessionStatusOf, toOpened } from './stripe-checkouts';
import { keyed, type Ask } from './stripe-client';
import { findOrMakeCustomer } from './stripe-customers';
import { readNames, toMetadata } from './stripe-names';

const PARTS = ['setup_intent.payment_method', 'setup_intent.mandate'];

export async function createSetup(ask: Ask, request: SetupRequest): Promise<OpenedSetup> {
  const { currency, mode } = request;
  if (!setupModes(currency).includes(mode)) {
    throw new GatewayRejected('mode_not_offered', 400, `${mode} is not kept in ${currency}`);
  }
  const customer = await findOrMakeCustomer(ask, request.customerReference);
  const session = await ask((stripe) =>
    stripe.checkout.sessions.create(
      toSessionParams(request, customer),
      keyed(request.idempotencyKey),
    ),
  );
  return toOpenedSetup(session);
}

function toSessionParams(
  request: SetupRequest,
  customer: string,
): Stripe.Checkout.SessionCreateParams {
  const { reference, customerReference, idempotencyKey, mode, returnUrl } = request;
  const names = toMetadata({ reference, customerReference, idempotencyKey });
  return {
    mode: 'setup',
    currency: request.currency.toLowerCase(),
    customer,
    client_reference_id: reference,
    metadata: names,
    allowed_payment_method_types: [mode],
    setup_intent_data: { metadata: toMetadata({ reference, customerReference }) },
    success_url: returnUrl,
    cancel_url: returnUrl,
    ...(mode === 'upi' ? { payment_method_options: toMandateOptions(request) } : {}),
  };
}

/** Throws GatewayRejected for a ceiling that nothing could be charged up to. */
function toMandateOptions({ ceiling, merchant }: SetupRequest) {
  const amount = readCharge(ceiling ?? widestCeiling(), ['upi']);
  const mandate_options = { amount, amount_type: 'maximum', description: merchant } as const;
  return { upi: { mandate_options } };
}

export async function getSetup(ask: Ask, setupId: string): Promise<GatewaySetup> {
  const session = await ask((stripe) =>
    stripe.checkout.sessions.retrieve(setupId, { expand: [...PARTS] }),
  );
  const { customerReference } = readNames(session.metadata);
  const setupIntent = expanded(session.setup_intent);
  const method = expanded(setupIntent?.payment_method);
  const mandate = expanded(setupIntent?.mandate);
  const isKept = session.status === 'complete' && setupIntent !== null && method !== null;
  return {
    ...toOpenedSetup(session),
    reference: session.client_reference_id ?? '',
    status: sessionStatusOf(session),
    method: isKept
      ? fromApiMethod(method, {
          customerReference: customerReference ?? '',
          mandate: mandate === null ? null : fromApiMandate(mandate, setupIntent),
        })
      : null,
  };
}

function toOpenedSetup(session: Stripe.Checkout.Session): OpenedSetup {
  const { checkoutId: setupId, url, expiresAt } = toOpened(session);
  return { setupId, url, expiresAt };
}
