import fc from 'fast-check';
import { Client } from 'pg';
import { cancelUsage } from '../../db/correct-usage';
import { newId } from '../../db/new-id';
import { createRateCardCache } from '../../db/rate-card-cache';
import { saveAccountRateCards } from '../../db/repositories/account-rate-card.repository';
import { createUsageReratings } from '../../db/rerate-usage';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { setAllowance } from '../../domain/ledger/month';
import type { RateCard, RateCardVersionDraft } from '../../domain/rating/rate-card';
import type { Rerating } from '../../domain/usage/rerating';
import type { UsageEvent, WhatsAppMessageFacts } from '../../domain/usage/usage-event';
import { buildEvent, MESSAGE, rowOf, toWhatsApp, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { RUNS_SCALE, SEED } from '../support/ledger-runs';
import { makeRateCard, MESSAGE_RULE, priced, publish } from '../support/rate-cards';
import { recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(180_000);

const AT = '2026-11-10T09:00:00.000Z';
const LATER = '2026-11-12T09:00:00.000Z';
const DAYS = { from: '2026-11-01', to: '2026-11-12' } as const;

let test_: TestDatabase;
let owner: Client;
/** With 1.00 of the initial wallet and 2.00 of the additional one. */
let accountId: string;
/** Named for it: 0.50 for marketing and 0.20 for utility in Indonesia. */
let card: RateCard;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-10-01', 6)`);
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  accountId = await newAccount({ initial: 1_000_000n, additional: 2_000_000n });
  card = await newCard({
    rows: [priced('marketing', 'ID', '0.5'), priced('utility', 'ID', '0.2')],
  });
  await nameCard(card);
});
afterEach(async () => {
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

async function newAccount(money: { initial: bigint; additional: bigint }): Promise<string> {
  made += 1;
  const id = `acct_rerated${made}`;
  const account = { accountId: id, timeZone: 'Asia/Jakarta', currency: 'IDR' };
  await makeAccount(test_.database, { ...account, at: AT });
  const opening = { accountId: id, reference: 'start', at: AT };
  await changeLedger(test_.database, opening, (plan, ledger) => {
    for (const [source, amountMicros] of [
      ['wallet_initial', money.initial],
      ['wallet_additional', money.additional],
    ] as const) {
      if (amountMicros === 0n) continue;
      const granted = { source, amountMicros, reference: source, at: AT };
      grantMoney(plan, ledger, { ...granted, kind: 'grant', from: 'clearing' });
    }
  });
  return id;
}

async function newCard(
  version: Partial<RateCardVersionDraft>,
  given: Partial<RateCard> = {},
): Promise<RateCard> {
  made += 1;
  const one = await makeRateCard(test_.database, { code: `wa-rerated${made}`, ...given });
  await publish(test_.database, one, version);
  return one;
}

async function nameCard({ channel, code }: RateCard, id = accountId): Promise<void> {
  const named = { accountId: id, cards: { [channel]: code } };
  await withTransaction(test_.database, SYSTEM, (trx) => saveAccountRateCards(trx, named));
}

/** A version that corrects the first one of the card from its first day on. */
function correct(rates: Readonly<Record<string, string>>, corrects = 1) {
  const rows = Object.entries(rates).map(([category, rate]) => priced(category, 'ID', rate));
  return publish(test_.database, card, { corrects, rows });
}

function whatsApp(
  number: number,
  category: WhatsAppMessageFacts['category'] = 'marketing',
  other: Partial<WhatsAppMessageFacts> = {},
): UsageEvent {
  const facts = toWhatsApp({ category, contact: null, isServiceWindowOpen: false, ...other });
  return buildEvent({
    accountId,
    id: `wamid_${number}`,
    key: uuidOf(number),
    occurredAt: `2026-11-10T08:00:00.${String(number % 1_000).padStart(3, '0')}Z`,
    receivedAt: AT,
    facts,
    mode: 'record',
  });
}

async function record(...events: readonly UsageEvent[]): Promise<void> {
  const batch = { events, reference: `batch${made++}`, recordedAt: AT };
  const outcomes = await recorderOf(test_.database).recordUsage(batch);
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['charged']));
}

function reratings() {
  return createUsageReratings(createRateCardCache());
}

