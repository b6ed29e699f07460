import { Client } from 'pg';
import { createRateCardCache } from '../../db/rate-card-cache';
import { createUsageRecorder, type UsageRecorder } from '../../db/record-usage';
import { listEvents } from '../../db/repositories/event.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { parseRate } from '../../domain/money';
import type { RateCard } from '../../domain/rating/rate-card';
import type { UsageEvent, UsageFacts, UsageOutcome } from '../../domain/usage/usage-event';
import {
  buildEvent,
  buildRule,
  fromWhatsApp,
  inWindow,
  MESSAGE,
  rowOf,
  toWhatsApp,
  uuidOf,
} from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { makeRateCard, publish } from '../support/rate-cards';
import { publishPrices } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-11-10T09:00:00.000Z';
const RECORDED_AT = '2026-11-10T09:00:01.000Z';
const ROWS = [
  rowOf({ category: 'marketing', rate: parseRate('586.33') }),
  rowOf({ category: 'utility', rate: parseRate('356.65') }),
  rowOf({ category: 'service', rate: parseRate('356.65') }),
];

let test_: TestDatabase;
let owner: Client;
/** One for all tests: what it remembers must never be believed. */
let recorder: UsageRecorder;
let card: RateCard;
let accountId: string;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-10-01', 6)`);
  recorder = createUsageRecorder(test_.database, createRateCardCache());
  await publishPrices(test_.database, 'IDR', { 1: 10_000n });
  card = await makeRateCard(test_.database, { code: 'whatsapp-idr', isDefault: true });
  await publish(test_.database, card, {
    effectiveFrom: '2025-07-01',
    rule: buildRule({ serviceWindow: inWindow({ utility: 'free' }) }),
    rows: ROWS,
  });
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  made += 1;
  accountId = `acct_rated${made}`;
  const place = { timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
  await makeAccount(test_.database, { accountId, ...place });
  await changeLedger(test_.database, { accountId, reference: 'top', at: AT }, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: 1_000_000_000_000n,
      at: AT,
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    }),
  );
});
afterEach(async () => {
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

let sent = 0;
function use(facts: UsageFacts, other: Partial<UsageEvent> = {}): UsageEvent {
  sent += 1;
  return buildEvent({ accountId, key: uuidOf(sent), id: `evt_${sent}`, ...other, facts });
}

function record(...events: readonly UsageEvent[]): Promise<UsageOutcome[]> {
  const batch = { events, reference: 'batch', recordedAt: RECORDED_AT };
  return recorder.recordUsage(batch);
}

async function costs(...events: readonly UsageEvent[]): Promise<(string | undefined)[]> {
  return (await record(...events)).map((outcome) => {
    if (outcome.kind === 'refused') return outcome.reason;
    if (outcome.kind === 'conflict') return outcome.kind;
    return outcome.rating.zeroReason ?? String(Number(outcome.rating.amountMicros) / 1e6);
  });
}

function as<T>(work: (trx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(test_.database, SYSTEM, work);
}

async function rows(sql: string): Promise<unknown[]> {
  const found = await owner.query(`select x.* from (${sql}) x`, [accountId]);
  return found.rows;
}

const OF_ACCOUNT = 'join ledgers l on l.id = u.ledger_id where l.account_id = $1';

test('R3.29 a window is remembered between calls, and its events cost nothing', async () => {
  const utility = toWhatsApp({ category: 'utility' });
  expect(await costs(use(fromWhatsApp()))).toEqual(['priced_at_zero']);
  expect(await costs(use(utility))).toEqual(['customer_service_window']);
  const other = toWhatsApp({ category: 'utility', contact: uuidOf(9) });
  expect(await costs(use(other))).toEqual(['356.65']);
  const [stranger] = await rows(`select count(*) from whatsapp_contacts u ${OF_ACCOUNT}`);
  expect(stranger).toEqual({ count: 1n });
});

test('a free entry point and what is open in it survive the way through the database', async () => {
  await record(use(fromWhatsApp({ entryPoint: 'ad' }), { occurredAt: '2026-11-08T09:00:00.000Z' }));
  const answer = { occurredAt: '2026-11-09T08:59:59.999Z', receivedAt: AT };
  expect(await costs(use(toWhatsApp({ status: 'sent' }), answer))).toEqual([
    'not_charged_on_this_status',
  ]);
  expect(await costs(use(toWhatsApp()))).toEqual(['free_entry_point']);
  expect(
    await rows(
      `select entry_answered_at, free_starts_at, free_ends_at from whatsapp_contacts u ${OF_ACCOUNT}`,
    ),
  ).toEqual([
    {
      entry_answered_at: '2026-11-09T08:59:59.999Z',
      free_starts_at: '2026-11-09T08:59:59.999Z',
      free_ends_at: '2026-11-12T08:59:59.999Z',
    },
  ]);
});

test('R3.25 a conversation is remembered between calls', async () => {
  const named = await makeRateCard(test_.database, { code: `wa-conversations-${made}` });
  await publish(test_.database, named, {
    rule: buildRule({ unit: 'conversation', chargeOn: 'opened', serviceWindow: inWindow({}) }),
    rows: ROWS,
  });
  await as((trx) =>
    trx('account_rate_cards').insert({
      account_id: accountId,
      channel: 'whatsapp',
      card_code: named.code,
    }),
  );
  expect(await costs(use(toWhatsApp()))).toEqual(['586.33']);
  expect(await costs(use(toWhatsApp()))).toEqual(['conversation_open']);
  expect(await costs(use(toWhatsApp({ category: 'utility' })))).toEqual(['356.65']);
});

test('what is rated is kept with all that explains it, and told again to the letter', async () => {
  const event = use(toWhatsApp({ number: uuidOf(62) }), {
    broadcast: { id: 'b_1', name: 'Diwali' },
    visitor: uuidOf(0xaa),
  });
  const [first] = await record(event);
  expect(first).toMatchObject({
    kind: 'charged',
    isNewVisitor: true,
    rating: {
      card: { code: 'whatsapp-idr', version: 1, effectiveFrom: '2025-07-01' },
      category: 'marketing',
      market: 'ID',
      unit: 'message',
      unitRate: parseRate('586.33'),
      windowFrom: 'tracked',
    },
  });
  expect(await record(event)).toEqual([{ ...first, kind: 'replayed' }]);
  expect(
    await rows(
      `select event_id, fingerprint, type, mode, category, market, quantity, amount, fee, tax, zero_reason, window_from, contact,
              broadcast, hold_id, (select name from broadcasts b where b.ledger_id = u.ledger_id and b.id = u.broadcast) as name
         from usage_events u ${OF_ACCOUNT}`,
    ),
  ).toEqual([
    {
      event_id: event.id,
      fingerprint: event.fingerprint,
      type: 'wa_message',
      mode: 'enforce',
      category: 'marketing',
      market: 'ID',
      quantity: 1n,
      amount: 586_330_000n,
      fee: null,
      tax: null,
      zero_reason: null,
      window_from: 'tracked',
      contact: uuidOf(628),
      broadcast: 'b_1',
      hold_id: null,
      name: 'Diwali',
    },
  ]);
  expect(await rows(`select category, quantity, amount from usage_days u ${OF_ACCOUNT}`)).toEqual([
    { category: 'marketing', quantity: 1n, amount: 586_330_000n },
  ]);
});

test('an event that was sent with another fact is a conflict in a later call', async () => {
  const event = use(toWhatsApp());
  await record(event);
  const other = { key: event.key, id: event.id };
  expect(await costs(use(toWhatsApp({ category: 'utility' }), other))).toEqual(['conflict']);
});

test('a free allowance and tiers count over calls, per month of the account', async () => {
  const named = await makeRateCard(test_.database, { code: `wa-counted-${made}` });
  const tiers = [{ fromQuantity: 1n, rate: parseRate('10') }];
  await publish(test_.database, named, {
    rule: buildRule({
      serviceWindow: inWindow({}),
      freeAllowance: { category: 'service', quantity: 1n, per: 'number' },
      tierMode: 'graduated',
    }),
    rows: [...ROWS, rowOf({ category: 'authentication', rate: parseRate('20'), tiers })],
  });
  await as((trx) =>
    trx('account_rate_cards').insert({
      account_id: accountId,
      channel: 'whatsapp',
      card_code: named.code,
    }),
  );
  const service = (number: string) =>
    toWhatsApp({ category: 'service', number, isServiceWindowOpen: true });
  const code = toWhatsApp({ category: 'authentication' });
  expect(await costs(use(service(uuidOf(1))), use(code))).toEqual(['free_allowance', '20']);
  expect(await costs(use(service(uuidOf(1))), use(service(uuidOf(2))), use(code))).toEqual([
    '356.65',
    'free_allowance',
    '10',
  ]);
  const december = { occurredAt: '2026-11-30T17:00:00.000Z' };
  expect(await costs(use(service(uuidOf(1)), december), use(code, december))).toEqual([
    'free_allowance',
    '20',
  ]);
});

test('a free allowance adds up over calls', async () => {
  const named = await makeRateCard(test_.database, { code: `wa-added-${made}` });
  const freeAllowance = { category: 'service', quantity: 3n, per: 'account' } as const;
  await publish(test_.database, named, {
    rule: buildRule({ serviceWindow: inWindow({}), freeAllowance }),
    rows: ROWS,
  });
  const channel = { account_id: accountId, channel: 'whatsapp', card_code: named.code };
  await as((trx) => trx('account_rate_cards').insert(channel));
  const service = () => use(toWhatsApp({ category: 'service', isServiceWindowOpen: true }));
  expect(await costs(service(), service())).toEqual(['free_allowance', 'free_allowance']);
  expect(await costs(service())).toEqual(['free_allowance']);
  expect(await costs(service())).toEqual(['356.65']);
});

test('a version that is published counts with the next batch, in a process that knew the old one', async () => {
  const own = await makeRateCard(test_.database, { code: `wa-later-${made}` });
  await publish(test_.database, own, { rows: ROWS });
  await as((trx) =>
    trx('account_rate_cards').insert({
      account_id: accountId,
      channel: 'whatsapp',
      card_code: own.code,
    }),
  );
  expect(await costs(use(toWhatsApp()))).toEqual(['586.33']);
  const dearer = [rowOf({ category: 'marketing', rate: parseRate('700') })];
  await publish(test_.database, own, { effectiveFrom: '2026-11-11', rows: dearer });
  const tomorrow = { occurredAt: '2026-11-10T17:00:00.000Z' };
  expect(await costs(use(toWhatsApp(), tomorrow))).toEqual(['700']);
});

test('a card that is named for an account counts with its next event', async () => {
  expect(await costs(use(toWhatsApp()))).toEqual(['586.33']);
  const cheaper = await makeRateCard(test_.database, { code: `wa-agreed-${made}` });
  await publish(test_.database, cheaper, {
    rows: [rowOf({ category: 'marketing', rate: parseRate('500') })],
  });
  await as((trx) =>
    trx('account_rate_cards').insert({
      account_id: accountId,
      channel: 'whatsapp',
      card_code: cheaper.code,
    }),
  );
  expect(await costs(use(toWhatsApp()))).toEqual(['500']);
});

test('the newest day that was rated is noted with the card, in its zone', async () => {
  await record(use(toWhatsApp(), { occurredAt: '2026-11-10T17:00:00.000Z' }));
  await record(use(toWhatsApp()));
  const { rows: noted } = await owner.query(
    `select rated_until::text from rate_cards where code = 'whatsapp-idr'`,
  );
  expect(noted).toEqual([{ rated_until: '2026-11-11' }]);
});

test('usage on a test clock, which goes where it likes, notes no day: it keeps prices from nobody', async () => {
  const untilOf = async () => {
    const { rows } = await owner.query<{ until: string | null }>(
      `select rated_until::text as until from rate_cards where code = 'whatsapp-idr'`,
    );
    return rows[0]?.until;
  };
  const before = await untilOf();
  await as(async (trx) => {
    const at = '2190-01-01T00:00:00.000Z';
    const clock = { id: `clk_${made}`, name: 'far', status: 'ready', created_at: at };
    await trx('test_clocks').insert({ ...clock, now_at: at });
    await trx('accounts').where({ id: accountId }).update({ test_clock_id: clock.id });
  });
  const far = '2190-01-01T00:00:00.000Z';
  const [outcome] = await record(use(toWhatsApp(), { occurredAt: far, receivedAt: far }));
  expect(outcome?.kind).toBe('charged');
  expect(await untilOf()).toBe(before);
});

test('a package that is bound to channels pays for their messages only, also from its row', async () => {
  await changeLedger(test_.database, { accountId, reference: 'pkg', at: AT }, (plan, ledger) =>
    grantUnits(plan, ledger, {
      code: 'package/1',
      asset: 'message',
      source: 'package',
      quantity: 5n,
      startsAt: null,
      expiresAt: null,
      channels: ['email', 'a "quoted", one'],
      at: AT,
      reference: 'pkg_1',
    }),
  );
  const to = (channel: string) => use({ ...MESSAGE, channel, to: '1' });
  expect(await record(to('email'), to('sms'), to('a "quoted", one'))).toMatchObject([
    { charges: [{ bucket: 'package/1' }] },
    { charges: [{ bucket: 'wallet/additional' }] },
    { charges: [{ bucket: 'package/1' }] },
  ]);
});

test('R2.19 the last second of the minutes is told once, in the transaction that used it', async () => {
  await changeLedger(test_.database, { accountId, reference: 'min', at: AT }, (plan, ledger) =>
    grantUnits(plan, ledger, {
      code: 'plan/call_second/1',
      asset: 'call_second',
      source: 'plan_quota',
      quantity: 100n,
      startsAt: null,
      expiresAt: null,
      at: AT,
      reference: 'min_1',
    }),
  );
  const call = (durationSeconds: number) =>
    use({ type: 'call', durationSeconds, to: '1', direction: 'outbound' });
  const told = async () =>
    (await as((trx) => listEvents(trx, { limit: 9, beforePosition: null, accountId }))).map(
      ({ type, data }) => [type, data],
    );
  await record(call(79));
  expect(await told()).toEqual([]);
  await record(call(1));
  await record(call(21));
  expect(await told()).toEqual([
    ['call.minutes_exhausted', { seconds_left: 0, seconds_granted: 100 }],
    ['call.minutes_low', { seconds_left: 20, seconds_granted: 100 }],
  ]);
  // More minutes, used up again: it was told of this month.
  await changeLedger(test_.database, { accountId, reference: 'more', at: AT }, (plan, ledger) =>
    grantUnits(plan, ledger, {
      code: 'package/bun_1',
      asset: 'call_second',
      source: 'minute_bundle',
      quantity: 10n,
      startsAt: null,
      expiresAt: null,
      at: AT,
      reference: 'bun_1',
    }),
  );
  await record(call(10));
  expect(await told()).toHaveLength(2);
});
