import { insertPackageOffer } from '../../db/repositories/package-offer.repository';
import { insertAccount } from '../../db/repositories/account.repository';
import { createLedger } from '../../db/repositories/ledger.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { newId } from '../../db/new-id';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { createWorld } from './world';

const NOW = '2027-03-02T10:00:00.000Z';
const NUMBER = '+918000000001';
const VOICE_ONLY = '+912200000001';
const AMERICAN = '+12025550100';
const DONE = { kind: 'answered', reply: { kind: 'done' } } as const;

let api: ApiUnderTest;
let accountId: string;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  await withTransaction(api.database, SYSTEM, async (trx) => {
    const price = { amountMicros: 4_500_000_000n, currency: 'INR' } as const;
    await insertPackageOffer(
      trx,
      {
        offer: {
          kind: 'message_package',
          code: 'messages_10k',
          name: '10 000 messages',
          units: 10_000,
          price,
          upFrontFee: { ...price, amountMicros: 0n },
          validityDays: 90,
          channels: null,
        },
      },
      NOW,
    );
  });
});
beforeEach(async () => {
  api.sender.answerWith(() => DONE);
  accountId = await makeAccount();
});
afterEach(() => api.carrier.clearFaults());
afterAll(() => api.close());

/** An account in Kolkata without a plan. */
async function makeAccount(): Promise<string> {
  return withTransaction(api.database, SYSTEM, async (trx) => {
    const place = { timeZone: 'Asia/Kolkata', currency: 'INR' } as const;
    const { id } = await insertAccount(trx, {
      id: newId('account'),
      partnerId: null,
      testClockId: null,
      externalId: null,
      name: 'A shop',
      country: 'IN',
      ...place,
      createdAt: NOW,
    });
    await createLedger(trx, { accountId: id, ...place, at: NOW });
    return id;
  });
}

function place(items: readonly unknown[], headers: Record<string, string> = {}): Promise<Reply> {
  const path = `/v1/accounts/${accountId}/orders`;
  return api.call('POST', path, { key: api.operatorKey, body: { items }, headers });
}

function pay(id: unknown, body: Record<string, unknown>): Promise<Reply> {
  return api.call('POST', `/v1/orders/${String(id)}/pay`, { key: api.operatorKey, body });
}

function number(of: string = NUMBER, required: readonly string[] = []) {
  return { kind: 'phone_number', number: of, required_capabilities: required };
}

const PACKAGE = { kind: 'message_package', code: 'messages_10k' };
const inr = (amount: string) => ({ amount, currency: 'INR' });

