import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { isTimeZone } from '../../domain/calendar';
import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createWorld, type World } from './world';

const ACCOUNT = {
  name: 'Kadıköy Çiçek',
  country: 'TR',
  currency: 'TRY',
  time_zone: 'Europe/Istanbul',
};

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

function create(change: Readonly<Record<string, unknown>> = {}, options: CallOptions = {}) {
  const body = { ...ACCOUNT, ...change };
  return api.call('POST', '/v1/accounts', { key: api.operatorKey, body, ...options });
}

test('an account is answered whole, with its address and an empty ledger', async () => {
  const { status, headers, body } = await create({ external_id: 'crm-1' });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    ...ACCOUNT,
    external_id: 'crm-1',
    partner_id: null,
    test_clock_id: null,
  });
  expect(body.id).toMatch(/^acct_[0-9a-z]{20}$/);
  expect(headers.get('location')).toBe(`/v1/accounts/${String(body.id)}`);
  const shown = await api.call('GET', `/v1/accounts/${String(body.id)}`, { key: api.operatorKey });
  expect(shown.body).toEqual(body);
  const path = `/v1/accounts/${String(body.id)}`;
  const balances = await api.call('GET', `${path}/balances`, { key: api.operatorKey });
  const nothing = { amount: '0.00', currency: 'TRY' };
  expect(balances.body.items).toEqual([
    expect.objectContaining({ source: 'wallet_initial', asset: 'TRY', available: nothing }),
    expect.objectContaining({ source: 'wallet_additional', asset: 'TRY', available: nothing }),
  ]);
  const check = await api.call('GET', `${path}/ledger/check`, { key: api.operatorKey });
  expect(check.body).toMatchObject({ chain_intact: true, transfer_count: '0' });
});

test('amounts of money are money, amounts of meters are whole units', async () => {
  const path = `/v1/accounts/${world.ours.accountId}`;
  const balances = await api.call('GET', `${path}/balances`, { key: world.ours.accountKey });
  expect(balances.body.as_of).toBe('2026-11-01T00:00:00.000Z');
  expect(balances.body.items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        asset: 'INR',
        source: 'wallet_additional',
        posted: { amount: '1000.00', currency: 'INR' },
        held: { amount: '0.00', currency: 'INR' },
        available: { amount: '1000.00', currency: 'INR' },
        expires_at: null,
      }),
      expect.objectContaining({ asset: 'message', source: 'package', posted: 500, available: 500 }),
    ]),
  );
  const ledger = await api.call('GET', `${path}/ledger?limit=3`, { key: world.ours.accountKey });
  const items = ledger.body.items as Record<string, unknown>[];
  const granted = { kind: 'grant', asset: 'message', state: 'posted' };
  expect(items).toMatchObject([
    { ...granted, asset: 'call_second', quantity: 600 },
    { ...granted, quantity: 10_000 },
    { ...granted, quantity: 500 },
  ]);
  expect(items[0]).not.toHaveProperty('amount');
  const cursor = String(ledger.body.next_cursor);
  const next = await api.call('GET', `${path}/ledger?limit=1&cursor=${cursor}`, {
    key: world.ours.accountKey,
  });
  expect(next.body).toMatchObject({
    items: [{ kind: 'grant', asset: 'INR', amount: { amount: '1000.00', currency: 'INR' } }],
    next_cursor: null,
  });
  const check = await api.call('GET', `${path}/ledger/check`, { key: world.ours.partnerKey });
  expect(check.body).toEqual({
    assets: [
      { asset: 'INR', sum_of_transfers: '0', cached_equals_posted: true },
      { asset: 'call_second', sum_of_transfers: '0', cached_equals_posted: true },
      { asset: 'message', sum_of_transfers: '0', cached_equals_posted: true },
    ],
    chain_intact: true,
    first_broken: null,
    transfer_count: '4',
  });
});

test.each([
  ['currency', 'TL', 'invalid_currency'],
  ['currency', 'try', 'invalid_currency'],
  ['time_zone', 'Istanbul', 'invalid_time_zone'],
  ['time_zone', '+03:00', 'invalid_time_zone'],
  ['country', 'TUR', 'invalid_country'],
  ['name', '', 'required'],
  ['name', 'x'.repeat(201), 'too_big'],
  ['external_id', '\u0007', 'invalid_format'],
])('refuses %s = %j with the code %s', async (field, value, code) => {
  const { status, body } = await create({ [field]: value });
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  expect(body.errors).toEqual([expect.objectContaining({ field, code })]);
});

test('a partner’s key makes accounts under its own partner, whatever it says', async () => {
  const key = world.ours.partnerKey;
  const silent = await create({}, { key });
  const told = await create({ partner_id: world.ours.partnerId }, { key });
  expect([silent.body.partner_id, told.body.partner_id]).toEqual([
    world.ours.partnerId,
    world.ours.partnerId,
  ]);
  const foreign = await create({ partner_id: world.theirs.partnerId }, { key });
  const nobody = await create({ partner_id: 'prt_nobody' }, { key });
  expect([foreign.status, nobody.status]).toEqual([403, 403]);
});

