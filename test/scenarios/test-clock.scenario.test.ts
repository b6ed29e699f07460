/** Many accounts on one test clock, over HTTP, on real parts. */
import {
  advanceTestClock,
  createAccount,
  createTestClock,
} from '../../scripts/story/billing-calls';
import { openStage, postSubscription, type Stage } from './stage';

jest.setTimeout(60_000);

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
  it('moves more accounts than the worker carries out activities at once', async () => {
    const frozenAt = '2027-01-31T10:00:00.000Z';
    const clock = await createTestClock(stage.client, { name: 'crowd', frozen_at: frozenAt });
    for (let accounts = 0; accounts < 3; accounts += 1) await makeSubscriber(clock.id);
    // A walk must not wait for the slot that it holds itself.
    const there = await advanceTestClock(stage.client, clock.id, '2027-03-05T10:00:00.000Z');
    expect(there.now).toBe('2027-03-05T10:00:00.000Z');
  });
});