function asked(id: string, at = LATER) {
  const account = { id: accountId, currency: 'IDR', timeZone: 'Asia/Jakarta' } as const;
  return { account, id, at, recordedAt: at };
}

function preview(given: { readonly cardCode?: string; readonly from?: string } = {}) {
  const { from = DAYS.from, cardCode = null } = given;
  const wanted = { ...asked(newId('rerating')), ...DAYS, from, cardCode, reason: 'a wrong price' };
  return withTransaction(test_.database, SYSTEM, (trx) => reratings().preview(trx, wanted));
}

async function apply({ id }: Rerating, at = LATER) {
  return withTransaction(test_.database, SYSTEM, (trx) => reratings().apply(trx, asked(id, at)));
}

/** What it changes: `marketing 2: 1000000 → 800000`. */
function tell({ parts }: Rerating): string[] {
  return parts.flatMap(({ categories }) =>
    categories.map(
      ({ category, events, beforeMicros, afterMicros }) =>
        `${category} ${events}: ${beforeMicros} → ${afterMicros}`,
    ),
  );
}

async function rows(sql: string, ...values: readonly unknown[]): Promise<string[]> {
  const answer = await owner.query<Record<string, unknown>>(sql, [accountId, ...values]);
  return answer.rows.map((row) => Object.values(row).map(String).join(' '));
}

function wallets(): Promise<string[]> {
  return rows(
    `select code, posted from buckets b join ledgers l on l.id = b.ledger_id
      where l.account_id = $1 and code like 'wallet/%' order by code`,
  );
}

function moves(): Promise<string[]> {
  return rows(
    `select t.debit, t.credit, t.amount, replace(t.reference, c.id, 'ID') from transfers t
       join ledgers l on l.id = t.ledger_id join reratings c on t.reference like 'rerating/' || c.id || '/%'
      where l.account_id = $1 and t.kind = 'rerating' order by t.number`,
  );
}

function charges(): Promise<string[]> {
  return rows(
    `select to_char(c.month, 'YYYY-MM'), c.category, c.quantity, c.amount from usage_charges c
       join ledgers l on l.id = c.ledger_id where l.account_id = $1 and c.amount > 0 order by c.month, c.category`,
  );
}

function days(): Promise<string[]> {
  return rows(
    `select d.category, d.events, d.quantity, d.amount from usage_days d join ledgers l on l.id = d.ledger_id
      where l.account_id = $1 order by d.category`,
  );
}

/** What each event costs by now. */
function standing(): Promise<string[]> {
  return rows(
    `select u.event_id, u.amount + coalesce(sum(c.amount), 0) as amount, coalesce(u.fee, 0) + coalesce(sum(c.fee), 0) as fee
       from usage_events u join ledgers l on l.id = u.ledger_id
       left join usage_corrections c using (ledger_id, key)
      where l.account_id = $1 group by u.event_id, u.amount, u.fee order by u.event_id`,
  );
}

test('R3.27 a preview says what changes and moves nothing, and applying it does just that', async () => {
  await record(whatsApp(1), whatsApp(2), whatsApp(3, 'utility'));
  await correct({ marketing: '0.4', utility: '0.2' });
  const before = await wallets();
  const shown = await preview();
  expect(tell(shown)).toEqual(['marketing 2: 1000000 → 800000']);
  expect(shown).toMatchObject({ status: 'draft', unchanged: 1, leftOut: {} });
  expect(await wallets()).toEqual(before);
  expect(await moves()).toEqual([]);
  const { rerating, isDoneNow } = await apply(shown);
  expect(isDoneNow).toBe(true);
  expect(rerating).toEqual({ ...shown, status: 'applied', partsApplied: 1, appliedAt: LATER });
  expect(before).toEqual(['wallet/additional 1800000', 'wallet/initial 0']);
  expect(await wallets()).toEqual(['wallet/additional 1800000', 'wallet/initial 200000']);
  expect(await moves()).toEqual(['revenue/IDR wallet/initial 200000 rerating/ID/1']);
  expect(await standing()).toEqual(['wamid_1 400000 0', 'wamid_2 400000 0', 'wamid_3 200000 0']);
  expect(await days()).toEqual(['marketing 2 2 800000', 'utility 1 1 200000']);
  expect(await charges()).toEqual(['2026-11 marketing 2 800000', '2026-11 utility 1 200000']);
});

