import type { ActivityDependencies } from '../../activities/dependencies';
import { createPackageActivities } from '../../activities/package/package.activities';
import { createDatabase, type Database } from '../../db/connection';
import { findEarliestDue, findLifecycle } from '../../db/repositories/lifecycle.repository';
import {
  archivePackageOffer,
  findPackageOffer,
  insertPackageOffer,
  listPackageOffers,
  listPlanUnitPrices,
} from '../../db/repositories/package-offer.repository';
import {
  listPackages,
  readPackageUnits,
  type PackageFilter,
  packages,
} from '../../db/repositories/package.repository';
import { SYSTEM, type Tenant } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { formatAmount } from '../../domain/money';
import { decideNextAction } from '../../domain/package/package';
import { findNotCheaper } from '../../domain/package/package-offer';
import { PACKAGE_OFFERS } from '../../scripts/catalogue-packages';
import { seedCatalogue } from '../../scripts/catalogue';
import { buildEvent, MESSAGE, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { allowMissingOrders, BULK, givePackage } from '../support/give-package';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { publishPrices, recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const AT = '2026-11-01T10:00:00.000Z';
const NOW = '2026-11-22T10:00:00.000Z';

let test_: TestDatabase;
let owner: Database;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = createDatabase({ url: test_.ownerUrl, applicationName: 'tollgate-test-owner' });
  await owner.raw(`select create_usage_partitions('2026-10-01', 6)`);
  await allowMissingOrders(owner);
  await seedCatalogue(test_.database, AT);
  // 0.60 INR a message, in 1e-10 of a rupee.
  await publishPrices(test_.database, 'INR', { 1: 6_000_000_000n });
});
afterAll(async () => {
  await owner.destroy();
  await test_.drop();
});

function as<T>(tenant: Tenant, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(test_.database, tenant, work);
}

async function newAccount(): Promise<string> {
  made += 1;
  const accountId = `acct_${made}`;
  const place = { timeZone: 'Asia/Kolkata', currency: 'INR', at: AT };
  await makeAccount(test_.database, { accountId, ...place });
  return accountId;
}

function send(accountId: string, quantity: bigint, to: string | null = null, channel = 'sms') {
  made += 1;
  const facts = { ...MESSAGE, channel, quantity, to };
  return recorderOf(test_.database).recordUsage({
    events: [buildEvent({ accountId, key: uuidOf(made), occurredAt: NOW, facts })],
    reference: `broadcast ${made}`,
    recordedAt: NOW,
  });
}

describe('the seeded packages', () => {
  const sold = (code: string) =>
    as(SYSTEM, (trx) =>
      listPackageOffers(trx, {
        kind: ['nexus', 'pro', 'elite'].includes(code) ? 'minute_bundle' : 'message_package',
        code,
        limit: 10,
        after: null,
      }),
    );

  it.each([
    ['nexus', 300],
    ['pro', 150],
    ['elite', 100],
  ])('R2.07 %s is a bundle of %i minutes in four currencies', async (code, minutes) => {
    const offers = (await sold(code)).map(({ offer }) => offer);
    expect(offers.map(({ units }) => units)).toEqual([minutes, minutes, minutes, minutes]);
    expect(offers.map(({ price }) => price.currency)).toEqual(['IDR', 'INR', 'TRY', 'USD']);
  });

  it('R0.01 has one of 10 000 messages at 4 500.00 INR', async () => {
    const wanted = { kind: 'message_package', code: 'bulk-10k', currency: 'INR' } as const;
    const offer = await as(SYSTEM, (trx) => findPackageOffer(trx, wanted));
    expect(offer && [offer.units, formatAmount(offer.price), offer.validityDays]).toEqual([
      10_000,
      '4500.00',
      90,
    ]);
  });

  it('R0.02 is cheaper by the unit than every plan, but the smallest than Enterprise', async () => {
    const dear: string[] = [];
    for (const offer of PACKAGE_OFFERS) {
      const unit = offer.kind === 'message_package' ? 'message' : 'call_minute';
      const { currency } = offer.price;
      const plans = await as(SYSTEM, (trx) => listPlanUnitPrices(trx, { unit, currency }));
      expect(plans.map(({ planCode }) => planCode)).toEqual(
        expect.arrayContaining(['basic', 'enterprise', 'growth']),
      );
      dear.push(...findNotCheaper(offer, plans).map((plan) => `${offer.code} ${currency} ${plan}`));
    }
    expect(dear).toEqual([
      'bulk-10k INR enterprise',
      'bulk-10k TRY enterprise',
      'bulk-10k IDR enterprise',
      'bulk-10k USD enterprise',
    ]);
  });

  it('seeded again changes nothing, and brings back nothing that was archived', async () => {
    const gone = { kind: 'minute_bundle', code: 'elite', currency: 'USD' } as const;
    await as(SYSTEM, (trx) => archivePackageOffer(trx, { ...gone, at: NOW }));
    await seedCatalogue(test_.database, NOW);
    expect(await as(SYSTEM, (trx) => findPackageOffer(trx, gone))).toBeNull();
    expect((await sold('elite')).map(({ createdAt }) => createdAt)).toEqual([AT, AT, AT]);
  });
});