describe('placing an order', () => {
  test('R2.09 adds the price and the up-front fee: 500 and 100 are 600', async () => {
    const { status, body, headers } = await place([number(NUMBER, ['sms', 'voice'])]);
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        status: 'draft',
        items: [
          {
            kind: 'phone_number',
            number: NUMBER,
            capabilities: ['sms', 'voice'],
            required_capabilities: ['sms', 'voice'],
            price: inr('500.00'),
            up_front_fee: inr('100.00'),
            status: 'pending',
            delivered_id: null,
          },
        ],
        order_details: {
          amount: inr('500.00'),
          up_front_fees: inr('100.00'),
          taxes: [],
          round_off: inr('0.00'),
          total_amount: inr('600.00'),
        },
        wallet_amount: inr('600.00'),
        mode: null,
        checkout_url: null,
        expires_at: '2027-03-03T10:00:00.000Z',
        next_action: { kind: 'expire', at: '2027-03-03T10:00:00.000Z' },
      },
    });
    expect(headers.get('location')).toBe(`/v1/orders/${String(body.id)}`);
  });

  test('R2.10 states which capabilities are included, over all its numbers', async () => {
    const { body } = await place([number(), number(VOICE_ONLY)]);
    expect(body.features).toEqual([
      { capability: 'sms', included: false },
      { capability: 'voice', included: true },
      { capability: 'mms', included: false },
    ]);
  });

  test('R2.08 takes packages and numbers in one order; features are told of numbers only', async () => {
    const both = await place([PACKAGE, number()]);
    expect(both.body).toMatchObject({
      items: [{ kind: 'message_package', code: 'messages_10k', units: 10_000 }, { number: NUMBER }],
      order_details: {
        amount: inr('5000.00'),
        up_front_fees: inr('100.00'),
        total_amount: inr('5100.00'),
      },
    });
    const { body } = await place([PACKAGE]);
    expect(body.features).toEqual([]);
  });

  test('R0.06 R0.08 of a package is one item of one package; named twice, it is two', async () => {
    const { body } = await place([PACKAGE, PACKAGE]);
    expect(body).toMatchObject({
      items: [
        { code: 'messages_10k', units: 10_000, validity_days: 90, price: inr('4500.00') },
        { code: 'messages_10k', units: 10_000 },
      ],
      order_details: { total_amount: inr('9000.00') },
    });
  });

  test('R2.12 above the plan’s limit of numbers is refused, and the limit is named', async () => {
    const { ours } = await createWorld(api);
    const path = `/v1/accounts/${ours.accountId}/orders`;
    const refused = await api.call('POST', path, {
      key: ours.accountKey,
      body: { items: [number(), number('+918000000002'), number('+918000000003')] },
    });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'limit_reached', limit: 3, used: 1 },
    });
  });

  test('R2.11 offers the wallet and what the gateway takes in the currency', async () => {
    const { body } = await place([PACKAGE]);
    expect(body.payment_modes).toEqual(['wallet', 'upi', 'card']);
  });

  test('tells the workflow its id only, and no number crosses the wire', async () => {
    const sent = api.sender.sent.length;
    const { body } = await place([number()]);
    const command = api.sender.sent[sent];
    expect(command).toMatchObject({
      workflowId: `order/${String(body.id)}`,
      update: 'openPurchase',
    });
    expect(JSON.stringify(command)).not.toContain('918000000001');
  });

  test('is told as an event', async () => {
    const { body } = await place([PACKAGE]);
    const query = { limit: 1, beforePosition: null, accountId };
    const [event] = await withTransaction(api.database, SYSTEM, (trx) => listEvents(trx, query));
    expect(event).toMatchObject({
      type: 'order.created',
      subjectId: body.id,
      reason: 'an order of 4500.00 INR was placed',
    });
  });

  test('with one key is one order, also when the number is gone and the carrier dead by then', async () => {
    const headers = { 'idempotency-key': 'order-once' };
    const first = await place([number()], headers);
    await api.carrier.addFault({ kind: 'timeout_before', operation: 'number.get', count: 5 });
    const again = await place([number()], headers);
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test.each([
    [
      'R0.07 a package that is not in the catalogue',
      [{ kind: 'message_package', code: 'nothing' }],
      'unknown_item',
      'items.0.code',
    ],
    [
      'a package of the other kind',
      [{ kind: 'minute_bundle', code: 'messages_10k' }],
      'unknown_item',
      'items.0.code',
    ],
    [
      'R2.10 a number without a required capability',
      [PACKAGE, number(VOICE_ONLY, ['sms'])],
      'missing_capability',
      'items.1.number',
    ],
    [
      'a number that is not on offer',
      [number('+918000009999')],
      'number_unavailable',
      'items.0.number',
    ],
    ['a number in another currency', [number(AMERICAN)], 'currency_mismatch', 'items.0.number'],
    ['a number twice', [number(), number()], 'unprocessable', 'items.1.number'],
  ])('%s is refused, and nothing is written', async (_, items, code, field) => {
    const { status, body } = await place(items);
    expect({ status, code: body.code, errors: body.errors }).toMatchObject({
      status: 422,
      code,
      errors: [{ field }],
    });
    const list = await api.call('GET', `/v1/accounts/${accountId}/orders`, {
      key: api.operatorKey,
    });
    expect(list.body.items).toEqual([]);
  });

  test.each([
    ['no items', []],
    ['eleven items', Array.from({ length: 11 }, () => PACKAGE)],
    ['a price of the customer’s own', [{ ...PACKAGE, price: '1.00' }]],
    ['a package with capabilities', [{ ...PACKAGE, required_capabilities: ['sms'] }]],
    ['a number that is none', [number('12345')]],
    ['an unknown kind', [{ kind: 'fax', code: 'x' }]],
  ])('%s is malformed', async (_, items) => {
    expect((await place(items)).status).toBe(400);
  });

  test('while the carrier is silent is 503, and the key stays free', async () => {
    const headers = { 'idempotency-key': 'order-later' };
    await api.carrier.addFault({ kind: 'timeout_before', operation: 'number.get' });
    const silent = await place([number()], headers);
    expect({ status: silent.status, code: silent.body.code }).toEqual({
      status: 503,
      code: 'unavailable',
    });
    expect(api.logLines.join('')).toContain('the number carrier does not answer');
    expect((await place([number()], headers)).status).toBe(201);
  });

  test('of packages needs no carrier', async () => {
    await api.carrier.addFault({ kind: 'timeout_before', operation: 'number.get' });
    expect((await place([PACKAGE])).status).toBe(201);
  });
});

