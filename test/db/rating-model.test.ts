import fc from 'fast-check';
import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { setAllowance } from '../../domain/ledger/month';
import type { UsageOutcome } from '../../domain/usage/usage-event';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { RUNS_SCALE, SEED } from '../support/ledger-runs';
import { makeRateCard, publish } from '../support/rate-cards';
import { RatingModel } from '../support/rating-model';
import {
  describe as describeOutcome,
  MODEL_TERMS,
  sequences,
  type Step,
  toUsage,
  versionsOfEras,
} from '../support/rating-sequences';
import { publishPrices, recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(240_000);

/** The same sequences on PostgreSQL: what a call leaves, the next one finds in the rows. */
const RUNS = 25;
const CONNECTIONS = 8;
const STARTED_AT = '2025-05-01T00:00:00.000Z';
const HAS = { initial: 9, additional: 12, messages: 5, openMonth: '2025-04' };

let test_: TestDatabase;
let owner: Client;
let databases: Database[];
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  databases = Array.from({ length: CONNECTIONS }, () =>
    createDatabase({ url: test_.appUrl, applicationName: 'tollgate-test', poolMax: 1 }),
  );
  const card = await makeRateCard(test_.database, {
    code: 'whatsapp-eras',
    isDefault: true,
    firstMarkets: [],
  });
  for (const { from, rule, rows } of versionsOfEras()) {
    await publish(test_.database, card, { effectiveFrom: from, rule, rows });
  }
  await publishPrices(test_.database, 'IDR', { 1: 15_000n });
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.destroy()));
  await owner.end();
  await test_.drop();
});

/** An account with what the model has. */
async function newAccount(): Promise<string> {
  made += 1;
  const accountId = `acct_model${made}`;
  const place = { timeZone: 'Asia/Jakarta', currency: 'IDR', at: STARTED_AT };
  await makeAccount(test_.database, { accountId, ...place });
  await grant(accountId, 'initial', HAS.initial, 'start');
  await grant(accountId, 'additional', HAS.additional, 'start too');
  const change = { accountId, reference: 'units', at: STARTED_AT };
  await changeLedger(test_.database, change, (plan, ledger) => {
    grantUnits(plan, ledger, {
      code: 'package/1',
      asset: 'message',
      source: 'package',
      quantity: BigInt(HAS.messages),
      startsAt: null,
      expiresAt: null,
      at: STARTED_AT,
      reference: 'pkg_1',
    });
    for (const [asset, quantity] of Object.entries(MODEL_TERMS.quotas)) {
      setAllowance(plan, ledger, {
        asset,
        fromMonth: '2025-05',
        quantity: BigInt(quantity),
        at: STARTED_AT,
      });
    }
  });
  await owner.query(`update ledgers set open_month = '2025-04-01' where account_id = $1`, [
    accountId,
  ]);
  return accountId;
}

function grant(
  accountId: string,
  wallet: 'initial' | 'additional',
  micros: number,
  reference: string,
): Promise<unknown> {
  const change = { accountId, reference, at: STARTED_AT };
  return changeLedger(test_.database, change, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source: wallet === 'initial' ? 'wallet_initial' : 'wallet_additional',
      amountMicros: BigInt(micros),
      at: STARTED_AT,
      kind: 'grant',
      reference,
      from: 'clearing',
    }),
  );
}

async function walletsOf(accountId: string): Promise<unknown> {
  const { rows } = await owner.query(
    `select b.code, b.posted::int from buckets b join ledgers l on l.id = b.ledger_id
      where l.account_id = $1 and b.source like 'wallet%' order by b.code desc`,
    [accountId],
  );
  return rows;
}

/** What the test clock of a run says when it is recorded: replays are looked for from there. */
function recordedAtOf(steps: readonly Step[]): string {
  const hours = steps
    .flatMap((step) => (step.kind === 'use' ? step.events : []))
    .map((e) => e.hour);
  return new Date(Math.max(0, ...hours) * 3_600_000).toISOString();
}

async function play(steps: readonly Step[]): Promise<void> {
  const accountId = await newAccount();
  const model = new RatingModel({ ...MODEL_TERMS, areVisitorsFree: true }, HAS);
  const { recordUsage } = recorderOf(test_.database);
  const recordedAt = recordedAtOf(steps);
  for (const [number, step] of steps.entries()) {
    if (step.kind === 'grant') {
      await grant(accountId, step.wallet, step.micros, `grant_${number}`);
      model.grant(step.wallet, step.micros);
    } else {
      const events = step.events.map((event) => toUsage(event, accountId));
      const outcomes = await recordUsage({ events, reference: `batch_${number}`, recordedAt });
      expect(outcomes.map(describeOutcome)).toEqual(step.events.map((event) => model.use(event)));
    }
    expect(await walletsOf(accountId)).toEqual([
      { code: 'wallet/initial', posted: model.initial },
      { code: 'wallet/additional', posted: model.additional },
    ]);
  }
  expect(await findViolations(owner, [accountId])).toEqual([]);
}

async function makePartitions(steps: readonly Step[]): Promise<void> {
  await owner.query(`select create_usage_partitions($1::date, 2)`, [recordedAtOf(steps)]);
}

test(`${RUNS} random sequences come out in PostgreSQL as the naive model says (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (steps) => {
      await makePartitions(steps);
      await play(steps);
    }),
    { numRuns: RUNS * RUNS_SCALE, seed: SEED, endOnFailure: true },
  );
});

test(`eight connections that send the same uses rate each once (seed ${SEED})`, async () => {
  for (const steps of fc.sample(sequences, { numRuns: 5, seed: SEED })) {
    await makePartitions(steps);
    const accountId = await newAccount();
    const recordedAt = recordedAtOf(steps);
    const uses = steps.flatMap((step) => (step.kind === 'use' ? step.events : []));
    const seen = new Map<string, UsageOutcome[]>();
    await Promise.all(
      databases.map(async (database, index) => {
        const { recordUsage } = recorderOf(database);
        const turned = [...uses.slice(index * 3), ...uses.slice(0, index * 3)];
        for (let start = 0; start < turned.length; start += 4) {
          const events = turned.slice(start, start + 4).map((event) => toUsage(event, accountId));
          const reference = `batch_${index}_${start}`;
          const outcomes = await recordUsage({ events, reference, recordedAt });
          for (const [place, outcome] of outcomes.entries()) {
            const key = events[place]?.fingerprint ?? '';
            seen.set(key, [...(seen.get(key) ?? []), outcome]);
          }
        }
      }),
    );
    for (const outcomes of seen.values()) {
      const kept = outcomes.filter(({ kind }) => kind === 'charged' || kind === 'replayed');
      expect(kept.filter(({ kind }) => kind === 'charged').length).toBeLessThanOrEqual(1);
      for (const outcome of kept)
        expect({ ...outcome, kind: '' }).toEqual({ ...kept[0], kind: '' });
    }
    expect(await findViolations(owner, [accountId])).toEqual([]);
  }
});
