import { createSubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { insertPlan } from '../../db/repositories/plan.repository';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { insertTestClock, updateTestClock } from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeAccount } from '../support/ledger-accounts';

const ASKED_AT = '2027-01-31T10:00:00.000Z';
const MOVED_TO = '2027-04-30T10:00:00.000Z';

let test: TestDatabase;
let accounts = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  await withTransaction(test.database, SYSTEM, (trx) =>
    insertPlan(
      trx,
      {
        code: 'basic',
        version: 1,
        kind: 'plan',
        name: 'Basic',
        tier: 'basic',
        prices: [{ cycle: 'monthly', price: { amountMicros: 0n, currency: 'INR' } }],
        allowances: {},
        limits: {},
        features: [],
        support: null,
        unitPrices: {},
        onExhausted: {},
        bearsTax: true,
        dunning: DEFAULT_DUNNING_POLICY,
        changes: DEFAULT_CHANGE_POLICY,
      },
      ASKED_AT,
    ),
  );
});
afterAll(async () => {
  await test?.drop();
});

/** An account on a test clock that stood at ASKED_AT when the start was asked for. */
async function makeClockedAccount(clock: { now: string; status: 'ready' | 'advancing' }) {
  accounts += 1;
  const accountId = `acct_${accounts}`;
  const clockId = `clk_${accounts}`;
  await makeAccount(test.database, { accountId, timeZone: 'UTC', currency: 'INR', at: ASKED_AT });
  await withTransaction(test.database, SYSTEM, async (trx) => {
    await insertTestClock(trx, {
      id: clockId,
      partnerId: null,
      name: 'clock',
      now: ASKED_AT,
      status: 'ready',
      advancingTo: null,
      failure: null,
      createdAt: ASKED_AT,
    });
    await updateTestClock(trx, clockId, { ...clock, advancingTo: null, failure: null });
    await trx('accounts').where({ id: accountId }).update({ test_clock_id: clockId });
  });
  return accountId;
}

async function start(accountId: string) {
  const id = `sub_of_${accountId}`;
  // What starting does not touch is not there: to use it would fail the test.
  const dependencies = { database: test.database, now: () => MOVED_TO };
  const activities = createSubscriptionActivities(
    dependencies as unknown as Parameters<typeof createSubscriptionActivities>[0],
  );
  const { answer } = await activities.answerSubscriptionCommand({
    id,
    accountId,
    command: { kind: 'start', planCode: 'basic', cycle: 'monthly' },
    now: ASKED_AT,
    operationKey: `subscription/${id}/start/1`,
  });
  const record = await withTransaction(test.database, SYSTEM, (trx) => subscriptions.find(trx, id));
  return { answer, startsAt: record?.state.anchorAt ?? null };
}

describe('starting a subscription on a test clock', () => {
  it('begins at the instant the clock stands at', async () => {
    const accountId = await makeClockedAccount({ now: ASKED_AT, status: 'ready' });
    expect(await start(accountId)).toEqual({ answer: { kind: 'done' }, startsAt: ASKED_AT });
  });

  it.each([
    ['has moved on since it was asked for', { now: MOVED_TO, status: 'ready' }],
    ['is moving', { now: ASKED_AT, status: 'advancing' }],
  ] as const)('is refused when the clock %s: it would begin in the past', async (_, clock) => {
    const accountId = await makeClockedAccount(clock);
    const { answer, startsAt } = await start(accountId);
    expect(answer).toMatchObject({ kind: 'refused', code: 'invalid_state' });
    expect(startsAt).toBeNull();
  });
});
