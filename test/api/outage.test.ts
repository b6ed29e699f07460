import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { createApp } from '../../api/app';
import { createMetrics } from '../../api/metrics';
import { createRefusalLimit } from '../../api/middleware/rate-limit';
import { createUsageDoor } from '../../api/usage/create-usage-door';
import { newSecret } from '../../api/secrets';
import { createLogger } from '../../config/logger';
import { createDatabase, type Database } from '../../db/connection';
import { createSandboxCarrier } from '../../gateways/sandbox-carrier/sandbox-carrier';
import { startApi, type ApiUnderTest } from './api-under-test';

const PASSWORD = 'canary-password';

let up: ApiUnderTest;
let down: { readonly url: string; readonly server: Server; readonly database: Database };
const downLog: string[] = [];

beforeAll(async () => {
  up = await startApi();
  down = await startWithoutServers();
});
afterAll(async () => {
  await up.close();
  await new Promise((resolve) => down.server.close(resolve));
  await down.database.destroy();
});

/** An API whose PostgreSQL and Temporal do not answer. */
async function startWithoutServers() {
  const database = createDatabase({
    url: `postgres://tollgate_app:${PASSWORD}@127.0.0.1:1/tollgate`,
    applicationName: 'nowhere',
  });
  const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  const metrics = createMetrics();
  const now = () => new Date().toISOString();
  const usage = { database, laneDatabase: database, digestKey: 'unused', lanes: 1, metrics, now };
  const app = createApp({
    database,
    client,
    commands: {
      send: async () => ({ kind: 'unavailable' }),
      restart: async () => undefined,
    },
    gateways: new Map(),
    paymentRoutes: [],
    webhooksOut: { key: 'unused', allowsLoopback: false },
    numberCarrier: createSandboxCarrier({
      baseUrl: 'http://127.0.0.1:1',
      apiKey: 'key',
      timeoutMs: 500,
    }),
    checkTemporal: () => Promise.reject(new Error('no Temporal')),
    logger: createLogger({
      name: 'api',
      level: 'debug',
      destination: { write: (line) => void downLog.push(line) },
    }),
    metrics,
    now,
    publicUrl: 'http://api.test',
    rateLimitPerSecond: 100,
    usage: createUsageDoor(usage),
    refusals: createRefusalLimit(100),
    trustedProxies: [],
    verifiesAnswers: true,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, database };
}

test('without PostgreSQL every call with a key is 503 with Retry-After, and tells nothing', async () => {
  const response = await fetch(`${down.url}/v1/accounts`, {
    headers: { authorization: `Bearer ${newSecret('live')}`, connection: 'close' },
  });
  const text = await response.text();
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(JSON.parse(text)).toMatchObject({ code: 'unavailable' });
  for (const told of [text, downLog.join('\n')]) expect(told).not.toContain(PASSWORD);
  expect(text).not.toContain('127.0.0.1');
});

test('without PostgreSQL the process is up and names what is missing', async () => {
  const health = await fetch(`${down.url}/healthz`, { headers: { connection: 'close' } });
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  const ready = await fetch(`${down.url}/readyz`, { headers: { connection: 'close' } });
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({
    status: 'not_ready',
    checks: { postgres: 'failed', temporal: 'failed', migrations: 'failed' },
  });
});

test('with everything there it is ready', async () => {
  const { status, body } = await up.call('GET', '/readyz');
  expect([status, body]).toEqual([
    200,
    { status: 'ready', checks: { postgres: 'ok', temporal: 'ok', migrations: 'ok' } },
  ]);
});

test('the metrics count requests by route and status', async () => {
  await up.call('GET', '/v1/accounts');
  const { text, headers } = await up.call('GET', '/metrics');
  expect(headers.get('content-type')).toContain('text/plain');
  expect(text).toContain(
    'tollgate_http_request_seconds_count{method="GET",route="/v1/accounts",status="401"} 1',
  );
  expect(text).toContain('process_resident_memory_bytes');
});
