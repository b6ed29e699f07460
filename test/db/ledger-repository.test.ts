import { Client } from 'pg';
import {
  applyLedgerPlan,
  checkLedger,
  createLedger,
  findHold,
  listBuckets,
  lockLedgers,
} from '../../db/repositories/ledger.repository';
import { listOpenHolds, listTransfers } from '../../db/repositories/transfer.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { chargeMoney } from '../../domain/ledger/charge';
import { forfeitBucket } from '../../domain/ledger/expiry';
import { grantMoney, grantUnits, type MoneyGrant } from '../../domain/ledger/grant';
import { captureHold, placeHold, releaseHold } from '../../domain/ledger/hold';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { closeMonthsBefore, openMonths, setAllowance } from '../../domain/ledger/month';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type Change, changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-11-10T09:00:00.000Z';
const LATER = '2026-11-11T09:00:00.000Z';

let test_: TestDatabase;
let owner: Client;
let accountId: string;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  made += 1;
  accountId = `acct_repository${made}`;
  const account = { accountId, timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
  await makeAccount(test_.database, account);
});
afterEach(async () => {
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

function change<T>(
  decide: Parameters<typeof changeLedger<T>>[2],
  other: Partial<Change> = {},
): Promise<T> {
  made += 1;
  const reference = `op_${made}`;
  return changeLedger(test_.database, { accountId, reference, at: AT, ...other }, decide);
}

const topUp = (amountMicros: bigint, reference = 'top_1'): MoneyGrant => ({
  source: 'wallet_additional',
  amountMicros,
  at: AT,
  kind: 'grant',
  reference,
  from: 'clearing',
});
const grantsMoney = (grant: MoneyGrant) => (plan: LedgerPlan, ledger: LedgerState) =>
  grantMoney(plan, ledger, grant);

const inSystem = <T>(work: Parameters<typeof withTransaction<T>>[2]) =>
  withTransaction(test_.database, SYSTEM, work);
const balances = (at = AT) => inSystem((trx) => listBuckets(trx, { accountId, at }));
const postedIn = async (code: string) =>
  (await balances()).find((bucket) => bucket.code === code)?.posted;

describe('creating a ledger', () => {
  test('opens two empty wallets in the account currency, and once', async () => {
    const ledger = { accountId, timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
    const ids = await inSystem(async (trx) => [
      await createLedger(trx, ledger),
      await createLedger(trx, ledger),
    ]);
    expect(ids[0]).toBe(ids[1]);
    expect(await balances()).toMatchObject([
      { code: 'wallet/initial', asset: 'IDR', posted: 0n, available: 0n, burnOrder: 1 },
      { code: 'wallet/additional', asset: 'IDR', posted: 0n, available: 0n, burnOrder: 2 },
    ]);
  });

  test('marks the month before the local one as open', async () => {
    // 31 October 18:00 UTC is 1 November in Jakarta.
    const at = '2026-10-31T18:00:00.000Z';
    const jakarta = { accountId: `${accountId}b`, timeZone: 'Asia/Jakarta', currency: 'IDR', at };
    await makeAccount(test_.database, jakarta);
    const ledgers = await inSystem((trx) => lockLedgers(trx, [jakarta.accountId]));
    expect(ledgers.get(jakarta.accountId)?.openMonth).toBe('2026-10');
  });
});

describe('locking', () => {
  test('answers the ledgers there are, by account', async () => {
    const ledgers = await inSystem((trx) => lockLedgers(trx, ['acct_nobody', accountId]));
    expect([...ledgers.keys()]).toEqual([accountId]);
    expect(ledgers.get(accountId)).toMatchObject({
      accountId,
      currency: 'IDR',
      timeZone: 'Asia/Jakarta',
      transferCount: 0,
      chainHead: '',
    });
    expect(await inSystem((trx) => lockLedgers(trx, []))).toEqual(new Map());
  });

  test('reads all a decision needs, exactly as it was written', async () => {
    await change((plan, ledger) => {
      grantUnits(plan, ledger, {
        code: 'package/pkg_1',
        asset: 'message',
        source: 'package',
        quantity: 9_007_199_254_740_993n,
        startsAt: '2026-11-10T09:00:00.001Z',
        expiresAt: '2026-12-01T00:00:00.999Z',
        at: AT,
        reference: 'pkg_1',
      });
      setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 5n, at: AT });
    });
    const ledger = (await inSystem((trx) => lockLedgers(trx, [accountId], ['pkg_1']))).get(
      accountId,
    );
    expect(ledger?.buckets[0]).toEqual({
      code: 'package/pkg_1',
      asset: 'message',
      source: 'package',
      month: null,
      startsAtMs: Date.parse('2026-11-10T09:00:00.001Z'),
      expiresAtMs: Date.parse('2026-12-01T00:00:00.999Z'),
      creditLimit: 0n,
      channels: null,
      granted: 9_007_199_254_740_993n,
      posted: 9_007_199_254_740_993n,
      held: 0n,
    });
    expect(ledger?.buckets[1]).toMatchObject({ startsAtMs: -Infinity, expiresAtMs: Infinity });
    expect(ledger?.allowances).toEqual([{ asset: 'message', fromMonth: '2026-11', quantity: 5n }]);
    expect(ledger?.happened).toEqual([
      {
        kind: 'grant',
        reference: 'pkg_1',
        debit: 'issuance/message',
        credit: 'package/pkg_1',
        asset: 'message',
        amount: 9_007_199_254_740_993n,
      },
    ]);
    expect(ledger?.transferCount).toBe(1);
    expect(ledger?.chainHead).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('one thing happens once', () => {
  test('a grant under a known reference is recognised as a repeat', async () => {
    await change(grantsMoney(topUp(500n)));
    const again = await change(grantsMoney(topUp(500n)), { references: ['top_1'] });
    expect(again.isRepeat).toBe(true);
    expect(await postedIn('wallet/additional')).toBe(500n);
  });

  test('a known reference with another amount is an alarm, and nothing moves', async () => {
    await change(grantsMoney(topUp(500n)));
    await expect(change(grantsMoney(topUp(501n)), { references: ['top_1'] })).rejects.toMatchObject(
      { code: 'conflict' },
    );
    expect(await postedIn('wallet/additional')).toBe(500n);
  });

  test('PostgreSQL refuses the second one when nobody looked, whatever its amount', async () => {
    await change(grantsMoney(topUp(500n)));
    for (const amountMicros of [500n, 501n]) {
      const error = await change(grantsMoney(topUp(amountMicros))).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(BillingError);
      expect(error).toMatchObject({
        code: 'conflict',
        details: { constraint: 'transfers_happen_once' },
      });
    }
    expect(await postedIn('wallet/additional')).toBe(500n);
  });

  test('a charge under a known reference answers its first parts', async () => {
    await change((plan, ledger) => {
      grantMoney(plan, ledger, { ...topUp(300n, 'a'), source: 'promotional' });
      grantMoney(plan, ledger, topUp(900n, 'b'));
    });
    const renewal = { amountMicros: 1_000n, at: AT, kind: 'charge', reference: 'sub_1/2' } as const;
    const charges = (plan: LedgerPlan, ledger: LedgerState) => chargeMoney(plan, ledger, renewal);
    const parts = [
      { bucket: 'promotional/a', amountMicros: 300n },
      { bucket: 'wallet/additional', amountMicros: 700n },
    ];
    expect(await change(charges)).toEqual({ kind: 'charged', parts, isRepeat: false });
    // 200 are left: without the reference this would be refused.
    const again = await change(charges, { references: [renewal.reference] });
    expect(again).toEqual({ kind: 'charged', parts, isRepeat: true });
    expect(await postedIn('wallet/additional')).toBe(200n);
  });

  test('an empty plan writes nothing, and a plan is applied once', async () => {
    await inSystem(async (trx) => {
      const ledgers = await lockLedgers(trx, [accountId]);
      const plan = createLedgerPlan([...ledgers.values()], { reference: 'none', postedAt: AT });
      await applyLedgerPlan(trx, plan);
      await expect(applyLedgerPlan(trx, plan)).rejects.toThrow('applied once');
    });
    expect(await inSystem((trx) => checkLedger(trx, accountId))).toMatchObject({
      transferCount: 0n,
      chainIntact: true,
    });
  });

  test('two plans in one transaction continue one chain', async () => {
    await inSystem(async (trx) => {
      const ledgers = await lockLedgers(trx, [accountId]);
      for (const [ledger] of [[...ledgers.values()], [...ledgers.values()]]) {
        if (!ledger) throw new Error('no ledger');
        made += 1;
        const plan = createLedgerPlan([ledger], { reference: 'two', postedAt: AT });
        grantMoney(plan, ledger, topUp(1n, `top_${made}`));
        await applyLedgerPlan(trx, plan);
      }
    });
    expect(await postedIn('wallet/additional')).toBe(2n);
  });

  test('moving between two ledgers locks both and keeps both chains', async () => {
    const other = `${accountId}b`;
    await makeAccount(test_.database, {
      accountId: other,
      timeZone: 'Asia/Kolkata',
      currency: 'IDR',
      at: AT,
    });
    await inSystem(async (trx) => {
      const ledgers = await lockLedgers(trx, [other, accountId]);
      const plan = createLedgerPlan([...ledgers.values()], { reference: 'both', postedAt: AT });
      for (const ledger of ledgers.values()) grantMoney(plan, ledger, topUp(7n, 'both'));
      await applyLedgerPlan(trx, plan);
    });
    expect(await findViolations(owner, [accountId, other])).toEqual([]);
    expect(await postedIn('wallet/additional')).toBe(7n);
  });
});

describe('holds', () => {
  const hold = {
    holdId: 'hold_1',
    asset: 'message',
    quantity: 8n,
    unitPrice: 10_000n,
    at: AT,
    month: '2026-11',
    deadlineAt: LATER,
  };
  const package_ = {
    code: 'package/pkg_1',
    asset: 'message',
    source: 'package',
    quantity: 5n,
    startsAt: null,
    expiresAt: '2026-11-20T00:00:00.000Z',
    at: AT,
    reference: 'pkg_1',
  } as const;

  beforeEach(async () => {
    await change((plan, ledger) => {
      grantUnits(plan, ledger, package_);
      grantMoney(plan, ledger, topUp(10n));
      expect(placeHold(plan, ledger, hold).kind).toBe('held');
    });
  });

  const withHold = <T>(
    decide: (
      plan: LedgerPlan,
      ledger: LedgerState,
      found: Parameters<typeof captureHold>[2]['hold'],
    ) => T,
  ) =>
    change(async (plan, ledger, trx) => {
      const found = await findHold(trx, ledger, 'hold_1');
      if (!found) throw new Error('no hold');
      return decide(plan, ledger, found);
    });

  test('are held in the buckets, captured in part, released once', async () => {
    expect(await balances()).toMatchObject([
      { code: 'package/pkg_1', posted: 5n, held: 5n, available: 0n },
      { code: 'wallet/initial', held: 0n },
      { code: 'wallet/additional', posted: 10n, held: 3n, available: 7n },
    ]);
    const pending = await inSystem((trx) => listOpenHolds(trx, { accountId, limit: 10 }));
    expect(pending).toMatchObject([
      { debit: 'package/pkg_1', credit: 'consumption/message', amount: 5n, state: 'pending' },
      { debit: 'wallet/additional', credit: 'revenue/IDR', amount: 3n, reference: 'hold_1' },
    ]);
    const at = { at: LATER, month: '2026-11' };
    const capture = (asset: string, amount: bigint) =>
      withHold((plan, ledger, found) =>
        captureHold(plan, ledger, { hold: found, asset, amount, ...at }),
      );
    expect(await capture('message', 4n)).toMatchObject({ kind: 'captured' });
    expect(await capture('message', 2n)).toEqual({ kind: 'exceeds_hold', remaining: 1n });
    expect(await capture('IDR', 3n)).toMatchObject({ kind: 'captured' });
    const release = () =>
      withHold((plan, ledger, found) => releaseHold(plan, ledger, { hold: found, ...at }));
    expect(await release()).toEqual([{ bucket: 'package/pkg_1', amount: 1n }]);
    expect(await release()).toEqual([]);
    expect(await balances()).toMatchObject([
      { code: 'package/pkg_1', posted: 1n, held: 0n },
      { code: 'wallet/initial', held: 0n },
      { code: 'wallet/additional', posted: 7n, held: 0n },
    ]);
  });

  test('an id is used once, even after the hold has ended and in another bucket', async () => {
    const again = () =>
      change((plan, ledger) => placeHold(plan, ledger, { ...hold, quantity: 1n }));
    await expect(again()).rejects.toMatchObject({ code: 'conflict' });
    await withHold((plan, ledger, found) =>
      releaseHold(plan, ledger, { hold: found, at: LATER, month: '2026-11' }),
    );
    await expect(again()).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a package ended early keeps what is held, and its release forfeits it', async () => {
    const end = { code: 'package/pkg_1', at: LATER, reference: 'pkg_1' };
    await change((plan, ledger) => {
      expect(forfeitBucket(plan, ledger, end)).toEqual({ forfeited: 0n, isClosed: false });
    });
    expect((await balances(LATER))[0]).toMatchObject({ posted: 5n, held: 5n, available: 0n });
    await withHold((plan, ledger, found) =>
      releaseHold(plan, ledger, { hold: found, at: LATER, month: '2026-11' }),
    );
    expect((await balances(LATER)).map(({ code }) => code)).toEqual([
      'wallet/initial',
      'wallet/additional',
    ]);
  });

  test('nobody can capture more than is held, not even with a forged state', async () => {
    await expect(
      withHold((plan, ledger, found) => {
        const [part] = found.parts;
        if (part) part.remaining = 6n;
        const bucket = ledger.buckets[0];
        if (bucket) bucket.held = 6n;
        captureHold(plan, ledger, {
          hold: found,
          asset: 'message',
          amount: 6n,
          at: LATER,
          month: '2026-11',
        });
      }),
    ).rejects.toThrow(/holds_pay_no_more_than_held|buckets_never_overdrawn|only shrinks/);
  });
});

describe('what the account reads', () => {
  test('shows a quota of a new month full before its first use, and its end in local time', async () => {
    await change((plan, ledger) => {
      setAllowance(plan, ledger, {
        asset: 'message',
        fromMonth: '2026-11',
        quantity: 100n,
        at: AT,
      });
    });
    expect((await balances('2026-11-30T16:59:59.999Z'))[0]).toMatchObject({
      code: 'quota/message/2026-11',
      available: 100n,
      expiresAt: '2026-11-30T17:00:00.000Z',
    });
    expect((await balances('2026-11-30T17:00:00.000Z'))[0]).toMatchObject({
      code: 'quota/message/2026-12',
      available: 100n,
      expiresAt: '2026-12-31T17:00:00.000Z',
    });
  });

  test('leaves out what has ended, and closing a month closes its quotas', async () => {
    const atMs = Date.parse(AT);
    await change((plan, ledger) => {
      setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 9n, at: AT });
      openMonths(plan, ledger, { month: '2026-11', atMs });
    });
    const december = '2026-12-05T00:00:00.000Z';
    expect((await balances(december))[0]?.code).toBe('quota/message/2026-12');
    const november = { code: 'quota/message/2026-11', asset: 'message', amount: 9n };
    for (const forfeited of [[november], []]) {
      const closed = await change((plan, ledger) =>
        closeMonthsBefore(plan, ledger, { month: '2026-12', at: december }),
      );
      expect(closed.forfeited).toEqual(forfeited);
    }
  });

  test('pages through transfers, the newest first', async () => {
    for (const number of [1, 2, 3]) {
      await change(
        grantsMoney({ ...topUp(BigInt(number), `top_${number}`), reason: `no. ${number}` }),
      );
    }
    const page = (cursor: string | null) =>
      inSystem((trx) => listTransfers(trx, { accountId, limit: 2, cursor }));
    const first = await page(null);
    expect(first.items.map(({ reference }) => reference)).toEqual(['top_3', 'top_2']);
    expect(first.items[0]).toEqual({
      id: `tr_${accountId.slice(5)}_3`,
      kind: 'grant',
      debit: 'clearing/IDR',
      credit: 'wallet/additional',
      asset: 'IDR',
      amount: 3n,
      state: 'posted',
      effectiveAt: AT,
      postedAt: AT,
      reference: 'top_3',
      reason: 'no. 3',
    });
    const second = await page(first.nextCursor);
    expect(second.items.map(({ reference }) => reference)).toEqual(['top_1']);
    expect(second.nextCursor).toBeNull();
  });

  test('an account without a ledger is unknown', async () => {
    const nobody = { accountId: 'acct_nobody', at: AT };
    await expect(inSystem((trx) => listBuckets(trx, nobody))).rejects.toMatchObject({
      code: 'unknown_account',
    });
    await expect(inSystem((trx) => checkLedger(trx, 'acct_nobody'))).rejects.toMatchObject({
      code: 'unknown_account',
    });
  });
});
