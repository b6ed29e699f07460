import { createDatabase } from '../../db/connection';
import { insertPlan } from '../../db/repositories/plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import type { PlanVersion } from '../../domain/plan';
import { subscriptionActivities } from '../activities/billing-under-test';
import { allowMissingOrders, BULK, givePackage, NEXUS } from '../support/give-package';
import { buildEvent, MESSAGE, uuidOf } from '../support/build-usage';
import { makeAccount } from '../support/ledger-accounts';
import { publishPrices, recorderOf } from '../support/usage-prices';
import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';

const NOW = '2026-11-22T10:00:00.000Z';
const BOUGHT_AT = '2026-11-01T10:00:00.000Z';

/** Costs nothing; 0.60 INR a message beyond 500, 2.50 a minute beyond 1 000. */
const PRO: PlanVersion = {
  code: 'pro',
  version: 1,
  kind: 'plan',
  name: 'Pro',
  tier: 'pro',
  prices: [{ cycle: 'monthly', price: { amountMicros: 0n, currency: 'INR' } }],
  allowances: { messages: 500, minutes: 1_000 },
  limits: {},
  features: [],
  support: null,
  unitPrices: { message: { INR: '0.60' }, call_minute: { INR: '2.50' } },
  onExhausted: {},
  bearsTax: true,
  dunning: DEFAULT_DUNNING_POLICY,
  changes: DEFAULT_CHANGE_POLICY,
};
/** Sold beside it: 0.50 a message. */
const MAX: PlanVersion = {
  ...PRO,
  code: 'max',
  name: 'Max',
  unitPrices: { message: { INR: '0.50' } },
};

let api: ApiUnderTest;
let made = 0;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  const owner = createDatabase({ url: api.ownerUrl, applicationName: 'tollgate-test-owner' });
  await allowMissingOrders(owner);
  await owner.raw(`select create_usage_partitions('2026-10-01', 6)`);
  await owner.destroy();
  await withTransaction(api.database, SYSTEM, async (trx) => {
    await insertPlan(trx, PRO, BOUGHT_AT);
    await insertPlan(trx, MAX, BOUGHT_AT);
  });
  // Calls count by the second; nobody here has a number that costs anything.
  await publishPrices(api.database, 'INR', { 9: 0n });
});
afterAll(() => api.close());

interface Customer {
  readonly accountId: string;
  readonly key: string;
}

async function newCustomer(currency = 'INR'): Promise<Customer> {
  made += 1;
  const accountId = `acct_${made}`;
  await makeAccount(api.database, { accountId, timeZone: 'Asia/Kolkata', currency, at: BOUGHT_AT });
  const { secret: key } = await api.makeKey({ role: 'account', accountId });
  return { accountId, key };
}

/** Takes the plan on 1 November at 10:00 UTC. */
async function subscribe({ accountId }: Customer, planCode = 'pro'): Promise<void> {
  const id = `sub_of_${accountId}`;
  await subscriptionActivities(api.database).answerSubscriptionCommand({
    id,
    accountId,
    now: BOUGHT_AT,
    operationKey: `subscription/${id}/start/1`,
    command: { kind: 'start', planCode, cycle: 'monthly' },
  });
}

function give({ accountId }: Customer, id: string, offer = BULK, at = BOUGHT_AT): Promise<string> {
  return givePackage(api.database, { id, accountId, offer, at });
}

function use(
  { accountId }: Customer,
  { asset, quantity }: { readonly asset: 'message' | 'call_second'; readonly quantity: bigint },
) {
  made += 1;
  const durationSeconds = Number(quantity);
  const facts =
    asset === 'message'
      ? { ...MESSAGE, quantity }
      : ({ type: 'call', durationSeconds, to: null, direction: null } as const);
  const events = [buildEvent({ accountId, key: uuidOf(made), occurredAt: NOW, facts })];
  return recorderOf(api.database).recordUsage({
    events,
    reference: `use ${made}`,
    recordedAt: NOW,
  });
}

const asOperator = (method: string, path: string, options: CallOptions = {}) =>
  api.call(method, path, { key: api.operatorKey, ...options });
const get = ({ key }: Customer, path: string) => api.call('GET', path, { key });

