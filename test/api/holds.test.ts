import { Client } from 'pg';
import { expireHold } from '../../activities/hold/expire-holds';
import { issueUsageDocumentsOf } from '../../activities/month/issue-usage-documents';
import { getHoldTerms, listExpiredHolds } from '../../db/repositories/hold.repository';
import { insertTaxRegistration } from '../../db/repositories/tax-registration.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { makeRateCard, MESSAGE_RULE, priced, publish } from '../support/rate-cards';
import { startApi, type ApiUnderTest } from './api-under-test';

/** Two days into the rule under which each delivered message is charged. */
const NOW = '2026-11-20T12:00:00.000Z';
const DEADLINE = '2026-11-20T18:00:00Z';
const RUPIAH = 1_000_000n;

let api: ApiUnderTest;
let owner: Client;
let made = 0;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  owner = new Client({ connectionString: api.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-11-01', 1)`);
  const card = await makeRateCard(api.database, { code: 'wa-idr', isDefault: true });
  await publish(api.database, card, {
    rows: [
      priced('marketing', 'ID', '500'),
      priced('marketing', 'IN', '800'),
      priced('utility', 'ID', '100'),
      priced('authentication', 'ID', '0'),
    ],
  });
});
afterAll(async () => {
  await owner?.end();
  await api?.close();
});

async function newAccount(rupiah: number): Promise<string> {
  made += 1;
  const accountId = `acct_hold${made}`;
  await makeAccount(api.database, {
    accountId,
    timeZone: 'Asia/Jakarta',
    currency: 'IDR',
    at: '2026-11-01T00:00:00Z',
  });
  await changeLedger(
    api.database,
    { accountId, reference: 'start', at: '2026-11-01T00:00:00Z' },
    (plan, ledger) => {
      if (rupiah === 0) return;
      grantMoney(plan, ledger, {
        source: 'wallet_additional',
        amountMicros: BigInt(rupiah) * RUPIAH,
        at: '2026-11-01T00:00:00Z',
        kind: 'grant',
        reference: 'top_1',
        from: 'clearing',
      });
    },
  );
  return accountId;
}

function ask(path: string, body: unknown = {}) {
  return api.call('POST', path, { key: api.operatorKey, body });
}

function broadcast(accountId: string, recipients: readonly string[]) {
  return { account_id: accountId, kind: 'broadcast', category: 'marketing', recipients };
}

function indonesians(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `+62812000${String(1_000 + index)}`);
}