test('R3.27 the event, its correction and the re-rating name each other, and nothing is edited', async () => {
  await record(whatsApp(1), whatsApp(2));
  await correct({ marketing: '0.4' });
  const events = () =>
    rows(
      `select u.* from usage_events u join ledgers l on l.id = u.ledger_id where l.account_id = $1 order by u.key`,
    );
  const before = await events();
  const shown = await preview();
  await apply(shown);
  expect(await events()).toEqual(before);
  const found = await rows(
    `select c.event_id, c.run, c.kind, c.reason, v.version, c.market, trim_scale(c.unit_price), c.amounts, t.amount, t.kind as moved
       from usage_corrections c join ledgers l on l.id = c.ledger_id join rate_card_versions v on v.id = c.card_version
       join transfers t on t.ledger_id = c.ledger_id and t.number = c.transfers[1]
      where l.account_id = $1 and c.rerating_id = $2 order by c.event_id`,
    shown.id,
  );
  expect(found).toEqual([
    `wamid_1 rerating/${shown.id} rerating a wrong price 2 ID 0.4 -100000 200000 rerating`,
    `wamid_2 rerating/${shown.id} rerating a wrong price 2 ID 0.4 -100000 200000 rerating`,
  ]);
});

test('R3.15 what costs more is paid by the wallets, into debt if it must', async () => {
  await record(whatsApp(1), whatsApp(2));
  await correct({ marketing: '2.5' });
  const shown = await preview();
  expect(tell(shown)).toEqual(['marketing 2: 1000000 → 5000000']);
  await apply(shown);
  expect(await wallets()).toEqual(['wallet/additional -2000000', 'wallet/initial 0']);
  expect(await moves()).toEqual(['wallet/additional revenue/IDR 4000000 rerating/ID/1']);
  expect(await charges()).toEqual(['2026-11 marketing 2 5000000']);
});

test('R3.27 what costs less returns before what costs more is paid', async () => {
  await record(whatsApp(1), whatsApp(2, 'utility'), whatsApp(3, 'utility'));
  await correct({ marketing: '0.1', utility: '0.3' });
  const shown = await preview();
  expect(tell(shown)).toEqual(['marketing 1: 500000 → 100000', 'utility 2: 400000 → 600000']);
  await apply(shown);
  expect(await moves()).toEqual([
    'revenue/IDR wallet/initial 400000 rerating/ID/1',
    'wallet/initial revenue/IDR 200000 rerating/ID/1',
  ]);
  expect(await wallets()).toEqual(['wallet/additional 2000000', 'wallet/initial 300000']);
});

test('applied twice it moves once, and eight at once are one', async () => {
  await record(whatsApp(1), whatsApp(2));
  await correct({ marketing: '0.4' });
  const shown = await preview();
  const done = await Promise.all(Array.from({ length: 8 }, () => apply(shown)));
  expect(done.filter(({ isDoneNow }) => isDoneNow)).toHaveLength(1);
  const after = await wallets();
  expect(after).toEqual(['wallet/additional 2000000', 'wallet/initial 200000']);
  expect((await apply(shown)).isDoneNow).toBe(false);
  const again = await preview();
  expect([tell(again), again.unchanged]).toEqual([[], 2]);
  expect((await apply(again)).rerating.status).toBe('applied');
  expect(await wallets()).toEqual(after);
  expect(await moves()).toHaveLength(1);
});

test('what would be done and was not previewed is refused, and nothing moves', async () => {
  await record(whatsApp(1), whatsApp(2));
  await correct({ marketing: '0.4' });
  const shown = await preview();
  const cancelled = { accountId, key: uuidOf(2), reason: 'twice', at: LATER, recordedAt: LATER };
  await withTransaction(test_.database, SYSTEM, (trx) => cancelUsage(trx, cancelled));
  const before = await wallets();
  await expect(apply(shown)).rejects.toMatchObject({
    code: 'conflict',
    message:
      'It is not what was previewed any more (marketing: 1 event for 0.50 IDR → 0.40 IDR now, 2 events for 1.00 IDR → 0.80 IDR then). Preview again.',
  });
  expect(await wallets()).toEqual(before);
  const again = await preview();
  await apply(again);
  // A second correction of the prices makes a preview of the first one untrue.
  await correct({ marketing: '0.3' }, 2);
  const third = await preview();
  await correct({ marketing: '0.2' }, 3);
  await expect(apply(third)).rejects.toMatchObject({ code: 'conflict' });
  await apply(await preview());
  expect(await standing()).toEqual(['wamid_1 200000 0', 'wamid_2 0 0']);
});

