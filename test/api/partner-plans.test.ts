import { listNamesLike } from '../../db/repositories/partner-plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { startApi, type ApiUnderTest, type CallOptions, type Reply } from './api-under-test';
import { exampleOf, listOperations } from './operations';
import { createSubscription } from './subscription-in-world';
import { createWorld, INTERNAL_NAME, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

const PATH = '/v1/partner_plans';
const PLAN = {
  type: 'usage_based',
  plan_name: 'Bronze 2026',
  display_name: 'Bronze',
  currency: 'INR',
  prices: { monthly: '499.00', yearly: '4990.00' },
  gst: true,
  benefits: { messages: 5_000, wa_conversations: 500, team_members: null },
  on_exhausted: 'charge',
  unit_prices: { message: '0.25' },
};
const SHARING = { type: 'revenue_sharing', revenue_share_bps: 2_500 };

const asOperator = (method: string, path: string, options: CallOptions = {}) =>
  api.call(method, path, { key: api.operatorKey, ...options });

function make(change: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
  return asOperator('POST', PATH, { body: { ...PLAN, ...change } });
}

async function made(change: Readonly<Record<string, unknown>>): Promise<string> {
  const { status, body, text } = await make(change);
  if (status !== 201) throw new Error(text);
  return String(body.id);
}

const change = (id: string, body: Readonly<Record<string, unknown>>) =>
  asOperator('PATCH', `${PATH}/${id}`, { body });
const act = (id: string, verb: string) => asOperator('POST', `${PATH}/${id}/${verb}`);
const show = async (id: string) => (await asOperator('GET', `${PATH}/${id}`)).body;
const itemsOf = ({ body }: Reply) => body.items as Record<string, unknown>[];
const find = async (query: string) =>
  itemsOf(await asOperator('GET', `${PATH}?limit=100&${query}`)).map(({ plan_name: name }) => name);

/** A new customer that has the plan. */
async function assign(
  planCode: string,
  rest: { planVersion?: number; scheduled?: { planCode: string; planVersion: number } } = {},
): Promise<void> {
  const { body } = await asOperator('POST', '/v1/accounts', {
    body: { name: 'A customer', country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' },
  });
  await withTransaction(api.database, SYSTEM, (trx) =>
    createSubscription(trx, {
      accountId: String(body.id),
      planCode,
      planName: 'Bronze',
      at: '2026-11-01T00:00:00.000Z',
      endsAt: '2026-12-01T00:00:00.000Z',
      ...rest,
    }),
  );
}

describe('a new partner plan', () => {
  it('R4.08 R4.09 R4.12 R4.14 R4.15 R4.16 R4.21 is answered whole, and is enabled and visible at once', async () => {
    const reply = await make();
    expect(reply.status).toBe(201);
    const id = String(reply.body.id);
    expect(id).toMatch(/^pplan_[0-9a-z]{20}$/);
    expect(reply.headers.get('location')).toBe(`${PATH}/${id}`);
    expect(reply.body).toEqual({
      ...PLAN,
      id,
      version: 1,
      revenue_share_bps: null,
      status: 'enabled',
      visibility: 'visible',
      archived_at: null,
      assignments: 0,
      created_at: expect.any(String),
      updated_at: reply.body.created_at,
    });
    expect(await show(id)).toEqual(reply.body);
  });

  it('R4.03 R4.10 that shares revenue states the share', async () => {
    const { body } = await make({ plan_name: 'Sharing', ...SHARING });
    expect([body.type, body.revenue_share_bps]).toEqual(['revenue_sharing', 2_500]);
  });

  it('R4.17 R4.18 R4.19 says nothing of prices, GST and what is beyond the benefits: they have defaults', async () => {
    const { gst: _gst, on_exhausted: _mode, unit_prices: _prices, ...least } = PLAN;
    const body = { ...least, plan_name: 'Least', prices: { quarterly: '0.00' } };
    const reply = await asOperator('POST', PATH, { body });
    expect(reply.body).toMatchObject({
      prices: { quarterly: '0.00' },
      gst: false,
      on_exhausted: 'block',
      unit_prices: {},
    });
  });

  it.each([
    ['R4.10 without a type', { type: undefined }, 400, 'type'],
    ['R4.10 of an unknown type', { type: 'flat' }, 400, 'type'],
    [
      'R4.10 that shares revenue without a share',
      { type: 'revenue_sharing' },
      400,
      'revenue_share_bps',
    ],
    [
      'R4.10 with a share of nothing',
      { ...SHARING, revenue_share_bps: 0 },
      400,
      'revenue_share_bps',
    ],
    [
      'R4.10 with more than the whole',
      { ...SHARING, revenue_share_bps: 10_001 },
      400,
      'revenue_share_bps',
    ],
    ['R4.10 usage-based with a share', { revenue_share_bps: 2_500 }, 400, 'revenue_share_bps'],
    ['R4.11 without an internal name', { plan_name: ' ' }, 400, 'plan_name'],
    ['R4.12 without a display name', { display_name: undefined }, 400, 'display_name'],
    ['R4.13 without a cycle', { prices: {} }, 422, 'prices'],
    ['R4.14 in no currency', { currency: 'RUPEE' }, 400, 'currency'],
    ['R4.15 with a cycle but no price', { prices: { monthly: null } }, 400, 'prices.monthly'],
    [
      'R4.15 with a price of no cycle',
      { prices: { monthly: '1', weekly: '1' } },
      400,
      'prices.weekly',
    ],
    ['R4.15 finer than money is', { prices: { monthly: '1.001' } }, 400, 'prices.monthly'],
    [
      'R4.17 with less than nothing',
      { benefits: { ...PLAN.benefits, messages: -1 } },
      400,
      'benefits.messages',
    ],
    [
      'R4.19 without saying how many members',
      { benefits: { messages: 1, wa_conversations: 1 } },
      400,
      'benefits.team_members',
    ],
  ] as const)('R4.22 R4.13 %s is refused and stores nothing', async (_, draft, status, field) => {
    const rows = () =>
      withTransaction(api.database, SYSTEM, async (trx) => [
        await trx('plans').count(),
        await trx('partner_plans').count(),
        await trx('catalogue_changes').count(),
      ]);
    const before = await rows();
    const reply = await make({ plan_name: 'A draft', ...draft });
    expect([reply.status, (reply.body.errors as { field: string }[])[0]?.field]).toEqual([
      status,
      field,
    ]);
    expect(await rows()).toEqual(before);
  });

  it('R4.11 has a name of its own, whatever the case, also among archived ones; R4.22 else nothing is stored', async () => {
    const id = await made({ plan_name: 'Ünique İdea' });
    await act(id, 'archive');
    const reply = await make({ plan_name: 'ÜNIQUE İDEA' });
    expect([reply.status, reply.body.code]).toEqual([409, 'already_exists']);
    expect(reply.body.errors).toEqual([expect.objectContaining({ field: 'plan_name' })]);
    expect(await find('search=nique')).toEqual(['Ünique İdea']);
    await made({ plan_name: 'Ünique too', display_name: 'Bronze' });
  });
});

describe('the list of partner plans', () => {
  beforeAll(async () => {
    await made({ plan_name: 'Listed 1', display_name: 'Öffentlich 100%' });
    await made({ plan_name: 'Listed 2', display_name: 'LISTED for all', ...SHARING });
    await act(await made({ plan_name: 'Listed 3' }), 'disable');
    await act(await made({ plan_name: 'Listed 4' }), 'hide');
    await act(await made({ plan_name: 'Listed 5' }), 'archive');
  });

  it.each([
    ['all of them, the newest first', 'search=Listed', [5, 4, 3, 2, 1]],
    ['by a part of the internal name, in any case', 'search=LISTED%203', [3]],
    ['by a part of the display name, in any case', 'search=%C3%96FFENT', [1]],
    ['by signs that mean something to a database', 'search=100%25', [1]],
    ['by what no name has', 'search=listed_', []],
    ['R4.03 by type', 'search=listed&type=revenue_sharing', [2]],
    ['R4.04 by status', 'search=listed&status=disabled', [3]],
    ['R4.05 by visibility', 'search=listed&visibility=hidden', [4]],
    ['R4.07 archived', 'search=listed&archived=true', [5]],
    ['R4.07 not archived', 'search=listed&archived=false', [4, 3, 2, 1]],
    [
      'by several filters',
      'search=listed&archived=false&status=enabled&visibility=visible',
      [2, 1],
    ],
  ] as const)('R4.01 R4.02 finds %s', async (_, query, numbers) => {
    expect(await find(query)).toEqual(numbers.map((number) => `Listed ${number}`));
  });

  it('R4.01 comes in pages', async () => {
    const first = await asOperator('GET', `${PATH}?search=listed&limit=3`);
    const cursor = String(first.body.next_cursor);
    const second = await asOperator('GET', `${PATH}?search=listed&limit=3&cursor=${cursor}`);
    const names = [...itemsOf(first), ...itemsOf(second)].map(({ plan_name: name }) => name);
    expect(names).toEqual([5, 4, 3, 2, 1].map((number) => `Listed ${number}`));
    expect(second.body.next_cursor).toBeNull();
  });

  it('R4.23 is apart from the plans accounts buy, which know no partner plan', async () => {
    const id = await made({ plan_name: 'Not for sale' });
    const plans = await asOperator('GET', '/v1/plans?limit=100');
    expect(itemsOf(plans).map(({ code }) => code)).toEqual(['growth']);
    expect((await asOperator('GET', `/v1/plans/${id}`)).status).toBe(404);
    expect((await asOperator('PATCH', `/v1/plans/${id}`, { body: { name: 'x' } })).status).toBe(
      404,
    );
    expect((await asOperator('GET', `/v1/plans/compare?codes=${id}`)).status).toBe(422);
    const agreement = `/v1/accounts/${world.ours.accountId}/agreements/${id}`;
    expect((await asOperator('PUT', agreement, { body: {} })).status).toBe(404);
    const bought = await asOperator('POST', `/v1/accounts/${world.ours.accountId}/subscriptions`, {
      body: { plan_code: id, cycle: 'monthly' },
    });
    expect([bought.status, bought.body.code, bought.body.detail]).toEqual([
      422,
      'unknown_plan',
      `"${id}" is a partner plan: it is assigned to an account, not subscribed to.`,
    ]);
  });
});

describe('a partner plan that exists', () => {
  it.each([
    { rule: 'R4.04', verb: 'disable', done: { status: 'disabled' }, back: 'enable' },
    { rule: 'R4.05', verb: 'hide', done: { visibility: 'hidden' }, back: 'show' },
    {
      rule: 'R4.07',
      verb: 'archive',
      done: { archived_at: expect.any(String) },
      back: 'unarchive',
    },
  ])('$rule can $verb, and $back again, and neither touches another fact', async (row) => {
    const { verb, done, back } = row;
    const id = await made({ plan_name: `To ${verb}` });
    const before = await show(id);
    const first = await act(id, verb);
    expect(first.status).toBe(200);
    expect(first.body).toEqual({ ...before, ...done, updated_at: expect.any(String) });
    expect((await act(id, verb)).body).toEqual(first.body);
    expect((await act(id, back)).body).toEqual({ ...before, updated_at: expect.any(String) });
  });

  it('R4.07 taken out of the archive is as disabled and hidden as it was', async () => {
    const id = await made({ plan_name: 'Three facts' });
    for (const verb of ['disable', 'hide', 'archive', 'unarchive']) await act(id, verb);
    expect(await show(id)).toMatchObject({
      status: 'disabled',
      visibility: 'hidden',
      archived_at: null,
    });
  });

  it('R4.06 R4.25 is copied disabled and hidden, and then the two go their own ways', async () => {
    const id = await made({ plan_name: 'Origin' });
    const copy = await act(id, 'duplicate');
    expect(copy.status).toBe(201);
    expect(copy.headers.get('location')).toBe(`${PATH}/${String(copy.body.id)}`);
    expect(copy.body).toEqual({
      ...(await show(id)),
      id: expect.any(String),
      plan_name: 'Origin (copy)',
      status: 'disabled',
      visibility: 'hidden',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect((await act(id, 'duplicate')).body.plan_name).toBe('Origin (copy 2)');
    await change(String(copy.body.id), { prices: { monthly: '1.00' }, display_name: 'Copied' });
    expect(await show(id)).toMatchObject({ display_name: 'Bronze', prices: PLAN.prices });
    await change(id, { benefits: { messages: 1 } });
    expect(await show(String(copy.body.id))).toMatchObject({ benefits: PLAN.benefits });
  });

  it('R4.06 is copied at once by ten, and each copy has a name', async () => {
    const id = await made({ plan_name: 'Popular' });
    const copies = await Promise.all(Array.from({ length: 10 }, () => act(id, 'duplicate')));
    expect(copies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
    const names = await withTransaction(api.database, SYSTEM, (trx) =>
      listNamesLike(trx, 'POPULAR (copy'),
    );
    expect(new Set(names).size).toBe(10);
  });

  it('R4.24 is never deleted: no address does it', async () => {
    const reply = await asOperator('DELETE', `${PATH}/${world.partnerPlanId}`);
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH']);
  });
});

describe('a change of a partner plan', () => {
  it('R4.15 keeps version 1 while nobody ever had it', async () => {
    const id = await made({ plan_name: 'Unused' });
    const reply = await change(id, {
      prices: { monthly: '599.00', yearly: null, quarterly: '1500.00' },
      currency: 'INR',
      benefits: { messages: null },
      unit_prices: { message: null, wa_conversation: '1.10' },
      gst: false,
    });
    expect(reply.body).toMatchObject({
      version: 1,
      prices: { monthly: '599.00', quarterly: '1500.00' },
      benefits: { messages: null, wa_conversations: 500, team_members: null },
      unit_prices: { wa_conversation: '1.10' },
      gst: false,
    });
    expect(reply.body.prices).not.toHaveProperty('yearly');
    expect(await show(id)).toEqual(reply.body);
  });

  it('R4.07 makes a new version once somebody has it, and the old one stays as it was', async () => {
    const id = await made({ plan_name: 'Used' });
    await assign(id);
    expect(await show(id)).toMatchObject({ version: 1, assignments: 1 });
    expect((await change(id, { prices: { monthly: '599.00' } })).body).toMatchObject({
      version: 2,
      assignments: 1,
      prices: { monthly: '599.00', yearly: '4990.00' },
    });
    const versions = await withTransaction(api.database, SYSTEM, (trx) =>
      trx('plan_prices')
        .where({ plan_code: id, cycle: 'monthly' })
        .orderBy('version')
        .select('version', 'amount_micros'),
    );
    expect(versions).toEqual([
      { version: 1, amount_micros: 499_000_000n },
      { version: 2, amount_micros: 599_000_000n },
    ]);
    // Nobody has version 2 yet.
    expect((await change(id, { prices: { monthly: '699.00' } })).body.version).toBe(2);
    await assign(id, { planVersion: 2 });
    expect((await change(id, { gst: false })).body).toMatchObject({ version: 3, assignments: 2 });
    expect((await change(id, { plan_name: 'Used, renamed' })).body.version).toBe(3);
  });

  it('R4.07 leaves a version alone that is only promised to somebody', async () => {
    const id = await made({ plan_name: 'Promised' });
    await assign('growth', { scheduled: { planCode: id, planVersion: 1 } });
    expect((await change(id, { prices: { monthly: '599.00' } })).body.version).toBe(2);
  });

  it.each([
    ['type', { type: 'revenue_sharing', revenue_share_bps: 100 }],
    ['currency', { currency: 'USD', prices: { monthly: '9.00' } }],
  ])(
    'R4.10 R4.14 of the %s is refused once somebody had it, and made before',
    async (field, body) => {
      const id = await made({ plan_name: `Another ${field}` });
      expect((await change(id, body)).body).toMatchObject({ ...body, version: 1 });
      await change(id, { ...PLAN, plan_name: `Another ${field}` });
      await assign(id);
      const refused = await change(id, body);
      expect([refused.status, refused.body.code]).toEqual([409, 'invalid_state']);
      expect(await show(id)).toMatchObject({ type: 'usage_based', currency: 'INR', version: 1 });
    },
  );

  it.each([
    ['R4.13 leaves no cycle', { prices: { monthly: null, yearly: null } }, 422, 'no_billing_cycle'],
    ['R4.14 has a currency and no prices in it', { currency: 'USD' }, 422, 'no_billing_cycle'],
    [
      'R4.10 shares revenue and says not how much',
      { type: 'revenue_sharing' },
      422,
      'unprocessable',
    ],
    ['R4.10 shares where nothing is shared', { revenue_share_bps: 1 }, 422, 'unprocessable'],
    [
      'R4.11 takes the name of another',
      { plan_name: INTERNAL_NAME.toUpperCase() },
      409,
      'already_exists',
    ],
  ] as const)(
    'R4.22 R4.13 that %s is refused and changes nothing',
    async (_, body, status, code) => {
      const id = await made({ plan_name: `Refused ${JSON.stringify(body)}` });
      const before = await show(id);
      const reply = await change(id, body);
      expect([reply.status, reply.body.code]).toEqual([status, code]);
      expect(await show(id)).toEqual(before);
    },
  );
});

describe('the history of a partner plan', () => {
  it('R4.24 says who did what, when, and what it was before, the last first', async () => {
    const id = await made({ plan_name: 'Audited' });
    await change(id, { benefits: { messages: 1 }, plan_name: 'Audited!' });
    await change(id, { plan_name: 'Audited!' });
    await act(id, 'hide');
    await act(id, 'hide');
    const { body } = await act(id, 'archive');
    const path = `${PATH}/${id}/history`;
    const history = itemsOf(await asOperator('GET', path));
    const key = history[0]?.changed_by as { api_key_id: string };
    expect(key.api_key_id).toMatch(/^key_/);
    expect(
      history.map(({ action, before, after, changed_by: by }) => [action, before, after, by]),
    ).toEqual([
      [
        'archived',
        { archived_at: null },
        { archived_at: body.archived_at },
        { ...key, role: 'operator' },
      ],
      ['hidden', { visibility: 'visible' }, { visibility: 'hidden' }, { ...key, role: 'operator' }],
      [
        'changed',
        { plan_name: 'Audited', benefits: PLAN.benefits },
        { plan_name: 'Audited!', benefits: { ...PLAN.benefits, messages: 1 } },
        { ...key, role: 'operator' },
      ],
      [
        'created',
        null,
        expect.objectContaining({ ...PLAN, plan_name: 'Audited' }),
        { ...key, role: 'operator' },
      ],
    ]);
    const page = await asOperator('GET', `${path}?limit=3`);
    const rest = await asOperator('GET', `${path}?limit=3&cursor=${String(page.body.next_cursor)}`);
    expect([...itemsOf(page), ...itemsOf(rest)]).toEqual(history);
  });

  it('R4.25 of a copy begins with where it came from', async () => {
    const id = await made({ plan_name: 'Copied and audited' });
    const copy = await act(id, 'duplicate');
    const history = itemsOf(await asOperator('GET', `${PATH}/${String(copy.body.id)}/history`));
    expect(history).toMatchObject([
      { action: 'created', before: null, after: { copied_from: id } },
    ]);
  });
});

describe('a reseller', () => {
  const asReseller = (path: string) => api.call('GET', path, { key: world.ours.partnerKey });

  it('R4.12 R4.23 reads a visible plan by its display name, and no hidden one', async () => {
    const id = await made({ plan_name: 'Shown to resellers' });
    const { plan_name: _, ...terms } = PLAN;
    expect((await asReseller(`${PATH}/${id}`)).body).toEqual({
      ...terms,
      id,
      version: 1,
      revenue_share_bps: null,
      status: 'enabled',
      archived_at: null,
    });
    await act(id, 'hide');
    expect((await asReseller(`${PATH}/${id}`)).status).toBe(404);
  });

  it('R4.23 lists what it may take or assign: enabled, visible, not archived', async () => {
    const ids: string[] = [];
    for (const verbs of [[], ['disable'], ['hide'], ['archive'], ['hide', 'archive', 'disable']]) {
      const id = await made({ plan_name: `Offered ${verbs.join(' ')}.` });
      for (const verb of verbs) await act(id, verb);
      ids.push(id);
    }
    const path = `/v1/partners/${world.ours.partnerId}/plans?limit=100`;
    const listed = itemsOf(await asReseller(path));
    expect(listed.map(({ id }) => id).filter((id) => ids.includes(String(id)))).toEqual([ids[0]]);
    expect(itemsOf(await asOperator('GET', path))).toEqual(listed);
    expect(listed[0]).not.toHaveProperty('plan_name');
  });

  it('R4.12 and its customers never read an internal name, whatever they ask for', async () => {
    const keys = { partner: world.ours.partnerKey, account: world.ours.accountKey };
    for (const { name, roles, scope } of listOperations()) {
      if (scope !== 'read') continue;
      for (const role of ['partner', 'account'] as const) {
        if (!roles.includes(role)) continue;
        const { text } = await api.call('GET', exampleOf(name, world).path, { key: keys[role] });
        expect({ name, role, told: text.includes(INTERNAL_NAME) }).toEqual({
          name,
          role,
          told: false,
        });
      }
    }
  });
});
