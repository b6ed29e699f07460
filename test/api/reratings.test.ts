import { grantMoney } from '../../domain/ledger/grant';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';
const RULE = { unit: 'message', charge_on: 'delivered' } as const;

let api: ApiUnderTest;
let world: World;
/** Of our partner, with 1,000.00 INR. */
const accountId = 'acct_rerated';
const path = `/v1/accounts/${accountId}/reratings`;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
  const at = '2026-11-01T00:00:00.000Z';
  const account = { accountId, timeZone: 'Asia/Kolkata', currency: 'INR', at };
  await makeAccount(api.database, { ...account, partnerId: world.ours.partnerId });
  await changeLedger(api.database, { accountId, reference: 'top_1', at }, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: 1_000_000_000n,
      at,
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    }),
  );
  const card = { code: 'wa-wrong', name: 'WhatsApp INR', channel: 'whatsapp', currency: 'INR' };
  const zone = { time_zone: 'Asia/Kolkata', markets: [{ prefix: '91', market: 'IN' }] };
  await operate('/v1/rate_cards', { ...card, ...zone, is_default: true });
  await publish({ rows: [row('0.90')] });
  const events = [1, 2].map((number) => ({
    id: `wamid.${number}`,
    account_id: accountId,
    type: 'wa_message',
    category: 'marketing',
    to: '919812345678',
    status: 'delivered',
    occurred_at: `2026-11-20T09:00:0${number}Z`,
  }));
  const told = await operate('/v1/usage', { events });
  expect(told.body.results).toMatchObject([{ outcome: 'charged' }, { outcome: 'charged' }]);
});
afterAll(() => api.close());

function row(rate: string) {
  return { category: 'marketing', market: 'IN', rate };
}

async function operate(to: string, body: unknown): Promise<Reply> {
  const reply = await api.call('POST', to, { key: api.operatorKey, body });
  expect([reply.status, reply.text]).toEqual([expect.any(Number), expect.any(String)]);
  return reply;
}

function publish(version: Readonly<Record<string, unknown>>): Promise<Reply> {
  const body = { effective_from: '2026-11-01', rule: RULE, ...version };
  return operate('/v1/rate_cards/wa-wrong/versions', body);
}

function call(method: 'GET' | 'POST', to: string, body?: unknown, key = api.operatorKey) {
  return api.call(method, to, body === undefined ? { key } : { key, body });
}

function get(to: string): Promise<Reply> {
  return call('GET', `/v1/accounts/${accountId}/${to}`);
}

function codeOf({ status, body }: Reply): string {
  const [error] = (body.errors ?? []) as { readonly field: string }[];
  return `${status} ${String(body.code)} ${error?.field ?? ''}`.trim();
}

const DAYS = { from: '2026-11-01', to: '2026-11-20' };

