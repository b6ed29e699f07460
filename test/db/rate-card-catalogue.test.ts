import { findDefaultRateCards } from '../../db/repositories/account-rate-card.repository';
import {
  insertRateCardVersion,
  listRateCardVersions,
  loadRateCards,
  lockRateCards,
} from '../../db/repositories/rate-card.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { startOfDay } from '../../domain/calendar';
import { toEpochMs } from '../../domain/instant';
import { formatRate } from '../../domain/money';
import { findDraftFaults, findUnreachableMarkets } from '../../domain/rating/draft-faults';
import { findVersion } from '../../domain/rating/find-version';
import { findMarket, findRateRow } from '../../domain/rating/market';
import type { DatedRateCard, RateCardVersion } from '../../domain/rating/rate-card';
import { RATE_CARDS, seedRateCards } from '../../scripts/catalogue-rate-cards';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeRateCard } from '../support/rate-cards';

const AT = '2026-01-01T00:00:00.000Z';

let testDatabase: TestDatabase;
let cards: readonly DatedRateCard[];

function inSystem<T>(work: (trx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(testDatabase.database, SYSTEM, work);
}

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  await makeRateCard(testDatabase.database, { code: 'own-usd', currency: 'USD', isDefault: true });
  await inSystem((trx) => seedRateCards(trx, AT));
  ({ cards } = await inSystem((trx) => loadRateCards(trx, new Map())));
});
afterAll(() => testDatabase.drop());

function versionAt(code: string, instant: string): RateCardVersion {
  const dated = cards.find(({ card }) => card.code === code);
  const version = findVersion(dated?.versions ?? [], toEpochMs(instant));
  if (version === null) throw new Error(`${code} has no version at ${instant}`);
  return version;
}

function rateOf(version: RateCardVersion, category: string, number: string): string {
  const market = findMarket(version.markets, number);
  const row = findRateRow(version, { category, market });
  return row === null ? 'none' : formatRate(row.rate);
}

describe('the seeded rate cards', () => {
  it('are without fault, and say that their prices are examples', () => {
    for (const { card, versions } of RATE_CARDS) {
      for (const draft of versions) {
        expect(findDraftFaults(card.channel, draft)).toEqual([]);
        expect(findUnreachableMarkets(draft)).toEqual([]);
        expect(draft.note).toContain('the prices are examples, to be replaced by an import');
      }
    }
  });

  it('are the defaults of their currencies, but for one that has another already', async () => {
    const defaults = await inSystem(async (trx) => [
      await findDefaultRateCards(trx, 'IDR'),
      await findDefaultRateCards(trx, 'INR'),
      await findDefaultRateCards(trx, 'TRY'),
      await findDefaultRateCards(trx, 'USD'),
    ]);
    expect(defaults.map(({ whatsapp }) => whatsapp)).toEqual([
      'whatsapp-idr',
      'whatsapp-inr',
      'whatsapp-try',
      'own-usd',
    ]);
  });

  it('seeded again change nothing, whatever an operator published', async () => {
    const dated = cards.find(({ card }) => card.code === 'whatsapp-try');
    const draft = RATE_CARDS[2]?.versions[3];
    if (dated === undefined || draft === undefined) throw new Error('TRY was seeded');
    await inSystem(async (trx) => {
      await lockRateCards(trx);
      const own = { ...draft, effectiveFrom: '2026-12-01' };
      await insertRateCardVersion(trx, { card: dated.card, draft: own }, AT);
    });
    await inSystem((trx) => seedRateCards(trx, AT));
    const versions = await inSystem((trx) =>
      listRateCardVersions(trx, { code: 'whatsapp-try', limit: 10, before: null }),
    );
    expect(versions.map(({ version }) => version.effectiveFrom)).toEqual([
      '2026-12-01',
      '2026-10-01',
      '2025-07-01',
      '2024-11-01',
      '2023-06-01',
    ]);
  });

  it('R3.25 begin with categories, on 2023-06-01 in the zone of each', () => {
    for (const { card, versions } of cards.filter(({ card: { code } }) => code !== 'own-usd')) {
      expect(versions[0]?.startsAtMs).toBe(toEpochMs(startOfDay('2023-06-01', card.timeZone)));
    }
  });

  it.each([
    ['2023-06-01T00:00:00+07:00', 'conversation', 'charge', 'charge', '276.1', '1000 per account'],
    ['2024-10-31T23:59:59+07:00', 'conversation', 'charge', 'charge', '276.1', '1000 per account'],
    ['2024-11-01T00:00:00+07:00', 'conversation', 'charge', 'free', '0', 'none'],
    ['2025-06-30T23:59:59+07:00', 'conversation', 'charge', 'free', '0', 'none'],
    ['2025-07-01T00:00:00+07:00', 'message', 'free', 'free', '0', 'none'],
    ['2026-09-30T23:59:59+07:00', 'message', 'free', 'free', '0', 'none'],
    ['2026-10-01T00:00:00+07:00', 'message', 'charge', 'charge', '356.65', '1000 per number'],
  ])(
    'R3.29 charge in Jakarta at %s: by %s, utility in the window %s, service %s at %s, free: %s',
    (instant, ...told) => {
      const version = versionAt('whatsapp-idr', instant);
      const { rule } = version;
      const allowance = rule.freeAllowance;
      expect([
        rule.unit,
        rule.serviceWindow.utility,
        rule.serviceWindow.service,
        rateOf(version, 'service', '628912345678'),
        allowance === null ? 'none' : `${allowance.quantity} per ${allowance.per}`,
      ]).toEqual(told);
      expect(rule.freeEntryPoint).toBe('free');
      expect(rateOf(version, 'marketing', '628912345678')).toBe('597.32');
    },
  );

  it.each([
    ['2025-12-31T18:29:59Z', '0.7846', '0.115'],
    ['2025-12-31T18:30:00Z', '0.8631', '0.115'],
  ])('R3.26 have the Indian prices of %s: marketing %s, utility %s', (instant, ...rates) => {
    const version = versionAt('whatsapp-inr', instant);
    const india = (category: string) => rateOf(version, category, '919812345678');
    expect(['marketing', 'utility'].map(india)).toEqual(rates);
    expect(india('authentication_international')).toBe('2.3');
  });

  it('give the price of `*` to every other number', () => {
    const version = versionAt('whatsapp-inr', '2026-11-22T00:00:00Z');
    expect(rateOf(version, 'marketing', '4915112345678')).toBe('6');
  });
});
