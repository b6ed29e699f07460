/** `npm run demo` against a running platform: the year holds, and a year that does not is told. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { openStage, type Stage } from './stage';

jest.setTimeout(120_000);

const PROJECT_ROOT = path.join(__dirname, '../..');

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});

interface Run {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the demo as a process, on a data folder with this demo.json, or an empty one. */
async function runDemo(
  demo?: Readonly<Record<string, unknown>>,
  story: readonly string[] = [],
): Promise<Run> {
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-'));
  if (demo) writeFileSync(path.join(folder, 'demo.json'), JSON.stringify(demo));
  const child = spawn(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), 'scripts/demo.ts', ...story],
    { cwd: PROJECT_ROOT, env: { PATH: process.env['PATH'], TOLLGATE_DATA_DIR: folder } },
  );
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output, errors };
}

function demoFile(): Record<string, unknown> {
  const { apiUrl, gatewayUrl, carrierUrl, operatorKey } = stage.platform;
  return {
    api_url: apiUrl,
    docs_url: `${apiUrl}/docs`,
    temporal_ui_url: 'http://ui.example',
    sandbox_gateway_url: gatewayUrl,
    sandbox_carrier_url: carrierUrl,
    operator_key: operatorKey,
  };
}

describe('npm run demo', () => {
  it('says what to do first when nothing runs', async () => {
    const missing = await runDemo();
    expect(missing.exitCode).toBe(1);
    expect(missing.errors).toContain('Run `npm start` first');
    const silent = await runDemo({ ...demoFile(), api_url: 'http://127.0.0.1:1' });
    expect(silent.exitCode).toBe(1);
    expect(silent.errors).toContain('Nothing answers at http://127.0.0.1:1');
    expect(silent.errors).toContain('Run `npm start` first');
  });

  it('R1.01 R1.07 R1.08 tells a year whose every assertion holds', async () => {
    const { exitCode, output, errors } = await runDemo(demoFile());
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toMatch(/(\d+) of \1 assertions held/);
    expect(output).not.toContain('\u001b[');
    for (const line of [
      'renewed: period 2 is paid',
      'past due: the wallet does not cover the',
      'resumed: period 4 is paid',
      'cancellation scheduled: the season is over',
      'http://ui.example/namespaces/default/workflows/subscription%2Fsub_',
    ]) {
      expect(output).toContain(line);
    }
    const tables = output.split('\n').filter((line) => /^ {4}sum /.test(line));
    expect(tables).toHaveLength(6);
    expect(tables.map((line) => line.trim().split(/ {3,}/).at(-1))).toEqual([
      '0.00',
      '0',
      '0',
      '0.00',
      '0',
      '0',
    ]);
  });

  it('names its stories when it does not know the one that is asked for', async () => {
    const { exitCode, errors } = await runDemo(demoFile(), ['sequel']);
    expect(exitCode).toBe(1);
    expect(errors).toContain(
      'There is no story "sequel". There are: year, subscriptions, numbers.',
    );
  });

  it('R1.12 R1.13 R1.18 tells two subscriptions that change, with tax, twice', async () => {
    for (const registered of ['registered', 'already']) {
      const { exitCode, output, errors } = await runDemo(demoFile(), ['subscriptions']);
      expect(output.split('\n').filter((line) => /NOT HELD/.test(line))).toEqual([]);
      expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
      expect(output).toMatch(/(\d+) of \1 assertions held/);
      expect(output).toMatch(new RegExp(`29AAGCB7383J1Z4 +${registered}`));
      for (const told of ['CGST 9 %', 'KDV 20 %', 'credit note', 'as a PDF lies in']) {
        expect(output).toContain(told);
      }
    }
    // The first story plays before the seller is registered.
    expect((await runDemo(demoFile())).exitCode).toBe(0);
  });

  it('R2.10 R2.15 R2.17 tells two phone numbers that run dry, twice', async () => {
    for (let times = 0; times < 2; times += 1) {
      const { exitCode, output, errors } = await runDemo(demoFile(), ['numbers']);
      expect(output.split('\n').filter((line) => /NOT HELD/.test(line))).toEqual([]);
      expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
      expect(output).toMatch(/(\d+) of \1 assertions held/);
      for (const told of [
        'pay 499.00 INR to keep +91',
        'http://ui.example/namespaces/default/workflows/phone-number%2Fnum_',
        'LifecycleKind="phone_number" and LifecycleState="on_hold"',
      ]) {
        expect(output).toContain(told);
      }
    }
  });

  it('ends with 1 and says what was not held when Growth costs something else', async () => {
    await stage.client.write('PATCH', '/v1/plans/growth', {
      body: { prices: [{ cycle: 'monthly', amount: '5000.00', currency: 'TRY' }] },
      schema: z.unknown(),
    });
    const { exitCode, output, errors } = await runDemo(demoFile());
    expect(exitCode).toBe(1);
    expect(output).toContain('NOT HELD  Istanbul: all of the price is missing');
    expect(output).toContain('expected {"amount":"499.00","currency":"TRY"}');
    expect(output).toContain('actual   {"amount":"5000.00","currency":"TRY"}');
    expect(errors).toContain('The story cannot go on');
    expect(errors).toContain('402: insufficient_balance');
  });
});