describe('paying an order', () => {
  test('sends how, and what the customer confirmed', async () => {
    const { body } = await place([number()]);
    const { status } = await pay(body.id, { mode: 'upi', confirmed_capabilities: ['sms'] });
    expect(status).toBe(200);
    expect(api.sender.sent.at(-1)).toMatchObject({
      workflowId: `order/${String(body.id)}`,
      update: 'payOrder',
      args: [{ mode: 'upi', gateway: 'sandbox', confirmedCapabilities: ['sms'] }],
    });
  });

  test('R2.10 is refused when not every number has what was confirmed', async () => {
    const { body } = await place([number(), number(VOICE_ONLY)]);
    const refused = await pay(body.id, {
      mode: 'wallet',
      confirmed_capabilities: ['sms', 'voice'],
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'missing_capability' } });
    const confirmed = { mode: 'wallet', confirmed_capabilities: ['voice'] };
    expect((await pay(body.id, confirmed)).status).toBe(200);
  });

  test('R2.10 is refused when somebody else has rented the number meanwhile', async () => {
    const { body } = await place([number('+918000000002')]);
    await api.carrier.carrier.order({
      idempotencyKey: 'somebody/else',
      number: '+918000000002',
      reference: 'num_else',
    });
    const refused = await pay(body.id, { mode: 'wallet' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'number_unavailable' } });
  });

  test('is refused when its package is not on sale any more', async () => {
    const { body } = await place([PACKAGE]);
    const archive = (at: string | null) =>
      withTransaction(api.database, SYSTEM, (trx) =>
        trx('message_packages').update({ archived_at: at }),
      );
    await archive(NOW);
    const refused = await pay(body.id, { mode: 'wallet' });
    await archive(null);
    expect(refused).toMatchObject({ status: 422, body: { code: 'unknown_item' } });
  });

  test('answers what the workflow refuses, with what is missing', async () => {
    const { body } = await place([PACKAGE]);
    api.sender.answerWith(() => ({
      kind: 'answered',
      reply: {
        kind: 'refused',
        code: 'insufficient_balance',
        message: 'the wallet lacks 500.00 INR',
        details: { required: '4500.00', available: '4000.00', missing: '500.00', currency: 'INR' },
      },
    }));
    expect(await pay(body.id, { mode: 'wallet' })).toMatchObject({
      status: 402,
      body: { code: 'insufficient_balance', missing: inr('500.00') },
    });
  });

  test('while the carrier is silent is 503', async () => {
    const { body } = await place([number()]);
    await api.carrier.addFault({ kind: 'timeout_before', operation: 'number.get' });
    expect((await pay(body.id, { mode: 'wallet' })).status).toBe(503);
  });

  test('is 503 while the workflow of the draft is gone, and 409 once the order has ended', async () => {
    const { body } = await place([{ kind: 'message_package', code: 'messages_10k' }]);
    api.sender.answerWith(() => ({ kind: 'not_running' }));
    const gone = await pay(body.id, { mode: 'upi' });
    expect([gone.status, gone.body.code]).toEqual([503, 'unavailable']);
    await withTransaction(api.database, SYSTEM, (trx) =>
      trx('orders')
        .where({ id: String(body.id) })
        .update({ status: 'expired', next_action_kind: 'end', next_action_at: null }),
    );
    const ended = await pay(body.id, { mode: 'upi' });
    expect([ended.status, ended.body.detail]).toEqual([
      409,
      'The order is expired; it can no longer be changed.',
    ]);
  });

  test('of something that is no order is 404', async () => {
    expect((await pay('ord_nothing', { mode: 'wallet' })).status).toBe(404);
  });
});

describe('orders of an account', () => {
  test('are listed and shown; a draft is not in the purchase history', async () => {
    const { body } = await place([PACKAGE]);
    const key = { key: api.operatorKey };
    const list = await api.call('GET', `/v1/accounts/${accountId}/orders`, key);
    expect(list.body.items).toEqual([body]);
    const shown = await api.call('GET', `/v1/orders/${String(body.id)}`, key);
    expect(shown.body).toEqual(body);
    const topUps = await api.call('GET', `/v1/accounts/${accountId}/top_ups`, key);
    expect(topUps.body.items).toEqual([]);
    expect((await api.call('GET', `/v1/top_ups/${String(body.id)}`, key)).status).toBe(404);
    const bought = await api.call('GET', `/v1/accounts/${accountId}/purchases`, key);
    expect(bought.body.items).toEqual([]);
  });

  test('R0.12 R3.04 are in the purchase history once they are paid', async () => {
    const wanted = number();
    const { body } = await place([PACKAGE, wanted]);
    await withTransaction(api.database, SYSTEM, (trx) =>
      trx('orders')
        .where({ id: String(body.id) })
        .update({ status: 'fulfilled', mode: 'wallet', paid_at: NOW }),
    );
    const path = `/v1/accounts/${accountId}/purchases`;
    const { body: page } = await api.call('GET', path, { key: api.operatorKey });
    expect(page.items).toMatchObject([
      {
        id: body.id,
        kind: 'purchase',
        status: 'fulfilled',
        items: [
          {
            kind: 'message_package',
            code: PACKAGE.code,
            name: '10 000 messages',
            status: 'pending',
          },
          { kind: 'phone_number', code: null, name: wanted.number },
        ],
        total_amount: inr('5100.00'),
        mode: 'wallet',
        paid_at: NOW,
      },
    ]);
  });
});
