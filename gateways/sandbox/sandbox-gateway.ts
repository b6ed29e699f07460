/**
 * Owns: the payment gateway port spoken to the sandbox gateway over HTTP.
 * Does not own: the HTTP itself (sandbox-client.ts), the server at the other end (sandbox-server.ts).
 * Replies are checked twice: their shape, and that they speak of what was asked: an answer about
 * another order or another amount is not believed.
 * Example: `createSandboxGateway({ baseUrl: 'http://127.0.0.1:4010', apiKey, webhookSecrets: ['new',
 * 'old'], timeoutMs: 10_000 }).getPayment('sbx_pay_1')`.
 */
import { BillingError } from '../../domain/billing-error';
import { parseMoney, toWireMoney, type Money } from '../../domain/money';
import { toChargeOutcome } from '../charge-outcome';
import {
  GatewayRejected,
  type ChargeOutcome,
  type ChargeRequest,
  type CheckoutRequest,
  type DetachRequest,
  type ExpireCheckoutRequest,
  type ExpireOutcome,
  type GatewayCheckout,
  type GatewayEvent,
  type GatewayPayment,
  type KeptMethod,
  type OpenedCheckout,
  type PaymentGateway,
  type ReceivedWebhook,
  type RefundOutcome,
  type RefundRequest,
} from '../payment-gateway';
import type { GatewaySetup, OpenedSetup, SetupRequest } from '../method-setups';
import { verifySignature } from '../webhook-signature';
import type { GatewayDispute } from '../disputes';
import {
  fromApiCheckout,
  fromApiDispute,
  fromApiMethod,
  fromApiPayment,
  fromApiSetup,
  fromApiWebhook,
} from './from-wire';
import { capabilitiesUnder, type SandboxRules } from './sandbox-capabilities';
import {
  createSandboxClient,
  toRejection,
  type ClientOptions,
  type Reply,
  type SandboxClient,
} from './sandbox-client';
import { createSandboxSettlements } from './sandbox-settlements';
import {
  checkoutSchema,
  disputeSchema,
  methodListSchema,
  methodSchema,
  paymentListSchema,
  paymentSchema,
  refundSchema,
  setupSchema,
  SIGNATURE_HEADER,
  webhookSchema,
  type WireWebhook,
} from './wire';

export interface SandboxGatewayOptions extends ClientOptions {
  /** Newest first; the older ones while they are rotated out. None blank. */
  readonly webhookSecrets: readonly string[];
  /** Left out: none. */
  readonly rules?: SandboxRules;
}

/** Throws a RangeError when there is no webhook secret, or a blank one. */
export function createSandboxGateway(options: SandboxGatewayOptions): PaymentGateway {
  const { webhookSecrets } = options;
  if (webhookSecrets.length === 0 || webhookSecrets.some((secret) => secret.trim() === '')) {
    throw new RangeError('the sandbox gateway needs webhook secrets, none of them blank');
  }
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const client = createSandboxClient({ ...options, baseUrl });
  const capabilities = capabilitiesUnder(options.rules ?? 'none');
  return {
    name: 'sandbox',
    capabilities,
    createCheckout: (request) => createCheckout(client, request),
    getCheckout: (checkoutId) => getCheckout(client, checkoutId),
    expireCheckout: (request) => expireCheckout(client, request),
    getPayment: (gatewayPaymentId) => getPayment(client, gatewayPaymentId),
    findPayments: ({ reference }) => findPayments(client, reference),
    chargeSaved: (request) => chargeSaved(client, request),
    refund: (request) => refund(client, request),
    getPaymentMethod: (methodReference) => getPaymentMethod(client, methodReference),
    listPaymentMethods: ({ customerReference }) => listPaymentMethods(client, customerReference),
    detachPaymentMethod: (request) => detachPaymentMethod(client, request),
    ...createSandboxSettlements(client),
    getDispute: (disputeId) => getDispute(client, disputeId),
    verifyWebhook: (received) => verifyWebhook(webhookSecrets, received),
    setupModes: (currency) => capabilities.offerIn(currency)?.modes ?? [],
    setupNeedsContact: false,
    createSetup: (request) => createSetup(client, request),
    getSetup: (setupId) => getSetup(client, setupId),
  };
}

