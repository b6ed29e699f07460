import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

const asOperator = (method: string, path: string, options: CallOptions = {}) =>
  api.call(method, path, { key: api.operatorKey, ...options });

interface PlanPage {
  readonly items: readonly { readonly code: string; readonly kind: string }[];
  readonly next_cursor: string | null;
}

const STARTER = {
  kind: 'plan',
  code: 'starter',
  name: 'Starter',
  tier: 'basic',
  prices: [
    { cycle: 'yearly', amount: '4990.00', currency: 'INR' },
    { cycle: 'monthly', amount: '499.00', currency: 'INR' },
    { cycle: 'monthly', amount: '99000', currency: 'IDR' },
  ],
  allowances: { messages: 2_000, wa_conversations: 100 },
  limits: { team_members: 3, channels: -1 },
  features: ['api_access'],
  unit_prices: { message: [{ amount: '0.0034', currency: 'INR' }] },
};

const DESK = {
  kind: 'support_package',
  code: 'desk',
  name: 'Desk',
  prices: [{ cycle: 'monthly', amount: '199.00', currency: 'INR' }],
  support: {
    response_time_minutes: 60,
    priority: 'high',
    hours: 'every day 08:00-22:00',
    guidance: ['setup', 'integration', 'troubleshooting'],
    suits_high_usage: true,
    dedicated_assistance: false,
  },
};

/** Makes a plan under a code of its own. */
async function makePlan(changes: Readonly<Record<string, unknown>> & { readonly code: string }) {
  const reply = await asOperator('POST', '/v1/plans', { body: { ...STARTER, ...changes } });
  expect(reply.status).toBe(201);
  return reply;
}

