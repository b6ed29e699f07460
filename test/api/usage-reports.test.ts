import { Client } from 'pg';
import { parse } from 'csv-parse/sync';
import { grantMoney } from '../../domain/ledger/grant';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { makeRateCard, priced, publish } from '../support/rate-cards';
import { startApi, type ApiUnderTest } from './api-under-test';

/** 19:00 in Jakarta. */
const NOW = '2026-11-20T12:00:00.000Z';
const ACCOUNT = 'acct_reports';
const RUPIAH = 1_000_000n;

let api: ApiUnderTest;
let owner: Client;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  owner = new Client({ connectionString: api.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-11-01', 1)`);
  const card = await makeRateCard(api.database, { code: 'wa-idr', isDefault: true });
  await publish(api.database, card, {
    rows: [priced('marketing', 'ID', '500'), priced('utility', 'ID', '100')],
  });
  const at = '2026-11-01T00:00:00Z';
  const account = { accountId: ACCOUNT, timeZone: 'Asia/Jakarta', currency: 'IDR' };
  await makeAccount(api.database, { ...account, at });
  const change = { accountId: ACCOUNT, reference: 'start', at };
  await changeLedger(api.database, change, (plan, ledger) => {
    const money = { at, kind: 'grant', from: 'clearing' } as const;
    const initial = { ...money, source: 'wallet_initial', reference: 'plan' } as const;
    grantMoney(plan, ledger, { ...initial, amountMicros: 700n * RUPIAH });
    const additional = { ...money, source: 'wallet_additional', reference: 'top_1' } as const;
    grantMoney(plan, ledger, { ...additional, amountMicros: 10_000n * RUPIAH });
  });
  const send = (events: readonly object[]) =>
    api.call('POST', '/v1/usage', { key: api.operatorKey, body: { events } });
  const { body } = await send([
    // 23:59:59 on the 18th in Jakarta, and the first second of the 19th.
    message('=1+1', { category: 'marketing', occurred_at: '2026-11-18T16:59:59Z' }),
    message('wamid.2', { category: 'marketing', occurred_at: '2026-11-18T17:00:00Z' }),
    { ...inbound('in.1'), occurred_at: '2026-11-19T01:00:00Z' },
    message('wamid.3', { category: 'utility', occurred_at: '2026-11-19T02:00:00Z' }),
    message('wamid.4', { category: 'utility', occurred_at: NOW, to: '+628120009999' }),
  ]);
  expect(body).toMatchObject({
    results: Array.from({ length: 5 }, () => ({ outcome: 'charged' })),
  });
});
afterAll(async () => {
  await owner?.end();
  await api?.close();
});

function message(id: string, other: object) {
  const broadcast = { id: 'diwali', name: '@Diwali' };
  return { id, account_id: ACCOUNT, type: 'wa_message', to: '+628120001000', broadcast, ...other };
}

function inbound(id: string) {
  return { id, account_id: ACCOUNT, type: 'wa_inbound', from: '+628120001000' };
}

function read(path: string) {
  return api.call('GET', `/v1/accounts/${ACCOUNT}${path}`, { key: api.operatorKey });
}

describe('the usage trend over HTTP', () => {
  it('R3.01 R3.18 counts each day of the account, also the empty ones', async () => {
    const { status, body } = await read(
      '/usage_trend?from=2026-11-17&to=2026-11-20&series=bi_conversation,unique_visitor',
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      from: '2026-11-17',
      to: '2026-11-20',
      currency: 'IDR',
      documentation_url: '/docs#/Usage/getUsageTrend',
      series: [
        {
          name: 'bi_conversation',
          colour: 'purple',
          points: [
            { date: '2026-11-17', value: 0, amount: '0.00' },
            { date: '2026-11-18', value: 1, amount: '500.00' },
            { date: '2026-11-19', value: 2, amount: '500.00' },
            { date: '2026-11-20', value: 1, amount: '100.00' },
          ],
        },
        {
          name: 'unique_visitor',
          colour: 'green',
          points: [
            { date: '2026-11-17', value: 0, amount: '0.00' },
            { date: '2026-11-18', value: 0, amount: '0.00' },
            { date: '2026-11-19', value: 1, amount: '0.00' },
            { date: '2026-11-20', value: 0, amount: '0.00' },
          ],
        },
      ],
    });
  });

  it.each(['usage_trend', 'quotas'])('R3.03 %s links to its documentation', async (name) => {
    const { body } = await read(`/${name}`);
    const { body: openApi } = await api.call('GET', '/openapi.json');
    const { paths } = openApi as {
      paths: Record<string, { get?: { tags: string[]; operationId: string } }>;
    };
    const operation = paths[`/v1/accounts/{account_id}/${name}`]?.get;
    expect(body['documentation_url']).toBe(
      `/docs#/${operation?.tags[0]}/${operation?.operationId}`,
    );
  });

  it('R3.20 is of three months at most, and of series that exist', async () => {
    expect(await read('/usage_trend?from=2026-08-20&to=2026-11-21')).toMatchObject({
      status: 422,
      body: { code: 'range_too_long' },
    });
    expect((await read('/usage_trend?from=2026-08-21&to=2026-11-21')).status).toBe(200);
    expect((await read('/usage_trend?series=marketing,nothing')).status).toBe(400);
    expect((await read('/usage_trend?from=2026-02-30')).status).toBe(400);
  });
});