async function createCheckout(
  client: SandboxClient,
  request: CheckoutRequest,
): Promise<OpenedCheckout> {
  const { amount, currency } = toWireMoney(request.money);
  const reply = await client({
    method: 'POST',
    path: '/v1/checkouts',
    idempotencyKey: request.idempotencyKey,
    reply: checkoutSchema,
    body: {
      reference: request.reference,
      customer_reference: request.customerReference,
      amount,
      currency,
      modes: request.modes,
      merchant: request.orderDetails.merchant,
      lines: request.orderDetails.lines.map((line) => ({
        description: line.description,
        amount: toWireMoney(line.amount).amount,
      })),
      return_url: request.returnUrl,
      expires_at: request.expiresAt,
    },
  });
  const checkout = expectDone(reply);
  assertEcho(checkout, request);
  return { checkoutId: checkout.id, url: checkout.url, expiresAt: checkout.expires_at };
}

async function getCheckout(client: SandboxClient, checkoutId: string): Promise<GatewayCheckout> {
  const path = `/v1/checkouts/${encodeURIComponent(checkoutId)}`;
  return fromApiCheckout(expectDone(await client({ method: 'GET', path, reply: checkoutSchema })));
}

async function expireCheckout(
  client: SandboxClient,
  { checkoutId, idempotencyKey }: ExpireCheckoutRequest,
): Promise<ExpireOutcome> {
  const reply = await client({
    method: 'POST',
    path: `/v1/checkouts/${encodeURIComponent(checkoutId)}/expire`,
    idempotencyKey,
    reply: checkoutSchema,
    body: {},
  });
  if (reply.kind === 'refused' && reply.error.code === 'checkout_complete') {
    return { kind: 'already_complete' };
  }
  expectDone(reply);
  return { kind: 'expired' };
}

async function createSetup(client: SandboxClient, request: SetupRequest): Promise<OpenedSetup> {
  const { ceiling } = request;
  const reply = await client({
    method: 'POST',
    path: '/v1/setups',
    idempotencyKey: request.idempotencyKey,
    reply: setupSchema,
    body: {
      reference: request.reference,
      customer_reference: request.customerReference,
      mode: request.mode,
      currency: request.currency,
      max_amount: ceiling === null ? null : toWireMoney(ceiling).amount,
      merchant: request.merchant,
      return_url: request.returnUrl,
    },
  });
  const setup = fromApiSetup(expectDone(reply));
  if (setup.reference !== request.reference) throw mismatch('another reference');
  return { setupId: setup.setupId, url: setup.url, expiresAt: setup.expiresAt };
}

async function getSetup(client: SandboxClient, setupId: string): Promise<GatewaySetup> {
  const path = `/v1/setups/${encodeURIComponent(setupId)}`;
  return fromApiSetup(expectDone(await client({ method: 'GET', path, reply: setupSchema })));
}

async function getPayment(
  client: SandboxClient,
  gatewayPaymentId: string,
): Promise<GatewayPayment | null> {
  const path = `/v1/payments/${encodeURIComponent(gatewayPaymentId)}`;
  const reply = await client({ method: 'GET', path, reply: paymentSchema });
  return isMissing(reply) ? null : fromApiPayment(expectDone(reply));
}

async function findPayments(
  client: SandboxClient,
  reference: string,
): Promise<readonly GatewayPayment[]> {
  const path = `/v1/payments?reference=${encodeURIComponent(reference)}`;
  const reply = await client({ method: 'GET', path, reply: paymentListSchema });
  return expectDone(reply).items.map(fromApiPayment);
}

async function chargeSaved(client: SandboxClient, request: ChargeRequest): Promise<ChargeOutcome> {
  const reply = await client({
    method: 'POST',
    path: '/v1/charges',
    idempotencyKey: request.idempotencyKey,
    reply: paymentSchema,
    body: {
      reference: request.reference,
      customer_reference: request.customerReference,
      ...toWireMoney(request.money),
      payment_method: request.methodReference,
    },
  });
  const declined = reply.kind === 'refused' ? reply.error.payment : undefined;
  const wirePayment = declined ?? expectDone(reply);
  assertEcho(wirePayment, request);
  return toChargeOutcome(fromApiPayment(wirePayment));
}

