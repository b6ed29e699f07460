import { parseMoney } from '../../domain/money';
import { ANYTHING } from '../../domain/payment/route-payment';
import type { GatewayName, PaymentMode } from '../../domain/payment/payment';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2027-03-02T10:00:00.000Z';
const DONE = { kind: 'answered', reply: { kind: 'done' } } as const;

/** The sandbox under another name, taking rupees in some modes only. */
function named(name: GatewayName, modes: readonly PaymentMode[]): [GatewayName, PaymentGateway] {
  const nowhere = {
    baseUrl: 'http://127.0.0.1:1',
    apiKey: 'k',
    webhookSecrets: ['sixteen-letters-x'],
    timeoutMs: 1,
  };
  const sandbox = createSandboxGateway(nowhere);
  const min = parseMoney({ amount: '1.00', currency: 'INR' });
  const max = parseMoney({ amount: '100000.00', currency: 'INR' });
  const capabilities: PaymentGateway['capabilities'] = {
    ...sandbox.capabilities,
    offerIn: (currency) => (currency === 'INR' ? { modes, min, max } : null),
  };
  return [name, { ...sandbox, name, capabilities }];
}

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi({
    now: () => NOW,
    gateways: new Map([named('stripe', ['card']), named('razorpay', ['upi', 'card'])]),
    paymentRoutes: [{ ...ANYTHING, gateway: 'stripe', currency: 'INR' }],
  });
  api.sender.answerWith(() => DONE);
  world = await createWorld(api);
});
afterAll(() => api.close());

const topUp = (body: object) =>
  api.call('POST', `/v1/accounts/${world.ours.accountId}/top_ups`, {
    key: api.operatorKey,
    body: { amount: '600.00', ...body },
  });
const chosen = () => api.sender.sent.at(-1)?.args[0];

describe('where a payment goes', () => {
  test('R2.11 a mode that the first gateway does not take goes to one that does', async () => {
    await topUp({ mode: 'upi' });
    expect(chosen()).toMatchObject({ gateway: 'razorpay', mode: 'upi' });
    await topUp({ mode: 'card' });
    expect(chosen()).toMatchObject({ gateway: 'stripe', mode: 'card' });
    await topUp({});
    expect(chosen()).toMatchObject({ gateway: 'stripe', mode: null });
  });

  test('the gateway that was asked for takes it, or says in which modes it would', async () => {
    await topUp({ gateway: 'razorpay', mode: 'card' });
    expect(chosen()).toMatchObject({ gateway: 'razorpay', mode: 'card' });
    const refused = await topUp({ gateway: 'stripe', mode: 'upi' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'payment_mode_not_offered' } });
    const absent = await topUp({ gateway: 'sandbox' });
    expect(absent).toMatchObject({
      status: 422,
      body: { code: 'payment_mode_not_offered', errors: [{ field: 'gateway' }] },
    });
  });
});
