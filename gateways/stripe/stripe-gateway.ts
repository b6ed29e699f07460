/**
 * Owns: Stripe behind the ports for payments and setups, disputes and settlements: which file answers which question.
 * Does not own: the answers (the files beside it), what a platform has switched on in its Stripe account.
 * Example: `createStripeGateway({ secretKey, webhookSecrets: ['whsec_new', 'whsec_old'], timeoutMs: 10_000,
 * origin: null }).getPayment('pi_1')`.
 */
import type { Disputes } from '../disputes';
import type { PaymentGateway } from '../payment-gateway';
import type { Settlements } from '../settlements';
import { setupModes, STRIPE_CAPABILITIES } from './stripe-capabilities';
import { createCheckout, expireCheckout, getCheckout } from './stripe-checkouts';
import { createAsk, type StripeClientOptions } from './stripe-client';
import { getDispute } from './stripe-disputes';
import { detachPaymentMethod, getPaymentMethod, listPaymentMethods } from './stripe-methods';
import { chargeSaved, findPayments, getPayment } from './stripe-payments';
import { refund } from './stripe-refunds';
import { listSettled } from './stripe-settlements';
import { createSetup, getSetup } from './stripe-setups';
import { verifyWebhook } from './stripe-webhooks';

export interface StripeGatewayOptions extends StripeClientOptions {
  /** Of our endpoint at Stripe, `whsec_…`, newest first; the older ones while they are rotated out. None blank. */
  readonly webhookSecrets: readonly string[];
}

export type StripeGateway = PaymentGateway & Disputes & Settlements;

/** Calls nobody yet. Throws a RangeError when there is no webhook secret, or a blank one. */
export function createStripeGateway(options: StripeGatewayOptions): StripeGateway {
  const { webhookSecrets } = options;
  if (webhookSecrets.length === 0 || webhookSecrets.some((secret) => secret.trim() === '')) {
    throw new RangeError('stripe needs webhook secrets, none of them blank');
  }
  const ask = createAsk(options);
  return {
    name: 'stripe',
    capabilities: STRIPE_CAPABILITIES,
    createCheckout: (request) => createCheckout(ask, request),
    getCheckout: (checkoutId) => getCheckout(ask, checkoutId),
    expireCheckout: (request) => expireCheckout(ask, request),
    getPayment: (gatewayPaymentId) => getPayment(ask, gatewayPaymentId),
    findPayments: (query) => findPayments(ask, query),
    chargeSaved: (request) => chargeSaved(ask, request),
    refund: (request) => refund(ask, request),
    getPaymentMethod: (methodReference) => getPaymentMethod(ask, methodReference),
    listPaymentMethods: ({ customerReference }) => listPaymentMethods(ask, customerReference),
    detachPaymentMethod: (request) => detachPaymentMethod(ask, request),
    verifyWebhook: (received) => verifyWebhook(webhookSecrets, received),
    setupModes,
    setupNeedsContact: false,
    createSetup: (request) => createSetup(ask, request),
    getSetup: (setupId) => getSetup(ask, setupId),
    getDispute: (disputeId) => getDispute(ask, disputeId),
    listSettled: (query) => listSettled(ask, query),
  };
}
