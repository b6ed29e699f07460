import { hashSecret, isSecret, newSecret } from '../../api/secrets';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;
let nowMs = Date.parse('2026-11-22T10:00:00.000Z');

beforeAll(async () => {
  api = await startApi({ now: () => new Date(nowMs).toISOString() });
  world = await createWorld(api);
});
afterAll(() => api.close());

function create(body: Readonly<Record<string, unknown>>, key = api.operatorKey) {
  return api.call('POST', '/v1/api_keys', { key, body });
}

test('a secret is spelt so that it can be told from noise', () => {
  const secret = newSecret('live');
  expect(secret).toMatch(/^tg_live_[0-9a-z]{38}$/);
  expect(newSecret('test')).toMatch(/^tg_test_/);
  expect(isSecret(secret)).toBe(true);
  expect(isSecret(secret.replace('live', 'test'))).toBe(false);
  expect(isSecret(`${secret.slice(0, -1)}${secret.endsWith('a') ? 'b' : 'a'}`)).toBe(false);
  expect(hashSecret(secret)).toHaveLength(32);
  expect(new Set(Array.from({ length: 1_000 }, () => newSecret('live'))).size).toBe(1_000);
});

test('a revoked key is refused from the next request on, and revoking again changes nothing', async () => {
  const { body: made } = await create({ role: 'operator', scopes: ['read'] });
  const key = String(made.secret);
  expect((await api.call('GET', '/v1/partners', { key })).status).toBe(200);
  const path = `/v1/api_keys/${String(made.id)}/revoke`;
  const revoked = await api.call('POST', path, { key: api.operatorKey });
  expect(revoked.body.revoked_at).toBe('2026-11-22T10:00:00.000Z');
  expect((await api.call('GET', '/v1/partners', { key })).status).toBe(401);
  nowMs += 60_000;
  const again = await api.call('POST', path, { key: api.operatorKey });
  expect(again.body.revoked_at).toBe('2026-11-22T10:00:00.000Z');
});

test('a key is refused at the instant it expires, not before', async () => {
  const expiresAt = new Date(nowMs + 1_000).toISOString();
  const { body: made } = await create({
    role: 'operator',
    scopes: ['read'],
    expires_at: expiresAt,
  });
  const key = String(made.secret);
  nowMs += 999;
  expect((await api.call('GET', '/v1/partners', { key })).status).toBe(200);
  nowMs += 1;
  expect((await api.call('GET', '/v1/partners', { key })).status).toBe(401);
  const past = await create({ role: 'operator', scopes: ['read'], expires_at: expiresAt });
  expect([past.status, past.body.code]).toEqual([422, 'scheduled_in_past']);
});

test('the last use is noted, once a minute at most', async () => {
  const { secret: key, key: made } = await api.makeKey({ role: 'operator' });
  const lastUsedAt = async () => {
    const { body } = await api.call('GET', '/v1/api_keys?limit=100', { key: api.operatorKey });
    const keys = body.items as { id: string; last_used_at: string | null }[];
    return keys.find(({ id }) => id === made.id)?.last_used_at;
  };
  expect(await lastUsedAt()).toBeNull();
  const first = new Date(nowMs).toISOString();
  await api.call('GET', '/v1/partners', { key });
  nowMs += 59_000;
  await api.call('GET', '/v1/partners', { key });
  expect(await lastUsedAt()).toBe(first);
  nowMs += 2_000;
  await api.call('GET', '/v1/partners', { key });
  expect(await lastUsedAt()).toBe(new Date(nowMs).toISOString());
});

test('a role names exactly the tenant it needs', async () => {
  const { accountId, partnerId } = world.ours;
  const scopes = ['read'];
  const wrong = [
    [{ role: 'partner', scopes }, 'partner_id', 'required'],
    [{ role: 'account', scopes }, 'account_id', 'required'],
    [{ role: 'operator', scopes, partner_id: partnerId }, 'partner_id', 'unknown_field'],
    [{ role: 'operator', scopes, account_id: accountId }, 'account_id', 'unknown_field'],
  ] as const;
  for (const [body, field, code] of wrong) {
    const reply = await create(body);
    expect(reply.status).toBe(400);
    expect(reply.body.errors).toEqual([expect.objectContaining({ field, code })]);
  }
  const none = await create({ role: 'operator', scopes: [] });
  expect(none.body.errors).toEqual([expect.objectContaining({ field: 'scopes' })]);
  const account = await create({ role: 'account', scopes, account_id: accountId });
  expect(account.body).toMatchObject({ account_id: accountId, partner_id: partnerId });
});

test('a partner makes keys for itself and its accounts, never more', async () => {
  const { accountId, partnerId, partnerKey } = world.ours;
  const scopes = ['read', 'write'];
  const statuses = [
    await create({ role: 'partner', scopes, partner_id: partnerId }, partnerKey),
    await create({ role: 'account', scopes, account_id: accountId }, partnerKey),
    await create({ role: 'operator', scopes }, partnerKey),
    await create({ role: 'partner', scopes, partner_id: world.theirs.partnerId }, partnerKey),
    await create({ role: 'account', scopes, account_id: world.theirs.accountId }, partnerKey),
  ].map(({ status }) => status);
  expect(statuses).toEqual([201, 201, 403, 404, 404]);
});

test.each(['Basic dGc6dGc=', 'Bearer', 'Bearer  x', 'bearer tg_live_', 'tg_live_x'])(
  'refuses the header "Authorization: %s"',
  async (authorization) => {
    const reply = await api.call('GET', '/v1/partners', { headers: { authorization } });
    expect([reply.status, reply.body.code]).toEqual([401, 'unauthenticated']);
  },
);
