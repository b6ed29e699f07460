import { gzipSync } from 'node:zlib';
import { startApi, type ApiUnderTest } from './api-under-test';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await startApi({ rateLimitPerSecond: 2 });
});
afterAll(() => api.close());

function makeKey() {
  return api.makeKey({ role: 'operator' });
}

test('S8 a key may ask so many times a second; other keys are not held back', async () => {
  const [busy, other] = await Promise.all([makeKey(), makeKey()]);
  const replies = await Promise.all(
    Array.from({ length: 30 }, () => api.call('GET', '/v1/partners', { key: busy.secret })),
  );
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(1);
  expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
  for (const reply of refused) {
    expect(reply.body.code).toBe('rate_limited');
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(reply.headers.get('ratelimit-remaining')).toBe('0');
  }
  const served = await api.call('GET', '/v1/partners', { key: other.secret });
  expect(served.status).toBe(200);
  expect(served.headers.get('ratelimit-limit')).toBe('2');
  expect(served.headers.get('ratelimit-remaining')).toBe('1');
  expect(served.headers.get('ratelimit-reset')).toBe('1');
});

test('S8 a body has at most 1 MB, packed or not', async () => {
  const { secret: key } = await makeKey();
  const large = JSON.stringify({ name: 'x'.repeat(1_100_000) });
  const plain = await api.call('POST', '/v1/partners', { key, body: large });
  expect([plain.status, plain.body.code]).toEqual([413, 'payload_too_large']);
  const packed = await fetch(`${api.url}/v1/partners`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    },
    body: gzipSync(large),
  });
  expect(packed.status).toBe(413);
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/xml',
  'multipart/form-data',
])('refuses a body of the type %s', async (type) => {
  const { secret: key } = await makeKey();
  const reply = await api.call('POST', '/v1/partners', {
    key,
    headers: { 'content-type': type },
    body: '{"name":"P"}',
  });
  expect([reply.status, reply.body.code]).toEqual([415, 'unsupported_media_type']);
});

test('takes JSON with a charset, and no body where none is needed', async () => {
  const { secret: key, key: made } = await makeKey();
  const named = await api.call('POST', '/v1/partners', {
    key,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: '{"name":"Ünal"}',
  });
  expect([named.status, named.body.name]).toEqual([201, 'Ünal']);
  const revoked = await api.call('POST', `/v1/api_keys/${made.id}/revoke`, { key });
  expect(revoked.status).toBe(200);
});

test('strangers are not read: without a key a large body is refused for the key', async () => {
  const reply = await api.call('POST', '/v1/partners', { body: '{"name":' });
  expect([reply.status, reply.body.code]).toEqual([401, 'unauthenticated']);
});

test('every answer has a request id: the caller’s own when it is well formed', async () => {
  const own = await api.call('GET', '/healthz', { headers: { 'x-request-id': 'abc-1.2_3' } });
  expect(own.headers.get('x-request-id')).toBe('abc-1.2_3');
  const refused = await api.call('GET', '/v1/partners', { headers: { 'x-request-id': 'mine' } });
  expect([refused.headers.get('x-request-id'), refused.body.request_id]).toEqual(['mine', 'mine']);
  for (const bad of ['', 'a b', 'x'.repeat(129), '<script>']) {
    const made = await api.call('GET', '/healthz', { headers: { 'x-request-id': bad } });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('API8 answers carry the headers browsers need and none that tells what serves them', async () => {
  const { headers } = await api.call('GET', '/healthz');
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('server')).toBeNull();
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
});
