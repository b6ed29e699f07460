import { noteRatedDays } from '../../db/repositories/rate-card.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { makeAccount } from '../support/ledger-accounts';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';

const NOW = '2026-11-22T18:30:00.000Z'; // The 23rd in Jakarta.
let api: ApiUnderTest;
let made = 0;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
});
afterAll(() => api.close());

const CHARGED = {
  marketing: 'charge',
  utility: 'charge',
  authentication: 'charge',
  authentication_international: 'charge',
  service: 'charge',
};
const RULE = {
  unit: 'message',
  charge_on: 'delivered',
  service_window: { ...CHARGED, utility: 'free', service: 'free' },
  free_entry_point: 'free',
  group: { members_max: 8, priced_as: 'utility', in_window: 'charge' },
  covered_by_quota: ['service'],
};
const ROW = { category: 'marketing', market: 'ID', rate: '597.3200' };

function post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply> {
  return api.call('POST', path, {
    key: api.operatorKey,
    body,
    ...(headers !== undefined && { headers }),
  });
}
const get = (path: string): Promise<Reply> => api.call('GET', path, { key: api.operatorKey });
const postCsv = (path: string, file: string): Promise<Reply> =>
  post(path, file, { 'content-type': 'text/csv; charset=utf-8' });

async function newCard(given: Record<string, unknown> = {}): Promise<string> {
  made += 1;
  const code = `card-${made}`;
  const reply = await post('/v1/rate_cards', {
    code,
    name: 'A card',
    channel: 'whatsapp',
    currency: 'IDR',
    time_zone: 'Asia/Jakarta',
    markets: [
      { prefix: '62', market: 'ID' },
      { prefix: '91', market: 'IN' },
    ],
    ...given,
  });
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)]);
  return code;
}

function publish(code: string, given: Record<string, unknown> = {}): Promise<Reply> {
  const version = { effective_from: '2025-07-01', rule: RULE, rows: [ROW], ...given };
  return post(`/v1/rate_cards/${code}/versions`, version);
}

/** What was refused: its fields with their messages. */
function refusalOf(reply: Reply): unknown[] {
  const errors = (reply.body.errors ?? []) as { field: string; message: string }[];
  return [reply.status, reply.body.code, ...errors.map(({ field, message }) => [field, message])];
}

function rated(cardCode: string, day: string): Promise<void> {
  return withTransaction(api.database, SYSTEM, (trx) => noteRatedDays(trx, [{ cardCode, day }]));
}