describe('a new plan', () => {
  it('R1.11 answers the plan with all its prices, cycle by cycle, and where it is', async () => {
    const reply = await makePlan({ code: 'starter' });
    expect(reply.headers.get('location')).toBe('/v1/plans/starter');
    expect(reply.body).toEqual({
      code: 'starter',
      version: 1,
      kind: 'plan',
      name: 'Starter',
      tier: 'basic',
      prices: [
        { cycle: 'monthly', amount: '99000.00', currency: 'IDR' },
        { cycle: 'monthly', amount: '499.00', currency: 'INR' },
        { cycle: 'yearly', amount: '4990.00', currency: 'INR' },
      ],
      allowances: { messages: 2_000, wa_conversations: 100 },
      limits: { team_members: 3, channels: -1 },
      features: ['api_access'],
      support: null,
      unit_prices: { message: [{ amount: '0.0034', currency: 'INR' }] },
      on_exhausted: {},
      changes: {
        proration: 'days',
        allowances: 'prorated',
        unpaid_schedule: 'keep_plan',
        over_limit: 'keep',
      },
      dunning: {
        retry_after_days: [1, 3, 5, 7],
        stops_on_hard_decline: true,
        collection: 'missing_part',
        notice_days_before: [],
        final: 'end',
        ends_after_days: 30,
        downgrades_to: null,
      },
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      archived_at: null,
    });
    const shown = await asOperator('GET', '/v1/plans/starter');
    expect(shown.status).toBe(200);
    expect(shown.body).toEqual(reply.body);
  });

  it('R1.14 may be free', async () => {
    const prices = [{ cycle: 'monthly', amount: '0', currency: 'TRY' }];
    const { body } = await makePlan({ code: 'costless', prices, unit_prices: {} });
    expect(body.prices).toEqual([{ cycle: 'monthly', amount: '0.00', currency: 'TRY' }]);
  });

  it('says only what it must: kind, code, name and prices', async () => {
    const { kind, name, prices } = STARTER;
    const body = { kind, name, prices, code: 'bare' };
    const reply = await asOperator('POST', '/v1/plans', { body });
    expect(reply.body).toMatchObject({
      tier: 'bare',
      allowances: {},
      limits: {},
      features: [],
      support: null,
      unit_prices: {},
    });
  });

  it('never has a code that partner plans begin with', async () => {
    const reply = await asOperator('POST', '/v1/plans', { body: { ...STARTER, code: 'pplan_x' } });
    expect([reply.status, reply.body.code]).toEqual([422, 'unprocessable']);
  });

  it('R3.14 grants a WhatsApp balance, one amount for each currency', async () => {
    const both = [
      { amount: '350000', currency: 'IDR' },
      { amount: '750', currency: 'INR' },
    ];
    const { body } = await makePlan({ code: 'balanced', allowances: { whatsapp_balance: both } });
    expect(body.allowances).toEqual({
      whatsapp_balance: [
        { amount: '350000.00', currency: 'IDR' },
        { amount: '750.00', currency: 'INR' },
      ],
    });
    const one = { amount: '350000', currency: 'IDR' };
    const reply = await makePlan({ code: 'in-idr', allowances: { whatsapp_balance: one } });
    expect(reply.body.allowances).toEqual({
      whatsapp_balance: [{ amount: '350000.00', currency: 'IDR' }],
    });
  });

  it('R3.14 refuses two balances of one currency, and parts of a rupiah', async () => {
    const twice = [
      { amount: '1', currency: 'IDR' },
      { amount: '2', currency: 'IDR' },
    ];
    const body = { ...STARTER, code: 'twice', allowances: { whatsapp_balance: twice } };
    const refused = await asOperator('POST', '/v1/plans', { body });
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_request']);
    const tiny = {
      ...body,
      allowances: { whatsapp_balance: { amount: '0.001', currency: 'IDR' } },
    };
    const unpayable = await asOperator('POST', '/v1/plans', { body: tiny });
    expect(unpayable.body.code).toBe('invalid_amount');
  });

  it('R0.14 R3.10 says what happens beyond an allowance, and a change keeps the rest', async () => {
    const { body } = await makePlan({
      code: 'firm',
      unit_prices: { unique_visitor: { amount: '600', currency: 'IDR' } },
      on_exhausted: { message: 'block', unique_visitor: 'charge' },
    });
    expect(body).toMatchObject({
      unit_prices: { unique_visitor: [{ amount: '600', currency: 'IDR' }] },
      on_exhausted: { message: 'block', unique_visitor: 'charge' },
    });
    const changed = await asOperator('PATCH', '/v1/plans/firm', {
      body: { on_exhausted: { call_second: 'block' } },
    });
    expect(changed.body).toMatchObject({
      version: 2,
      on_exhausted: { message: 'block', unique_visitor: 'charge', call_second: 'block' },
    });
  });

  it('R1.16 carries advanced features and support of its own', async () => {
    const { body } = await makePlan({
      code: 'corporate',
      features: ['sso', 'on_premise', 'custom_integration'],
      support: { ...DESK.support, priority: 'urgent', dedicated_assistance: true },
    });
    expect(body.features).toEqual(['sso', 'on_premise', 'custom_integration']);
    expect(body.support).toMatchObject({ priority: 'urgent', dedicated_assistance: true });
  });

  it('R1.19 of support says response time, priority, hours, guidance and assistance', async () => {
    const reply = await asOperator('POST', '/v1/plans', { body: DESK });
    expect(reply.status).toBe(201);
    expect(reply.body.support).toEqual({
      response_time_minutes: 60,
      priority: 'high',
      hours: 'every day 08:00-22:00',
      guidance: ['setup', 'integration', 'troubleshooting'],
      suits_high_usage: true,
      dedicated_assistance: false,
    });
    expect(reply.body.kind).toBe('support_package');
  });

  it('takes a retry schedule of its own', async () => {
    const dunning = { retry_after_days: [], final: 'keep', ends_after_days: 0 };
    const { body } = await makePlan({ code: 'patient', dunning });
    expect(body.dunning).toMatchObject(dunning);
  });

  it('R1.08 takes the whole policy: whose money pays, when it is told, what comes last', async () => {
    const zero = (currency: string) => ({ cycle: 'monthly', amount: '0.00', currency });
    await makePlan({ code: 'basic_free', prices: [zero('INR'), zero('IDR')] });
    const dunning = {
      retry_after_days: [2],
      stops_on_hard_decline: false,
      collection: 'whole_price',
      notice_days_before: [7, 3],
      final: 'downgrade',
      ends_after_days: 10,
      downgrades_to: 'basic_free',
    };
    const { body } = await makePlan({ code: 'falls', dunning });
    expect(body.dunning).toEqual(dunning);
  });

  it.each([
    ['downgrade', 'no_such_plan', 422, 'unknown_plan'],
    ['downgrade', 'starter', 422, 'unprocessable'],
    ['downgrade', null, 400, 'invalid_request'],
    ['end', 'starter', 400, 'invalid_request'],
  ])('R1.08 refuses the final step %s to %s', async (final, downgradesTo, status, code) => {
    const dunning = {
      retry_after_days: [],
      final,
      ends_after_days: 1,
      downgrades_to: downgradesTo,
    };
    const body = { ...STARTER, code: 'never', dunning };
    const reply = await asOperator('POST', '/v1/plans', { body });
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  });

  it.each([
    ['one money', { amount: '0.5', currency: 'INR' }],
    ['a decimal text, in the only currency it is sold in', '0.5'],
  ])('R0.02 takes the price of a message as %s', async (how, message) => {
    const prices = [{ cycle: 'monthly', amount: '499.00', currency: 'INR' }];
    const code = how.startsWith('one') ? 'rate-money' : 'rate-text';
    const { body } = await makePlan({ code, prices, unit_prices: { message } });
    expect(body.unit_prices).toEqual({ message: [{ amount: '0.5', currency: 'INR' }] });
  });

  it('is made once: its code is taken afterwards', async () => {
    await makePlan({ code: 'twice' });
    const again = await asOperator('POST', '/v1/plans', { body: { ...STARTER, code: 'twice' } });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      code: 'already_exists',
      errors: [{ field: 'code', code: 'already_exists' }],
    });
  });

  it('answers a repeated request again and stores nothing twice', async () => {
    const request = {
      body: { ...STARTER, code: 'repeated' },
      headers: { 'idempotency-key': 'plan-repeated' },
    };
    const first = await asOperator('POST', '/v1/plans', request);
    const second = await asOperator('POST', '/v1/plans', request);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
  });
});

