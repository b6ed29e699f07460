import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import { cardForm, createControls, payCheckout } from '../support/sandbox-gateway';
import { buildCheckoutRequest } from './checkout-request';

const ROOT = path.join(__dirname, '..', '..');
const API_KEY = 'canary-api-key-of-tests';
const READY_WITHIN_MS = 30_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-process-'));
});
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | string | null>;
}

function start(environment: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'gateways/sandbox/server.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (output += text));
  }
  const exit = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  return { child, output: () => output, exit };
}

/** The address of the line that says it is ready. */
async function waitForAddress(running: Running): Promise<string> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadlineMs) {
    const address = /ready on (http:\/\/\S+)/.exec(running.output())?.[1];
    if (address !== undefined) return address;
    if (running.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  running.child.kill('SIGKILL');
  throw new Error(`the sandbox did not start: ${running.output()}`);
}

function buildEnvironment(storePath: string): Readonly<Record<string, string>> {
  return {
    BILLING_SANDBOX_GATEWAY_PORT: '0',
    BILLING_SANDBOX_GATEWAY_KEY: API_KEY,
    BILLING_SANDBOX_WEBHOOK_SECRET: 'canary-webhook-secret',
    BILLING_SANDBOX_WEBHOOK_URL: 'http://127.0.0.1:1/webhooks/sandbox',
    BILLING_SANDBOX_STORE: storePath,
    BILLING_LOG_LEVEL: 'trace',
  };
}

describe('the sandbox gateway as a process', () => {
  jest.setTimeout(2 * READY_WITHIN_MS);

  it('keeps its books through kill -9, stops cleanly on SIGTERM, and logs nothing secret', async () => {
    const storePath = path.join(folder, 'sandbox.jsonl');
    const environment = buildEnvironment(storePath);
    const first = start(environment);
    const baseUrl = await waitForAddress(first);
    const gateway = createSandboxGateway({
      baseUrl,
      apiKey: API_KEY,
      webhookSecrets: ['canary-webhook-secret'],
      timeoutMs: 5_000,
    });
    const { url } = await gateway.createCheckout(buildCheckoutRequest('process'));
    await payCheckout(url, { ...cardForm('4111111111111111'), save: 'on' });
    await payCheckout(url, { ...cardForm(), cvc: '7391', name: 'Q. Canary', save: 'on' });
    const before = await createControls(baseUrl).readState();
    first.child.kill('SIGKILL');
    expect(await first.exit).toBe('SIGKILL');

    const second = start(environment);
    const after = await createControls(await waitForAddress(second)).readState();
    expect(before.payments).toMatchObject([{ reference: 'ord_process', status: 'succeeded' }]);
    expect(after.payments).toEqual(before.payments);
    expect(after.payment_methods).toEqual(before.payment_methods);
    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);

    const written = first.output() + second.output() + readFileSync(storePath, 'utf8');
    for (const secret of ['4242424242424242', '4111111111111111', '7391', 'Canary', 'canary']) {
      expect(written).not.toContain(secret);
    }
  });

  it('says which settings are missing or wrong, without their values, and ends', async () => {
    const running = start({
      BILLING_SANDBOX_GATEWAY_PORT: 'canary',
      BILLING_SANDBOX_WEBHOOK_SECRET: 'short',
    });
    expect(await running.exit).toBe(1);
    for (const name of ['GATEWAY_PORT', 'GATEWAY_KEY', 'WEBHOOK_SECRET']) {
      expect(running.output()).toContain(`BILLING_SANDBOX_${name}`);
    }
    expect(running.output()).not.toMatch(/canary|short\b/);
  });
});