describe('a rate card', () => {
  it('is made, shown and listed by channel and currency', async () => {
    const reply = await post('/v1/rate_cards', {
      code: 'sms-kwd',
      name: 'SMS, Kuwait',
      channel: 'message',
      currency: 'KWD',
      time_zone: 'Asia/Kuwait',
    });
    expect([reply.status, reply.headers.get('location')]).toEqual([201, '/v1/rate_cards/sms-kwd']);
    expect(reply.body).toEqual({
      code: 'sms-kwd',
      name: 'SMS, Kuwait',
      channel: 'message',
      currency: 'KWD',
      time_zone: 'Asia/Kuwait',
      markets: [],
      is_default: false,
      rated_until: null,
      created_at: NOW,
    });
    expect((await get('/v1/rate_cards/sms-kwd')).body).toEqual(reply.body);
    const listed = await get('/v1/rate_cards?channel=message&currency=KWD');
    expect(listed.body).toEqual({ items: [reply.body], next_cursor: null });
    expect((await get('/v1/rate_cards?channel=call&currency=KWD')).body.items).toEqual([]);
    expect((await get('/v1/rate_cards/no-such')).status).toBe(404);
  });

  it('is the only default of its channel and currency, and the only one of its code', async () => {
    const code = await newCard({ currency: 'VND', is_default: true });
    const body = {
      code: 'another',
      name: 'Another',
      channel: 'whatsapp',
      currency: 'VND',
      time_zone: 'Asia/Jakarta',
      is_default: true,
    };
    expect(refusalOf(await post('/v1/rate_cards', body))).toEqual([
      409,
      'already_exists',
      ['is_default', `The rate card "${code}" is the default for whatsapp in VND.`],
    ]);
    expect(refusalOf(await post('/v1/rate_cards', { ...body, code, is_default: false }))).toEqual([
      409,
      'already_exists',
      ['code', `There is a rate card "${code}".`],
    ]);
  });

  it('becomes the default in place of the other, and may be renamed; nothing else of it changes', async () => {
    const first = await newCard({ currency: 'KES', is_default: true });
    const second = await newCard({ currency: 'KES' });
    const elsewhere = await newCard({ currency: 'KES', channel: 'call', is_default: true });
    const patch = (code: string, body: object) =>
      api.call('PATCH', `/v1/rate_cards/${code}`, { key: api.operatorKey, body });
    const show = async (code: string) => (await get(`/v1/rate_cards/${code}`)).body;
    const changed = await patch(second, { is_default: true, name: 'The new one' });
    expect(changed.body).toMatchObject({ code: second, is_default: true, name: 'The new one' });
    expect(await show(second)).toEqual(changed.body);
    expect(await show(first)).toMatchObject({ is_default: false, name: 'A card' });
    expect(await show(elsewhere)).toMatchObject({ is_default: true });
    await patch(second, { is_default: false });
    expect(await show(second)).toMatchObject({ is_default: false, name: 'The new one' });
    for (const fact of ['currency', 'channel', 'time_zone', 'markets', 'code']) {
      expect((await patch(first, { [fact]: 'USD' })).body).toMatchObject({ code: 'unknown_field' });
    }
    expect((await patch('no-such', {})).status).toBe(404);
  });

  it('R3.26 leads each prefix to one market', async () => {
    const reply = await post('/v1/rate_cards', {
      code: 'twice',
      name: 'Twice',
      channel: 'whatsapp',
      currency: 'IDR',
      time_zone: 'Asia/Jakarta',
      markets: [
        { prefix: '62', market: 'ID' },
        { prefix: '62', market: 'IN' },
      ],
    });
    expect(refusalOf(reply)).toEqual([
      400,
      'invalid_request',
      ['markets.1.prefix', 'The prefix 62 stands twice.'],
    ]);
  });
});