test('a use that was rated again can be cancelled: all it has paid by now returns', async () => {
  await record(whatsApp(1), whatsApp(2));
  const before = ['wallet/additional 2000000', 'wallet/initial 0'];
  expect(await wallets()).toEqual(before);
  await correct({ marketing: '1.5' });
  await apply(await preview());
  for (const number of [1, 2]) {
    const wrong = { accountId, key: uuidOf(number), reason: 'twice', at: LATER, recordedAt: LATER };
    await withTransaction(test_.database, SYSTEM, (trx) => cancelUsage(trx, wrong));
  }
  expect(await wallets()).toEqual(['wallet/additional 2000000', 'wallet/initial 1000000']);
  expect(await days()).toEqual(['marketing 0 0 0']);
  expect(await charges()).toEqual([]);
});

test('a price of nothing is corrected both ways, and the document counts what is charged', async () => {
  await record(whatsApp(1), whatsApp(2, 'utility'));
  await correct({ marketing: '0', utility: '0.2' });
  await apply(await preview());
  expect(await charges()).toEqual(['2026-11 utility 1 200000']);
  await correct({ marketing: '0.7', utility: '0.2' }, 2);
  const shown = await preview();
  expect(tell(shown)).toEqual(['marketing 1: 0 → 700000']);
  await apply(shown);
  expect(await charges()).toEqual(['2026-11 marketing 1 700000', '2026-11 utility 1 200000']);
  expect(await wallets()).toEqual(['wallet/additional 2000000', 'wallet/initial 100000']);
  const free = { ...whatsApp(9), occurredAt: '2026-11-10T07:00:00.000Z' };
  await correct({ marketing: '0', utility: '0.2' }, 3);
  await record(free);
  await correct({ marketing: '0.1', utility: '0.2' }, 4);
  await apply(await preview());
  // It was free at first, so only its correction knows how its money is taxed.
  const wrong = { accountId, key: uuidOf(9), reason: 'twice', at: LATER, recordedAt: LATER };
  await withTransaction(test_.database, SYSTEM, (trx) => cancelUsage(trx, wrong));
  expect(await charges()).toEqual(['2026-11 marketing 1 100000', '2026-11 utility 1 200000']);
  expect(await standing()).toEqual(['wamid_1 100000 0', 'wamid_2 200000 0', 'wamid_9 0 0']);
});

test('prices with tiers are refused: what they make of an event goes by all before it', async () => {
  const tiered = { ...MESSAGE_RULE, tierMode: 'graduated' } as const;
  const tiers = [{ fromQuantity: 1n, rate: 1_000_000_000n }];
  const rule = { rule: tiered };
  card = await newCard({ ...rule, rows: [{ ...priced('marketing', 'ID', '0.5'), tiers }] });
  await nameCard(card);
  await record(whatsApp(1), whatsApp(2));
  expect(tell(await preview())).toEqual([]);
  await publish(test_.database, card, {
    ...rule,
    corrects: 1,
    rows: [priced('marketing', 'ID', '0.4')],
  });
  await expect(preview()).rejects.toMatchObject({
    code: 'unprocessable',
    message: `Version 1 of ${card.code} has tiers for marketing: what an event costs by them depends on all events before it, so it cannot be rated again alone.`,
  });
});

