/**
 * Owns: the ports for payments, setups, disputes and settlements spoken to Razorpay.
 * Does not own: how each is spoken (a file per noun beside this one), the HTTP (razorpay-client.ts).
 * docs/domain/razorpay.md has what was checked against what, and what to switch on.
 * Example: `createRazorpayGateway({ keyId, keySecret, webhookSecrets: ['new', 'old'], timeoutMs: 10_000, origin: null })`.
 */
import type { Disputes } from '../disputes';
import type { MethodSetups } from '../method-setups';
import type { PaymentGateway } from '../payment-gateway';
import type { Settlements } from '../settlements';
import { chargeSaved, findCharges } from './charges';
import { createCheckout, expireCheckout, findPaymentsOfPages, getCheckout } from './checkouts';
import { getDispute } from './disputes';
import { detachPaymentMethod, getPaymentMethod, listPaymentMethods } from './methods';
import { getPayment } from './payments';
import { RAZORPAY_CAPABILITIES } from './razorpay-capabilities';
import { createRazorpayClient, type ClientOptions } from './razorpay-client';
import { refund } from './refunds';
import { listSettled } from './settled';
import { createSetup, getSetup, setupModes } from './setups';
import { verifyWebhook } from './webhooks';

export interface RazorpayGatewayOptions extends ClientOptions {
  /** Newest first; the older ones while they are rotated out. None blank. */
  readonly webhookSecrets: readonly string[];
}

export type RazorpayGateway = PaymentGateway & MethodSetups & Disputes & Settlements;

/** Throws a RangeError when there is no webhook secret, or a blank one. Calls nobody yet. */
export function createRazorpayGateway(options: RazorpayGatewayOptions): RazorpayGateway {
  const { webhookSecrets } = options;
  if (webhookSecrets.length === 0 || webhookSecrets.some((secret) => secret.trim() === '')) {
    throw new RangeError('razorpay needs webhook secrets, none of them blank');
  }
  const client = createRazorpayClient(options);
  return {
    name: 'razorpay',
    capabilities: RAZORPAY_CAPABILITIES,
    createCheckout: (request) => createCheckout(client, request),
    getCheckout: (checkoutId) => getCheckout(client, checkoutId),
    expireCheckout: (request) => expireCheckout(client, request),
    getPayment: (gatewayPaymentId) => getPayment(client, gatewayPaymentId),
    findPayments: async ({ reference }) => [
      ...(await findPaymentsOfPages(client, reference)),
      ...(await findCharges(client, reference)),
    ],
    chargeSaved: (request) => chargeSaved(client, request),
    refund: (request) => refund(client, request),
    getPaymentMethod: (methodReference) => getPaymentMethod(client, methodReference),
    listPaymentMethods: ({ customerReference }) => listPaymentMethods(client, customerReference),
    detachPaymentMethod: (request) => detachPaymentMethod(client, request),
    verifyWebhook: (received) => verifyWebhook(webhookSecrets, received),
    setupModes,
    setupNeedsContact: true,
    createSetup: (request) => createSetup(client, request),
    getSetup: (setupId) => getSetup(client, setupId),
    getDispute: (disputeId) => getDispute(client, disputeId),
    listSettled: (query) => listSettled(client, query),
  };
}