async function refund(client: SandboxClient, request: RefundRequest): Promise<RefundOutcome> {
  const reply = await client({
    method: 'POST',
    path: '/v1/refunds',
    idempotencyKey: request.idempotencyKey,
    reply: refundSchema,
    body: { payment: request.gatewayPaymentId, ...toWireMoney(request.money) },
  });
  if (isMissing(reply)) return { kind: 'refused', reason: 'unknown_payment' };
  if (reply.kind === 'refused') {
    const { code } = reply.error;
    if (code === 'payment_not_succeeded' || code === 'more_than_left') {
      return { kind: 'refused', reason: code };
    }
    if (code === 'refund_declined') return { kind: 'refused', reason: 'declined' };
  }
  const refunded = expectDone(reply);
  assertSameMoney(refunded, request.money);
  return { kind: 'refunded', refundId: refunded.id, money: parseMoney(refunded) };
}

async function getPaymentMethod(
  client: SandboxClient,
  methodReference: string,
): Promise<KeptMethod | null> {
  const path = `/v1/payment_methods/${encodeURIComponent(methodReference)}`;
  const reply = await client({ method: 'GET', path, reply: methodSchema });
  return isMissing(reply) ? null : fromApiMethod(expectDone(reply));
}

async function listPaymentMethods(
  client: SandboxClient,
  customerReference: string,
): Promise<readonly KeptMethod[]> {
  const path = `/v1/payment_methods?customer_reference=${encodeURIComponent(customerReference)}`;
  const reply = await client({ method: 'GET', path, reply: methodListSchema });
  return expectDone(reply).items.map(fromApiMethod);
}

async function detachPaymentMethod(
  client: SandboxClient,
  { methodReference, idempotencyKey }: DetachRequest,
): Promise<void> {
  const reply = await client({
    method: 'POST',
    path: `/v1/payment_methods/${encodeURIComponent(methodReference)}/detach`,
    idempotencyKey,
    reply: methodSchema,
    body: {},
  });
  expectDone(reply);
}

async function getDispute(
  client: SandboxClient,
  disputeId: string,
): Promise<GatewayDispute | null> {
  const path = `/v1/disputes/${encodeURIComponent(disputeId)}`;
  const reply = await client({ method: 'GET', path, reply: disputeSchema });
  return isMissing(reply) ? null : fromApiDispute(expectDone(reply));
}

function verifyWebhook(secrets: readonly string[], received: ReceivedWebhook): GatewayEvent {
  const { rawBody, headers, receivedAt } = received;
  const given = headers[SIGNATURE_HEADER];
  const header = typeof given === 'string' ? given : undefined;
  const verdict = verifySignature({ header, rawBody, secrets, receivedAt });
  if (verdict.kind === 'refused') {
    const { reason } = verdict;
    throw new BillingError('invalid_signature', 'the webhook is not signed as it must be', {
      reason,
    });
  }
  return fromApiWebhook(parseWebhook(rawBody));
}

function parseWebhook(rawBody: Buffer): WireWebhook {
  try {
    return webhookSchema.parse(JSON.parse(rawBody.toString('utf8')));
  } catch {
    // The parser's own words may quote the body, which is not ours to print.
    throw new BillingError('invalid_request', 'a signed webhook has a body we cannot read');
  }
}

function expectDone<Value>(reply: Reply<Value>): Value {
  if (reply.kind === 'done') return reply.value;
  throw toRejection(reply);
}

function isMissing(reply: Reply<unknown>): boolean {
  return reply.kind === 'refused' && reply.httpStatus === 404;
}

interface Asked {
  readonly reference: string;
  readonly money: Money;
}

/** An answer about something else than we asked is an alarm, and asking again would not help. */
function assertEcho(
  told: { readonly reference: string; readonly amount: string; readonly currency: string },
  asked: Asked,
): void {
  if (told.reference !== asked.reference) throw mismatch('another reference');
  assertSameMoney(told, asked.money);
}

function assertSameMoney(
  told: { readonly amount: string; readonly currency: string },
  asked: Money,
): void {
  const money = parseMoney(told);
  if (money.currency !== asked.currency) throw mismatch('another currency');
  if (money.amountMicros !== asked.amountMicros) throw mismatch('another amount');
}

function mismatch(what: string): GatewayRejected {
  return new GatewayRejected('reply_mismatch', 200, `the gateway answered about ${what}`);
}
