/** Many accounts on one test clock, over HTTP, on real parts. */
import {
  advanceTestClock,
  createAccount,
  createTestClock,
  getTopUp,
  payOnHostedPage,
  UPI_THAT_PAYS,
} from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import {
  clearFaults,
  expectBooks,
  listStory,
  newCustomer,
  openStage,
  orderTopUp,
  postSubscription,
  type Stage,
} from './stage';

jest.setTimeout(150_000);

let stage: Stage;

beforeAll(async () => {
  // A worker with two connections carries out two activities at once.
  stage = await openStage({ environment: { BILLING_DATABASE_POOL_MAX: '2' } });
});
afterAll(async () => {
  await stage?.platform.stop();
});

/** On the plan that costs nothing. */
async function makeSubscriber(clockId: string): Promise<void> {
  const { id: accountId } = await createAccount(stage.client, {
    name: 'Acme',
    country: 'IN',
    currency: 'INR',
    time_zone: 'Asia/Kolkata',
    test_clock_id: clockId,
  });
  const customer = { accountId, clockId, currency: 'INR' } as const;
  const started = await postSubscription(stage, customer, { plan: 'basic' });
  expect(started.status).toBe(201);
}

describe('a test clock', () => {
  it('walks on past a gateway that is silent; what it was asked is settled once it answers', async () => {
    const at = '2027-01-31T10:00:00.000Z';
    const customer = await newCustomer(stage, { at, currency: 'INR' });
    expect((await postSubscription(stage, customer, { plan: 'basic' })).status).toBe(201);
    const order = await orderTopUp(stage, customer, '100.00');
    await stage.sandbox.addFault({ kind: 'drop' });
    await payOnHostedPage(order.checkout_url, UPI_THAT_PAYS);
    const silence = { kind: 'timeout_before', operation: 'checkout.get', count: 1_000 } as const;
    await stage.sandbox.addFault(silence);

    const began = performance.now();
    const there = await advanceTestClock(stage.client, customer.clockId, '2027-03-05T10:00:00Z');
    expect(there.now).toBe('2027-03-05T10:00:00.000Z');
    // The gateway has two minutes for each of the order's many looks; the walk does not wait for them.
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(await listStory(stage, customer)).toContain('2027-02-28T10:00:00.000Z renewed');
    expect((await getTopUp(stage.client, order.id)).status).toBe('awaiting_payment');

    await clearFaults(stage);
    const paid = await waitFor(() => getTopUp(stage.client, order.id), {
      waitingFor: 'top-up that is paid',
      isThere: ({ status }) => status === 'paid',
      deadlineMs: 40_000,
    });
    // What it buys begins now: nobody knew of the money before.
    expect(paid.paid_at).toBe('2027-03-05T10:00:00.000Z');
    await expectBooks(stage, customer, { wallet: '100.00' });
  });

  it('moves more accounts than the worker carries out activities at once', async () => {
    const frozenAt = '2027-01-31T10:00:00.000Z';
    const clock = await createTestClock(stage.client, { name: 'crowd', frozen_at: frozenAt });
    for (let accounts = 0; accounts < 3; accounts += 1) await makeSubscriber(clock.id);
    // A walk must not wait for the slot that it holds itself.
    const there = await advanceTestClock(stage.client, clock.id, '2027-03-05T10:00:00.000Z');
    expect(there.now).toBe('2027-03-05T10:00:00.000Z');
  });
});
