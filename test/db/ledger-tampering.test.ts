import fc from 'fast-check';
import { Client, DatabaseError } from 'pg';
import { chargeMoney } from '../../domain/ledger/charge';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { captureHold, placeHold } from '../../domain/ledger/hold';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { RUNS_SCALE, SEED } from '../support/ledger-runs';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000 * Math.max(1, RUNS_SCALE));

/**
 * S7: whoever changes the books with the owner's rights, past grants and triggers, is found by ledger/check.
 * Each attempt happens in a transaction of its own that is rolled back.
 */
const AT = '2026-11-10T09:00:00.000Z';
const ACCOUNT = 'acct_1';

let test_: TestDatabase;
let owner: Client;
let transferCount = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await fill(ACCOUNT);
  await fill('acct_2');
  const { rows } = await owner.query<{ count: bigint }>(
    `select count(*) from transfers where ledger_id = 1`,
  );
  transferCount = Number(rows[0]?.count);
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});

async function fill(accountId: string): Promise<void> {
  await makeAccount(test_.database, {
    accountId,
    timeZone: 'Asia/Jakarta',
    currency: 'IDR',
    at: AT,
  });
  for (const number of [1, 2, 3]) {
    const reference = `op_${number}`;
    await changeLedger(test_.database, { accountId, reference, at: AT }, (plan, ledger) => {
      grantMoney(plan, ledger, {
        source: 'wallet_additional',
        amountMicros: 100n,
        at: AT,
        kind: 'grant',
        reference,
        from: 'clearing',
        reason: number === 2 ? null : `payment ${number}`,
      });
      grantUnits(plan, ledger, {
        code: `package/${number}`,
        asset: 'message',
        source: 'package',
        quantity: 10n,
        startsAt: null,
        expiresAt: null,
        at: AT,
        reference,
      });
      chargeMoney(plan, ledger, { amountMicros: 30n, at: AT, kind: 'charge', reference });
      const placed = placeHold(plan, ledger, {
        holdId: `hold_${number}`,
        asset: 'message',
        quantity: 5n,
        unitPrice: null,
        at: AT,
        month: '2026-11',
        deadlineAt: AT,
      });
      if (placed.kind !== 'held') throw new Error('the hold was refused');
      captureHold(plan, ledger, {
        hold: placed.hold,
        asset: 'message',
        amount: 2n,
        at: AT,
        month: '2026-11',
      });
    });
  }
}

/** Statements against ledger 1; each changes at least one row. */
type Tampering = readonly string[];

const numbers = fc.integer({ min: 1, max: 100 }).map((n) => ((n - 1) % transferCount) + 1);

const FLIPS = [
  `debit = debit || 'x'`,
  `debit = case debit when 'wallet/initial' then 'wallet/additional' else 'wallet/initial' end`,
  `credit = credit || 'x'`,
  `credit = case credit when 'wallet/initial' then 'wallet/additional' else 'wallet/initial' end`,
  `debit = credit, credit = debit`,
  `asset = case asset when 'IDR' then 'message' else 'IDR' end`,
  `amount = amount + 1`,
  `amount = amount * 10`,
  `kind = case kind when 'grant' then 'refund' else 'grant' end`,
  `reference = reference || ' '`,
  `reference = upper(reference)`,
  `reason = coalesce(reason || '.', 'null')`,
  `reason = case when reason is null then '' end`,
  `effective_at = effective_at + interval '1 microsecond'`,
  `effective_at = effective_at - interval '1 day'`,
  `posted_at = posted_at + interval '1 millisecond'`,
  `hash = set_byte(hash, 0, (get_byte(hash, 0) + 1) % 256)`,
  `hash = set_byte(hash, 31, (get_byte(hash, 31) + 1) % 256)`,
  `number = number + 1000`,
  `ledger_id = 2, number = number + 1000`,
] as const;

const flips: fc.Arbitrary<Tampering> = fc
  .tuple(numbers, fc.constantFrom(...FLIPS))
  .map(([number, flip]) => [
    `update transfers set ${flip} where ledger_id = 1 and number = ${number}`,
  ]);

const deletions: fc.Arbitrary<Tampering> = fc
  .tuple(numbers, fc.boolean())
  .map(([number, closesGap]) => [
    `delete from transfers where ledger_id = 1 and number = ${number}`,
    ...(closesGap
      ? [
          // Through numbers nobody has: a unique index is checked row by row.
          `update transfers set number = number + 999 where ledger_id = 1 and number > ${number}`,
          `update transfers set number = number - 1000 where ledger_id = 1 and number > 1000`,
          `update ledgers set transfer_count = transfer_count - 1 where id = 1`,
        ]
      : []),
  ]);

const COLUMNS =
  'debit, credit, asset, amount, kind, reference, reason, effective_at, posted_at, hash';
const insertions: fc.Arbitrary<Tampering> = fc
  .tuple(numbers, numbers, fc.boolean())
  .map(([copied, place, isCounted]) => [
    `update transfers set number = number + 1001 where ledger_id = 1 and number >= ${place}`,
    `update transfers set number = number - 1000 where ledger_id = 1 and number > 1000`,
    `insert into transfers (ledger_id, number, ${COLUMNS})
     select 1, ${place}, ${COLUMNS.replace('reference', `reference || '+'`)}
       from transfers where ledger_id = 1 and number = ${copied >= place ? copied + 1 : copied}`,
    ...(isCounted ? [`update ledgers set transfer_count = transfer_count + 1 where id = 1`] : []),
  ]);