test('R3.27 a wrong price is corrected: a version, a preview, the differences, and all that shows them', async () => {
  const late = await publish({ rows: [row('0.80')] });
  expect([codeOf(late), late.body.detail]).toEqual([
    '409 usage_already_rated effective_from',
    expect.stringContaining('rate the usage again with POST /v1/accounts/{account_id}/reratings.'),
  ]);
  const corrected = await publish({ rows: [row('0.80')], corrects: 1 });
  expect([corrected.status, corrected.body]).toMatchObject([201, { version: 2, corrects: 1 }]);

  const shown = await call('POST', path, { ...DAYS, reason: 'the price of the 1st was wrong' });
  expect([shown.status, shown.body]).toMatchObject([
    201,
    {
      account_id: accountId,
      status: 'draft',
      ...DAYS,
      card: null,
      categories: [
        {
          category: 'marketing',
          events: 2,
          quantity: 2,
          amount_before: '1.80',
          amount_after: '1.60',
          difference: '-0.20',
          tax_difference: '0.00',
        },
      ],
      difference: '-0.20',
      currency: 'INR',
      events: 2,
      applied_events: 0,
      unchanged_events: 0,
      left_out: [],
      applied_at: null,
    },
  ]);
  const of = `${path}/${String(shown.body.id)}`;
  expect(shown.headers.get('location')).toBe(of);
  expect((await call('GET', of)).body).toEqual(shown.body);

  const applied = await call('POST', `${of}/apply`);
  expect([applied.status, applied.body]).toEqual([
    200,
    { ...shown.body, status: 'applied', applied_events: 2, applied_at: NOW },
  ]);
  const again = await call('POST', `${of}/apply`, undefined, api.operatorKey);
  expect(again.body).toEqual(applied.body);
  expect((await call('GET', path, undefined, api.operatorKey)).body.items).toEqual([applied.body]);

  const { items } = (await get('balances')).body;
  expect(items).toContainEqual(
    expect.objectContaining({
      code: 'wallet/additional',
      posted: { amount: '998.40', currency: 'INR' },
    }),
  );
  const event = (await get('usage_events')).body.items;
  expect(event).toMatchObject([{ rating: { amount: '0.90' } }, { rating: { amount: '0.90' } }]);
  expect(event).toMatchObject(
    [1, 2].map(() => ({
      corrected_by: [
        {
          kind: 'rerating',
          reason: 'the price of the 1st was wrong',
          amount: '-0.10',
          replaced_by: null,
          rerating_id: shown.body.id,
        },
      ],
    })),
  );
  const report = await get(`reports/whatsapp_balance?from=2026-11-20&to=2026-11-20`);
  expect(report.body.items).toMatchObject([
    {
      event_id: 'wamid.1',
      unit_rate: '0.8',
      amount: '0.80',
      from_additional: '0.80',
      corrected_by: 'rerating',
    },
    { event_id: 'wamid.2', unit_rate: '0.8', amount: '0.80' },
  ]);
  const trend = await get('usage_trend?from=2026-11-20&to=2026-11-20');
  const series = trend.body.series as { readonly points: readonly { readonly amount: string }[] }[];
  expect(series.map(({ points }) => points[0]?.amount)).toContain('1.60');
  const explanation = await call(
    'GET',
    `/v1/usage_events/wamid.1/explanation?account_id=${accountId}`,
  );
  expect(explanation.body.sentence).toBe(
    'This marketing message to IN cost 0.90 INR: 0.90 INR per message by version 1 of “WhatsApp INR”, in force since ' +
      '2026-11-01, paid from your wallet. Its price was corrected afterwards by version 2 of “WhatsApp INR”, in force ' +
      'since 2026-11-01, and it costs 0.10 INR less since: the price of the 1st was wrong.',
  );
  const events = await call('GET', `/v1/events?account_id=${accountId}&limit=100`);
  const told = (events.body.items as { readonly type: string }[]).filter(
    ({ type }) => type === 'rerating.applied',
  );
  expect(told).toMatchObject([
    { subject_id: shown.body.id, data: { changed: 2, amount: '-0.20', currency: 'INR', ...DAYS } },
  ]);
});

test('R3.27 new usage of those days has the corrected price at once', async () => {
  const late = {
    id: 'wamid.late',
    account_id: accountId,
    type: 'wa_message',
    category: 'marketing',
    to: '919812345678',
    status: 'delivered',
    occurred_at: '2026-11-19T09:00:00Z',
  };
  const { body } = await operate('/v1/usage', { events: [late] });
  expect(body.results).toMatchObject([{ rating: { version: 2, amount: '0.80' } }]);
  const shown = await call('POST', path, DAYS);
  expect(shown.body).toMatchObject({ categories: [], events: 0, unchanged_events: 3 });
});

test('the platform rates again, its resellers and customers may look', async () => {
  const ours = world.ours;
  const own = `/v1/accounts/${ours.accountId}/reratings`;
  expect((await call('GET', own, undefined, ours.accountKey)).status).toBe(200);
  expect(codeOf(await call('POST', own, DAYS, ours.accountKey))).toBe('403 forbidden');
  const apply = `${own}/${ours.reratingId}/apply`;
  expect(codeOf(await call('POST', apply, undefined, ours.accountKey))).toBe('403 forbidden');
  // A reseller owes money for usage, too: it would name the card that is cheapest.
  expect((await call('GET', own, undefined, ours.partnerKey)).status).toBe(200);
  expect(codeOf(await call('POST', own, DAYS, ours.partnerKey))).toBe('403 forbidden');
  expect(codeOf(await call('POST', apply, undefined, ours.partnerKey))).toBe('403 forbidden');
  const stranger = world.theirs.partnerKey;
  expect(codeOf(await call('GET', own, undefined, stranger))).toBe('404 not_found');
  // A re-rating of another account is none of this one's.
  expect(codeOf(await call('POST', `${path}/${ours.reratingId}/apply`))).toBe('404 not_found');
});

test.each([
  [{ to: '2026-11-20' }, '400 invalid_request from'],
  [{ ...DAYS, from: '2026-11-31' }, '400 invalid_request from'],
  [{ from: '2026-11-20', to: '2026-11-01' }, '422 unprocessable to'],
  [{ from: '2026-08-01', to: '2026-11-20' }, '422 range_too_long to'],
  [{ ...DAYS, card: 'nobody' }, '422 unknown_rate_card card'],
  [{ ...DAYS, card: "'; drop table reratings; --" }, '400 invalid_request card'],
  [{ ...DAYS, rate: '0.01' }, '400 unknown_field rate'],
  [{ ...DAYS, reason: '' }, '400 invalid_request reason'],
])('a rerating of %j is refused with %s', async (body, refusal) => {
  expect(codeOf(await call('POST', path, body))).toBe(refusal);
});
