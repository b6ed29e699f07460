import { createDatabase, type Database } from '../../db/connection';
import { createRateCardCache } from '../../db/rate-card-cache';
import {
  findRateCard,
  insertRateCard,
  insertRateCardVersion,
  loadRateCardVersions,
  lockRateCards,
  noteRatedDays,
  type RateCards,
} from '../../db/repositories/rate-card.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import type { RateCard, RateCardVersion } from '../../domain/rating/rate-card';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeAccount } from '../support/ledger-accounts';
import {
  draftOf,
  JAKARTA_CARD,
  makeRateCard,
  MESSAGE_RULE,
  priced,
  publish,
} from '../support/rate-cards';

const AT = '2026-11-22T10:00:00.000Z';

let testDatabase: TestDatabase;
let database: Database;
let owner: Database;
let made = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  ({ database } = testDatabase);
  owner = createDatabase({ url: testDatabase.ownerUrl, applicationName: 'tollgate-test-owner' });
});
afterAll(async () => {
  await owner.destroy();
  await testDatabase.drop();
});

function inSystem<T>(work: (trx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(database, SYSTEM, work);
}

function newCard(given: Partial<RateCard> = {}): Promise<RateCard> {
  made += 1;
  return makeRateCard(database, { code: `card-${made}`, ...given });
}

async function share(trx: Transaction): Promise<bigint> {
  const { rows } = await trx.raw<{ rows: { generation: bigint }[] }>(
    'select share_rate_cards() as generation',
  );
  const row = rows[0];
  invariant(row !== undefined, 'one row');
  return row.generation;
}

function versionsOf({ cards }: RateCards, code: string): readonly RateCardVersion[] {
  return cards.find(({ card }) => card.code === code)?.versions ?? [];
}

describe('a version', () => {
  it('R3.25 R3.28 comes back as it was published: rule, markets, prices, fees and tiers', async () => {
    const card = await newCard();
    const row = {
      ...priced('authentication', 'IN', '0.115'),
      fee: { fixed: 12_345_678_901n, percent: 100_000_000_000n },
      tiers: [
        { fromQuantity: 250_000n, rate: 1_090_000_000n },
        { fromQuantity: 9_007_199_254_740_993n, rate: 1n },
      ],
    };
    const published = await publish(database, card, {
      note: 'India',
      rule: {
        ...MESSAGE_RULE,
        tierMode: 'graduated',
        freeAllowance: { category: 'service', quantity: 1_000n, per: 'number' },
      },
      rows: [row, priced('marketing', '*', '0')],
    });
    expect(published).toMatchObject({ version: 1, cardCode: card.code });
    expect(await inSystem((trx) => loadRateCardVersions(trx, card.code))).toEqual([published]);
    const { rows } = await owner.raw<{ rows: { prices: { rate: string }[] }[] }>(
      'select prices from rate_card_versions where id = ?',
      [published.id],
    );
    expect(rows[0]?.prices[0]?.rate).toBe('0.115');
  });

  it("R3.25 starts at 00:00 of its day in the card's zone", async () => {
    const card = await newCard({ timeZone: 'Asia/Kolkata' });
    const { startsAtMs } = await publish(database, card, { effectiveFrom: '2026-01-01' });
    expect(new Date(startsAtMs).toISOString()).toBe('2025-12-31T18:30:00.000Z');
    const gapCard = await newCard({ timeZone: 'America/Asuncion' });
    const inGap = await publish(database, gapCard, { effectiveFrom: '2023-10-01' });
    expect(new Date(inGap.startsAtMs).toISOString()).toBe('2023-10-01T04:00:00.000Z');
  });

  it('R3.27 is numbered as it was made and ordered by its start', async () => {
    const card = await newCard();
    await publish(database, card, { effectiveFrom: '2025-07-01' });
    await publish(database, card, { effectiveFrom: '2023-06-01' });
    await publish(database, card, { effectiveFrom: '2025-07-01' });
    const versions = await inSystem((trx) => loadRateCardVersions(trx, card.code));
    expect(versions.map(({ version }) => version)).toEqual([2, 1, 3]);
  });

  it('R3.27 is changed by nobody, and a card only in the day it was rated until', async () => {
    const card = await newCard();
    const { id } = await publish(database, card);
    const change = `update rate_card_versions set note = 'x' where id = ${id}`;
    await expect(owner.raw(change)).rejects.toThrow('rate_card_versions are immutable');
    await expect(owner.raw('truncate rate_card_versions cascade')).rejects.toThrow('are immutable');
    await expect(owner.raw(`delete from rate_card_versions where id = ${id}`)).rejects.toThrow(
      'are immutable',
    );
    await expect(inSystem((trx) => trx.raw(change))).rejects.toThrow('permission denied');
    await expect(
      inSystem((trx) => trx.raw(`update rate_cards set time_zone = 'UTC'`)),
    ).rejects.toThrow('permission denied');
    await expect(
      inSystem((trx) => trx.raw('update rate_card_generation set generation = 1')),
    ).rejects.toThrow('permission denied');
  });
});

describe('what a process remembers', () => {
  it('R3.27 is renewed by the next batch of any process once a version is published', async () => {
    const card = await newCard();
    const first = await publish(database, card, { effectiveFrom: '2023-06-01' });
    const [here, there] = [createRateCardCache(), createRateCardCache()];
    for (const cache of [here, there]) {
      const cards = await inSystem(async (trx) => cache.getRateCards(trx, await share(trx)));
      expect(versionsOf(cards, card.code)).toEqual([first]);
      expect(cache.peekRateCards()).toBe(cards);
    }
    const second = await publish(database, card, { effectiveFrom: '2025-07-01' });
    for (const cache of [here, there]) {
      const cards = await inSystem(async (trx) => cache.getRateCards(trx, await share(trx)));
      expect(versionsOf(cards, card.code)).toEqual([first, second]);
    }
  });

  it('is read again only when the generation has moved, and a version never', async () => {
    const card = await newCard();
    await publish(database, card);
    const cache = createRateCardCache();
    const load = () => inSystem(async (trx) => cache.getRateCards(trx, await share(trx)));
    const before = await load();
    expect(await load()).toBe(before);
    await inSystem((trx) => noteRatedDays(trx, [{ cardCode: card.code, day: '2026-11-22' }]));
    expect(await load()).toBe(before);
    await newCard();
    const after = await load();
    expect(after.generation).toBeGreaterThan(before.generation);
    expect(versionsOf(after, card.code)[0]).toBe(versionsOf(before, card.code)[0]);
  });

  it('is never older than what is asked for, also without the lock', async () => {
    const card = await newCard();
    const cache = createRateCardCache();
    const { generation } = await inSystem((trx) => cache.getRateCards(trx, 0n));
    const version = await publish(database, card);
    // Asked for a generation that has passed already: what is true now.
    const cards = await inSystem((trx) => cache.getRateCards(trx, generation + 1n));
    expect(versionsOf(cards, card.code)).toEqual([version]);
    expect(cache.peekRateCards()).toBe(cards);
  });
});

describe('publishing', () => {
  /** Waits until somebody waits for the lock of the cards. */
  async function waitForWaiter(): Promise<void> {
    for (let asked = 0; asked < 2_000; asked += 1) {
      const { rows } = await owner.raw<{ rows: { waiting: bigint }[] }>(
        `select count(*) as waiting from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
      );
      if ((rows[0]?.waiting ?? 0n) > 0n) return;
    }
    throw new Error('nobody came to wait');
  }

  it('R3.27 waits for batches under way, and a batch waits for it', async () => {
    const card = await newCard();
    const order: string[] = [];
    let publishing: Promise<void> = Promise.resolve();
    let rating: Promise<void> = Promise.resolve();
    await inSystem(async (batch) => {
      const generation = await share(batch);
      publishing = publish(database, card).then(() => void order.push('published'));
      await waitForWaiter();
      order.push('rated by the old');
      expect(await share(batch)).toBe(generation);
    });
    await publishing;
    await inSystem(async (publisher) => {
      await lockRateCards(publisher);
      rating = inSystem(async (batch) => {
        const cards = await createRateCardCache().getRateCards(batch, await share(batch));
        order.push(`rated by ${versionsOf(cards, card.code).length}`);
      });
      await waitForWaiter();
      await insertRateCardVersion(publisher, { card, draft: draftOf() }, AT);
    });
    await rating;
    expect(order).toEqual(['rated by the old', 'published', 'rated by 2']);
  });

  it('notes the newest day that was rated and never goes back', async () => {
    const card = await newCard();
    const other = await newCard();
    const note = (...days: string[]) =>
      inSystem((trx) =>
        noteRatedDays(
          trx,
          days.map((day, index) => ({ cardCode: [card, other][index]?.code ?? '', day })),
        ),
      );
    await note('2026-11-21', '2026-11-22');
    await note('2026-11-23');
    await note('2026-11-20');
    const [first, second] = await inSystem(async (trx) => [
      await findRateCard(trx, card.code),
      await findRateCard(trx, other.code),
    ]);
    expect([first?.ratedUntil, second?.ratedUntil]).toEqual(['2026-11-23', '2026-11-22']);
  });
});

describe('a card', () => {
  it('has a code of its own, and one is the default of a channel and currency', async () => {
    const insert = (given: Partial<RateCard>) =>
      inSystem((trx) => insertRateCard(trx, { ...JAKARTA_CARD, ...given }, AT));
    await insert({ code: 'default-try', currency: 'TRY', isDefault: true });
    await expect(insert({ code: 'default-try' })).rejects.toMatchObject({
      code: 'already_exists',
      message: 'There is a rate card "default-try".',
    });
    await expect(
      insert({ code: 'second-try', currency: 'TRY', isDefault: true }),
    ).rejects.toMatchObject({
      code: 'already_exists',
      message: 'The rate card "default-try" is the default for whatsapp in TRY.',
      details: { field: 'is_default' },
    });
    await insert({ code: 'second-try', currency: 'TRY' });
    await insert({ code: 'calls-try', channel: 'call', currency: 'TRY', isDefault: true });
  });

  it("moves the terms of the account it is named for, and is that account's to see", async () => {
    const card = await newCard();
    const account = { accountId: 'acct_cards', timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
    await makeAccount(database, account);
    const terms = async () => {
      const row = await inSystem((trx) =>
        trx('ledgers').where({ account_id: 'acct_cards' }).first<{ terms_version: bigint }>(),
      );
      return row.terms_version;
    };
    const row = { account_id: 'acct_cards', channel: 'whatsapp', card_code: card.code };
    await inSystem(async (trx) => trx('account_rate_cards').insert(row));
    expect(await terms()).toBe(1n);
    const own = { scope: 'account', accountId: 'acct_cards' } as const;
    const other = { scope: 'account', accountId: 'acct_other' } as const;
    const see = (tenant: typeof own | typeof other) =>
      withTransaction(database, tenant, async (trx) => trx('account_rate_cards').select());
    expect(await see(own)).toHaveLength(1);
    expect(await see(other)).toHaveLength(0);
    await inSystem(async (trx) => trx('account_rate_cards').where(row).delete());
    expect(await terms()).toBe(2n);
    await expect(
      inSystem(async (trx) => trx('account_rate_cards').insert({ ...row, channel: 'call' })),
    ).rejects.toMatchObject({ constraint: 'account_rate_cards_card_fkey' });
  });
});