interface Listed {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor?: string | null;
}

async function itemsOf(reply: Promise<{ readonly status: number; readonly body: unknown }>) {
  const { status, body } = await reply;
  expect(status).toBe(200);
  return (body as Listed).items;
}

const NEW_PACKAGE = {
  name: 'Bulk',
  messages: 10_000,
  price: { amount: '4500.00', currency: 'INR' },
  validity_days: 30,
};

function sell(code: string, changes: Readonly<Record<string, unknown>> = {}) {
  return asOperator('POST', '/v1/message_packages', { body: { ...NEW_PACKAGE, code, ...changes } });
}

describe('a message package on sale', () => {
  it('R0.01 shows the price of one message', async () => {
    const reply = await sell('first', { channels: ['sms', 'instagram'] });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe('/v1/message_packages?code=first&currency=INR');
    expect(reply.body).toEqual({
      code: 'first',
      name: 'Bulk',
      messages: 10_000,
      price: { amount: '4500.00', currency: 'INR' },
      validity_days: 30,
      channels: ['sms', 'instagram'],
      effective_unit_price: '0.45',
      saving_vs_plan: null,
      warning: null,
      created_at: NOW,
      archived_at: null,
    });
  });

  it('R0.02 warns the seller of plans whose messages cost no more', async () => {
    const reply = await sell('dear', { price: { amount: '5000.00', currency: 'INR' } });
    expect([reply.status, reply.body.warning]).toEqual([
      201,
      {
        code: 'not_cheaper_than_plan',
        message: 'A unit of it costs no less than with the plan max.',
        plan_codes: ['max'],
      },
    ]);
  });

  it('R0.02 is refused instead when the seller asks for that, and nothing is stored', async () => {
    const price = { amount: '6000.00', currency: 'INR' };
    const refused = await sell('dearest', { price, if_not_cheaper: 'refuse' });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      code: 'unprocessable',
      detail: 'A unit of it costs no less than with the plan max, pro.',
      plan_codes: 'max, pro',
    });
    const { body } = await asOperator('GET', '/v1/message_packages?code=dearest');
    expect(body).toEqual({ items: [], next_cursor: null });
  });

  it('R0.02 in a currency that no plan has a price in is compared with none', async () => {
    const reply = await sell('dollars', { price: { amount: '99999.00', currency: 'USD' } });
    expect([reply.status, reply.body.warning]).toEqual([201, null]);
  });

  it('is sold once per code and currency', async () => {
    await sell('twice');
    const again = await sell('twice');
    expect([again.status, again.body.code]).toEqual([409, 'already_exists']);
    const rupiah = { price: { amount: '1500000.00', currency: 'IDR' } };
    expect((await sell('twice', rupiah)).status).toBe(201);
    const codes = await itemsOf(asOperator('GET', '/v1/message_packages?code=twice'));
    expect(codes.map(({ price }) => price)).toEqual([
      { amount: '1500000.00', currency: 'IDR' },
      { amount: '4500.00', currency: 'INR' },
    ]);
  });

  it.each([
    [{ price: { amount: '0.00', currency: 'INR' } }, 'invalid_amount', 'price.amount'],
    [{ price: { amount: '1.001', currency: 'INR' } }, 'invalid_amount', 'price.amount'],
    [{ price: { amount: '1.00', currency: 'XXX' } }, 'invalid_request', 'price.currency'],
    [{ messages: 0 }, 'invalid_request', 'messages'],
    [{ messages: 1.5 }, 'invalid_request', 'messages'],
    [{ validity_days: 0 }, 'invalid_request', 'validity_days'],
    [{ channels: [] }, 'invalid_request', 'channels'],
    [{ minutes: 5 }, 'unknown_field', 'minutes'],
  ])('refuses %j', async (changes, code, field) => {
    const reply = await sell('bad', changes);
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.body.code).toBe(code);
    expect(reply.body.errors).toEqual([expect.objectContaining({ field })]);
  });

  it('R0.07 is sold no more once it is archived; archiving again changes nothing', async () => {
    await sell('old');
    const archive = () =>
      asOperator('POST', '/v1/message_packages/old/archive', { body: { currency: 'INR' } });
    expect((await archive()).body).toMatchObject({ code: 'old', archived_at: NOW });
    expect((await archive()).body).toMatchObject({ code: 'old', archived_at: NOW });
    expect(await itemsOf(asOperator('GET', '/v1/message_packages?code=old'))).toEqual([]);
    const unknown = await asOperator('POST', '/v1/message_packages/nothing/archive', {
      body: { currency: 'INR' },
    });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
  });

  it('R0.07 is put on sale by operators only', async () => {
    const { key } = await newCustomer();
    const reply = await api.call('POST', '/v1/message_packages', {
      key,
      body: { ...NEW_PACKAGE, code: 'mine' },
    });
    expect([reply.status, reply.body.code]).toEqual([403, 'forbidden']);
  });
});

