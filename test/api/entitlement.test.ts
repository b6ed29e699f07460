import { insertPlan } from '../../db/repositories/plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, PLAN_CODE, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
  await withTransaction(api.database, SYSTEM, (trx) =>
    insertPlan(
      trx,
      {
        code: 'calls',
        version: 1,
        kind: 'plan',
        name: 'Calls',
        tier: 'calls',
        prices: [{ cycle: 'monthly', price: { amountMicros: 999_000_000n, currency: 'INR' } }],
        allowances: {},
        limits: { concurrent_calls: 5, phone_numbers: 3, queue_priority: 1 },
        features: ['sso'],
        support: null,
        unitPrices: {},
        onExhausted: {},
        bearsTax: true,
        dunning: DEFAULT_DUNNING_POLICY,
        changes: DEFAULT_CHANGE_POLICY,
      },
      '2026-11-01T00:00:00.000Z',
    ),
  );
});
afterAll(() => api.close());

function check(question: Readonly<Record<string, unknown>>, key = world.ours.accountKey) {
  return api.call('POST', '/v1/entitlements/check', {
    key,
    body: { account_id: world.ours.accountId, ...question },
  });
}

/** As a change of plan leaves it. */
async function put(
  accountId: string,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  await withTransaction(api.database, SYSTEM, (trx) =>
    trx('subscriptions').where({ account_id: accountId }).update(changes),
  );
}

describe('what an account may use', () => {
  test('R2.12 follows the current plan from the moment it changes', async () => {
    const { accountId, accountKey } = world.theirs;
    const question = { account_id: accountId, feature: 'concurrent_calls', amount: 2 };
    const before = await check(question, accountKey);
    expect({ status: before.status, body: before.body }).toEqual({
      status: 200,
      body: {
        allowed: false,
        limit: 0,
        used: 0,
        reason: 'the plan growth allows 0 concurrent calls; 2 requested',
      },
    });
    await put(accountId, { plan_code: 'calls' });
    expect((await check(question, accountKey)).body).toEqual({
      allowed: true,
      limit: 5,
      used: 0,
      reason: 'the plan calls allows 5 concurrent calls; 2 requested',
    });
    expect((await check({ ...question, feature: 'sso' }, accountKey)).body.allowed).toBe(true);
    await put(accountId, { status: 'suspended' });
    expect((await check(question, accountKey)).body).toEqual({
      allowed: false,
      limit: 5,
      used: 0,
      reason: 'the plan calls is suspended',
    });
    await put(accountId, {
      status: 'ended',
      ended_at: '2026-12-01T00:00:00.000Z',
      next_action_kind: 'end',
      next_action_at: null,
    });
    expect((await check(question, accountKey)).body).toMatchObject({
      allowed: true,
      limit: null,
      reason: 'the account has no plan, and without one there is no limit',
    });
  });

  test('R2.12 counts what was agreed with the account in place of the plan’s figure', async () => {
    const question = { feature: 'team_members', amount: 6 };
    expect((await check(question)).body).toMatchObject({ allowed: false, limit: 5 });
    await api.call('PUT', `/v1/accounts/${world.ours.accountId}/agreements/${PLAN_CODE}`, {
      key: api.operatorKey,
      body: { limits: { team_members: 8 } },
    });
    expect((await check(question)).body).toMatchObject({ allowed: true, limit: 8 });
    expect((await check({ feature: 'channels' })).body).toMatchObject({ allowed: false, limit: 0 });
  });

  test('R2.12 is asked for one when nothing is said of an amount, and numbers in use are counted', async () => {
    expect((await check({ feature: 'phone_numbers' })).body).toEqual({
      allowed: true,
      limit: 3,
      used: 1,
      reason: 'the plan growth allows 3 phone numbers, 1 in use; 1 requested',
    });
  });

  test('S1 of another tenant’s account is not found', async () => {
    const { status, body } = await check({ feature: 'sso' }, world.theirs.partnerKey);
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' });
  });

  test.each([
    [{ feature: 'Phone Numbers' }, 'feature'],
    [{}, 'feature'],
    [{ feature: 'sso', amount: -1 }, 'amount'],
    [{ feature: 'sso', amount: 1.5 }, 'amount'],
  ])('with %j is refused for its %s', async (question, field) => {
    const { status, body } = await check(question);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});
