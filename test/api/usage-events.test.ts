import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { createUsagePartitions } from '../../db/usage-partitions';
import type { UsageEvent } from '../../domain/usage/usage-event';
import { buildEvent, MESSAGE as TO_SMS } from '../support/build-usage';
import { publishPrices, recorderOf } from '../support/usage-prices';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

const RECORDED_AT = '2026-11-20T12:00:00.000Z';
const CALL = '00000000-0000-4000-8000-000000000002';
const BROADCAST = '00000000-0000-4000-8000-000000000001';
const MESSAGE = '00000000-0000-4000-8000-000000000003';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
  await withTransaction(api.database, SYSTEM, (trx) =>
    createUsagePartitions(trx, { firstMonth: '2026-11', months: 1 }),
  );
  // 0.50 INR a message to 1…, 1.50 a minute of a call to 2….
  await publishPrices(api.database, 'INR', { 1: 5_000_000_000n, 2: 250_000_000n });
  const outcomes = await recorderOf(api.database).recordUsage({
    reference: 'request_1',
    recordedAt: RECORDED_AT,
    events: [
      // 10,000 and 500 messages are in two packages; 10 cost 0.50 INR each.
      use({ key: BROADCAST, occurredAt: '2026-11-20T09:00:00.000Z', ...messages(10_510n) }),
      use({
        key: CALL,
        occurredAt: '2026-11-20T10:00:00.000Z',
        facts: { type: 'call', durationSeconds: 60, to: '2', direction: null },
      }),
      use({ key: MESSAGE, occurredAt: '2026-11-20T09:00:00.000Z', ...messages(1n) }),
    ],
  });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['charged', 'charged', 'charged']);
});
afterAll(() => api.close());

function use(event: Partial<UsageEvent> & { readonly key: string }): UsageEvent {
  return buildEvent({ accountId: world.ours.accountId, occurredAt: RECORDED_AT, ...event });
}

function messages(quantity: bigint) {
  return { facts: { ...TO_SMS, quantity, to: '1' } };
}

async function list(query = '', key = world.ours.accountKey) {
  const path = `/v1/accounts/${world.ours.accountId}/usage_events?${query}`;
  return api.call('GET', path, { key });
}

async function idsOf(query: string): Promise<string[]> {
  const { body } = await list(query);
  return (body.items as { readonly id: string }[]).map(({ id }) => id);
}

describe('the usage of an account', () => {
  test('R2.18 is told use by use, newest first, with what paid for it and at which rate', async () => {
    const { status, body } = await list();
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        items: [
          {
            id: CALL,
            occurred_at: '2026-11-20T10:00:00.000Z',
            category: 'call',
            asset: 'call_second',
            quantity: 60,
            charges: [{ bucket: 'wallet/additional', amount: { amount: '1.50', currency: 'INR' } }],
            rate: '1.5',
            recorded_at: RECORDED_AT,
          },
          {
            id: MESSAGE,
            occurred_at: '2026-11-20T09:00:00.000Z',
            category: 'message',
            asset: 'message',
            quantity: 1,
            charges: [{ bucket: 'wallet/additional', amount: { amount: '0.50', currency: 'INR' } }],
            rate: '0.5',
            recorded_at: RECORDED_AT,
          },
          {
            id: BROADCAST,
            occurred_at: '2026-11-20T09:00:00.000Z',
            category: 'message',
            asset: 'message',
            quantity: 10_510,
            charges: [
              { bucket: `package/${world.ours.packageId}`, quantity: 10_000 },
              { bucket: `package/${world.ours.accountId}`, quantity: 500 },
              { bucket: 'wallet/additional', amount: { amount: '5.00', currency: 'INR' } },
            ],
            rate: '0.5',
            recorded_at: RECORDED_AT,
          },
        ],
        next_cursor: null,
      },
    });
  });

  test('R2.18 is found by what was used and by when, half-open', async () => {
    expect(await idsOf('asset=call_second')).toEqual([CALL]);
    expect(await idsOf('from=2026-11-20T10:00:00Z')).toEqual([CALL]);
    expect(await idsOf('to=2026-11-20T10:00:00Z')).toEqual([MESSAGE, BROADCAST]);
    expect(await idsOf('from=2026-11-20T11:00:00Z')).toEqual([]);
  });

  test('R2.18 comes in pages, also where uses are of one instant', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 3; page += 1) {
      const { body } = await list(`limit=1${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...(body.items as { readonly id: string }[]).map(({ id }) => id));
      cursor = body.next_cursor as string | null;
    }
    expect({ seen, cursor }).toEqual({ seen: [CALL, MESSAGE, BROADCAST], cursor: null });
  });

  test.each([
    [`cursor=${Buffer.from('["2026-11-20T09:00:00Z","no key"]').toString('base64url')}`, 'cursor'],
    ['from=yesterday', 'from'],
    ['asset=Call', 'asset'],
  ])('with %j is refused for its %s', async (query, field) => {
    const { status, body } = await list(query);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test('S1 of another tenant is not found', async () => {
    expect((await list('', world.theirs.accountKey)).status).toBe(404);
  });
});
