import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { findFreePort } from '../../scripts/servers/free-port';
import { createTestDatabase, type TestDatabase } from '../support/database';

const PROJECT_ROOT = path.join(__dirname, '../..');
const STOPS_WITHIN_MS = 8_000;
const STARTS_WITHIN_MS = 30_000;

let database: TestDatabase;
let child: ChildProcess | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(() => database.drop());

/** An API on `port` with a database and nothing else. */
function settings(port: number): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    BILLING_API_PORT: String(port),
    BILLING_SANDBOX_GATEWAY_URL: 'http://127.0.0.1:1',
    BILLING_SANDBOX_GATEWAY_KEY: 'sandbox-key',
    BILLING_SANDBOX_WEBHOOK_SECRETS: 'whsec_only_for_tests_0123456789',
    BILLING_SANDBOX_CARRIER_URL: 'http://127.0.0.1:1',
    BILLING_SANDBOX_CARRIER_KEY: 'carrier-key',
    BILLING_DIGEST_KEY: 'only-for-tests-0123456789abcdef0123',
    BILLING_WEBHOOK_KEY: 'only-for-tests-0123456789abcdef0123',
  };
}

function start(environment: Readonly<Record<string, string>>) {
  const started = spawn(process.execPath, ['--import', 'tsx', 'api/server.ts'], {
    cwd: PROJECT_ROOT,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  const output: string[] = [];
  const exited = new Promise<number | null>((resolve) => started.once('exit', resolve));
  const isReady = new Promise<void>((resolve, reject) => {
    started.stdout.on('data', (text: Buffer) => {
      output.push(text.toString());
      if (output.join('').includes('api ready on http://')) resolve();
    });
    started.stderr.on('data', (text: Buffer) => void output.push(text.toString()));
    void exited.then((code) => reject(new Error(`ended with ${code}: ${output.join('')}`)));
  });
  return { process: started, output, exited, isReady };
}

test(
  'serves without Temporal, says where, and stops in time when told',
  async () => {
    const port = await findFreePort();
    const api = start(settings(port));
    await api.isReady;
    expect(api.output.join('')).toContain(`api ready on http://127.0.0.1:${port}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(await ready.json()).toEqual({
      status: 'not_ready',
      checks: { postgres: 'ok', temporal: 'failed', migrations: 'ok' },
    });
    const startedAt = performance.now();
    api.process.kill('SIGTERM');
    expect({ code: await api.exited, said: api.output.slice(1) }).toMatchObject({ code: 0 });
    expect(performance.now() - startedAt).toBeLessThan(STOPS_WITHIN_MS);
  },
  STARTS_WITHIN_MS + STOPS_WITHIN_MS,
);

test(
  'ends when its port is taken, and says so',
  async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const api = start(settings(port));
    await expect(api.isReady).rejects.toThrow('EADDRINUSE');
    expect(await api.exited).toBe(1);
    holder.close();
  },
  STARTS_WITHIN_MS,
);

test(
  'refuses to start without its settings and names them',
  async () => {
    const api = start({ DATABASE_URL: 'mysql://nowhere' });
    await expect(api.isReady).rejects.toThrow(/DATABASE_URL[\s\S]*TEMPORAL_ADDRESS/);
    expect(await api.exited).toBe(78);
  },
  STARTS_WITHIN_MS,
);