describe('a plan that makes no sense', () => {
  const price = { cycle: 'monthly', amount: '499.00', currency: 'INR' };
  const supportless = { ...DESK, support: undefined };

  it.each<[string, unknown, number, string, string, string]>([
    ['no name', { ...STARTER, name: undefined }, 400, 'invalid_request', 'name', 'required'],
    ['a blank name', { ...STARTER, name: '  ' }, 400, 'invalid_request', 'name', 'required'],
    ['no prices', { ...STARTER, prices: undefined }, 400, 'invalid_request', 'prices', 'required'],
    [
      'no billing cycle',
      { ...STARTER, prices: [] },
      422,
      'no_billing_cycle',
      'prices',
      'no_billing_cycle',
    ],
    [
      'an unknown field',
      { ...STARTER, colour: 'red' },
      400,
      'unknown_field',
      'colour',
      'unknown_field',
    ],
    [
      'an unknown allowance',
      { ...STARTER, allowances: { faxes: 1 } },
      400,
      'unknown_field',
      'allowances.faxes',
      'unknown_field',
    ],
    [
      'its version told by the client',
      { ...STARTER, version: 7 },
      400,
      'unknown_field',
      'version',
      'unknown_field',
    ],
    [
      'a currency nobody knows',
      { ...STARTER, prices: [{ ...price, currency: 'XYZ' }] },
      400,
      'invalid_request',
      'prices.0.currency',
      'invalid_currency',
    ],
    [
      'a price as a number',
      { ...STARTER, prices: [{ ...price, amount: 499 }] },
      400,
      'invalid_request',
      'prices.0.amount',
      'invalid_type',
    ],
    [
      'a negative price',
      { ...STARTER, prices: [{ ...price, amount: '-1.00' }] },
      400,
      'invalid_request',
      'prices.0.amount',
      'invalid_amount',
    ],
    [
      'a price finer than a paisa',
      { ...STARTER, prices: [price, { ...price, cycle: 'yearly', amount: '0.005' }] },
      400,
      'invalid_amount',
      'prices.1.amount',
      'invalid_amount',
    ],
    [
      'decimals in yen',
      { ...STARTER, prices: [{ ...price, amount: '500.5', currency: 'JPY' }] },
      400,
      'invalid_amount',
      'prices.0.amount',
      'invalid_amount',
    ],
    [
      'an unknown cycle',
      { ...STARTER, prices: [{ ...price, cycle: 'weekly' }] },
      400,
      'invalid_request',
      'prices.0.cycle',
      'invalid_value',
    ],
    [
      'two prices for one cycle and currency',
      { ...STARTER, prices: [price, price] },
      400,
      'invalid_request',
      'prices.1',
      'duplicate',
    ],
    [
      'a negative allowance',
      { ...STARTER, allowances: { messages: -1 } },
      400,
      'invalid_request',
      'allowances.messages',
      'too_small',
    ],
    [
      'half a team member',
      { ...STARTER, limits: { team_members: 1.5 } },
      400,
      'invalid_request',
      'limits.team_members',
      'invalid_type',
    ],
    [
      'capital letters',
      { ...STARTER, code: 'Starter' },
      400,
      'invalid_request',
      'code',
      'invalid_format',
    ],
    ['a reserved code', { ...STARTER, code: 'compare' }, 400, 'invalid_request', 'code', 'invalid'],
    [
      'a bare rate in two currencies',
      { ...STARTER, code: 'ambiguous', unit_prices: { message: '0.5' } },
      400,
      'invalid_request',
      'unit_prices.message',
      'invalid',
    ],
    ['support without terms', supportless, 400, 'invalid_request', 'support', 'required'],
    [
      'support that grants messages',
      { ...DESK, allowances: { messages: 1 } },
      400,
      'invalid_request',
      'allowances',
      'invalid',
    ],
    [
      'a retry schedule that goes back',
      {
        ...STARTER,
        dunning: { retry_after_days: [3, 1], final: 'end', ends_after_days: 30 },
      },
      400,
      'invalid_request',
      'dunning.retry_after_days',
      'invalid',
    ],
    [
      'notices that go away from the renewal',
      {
        ...STARTER,
        dunning: {
          retry_after_days: [],
          final: 'end',
          ends_after_days: 30,
          notice_days_before: [1, 3],
        },
      },
      400,
      'invalid_request',
      'dunning.notice_days_before',
      'invalid',
    ],
  ])(
    'R1.10 is refused, the field named: %s',
    async (...[, body, status, code, field, fieldCode]) => {
      const reply = await asOperator('POST', '/v1/plans', { body });
      expect({ status: reply.status, body: reply.body }).toMatchObject({
        status,
        body: { code, errors: [{ field, code: fieldCode }] },
      });
    },
  );
});

