import { insertEvents } from '../../db/repositories/event.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { EVENT_TYPES } from '../../domain/event';
import { startApi, WEBHOOK_KEY, type ApiUnderTest, type Reply } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api?.close());

const HOOK = 'https://hooks.example.com/tollgate';

function create(key: string, body: object): Promise<Reply> {
  return api.call('POST', '/v1/webhook_endpoints', { key, body: { url: HOOK, ...body } });
}

describe('a webhook endpoint', () => {
  it('is its maker’s, listens to everything by default and tells its secret once', async () => {
    const { ours } = world;
    const made = await create(ours.accountKey, {});
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^whe_/),
      url: HOOK,
      event_types: ['*'],
      partner_id: null,
      account_id: ours.accountId,
      status: 'enabled',
      disabled_reason: null,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{32}$/),
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const path = `/v1/webhook_endpoints/${String(made.body.id)}`;
    const shown = await api.call('GET', path, { key: ours.accountKey });
    expect(shown.body).not.toHaveProperty('secret');
    const secret = String(made.body.secret).slice('whsec_'.length);
    const dumped = await withTransaction(api.database, SYSTEM, (trx) =>
      trx('webhook_endpoints').select('*'),
    );
    expect(JSON.stringify(dumped)).not.toContain(secret);
    expect(api.logLines.join('\n')).not.toContain(secret);
    const answers = await withTransaction(api.database, SYSTEM, (trx) =>
      trx('idempotency_requests').select('*'),
    );
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(JSON.stringify(answers)).not.toContain(WEBHOOK_KEY);
  });

  it('answers a repeated creation with the same secret', async () => {
    const headers = { 'idempotency-key': 'endpoint-1' };
    const ask = () =>
      api.call('POST', '/v1/webhook_endpoints', {
        key: world.ours.partnerKey,
        body: { url: HOOK },
        headers,
      });
    const [first, second] = [await ask(), await ask()];
    expect(first.body.partner_id).toBe(world.ours.partnerId);
    expect(second.body).toEqual(first.body);
  });

  it('is made for others only by who sees them', async () => {
    const { ours, theirs } = world;
    const owners = async (key: string, body: object) => {
      const reply = await create(key, body);
      return [reply.status, reply.body.partner_id, reply.body.account_id];
    };
    const { operatorKey } = api;
    expect(await owners(operatorKey, {})).toEqual([201, null, null]);
    expect(await owners(operatorKey, { partner_id: ours.partnerId })).toEqual([
      201,
      ours.partnerId,
      null,
    ]);
    expect(await owners(ours.partnerKey, { account_id: ours.accountId })).toEqual([
      201,
      null,
      ours.accountId,
    ]);
    expect(await owners(ours.accountKey, { partner_id: ours.partnerId })).toEqual([
      404,
      undefined,
      undefined,
    ]);
    expect((await create(ours.partnerKey, { account_id: theirs.accountId })).status).toBe(404);
    const both = { partner_id: ours.partnerId, account_id: ours.accountId };
    expect((await create(operatorKey, both)).status).toBe(400);
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::ffff:10.0.0.1]/',
    'https://localhost/',
    'http://hooks.example.com/',
    'https://user:word@hooks.example.com/',
    'nonsense',
  ])('S9 is not made for %s', async (url) => {
    const { status, body } = await create(world.ours.accountKey, { url });
    expect([status, body.code]).toEqual([422, 'unprocessable']);
    expect(body.errors).toMatchObject([{ field: 'url' }]);
  });

  it('is not led inside by a change either', async () => {
    const { accountKey: key, webhookEndpointId } = world.ours;
    const path = `/v1/webhook_endpoints/${webhookEndpointId}`;
    const body = { url: 'https://169.254.169.254/' };
    expect((await api.call('PATCH', path, { key, body })).status).toBe(422);
  });

  it('refuses a type that does not exist', async () => {
    const reply = await create(world.ours.accountKey, { event_types: ['order.payed'] });
    expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
  });

  it('is disabled and enabled by its owner; what waited is given up and can be redelivered', async () => {
    const { customerKey: key } = world.ours;
    const { body: endpoint } = await create(key, {});
    const path = `/v1/webhook_endpoints/${String(endpoint.id)}`;
    const test = await api.call('POST', `${path}/test`, { key });
    expect(test.body).toMatchObject({
      event_type: 'webhook.test',
      status: 'pending',
      attempts: [],
    });
    const off = await api.call('PATCH', path, { key, body: { status: 'disabled' } });
    expect(off.body.disabled_reason).toBe('Its owner disabled it.');
    const failed = await api.call('GET', `${path}/deliveries?status=failed`, { key });
    expect(failed.body.items).toMatchObject([
      { id: test.body.id, attempts: [{ status: null, error: 'the endpoint was disabled' }] },
    ]);
    const again = `/v1/webhook_deliveries/${String(test.body.id)}/redeliver`;
    expect((await api.call('POST', again, { key })).body.code).toBe('invalid_state');
    expect((await api.call('POST', `${path}/test`, { key })).status).toBe(409);
    const on = await api.call('PATCH', path, { key, body: { status: 'enabled' } });
    expect(on.body).toMatchObject({ status: 'enabled', disabled_reason: null });
    const redelivered = await api.call('POST', again, { key });
    expect(redelivered.body).toMatchObject({
      status: 'pending',
      webhook_id: test.body.webhook_id,
    });
  });

  it('gets a new secret, and is gone when it is deleted', async () => {
    const { accountKey: key } = world.ours;
    const { body: endpoint } = await create(key, {});
    const path = `/v1/webhook_endpoints/${String(endpoint.id)}`;
    const rotated = await api.call('POST', `${path}/rotate_secret`, { key });
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(endpoint.secret);
    expect((await api.call('DELETE', path, { key })).body.id).toBe(endpoint.id);
    expect((await api.call('GET', path, { key })).status).toBe(404);
  });

  it('has its deliveries shown newest first, page by page', async () => {
    const { customerKey: key, customerId } = world.ours;
    const { body: endpoint } = await create(key, { event_types: ['order.expired'] });
    const path = `/v1/webhook_endpoints/${String(endpoint.id)}/deliveries`;
    for (const second of [1, 2, 3]) {
      const at = `2026-11-28T10:00:0${second}.000Z`;
      await withTransaction(api.database, SYSTEM, (trx) =>
        insertEvents(
          trx,
          [
            {
              accountId: customerId,
              type: 'order.expired',
              subjectId: 'ord_1',
              reason: 'It was not paid in time.',
              data: { status: 'expired', amount: '1.00', currency: 'INR' },
              occurredAt: at,
            },
          ],
          at,
        ),
      );
    }
    const first = await api.call('GET', `${path}?limit=2`, { key });
    const rest = await api.call('GET', `${path}?limit=2&cursor=${String(first.body.next_cursor)}`, {
      key,
    });
    const times = [first, rest].flatMap(({ body }) =>
      (body.items as { created_at: string }[]).map(({ created_at }) => created_at.slice(17, 19)),
    );
    expect(times).toEqual(['03', '02', '01']);
  });
});

test('the OpenAPI document has a webhook for each type, with the schema of its body', async () => {
  const { body } = await api.call('GET', '/openapi.json');
  const webhooks = body.webhooks as Record<string, unknown>;
  expect(Object.keys(webhooks).toSorted()).toEqual([...EVENT_TYPES, 'webhook.test'].toSorted());
  const { schemas } = body.components as { schemas: Record<string, object> };
  expect(schemas['webhook.order.item_delivered']).toMatchObject({
    properties: {
      type: { const: 'order.item_delivered' },
      data: {
        properties: {
          data: {
            required: ['status', 'amount', 'currency', 'item_id', 'item_kind', 'delivered_id'],
          },
        },
      },
    },
  });
});