describe('an offer', () => {
  it('is read back as it was written, and is found in its currency only', async () => {
    const offer = { ...BULK, code: 'odd', units: 3, validityDays: 7, channels: ['sms'] };
    const written = await as(SYSTEM, (trx) => insertPackageOffer(trx, { offer }, NOW));
    const [read] = await as(SYSTEM, (trx) =>
      listPackageOffers(trx, { kind: 'message_package', code: 'odd', limit: 5, after: null }),
    );
    expect(read).toEqual(written);
    const find = (kind: 'message_package' | 'minute_bundle', currency: 'INR' | 'USD') =>
      as(SYSTEM, (trx) => findPackageOffer(trx, { kind, code: 'odd', currency }));
    expect(await find('message_package', 'INR')).toEqual(offer);
    expect(await find('message_package', 'USD')).toBeNull();
    expect(await find('minute_bundle', 'INR')).toBeNull();
  });

  it('is refused when its code is taken in its currency', async () => {
    const offer = { ...BULK, code: 'taken' };
    const sell = () => as(SYSTEM, (trx) => insertPackageOffer(trx, { offer }, NOW));
    await sell();
    await expect(sell()).rejects.toMatchObject({ code: 'already_exists' });
  });
});

describe('a bought package', () => {
  const give = (accountId: string, id: string, change: Partial<typeof BULK> = {}, at = AT) =>
    givePackage(test_.database, { id, accountId, offer: { ...BULK, ...change }, at });
  const idsOf = async (accountId: string, filter: PackageFilter, at = NOW) => {
    const query = {
      accountId,
      kind: 'message_package',
      filter,
      at,
      limit: 10,
      before: null,
    } as const;
    return (await as(SYSTEM, (trx) => listPackages(trx, query))).map(
      ({ state: bought }) => bought.id,
    );
  };

  it('is read back as it was written, and changed once per revision', async () => {
    const accountId = await newAccount();
    await give(accountId, 'pkg_same');
    const record = await as(SYSTEM, (trx) => packages.find(trx, 'pkg_same'));
    if (record === null) throw new Error('it was given');
    const copy = { ...record.state, id: 'pkg_copy' };
    const written = await as(SYSTEM, (trx) => packages.insert(trx, copy, AT));
    expect(await as(SYSTEM, (trx) => packages.find(trx, 'pkg_copy'))).toEqual(written);
    const state = { ...copy, warnedDays: 7 };
    const changed = await as(SYSTEM, (trx) => packages.update(trx, written, { state, at: NOW }));
    expect(await as(SYSTEM, (trx) => packages.lock(trx, 'pkg_copy'))).toEqual(changed);
    await expect(
      as(SYSTEM, (trx) => packages.update(trx, written, { state, at: NOW })),
    ).rejects.toThrow('changed under its lock');
  });

  it('R0.15 is among the lifecycles: what is due first is found', async () => {
    const accountId = await newAccount();
    await give(accountId, 'pkg_due');
    const due = await as(SYSTEM, (trx) => findEarliestDue(trx, { accountId, except: [], to: NOW }));
    expect(due).toMatchObject({ kind: 'package', id: 'pkg_due', workflowId: 'package/pkg_due' });
    const row = await as(SYSTEM, (trx) => findLifecycle(trx, 'package/pkg_due'));
    expect(row?.next).toEqual(due?.next);
    expect(row).toMatchObject({ status: 'active', revision: 1 });
  });

  it('R0.12 R0.13 is listed while it lasts and something is left, or with all the others', async () => {
    const accountId = await newAccount();
    await give(accountId, 'pkg_a', { units: 10, validityDays: 25 });
    await give(accountId, 'pkg_b', { units: 10 }, '2026-11-02T10:00:00.000Z');
    await give(accountId, 'pkg_c', { validityDays: 5 }, '2026-11-03T10:00:00.000Z');
    await send(accountId, 10n);
    expect(await idsOf(accountId, 'active')).toEqual(['pkg_b']);
    expect(await idsOf(accountId, 'current')).toEqual(['pkg_b', 'pkg_a']);
    expect(await idsOf(accountId, 'all')).toEqual(['pkg_c', 'pkg_b', 'pkg_a']);
  });

  it('R0.15 is not listed at its end, and is a millisecond before', async () => {
    const accountId = await newAccount();
    await give(accountId, 'pkg_edge');
    expect(await idsOf(accountId, 'active', '2026-12-01T18:29:59.999Z')).toEqual(['pkg_edge']);
    expect(await idsOf(accountId, 'active', '2026-12-01T18:30:00.000Z')).toEqual([]);
  });

  it('R0.12 keeps what was used apart from what was forfeited, for good', async () => {
    const accountId = await newAccount();
    await give(accountId, 'pkg_told', { units: 100, validityDays: 30 });
    await send(accountId, 30n);
    const dependencies = { database: test_.database, now: () => NOW };
    const activities = createPackageActivities(dependencies as unknown as ActivityDependencies);
    for (let turn = 0; turn < 4; turn += 1) {
      const record = await as(SYSTEM, (trx) => packages.find(trx, 'pkg_told'));
      const next = record && decideNextAction(record.state);
      if (next === null || !('at' in next)) throw new Error('it lasts for four actions');
      const operationKey = `package/pkg_told/${turn}`;
      await activities.performPackageAction({
        id: 'pkg_told',
        accountId,
        action: next,
        operationKey,
      });
    }
    const units = await as(SYSTEM, (trx) =>
      readPackageUnits(trx, { accountId, ids: ['pkg_told'] }),
    );
    expect(units.get('pkg_told')).toEqual({ posted: 0n, held: 0n, forfeited: 70n });
  });

  it('R0.16 two broadcasts at once never take more than it has: the rest goes at the unit price', async () => {
    const accountId = await newAccount();
    await give(accountId, 'pkg_rush', { units: 100 });
    const change = { accountId, reference: 'top_rush', at: AT };
    await changeLedger(test_.database, change, (plan, ledger) =>
      grantMoney(plan, ledger, {
        source: 'wallet_additional',
        amountMicros: 50_000_000n,
        at: AT,
        kind: 'grant',
        reference: 'top_rush',
        from: 'clearing',
      }),
    );
    const outcomes = await Promise.all([send(accountId, 80n, '1'), send(accountId, 80n, '1')]);
    const charges = outcomes
      .flat()
      .flatMap((outcome) => (outcome.kind === 'charged' ? outcome.charges : []))
      .map(({ bucket, amount }) => `${bucket} ${amount}`);
    expect(charges.sort()).toEqual([
      'package/pkg_rush 20',
      'package/pkg_rush 80',
      // 60 messages at 0.60 are 36.00 INR.
      'wallet/additional 36000000',
    ]);
    const units = await as(SYSTEM, (trx) =>
      readPackageUnits(trx, { accountId, ids: ['pkg_rush'] }),
    );
    expect(units.get('pkg_rush')).toMatchObject({ posted: 0n });
  });

  it('that is bound to channels pays for their messages and no other', async () => {
    const accountId = await newAccount();
    await givePackage(test_.database, {
      id: 'pkg_bound',
      accountId,
      offer: { ...BULK, units: 10, channels: ['email'] },
      at: AT,
    });
    expect(await send(accountId, 1n)).toEqual([{ kind: 'refused', reason: 'no_rate' }]);
    expect(await send(accountId, 1n, null, 'email')).toMatchObject([
      { charges: [{ bucket: 'package/pkg_bound', amount: 1n }] },
    ]);
  });

  it('is seen by its account alone, units and all', async () => {
    const [ours, theirs] = [await newAccount(), await newAccount()];
    await give(ours, 'pkg_secret');
    const look = (accountId: string) =>
      as({ scope: 'account', accountId }, async (trx) => ({
        row: (await packages.find(trx, 'pkg_secret'))?.state.id ?? null,
        units: (await readPackageUnits(trx, { accountId: ours, ids: ['pkg_secret'] })).size,
      }));
    expect(await look(ours)).toEqual({ row: 'pkg_secret', units: 1 });
    expect(await look(theirs)).toEqual({ row: null, units: 0 });
  });

  it.each([
    ['packages_life_is_half_open', `expires_at = purchased_at`],
    ['packages_ended_say_when', `status = 'expired'`],
    ['packages_ended_wait_for_nothing', `status = 'voided', ended_at = purchased_at`],
    ['packages_units_positive', `units = 0`],
    ['packages_kind_known', `kind = 'quota'`],
  ])('cannot be stored against %s', async (constraint, change) => {
    const accountId = await newAccount();
    const id = `pkg_${constraint}`;
    await give(accountId, id);
    await expect(
      as(SYSTEM, (trx) => trx.raw(`update packages set ${change} where id = ?`, [id])),
    ).rejects.toMatchObject({ constraint });
  });
});