test('another card prices what was rated by the wrong one; what it cannot tell is left and said', async () => {
  card = await newCard({
    rows: [
      priced('marketing', 'ID', '0.5'),
      priced('utility', 'ID', '0.2'),
      priced('utility', 'IN', '0.3'),
    ],
  });
  await nameCard(card);
  const groupOf = (...members: string[]) => ({
    group: { quantity: BigInt(members.length), members },
  });
  await record(
    whatsApp(1),
    whatsApp(2, 'marketing', groupOf('6281', '6282')),
    whatsApp(3, 'marketing', groupOf('6281', '9111')),
  );
  const same = await newCard({ rows: [priced('marketing', 'ID', '0.4')] });
  const shown = await preview({ cardCode: same.code });
  expect(tell(shown)).toEqual(['marketing 1: 500000 → 400000']);
  expect(shown.leftOut).toEqual({ no_price: 1, several_markets: 1 });
  const other = {
    rows: [priced('marketing', 'ID', '0.4')],
    markets: [{ prefix: '6', market: 'ID' }],
  };
  const strange = await newCard(other);
  expect((await preview({ cardCode: strange.code })).leftOut).toEqual({
    unknown_market: 2,
    several_markets: 1,
  });
  const anywhere = await newCard({ rows: [priced('marketing', '*', '0.3')], markets: [] });
  expect(tell(await preview({ cardCode: anywhere.code }))).toEqual([
    'marketing 1: 500000 → 300000',
  ]);
  const counted = await newCard({
    rule: { ...MESSAGE_RULE, unit: 'conversation', chargeOn: 'opened' },
    rows: [priced('marketing', 'ID', '0.4')],
  });
  expect((await preview({ cardCode: counted.code })).leftOut).toEqual({
    counted_otherwise: 2,
    several_markets: 1,
  });
  const late = await newCard({
    effectiveFrom: '2026-11-11',
    rows: [priced('marketing', 'ID', '1')],
  });
  expect((await preview({ cardCode: late.code })).leftOut).toEqual({ no_price: 3 });
  const calls = await newCard(
    { rows: [rowOf({ category: 'call', market: '*' })] },
    { channel: 'call' },
  );
  expect(await preview({ cardCode: calls.code })).toMatchObject({
    parts: [],
    unchanged: 0,
    leftOut: {},
  });
  await expect(preview({ cardCode: 'nobody' })).rejects.toMatchObject({
    code: 'unknown_rate_card',
  });
  const dollars = await newCard({}, { currency: 'USD' });
  await expect(preview({ cardCode: dollars.code })).rejects.toMatchObject({
    code: 'currency_mismatch',
  });
});

test('R3.27 only days of the range are rated again, in the account’s zone', async () => {
  // 17:00 in UTC is midnight in Jakarta.
  const last = { ...whatsApp(1), occurredAt: '2026-11-09T16:59:59.999Z' };
  const first = { ...whatsApp(2), occurredAt: '2026-11-09T17:00:00.000Z' };
  await record(last, first);
  await correct({ marketing: '0.4' });
  await apply(await preview({ from: '2026-11-10' }));
  expect(await standing()).toEqual(['wamid_1 500000 0', 'wamid_2 400000 0']);
});

test('more than one part: each call does the next one, and a part is never done twice', async () => {
  accountId = await newAccount({ initial: 0n, additional: 10_000_000_000n });
  await nameCard(card);
  const events = Array.from({ length: 2_001 }, (_, index) => whatsApp(index + 1));
  for (let from = 0; from < events.length; from += 1_000) {
    await record(...events.slice(from, from + 1_000));
  }
  await correct({ marketing: '0.4' });
  const shown = await preview();
  expect(tell(shown)).toEqual([
    'marketing 2000: 1000000000 → 800000000',
    'marketing 1: 500000 → 400000',
  ]);
  const first = await apply(shown);
  expect([first.rerating.status, first.isDoneNow]).toEqual(['applying', false]);
  expect(await wallets()).toEqual(['wallet/additional 9199500000', 'wallet/initial 0']);
  const both = await Promise.all([apply(shown), apply(shown)]);
  expect(both.map(({ rerating }) => rerating.status)).toEqual(['applied', 'applied']);
  expect(await wallets()).toEqual(['wallet/additional 9199600000', 'wallet/initial 0']);
  expect(await moves()).toEqual([
    'revenue/IDR wallet/additional 200000000 rerating/ID/1',
    'revenue/IDR wallet/additional 100000 rerating/ID/2',
  ]);
});

