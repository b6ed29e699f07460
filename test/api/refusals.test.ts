import { createRefusalLimit } from '../../api/middleware/rate-limit';
import { newSecret } from '../../api/secrets';
import { startApi, type ApiOptions, type ApiUnderTest, type CallOptions } from './api-under-test';

const PER_MINUTE = 3;
const apis: ApiUnderTest[] = [];

async function start(options: ApiOptions = {}): Promise<ApiUnderTest> {
  const api = await startApi({ refusalsPerMinute: PER_MINUTE, ...options });
  apis.push(api);
  return api;
}
afterAll(() => Promise.all(apis.map((api) => api.close())));

/** A key that is spelled well and belongs to nobody, so that only the database can tell. */
function guess(from?: string): CallOptions {
  const headers = from === undefined ? {} : { 'x-forwarded-for': from };
  return { key: newSecret('live'), headers };
}

async function statuses(ask: () => Promise<{ readonly status: number }>, times: number) {
  const found: number[] = [];
  while (found.length < times) found.push((await ask()).status);
  return found;
}

test('S8 an address may guess so many keys a minute, whatever address it claims', async () => {
  const api = await start();
  let place = 0;
  const ask = () => api.call('GET', '/v1/partners', guess(`203.0.113.${(place += 1)}`));
  expect(await statuses(ask, 5)).toEqual([401, 401, 401, 429, 429]);
  const refused = await ask();
  expect(refused.body).toMatchObject({ code: 'rate_limited' });
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(2);
  expect(seconds).toBeLessThanOrEqual(60);
  const warnings = api.logLines.filter((line) => line.includes('BILLING_TRUSTED_PROXIES'));
  expect(warnings).toHaveLength(1);
});

test('S8 a neighbour with a valid key is served while the address is held back', async () => {
  const api = await start();
  const ask = (key: string | undefined) => api.call('GET', '/v1/partners', { key });
  expect(await statuses(() => ask(undefined), 4)).toEqual([401, 401, 401, 429]);
  expect((await ask(api.operatorKey)).status).toBe(200);
  const { secret } = await api.makeKey({ role: 'operator' });
  expect((await ask(secret)).status).toBe(200);
});

