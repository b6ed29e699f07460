import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { startApi, type ApiUnderTest } from './api-under-test';
import { dumpDatabase } from './dump-database';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

test('S5 a secret is answered once, and then neither logged, listed nor stored', async () => {
  const request = {
    key: api.operatorKey,
    headers: { 'idempotency-key': 'the-only-time' },
    body: { role: 'partner', scopes: ['read', 'write'], partner_id: world.ours.partnerId },
  };
  const made = await api.call('POST', '/v1/api_keys', request);
  const secret = String(made.body.secret);
  expect(secret).toMatch(/^tg_live_[0-9a-z]{38}$/);
  expect(made.body.prefix).toBe(secret.slice(0, 12));
  const used = await api.call('GET', '/v1/accounts', { key: secret });
  expect(used.status).toBe(200);
  const listed = await api.call('GET', '/v1/api_keys', { key: api.operatorKey });
  expect(listed.text).not.toContain(secret);
  expect(listed.text).not.toContain('secret');
  const dump = await dumpDatabase(api);
  expect(dump.length).toBeGreaterThan(1_000);
  for (const kept of [dump, api.logLines.join('\n')]) {
    for (const key of [secret, api.operatorKey, world.ours.partnerKey]) {
      expect(kept).not.toContain(key);
      expect(kept).not.toContain(Buffer.from(key).toString('base64'));
      expect(kept).not.toContain(Buffer.from(key).toString('hex'));
    }
  }
});

test('S5 a copy of the request gets the same secret, but only with the same API key', async () => {
  const other = await api.makeKey({ role: 'operator' });
  const request = {
    headers: { 'idempotency-key': 'sealed' },
    body: { role: 'operator', scopes: ['read'], mode: 'test' },
  };
  const made = await api.call('POST', '/v1/api_keys', { ...request, key: api.operatorKey });
  const again = await api.call('POST', '/v1/api_keys', { ...request, key: api.operatorKey });
  expect([again.status, again.text]).toEqual([201, made.text]);
  const stranger = await api.call('POST', '/v1/api_keys', { ...request, key: other.secret });
  expect([stranger.status, stranger.body.code]).toEqual([409, 'idempotency_key_reused']);
  expect(stranger.text).not.toContain(String(made.body.secret));
});

test('S5 canaries planted in every part of a request never reach the log', async () => {
  const canary = 'canary-7f3a9c';
  const path = `/v1/accounts/${world.ours.accountId}/billing_address`;
  await api.call('PUT', `${path}?token=${canary}`, {
    key: api.operatorKey,
    headers: { 'x-api-key': canary, cookie: `session=${canary}`, 'idempotency-key': canary },
    body: { business_name: canary, password: canary },
  });
  await api.call('GET', `/v1/${canary}?secret=${canary}`, { key: canary });
  await api.call('POST', '/v1/partners', { key: api.operatorKey, body: `{"name": ${canary}` });
  await withTransaction(api.database, SYSTEM, async (trx) => {
    await trx.raw('select 1');
  });
  const lines = api.logLines.join('\n');
  expect(lines).toContain('/v1/accounts/{account_id}/billing_address');
  expect(lines).not.toContain(canary);
});

test('one line per request tells route, status, time, key and request id', async () => {
  await api.call('GET', `/v1/accounts/${world.ours.accountId}`, {
    key: world.ours.partnerKey,
    headers: { 'x-request-id': 'find-me' },
  });
  const lines = api.logLines.filter((line) => line.includes('find-me'));
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({
      msg: 'request',
      request_id: 'find-me',
      method: 'GET',
      route: '/v1/accounts/{account_id}',
      status: 200,
      duration_ms: expect.any(Number),
      key_id: world.ours.partnerKeyId,
      role: 'partner',
    }),
  ]);
});