describe('a change of a plan', () => {
  it('R3.27 of a price makes a version and leaves the other prices', async () => {
    await makePlan({ code: 'repriced' });
    const prices = [{ cycle: 'monthly', amount: '599.00', currency: 'INR' }];
    const reply = await asOperator('PATCH', '/v1/plans/repriced', { body: { prices } });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      version: 2,
      prices: [
        { cycle: 'monthly', amount: '99000.00', currency: 'IDR' },
        { cycle: 'monthly', amount: '599.00', currency: 'INR' },
        { cycle: 'yearly', amount: '4990.00', currency: 'INR' },
      ],
      allowances: { messages: 2_000, wa_conversations: 100 },
    });
    const shown = await asOperator('GET', '/v1/plans/repriced');
    expect(shown.body).toEqual(reply.body);
  });

  it('R3.27 of an allowance makes a version and leaves the other allowances', async () => {
    await makePlan({ code: 'enlarged' });
    const body = { allowances: { messages: 3_000 }, limits: { team_members: 5 } };
    const reply = await asOperator('PATCH', '/v1/plans/enlarged', { body });
    expect(reply.body).toMatchObject({
      version: 2,
      allowances: { messages: 3_000, wa_conversations: 100 },
      limits: { team_members: 5, channels: -1 },
    });
  });

  it('takes a price off sale with null, but never the last one', async () => {
    await makePlan({ code: 'reduced' });
    const off = (cycle: string, currency: string) => ({
      body: { prices: [{ cycle, amount: null, currency }] },
    });
    await asOperator('PATCH', '/v1/plans/reduced', off('monthly', 'IDR'));
    const reply = await asOperator('PATCH', '/v1/plans/reduced', off('yearly', 'INR'));
    expect(reply.body).toMatchObject({
      version: 3,
      prices: [{ cycle: 'monthly', amount: '499.00', currency: 'INR' }],
    });
    const last = await asOperator('PATCH', '/v1/plans/reduced', off('monthly', 'INR'));
    expect([last.status, last.body.code]).toEqual([422, 'no_billing_cycle']);
  });

  it('R2.12 says whether who uses more than it allows may change to it', async () => {
    await makePlan({ code: 'strict', changes: { over_limit: 'refuse' } });
    const { body } = await asOperator('GET', '/v1/plans/strict');
    expect(body.changes).toMatchObject({ proration: 'days', over_limit: 'refuse' });
    const refused = await asOperator('PATCH', '/v1/plans/strict', {
      body: { changes: { over_limit: 'ignore' } },
    });
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toMatchObject([{ field: 'changes.over_limit' }]);
  });

  it('that changes nothing makes no version', async () => {
    const { body } = await makePlan({ code: 'unchanged' });
    const { name, prices, allowances, limits, features, unit_prices } = STARTER;
    const same = { name, prices, allowances, limits, features, unit_prices, support: null };
    const reply = await asOperator('PATCH', '/v1/plans/unchanged', { body: same });
    expect(reply.body).toEqual(body);
    expect((await asOperator('PATCH', '/v1/plans/unchanged', { body: {} })).body.version).toBe(1);
  });

  it('by two people at once loses neither', async () => {
    await makePlan({ code: 'contested' });
    const path = '/v1/plans/contested';
    const replies = await Promise.all([
      asOperator('PATCH', path, { body: { name: 'Renamed' } }),
      asOperator('PATCH', path, { body: { tier: 'silver' } }),
      asOperator('PATCH', path, { body: { allowances: { minutes: 10 } } }),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await asOperator('GET', path)).body).toMatchObject({
      version: 4,
      name: 'Renamed',
      tier: 'silver',
      allowances: { messages: 2_000, wa_conversations: 100, minutes: 10 },
    });
  });

  it.each([
    ['its code', { code: 'other' }, 'code'],
    ['its kind', { kind: 'support_package' }, 'kind'],
    ['something it has not', { status: 'free' }, 'status'],
  ])('cannot change %s', async (_, body, field) => {
    const reply = await asOperator('PATCH', '/v1/plans/growth', { body });
    expect([reply.status, reply.body.code]).toEqual([400, 'unknown_field']);
    expect(reply.body.errors).toMatchObject([{ field, code: 'unknown_field' }]);
  });

  it('R1.19 cannot take the terms from a support package', async () => {
    await asOperator('POST', '/v1/plans', { body: { ...DESK, code: 'desk-two' } });
    const reply = await asOperator('PATCH', '/v1/plans/desk-two', { body: { support: null } });
    expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
    expect(reply.body.errors).toMatchObject([{ field: 'support' }]);
  });

  it('of a plan that is not there is not found', async () => {
    const reply = await asOperator('PATCH', '/v1/plans/nothing', { body: { name: 'X' } });
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
  });
});

