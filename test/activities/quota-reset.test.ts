import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  createQuotaResetActivities,
  type QuotaResetActivities,
} from '../../activities/month/quota-reset.activities';
import { planZones } from '../../activities/month/plan-turns';
import { turnMonthOf } from '../../activities/month/turn-accounts';
import { listEvents } from '../../db/repositories/event.repository';
import { checkLedger, listBuckets } from '../../db/repositories/ledger.repository';
import { insertTestClock } from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { clawBackMoney } from '../../domain/ledger/payback';
import { setAllowance } from '../../domain/ledger/month';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';

const NOVEMBER = '2026-11-10T00:00:00.000Z';
const RECORDED_AT = '2026-11-30T17:05:00.000Z';
/** 00:00 on 1 December in Jakarta. */
const DECEMBER = { month: '2026-12', at: '2026-11-30T17:00:00.000Z' };
const JAKARTA = 'Asia/Jakarta';
/** Accounts set aside are logged by the worker around it; here that is what is tested. */
const SILENT = new DefaultLogger('ERROR');

let test: TestDatabase;
let activities: QuotaResetActivities;
let accountsMade = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  activities = createQuotaResetActivities({ database: test.database, now: () => RECORDED_AT });
});
afterAll(async () => {
  await test?.drop();
});

function run<T>(work: () => Promise<T>): Promise<T> {
  return new MockActivityEnvironment({}, { logger: SILENT }).run(work);
}

/** An account with 100 conversations and 50 visitors a month, of which November has been opened. */
async function openAccount(timeZone: string): Promise<string> {
  accountsMade += 1;
  const accountId = `acct_${accountsMade}`;
  await makeAccount(test.database, { accountId, timeZone, currency: 'IDR', at: NOVEMBER });
  const change = { accountId, reference: 'plan', at: NOVEMBER };
  await changeLedger(test.database, change, (plan, ledger) => {
    for (const [asset, quantity] of [
      ['wa_conversation', 100n],
      ['unique_visitor', 50n],
    ] as const) {
      setAllowance(plan, ledger, { asset, fromMonth: '2026-11', quantity, at: NOVEMBER });
    }
  });
  return accountId;
}

async function bucketsOf(accountId: string, at: string): Promise<Record<string, bigint>> {
  const buckets = await withTransaction(test.database, SYSTEM, (trx) =>
    listBuckets(trx, { accountId, at }),
  );
  return Object.fromEntries(buckets.map(({ code, posted }) => [code, posted]));
}

async function eventsOf(accountId: string): Promise<{ type: string; data: unknown }[]> {
  const events = await withTransaction(test.database, SYSTEM, (trx) =>
    listEvents(trx, { limit: 10, beforePosition: null, accountId }),
  );
  return events.map(({ type, data }) => ({ type, data }));
}