describe('the catalogue as an account sees it', () => {
  it('R0.02 shows what is sold in its currency, with what it saves against its own plan', async () => {
    await sell('saver');
    const customer = await newCustomer();
    await subscribe(customer);
    const [offer] = await itemsOf(get(customer, '/v1/message_packages?code=saver'));
    expect(offer).toMatchObject({
      effective_unit_price: '0.45',
      saving_vs_plan: {
        plan_code: 'pro',
        plan_unit_price: '0.60',
        per_unit: '0.15',
        percent: '25.00',
      },
      warning: null,
    });
    const all = await itemsOf(get(customer, '/v1/message_packages?limit=100'));
    expect(new Set(all.map(({ price }) => (price as { currency: string }).currency))).toEqual(
      new Set(['INR']),
    );
    expect(await itemsOf(get(customer, '/v1/message_packages?currency=USD'))).toEqual([]);
  });

  it('R0.02 an operator sees the same by naming the account', async () => {
    await sell('seen');
    const customer = await newCustomer();
    await subscribe(customer, 'max');
    const own = await get(customer, '/v1/message_packages?code=seen');
    const named = await asOperator(
      'GET',
      `/v1/message_packages?code=seen&account_id=${customer.accountId}`,
    );
    expect(named.body).toEqual(own.body);
    expect(own.body).toMatchObject({ items: [{ saving_vs_plan: { per_unit: '0.05' } }] });
  });

  it('R0.02 warns of an offer that is no cheaper than its plan', async () => {
    await sell('even', { price: { amount: '5000.00', currency: 'INR' } });
    const customer = await newCustomer();
    await subscribe(customer, 'max');
    const [offer] = await itemsOf(get(customer, '/v1/message_packages?code=even'));
    expect(offer).toMatchObject({
      saving_vs_plan: { per_unit: '0.00', percent: '0.00' },
      warning: { code: 'not_cheaper_than_plan', plan_codes: ['max'] },
    });
  });

  it('R0.02 without a plan there is nothing to compare with', async () => {
    await sell('plain');
    const [offer] = await itemsOf(get(await newCustomer(), '/v1/message_packages?code=plain'));
    expect(offer).toMatchObject({ saving_vs_plan: null, warning: null });
  });

  it('another account’s view does not exist', async () => {
    const [ours, theirs] = [await newCustomer(), await newCustomer()];
    const reply = await get(ours, `/v1/message_packages?account_id=${theirs.accountId}`);
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
  });

  it('is read page by page, each offer once', async () => {
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await asOperator('GET', `/v1/message_packages?limit=2${at}`);
      const page = body as unknown as Listed;
      seen.push(...page.items.map(({ code, price }) => `${String(code)} ${JSON.stringify(price)}`));
      cursor = page.next_cursor ?? null;
    } while (cursor !== null);
    const whole = await itemsOf(asOperator('GET', '/v1/message_packages?limit=100'));
    expect(seen).toHaveLength(whole.length);
    expect(new Set(seen).size).toBe(whole.length);
  });
});