describe('a version', () => {
  it('R3.25 R3.28 is published with its rule, prices and fees, and shown as it is', async () => {
    const code = await newCard();
    const reply = await publish(code, {
      note: 'Per delivered message',
      rule: {
        ...RULE,
        free_allowance: { category: 'service', quantity: 1000, per: 'number' },
        tier_mode: 'graduated',
      },
      rows: [
        { ...ROW, fee: { percent: '10' } },
        {
          category: 'utility',
          market: '*',
          rate: '356.65',
          tiers: [
            { from_quantity: 1, rate: '356.65' },
            { from_quantity: 250_001, rate: '339.1' },
          ],
        },
      ],
    });
    expect([reply.status, reply.headers.get('location')]).toEqual([
      201,
      `/v1/rate_cards/${code}/versions/1`,
    ]);
    expect(reply.body).toEqual({
      card_code: code,
      version: 1,
      effective_from: '2025-07-01',
      corrects: null,
      starts_at: '2025-06-30T17:00:00.000Z',
      note: 'Per delivered message',
      rule: {
        ...RULE,
        conversation_hours: 24,
        free_allowance: { category: 'service', quantity: 1000, per: 'number' },
        tier_mode: 'graduated',
        rounding: null,
      },
      markets: [
        { prefix: '62', market: 'ID' },
        { prefix: '91', market: 'IN' },
      ],
      rows: [
        {
          category: 'marketing',
          market: 'ID',
          rate: '597.32',
          fee: { fixed: '0.00', percent: '10' },
          tiers: [],
        },
        {
          category: 'utility',
          market: '*',
          rate: '356.65',
          fee: { fixed: '0.00', percent: '0' },
          tiers: [
            { from_quantity: 0, rate: '356.65' },
            { from_quantity: 250_000, rate: '339.10' },
          ],
        },
      ],
      unreachable_markets: [],
      created_at: NOW,
    });
    expect((await get(`/v1/rate_cards/${code}/versions/1`)).body).toEqual(reply.body);
    expect((await get(`/v1/rate_cards/${code}/versions/2`)).status).toBe(404);
    expect((await get(`/v1/rate_cards/no-such/versions/1`)).status).toBe(404);
  });

  it('R3.27 is one of several, listed with the last made first', async () => {
    const code = await newCard();
    for (const effective_from of ['2023-06-01', '2025-07-01', '2026-10-01']) {
      expect((await publish(code, { effective_from })).status).toBe(201);
    }
    const first = await get(`/v1/rate_cards/${code}/versions?limit=2`);
    const numbers = (reply: Reply) =>
      (reply.body.items as { version: number }[]).map(({ version }) => version);
    expect(numbers(first)).toEqual([3, 2]);
    const cursor = String(first.body.next_cursor);
    expect(numbers(await get(`/v1/rate_cards/${code}/versions?cursor=${cursor}`))).toEqual([1]);
    expect((await get('/v1/rate_cards/no-such/versions')).status).toBe(404);
  });

  it('of a message or call card needs a unit and prices', async () => {
    const calls = await newCard({ channel: 'call', markets: [] });
    const reply = await publish(calls, {
      rule: { unit: 'minute' },
      rows: [{ category: 'call', market: '*', rate: '2.5' }],
    });
    expect(reply.body.rule).toMatchObject({
      unit: 'minute',
      charge_on: 'delivered',
      rounding: { initial_seconds: 60, increment_seconds: 60 },
    });
    const messages = await newCard({ channel: 'message', markets: [] });
    const sms = await publish(messages, {
      rule: { unit: 'message' },
      rows: [{ category: 'message', market: '*', rate: '150' }],
    });
    expect(sms.body.rule).toMatchObject({ unit: 'message', rounding: null });
  });

  it('charges what its rule does not speak of', async () => {
    const code = await newCard();
    const reply = await publish(code, { rule: { unit: 'conversation' } });
    expect(reply.body.rule).toMatchObject({
      charge_on: 'opened',
      conversation_hours: 24,
      service_window: CHARGED,
      free_entry_point: 'charge',
      group: { members_max: 8, priced_as: null, in_window: 'charge' },
      free_allowance: null,
      covered_by_quota: [],
    });
  });

  it('R3.30 prices a group message as utility, where that has a price and nothing else is said', async () => {
    const code = await newCard();
    const rows = [ROW, { ...ROW, category: 'utility' }];
    const pricedAs = async (rule: object) => {
      const { body } = await publish(code, { rule: { unit: 'message', ...rule }, rows });
      return (body.rule as { group: { priced_as: unknown } }).group.priced_as;
    };
    expect(await pricedAs({})).toBe('utility');
    expect(await pricedAs({ group: { members_max: 4 } })).toBe('utility');
    expect(await pricedAs({ group: { priced_as: null } })).toBeNull();
    expect(await pricedAs({ group: { priced_as: 'service' } })).toBe('service');
  });

  it('R3.25 is refused with all that is wrong with it, and not stored', async () => {
    const code = await newCard();
    const reply = await publish(code, {
      rule: { ...RULE, covered_by_quota: ['srevice'] },
      rows: [ROW, { ...ROW, rate: '1' }],
    });
    expect(refusalOf(reply)).toEqual([
      400,
      'invalid_request',
      ['rule.covered_by_quota.0', expect.stringContaining('no category "srevice"')],
      ['rows.1.market', 'There is another price of marketing in ID.'],
    ]);
    for (const [given, field] of [
      [{ effective_from: '2026-02-30' }, 'effective_from'],
      [{ rows: [] }, 'rows'],
      [{ rows: [{ ...ROW, rate: '1,5' }] }, 'rows.0.rate'],
      [{ rows: [{ ...ROW, fee: { percent: '1000' } }] }, 'rows.0.fee.percent'],
      [{ rows: [{ ...ROW, price: '1' }] }, 'rows.0.price'],
      [{ rule: { ...RULE, unit: 'token' } }, 'rule.unit'],
    ] as const) {
      const refused = await publish(code, given);
      expect([refused.status, refusalOf(refused)[2]]).toEqual([400, [field, expect.any(String)]]);
    }
    expect((await get(`/v1/rate_cards/${code}/versions`)).body.items).toEqual([]);
  });

  it('R3.27 begins after the newest day that was rated, and a preview says so', async () => {
    const code = await newCard();
    await publish(code);
    await rated(code, '2026-11-22');
    const refused = await publish(code, { effective_from: '2026-11-22' });
    const detail =
      'Usage up to 2026-11-22 was rated with this card; a version begins after that day. To mend prices of the past, ' +
      'publish a version that `corrects` the one in force then, and rate the usage again with ' +
      'POST /v1/accounts/{account_id}/reratings.';
    expect(refusalOf(refused)).toEqual([409, 'usage_already_rated', ['effective_from', detail]]);
    const preview = await post(`/v1/rate_cards/${code}/versions/preview`, {
      effective_from: '2026-11-22',
      rule: RULE,
      rows: [ROW],
    });
    expect([preview.status, preview.body.refusal]).toEqual([
      200,
      { code: 'usage_already_rated', detail },
    ]);
    expect((await publish(code, { effective_from: '2026-11-23' })).status).toBe(201);
    expect((await get(`/v1/rate_cards/${code}`)).body.rated_until).toBe('2026-11-22');
  });

  it('R3.27 corrects prices of days that were rated, and nothing else of them', async () => {
    const code = await newCard();
    await publish(code);
    await rated(code, '2026-11-22');
    const prices = { effective_from: '2026-11-01', rows: [{ ...ROW, rate: '600' }] };
    const corrected = await publish(code, { ...prices, corrects: 1 });
    expect([corrected.status, corrected.body]).toMatchObject([201, { version: 2, corrects: 1 }]);
    const { items } = (await get(`/v1/rate_cards/${code}/versions`)).body;
    expect(items).toMatchObject([{ corrects: 1 }, { corrects: null }]);
    for (const [given, field, message] of [
      [
        { corrects: 1 },
        'corrects',
        'On 2026-11-01 version 2 is in force, not version 1: correct that one.',
      ],
      [
        { corrects: 9 },
        'corrects',
        'On 2026-11-01 version 2 is in force, not version 9: correct that one.',
      ],
      [
        { corrects: 2, rule: { ...RULE, service_window: CHARGED } },
        'rule',
        'A correction changes prices and fees; its rule is that of version 2.',
      ],
      [
        { corrects: 2, markets: [{ prefix: '380', market: 'UA' }] },
        'markets',
        'A correction changes prices and fees; its markets are those of version 2.',
      ],
    ] as const) {
      const refused = await publish(code, { ...prices, ...given });
      expect(refusalOf(refused)).toEqual([422, 'unprocessable', [field, message]]);
    }
    const path = `/v1/rate_cards/${code}/versions?effective_from=2026-11-01&corrects=2`;
    const file = await postCsv(path, 'category,market,rate\r\nmarketing,ID,650\r\n');
    expect([file.status, file.body]).toMatchObject([201, { version: 3, corrects: 2, rule: RULE }]);
  });

  it('is published once, however often it is sent with one key', async () => {
    const code = await newCard();
    const send = () =>
      post(
        `/v1/rate_cards/${code}/versions`,
        { effective_from: '2025-07-01', rule: RULE, rows: [ROW] },
        { 'idempotency-key': `publish-${code}` },
      );
    const replies = await Promise.all([send(), send(), send()]);
    expect(replies.map(({ body }) => body.version)).toEqual([1, 1, 1]);
  });

  it('R3.26 may bring markets of its own, and the next one keeps them', async () => {
    const code = await newCard();
    const first = await publish(code, {
      markets: [{ prefix: '380', market: 'UA' }],
      rows: [ROW, { category: 'marketing', market: 'UA', rate: '1' }],
    });
    expect(first.body.unreachable_markets).toEqual(['ID']);
    const second = await publish(code, { effective_from: '2026-10-01' });
    expect(second.body.markets).toEqual([{ prefix: '380', market: 'UA' }]);
  });
});