/** A transfer added at the end with a hash that fits; the ledger's row still knows the head before. */
const additions: fc.Arbitrary<Tampering> = numbers.map((copied) => [
  `insert into transfers (ledger_id, number, ${COLUMNS})
   select 1, ${transferCount + 1}, ${COLUMNS.replace('reference', `'forged'`)}
     from transfers where ledger_id = 1 and number = ${copied}`,
  `update transfers t
      set hash = sha256((select hash from transfers where ledger_id = 1 and number = ${transferCount})
                        || convert_to(transfer_text(t), 'UTF8'))
    where ledger_id = 1 and number = ${transferCount + 1}`,
  `update ledgers set transfer_count = transfer_count + 1 where id = 1`,
]);

const reorderings: fc.Arbitrary<Tampering> = fc
  .tuple(numbers, fc.integer({ min: 1, max: 5 }))
  .map(([first, distance]) => {
    const second = ((first - 1 + distance) % transferCount) + 1;
    return [
      `update transfers set number = 1000 where ledger_id = 1 and number = ${first}`,
      `update transfers set number = ${first} where ledger_id = 1 and number = ${second}`,
      `update transfers set number = ${second} where ledger_id = 1 and number = 1000`,
    ];
  });

const caches: fc.Arbitrary<Tampering> = fc
  .constantFrom(
    `update buckets set posted = posted + 1 where ledger_id = 1 and code = 'wallet/initial'`,
    `update buckets set posted = posted - 1 where ledger_id = 1 and code = 'wallet/additional'`,
    `update buckets set held = held - 1 where ledger_id = 1 and code = 'package/1'`,
    `update buckets set granted = granted + 1 where ledger_id = 1 and code = 'package/3'`,
    `update buckets set asset = 'call_second' where ledger_id = 1 and code = 'package/2'`,
    `delete from buckets where ledger_id = 1 and code = 'package/2'`,
    `update holds set remaining = remaining - 1 where ledger_id = 1 and hold_id = 'hold_2'`,
    `delete from holds where ledger_id = 1 and hold_id = 'hold_3'`,
    `update ledgers set transfer_count = transfer_count - 1 where id = 1`,
    `update ledgers set chain_head = set_byte(chain_head, 5, (get_byte(chain_head, 5) + 1) % 256) where id = 1`,
    `update ledgers set chain_head = '' where id = 1`,
  )
  .map((statement) => [statement]);

interface Check {
  readonly chain_intact: boolean;
  readonly assets: { readonly sum: string; readonly cached_equals_posted: boolean }[];
}

async function check(): Promise<{ readonly isSound: boolean; readonly found: Check | undefined }> {
  const { rows } = await owner.query<{ found: Check }>('select check_ledger(1) as found');
  const found = rows[0]?.found;
  const isSound =
    found?.chain_intact === true &&
    found.assets.every(({ sum, cached_equals_posted: isEqual }) => sum === '0' && isEqual);
  return { isSound, found };
}

/** What becomes of the statements, which are undone: refused by a constraint, found by the check, or unseen. */
async function judge(statements: Tampering): Promise<'refused' | 'found' | 'unseen'> {
  await owner.query('begin');
  try {
    // Past the trigger, as a superuser can.
    await owner.query('set local session_replication_role = replica');
    for (const statement of statements) await owner.query(statement);
    return (await check()).isSound ? 'unseen' : 'found';
  } catch (error) {
    if (error instanceof DatabaseError && error.code?.startsWith('23')) return 'refused';
    throw error;
  } finally {
    await owner.query('rollback');
  }
}

test('the books are sound before', async () => {
  expect(transferCount).toBe(12);
  expect((await check()).isSound).toBe(true);
});

test.each<[string, fc.Arbitrary<Tampering>, number]>([
  ['flipped', flips, 150],
  ['deleted', deletions, 30],
  ['inserted', insertions, 40],
  ['added at the end with a hash that fits', additions, 15],
  ['reordered', reorderings, 40],
  ['changed in a cached balance, a hold or the ledger', caches, 30],
])(`S7 any row that is %s is found (seed ${SEED})`, async (_, tamperings, numRuns) => {
  await fc.assert(
    fc.asyncProperty(tamperings, async (statements) => {
      expect(await judge(statements)).not.toBe('unseen');
    }),
    { numRuns: numRuns * RUNS_SCALE, seed: SEED },
  );
});

test('S7 every flip of every row, one by one', async () => {
  const seen = { refused: 0, found: 0, unseen: 0 };
  for (const flip of FLIPS) {
    for (let number = 1; number <= transferCount; number += 1) {
      const statement = `update transfers set ${flip} where ledger_id = 1 and number = ${number}`;
      seen[await judge([statement])] += 1;
    }
  }
  expect(seen.unseen).toBe(0);
  // Most must reach the check, or the test shows nothing.
  expect(seen.found).toBeGreaterThan(200);
});