async function balanceOf(accountId: string): Promise<{ posted: string; held: string }> {
  const { rows } = await owner.query<{ posted: string; held: string }>(
    `select b.posted, b.held from buckets b join ledgers l on l.id = b.ledger_id
      where l.account_id = $1 and b.code = 'wallet/additional'`,
    [accountId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('every ledger has an additional wallet');
  return { posted: String(BigInt(row.posted) / RUPIAH), held: String(BigInt(row.held) / RUPIAH) };
}

/** A delivered message to one of the recipients, paid from the hold. */
function delivered(accountId: string, to: string, holdId: string) {
  return {
    id: `${holdId}${to}`,
    account_id: accountId,
    type: 'wa_message',
    category: 'marketing',
    to,
    occurred_at: NOW,
    hold_id: holdId,
    broadcast: { id: 'diwali', name: 'Diwali' },
  };
}

describe('a quote', () => {
  it('R3.09 counts 100 unique numbers of 107, prices them by market, and stores nothing', async () => {
    const accountId = await newAccount(60_000);
    const recipients = [...indonesians(98), '+919800000001', '+919800000002'];
    const asked = broadcast(accountId, [...recipients, ...recipients.slice(0, 7)]);
    const { status, body } = await ask('/v1/quotes', asked);
    expect(status).toBe(200);
    expect(body).toEqual({
      account_id: accountId,
      kind: 'broadcast',
      at: NOW,
      recipients: 107,
      unique_recipients: 100,
      currency: 'IDR',
      lines: [
        {
          category: 'marketing',
          market: 'ID',
          quantity: 98,
          unit_rate: '500.00',
          amount: '49000.00',
        },
        {
          category: 'marketing',
          market: 'IN',
          quantity: 2,
          unit_rate: '800.00',
          amount: '1600.00',
        },
      ],
      covered_by: [{ bucket: 'wallet/additional', asset: 'IDR', amount: '50600.00' }],
      tax: { amount: '0.00', currency: 'IDR' },
      total: { amount: '50600.00', currency: 'IDR' },
      sufficient: true,
      missing: { amount: '0.00', currency: 'IDR' },
      missing_units: [],
    });
    expect(await balanceOf(accountId)).toEqual({ posted: '60000', held: '0' });
    const { rows } = await owner.query('select 1 from usage_events where contact is not null');
    expect(rows).toEqual([]);
  });

  it('R3.26 prices user ids of WhatsApp by their country, as the events of the broadcast', async () => {
    const accountId = await newAccount(60_000);
    const recipients = ['ID.2026a1b2c3', 'IN.ENT.77f0', '+6281200000001'];
    const { body } = await ask('/v1/quotes', broadcast(accountId, recipients));
    expect(body).toMatchObject({ total: { amount: '1800.00' }, unique_recipients: 3 });
    const { hold_id: _none, ...event } = delivered(accountId, 'IN.ENT.77f0', 'bsuid');
    expect((await ask('/v1/usage', { events: [event] })).body).toMatchObject({
      results: [{ outcome: 'charged', rating: { market: 'IN', amount: '800.00' } }],
    });
    const wrong = await ask('/v1/usage', { events: [{ ...event, to: 'in.77f0' }] });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: 'events.0.to' }] } });
  });

  it('R3.33 says what is missing: 3 messages at 500 with 1,200', async () => {
    const accountId = await newAccount(1_200);
    const { body } = await ask('/v1/quotes', broadcast(accountId, indonesians(3)));
    expect(body).toMatchObject({
      covered_by: [{ amount: '1000.00' }],
      total: { amount: '1500.00' },
      sufficient: false,
      missing: { amount: '300.00', currency: 'IDR' },
    });
  });

  it('R3.32 prices a group by its members: 8 at the price of utility', async () => {
    const accountId = await newAccount(10_000);
    const group = { account_id: accountId, kind: 'group_message', members: 8, to: '+62812' };
    const asked = { ...group, to: '+628120001000' };
    const { body } = await ask('/v1/quotes', asked);
    expect(body).toMatchObject({
      unique_recipients: 8,
      lines: [{ category: 'utility', quantity: 8, amount: '800.00' }],
      total: { amount: '800.00' },
    });
    const tooMany = await ask('/v1/quotes', { ...asked, members: 9 });
    expect(tooMany).toMatchObject({ status: 422, body: { code: 'group_too_large' } });
  });

  it('of what has no price is 422, and of another account 404', async () => {
    const accountId = await newAccount(1_000);
    const call = { account_id: accountId, kind: 'call', duration_seconds: 60 };
    expect(await ask('/v1/quotes', call)).toMatchObject({
      status: 422,
      body: { code: 'no_rate', reason: 'no_rate' },
    });
    const old = { ...broadcast(accountId, indonesians(1)), at: '2026-09-01T00:00:00Z' };
    const future = { ...old, at: '2026-11-22T12:00:00Z' };
    const asked = [await ask('/v1/quotes', old), await ask('/v1/quotes', future)];
    const held = await ask('/v1/holds', { ...call, deadline_at: DEADLINE });
    expect([...asked, held].map(({ status, body }) => [status, body.code])).toEqual([
      [422, 'event_too_old'],
      [422, 'event_in_future'],
      [422, 'no_rate'],
    ]);
    const elsewhere = broadcast('acct_nobody', indonesians(1));
    expect((await ask('/v1/quotes', elsewhere)).status).toBe(404);
  });
});

test('what would cost more than a use may is refused by quotes and holds', async () => {
  const card = await makeRateCard(api.database, { code: 'calls-of-gold', channel: 'call' });
  const row = priced('call', '*', '9999999');
  await publish(api.database, card, {
    rule: { ...MESSAGE_RULE, unit: 'minute' },
    rows: [{ ...row, fee: { fixed: 0n, percent: 9_990_000_000_000n } }],
  });
  const accountId = await newAccount(1_000);
  await api.call('PUT', `/v1/accounts/${accountId}/rate_cards`, {
    key: api.operatorKey,
    body: { call: 'calls-of-gold' },
  });
  const call = { account_id: accountId, kind: 'call', duration_seconds: 86_400 };
  const refused = { status: 422, body: { code: 'amount_out_of_range' } };
  expect(await ask('/v1/quotes', call)).toMatchObject(refused);
  expect(await ask('/v1/holds', { ...call, deadline_at: DEADLINE })).toMatchObject(refused);
});