describe('the lookup of keys', () => {
  const one = (name: string, address = '203.0.113.7') => ({ address, keyHash: Buffer.from(name) });
  const KEY = { id: 'key_1' };

  test('S8 a key that was refused is refused again without it', async () => {
    const refusals = createRefusalLimit(PER_MINUTE);
    expect(await refusals.lookUp(one('bad'), async () => 'unknown')).toBe('unknown');
    const find = jest.fn(async () => KEY);
    expect(await refusals.lookUp(one('bad'), find)).toBe('unknown');
    expect(find).not.toHaveBeenCalled();
  });

  test('S8 an address has two under way; valid keys and other addresses do not wait for them', async () => {
    const refusals = createRefusalLimit(PER_MINUTE);
    await refusals.lookUp(one('valid'), async () => KEY);
    const answers: (() => void)[] = [];
    const slow = () =>
      new Promise<'unknown'>((resolve) => void answers.push(() => resolve('unknown')));
    const guesses = ['a', 'b', 'c'].map((name) => refusals.lookUp(one(name), slow));
    const neighbour = refusals.lookUp(one('new neighbour'), async () => KEY);
    expect(answers).toHaveLength(2);
    expect(await refusals.lookUp(one('valid'), async () => KEY)).toEqual(KEY);
    expect(await refusals.lookUp(one('elsewhere', '203.0.113.8'), async () => KEY)).toEqual(KEY);
    answers[0]?.();
    await guesses[0];
    expect(answers).toHaveLength(3);
    answers[1]?.();
    expect(await neighbour).toEqual(KEY);
    answers[2]?.();
    expect(await Promise.all(guesses)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  test('S8 of an address a hundred wait; the next is sent away at once, other addresses are not', async () => {
    const refusals = createRefusalLimit(PER_MINUTE);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const slow = () => held.then(() => KEY);
    const waiting = Array.from({ length: 102 }, (_, n) => refusals.lookUp(one(`key ${n}`), slow));
    await expect(refusals.lookUp(one('one more'), slow)).rejects.toMatchObject({
      code: 'rate_limited',
    });
    expect(await refusals.lookUp(one('elsewhere', '203.0.113.8'), async () => KEY)).toEqual(KEY);
    answer();
    expect(await Promise.all(waiting)).toHaveLength(102);
    expect(await refusals.lookUp(one('one more'), async () => KEY)).toEqual(KEY);
  });

  test('S8 a lookup that fails frees its turn and is asked again', async () => {
    const refusals = createRefusalLimit(PER_MINUTE);
    const fail = () => Promise.reject(new Error('no database'));
    for (const _ of [1, 2, 3]) {
      await expect(refusals.lookUp(one('key'), fail)).rejects.toThrow('no database');
    }
    expect(await refusals.lookUp(one('key'), async () => KEY)).toEqual(KEY);
  });

  test('S8 of ten thousand keys the oldest is forgotten, not all', async () => {
    const refusals = createRefusalLimit(PER_MINUTE);
    for (let n = 0; n <= 10_000; n += 1) {
      await refusals.lookUp(one(`bad ${n}`), async () => 'unknown');
    }
    expect(await refusals.lookUp(one('bad 1'), async () => KEY)).toBe('unknown');
    expect(await refusals.lookUp(one('bad 0'), async () => KEY)).toEqual(KEY);
  });
});

test('S8 a revoked key is refused, though it was valid here before', async () => {
  const api = await start();
  const { secret, key } = await api.makeKey({ role: 'operator' });
  const ask = () => api.call('GET', '/v1/partners', { key: secret });
  expect((await ask()).status).toBe(200);
  await api.call('POST', `/v1/api_keys/${key.id}/revoke`, { key: api.operatorKey });
  expect(await statuses(ask, 4)).toEqual([401, 401, 401, 429]);
});

test('S8 behind a proxy that is trusted, each caller has an address of its own', async () => {
  const api = await start({ trustedProxies: ['127.0.0.0/8', '::1'] });
  const ask = (from: string) => api.call('GET', '/v1/partners', guess(from));
  expect(await statuses(() => ask('203.0.113.7'), 4)).toEqual([401, 401, 401, 429]);
  expect((await ask('203.0.113.8')).status).toBe(401);
  // The proxy appends: what stands before it was written by the caller.
  expect((await ask('198.51.100.1, 203.0.113.7')).status).toBe(429);
  // A subscriber has a whole /64 of IPv6.
  let host = 0;
  const roam = () => ask(`2001:db8:0:1::${(host += 1)}`);
  expect(await statuses(roam, 4)).toEqual([401, 401, 401, 429]);
  expect((await ask('2001:db8:0:2::1')).status).toBe(401);
  expect(api.logLines.join()).not.toContain('BILLING_TRUSTED_PROXIES');
});

test('S8 an address may forge so many webhooks a minute', async () => {
  const api = await start();
  const forge = () => api.call('POST', '/webhooks/sandbox', { body: {} });
  expect(await statuses(forge, 4)).toEqual([400, 400, 400, 429]);
});

test('refused keys and webhooks are counted by what was wrong with them', async () => {
  const api = await start({ refusalsPerMinute: 100 });
  const { secret: expired } = await api.makeKey({
    role: 'operator',
    expiresAt: '2026-01-02T00:00:00.000Z',
  });
  for (const key of [undefined, 'tg_live_x', newSecret('live'), expired]) {
    expect((await api.call('GET', '/v1/partners', { key })).status).toBe(401);
  }
  await api.call('POST', '/webhooks/sandbox', { body: {} });
  const { text } = await api.call('GET', '/metrics');
  const counted = text.split('\n').filter((line) => line.startsWith('tollgate_refused_'));
  expect(counted.sort()).toEqual([
    'tollgate_refused_keys_total{reason="expired"} 1',
    'tollgate_refused_keys_total{reason="malformed"} 1',
    'tollgate_refused_keys_total{reason="missing"} 1',
    'tollgate_refused_keys_total{reason="unknown"} 1',
    'tollgate_refused_webhooks_total{gateway="sandbox",reason="missing_header"} 1',
  ]);
});
