/**
 * The README's first five minutes, typed as they stand there: on a fresh platform, again, and on one that
 * taxes what is sold.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { checkLedger, isClean } from '../../scripts/story/books';
import { openStage, type Stage } from './stage';

jest.setTimeout(240_000);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});

/** The sh blocks of the section, one after the other. */
function readBlocks(): string {
  const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
  const section = /^## The first five minutes$([^]*?)^## /m.exec(readme)?.[1] ?? '';
  return [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block).join('\n');
}

interface Typed {
  readonly exitCode: number | null;
  readonly errors: string;
  /** Every answer that was shown, parsed. */
  readonly answers: readonly Readonly<Record<string, unknown>>[];
}

/** Types the blocks into a shell in a folder with a demo.json, and stops at the first command that fails. */
async function typeBlocks(): Promise<Typed> {
  const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
  mkdirSync(path.join(folder, '.data'));
  const { apiUrl, operatorKey } = stage.platform;
  const demo = { api_url: apiUrl, operator_key: operatorKey };
  writeFileSync(path.join(folder, '.data/demo.json'), JSON.stringify(demo));
  const shell = spawn('sh', ['-eu', '-c', readBlocks()], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
  });
  let output = '';
  let errors = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve) => shell.once('close', resolve));
  const lines = output.split('\n').filter((line) => line !== '');
  return { exitCode, errors, answers: lines.map((line) => JSON.parse(line)) };
}

async function expectItHolds(): Promise<void> {
  const { exitCode, errors, answers } = await typeBlocks();
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
  const refusals = answers.flatMap(({ code, status }) => (Number(status) >= 400 ? [code] : []));
  expect(refusals).toEqual(['billing_address_required']);
  const subscription = answers.find(({ plan_code: plan, lines }) => plan && !lines);
  expect(subscription).toMatchObject({
    plan_code: 'growth',
    next_action: { kind: 'renew', at: '2027-02-28T10:00:00.000Z' },
  });
  const explanation = answers.find(({ sentence }) => sentence);
  expect(explanation?.['sentence']).toMatch(
    /^This marketing message to IN cost 0\.\d+ INR: 0\.\d+ INR per message by version \d+ of “.+”, in force since 2026-10-01,.* paid from your wallet\.$/,
  );
  const [minutes, numbers] = answers.slice(-2);
  expect(minutes).toMatchObject({ bundles: [{ code: 'nexus', status: 'active' }] });
  const item = { status: 'active', next_charge: { at: '2027-05-01T00:00:00.000Z' } };
  expect(numbers).toMatchObject({ items: [item] });
  const { items } = z
    .object({ items: z.array(z.object({ account_id: z.string() })) })
    .parse(numbers);
  const check = await checkLedger(stage.client, items[0]?.account_id ?? '');
  expect({ check, isClean: isClean(check) }).toEqual({ check, isClean: true });
}

describe("the README's first five minutes", () => {
  it('R1.01 R2.10 R3.25 hold as they are written, on a fresh platform and typed again', async () => {
    await expectItHolds();
    await expectItHolds();
  });

  it('R1.18 hold when the seller is registered for tax, however wallet money is taxed', async () => {
    const india = {
      country: 'IN',
      state: 'Maharashtra',
      tax_id: '27AAPFU0939F1ZV',
      tax_id_type: 'gstin',
      legal_name: 'A seller',
      address_line1: '1 Road',
      city: 'Mumbai',
      postal_code: '400001',
      time_zone: 'Asia/Kolkata',
    };
    for (const terms of [
      { tax_point: 'consumption', valid_from: '2026-01-01T00:00:00Z' },
      { tax_point: 'top_up', prices_include_tax: true, valid_from: '2026-02-01T00:00:00Z' },
    ]) {
      const body = { ...india, ...terms };
      await stage.client.write('POST', '/v1/tax_registrations', { body, schema: z.unknown() });
      await expectItHolds();
    }
  });
});
