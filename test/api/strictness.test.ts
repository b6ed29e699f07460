import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { exampleOf, listOperations } from './operations';
import { createWorld, type World } from './world';

const KEYED = listOperations().filter(({ isOpen }) => !isOpen);
const WITH_BODY = KEYED.filter(({ scope }) => scope === 'write');
const READS = KEYED.filter(({ scope }) => scope === 'read');

/** S3: what a client must never decide, under the names it would try. */
const NEVER_FROM_CLIENTS: Readonly<Record<string, unknown>> = {
  price: '0.01',
  unit_price: '0.01',
  tax: '0.00',
  tax_total: '0.00',
  discount: '100%',
  balance: '1000000.00',
  available: '1000000.00',
  posted: '1000000.00',
  status: 'active',
  tenant: 'operator',
  tenant_id: 'operator',
  partner: 'prt_0000000000',
  owner_id: 'prt_0000000000',
  id: 'acct_0000000000',
  created_at: '2020-01-01T00:00:00Z',
  paid_at: '2020-01-01T00:00:00Z',
  next_action: null,
  card_number: '4242424242424242',
  cvc: '123',
  pan: '4242424242424242',
  is_admin: true,
  __proto: {},
};

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

function expectUnknown(reply: Reply, fields: readonly string[]): void {
  expect({ status: reply.status, code: reply.body.code }).toEqual({
    status: 400,
    code: 'unknown_field',
  });
  const errors = reply.body.errors as { field: string; code: string }[];
  const unknown = errors.filter(({ code }) => code === 'unknown_field').map(({ field }) => field);
  expect(unknown.sort()).toEqual([...fields].sort());
}

test.each(WITH_BODY)('S3 $name takes nothing from a client that is not its to say', async (op) => {
  const { path, body } = exampleOf(op.name, world);
  const reply = await api.call(op.method, path, {
    key: api.operatorKey,
    body: { ...NEVER_FROM_CLIENTS, ...body },
  });
  const own = Object.keys(body ?? {});
  const fields = Object.keys(NEVER_FROM_CLIENTS).filter((name) => !own.includes(name));
  expectUnknown(reply, fields);
});

test.each(WITH_BODY)('$name names a misspelt field', async (op) => {
  const { path, body } = exampleOf(op.name, world);
  const text = `${JSON.stringify({ ...body, nmae: 1 }).slice(0, -1)},"__proto__":{"a":1}}`;
  const reply = await api.call(op.method, path, { key: api.operatorKey, body: text });
  expect([reply.status, reply.body.code]).toEqual([400, 'unknown_field']);
  expect(reply.text).toContain('"nmae"');
});

test.each(WITH_BODY)('$name refuses a body that is no object', async (op) => {
  const { path } = exampleOf(op.name, world);
  for (const body of ['[]', '[{}]', '"text"', '7', 'null', '{', '{"a":}']) {
    const reply = await api.call(op.method, path, { key: api.operatorKey, body });
    expect({ body, status: reply.status }).toEqual({ body, status: 400 });
    expect(['invalid_request', 'unknown_field']).toContain(reply.body.code);
  }
});

test.each(KEYED)('$name refuses a query it does not have', async (op) => {
  const { path, body } = exampleOf(op.name, world);
  const reply = await api.call(op.method, `${path}${path.includes('?') ? '&' : '?'}limti=3`, {
    key: api.operatorKey,
    ...(body && { body }),
  });
  expectUnknown(reply, ['limti']);
});

test.each(READS.filter(({ name }) => name.startsWith('list')))(
  '$name has pages of 1 to 100 and refuses a cursor that is not its own',
  async (op) => {
    const { path } = exampleOf(op.name, world);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=1.5', 'limit=1&limit=2']) {
      const reply = await api.call('GET', `${path}?${query}`, { key: api.operatorKey });
      expect({ query, status: reply.status }).toEqual({ query, status: 400 });
    }
    const forged = ['x', 'bm90IGpzb24', Buffer.from('["a","b","c"]').toString('base64url')];
    const injected = Buffer.from('["1; drop table accounts","x"]').toString('base64url');
    const timeless = ['+275760-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z'].map((at) =>
      Buffer.from(JSON.stringify([at, 'x'])).toString('base64url'),
    );
    for (const cursor of [...forged, injected, ...timeless]) {
      const reply = await api.call('GET', `${path}?cursor=${cursor}`, { key: api.operatorKey });
      expect({ cursor, status: reply.status }).toEqual({ cursor, status: 400 });
      expect(reply.body.errors).toEqual([expect.objectContaining({ field: 'cursor' })]);
    }
    const page = await api.call('GET', `${path}?limit=1`, { key: api.operatorKey });
    expect(page.status).toBe(200);
    expect((page.body.items as unknown[]).length).toBeLessThanOrEqual(1);
  },
);