describe('a hold', () => {
  async function place(accountId: string, recipients: readonly string[]) {
    const body = { ...broadcast(accountId, recipients), deadline_at: DEADLINE };
    return ask('/v1/holds', body);
  }

  it('pays for what is delivered and gives the rest back: 100 held, 98 delivered', async () => {
    const accountId = await newAccount(60_000);
    const recipients = indonesians(100);
    const { status, body } = await place(accountId, recipients);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'open',
      kind: 'broadcast',
      quantity: 100,
      reserved: [{ bucket: 'wallet/additional', asset: 'IDR', amount: '50000.00' }],
      captured: [],
      remaining: [{ amount: '50000.00' }],
      next_action: { kind: 'release', at: '2026-11-20T18:00:00.000Z' },
    });
    const { id } = body as { id: string };
    expect(await balanceOf(accountId)).toEqual({ posted: '60000', held: '50000' });
    const events = recipients.slice(0, 98).map((to) => delivered(accountId, to, id));
    const sent = await ask('/v1/usage', { events });
    expect(sent.body).toMatchObject({
      results: Array.from({ length: 98 }, () => ({
        outcome: 'charged',
        charges: [{ bucket: 'wallet/additional', amount: '500.00' }],
      })),
    });
    expect(await balanceOf(accountId)).toEqual({ posted: '11000', held: '1000' });
    const released = await ask(`/v1/holds/${id}/release`);
    expect(released.body).toMatchObject({
      status: 'released',
      captured: [{ amount: '49000.00' }],
      remaining: [],
      closed_at: NOW,
      next_action: null,
    });
    expect(await balanceOf(accountId)).toEqual({ posted: '11000', held: '0' });
    expect((await ask(`/v1/holds/${id}/release`)).body).toEqual(released.body);
    expect(await findViolations(owner, [accountId])).toEqual([]);
  });

  it('is closed as captured by the event, or the amount, that pays the last of it', async () => {
    const accountId = await newAccount(5_000);
    const recipients = indonesians(2);
    const { id } = (await place(accountId, recipients)).body as { id: string };
    const [first, last] = recipients.map((to) => delivered(accountId, to, id));
    await ask('/v1/usage', { events: [first] });
    const show = (one: string) =>
      api.call('GET', `/v1/holds/${one}`, { key: api.operatorKey }).then(({ body }) => body);
    expect(await show(id)).toMatchObject({ status: 'open' });
    await ask('/v1/usage', { events: [last] });
    expect(await show(id)).toMatchObject({
      status: 'captured',
      captured: [{ amount: '1000.00' }],
      remaining: [],
      closed_at: NOW,
      next_action: null,
    });
    const after = { ...delivered(accountId, '+6281299', id), hold_id: id };
    expect((await ask('/v1/usage', { events: [after] })).body).toMatchObject({
      results: [{ outcome: 'charged', charges: [{ amount: '500.00' }] }],
    });
    const whole = (await place(accountId, recipients)).body as { id: string };
    const captured = await ask(`/v1/holds/${whole.id}/capture`, { amount: '1000' });
    expect(captured.body).toMatchObject({ status: 'captured', closed_at: NOW });
    expect(await findViolations(owner, [accountId])).toEqual([]);
  });

  it('R3.33 is refused whole when it is not covered, with what is missing', async () => {
    const accountId = await newAccount(1_200);
    expect(await place(accountId, indonesians(3))).toMatchObject({
      status: 402,
      body: {
        code: 'insufficient_balance',
        required: { amount: '1500.00', currency: 'IDR' },
        available: { amount: '1200.00' },
        missing: { amount: '300.00' },
      },
    });
    expect(await balanceOf(accountId)).toEqual({ posted: '1200', held: '0' });
  });

  it('keeps others from what it holds, and what it does not cover is paid as usual', async () => {
    const accountId = await newAccount(1_500);
    const [first = '', second = '', third = ''] = indonesians(3);
    const { body } = await place(accountId, [first, second]);
    const { id } = body as { id: string };
    const free = { ...delivered(accountId, third, id), id: 'free', hold_id: undefined };
    const also = { ...free, id: 'also' };
    const { body: taken } = await ask('/v1/usage', { events: [free, also] });
    expect(taken).toMatchObject({
      results: [{ outcome: 'charged' }, { outcome: 'refused', reason: 'insufficient_balance' }],
    });
    const events = [first, second, third].map((to) => delivered(accountId, to, id));
    const { body: paid } = await ask('/v1/usage', { events });
    expect(paid).toMatchObject({
      results: [{ outcome: 'charged' }, { outcome: 'charged' }, { outcome: 'refused' }],
    });
    expect(await balanceOf(accountId)).toEqual({ posted: '0', held: '0' });
  });

  it('that nobody knows refuses the event that names it', async () => {
    const accountId = await newAccount(1_000);
    const event = delivered(accountId, '+628120001000', 'hold_nobody');
    expect((await ask('/v1/usage', { events: [event] })).body).toMatchObject({
      results: [{ outcome: 'refused', reason: 'unknown_hold' }],
    });
  });

  it('of what was all free reserves nothing, and the events that name it are answered', async () => {
    const accountId = await newAccount(0);
    const [to = ''] = indonesians(1);
    const category = 'authentication';
    const asked = { ...broadcast(accountId, [to]), category, deadline_at: DEADLINE };
    const { status, body } = await ask('/v1/holds', asked);
    expect(status).toBe(201);
    expect(body).toMatchObject({ reserved: [] });
    const { id } = body as { id: string };
    const event = { ...delivered(accountId, to, id), category };
    const sent = await ask('/v1/usage', { events: [event] });
    expect(sent.body).toMatchObject({ results: [{ outcome: 'charged', charges: [] }] });
    const others = await newAccount(5_000);
    const foreign = await ask('/v1/usage', { events: [delivered(others, to, id)] });
    expect(foreign.body).toMatchObject({
      results: [{ outcome: 'refused', reason: 'unknown_hold' }],
    });
  });

  it('is captured by amount, never beyond what it holds, and closed by the last capture', async () => {
    const accountId = await newAccount(5_000);
    const { body } = await place(accountId, indonesians(4));
    const { id } = body as { id: string };
    const capture = (asked: unknown) => ask(`/v1/holds/${id}/capture`, asked);
    expect(await capture({ amount: '2000.01' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'amount' }] },
    });
    expect(await capture({})).toMatchObject({ status: 400 });
    expect(await capture({ amount: '1', quantity: 1 })).toMatchObject({ status: 400 });
    expect((await capture({ amount: '500' })).body).toMatchObject({
      status: 'open',
      captured: [{ amount: '500.00' }],
      remaining: [{ amount: '1500.00' }],
    });
    expect((await capture({ amount: '250.50', final: true })).body).toMatchObject({
      status: 'captured',
      captured: [{ amount: '750.50' }],
      remaining: [],
    });
    expect(await capture({ amount: '1' })).toMatchObject({
      status: 409,
      body: { code: 'invalid_state' },
    });
  });

  it('R2.06 of a call grows slice by slice, split where the minutes end', async () => {
    const accountId = await newAccount(0);
    await changeLedger(
      api.database,
      { accountId, reference: 'minutes', at: NOW },
      (plan, ledger) => {
        grantUnits(plan, ledger, {
          code: 'minutes/1',
          asset: 'call_second',
          source: 'minute_bundle',
          quantity: 90n,
          startsAt: '2026-11-01T00:00:00.000Z',
          expiresAt: null,
          at: NOW,
          reference: 'bun_1',
        });
        grantMoney(plan, ledger, {
          source: 'wallet_additional',
          amountMicros: 1_000n * RUPIAH,
          at: NOW,
          kind: 'grant',
          reference: 'top_2',
          from: 'clearing',
        });
      },
    );
    const calls = { code: 'calls-idr', channel: 'call', isDefault: true } as const;
    const rounding = { initialSeconds: 30, incrementSeconds: 6 };
    await publish(api.database, await makeRateCard(api.database, calls), {
      rule: { ...MESSAGE_RULE, unit: 'minute', rounding },
      rows: [priced('call', '*', '600')],
    });
    const call = { account_id: accountId, kind: 'call', to: '+628120001000' };
    const placed = await ask('/v1/holds', { ...call, duration_seconds: 60, deadline_at: DEADLINE });
    expect(placed.body).toMatchObject({ reserved: [{ asset: 'call_second', quantity: 60 }] });
    const { id } = placed.body as { id: string };
    // 31 further seconds are begun steps of 6: 96 in all, of which 30 are the allowance's and 6 money's.
    const longer = await ask(`/v1/holds/${id}/extend`, { by: 31 });
    expect(longer).toMatchObject({
      status: 200,
      body: {
        quantity: 91,
        reserved: [
          { bucket: 'minutes/1', quantity: 90 },
          { bucket: 'wallet/additional', amount: '60.00' },
        ],
      },
    });
    const ended = {
      id: 'call_1',
      account_id: accountId,
      type: 'call',
      duration_seconds: 95,
      to: '+628120001000',
      occurred_at: NOW,
      hold_id: id,
    };
    expect((await ask('/v1/usage', { events: [ended] })).body).toMatchObject({
      results: [
        {
          outcome: 'charged',
          charges: [
            { bucket: 'minutes/1', quantity: 90 },
            { bucket: 'wallet/additional', amount: '60.00' },
          ],
          rating: { quantity: 96, unit_rate: '600.00' },
        },
      ],
    });
    const { body } = await ask(`/v1/holds/${id}/release`);
    expect(body).toMatchObject({ status: 'captured', remaining: [] });
    expect(await findViolations(owner, [accountId])).toEqual([]);
  });

  it('R2.06 counts what is free once, however many slices a call is held in', async () => {
    const accountId = await newAccount(10_000);
    const card = { code: 'calls-free', channel: 'call' } as const;
    const freeAllowance = { category: 'call', quantity: 10n, per: 'account' } as const;
    const rounding = { initialSeconds: 30, incrementSeconds: 6 };
    await publish(api.database, await makeRateCard(api.database, card), {
      rule: { ...MESSAGE_RULE, unit: 'minute', rounding, freeAllowance },
      rows: [priced('call', '*', '600')],
    });
    await owner.query(
      `insert into account_rate_cards (account_id, channel, card_code) values ($1, 'call', $2)`,
      [accountId, card.code],
    );
    const call = { account_id: accountId, kind: 'call', to: '+628120001000' };
    const asked = { ...call, duration_seconds: 600, deadline_at: DEADLINE };
    const placed = await ask('/v1/holds', asked);
    expect(placed).toMatchObject({ status: 201, body: { reserved: [] } });
    const { id } = placed.body as { id: string };
    const extend = (by: number) => ask(`/v1/holds/${id}/extend`, { by });
    expect((await extend(600)).body).toMatchObject({
      reserved: [{ bucket: 'wallet/additional', amount: '6000.00' }],
    });
    expect(await extend(480)).toMatchObject({
      status: 402,
      body: { missing: { amount: '800.00' } },
    });
    expect((await extend(300)).status).toBe(200);
    expect(await balanceOf(accountId)).toEqual({ posted: '10000', held: '9000' });
  });

  it('of a broadcast cannot be extended, nor ended before it begins', async () => {
    const accountId = await newAccount(5_000);
    const { body } = await place(accountId, indonesians(1));
    const { id } = body as { id: string };
    expect(await ask(`/v1/holds/${id}/extend`, { by: 60 })).toMatchObject({
      status: 409,
      body: { code: 'invalid_state' },
    });
    const past = { ...broadcast(accountId, indonesians(1)), deadline_at: '2026-11-20T12:00:00Z' };
    expect(await ask('/v1/holds', past)).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'deadline_at' }] },
    });
  });

  it('is released by its deadline, which is told', async () => {
    const accountId = await newAccount(5_000);
    const { body } = await place(accountId, indonesians(2));
    const { id } = body as { id: string };
    const later = '2026-11-20T18:00:00.000Z';
    const expired = await withTransaction(api.database, SYSTEM, (trx) =>
      listExpiredHolds(trx, { now: later, limit: 100 }),
    );
    expect(expired.map((terms) => terms.id)).toContain(id);
    const terms = await withTransaction(api.database, SYSTEM, (trx) => getHoldTerms(trx, id));
    const worker = { database: api.database, now: () => later };
    await expireHold(worker, terms, later);
    await expireHold(worker, terms, later);
    expect(await balanceOf(accountId)).toEqual({ posted: '5000', held: '0' });
    const shown = await api.call('GET', `/v1/holds/${id}`, { key: api.operatorKey });
    expect(shown.body).toMatchObject({ status: 'expired', closed_at: later, next_action: null });
    const { rows } = await owner.query('select type, reason from events where subject_id = $1', [
      id,
    ]);
    expect(rows).toEqual([
      {
        type: 'hold.expired',
        reason: 'the deadline of the hold has passed: what it still held is free again',
      },
    ]);
  });

  it('pays nothing and grows no longer once its deadline has passed', async () => {
    const accountId = await newAccount(5_000);
    const { body } = await place(accountId, indonesians(2));
    const { id } = body as { id: string };
    await owner.query('update hold_terms set deadline_at = $1 where hold_id = $2', [NOW, id]);
    const late = { status: 409, body: { code: 'invalid_state' } };
    expect(await ask(`/v1/holds/${id}/capture`, { amount: '1' })).toMatchObject(late);
    expect(await ask(`/v1/holds/${id}/extend`, { by: 60 })).toMatchObject(late);
  });

  it('is placed once however often it is asked under one Idempotency-Key', async () => {
    const accountId = await newAccount(5_000);
    const body = { ...broadcast(accountId, indonesians(2)), deadline_at: DEADLINE };
    const headers = { 'idempotency-key': `hold-${accountId}` };
    const send = () => api.call('POST', '/v1/holds', { key: api.operatorKey, body, headers });
    const [first, second] = [await send(), await send()];
    expect(second.body).toEqual(first.body);
    expect(await balanceOf(accountId)).toEqual({ posted: '5000', held: '1000' });
  });

  // Last: a registration counts for every account from then on.
  it('R3.28 pays an amount with the tax in it, and both are on the document of the month', async () => {
    const accountId = await newAccount(5_000);
    await withTransaction(api.database, SYSTEM, (trx) =>
      insertTaxRegistration(trx, {
        country: 'ID',
        state: null,
        taxId: '0012345678901000',
        taxIdType: 'npwp',
        taxOffice: null,
        legalName: 'PT Tollgate Test',
        addressLine1: 'Jl. Sudirman 1',
        addressLine2: null,
        city: 'Jakarta',
        postalCode: '10210',
        email: null,
        pricesIncludeTax: true,
        timeZone: 'Asia/Jakarta',
        isHome: true,
        hasLut: false,
        isTelecomOperator: false,
        taxPoint: 'consumption',
        validFrom: '2026-11-01T00:00:00.000Z',
        createdAt: NOW,
      }),
    );
    const { body } = await place(accountId, indonesians(2));
    const { id } = body as { id: string };
    expect(await ask(`/v1/holds/${id}/capture`, { amount: '500' })).toMatchObject({
      status: 200,
      body: { captured: [{ amount: '500.00' }], remaining: [{ amount: '500.00' }] },
    });
    expect(await balanceOf(accountId)).toEqual({ posted: '4500', held: '500' });
    const at = '2026-11-30T17:05:00.000Z';
    const { rows } = await owner.query<{ id: string }>(
      'select id::text from ledgers where account_id = $1',
      [accountId],
    );
    const ledgerId = BigInt(rows[0]?.id ?? 0);
    const worker = { database: api.database, now: () => at };
    await issueUsageDocumentsOf(worker, { accountId, ledgerId }, { month: '2026-12', at });
    const { body: shown } = await api.call('GET', `/v1/accounts/${accountId}/invoices`, {
      key: api.operatorKey,
    });
    expect(shown.items).toMatchObject([
      {
        kind: 'invoice',
        lines: [
          {
            description: 'Broadcasts, captured from holds, 2026-11',
            quantity: 1,
            amount: { amount: '500.00' },
          },
        ],
        tax_lines: [{ component: 'PPN', amount: { amount: '49.00' } }],
        total: { amount: '500.00' },
      },
    ]);
    expect(await findViolations(owner, [accountId])).toEqual([]);
  });
});
