import fc from 'fast-check';
import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { applyLedgerPlan, findHold, lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { chargeMoney } from '../../domain/ledger/charge';
import { grantMoney, grantUnits, type MoneyGrant } from '../../domain/ledger/grant';
import { captureHold, placeHold } from '../../domain/ledger/hold';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { setAllowance } from '../../domain/ledger/month';
import type { UsageEvent, UsageOutcome } from '../../domain/usage/usage-event';
import { buildEvent, MESSAGE, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { SEED } from '../support/ledger-runs';
import { publishPrices, recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

/** Eight connections at once. What must hold does not depend on who comes first. */
const AT = '2026-11-10T09:00:00.000Z';
const CONNECTIONS = 8;

let test_: TestDatabase;
let owner: Client;
let databases: Database[];
let accountIds: string[];
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await publishPrices(test_.database, 'IDR', { 1: 10_000n });
  databases = Array.from({ length: CONNECTIONS }, () =>
    createDatabase({ url: test_.appUrl, applicationName: 'tollgate-test', poolMax: 1 }),
  );
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.destroy()));
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  made += 1;
  accountIds = [1, 2, 3, 4].map((number) => `acct_concurrent${made}x${number}`);
  for (const accountId of accountIds) {
    await makeAccount(test_.database, {
      accountId,
      timeZone: 'Asia/Jakarta',
      currency: 'IDR',
      at: AT,
    });
  }
});
afterEach(async () => {
  expect(await findViolations(owner, accountIds)).toEqual([]);
});

/** The same work on all connections at once. */
function onAll<T>(work: (database: Database, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(databases.map(work));
}

async function countDeadlocks(): Promise<bigint> {
  const { rows } = await owner.query<{ deadlocks: bigint }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.deadlocks ?? 0n;
}

const topUp = (amountMicros: bigint, reference: string): MoneyGrant => ({
  source: 'wallet_additional',
  amountMicros,
  at: AT,
  kind: 'grant',
  reference,
  from: 'clearing',
});

async function fillAll(units: {
  readonly money: bigint;
  readonly messages: bigint;
}): Promise<void> {
  for (const accountId of accountIds) {
    await changeLedger(test_.database, { accountId, reference: 'fill', at: AT }, (plan, ledger) => {
      grantMoney(plan, ledger, topUp(units.money, 'fill'));
      grantUnits(plan, ledger, {
        code: 'package/1',
        asset: 'message',
        source: 'package',
        quantity: units.messages,
        startsAt: null,
        expiresAt: null,
        at: AT,
        reference: 'fill',
      });
      setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 3n, at: AT });
      setAllowance(plan, ledger, {
        asset: 'unique_visitor',
        fromMonth: '2026-11',
        quantity: 9n,
        at: AT,
      });
    });
  }
}

/** 120 events over four accounts, each message at 1 micro, and money for some of them. */
function events(): UsageEvent[] {
  return Array.from({ length: 120 }, (_, index) =>
    buildEvent({
      accountId: accountIds[index % 4] ?? '',
      key: uuidOf(index),
      facts: { ...MESSAGE, to: '1' },
      visitor: `00000000-0000-4000-8000-0000000000a${index % 3}`,
    }),
  );
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const [order] = fc.sample(
    fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length }),
    { seed, numRuns: 1 },
  );
  return order ?? [];
}