describe('the catalogue', () => {
  it('R1.09 is everybody’s to read, in the order of codes, page by page', async () => {
    const seen: string[] = [];
    let path = '/v1/plans?limit=4';
    for (let page = 0; page < 20 && path !== ''; page += 1) {
      const { status, body } = await api.call('GET', path, { key: world.ours.accountKey });
      expect(status).toBe(200);
      // The API checked its own answer against the schema.
      const { items, next_cursor: cursor } = body as unknown as PlanPage;
      seen.push(...items.map(({ code }) => code));
      path = cursor === null ? '' : `/v1/plans?limit=4&cursor=${cursor}`;
    }
    expect(path).toBe('');
    expect(seen).toEqual([...new Set(seen)].toSorted((left, right) => (left < right ? -1 : 1)));
    expect(seen).toContain('growth');
  });

  it('R1.18 lists support packages apart from plans', async () => {
    const reply = await asOperator('GET', '/v1/plans?kind=support_package&limit=100');
    const { items } = reply.body as unknown as PlanPage; // The API checked its own answer.
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['support_package']));
  });

  it.each(['limit=0', 'limit=101', 'kind=gold', 'cursor=nonsense', 'colour=red'])(
    'refuses ?%s',
    async (query) => {
      const reply = await asOperator('GET', `/v1/plans?${query}`);
      expect(reply.status).toBe(400);
      expect(reply.body.errors).toMatchObject([{ field: query.replace(/=.*/, '') }]);
    },
  );
});

describe('a comparison', () => {
  it('R1.17 shows team size, message volume and support level side by side, as asked for', async () => {
    await makePlan({ code: 'compared-a' });
    await makePlan({ code: 'compared-b', limits: {}, allowances: {}, support: DESK.support });
    const support = { ...DESK.support, dedicated_assistance: true };
    await makePlan({ code: 'compared-c', limits: { team_members: -1 }, support });
    const reply = await api.call(
      'GET',
      '/v1/plans/compare?codes=compared-c,compared-a,compared-b,compared-a',
      { key: world.ours.partnerKey },
    );
    expect(reply.status).toBe(200);
    expect(reply.body.items).toMatchObject([
      { code: 'compared-c', team_size: -1, message_volume: 2_000, support_level: 'dedicated' },
      { code: 'compared-a', team_size: 3, message_volume: 2_000, support_level: 'none' },
      { code: 'compared-b', team_size: 0, message_volume: 0, support_level: 'high' },
    ]);
  });

  it('R1.17 names a plan that is not there', async () => {
    const reply = await asOperator('GET', '/v1/plans/compare?codes=growth,nothing');
    expect([reply.status, reply.body.code]).toEqual([422, 'unknown_plan']);
    expect(reply.body.errors).toMatchObject([{ field: 'codes' }]);
  });

  it.each(['', '?codes=', '?codes=a,,b', '?codes=a%20b', '?codes=1,2,3,4,5,6,7,8,9,10,11'])(
    'R1.17 is refused for "%s"',
    async (query) => {
      const reply = await asOperator('GET', `/v1/plans/compare${query}`);
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
    },
  );
});