describe('a minute bundle on sale', () => {
  const BUNDLE = { code: 'nexus', name: 'Nexus', minutes: 300 };

  it('R2.07 shows minutes, fee and the price of one minute', async () => {
    const reply = await asOperator('POST', '/v1/minute_bundles', {
      body: {
        ...BUNDLE,
        price: { amount: '600.00', currency: 'INR' },
        up_front_fee: { amount: '50.00', currency: 'INR' },
      },
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      code: 'nexus',
      minutes: 300,
      up_front_fee: { amount: '50.00', currency: 'INR' },
      validity_days: null,
      effective_unit_price: '2.00',
    });
    const customer = await newCustomer();
    await subscribe(customer);
    expect(await itemsOf(get(customer, '/v1/minute_bundles'))).toMatchObject([
      { code: 'nexus', saving_vs_plan: { plan_unit_price: '2.50', per_unit: '0.50' } },
    ]);
  });

  it('R2.07 may be called like a plan, or like a message package: a code is of its kind', async () => {
    const price = { amount: '330.00', currency: 'INR' };
    const pro = { code: 'pro', name: 'Pro', minutes: 150, price };
    expect((await asOperator('POST', '/v1/minute_bundles', { body: pro })).status).toBe(201);
    expect((await sell('pro')).status).toBe(201);
  });

  it('is refused when fee and price are of two currencies', async () => {
    const reply = await asOperator('POST', '/v1/minute_bundles', {
      body: {
        ...BUNDLE,
        code: 'mixed',
        price: { amount: '600.00', currency: 'INR' },
        up_front_fee: { amount: '1.00', currency: 'USD' },
      },
    });
    expect([reply.status, reply.body.code]).toEqual([422, 'currency_mismatch']);
  });

  it('is archived like a package', async () => {
    const price = { amount: '600.00', currency: 'TRY' };
    await asOperator('POST', '/v1/minute_bundles', { body: { ...BUNDLE, price } });
    const reply = await asOperator('POST', '/v1/minute_bundles/nexus/archive', {
      body: { currency: 'TRY' },
    });
    expect(reply.body).toMatchObject({ code: 'nexus', archived_at: NOW, price });
    const codes = await itemsOf(asOperator('GET', '/v1/minute_bundles?currency=TRY'));
    expect(codes).toEqual([]);
  });
});

describe('the packages that an account has', () => {
  const pathOf = ({ accountId }: Customer, query = '') =>
    `/v1/accounts/${accountId}/extra_packages${query}`;

  it('R0.05 none are answered with 200 and exactly these words', async () => {
    const customer = await newCustomer();
    const reply = await get(customer, pathOf(customer));
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"items":[],"message":"Not Found!"}');
  });

  it('R0.04 R0.10 R0.11 are shown with total, remaining, purchase and expiry', async () => {
    const customer = await newCustomer();
    await give(customer, 'pkg_shown');
    await use(customer, { asset: 'message', quantity: 200n });
    const reply = await get(customer, pathOf(customer));
    expect(reply.body).toEqual({
      items: [
        {
          id: 'pkg_shown',
          account_id: customer.accountId,
          order_id: 'ord_of_pkg_shown',
          kind: 'message_package',
          code: 'bulk-10k',
          name: 'Bulk 10k',
          price: { amount: '4500.00', currency: 'INR' },
          status: 'active',
          messages_total: 10_000,
          messages_remaining: 9_800,
          messages_held: 0,
          messages_used: 200,
          messages_forfeited: 0,
          purchased_at: BOUGHT_AT,
          expires_at: '2026-12-01T18:30:00.000Z',
          ended_at: null,
          next_action: {
            kind: 'warn_expiry',
            at: '2026-11-01T18:30:00.000Z',
            reason: 'its end is 30 days ahead',
          },
          workflow_id: 'package/pkg_shown',
        },
      ],
      next_cursor: null,
    });
    const one = await get(customer, '/v1/extra_packages/pkg_shown');
    expect([one.body]).toEqual((reply.body as unknown as Listed).items);
  });

  it('R0.13 several are held at once, newest first, and the one that ends first is used first', async () => {
    const customer = await newCustomer();
    await give(customer, 'pkg_long', { ...BULK, units: 100, validityDays: 60 });
    await give(customer, 'pkg_short', { ...BULK, units: 100 }, '2026-11-02T10:00:00.000Z');
    await use(customer, { asset: 'message', quantity: 130n });
    const items = await itemsOf(get(customer, pathOf(customer, '?status=all')));
    expect(items.map((item) => [item.id, item.status, item.messages_remaining])).toEqual([
      ['pkg_short', 'exhausted', 0],
      ['pkg_long', 'active', 70],
    ]);
  });

  it('R0.12 the used up, expired and voided ones leave the tab and stay in the history', async () => {
    const customer = await newCustomer();
    await give(customer, 'pkg_used', { ...BULK, units: 10 });
    await use(customer, { asset: 'message', quantity: 10n });
    await give(customer, 'pkg_over', { ...BULK, validityDays: 10 });
    await give(customer, 'pkg_left', BULK, '2026-11-03T10:00:00.000Z');
    const active = await itemsOf(get(customer, pathOf(customer)));
    expect(active.map(({ id }) => id)).toEqual(['pkg_left']);
    const all = await itemsOf(get(customer, pathOf(customer, '?status=all')));
    expect(
      all.map((item) => [item.id, item.status, item.messages_used, item.messages_remaining]),
    ).toEqual([
      ['pkg_left', 'active', 0, 10_000],
      ['pkg_used', 'exhausted', 10, 0],
      // Its end is over, and its workflow is about to say so.
      ['pkg_over', 'expired', 0, 0],
    ]);
  });

  it('R0.12 the history is read page by page', async () => {
    const customer = await newCustomer();
    for (const day of ['01', '02', '03']) {
      await give(customer, `pkg_day${day}`, BULK, `2026-11-${day}T10:00:00.000Z`);
    }
    const first = await get(customer, pathOf(customer, '?limit=2'));
    const page = first.body as unknown as Listed;
    expect(page.items.map(({ id }) => id)).toEqual(['pkg_day03', 'pkg_day02']);
    const rest = await itemsOf(
      get(customer, pathOf(customer, `?limit=2&cursor=${page.next_cursor}`)),
    );
    expect(rest.map(({ id }) => id)).toEqual(['pkg_day01']);
  });

  it('belong to their account: another one meets no such package, and no such account', async () => {
    const [ours, theirs] = [await newCustomer(), await newCustomer()];
    await give(ours, 'pkg_ours');
    for (const path of ['/v1/extra_packages/pkg_ours', pathOf(ours)]) {
      const reply = await get(theirs, path);
      expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
    }
  });
});

