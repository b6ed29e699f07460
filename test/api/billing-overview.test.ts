import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { rentNumber } from '../support/rented-number';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, PLAN_CODE, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';
const DUE_AT = '2026-12-01T00:00:00.000Z';
const ON_HOLD = {
  status: 'on_hold',
  anchorAt: '2026-10-15T00:00:00.000Z',
  period: {
    number: 0,
    startsAt: '2026-10-15T00:00:00.000Z',
    endsAt: '2026-11-15T00:00:00.000Z',
  },
  hold: {
    reason: 'payment_declined',
    since: '2026-11-15T00:00:00.000Z',
    releasesAt: '2026-11-22T00:00:00.000Z',
  },
} as const;

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
  await withTransaction(api.database, SYSTEM, async (trx) => {
    await trx('accounts').update({ test_clock_id: null });
    const { accountId, topUpId: orderId } = world.ours;
    const of = { accountId, orderId, at: '2026-10-15T00:00:00.000Z' };
    const rent = { amountMicros: 1_200_000_000n, currency: 'INR' } as const;
    await rentNumber(trx, { ...of, id: 'num_held', number: '+918000001001' }, { ...ON_HOLD, rent });
    const gone = { status: 'released', releasedAt: NOW, releaseCause: 'asked' } as const;
    await rentNumber(trx, { ...of, id: 'num_gone', number: '+918000001002' }, gone);
  });
});
afterAll(() => api.close());

async function show() {
  const path = `/v1/accounts/${world.ours.accountId}/billing_overview`;
  const { status, body } = await api.call('GET', path, { key: world.ours.accountKey });
  expect(status).toBe(200);
  return body;
}

test('R1.02 shows numbers, minutes and packages beside balances and subscriptions', async () => {
  const body = await show();
  expect(body).toMatchObject({
    available: { amount: '1000.00', currency: 'INR' },
    plan: { plan_code: PLAN_CODE },
    // Of the ten minutes one is held for a call.
    minutes: { plan: { code: PLAN_CODE }, total_minutes: 10, used_percent: '10.00', bundles: [] },
    extra_packages: [{ id: world.ours.packageId, messages_remaining: 10_000 }],
  });
  expect(body.phone_numbers).toMatchObject([
    { id: 'num_held', status: 'on_hold' },
    { id: world.ours.phoneNumberId, status: 'active' },
  ]);
});

test('R2.13 lists the rents among the next charges', async () => {
  expect((await show()).next_charges).toEqual([
    {
      subscription_id: world.ours.subscriptionId,
      plan_code: PLAN_CODE,
      phone_number_id: null,
      amount: { amount: '4999.00', currency: 'INR' },
      at: '2099-12-01T00:00:00.000Z',
      owed: false,
    },
    {
      subscription_id: null,
      plan_code: null,
      phone_number_id: 'num_held',
      amount: { amount: '1200.00', currency: 'INR' },
      at: '2026-11-15T00:00:00.000Z',
      owed: true,
    },
    {
      subscription_id: null,
      plan_code: null,
      phone_number_id: world.ours.phoneNumberId,
      amount: { amount: '500.00', currency: 'INR' },
      at: DUE_AT,
      owed: false,
    },
  ]);
});

test('R2.20 warns of numbers, and of a renewal by what the rents leave', async () => {
  const held = {
    code: 'on_hold',
    subscription_id: null,
    phone_number_id: 'num_held',
    missing: { amount: '200.00', currency: 'INR' },
    at: '2026-11-22T00:00:00.000Z',
    message:
      '+918000001001 is on hold: pay 200.00 INR before 2026-11-22T00:00:00.000Z to keep it. After that it is released.',
  };
  expect((await show()).warnings).toEqual([held]);
  const { accountId, paymentMethodId, subscriptionId } = world.ours;
  await api.call('DELETE', `/v1/accounts/${accountId}/payment_methods/${paymentMethodId}`, {
    key: world.ours.accountKey,
  });
  expect((await show()).warnings).toMatchObject([
    // 1 000.00 less the rent of 500.00 that is due before.
    {
      code: 'renewal_not_covered',
      subscription_id: subscriptionId,
      phone_number_id: null,
      missing: { amount: '4499.00', currency: 'INR' },
    },
    held,
  ]);
});