describe('an agreement with one account', () => {
  const pathOf = (accountId: string) => `/v1/accounts/${accountId}/agreements/growth`;

  it('R1.16 is none at first, then what was saved, and replaced as a whole', async () => {
    const path = pathOf(world.ours.accountId);
    expect((await asOperator('GET', path)).status).toBe(404);

    const saved = await asOperator('PUT', path, {
      body: {
        allowances: { messages: 500_000, minutes: 0 },
        limits: { team_members: -1, phone_numbers: 80 },
      },
    });
    expect(saved.status).toBe(200);
    expect(saved.body).toEqual({
      account_id: world.ours.accountId,
      plan_code: 'growth',
      allowances: { messages: 500_000, minutes: 0 },
      limits: { team_members: -1, phone_numbers: 80 },
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await asOperator('GET', path)).body).toEqual(saved.body);

    const replaced = await asOperator('PUT', path, { body: { limits: { team_members: 40 } } });
    expect(replaced.body).toMatchObject({ allowances: {}, limits: { team_members: 40 } });
    expect((await asOperator('GET', path)).body).toEqual(replaced.body);
  });

  it('R1.16 R3.06 may be about the WhatsApp balance, in the account’s currency only', async () => {
    const agreed = { allowances: { whatsapp_balance: { amount: '750', currency: 'INR' } } };
    const saved = await asOperator('PUT', pathOf(world.ours.accountId), { body: agreed });
    expect(saved.body.allowances).toEqual({
      whatsapp_balance: [{ amount: '750.00', currency: 'INR' }],
    });
    const foreign = { allowances: { whatsapp_balance: { amount: '750', currency: 'IDR' } } };
    const refused = await asOperator('PUT', pathOf(world.ours.accountId), { body: foreign });
    expect([refused.status, refused.body.code]).toEqual([422, 'currency_mismatch']);
  });

  it('R1.16 with one account is none with another', async () => {
    await asOperator('PUT', pathOf(world.ours.accountId), {
      body: { allowances: { messages: 1 } },
    });
    expect((await asOperator('GET', pathOf(world.theirs.accountId))).status).toBe(404);
  });

  it('R1.16 leaves the plan as it is for everybody', async () => {
    const before = (await asOperator('GET', '/v1/plans/growth')).body;
    await asOperator('PUT', pathOf(world.ours.accountId), {
      body: { allowances: { messages: 2 } },
    });
    expect((await asOperator('GET', '/v1/plans/growth')).body).toEqual(before);
  });

  it('R1.16 is the operator’s business: a customer agrees on nothing alone', async () => {
    const path = pathOf(world.ours.accountId);
    for (const key of [world.ours.accountKey, world.ours.partnerKey]) {
      const reply = await api.call('PUT', path, { key, body: { allowances: { messages: 9 } } });
      expect([reply.status, reply.body.code]).toEqual([403, 'forbidden']);
    }
  });

  it('about a plan or with an account that is not there is not found', async () => {
    const body = { allowances: {} };
    const { accountId } = world.ours;
    for (const path of [`/v1/accounts/${accountId}/agreements/nothing`, pathOf('acct_nobody00')]) {
      const reply = await asOperator('PUT', path, { body });
      expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
    }
  });

  it('refuses figures nobody knows, and prices: they are the plan’s', async () => {
    const path = pathOf(world.ours.accountId);
    const unknown = await asOperator('PUT', path, { body: { limits: { fax_lines: 1 } } });
    expect([unknown.status, unknown.body.code]).toEqual([400, 'unknown_field']);
    const price = await asOperator('PUT', path, { body: { price: { amount: '1.00' } } });
    expect([price.status, price.body.code]).toEqual([400, 'unknown_field']);
  });
});
