import { createServer, type Server } from 'node:http';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import { buildChargeRequest, buildCheckoutRequest, inr } from './checkout-request';

// A gateway that answers whatever a test wants: what the adapter must not believe.
let server: Server;
let baseUrl: string;
let answer: { status: number; body: string; headers?: Readonly<Record<string, string>> };

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = urlOf(server);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function urlOf(listening: Server): string {
  const address = listening.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

function createGateway(url = baseUrl) {
  return createSandboxGateway({
    baseUrl: url,
    apiKey: 'canary-key-of-tests',
    webhookSecrets: ['a secret'],
    timeoutMs: 2_000,
  });
}

const PAYMENT = {
  id: 'sbx_pay_1',
  checkout_id: null,
  reference: 'sub_x/1',
  customer_reference: 'acct_1',
  status: 'succeeded',
  amount: '250.00',
  currency: 'INR',
  amount_refunded: '0.00',
  mode: 'card',
  decline_code: null,
  payment_method: { id: 'sbx_pm_1', kind: 'card', brand: 'visa', last_four: '4242' },
  idempotency_key: 'k',
  created_at: '2026-11-22T10:00:00.000Z',
  updated_at: '2026-11-22T10:00:00.000Z',
};

const chargeX = () => createGateway().chargeSaved(buildChargeRequest('x', 'sbx_pm_1'));

describe('a reply of the gateway', () => {
  it('is believed when it speaks of what was asked', async () => {
    answer = { status: 201, body: JSON.stringify(PAYMENT) };
    expect(await chargeX()).toMatchObject({ kind: 'succeeded', payment: { money: inr('250.00') } });
  });

  it.each([
    ['another amount', { amount: '2500.00' }],
    ['another currency', { currency: 'USD' }],
    ['another reference', { reference: 'sub_y/1' }],
  ])('is not believed when it speaks of %s', async (_name, changed) => {
    answer = { status: 201, body: JSON.stringify({ ...PAYMENT, ...changed }) };
    await expect(chargeX()).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'reply_mismatch',
    });
  });

  it.each([
    ['no JSON', '<html>bad gateway</html>'],
    ['an empty body', ''],
    ['a payment without a status', JSON.stringify({ ...PAYMENT, status: undefined })],
    ['a status nobody knows', JSON.stringify({ ...PAYMENT, status: 'reversed' })],
    ['an amount that is a number', JSON.stringify({ ...PAYMENT, amount: 250 })],
    ['a currency nobody knows', JSON.stringify({ ...PAYMENT, currency: 'ZZZ' })],
    ['more than a megabyte', JSON.stringify({ ...PAYMENT, filler: 'x'.repeat(1_000_001) })],
  ])('of %s leaves the outcome unknown', async (_name, body) => {
    answer = { status: 201, body };
    await expect(chargeX()).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      outcome: 'unknown',
    });
  });

  it.each([500, 502, 503, 429])(
    '%i leaves the outcome unknown and is worth a retry',
    async (status) => {
      answer = { status, body: '{}', headers: { 'retry-after': '7' } };
      await expect(chargeX()).rejects.toMatchObject({
        name: 'GatewayUnavailable',
        outcome: 'unknown',
        retryAfterSeconds: 7,
      });
    },
  );

  it('that redirects is not followed: the key would go to whoever is named there', async () => {
    answer = { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/v1/charges' } };
    await expect(chargeX()).rejects.toMatchObject({ name: 'GatewayUnavailable' });
  });

  it('of 402 without a payment is a refusal we have no meaning for', async () => {
    const error = { type: 'card_error', code: 'card_declined', message: 'no' };
    answer = { status: 402, body: JSON.stringify({ error }) };
    await expect(chargeX()).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'card_declined',
      httpStatus: 402,
    });
  });

  it('of 401 or another request under the key is not worth a retry', async () => {
    for (const [status, code] of [
      [401, 'unauthenticated'],
      [400, 'idempotency_error'],
    ] as const) {
      answer = { status, body: JSON.stringify({ error: { type: 'x', code, message: 'm' } }) };
      const request = createGateway().createCheckout(buildCheckoutRequest('x'));
      await expect(request).rejects.toMatchObject({ name: 'GatewayRejected', code });
    }
  });
});

describe('the sandbox’s adapter', () => {
  it('knows that nothing was executed when nobody listens', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const url = urlOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const gateway = createGateway(url);
    const request = gateway.chargeSaved(buildChargeRequest('x', 'sbx_pm_1'));
    await expect(request).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      outcome: 'not_executed',
    });
  });

  it('never puts its key into an error', async () => {
    answer = { status: 500, body: 'canary-key-of-tests' };
    const error: unknown = await chargeX().catch((reason: unknown) => reason);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary-key');
  });

  it('cannot be made without a webhook secret, or with a blank one', () => {
    for (const webhookSecrets of [[], [''], ['good', ' ']]) {
      const options = { baseUrl, apiKey: 'k', webhookSecrets, timeoutMs: 1 };
      expect(() => createSandboxGateway(options)).toThrow(RangeError);
    }
  });
});
