/** Stripe under the conformance suite: the local server that speaks its documented answers. */
import type { DeclineClass } from '../../../domain/payment/decline';
import { toEpochMs } from '../../../domain/instant';
import type { ReceivedWebhook } from '../../../gateways/payment-gateway';
import { createStripeGateway } from '../../../gateways/stripe/stripe-gateway';
import type { CardError } from '../../support/stripe/books';
import {
  SECRET_KEY,
  signStripe,
  startStripeServer,
  WEBHOOK_SECRET,
  type StripeServer,
} from '../../support/stripe-server';
import type { GatewayFault, GatewayHarness, Paying } from './harness';

const TIMEOUT_MS = 5_000;

const ERROR_OF_CLASS: Readonly<Record<DeclineClass, CardError>> = {
  hard: { code: 'card_declined', decline_code: 'stolen_card' },
  needs_customer: { code: 'authentication_required', decline_code: 'authentication_required' },
  soft: { code: 'card_declined', decline_code: 'insufficient_funds' },
  technical: { code: 'processing_error' },
};

/** The writes a fault may strike: a customer's entry is none of them. */
const WRITES = ['POST /v1/checkout/sessions', 'POST /v1/payment_intents', 'POST /v1/refunds'];

export async function startStripeHarness(): Promise<GatewayHarness> {
  const stripe = await startStripeServer();
  const connect = ({
    timeoutMs = TIMEOUT_MS,
    webhookSecrets = [WEBHOOK_SECRET],
  }: Parameters<GatewayHarness['connect']>[0]) =>
    createStripeGateway({
      secretKey: SECRET_KEY,
      webhookSecrets,
      timeoutMs,
      origin: stripe.origin,
    });
  const gateway = connect({});
  const sign: GatewayHarness['sign'] = (body, { secret = WEBHOOK_SECRET, at } = {}) => {
    const atMs = at === undefined ? Date.now() : toEpochMs(at);
    return toReceived(body, signStripe(body, { secret, atSeconds: Math.floor(atMs / 1_000) }));
  };
  return {
    gateway,
    disputes: {
      getDispute: (disputeId) => gateway.getDispute(disputeId),
      open: async ({ gatewayPaymentId }) => stripe.dispute(gatewayPaymentId, 'fraudulent'),
      close: async (disputeId, as) => stripe.closeDispute(disputeId, as),
    },
    // At Stripe each movement is on the balance at once.
    settlements: {
      listSettled: (query) => gateway.listSettled(query),
      settleAll: () => Promise.resolve(),
    },
    // A payment Stripe reports as failed waits for another method; it does not turn by itself.
    lacks: new Set(['late_success']),
    connect,
    pay: async ({ checkoutId }, how) => stripe.pay(checkoutId, toPage(how)),
    completeSetup: async ({ setupId }, mode) =>
      stripe.completeSetup(setupId, mode === 'upi' ? 'success@stripeupi' : '4242424242424242'),
    settle: async (gatewayPaymentId) => stripe.settle(gatewayPaymentId),
    expire: async (checkoutId) => stripe.expire(checkoutId),
    strike: async (fault) => strike(stripe, fault),
    awaitWebhook: async (fits) => {
      for (const event of stripe.books.events) {
        const message = sign(Buffer.from(JSON.stringify(event)));
        if (fits(gateway.verifyWebhook(message))) return message;
      }
      throw new Error('stripe sent no such event');
    },
    sign,
    stop: () => stripe.stop(),
  };
}

function toReceived(rawBody: Buffer, signature: string): ReceivedWebhook {
  const receivedAt = new Date().toISOString();
  return { rawBody, headers: { 'stripe-signature': signature }, receivedAt };
}

function toPage({ mode, does, keeps }: Paying) {
  return { typed: typedFor(mode, does), keeps };
}

function typedFor(mode: Paying['mode'], does: Paying['does']): string {
  if (mode === 'card') return does === 'decline' ? '4000000000000002' : '4242424242424242';
  switch (does) {
    case 'pay':
      return 'success@stripeupi';
    case 'decline':
      return 'payment_failure@stripeupi';
    case 'pay_slowly':
      return 'slow@stripeupi';
    case 'pay_late':
      throw new Error('nothing is authorised late at stripe');
  }
}

function strike(stripe: StripeServer, fault: GatewayFault): void {
  switch (fault.kind) {
    case 'lost':
      return stripe.loseNext(WRITES, fault);
    case 'decline':
      return stripe.payNext({ kind: 'decline', error: ERROR_OF_CLASS[fault.declineClass] });
    case 'decline_refund':
      return stripe.refundNext('failed');
  }
}
