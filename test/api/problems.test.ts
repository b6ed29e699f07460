import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PROBLEMS } from '../../api/problem';
import { openRoute, type Route } from '../../api/route';
import { ROUTES } from '../../api/routes';
import { BILLING_ERROR_CODES, BillingError } from '../../domain/billing-error';
import { startApi, type ApiUnderTest } from './api-under-test';

const DOCUMENT = readFileSync(path.join(__dirname, '../../docs/errors.md'), 'utf8');
const SECRET = 'the-password-is-hunter2';

function throwing(name: string, error: () => unknown): Route {
  return openRoute({
    method: 'get',
    path: `/throw/${name}`,
    operation: `throw_${name}`,
    summary: 'Throws',
    tag: 'Test',
    responses: { 200: { description: 'Never.' } },
    handler: async () => {
      throw error();
    },
  });
}

const routes: readonly Route[] = [
  ...ROUTES,
  throwing('bug', () => new Error(`select * from x failed: ${SECRET}`)),
  throwing('nothing', () => undefined),
  throwing('internal', () => new BillingError('internal_error', SECRET)),
  throwing('lost', () => Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' })),
  throwing('slow', () => Object.assign(new Error(SECRET), { code: '57014' })),
  throwing('full', () => Object.assign(new Error(SECRET), { name: 'KnexTimeoutError' })),
  openRoute({
    method: 'get',
    path: '/lie',
    operation: 'lie',
    summary: 'Answers what it does not declare',
    tag: 'Test',
    responses: { 200: { description: 'x', schema: z.strictObject({ a: z.int() }) } },
    handler: async () => ({ status: 200, headers: {}, body: { a: 1, password: SECRET } }),
  }),
];

let api: ApiUnderTest;

beforeAll(async () => {
  api = await startApi({ routes });
});
afterAll(() => api.close());

/** The table of docs/errors.md: code, status, what it tells. */
const TOLD = [...DOCUMENT.matchAll(/^\| `(\w+)` +\| (\d+) +\| (.{20,}) \|$/gm)].map(
  ([, code, status]) => ({ code, status: Number(status) }),
);

test.each(BILLING_ERROR_CODES)(
  '%s has a status, a title and its line in docs/errors.md',
  (code) => {
    const { status, title } = PROBLEMS[code];
    expect(title).not.toBe('');
    expect(TOLD.filter((line) => line.code === code)).toEqual([{ code, status }]);
  },
);

test('docs/errors.md tells of no code that does not exist', () => {
  expect(TOLD).toHaveLength(BILLING_ERROR_CODES.length);
});

test('the `type` of a problem leads to its line on a page', async () => {
  const { body } = await api.call('GET', '/v1/accounts');
  expect(body.type).toBe('/docs/errors#unauthenticated');
  const page = await api.call('GET', '/docs/errors');
  for (const code of BILLING_ERROR_CODES) expect(page.text).toContain(`id="${code}"`);
});

test.each(['bug', 'nothing', 'internal'])('an error of ours (%s) leaks nothing', async (name) => {
  const reply = await api.call('GET', `/throw/${name}`, { headers: { 'x-request-id': 'req-1' } });
  expect(reply.status).toBe(500);
  expect(reply.headers.get('content-type')).toContain('application/problem+json');
  expect(reply.body).toEqual({
    type: '/docs/errors#internal_error',
    title: 'Something went wrong on our side',
    status: 500,
    code: 'internal_error',
    detail: 'Something went wrong on our side. The request id names it in our logs.',
    request_id: 'req-1',
  });
});

test.each(['lost', 'slow', 'full'])(
  'a database outage (%s) is 503 with Retry-After',
  async (name) => {
    const reply = await api.call('GET', `/throw/${name}`);
    expect([reply.status, reply.body.code]).toEqual([503, 'unavailable']);
    expect(reply.headers.get('retry-after')).toBe('2');
    expect(reply.text).not.toContain(SECRET);
  },
);

test('an answer that is not as declared fails loudly here', async () => {
  const reply = await api.call('GET', '/lie');
  expect(reply.status).toBe(500);
  expect(reply.text).not.toContain(SECRET);
});

test('another method of an address that exists is 405 and names those it has', async () => {
  const reply = await api.call('DELETE', '/v1/accounts', { key: api.operatorKey });
  expect([reply.status, reply.body.code]).toEqual([405, 'method_not_allowed']);
  expect(reply.headers.get('allow')).toBe('POST, GET, HEAD');
  const asked = await api.call('OPTIONS', '/v1/accounts');
  expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD']);
});

test('who sends no valid key is told how one is sent', async () => {
  const { headers } = await api.call('GET', '/v1/accounts');
  expect(headers.get('www-authenticate')).toBe('Bearer');
});

test.each(['/nope', '/v1/accounts/%ff', '/v1/accounts/a%00b', '/v1/accounts/a%2Fb', '/v1/../x'])(
  'an address that leads nowhere (%s) is 404',
  async (address) => {
    const reply = await api.call('GET', address, { key: api.operatorKey });
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
  },
);