test(`the same events from all at once are charged once, and each copy gets the same answer (seed ${SEED})`, async () => {
  // Per account: 3 of the quota, 7 of the package, 10 with money, of 30 wanted.
  await fillAll({ money: 10n, messages: 7n });
  const all = events();
  const answers = await onAll(async (database, index) => {
    const { recordUsage } = recorderOf(database);
    const own = shuffled(all, SEED + index);
    const outcomes = new Map<string, UsageOutcome>();
    for (let start = 0; start < own.length; start += 20) {
      const batch = own.slice(start, start + 20);
      const replies = await recordUsage({
        events: batch,
        reference: `batch_${index}_${start}`,
        recordedAt: new Date().toISOString(),
      });
      for (const [position, event] of batch.entries()) {
        const reply = replies[position];
        if (reply) outcomes.set(event.key, reply);
      }
    }
    return outcomes;
  });
  const chargedPerAccount = new Map<string, number>();
  for (const { key, accountId } of all) {
    const replies = answers.map((answer) => answer.get(key));
    const charged = replies.filter((reply) => reply?.kind === 'charged');
    expect(charged.length).toBeLessThanOrEqual(1);
    const chargesOf = replies.flatMap((reply) =>
      reply?.kind === 'charged' || reply?.kind === 'replayed' ? [reply.charges] : [],
    );
    for (const charges of chargesOf) expect(charges).toEqual(chargesOf[0]);
    expect(replies.some((reply) => reply?.kind === 'conflict')).toBe(false);
    if (charged.length > 0) {
      chargedPerAccount.set(accountId, (chargedPerAccount.get(accountId) ?? 0) + 1);
    }
  }
  expect([...chargedPerAccount.values()]).toEqual([20, 20, 20, 20]);
  expect(await countDeadlocks()).toBe(0n);
});

test('a grant under one reference from all at once happens once, the others are repeats', async () => {
  const [accountId = ''] = accountIds;
  const change = { accountId, reference: 'op', at: AT, references: ['top_1'] };
  const granted = await onAll((database) =>
    changeLedger(database, change, (plan, ledger) => grantMoney(plan, ledger, topUp(5n, 'top_1'))),
  );
  expect(granted.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
});

test('a grant under one reference from all at once happens once even when nobody looks', async () => {
  const [accountId = ''] = accountIds;
  const results = await onAll((database) =>
    changeLedger(database, { accountId, reference: 'op', at: AT }, (plan, ledger) =>
      grantMoney(plan, ledger, topUp(5n, 'top_1')),
    ).then(
      () => 'granted',
      (error: { code?: string }) => error.code,
    ),
  );
  expect(results.filter((result) => result === 'granted')).toHaveLength(1);
  expect(results.filter((result) => result === 'conflict')).toHaveLength(7);
});

test('money for five of eight charges pays five', async () => {
  const [accountId = ''] = accountIds;
  await fillAll({ money: 59n, messages: 1n });
  const charged = await onAll((database, index) =>
    changeLedger(database, { accountId, reference: `op_${index}`, at: AT }, (plan, ledger) =>
      chargeMoney(plan, ledger, {
        amountMicros: 11n,
        at: AT,
        kind: 'charge',
        reference: `period_${index}`,
      }),
    ),
  );
  expect(charged.filter(({ kind }) => kind === 'charged')).toHaveLength(5);
});

test('captures from all at once never pay more than the hold', async () => {
  const [accountId = ''] = accountIds;
  await fillAll({ money: 1n, messages: 100n });
  const month = '2026-11';
  await changeLedger(test_.database, { accountId, reference: 'op', at: AT }, (plan, ledger) =>
    placeHold(plan, ledger, {
      holdId: 'hold_1',
      asset: 'message',
      quantity: 20n,
      unitPrice: null,
      at: AT,
      month,
      deadlineAt: AT,
    }),
  );
  const captured = await onAll((database, index) =>
    changeLedger(
      database,
      { accountId, reference: `op_${index}`, at: AT },
      async (plan, ledger, trx) => {
        const hold = await findHold(trx, ledger, 'hold_1');
        if (!hold) throw new Error('no hold');
        return captureHold(plan, ledger, { hold, asset: 'message', amount: 3n, at: AT, month });
      },
    ),
  );
  expect(captured.filter(({ kind }) => kind === 'captured')).toHaveLength(6);
});

test('plans over the same ledgers named in any order never wait for each other in a circle', async () => {
  await onAll(async (database, index) => {
    for (const round of [1, 2, 3]) {
      await withTransaction(database, SYSTEM, async (trx) => {
        const ledgers = await lockLedgers(trx, shuffled(accountIds, index * 10 + round));
        const reference = `round_${index}_${round}`;
        const plan = createLedgerPlan([...ledgers.values()], { reference, postedAt: AT });
        for (const ledger of ledgers.values()) grantMoney(plan, ledger, topUp(1n, reference));
        await applyLedgerPlan(trx, plan);
      });
    }
  });
  expect(await countDeadlocks()).toBe(0n);
});
