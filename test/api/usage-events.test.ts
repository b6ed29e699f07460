import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { createUsagePartitions } from '../../db/usage-partitions';
import { publishPrices } from '../support/usage-prices';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

const RECORDED_AT = '2026-11-20T12:00:00.000Z';
const CALL = 'call/1 of 3%';
const BROADCAST = 'a broadcast';
const MESSAGE = 'a message';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi({ now: () => RECORDED_AT });
  world = await createWorld(api);
  await withTransaction(api.database, SYSTEM, async (trx) => {
    await createUsagePartitions(trx, { firstMonth: '2026-11', months: 1 });
    await trx('test_clocks').update({ now_at: RECORDED_AT });
  });
  // 0.50 INR a message to 1…, 0.025 a second of a call to 2….
  await publishPrices(api.database, 'INR', { 1000: 5_000_000_000n, 2000: 250_000_000n });
  const told = { account_id: world.ours.accountId, occurred_at: '2026-11-20T09:00:00Z' };
  const message = { ...told, type: 'message', channel: 'sms', to: '10001111' };
  const events = [
    // 10,000 and 500 messages are in two packages; 10 cost 0.50 INR each.
    { ...message, id: BROADCAST, quantity: 10_510, broadcast: { id: 'november', name: 'Nov' } },
    {
      ...told,
      id: CALL,
      type: 'call',
      duration_seconds: 60,
      to: '20001111',
      mode: 'record',
      occurred_at: '2026-11-20T10:00:00Z',
    },
    { ...message, id: MESSAGE },
  ];
  const reply = await api.call('POST', '/v1/usage', {
    key: world.ours.accountKey,
    body: { events },
  });
  const results = reply.body.results as { readonly outcome: string }[];
  expect(results.map(({ outcome }) => outcome)).toEqual(['charged', 'charged', 'charged']);
});
afterAll(() => api.close());

/** Without what the world itself has told. */
const ALL = 'from=2026-11-02T00:00:00Z';

async function list(query = ALL, key = world.ours.accountKey) {
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
            charges: [{ bucket: 'minutes/gift', quantity: 60 }],
            rate: '1.50',
            type: 'call',
            mode: 'record',
            broadcast_id: null,
            corrected_by: [],
            corrects: null,
            rating: {
              card: 'call-inr',
              version: 1,
              effective_from: '2020-01-01',
              category: 'call',
              market: 'M2000',
              unit: 'minute',
              quantity: 60,
              unit_rate: '1.50',
              fee: '0.00',
              amount: '0.00',
              tax: '0.00',
              zero_reason: 'covered_by_quota',
            },
            recorded_at: RECORDED_AT,
          },
          {
            id: MESSAGE,
            occurred_at: '2026-11-20T09:00:00.000Z',
            category: 'message',
            asset: 'message',
            quantity: 1,
            charges: [{ bucket: 'wallet/additional', amount: { amount: '0.50', currency: 'INR' } }],
            rate: '0.50',
            type: 'message',
            mode: 'enforce',
            broadcast_id: null,
            corrected_by: [],
            corrects: null,
            rating: {
              card: 'message-inr',
              version: 1,
              effective_from: '2020-01-01',
              category: 'message',
              market: 'M1000',
              unit: 'message',
              quantity: 1,
              unit_rate: '0.50',
              fee: '0.00',
              amount: '0.50',
              tax: '0.00',
            },
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
            rate: '0.50',
            type: 'message',
            mode: 'enforce',
            broadcast_id: 'november',
            corrected_by: [],
            corrects: null,
            rating: {
              card: 'message-inr',
              version: 1,
              effective_from: '2020-01-01',
              category: 'message',
              market: 'M1000',
              unit: 'message',
              quantity: 10_510,
              unit_rate: '0.50',
              fee: '0.00',
              amount: '5.00',
              tax: '0.00',
            },
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
    expect(await idsOf(`${ALL}&to=2026-11-20T10:00:00Z`)).toEqual([MESSAGE, BROADCAST]);
    expect(await idsOf('from=2026-11-20T11:00:00Z')).toEqual([]);
  });

  test('R2.18 comes in pages, also where uses are of one instant', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 3; page += 1) {
      const { body } = await list(`${ALL}&limit=1${cursor === null ? '' : `&cursor=${cursor}`}`);
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

describe('the explanation of a use', () => {
  function explain(id: string, options: { readonly key?: string; readonly query?: string } = {}) {
    const { key = api.operatorKey, query = `?account_id=${world.ours.accountId}` } = options;
    const path = `/v1/usage_events/${encodeURIComponent(id)}/explanation${query}`;
    return api.call('GET', path, { key });
  }

  test('R3.25 tells card, version, quantity, rate, buckets, transfers and one sentence', async () => {
    const { accountId, packageId } = world.ours;
    const { status, body } = await explain(BROADCAST);
    const listed = (await list()).body.items as { readonly id: string; readonly rating: unknown }[];
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        id: BROADCAST,
        corrected_by: [],
        corrects: null,
        account_id: accountId,
        type: 'message',
        mode: 'enforce',
        occurred_at: '2026-11-20T09:00:00.000Z',
        recorded_at: RECORDED_AT,
        asset: 'message',
        broadcast_id: 'november',
        sentence:
          'These 10,510 messages to M1000 cost 5.00 INR: first 10,500 messages from your packages, then 0.50 INR per message by version 1 of “WhatsApp, Jakarta”, in force since 2020-01-01, paid from your wallet.',
        card: 'message-inr',
        card_name: 'WhatsApp, Jakarta',
        version: 1,
        window: null,
        quantity: 10_510,
        rate: '0.50',
        fee: '0.00',
        rule: expect.objectContaining({ unit: 'message', charge_on: 'delivered' }),
        rating: listed.find(({ id }) => id === BROADCAST)?.rating,
        buckets: [
          { bucket: `package/${packageId}`, asset: 'message', quantity: 10_000 },
          { bucket: `package/${accountId}`, asset: 'message', quantity: 500 },
          { bucket: 'wallet/additional', asset: 'INR', amount: '5.00' },
        ],
        transfers: [
          expect.objectContaining({ debit: `package/${packageId}`, quantity: 10_000 }),
          expect.objectContaining({ debit: `package/${accountId}`, quantity: 500 }),
          // What else the batch took from the wallet is in it.
          expect.objectContaining({
            kind: 'usage',
            debit: 'wallet/additional',
            credit: 'revenue/INR',
            amount: { amount: '5.50', currency: 'INR' },
          }),
        ],
      },
    });
  });

  test('is found by the id it was told under, whatever is in it', async () => {
    const { body } = await explain(CALL, { key: world.ours.accountKey, query: '' });
    expect(body).toMatchObject({
      id: CALL,
      sentence:
        'This call to M2000, counted as 60 seconds, cost no money: 60 seconds from your minute bundles paid for it.',
    });
  });

  test('asks whose it is, and tells nobody else', async () => {
    const { accountKey } = world.theirs;
    const unsaid = await explain(CALL, { query: '' });
    expect(unsaid.body).toMatchObject({ status: 400, errors: [{ field: 'account_id' }] });
    const others = await Promise.all([
      explain(CALL, { key: accountKey }),
      explain(CALL, { key: accountKey, query: '' }),
      explain('never told'),
    ]);
    expect(others.map(({ status }) => status)).toEqual([404, 404, 404]);
  });
});
