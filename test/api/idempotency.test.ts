import { withTransaction } from '../../db/transaction';
import { SYSTEM } from '../../db/tenant';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { exampleOf, listOperations, type Operation } from './operations';
import { createWorld, type World } from './world';

const CHANGES = listOperations().filter(
  ({ isOpen, scope, isIntake }) => !isOpen && scope === 'write' && !isIntake,
);
const COPIES = 8;

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

function send(
  operation: Pick<Operation, 'name' | 'method'>,
  options: { idempotencyKey: string; change?: Readonly<Record<string, unknown>>; key?: string },
): Promise<Reply> {
  const { path, body } = exampleOf(operation.name, world);
  return api.call(operation.method, path, {
    key: options.key ?? api.operatorKey,
    headers: { 'idempotency-key': options.idempotencyKey },
    body: options.change === undefined ? body : { ...body, ...options.change },
  });
}

async function countRows(table: string): Promise<number> {
  const rows = await withTransaction(api.database, SYSTEM, (trx) =>
    trx(table).count<{ count: bigint }[]>('* as count'),
  );
  return Number(rows[0]?.count);
}

/** The operation's rows before and after: commands have none here, they are counted as sent. */
const TABLE: Readonly<Record<string, string>> = {
  createApiKey: 'api_keys',
  createPartner: 'partners',
  createAccount: 'accounts',
  createTestClock: 'test_clocks',
  createPlan: 'plans',
};

test.each(CHANGES)(
  'R5 eight copies of $name at once have one effect and one answer',
  async (op) => {
    api.sender.answerWith(() => ({
      kind: 'failed',
      code: 'invalid_state',
      message: 'the workflow says no',
      details: {},
    }));
    const table = TABLE[op.name] ?? 'idempotency_requests';
    const before = await countRows(table);
    const sentBefore = new Set(api.sender.sent.map(({ updateId }) => updateId)).size;
    const idempotencyKey = `eight-${op.name}`;
    const replies = await Promise.all(
      Array.from({ length: COPIES }, () => send(op, { idempotencyKey })),
    );
    const answers = replies.map(({ status, text }) => `${status} ${text}`);
    expect(new Set(answers).size).toBe(1);
    const replayed = replies.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    expect(replayed).toHaveLength(COPIES - 1);
    expect((await countRows(table)) - before).toBe(1);
    const sent = new Set(api.sender.sent.map(({ updateId }) => updateId)).size - sentBefore;
    expect(sent).toBeLessThanOrEqual(1);
  },
);

test.each(CHANGES)('$name answers another request under a used key with 409', async (op) => {
  api.sender.answerWith(() => ({ kind: 'not_running' }));
  const { path } = exampleOf(op.name, world);
  const first = { key: api.operatorKey, headers: { 'idempotency-key': `reused-${op.name}` } };
  await api.call('POST', '/v1/partners', { ...first, body: { name: 'Took the key' } });
  const { body } = exampleOf(op.name, world);
  const reply = await api.call(op.method, path, { ...first, ...(body && { body }) });
  expect({ status: reply.status, code: reply.body.code }).toEqual({
    status: 409,
    code: 'idempotency_key_reused',
  });
});

const CREATE_PARTNER = { name: 'createPartner', method: 'POST' };

test('the same key with another body is refused, and the first answer stays', async () => {
  const first = await send(CREATE_PARTNER, { idempotencyKey: 'other-body' });
  const other = await send(CREATE_PARTNER, { idempotencyKey: 'other-body', change: { name: 'B' } });
  const again = await send(CREATE_PARTNER, { idempotencyKey: 'other-body' });
  expect([first.status, other.status, again.status]).toEqual([201, 409, 201]);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(first.headers.get('idempotent-replayed')).toBeNull();
});

test('the order in which a client writes its fields makes no other request', async () => {
  const headers = { 'idempotency-key': 'field-order' };
  const options = { key: api.operatorKey, headers };
  const body = '{"role":"operator","scopes":["read"]}';
  const swapped = '{"scopes":["read"],"role":"operator"}';
  const first = await api.call('POST', '/v1/api_keys', { ...options, body });
  const second = await api.call('POST', '/v1/api_keys', { ...options, body: swapped });
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.text).toBe(first.text);
});

test('a malformed request does not take the key', async () => {
  const bad = await send(CREATE_PARTNER, { idempotencyKey: 'was-bad', change: { name: '' } });
  const good = await send(CREATE_PARTNER, { idempotencyKey: 'was-bad' });
  expect([bad.status, good.status]).toEqual([400, 201]);
});

test('a key without the right does not take the key', async () => {
  const { partnerKey } = world.ours;
  const refused = await send(CREATE_PARTNER, { idempotencyKey: 'was-403', key: partnerKey });
  const served = await send(CREATE_PARTNER, { idempotencyKey: 'was-403' });
  expect([refused.status, served.status]).toEqual([403, 201]);
});

test('a final refusal is the answer to its key, also when it could be done later', async () => {
  const options = { key: api.operatorKey, headers: { 'idempotency-key': 'late' } };
  const prices = [{ cycle: 'monthly', amount: '10.00', currency: 'INR' }];
  const body = { kind: 'plan', code: 'taken', name: 'Taken', prices };
  await api.call('POST', '/v1/plans', { key: api.operatorKey, body });
  const refused = await api.call('POST', '/v1/plans', { ...options, body });
  const again = await api.call('POST', '/v1/plans', { ...options, body });
  expect([refused.status, again.status]).toEqual([409, 409]);
  expect(refused.body.code).toBe('already_exists');
  expect(again.text).toBe(refused.text);
});

test('the keys of two tenants never meet', async () => {
  const path = (tenant: World['ours']) => `/v1/accounts/${tenant.accountId}`;
  const headers = { 'idempotency-key': 'same-words' };
  const names = await Promise.all(
    [world.ours, world.theirs].map(async (tenant) => {
      const body = { name: `Renamed ${tenant.accountId}` };
      const reply = await api.call('PATCH', path(tenant), {
        key: tenant.partnerKey,
        headers,
        body,
      });
      return reply.body.name === body.name;
    }),
  );
  expect(names).toEqual([true, true]);
});

test.each(['', 'x'.repeat(256), 'line\tbreak', 'ünicode'])(
  'refuses the Idempotency-Key %j',
  async (idempotencyKey) => {
    const reply = await api.call('POST', '/v1/partners', {
      key: api.operatorKey,
      headers: { 'idempotency-key': Buffer.from(idempotencyKey, 'utf8').toString('latin1') },
      body: { name: 'P' },
    });
    expect({ status: reply.status, code: reply.body.code }).toEqual({
      status: 400,
      code: 'invalid_request',
    });
  },
);

test('without a key two equal requests are two requests', async () => {
  const before = await countRows('partners');
  const options = { key: api.operatorKey, body: { name: 'Twice' } };
  await api.call('POST', '/v1/partners', options);
  await api.call('POST', '/v1/partners', options);
  expect((await countRows('partners')) - before).toBe(2);
});