describe('a CSV file', () => {
  const FILE = 'category,market,rate,fee_fixed,fee_percent\r\n';

  it('R3.27 is previewed against the version in force, and stores nothing', async () => {
    const code = await newCard({ currency: 'INR' });
    await publish(code, {
      effective_from: '2025-07-01',
      rows: [
        { category: 'marketing', market: 'IN', rate: '0.7846' },
        { category: 'utility', market: 'IN', rate: '0.115' },
        { category: 'service', market: 'IN', rate: '0' },
      ],
    });
    const file = `\ufeff${FILE}marketing,IN,"0.8631",0,10\r\nutility,IN,0.115,,\r\nauthentication_international,IN,2.30,0,0\r\n`;
    const path = `/v1/rate_cards/${code}/versions/preview?effective_from=2026-01-01`;
    const reply = await postCsv(path, file);
    expect(reply.status).toBe(200);
    const noFee = { fixed: '0.00', percent: '0' };
    const india = { market: 'IN', tiers: [] };
    expect(reply.body).toEqual({
      effective_from: '2026-01-01',
      starts_at: '2025-12-31T17:00:00.000Z',
      compared_with: { version: 1, effective_from: '2025-07-01' },
      added: [{ ...india, category: 'authentication_international', rate: '2.30', fee: noFee }],
      removed: [{ ...india, category: 'service', rate: '0.00', fee: noFee }],
      changed: [
        {
          category: 'marketing',
          market: 'IN',
          before: { ...india, category: 'marketing', rate: '0.7846', fee: noFee },
          after: {
            ...india,
            category: 'marketing',
            rate: '0.8631',
            fee: { fixed: '0.00', percent: '10' },
          },
          changed_by: {
            rate: '0.0785',
            rate_percent: '10.01',
            fee: { fixed: '0.00', percent: '10' },
          },
        },
      ],
      unchanged: 1,
      rule_changes: [],
      market_changes: { added: [], removed: [] },
      unreachable_markets: [],
      refusal: null,
    });
    expect((await get(`/v1/rate_cards/${code}/versions`)).body.items).toHaveLength(1);
  });

  it('R3.27 is published ahead of its start with the rule of the version it follows', async () => {
    const code = await newCard();
    await publish(code, { effective_from: '2025-07-01' });
    await publish(code, {
      effective_from: '2026-10-01',
      rule: { ...RULE, service_window: CHARGED },
    });
    const file = `${FILE}marketing,ID,650,,\r\n`;
    const path = `/v1/rate_cards/${code}/versions`;
    const early = await postCsv(`${path}?effective_from=2026-01-01&note=A%20quarter`, file);
    expect([early.status, early.body]).toMatchObject([
      201,
      { version: 3, note: 'A quarter', rule: RULE, rows: [{ rate: '650.00' }] },
    ]);
    const late = await postCsv(`${path}?effective_from=2027-01-01`, file);
    expect(late.body.rule).toMatchObject({ service_window: CHARGED });
    const named = await postCsv(`${path}?effective_from=2027-01-01&rule_from=1`, file);
    expect(named.body.rule).toMatchObject(RULE);
    const today = await postCsv(`${path}/preview`, file);
    expect(today.body).toMatchObject({
      effective_from: '2026-11-23',
      compared_with: { version: 2 },
    });
  });

  it('needs a version to take its rule from', async () => {
    const code = await newCard();
    const path = `/v1/rate_cards/${code}/versions?effective_from=2026-01-01`;
    const file = `${FILE}marketing,ID,650,,`;
    expect(refusalOf(await postCsv(path, file))).toEqual([
      422,
      'unprocessable',
      ['rule_from', expect.stringContaining('Publish the first version as JSON')],
    ]);
    expect(refusalOf(await postCsv(`${path}&rule_from=7`, file))).toEqual([
      422,
      'unprocessable',
      ['rule_from', 'The card has no version 7.'],
    ]);
    expect(refusalOf(await postCsv(`/v1/rate_cards/${code}/versions`, file))).toEqual([
      400,
      'invalid_request',
      ['effective_from', 'This field is required.'],
    ]);
  });

  it.each([
    ['a price with a comma', `marketing,ID,"597,32",,`, 'line 2.rate', '"597,32" is not a price'],
    ['a cell too many', `marketing,ID,597,32,0,0`, 'line 2', 'The line has 6 cells'],
    [
      'a price twice',
      `marketing,ID,1,,\nutility,ID,1,,\nmarketing,ID,2,,`,
      'line 4.market',
      'another price',
    ],
    ['an unknown category', `\nmarketting,ID,1,,`, 'line 3.category', 'no category "marketting"'],
    ['an open quote', `marketing,"ID,1,,\n`, 'line 2', 'The quotes of this line do not match'],
    ['no prices', '', 'line 1', 'The file has a header and no prices'],
  ])('with %s is refused by line and column, and not stored', async (_, lines, field, words) => {
    const code = await newCard();
    await publish(code);
    const path = `/v1/rate_cards/${code}/versions?effective_from=2026-01-01`;
    const reply = await postCsv(path, FILE.replace('\r', '') + lines);
    expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
    expect(reply.body.errors).toEqual([
      { field, code: 'invalid', message: expect.stringContaining(words) },
    ]);
    expect((await get(`/v1/rate_cards/${code}/versions`)).body.items).toHaveLength(1);
  });

  it('is UTF-8 with commas, and not empty', async () => {
    const code = await newCard();
    await publish(code);
    const path = `/v1/rate_cards/${code}/versions?effective_from=2026-01-01`;
    const semicolons = await postCsv(path, 'category;market;rate\nmarketing;ID;597,32');
    expect(refusalOf(semicolons)[2]).toEqual([
      'line 1',
      'Line 1: The columns are separated by semicolons. Save the file with commas, and rates with a point.',
    ]);
    expect(refusalOf(await postCsv(path, ''))[2]).toEqual([
      'line 1',
      expect.stringContaining('The file is empty.'),
    ]);
    const latin = await fetch(api.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.operatorKey}`, 'content-type': 'text/csv' },
      body: Buffer.from([0x63, 0xe9]),
    });
    expect([latin.status, await latin.text()]).toEqual([
      400,
      expect.stringContaining('The file is not UTF-8.'),
    ]);
    const json = { effective_from: '2026-01-01', rule: RULE, rows: [ROW] };
    expect(refusalOf(await post(path, json))).toEqual([
      400,
      'unknown_field',
      ['effective_from', expect.any(String)],
    ]);
  });
});

describe('usage', () => {
  const AT = '2026-11-22T10:00:00Z';

  /** An account in rupiah that is rated by this card. */
  async function newAccount(code: string): Promise<string> {
    made += 1;
    const accountId = `acct_rated_${made}`;
    const account = { accountId, timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
    await makeAccount(api.database, account);
    const named = { key: api.operatorKey, body: { whatsapp: code } };
    await api.call('PUT', `/v1/accounts/${accountId}/rate_cards`, named);
    return accountId;
  }

  async function sendMessage(to: ApiUnderTest, accountId: string, id: string, occurredAt = AT) {
    const event = { type: 'wa_message', category: 'marketing', to: '+628912345678' };
    const sent = { ...event, id, account_id: accountId, occurred_at: occurredAt, mode: 'record' };
    const reply = await to.call('POST', '/v1/usage', {
      key: api.operatorKey,
      body: { events: [sent] },
    });
    const [result] = reply.body.results as { rating?: Record<string, unknown> }[];
    return result?.rating;
  }

  it('R3.25 R3.27 is rated by the version of its instant, in every process from the next batch on', async () => {
    const beside = await startApi({ now: () => NOW, testDatabase: api.testDatabase });
    try {
      const code = await newCard();
      await publish(code, { rows: [{ ...ROW, rate: '512.34' }] });
      const accountId = await newAccount(code);
      expect(await sendMessage(beside, accountId, 'first')).toMatchObject({
        card: code,
        version: 1,
        unit_rate: '512.34',
      });
      expect((await get(`/v1/rate_cards/${code}`)).body.rated_until).toBe('2026-11-22');
      const late = await publish(code, { effective_from: '2026-11-22' });
      expect([late.status, late.body.code]).toEqual([409, 'usage_already_rated']);
      expect((await publish(code, { effective_from: '2026-11-23' })).status).toBe(201);
      // The 23rd begins at 17:00 UTC in Jakarta.
      expect(await sendMessage(beside, accountId, 'second', '2026-11-22T16:59:59Z')).toMatchObject({
        version: 1,
        unit_rate: '512.34',
      });
      expect(await sendMessage(beside, accountId, 'third', '2026-11-22T17:00:00Z')).toMatchObject({
        version: 2,
        unit_rate: '597.32',
      });
    } finally {
      await beside.close();
    }
  });

  it('is rated by the new default, in every process from the next event on', async () => {
    const beside = await startApi({ now: () => NOW, testDatabase: api.testDatabase });
    try {
      const codes = [await newCard({ currency: 'THB', is_default: true })];
      codes.push(await newCard({ currency: 'THB' }));
      for (const code of codes) await publish(code);
      const accountId = 'acct_of_default';
      const account = { accountId, timeZone: 'Asia/Bangkok', currency: 'THB', at: AT };
      await makeAccount(api.database, account);
      expect(await sendMessage(beside, accountId, 'first')).toMatchObject({ card: codes[0] });
      await api.call('PATCH', `/v1/rate_cards/${codes[1]}`, {
        key: api.operatorKey,
        body: { is_default: true },
      });
      expect(await sendMessage(beside, accountId, 'second')).toMatchObject({ card: codes[1] });
      expect(await sendMessage(api, accountId, 'third')).toMatchObject({ card: codes[1] });
    } finally {
      await beside.close();
    }
  });

  it('is rated by the card that is named for its account, from the next event on', async () => {
    const code = await newCard();
    await publish(code);
    const other = await newCard();
    await publish(other, { rows: [{ ...ROW, rate: '450.75' }] });
    const accountId = await newAccount(code);
    expect(await sendMessage(api, accountId, 'first')).toMatchObject({ card: code });
    await api.call('PUT', `/v1/accounts/${accountId}/rate_cards`, {
      key: api.operatorKey,
      body: { whatsapp: other },
    });
    expect(await sendMessage(api, accountId, 'second')).toMatchObject({
      card: other,
      unit_rate: '450.75',
    });
  });
});

describe('the cards of an account', () => {
  async function newAccount(currency: string): Promise<string> {
    made += 1;
    const accountId = `acct_cards_${made}`;
    const account = { accountId, timeZone: 'Asia/Jakarta', currency, at: NOW };
    await makeAccount(api.database, account);
    return accountId;
  }
  const put = (accountId: string, body: unknown) =>
    api.call('PUT', `/v1/accounts/${accountId}/rate_cards`, { key: api.operatorKey, body });

  it('are the defaults of its currency until others are named', async () => {
    const byDefault = await newCard({ currency: 'MYR', is_default: true });
    const own = await newCard({ currency: 'MYR' });
    const accountId = await newAccount('MYR');
    const none = { whatsapp: null, message: null, call: null };
    const before = {
      account_id: accountId,
      ...none,
      in_force: { ...none, whatsapp: byDefault },
    };
    expect((await get(`/v1/accounts/${accountId}/rate_cards`)).body).toEqual(before);
    const named = { ...before, whatsapp: own, in_force: { ...none, whatsapp: own } };
    expect((await put(accountId, { whatsapp: own })).body).toEqual(named);
    const { secret: key } = await api.makeKey({ role: 'account', accountId });
    const seen = await api.call('GET', `/v1/accounts/${accountId}/rate_cards`, { key });
    expect(seen.body).toEqual(named);
    expect((await put(accountId, {})).body).toEqual(before);
    expect((await put('acct_none', {})).status).toBe(404);
  });

  it('exist, are for the channel and in the currency of the account', async () => {
    const accountId = await newAccount('MYR');
    const rupiah = await newCard();
    const calls = await newCard({ channel: 'call', currency: 'MYR', markets: [] });
    expect(refusalOf(await put(accountId, { whatsapp: 'no-such' }))).toEqual([
      422,
      'unknown_rate_card',
      ['whatsapp', 'There is no rate card "no-such".'],
    ]);
    expect(refusalOf(await put(accountId, { whatsapp: rupiah }))).toEqual([
      422,
      'currency_mismatch',
      ['whatsapp', `The rate card "${rupiah}" is in IDR, the account in MYR.`],
    ]);
    expect(refusalOf(await put(accountId, { call: calls, message: calls }))).toEqual([
      422,
      'unprocessable',
      ['message', `The rate card "${calls}" is for call.`],
    ]);
    expect((await get(`/v1/accounts/${accountId}/rate_cards`)).body.call).toBeNull();
  });
});