test('more events than are shown at once are refused, with the day up to which there are as many', async () => {
  await record(whatsApp(1));
  await owner.query(
    `insert into usage_events (ledger_id, occurred_at, recorded_at, quantity, amount, local_date, new_visitor, key, fingerprint,
                               event_id, type, mode, category, asset, transfers, amounts)
     select ledger_id, occurred_at, recorded_at, quantity, amount, local_date, false, gen_random_uuid(), fingerprint,
            event_id || n, type, mode, category, asset, '{}', '{}'
       from usage_events u join ledgers l on l.id = u.ledger_id cross join generate_series(1, 100000) n where l.account_id = $1`,
    [accountId],
  );
  await expect(preview()).rejects.toMatchObject({
    code: 'range_too_long',
    message:
      'At most 100000 events that money paid for are rated again at once; there are as many before the end of 2026-11-10. Take fewer days.',
    details: { limit: 100_000 },
  });
  // Nothing has paid for these: this account's books are beyond the invariants.
  accountId = await newAccount({ initial: 0n, additional: 0n });
});

test(`R3.27 rated again is what it would have cost at once, and by the same prices nothing moves (seed ${SEED})`, async () => {
  const rate = fc.oneof(
    fc.constant('0'),
    fc.integer({ min: 1, max: 300 }).map((cents) => `${cents / 100}`),
  );
  const percent = fc.bigInt({ min: 0n, max: 30n }).map((whole) => whole * 10_000_000_000n);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rates: fc.tuple(rate, rate),
        fees: fc.tuple(percent, percent),
        quota: fc.bigInt({ min: 0n, max: 12n }),
        packaged: fc.bigInt({ min: 0n, max: 6n }),
        free: fc.bigInt({ min: 0n, max: 6n }),
        money: fc.bigInt({ min: 0n, max: 4_000_000n }),
      }),
      fc.array(fc.bigInt({ min: 1n, max: 7n }), { minLength: 1, maxLength: 6 }),
      async (given, quantities) => {
        const { rates, fees, quota, packaged, money } = given;
        // Of what cost nothing nobody can tell how much of it was free: it would be left out.
        const free = rates[0] === '0' ? 0n : given.free;
        const rowsOf = (index: 0 | 1) => [
          {
            ...priced('message', '*', rates[index]),
            fee: { fixed: 0n, percent: fees[index] },
          },
        ];
        const freeAllowance = { category: 'message', quantity: free, per: 'account' } as const;
        const rule = { ...MESSAGE_RULE, freeAllowance };
        const version = { rule, markets: [], effectiveFrom: '2025-07-01' };
        card = await newCard({ ...version, rows: rowsOf(0) }, { channel: 'message' });
        const use = async () => {
          accountId = await newAccount({ initial: money, additional: 1_000_000n });
          await nameCard(card);
          const opening = { accountId, reference: 'units', at: AT };
          await changeLedger(test_.database, opening, (plan, ledger) => {
            const month = { fromMonth: '2026-11', quantity: quota, at: AT };
            setAllowance(plan, ledger, { asset: 'message', ...month });
            if (packaged === 0n) return;
            const life = { startsAt: null, expiresAt: null, at: AT };
            const units = { code: 'package/pkg_1', asset: 'message', source: 'package' } as const;
            grantUnits(plan, ledger, { ...units, ...life, quantity: packaged, reference: 'pkg_1' });
          });
          const events = quantities.map((quantity, index) => ({
            ...whatsApp(index + 1),
            accountId,
            facts: { ...MESSAGE, quantity },
          }));
          await record(...events);
        };
        const sumOfWallets = async () =>
          (await wallets()).reduce((sum, line) => sum + BigInt(line.split(' ')[1] ?? 0), 0n);
        await use();
        const asCharged = await standing();
        await publish(test_.database, card, { ...version, corrects: 1, rows: rowsOf(0) });
        const same = await preview();
        expect([tell(same), same.leftOut]).toEqual([[], {}]);
        expect(await standing()).toEqual(asCharged);
        await publish(test_.database, card, { ...version, corrects: 2, rows: rowsOf(1) });
        await apply(await preview());
        const again = await standing();
        const left = await sumOfWallets();
        expect(await findViolations(owner, [accountId])).toEqual([]);
        await use();
        expect(again).toEqual(await standing());
        expect(left).toBe(await sumOfWallets());
      },
    ),
    { numRuns: 25 * RUNS_SCALE, seed: SEED },
  );
});