test('an account goes on a clock of its own owner only', async () => {
  const own = await create(
    { test_clock_id: world.ours.testClockId },
    { key: world.ours.partnerKey },
  );
  expect([own.status, own.body.test_clock_id]).toEqual([201, world.ours.testClockId]);
  const wrong = [
    await create({ test_clock_id: world.theirs.testClockId }, { key: world.ours.partnerKey }),
    await create({ test_clock_id: world.ours.testClockId }),
    await create({ test_clock_id: 'clk_nobody' }),
  ];
  expect(wrong.map(({ status, body }) => [status, body.code])).toEqual([
    [404, 'not_found'],
    [404, 'not_found'],
    [404, 'not_found'],
  ]);
});

test('an external id is unique within a partner, not among partners', async () => {
  const body = { external_id: 'twice' };
  const statuses = [
    (await create(body, { body: { ...ACCOUNT, ...body }, key: world.ours.partnerKey })).status,
    (await create(body, { body: { ...ACCOUNT, ...body }, key: world.theirs.partnerKey })).status,
    (await create(body, { body: { ...ACCOUNT, ...body }, key: world.ours.partnerKey })).status,
  ];
  expect(statuses).toEqual([201, 201, 409]);
  const found = await api.call('GET', '/v1/accounts?external_id=twice', {
    key: world.ours.partnerKey,
  });
  expect(found.body.items).toHaveLength(1);
});

test('a change keeps what it does not name; what a ledger is kept in cannot change', async () => {
  const { body: account } = await create({ external_id: 'to-change' });
  const path = `/v1/accounts/${String(account.id)}`;
  const changed = await api.call('PATCH', path, {
    key: api.operatorKey,
    body: { name: 'New name', external_id: null },
  });
  expect(changed.body).toMatchObject({ ...ACCOUNT, name: 'New name', external_id: null });
  for (const field of ['currency', 'time_zone', 'partner_id', 'test_clock_id']) {
    const reply = await api.call('PATCH', path, { key: api.operatorKey, body: { [field]: 'INR' } });
    expect([reply.status, reply.body.code]).toEqual([400, 'unknown_field']);
  }
});

test('pages go through every account once, newest first, also those of one instant', async () => {
  const { body: partner } = await api.call('POST', '/v1/partners', {
    key: api.operatorKey,
    body: { name: 'Pages' },
  });
  const partnerId = String(partner.id);
  const { secret: key } = await api.makeKey({ role: 'partner', partnerId });
  const made: string[] = [];
  for (let count = 0; count < 7; count += 1) made.push(String((await create({}, { key })).body.id));
  await withTransaction(api.database, SYSTEM, (trx) =>
    trx('accounts')
      .where({ partner_id: partnerId })
      .update({ created_at: '2026-11-01T00:00:00.000Z' }),
  );
  const seen: string[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await api.call('GET', `/v1/accounts?limit=3${query}`, { key });
    seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
    cursor = body.next_cursor as string | null;
  }
  expect(seen).toHaveLength(7);
  expect([...seen].sort()).toEqual([...made].sort());
});

test('every zone we take is a zone of PostgreSQL too', async () => {
  const zones = Intl.supportedValuesOf('timeZone').filter(isTimeZone);
  expect(zones.length).toBeGreaterThan(300);
  const { rows } = await api.database.raw<{ rows: { name: string }[] }>(
    `select z.name from unnest(?::text[]) as z (name)
      where z.name not in (select name from pg_timezone_names)`,
    [zones],
  );
  expect(rows).toEqual([]);
});

describe('plan_code', () => {
  const planOf = (code: string, amount: string) => ({
    kind: 'plan',
    code,
    name: code,
    tier: code,
    prices: [{ cycle: 'monthly', amount, currency: 'TRY' }],
  });

  test('a plan that costs nothing starts with the account', async () => {
    const body = planOf('starter-free', '0.00');
    await api.call('POST', '/v1/plans', { key: api.operatorKey, body });
    api.sender.answerWith(() => ({ kind: 'answered', reply: { kind: 'done' } }));
    const reply = await create({ plan_code: 'starter-free' });
    expect(reply.status).toBe(201);
    expect(api.sender.sent.at(-1)).toMatchObject({
      workflowId: expect.stringMatching(/^subscription\/sub_/),
      update: 'startSubscription',
      args: [{ planCode: 'starter-free', cycle: 'monthly' }],
    });
  });

  test('a plan that costs money is refused with what is missing, and no account is made', async () => {
    const body = planOf('starter-paid', '49.00');
    await api.call('POST', '/v1/plans', { key: api.operatorKey, body });
    const change = { plan_code: 'starter-paid', external_id: 'crm-paid' };
    const reply = await create(change);
    expect(reply.status).toBe(402);
    expect(reply.body).toMatchObject({ code: 'insufficient_balance' });
    const path = '/v1/accounts?external_id=crm-paid';
    expect((await api.call('GET', path, { key: api.operatorKey })).body.items).toEqual([]);
  });
});
