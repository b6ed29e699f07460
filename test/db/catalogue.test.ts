import { findPlan, insertPlanVersion, listPlans } from '../../db/repositories/plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { formatAmount } from '../../domain/money';
import { buildComparison, findPrice, type PlanVersion } from '../../domain/plan';
import { CATALOGUE, seedCatalogue } from '../../scripts/catalogue';
import { createTestDatabase, type TestDatabase } from '../support/database';

const CURRENCIES = ['INR', 'TRY', 'IDR', 'USD'] as const;

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  await seedCatalogue(testDatabase.database, '2026-01-01T00:00:00.000Z');
});
afterAll(() => testDatabase.drop());

function list() {
  return withTransaction(testDatabase.database, SYSTEM, (trx) =>
    listPlans(trx, { limit: 100, afterCode: null }),
  );
}

/** The plan of the catalogue, as data. */
function sold(code: string): PlanVersion {
  const plan = CATALOGUE.find((candidate) => candidate.code === code);
  if (plan === undefined) throw new Error(`the catalogue has no ${code}`);
  return plan;
}

function amount(code: string, cycle: 'monthly' | 'yearly', currency: 'INR' | 'TRY'): string {
  const price = findPrice(sold(code), { cycle, currency });
  return price === null ? 'not sold' : formatAmount(price);
}

describe('the seeded catalogue', () => {
  it('R1.09 is stored as it is written', async () => {
    const stored = (await list()).map(({ plan }) => plan);
    expect(stored.map(({ code }) => code)).toEqual([
      'basic',
      'dedicated',
      'engage',
      'enterprise',
      'growth',
      'priority',
      'standard',
    ]);
    for (const plan of stored) {
      const { prices, ...rest } = sold(plan.code);
      expect(plan).toMatchObject(rest);
      expect(new Set(plan.prices.map(toText))).toEqual(new Set(prices.map(toText)));
    }
  });

  it('seeded again changes nothing, whatever an operator made of it', async () => {
    const { database } = testDatabase;
    await withTransaction(database, SYSTEM, async (trx) => {
      const basic = await findPlan(trx, 'basic');
      if (basic === null) throw new Error('basic was seeded');
      const renamed = { ...basic.plan, name: 'Free for ever' };
      await insertPlanVersion(trx, renamed, '2026-02-01T00:00:00.000Z');
    });
    const before = await list();
    await seedCatalogue(database, '2026-03-01T00:00:00.000Z');
    expect(await list()).toEqual(before);
    expect(before.find(({ plan }) => plan.code === 'basic')?.plan.name).toBe('Free for ever');
  });

  it('R1.11 sells everything by the month and by the year in four currencies', () => {
    for (const { code, prices } of CATALOGUE) {
      for (const currency of CURRENCIES) {
        const cycles = prices.filter(({ price }) => price.currency === currency);
        expect({ code, currency, cycles: cycles.map(({ cycle }) => cycle) }).toMatchObject({
          cycles: expect.arrayContaining(['monthly', 'yearly']),
        });
      }
    }
  });

  it.each([
    ['growth', '999.00', '9990.00', '499.00', '4990.00'],
    ['enterprise', '9999.00', '99990.00', '4999.00', '49990.00'],
    ['priority', '1499.00', '14990.00', '749.00', '7490.00'],
  ])('R1.11 a year of %s costs ten months', (...row) => {
    const [code, ...amounts] = row;
    expect([
      amount(code, 'monthly', 'INR'),
      amount(code, 'yearly', 'INR'),
      amount(code, 'monthly', 'TRY'),
      amount(code, 'yearly', 'TRY'),
    ]).toEqual(amounts);
  });

  it('R1.14 Basic costs nothing and is small', () => {
    const { prices, limits, allowances } = sold('basic');
    expect(prices.map(({ price }) => price.amountMicros)).toEqual(prices.map(() => 0n));
    expect(limits).toEqual({ team_members: 2, channels: 1, concurrent_calls: 1 });
    expect(allowances.messages).toBe(500);
  });

  it('R1.15 Growth has more users, messages and channels than Basic, R1.16 Enterprise than Growth', () => {
    const figures = ['basic', 'growth', 'enterprise'].map((code) => {
      const { limits, allowances } = sold(code);
      return [limits.team_members, allowances.messages, limits.channels];
    });
    expect(figures).toEqual([
      [2, 500, 1],
      [10, 10_000, 4],
      [100, 200_000, -1],
    ]);
  });

  it('R1.16 Enterprise has advanced features and dedicated support', () => {
    expect(sold('enterprise').features).toEqual([
      'api_access',
      'broadcasts',
      'sso',
      'audit_log',
      'custom_integration',
      'on_premise',
    ]);
    expect(buildComparison(sold('enterprise')).supportLevel).toBe('dedicated');
  });

  it('R1.19 support packages go from standard to dedicated', () => {
    const rows = ['standard', 'priority', 'dedicated'].map((code) => {
      const terms = sold(code).support;
      return [
        sold(code).kind,
        terms?.responseTimeMinutes,
        terms?.priority,
        terms?.guidance.length,
        terms?.suitsHighUsage,
        terms?.hasDedicatedAssistance,
      ];
    });
    expect(rows).toEqual([
      ['support_package', 480, 'normal', 1, false, false],
      ['support_package', 60, 'high', 3, true, false],
      ['support_package', 15, 'urgent', 3, true, true],
    ]);
  });
});

function toText({ cycle, price }: PlanVersion['prices'][number]): string {
  return `${cycle} ${formatAmount(price)} ${price.currency}`;
}