describe('the turn of a month', () => {
  it('R3.07 ends the quotas of the month before, grants the new ones, and tells what it did', async () => {
    const accountId = await openAccount(JAKARTA);
    expect(await run(() => activities.turnZone({ timeZone: JAKARTA, ...DECEMBER }))).toEqual({
      turned: 1,
      setAside: 0,
    });
    expect(await bucketsOf(accountId, DECEMBER.at)).toEqual({
      'quota/wa_conversation/2026-12': 100n,
      'quota/unique_visitor/2026-12': 50n,
      'wallet/initial': 0n,
      'wallet/additional': 0n,
    });
    expect(await eventsOf(accountId)).toEqual([
      {
        type: 'quota.reset',
        data: {
          month: '2026-12',
          conversations_forfeited: 100,
          visitors_forfeited: 50,
          conversations_granted: 100,
          visitors_granted: 50,
          balance_granted: '0.00',
          debt_settled: '0.00',
          currency: 'IDR',
        },
      },
    ]);
  });

  it('I5 changes nothing when it comes twice', async () => {
    const accountId = await openAccount(JAKARTA);
    await run(() => activities.turnZone({ timeZone: JAKARTA, ...DECEMBER }));
    const before = await bucketsOf(accountId, DECEMBER.at);
    expect(await run(() => activities.turnZone({ timeZone: JAKARTA, ...DECEMBER }))).toEqual({
      turned: 0,
      setAside: 0,
    });
    expect(await bucketsOf(accountId, DECEMBER.at)).toEqual(before);
    expect(await eventsOf(accountId)).toHaveLength(1);
  });

  it('R3.15 settles a debt of the additional wallet from the initial one', async () => {
    const accountId = await openAccount(JAKARTA);
    const change = { accountId, reference: 'story', at: NOVEMBER };
    await changeLedger(test.database, change, (plan, ledger) => {
      const terms = { at: NOVEMBER, from: 'clearing', kind: 'grant' } as const;
      grantMoney(plan, ledger, {
        ...terms,
        source: 'wallet_initial',
        amountMicros: 350_000_000_000n,
        reference: 'balance',
      });
      const initial = ledger.buckets.find(({ code }) => code === 'wallet/initial');
      // Held while the debt arises, so that only the month's turn settles it.
      if (initial !== undefined) initial.held = initial.posted;
      clawBackMoney(plan, ledger, {
        amountMicros: 500_000_000_000n,
        at: NOVEMBER,
        reference: 'chargeback',
      });
    });
    await run(() => activities.turnZone({ timeZone: JAKARTA, ...DECEMBER }));
    expect(await bucketsOf(accountId, DECEMBER.at)).toMatchObject({
      'wallet/initial': 0n,
      'wallet/additional': -150_000_000_000n,
    });
    const [event] = await eventsOf(accountId);
    expect(event?.data).toMatchObject({ debt_settled: '350000.00' });
  });

  it('sets an account aside that cannot be turned, turns all others, and tries it again', async () => {
    const zone = 'Asia/Makassar';
    const accountIds: string[] = [];
    for (let made = 0; made < 5; made += 1) accountIds.push(await openAccount(zone));
    const [first = '', poisoned = '', ...others] = accountIds;
    // Its quota of December has come and gone behind the ledger's back: it cannot be opened again.
    await withTransaction(test.database, SYSTEM, (trx) =>
      trx.raw(
        `insert into buckets (ledger_id, code, asset, source, month, closed_at)
         select id, 'quota/unique_visitor/2026-12', 'unique_visitor', 'plan_quota', '2026-12-01', now()
           from ledgers where account_id = ?`,
        [poisoned],
      ),
    );
    const turn = { timeZone: zone, month: '2026-12', at: '2026-11-30T16:00:00.000Z' };
    expect(await run(() => activities.turnZone(turn))).toEqual({ turned: 4, setAside: 1 });
    for (const accountId of [first, ...others]) {
      expect(await bucketsOf(accountId, turn.at)).toMatchObject({
        'quota/unique_visitor/2026-12': 50n,
      });
    }
    expect(await run(() => activities.turnSetAside(turn))).toBe(1);
    await withTransaction(test.database, SYSTEM, (trx) =>
      trx('ledgers').where({ account_id: poisoned }).update({ open_month: '2026-12-01' }),
    );
    expect(await run(() => activities.turnSetAside(turn))).toBe(0);
    expect(await run(() => activities.turnSetAside(turn))).toBe(0);
    for (const accountId of accountIds) {
      const check = await withTransaction(test.database, SYSTEM, (trx) =>
        checkLedger(trx, accountId),
      );
      expect(check.chainIntact).toBe(true);
    }
  });

  it('leaves accounts on a test clock to their clock', async () => {
    const zone = 'Asia/Jayapura';
    const accountId = await openAccount(zone);
    const turn = { timeZone: zone, month: '2026-12', at: '2026-11-30T15:00:00.000Z' };
    await withTransaction(test.database, SYSTEM, async (trx) => {
      await insertTestClock(trx, {
        id: 'clk_1',
        partnerId: null,
        name: 'clock',
        now: NOVEMBER,
        status: 'ready',
        advancingTo: null,
        failure: null,
        createdAt: NOVEMBER,
      });
      await trx('accounts').where({ id: accountId }).update({ test_clock_id: 'clk_1' });
    });
    expect(await run(() => activities.turnZone(turn))).toEqual({ turned: 0, setAside: 0 });
    const dependencies = { database: test.database, now: () => RECORDED_AT };
    const walk = (to: string) => turnMonthOf(dependencies, { accountId, to });
    expect(await walk('2026-11-30T14:59:59.999Z')).toBe(false);
    expect(await walk('2027-01-05T00:00:00.000Z')).toBe(true);
    expect(await bucketsOf(accountId, turn.at)).toMatchObject({
      'quota/unique_visitor/2026-12': 50n,
    });
    expect(await walk('2027-01-05T00:00:00.000Z')).toBe(true);
    expect(await walk('2027-01-05T00:00:00.000Z')).toBe(false);
    expect((await eventsOf(accountId)).map(({ type }) => type)).toEqual([
      'quota.reset',
      'quota.reset',
    ]);
  });

  it.each([
    ['Asia/Kolkata', '2026-12', '2026-11-30T18:30:00.000Z'],
    ['Europe/Istanbul', '2026-12', '2026-11-30T21:00:00.000Z'],
    ['America/New_York', '2026-12', '2026-12-01T05:00:00.000Z'],
    ['America/New_York', '2027-04', '2027-04-01T04:00:00.000Z'],
    ['America/Asuncion', '2023-10', '2023-10-01T04:00:00.000Z'],
  ])('I9 in %s the month %s begins at %s', async (timeZone, month, at) => {
    const accountId = await openAccount(timeZone);
    const lastMonth = await withTransaction(test.database, SYSTEM, (trx) =>
      trx('ledgers')
        .where({ account_id: accountId })
        .update({ turned_to: trx.raw(`?::date - interval '1 month'`, [`${month}-01`]) }),
    );
    expect(lastMonth).toBe(1);
    const dependencies = { database: test.database, now: () => RECORDED_AT };
    const before = new Date(Date.parse(at) - 1).toISOString();
    expect(await turnMonthOf(dependencies, { accountId, to: before })).toBe(false);
    expect(await turnMonthOf(dependencies, { accountId, to: at })).toBe(true);
  });

  it('plans a turn for each zone in use, and none for a zone that nobody lives in', async () => {
    const zones = await planZones(test.database, RECORDED_AT);
    expect(zones).toContainEqual({
      version: 1,
      timeZone: JAKARTA,
      month: '2026-12',
      at: '2026-11-30T17:00:00.000Z',
    });
    const names = zones.map(({ timeZone }) => timeZone);
    expect(names).toEqual([...new Set(names)].sort());
    const next = (timeZone: string) =>
      run(() => activities.planNextTurn({ timeZone, month: '2026-12' }));
    expect(await next(JAKARTA)).toEqual({
      version: 1,
      timeZone: JAKARTA,
      month: '2027-01',
      at: '2026-12-31T17:00:00.000Z',
    });
    expect(await next('Pacific/Apia')).toBeNull();
  });
});
