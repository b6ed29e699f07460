import { createRazorpayGateway } from '../../gateways/razorpay/razorpay-gateway';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  const gateway = createRazorpayGateway({
    keyId: 'rzp_test_nobody',
    keySecret: 'nobody',
    webhookSecrets: ['nobody'],
    timeoutMs: 1_000,
    // Nobody listens: a setup is only written down here.
    origin: 'http://127.0.0.1:9',
  });
  api = await startApi({ gateways: new Map([['razorpay', gateway]]) });
  world = await createWorld(api);
});
afterAll(async () => {
  await api?.close();
});

test('R2.11 a gateway that wants to know whose method it is saves none without a phone number', async () => {
  const { accountId, accountKey: key } = world.ours;
  const begin = () =>
    api.call('POST', `/v1/accounts/${accountId}/payment_method_setups`, {
      key,
      body: { mode: 'upi' },
    });
  expect(await begin()).toMatchObject({
    status: 422,
    body: {
      code: 'billing_address_required',
      detail: expect.stringContaining('Add it to the billing address first.'),
    },
  });
  expect(api.sender.sent).toEqual([]);

  const path = `/v1/accounts/${accountId}/billing_address`;
  const { updated_at: _at, ...address } = (await api.call('GET', path, { key })).body;
  await api.call('PUT', path, { key, body: { ...address, phone: '+919876543210' } });
  api.sender.answerWith(() => ({ kind: 'accepted' }));
  expect((await begin()).status).toBe(202);
  expect(JSON.stringify(api.sender.sent)).not.toContain('9876543210');
});
