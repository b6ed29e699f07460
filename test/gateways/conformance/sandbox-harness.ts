/** The sandbox gateway under the conformance suite: its real server, a receiver for its webhooks. */
import type { DeclineClass } from '../../../domain/payment/decline';
import type { ReceivedWebhook } from '../../../gateways/payment-gateway';
import { createSandboxGateway } from '../../../gateways/sandbox/sandbox-gateway';
import { SIGNATURE_HEADER } from '../../../gateways/sandbox/wire';
import { signPayload } from '../../../gateways/webhook-signature';
import {
  cardForm,
  FAILURE_UPI,
  LATE_UPI,
  payCheckout,
  saveMethod,
  SLOW_UPI,
  startSandboxGateway,
  SUCCESS_UPI,
} from '../../support/sandbox-gateway';
import { startWebhookReceiver } from '../../support/webhook-receiver';
import type { GatewayFault, GatewayHarness, Paying } from './harness';

const TIMEOUT_MS = 5_000;

const CODE_OF_CLASS: Readonly<Record<DeclineClass, string>> = {
  hard: 'stolen_card',
  needs_customer: 'authentication_required',
  soft: 'insufficient_funds',
  technical: 'issuer_not_available',
};

export async function startSandboxHarness(): Promise<GatewayHarness> {
  const receiver = await startWebhookReceiver();
  const sandbox = await startSandboxGateway({ webhookUrl: receiver.url });
  const { baseUrl, apiKey, webhookSecret, gateway } = sandbox;
  return {
    gateway,
    disputes: null,
    settlements: null,
    lacks: new Set(),
    connect: ({ timeoutMs = TIMEOUT_MS, webhookSecrets = [webhookSecret] }) =>
      createSandboxGateway({ baseUrl, apiKey, webhookSecrets, timeoutMs }),
    pay: async ({ url }, how) => void (await payCheckout(url, toForm(how))),
    completeSetup: async ({ url }, mode) => void (await saveMethod(url, formOf(mode, 'pay'))),
    settle: (gatewayPaymentId) => sandbox.settle(gatewayPaymentId),
    expire: (checkoutId) => sandbox.expire(checkoutId),
    strike: (fault) => sandbox.addFault(toSandboxFault(fault)),
    awaitWebhook: async (fits) => {
      const found = () => receiver.messages.find((message) => fits(gateway.verifyWebhook(message)));
      await receiver.waitUntil(() => found() !== undefined);
      const message = found();
      if (message === undefined) throw new Error('the receiver forgot what it had');
      return message;
    },
    sign: (rawBody, { secret = webhookSecret, at = new Date().toISOString() } = {}) =>
      toReceived(rawBody, signPayload({ rawBody, secret, signedAt: at })),
    stop: async () => {
      await sandbox.stop();
      await receiver.stop();
    },
  };
}

function toReceived(rawBody: Buffer, signature: string): ReceivedWebhook {
  const receivedAt = new Date().toISOString();
  return { rawBody, headers: { [SIGNATURE_HEADER]: signature }, receivedAt };
}

function toForm({ mode, does, keeps }: Paying): Readonly<Record<string, string>> {
  return { ...formOf(mode, does), ...(keeps ? { save: 'on' } : {}) };
}

function formOf(mode: Paying['mode'], does: Paying['does']): Readonly<Record<string, string>> {
  switch (does) {
    case 'pay':
      return mode === 'upi' ? SUCCESS_UPI : cardForm();
    case 'decline':
      return mode === 'upi' ? FAILURE_UPI : cardForm('4000000000000002');
    case 'pay_slowly':
      return SLOW_UPI;
    case 'pay_late':
      return LATE_UPI;
  }
}

function toSandboxFault(fault: GatewayFault) {
  switch (fault.kind) {
    case 'lost':
      return { kind: fault.executed ? 'timeout_after' : 'timeout_before' } as const;
    case 'decline':
      return { kind: 'decline', code: CODE_OF_CLASS[fault.declineClass] } as const;
    case 'decline_refund':
      return { kind: 'decline', on: 'refund', code: 'account_closed' } as const;
  }
}
