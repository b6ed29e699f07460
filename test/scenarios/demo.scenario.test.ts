/**
 * `npm run demo` against a running platform: every story holds, after every other one and whatever else the
 * platform has seen, and one that does not hold is told.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { createCarrierControls } from '../support/sandbox-carrier';
import { openStage, type Stage } from './stage';

jest.setTimeout(180_000);

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

/** Runs a story and expects all of it to hold. Answers what it told. */
async function tellWhole(story: string): Promise<string> {
  const { exitCode, output, errors } = await runDemo(demoFile(), [story]);
  expect(output.split('\n').filter((line) => /NOT HELD/.test(line))).toEqual([]);
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
  expect(output).toMatch(/(\d+) of \1 assertions held/);
  return output;
}

/** What an operator may have tried out before a story is told. */
async function leaveTraces(): Promise<void> {
  const { client, platform, sandbox } = stage;
  const shop = { address_line1: '1', postal_code: '1', prices_include_tax: true };
  const india = {
    ...shop,
    country: 'IN',
    state: 'Maharashtra',
    tax_id: '27AAPFU0939F1ZV',
    tax_id_type: 'gstin',
    legal_name: 'Another seller',
    city: 'Mumbai',
    time_zone: 'Asia/Kolkata',
    tax_point: 'consumption',
  };
  const turkey = {
    ...shop,
    country: 'TR',
    tax_id: '1234567890',
    legal_name: 'Another seller',
    city: 'Istanbul',
    time_zone: 'Europe/Istanbul',
    tax_point: 'top_up',
  };
  const indonesia = {
    ...shop,
    country: 'ID',
    tax_id: '013000666091000',
    legal_name: 'Another seller',
    city: 'Jakarta',
    time_zone: 'Asia/Jakarta',
    tax_point: 'consumption',
    is_home: false,
  };
  // Before the stories, in the middle of their year, and on its first day.
  for (const body of [
    { ...india, valid_from: '2020-01-01T00:00:00Z' },
    { ...turkey, valid_from: '2020-01-02T00:00:00Z' },
    { ...indonesia, valid_from: '2020-01-01T00:00:00Z' },
    { ...india, valid_from: '2030-06-01T00:00:00Z' },
    { ...turkey, valid_from: '2031-01-01T00:00:00Z', is_home: false },
  ]) {
    await client.write('POST', '/v1/tax_registrations', { body, schema: z.unknown() });
  }
  await client.write('PATCH', '/v1/plans/growth', {
    body: { prices: [{ cycle: 'monthly', amount: '5000.00', currency: 'TRY' }] },
    schema: z.unknown(),
  });
  await sandbox.addFault({ kind: 'decline', count: 1_000 });
  await sandbox.addFault({ kind: 'timeout_before', operation: 'checkout.create', count: 1_000 });
  await sandbox.addFault({ kind: 'decline', count: 1_000, customer_reference: 'acct_of_a_story' });
  const carrier = createCarrierControls(platform.carrierUrl);
  await carrier.addFault({ kind: 'later', ends: 'failed', count: 1_000 });
  await carrier.addFault({ kind: 'timeout_before', operation: 'number.search', count: 1_000 });
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

  it('names its stories when it does not know the one that is asked for', async () => {
    const { exitCode, errors } = await runDemo(demoFile(), ['sequel']);
    expect(exitCode).toBe(1);
    expect(errors).toContain(
      'There is no story "sequel". There are: year, subscriptions, numbers, whatsapp, resellers, recharge.',
    );
  });

  it('R1.01 R1.07 R1.08 R1.18 tells a year whose every assertion holds, with tax', async () => {
    const output = await tellWhole('year');
    expect(output).not.toContain('\u001b[');
    for (const line of [
      'from 2030 on',
      'renewed: period 2 is paid',
      '−598.80 TRY',
      '+4 130.00 INR',
      'past due: the wallet does not cover the',
      'resumed: period 4 is paid',
      'cancellation scheduled: the season is over',
      'http://ui.example/namespaces/default/workflows/subscription%2Fsub_',
    ]) {
      expect(output).toContain(line);
    }
    expect(output).toMatch(/29AAGCB7383J1Z4 +registered/);
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

  it('R1.12 R1.13 R1.18 tells two subscriptions that change, with tax', async () => {
    const output = await tellWhole('subscriptions');
    expect(output).toMatch(/29AAGCB7383J1Z4 +already/);
    for (const told of ['CGST 9 %', 'KDV 20 %', 'credit note', 'as a PDF lies in']) {
      expect(output).toContain(told);
    }
  });

  it('R2.10 R2.15 R2.17 tells two phone numbers that run dry', async () => {
    const output = await tellWhole('numbers');
    for (const told of [
      'pay 499.00 INR to keep +91',
      'http://ui.example/namespaces/default/workflows/phone-number%2Fnum_',
      'LifecycleKind="phone_number" and LifecycleState="on_hold"',
    ]) {
      expect(output).toContain(told);
    }
  });

  it('R3.09 R3.13 R3.14 R3.18 tells what WhatsApp messages cost, and why', async () => {
    const output = await tellWhole('whatsapp');
    for (const told of [
      'marketing SG',
      'quoted: 107 recipients, 100 without those',
      'http://ui.example/namespaces/default/workflows/quota-reset%2FAsia%2FJakarta',
      '= −5 000.00',
      '= 995 000.00',
      '254 messages, 125 000.00 IDR',
      'paid from the balance your plan grants',
    ]) {
      expect(output).toContain(told);
    }
  });

  it('R4.07 R4.12 R4.20 R4.24 tells of a reseller, its pool and its share', async () => {
    const output = await tellWhole('resellers');
    for (const told of [
      'refused: the pool has 2000 messages left,',
      'http://ui.example/namespaces/default/workflows/revenue-share%2F',
      'LifecycleKind="revenue_share"',
      '374.75',
      'as a PDF lies in',
    ]) {
      expect(output).toContain(told);
    }
  });

  it('R1.08 tells of a wallet that fills itself', async () => {
    const output = await tellWhole('recharge');
    for (const told of [
      'refused: The account keeps no payment',
      'one message more: the card is charged',
      'its webhook says: 1180.00 INR came from',
      '(insufficient_funds); it is tried again at',
      'http://ui.example/namespaces/default/workflows/auto-recharge%2Facct_',
      'LifecycleKind="auto_recharge"',
    ]) {
      expect(output).toContain(told);
    }
  });

  it('tells each again on a platform with other registrations, other prices and faults left behind', async () => {
    await leaveTraces();
    for (const story of ['recharge', 'resellers', 'whatsapp', 'numbers', 'subscriptions', 'year']) {
      // 2030 and 2031 have registrations of others, and 2032 has a 29th of February.
      expect(await tellWhole(story)).toContain('from 2033 on');
    }
    const { faults } = await stage.sandbox.readState();
    expect(faults).toMatchObject([{ customer_reference: 'acct_of_a_story', count: 1_000 }]);
  }, 400_000);

  it('ends with 1 and says what was not held when its plan costs something else', async () => {
    await stage.client.write('PATCH', '/v1/plans/demo_growth', {
      body: { prices: [{ cycle: 'monthly', amount: '5000.00', currency: 'TRY' }] },
      schema: z.unknown(),
    });
    const { exitCode, output, errors } = await runDemo(demoFile());
    expect(exitCode).toBe(1);
    expect(output).toContain('NOT HELD  Istanbul: all of the price is missing');
    expect(output).toContain('expected {"amount":"598.80","currency":"TRY"}');
    expect(output).toContain('actual   {"amount":"6000.00","currency":"TRY"}');
    expect(errors).toContain('The story cannot go on');
    expect(errors).toContain('402: insufficient_balance');
  });
});