describe('voiding a package', () => {
  const voidIt = (id: string, key: string, reason = 'sold by mistake') =>
    asOperator('POST', `/v1/extra_packages/${id}/void`, {
      body: { reason },
      headers: { 'idempotency-key': key },
    });

  it('R0.12 tells its workflow who asks, and why by the name of a note', async () => {
    const customer = await newCustomer();
    await give(customer, 'pkg_void');
    api.sender.answerWith(() => ({ kind: 'answered', reply: { kind: 'done' } }));
    const reply = await voidIt('pkg_void', 'void 1');
    expect([reply.status, reply.body.id]).toEqual([200, 'pkg_void']);
    const sent = api.sender.sent.at(-1);
    expect(sent).toMatchObject({
      workflowId: 'package/pkg_void',
      update: 'voidPackage',
      args: [{ noteId: expect.stringMatching(/^note_/), keyId: expect.stringMatching(/^key_/) }],
    });
    expect(JSON.stringify(sent)).not.toContain('sold by mistake');
  });

  it('R0.12 a refusal of the workflow is the answer', async () => {
    const customer = await newCustomer();
    await give(customer, 'pkg_ended');
    const message = 'The package is expired: nothing is left to void.';
    const reply = { kind: 'refused', code: 'invalid_state', message, details: {} };
    api.sender.answerWith(() => ({ kind: 'answered', reply }));
    const refused = await voidIt('pkg_ended', 'void 2');
    expect([refused.status, refused.body.detail]).toEqual([409, message]);
  });

  it('R0.12 is 503 while its workflow is gone, 409 once it has ended', async () => {
    const customer = await newCustomer();
    await give(customer, 'pkg_gone');
    api.sender.answerWith(() => ({ kind: 'not_running' }));
    expect((await voidIt('pkg_gone', 'void 3')).status).toBe(503);
    await withTransaction(api.database, SYSTEM, (trx) =>
      trx('packages').where({ id: 'pkg_gone' }).update({
        status: 'expired',
        ended_at: NOW,
        next_action_kind: 'end',
        next_action_at: null,
      }),
    );
    expect((await voidIt('pkg_gone', 'void 4')).status).toBe(409);
  });

  it('R0.12 asks for a reason, an operator, and a package that is there', async () => {
    const { key } = await newCustomer();
    const body = { reason: 'no' };
    expect((await api.call('POST', '/v1/extra_packages/pkg_void/void', { key, body })).status).toBe(
      403,
    );
    const blank = await asOperator('POST', '/v1/extra_packages/pkg_void/void', { body: {} });
    expect(blank.status).toBe(400);
    expect((await voidIt('pkg_nobody', 'void 5')).status).toBe(404);
  });
});