describe('a usage report', () => {
  const range = 'from=2026-11-19&to=2026-11-20';

  it('R3.02 R3.22 shows the days of the account, page by page, the oldest first', async () => {
    const first = await read(`/reports/whatsapp_usage?${range}&limit=2`);
    const { items, next_cursor: cursor } = first.body as {
      items: object[];
      next_cursor: string;
    };
    expect(items).toMatchObject([
      {
        event_id: 'wamid.2',
        date: '2026-11-19',
        category: 'marketing',
        market: 'ID',
        quantity: 1,
        unit_rate: '500',
        fee: '0.00',
        amount: '500.00',
        currency: 'IDR',
        zero_reason: null,
        broadcast_id: 'diwali',
      },
      { event_id: 'wamid.3', amount: '0.00', zero_reason: 'customer_service_window' },
    ]);
    const second = await read(`/reports/whatsapp_usage?${range}&limit=2&cursor=${cursor}`);
    expect(second.body).toMatchObject({ items: [{ event_id: 'wamid.4' }], next_cursor: null });
  });

  it('tells people apart without telling who they are', async () => {
    const { body } = await read(`/reports/broadcast?from=2026-11-18&to=2026-11-20`);
    const { items } = body as { items: { contact: string; broadcast_name: string }[] };
    const contacts = items.map(({ contact }) => contact);
    expect(contacts.every((contact) => /^[0-9a-f]{12}$/.test(contact))).toBe(true);
    expect(new Set(contacts).size).toBe(2);
    expect(items[0]?.broadcast_name).toBe('@Diwali');
  });

  it('R3.13 says which balance paid: the plan’s first, then what was topped up', async () => {
    const { body } = await read('/reports/whatsapp_balance?from=2026-11-18&to=2026-11-20');
    expect(body).toMatchObject({
      items: [
        { amount: '500.00', from_initial: '500.00', from_additional: '0.00' },
        { amount: '500.00', from_initial: '200.00', from_additional: '300.00' },
        { amount: '100.00', from_initial: '0.00', from_additional: '100.00' },
      ],
    });
  });

  it('R3.11 has a unique visitor once', async () => {
    const { body } = await read('/reports/unique_visitors?from=2026-11-18&to=2026-11-20');
    expect(body).toMatchObject({ items: [{ event_id: 'in.1', type: 'wa_inbound' }] });
  });

  it('R3.21 is read back from its CSV, and no cell is a formula', async () => {
    const { status, headers, text } = await readText('/reports/broadcast.csv?from=2026-11-18');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="broadcast_2026-11-18_2026-11-20.csv"',
    );
    const rows: Record<string, string>[] = parse(text, { bom: true, columns: true });
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      event_id: "'=1+1",
      broadcast_name: "'@Diwali",
      category: 'marketing',
      amount: '500.00',
    });
    expect(rows.map(({ event_id: id }) => id).slice(1)).toEqual(['wamid.2', 'wamid.3', 'wamid.4']);
  });

  it('of days without use is its header', async () => {
    const { text } = await readText('/reports/unique_visitors.csv?from=2026-11-01&to=2026-11-02');
    expect(text).toBe('\uFEFFoccurred_at,date,event_id,visitor,type,corrected_by\r\n');
  });

  it('of another account is 404', async () => {
    const path = '/v1/accounts/acct_nobody/reports/broadcast.csv';
    expect((await api.call('GET', path, { key: api.operatorKey })).status).toBe(404);
  });
});

async function readText(path: string) {
  const response = await fetch(`${api.url}/v1/accounts/${ACCOUNT}${path}`, {
    headers: { authorization: `Bearer ${api.operatorKey}` },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, text: bytes.toString('utf8') };
}
