import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNumberCarrier } from '../../gateways/create-number-carrier';
import { createCarrierControls } from '../support/sandbox-carrier';

const ROOT = path.join(__dirname, '..', '..');
const API_KEY = 'canary-api-key-of-tests';
const READY_WITHIN_MS = 30_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'carrier-process-'));
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
  const child = spawn(process.execPath, ['--import', 'tsx', 'gateways/sandbox-carrier/server.ts'], {
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
  throw new Error(`the sandbox carrier did not start: ${running.output()}`);
}

describe('the sandbox carrier as a process', () => {
  jest.setTimeout(2 * READY_WITHIN_MS);

  it('keeps its leases through kill -9, stops cleanly on SIGTERM, and logs no key', async () => {
    const storePath = path.join(folder, 'leases.jsonl');
    const environment = {
      BILLING_SANDBOX_CARRIER_PORT: '0',
      BILLING_SANDBOX_CARRIER_KEY: API_KEY,
      BILLING_SANDBOX_CARRIER_STORE: storePath,
      BILLING_LOG_LEVEL: 'trace',
    };
    const first = start(environment);
    const baseUrl = await waitForAddress(first);
    const settings = { kind: 'sandbox', baseUrl, apiKey: API_KEY } as const;
    const carrier = createNumberCarrier(settings, { timeoutMs: 5_000 });
    expect(carrier.name).toBe('sandbox');
    await carrier.order({ idempotencyKey: 'k', number: '+628000000001', reference: 'num_1' });
    first.child.kill('SIGKILL');
    expect(await first.exit).toBe('SIGKILL');

    const second = start(environment);
    const after = await createCarrierControls(await waitForAddress(second)).readState();
    expect(after.leased).toMatchObject([
      { number: '+628000000001', capabilities: ['sms'], status: 'active' },
    ]);
    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
    const written = first.output() + second.output() + readFileSync(storePath, 'utf8');
    expect(written).not.toContain('canary');
  });

  it('says which settings are missing or wrong, without their values, and ends', async () => {
    const running = start({
      BILLING_SANDBOX_CARRIER_PORT: 'canary',
      BILLING_SANDBOX_CARRIER_KEY: 'short',
    });
    expect(await running.exit).toBe(1);
    for (const name of ['PORT', 'KEY']) {
      expect(running.output()).toContain(`BILLING_SANDBOX_CARRIER_${name}`);
    }
    expect(running.output()).not.toMatch(/canary|short\b/);
  });
});

describe('the carrier that the settings name', () => {
  it('may be Twilio, which is not called before it is asked something', () => {
    const settings = { kind: 'twilio', accountSid: `AC${'0'.repeat(32)}`, authToken: 't' } as const;
    expect(createNumberCarrier(settings, { timeoutMs: 1 }).name).toBe('twilio');
  });
});