describe('the call minutes of an account', () => {
  const minutesOf = async (customer: Customer) =>
    (await get(customer, `/v1/accounts/${customer.accountId}/minutes`)).body;

  it('R2.02 R2.03 R2.04 R2.05 show plan, total, remaining, percent and the next billing', async () => {
    const customer = await newCustomer();
    await subscribe(customer);
    await use(customer, { asset: 'call_second', quantity: 15_636n });
    expect(await minutesOf(customer)).toEqual({
      account_id: customer.accountId,
      as_of: NOW,
      plan: { code: 'pro', name: 'Pro', status: 'active' },
      total_minutes: 1_000,
      remaining_minutes: 739,
      used_percent: '26.06',
      next_billing_and_plan_expiry: '2026-12-01T10:00:00.000Z',
      bundles: [],
    });
  });

  it('R2.03 a call that is recorded is read at once', async () => {
    const customer = await newCustomer();
    await subscribe(customer);
    for (const [seconds, remaining] of [
      [61n, 998],
      [59n, 998],
      [1n, 997],
    ] as const) {
      const [outcome] = await use(customer, { asset: 'call_second', quantity: seconds });
      expect(outcome?.kind).toBe('charged');
      expect((await minutesOf(customer)).remaining_minutes).toBe(remaining);
    }
  });

  it('R2.01 R2.06 add what a bundle brings; the plan’s minutes are used first', async () => {
    const customer = await newCustomer();
    await subscribe(customer);
    await give(customer, 'bun_1', NEXUS);
    await use(customer, { asset: 'call_second', quantity: 60_060n });
    expect(await minutesOf(customer)).toMatchObject({
      total_minutes: 1_300,
      remaining_minutes: 299,
      used_percent: '77.00',
      bundles: [
        {
          id: 'bun_1',
          code: 'nexus',
          minutes_total: 300,
          minutes_remaining: 299,
          minutes_used: 1,
          expires_at: '2026-12-01T10:00:00.000Z',
        },
      ],
    });
    expect(
      await itemsOf(
        get(customer, `/v1/accounts/${customer.accountId}/extra_packages?kind=minute_bundle`),
      ),
    ).toHaveLength(1);
  });

  it('R2.06 a bundle that is used up stays in the picture until it ends', async () => {
    const customer = await newCustomer();
    await give(customer, 'bun_used', { ...NEXUS, units: 1 });
    await use(customer, { asset: 'call_second', quantity: 60n });
    expect(await minutesOf(customer)).toMatchObject({
      plan: null,
      total_minutes: 1,
      remaining_minutes: 0,
      used_percent: '100.00',
      next_billing_and_plan_expiry: null,
      bundles: [{ id: 'bun_used', status: 'exhausted' }],
    });
  });

  it('R2.05 of nothing are nothing, and no part of it is used', async () => {
    expect(await minutesOf(await newCustomer())).toMatchObject({
      total_minutes: 0,
      remaining_minutes: 0,
      used_percent: '0.00',
      next_billing_and_plan_expiry: null,
      bundles: [],
    });
  });

  it('R2.06 a bundle that is over counts no more, even before it is closed', async () => {
    const customer = await newCustomer();
    await give(customer, 'bun_over', { ...NEXUS, validityDays: 10 });
    expect(await minutesOf(customer)).toMatchObject({ total_minutes: 0, bundles: [] });
  });

  it('are nobody else’s', async () => {
    const [ours, theirs] = [await newCustomer(), await newCustomer()];
    const reply = await get(theirs, `/v1/accounts/${ours.accountId}/minutes`);
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
  });
});
