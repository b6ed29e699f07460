import { issueUsageDocumentsOf } from '../../activities/month/issue-usage-documents';
import { readLedger } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { makeRateCard, priced, publish } from '../support/rate-cards';
import { publishPrices } from '../support/usage-prices';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';

let api: ApiUnderTest;
let world: World;
let told = 0;
/** 9,999,999.00 a message. */
const RATE_MAX = 99_999_990_000_000_000n;
/** Of our partner, with 1,000.00 INR. */
const accountId = 'acct_corrected';

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
  // A message to 1000… costs 0.50 INR, one to 2000… 2.00, marketing 0.80.
  await publishPrices(api.database, 'INR', {
    1000: 5_000_000_000n,
    2000: 20_000_000_000n,
    3000: RATE_MAX,
  });
  const card = await makeRateCard(api.database, {
    code: 'wa-inr',
    currency: 'INR',
    isDefault: true,
  });
  await publish(api.database, card, { rows: [priced('marketing', 'ID', '0.80')] });
  const at = '2026-11-01T00:00:00Z';
  const account = { accountId, timeZone: 'Asia/Kolkata', currency: 'INR', at };
  await makeAccount(api.database, { ...account, partnerId: world.ours.partnerId });
  await changeLedger(api.database, { accountId, reference: 'top_1', at }, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: 1_000_000_000n,
      at: '2026-11-01T00:00:00.000Z',
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    }),
  );
});
afterAll(() => api.close());

function body(other: Readonly<Record<string, unknown>> = {}) {
  return { account_id: accountId, reason: 'told by mistake', ...other };
}

function message(id: string, other: Readonly<Record<string, unknown>> = {}) {
  const at = { occurred_at: '2026-11-20T09:00:00Z', to: '10001111' };
  return {
    id,
    account_id: accountId,
    type: 'message',
    channel: 'sms',
    quantity: 3,
    ...at,
    ...other,
  };
}

/** Tells 3 messages for 1.50, and answers the event's id. */
async function tell(other: Readonly<Record<string, unknown>> = {}): Promise<string> {
  told += 1;
  const id = `sms/${told} of 9`;
  const events = [message(id, other)];
  const reply = await api.call('POST', '/v1/usage', { key: api.operatorKey, body: { events } });
  expect(reply.body.results).toMatchObject([{ outcome: 'charged' }]);
  return id;
}

function post(id: string, what: 'cancel' | 'amend', sent: unknown, key = world.ours.partnerKey) {
  const path = `/v1/usage_events/${encodeURIComponent(id)}/${what}`;
  return api.call('POST', path, { key, body: sent });
}

function get(path: string): Promise<Reply> {
  const key = world.ours.partnerKey;
  return api.call('GET', `/v1/accounts/${accountId}/${path}`, { key });
}

async function balanceOf(code: string): Promise<unknown> {
  const { body: shown } = await get('balances');
  const items = shown.items as { readonly code: string; readonly posted: { amount: string } }[];
  return items.find((bucket) => bucket.code === code)?.posted.amount;
}

async function find(id: string): Promise<Record<string, unknown> | undefined> {
  const { body: shown } = await get('usage_events?limit=100');
  return (shown.items as Record<string, unknown>[]).find((item) => item.id === id);
}

async function explain(id: string): Promise<string> {
  const path = `/v1/usage_events/${encodeURIComponent(id)}/explanation?account_id=${accountId}`;
  const { body: shown } = await api.call('GET', path, { key: world.ours.partnerKey });
  return String(shown.sentence);
}

function codeOf({ status, body: problem }: Reply): string {
  return `${status} ${String(problem.code)}`;
}

describe('cancelling a usage event', () => {
  test('S3 gives back what it paid, and twice answers the first', async () => {
    const before = await balanceOf('wallet/additional');
    const id = await tell();
    expect(await balanceOf('wallet/additional')).not.toBe(before);
    const cancelled = await post(id, 'cancel', body());
    expect(cancelled.status).toBe(200);
    expect(cancelled.body).toMatchObject({
      event_id: id,
      account_id: accountId,
      kind: 'cancellation',
      reason: 'told by mistake',
      corrected_at: NOW,
      date: '2026-11-20',
      category: 'message',
      quantity: -3,
      amount: '-1.50',
      visitor_amount: '0.00',
      currency: 'INR',
      returned: [{ bucket: 'wallet/additional', asset: 'INR', amount: '1.50' }],
      expired: [],
      replaced_by: null,
    });
    expect(await balanceOf('wallet/additional')).toBe(before);
    const again = await post(id, 'cancel', body({ reason: 'another reason' }), api.operatorKey);
    expect({ status: again.status, body: again.body }).toEqual({
      status: 200,
      body: cancelled.body,
    });
    expect(await balanceOf('wallet/additional')).toBe(before);
  });

  test('the event is shown as cancelled wherever it is shown', async () => {
    const id = await tell();
    await post(id, 'cancel', body());
    expect(await find(id)).toMatchObject({
      quantity: 3,
      charges: [{ bucket: 'wallet/additional' }],
      corrected_by: [
        {
          kind: 'cancellation',
          reason: 'told by mistake',
          corrected_at: NOW,
          amount: '-1.50',
          replaced_by: null,
        },
      ],
    });
    expect(await explain(id)).toMatch(
      /It was cancelled afterwards, and what it had paid was given back: told by mistake\.$/,
    );
  });

  test('R3.22 a cancelled message counts nothing in its report and in the trend', async () => {
    const sent = {
      id: 'wamid.1',
      account_id: accountId,
      type: 'wa_message',
      category: 'marketing',
      to: '628912345678',
      status: 'delivered',
      mode: 'record',
      occurred_at: '2026-11-19T09:00:00Z',
    };
    const events = [sent, { ...sent, id: 'wamid.2', occurred_at: '2026-11-19T09:00:01Z' }];
    await api.call('POST', '/v1/usage', { key: api.operatorKey, body: { events } });
    const days = 'from=2026-11-19&to=2026-11-19';
    const pointOf = async () => {
      const { body: trend } = await get(`usage_trend?series=marketing&${days}`);
      const [series] = trend.series as { readonly points: readonly unknown[] }[];
      return series?.points[0];
    };
    const before = await pointOf();
    expect(before).toEqual({ date: '2026-11-19', value: 2, amount: '1.60' });
    await post('wamid.1', 'cancel', body());
    const { body: report } = await get(`reports/whatsapp_usage?${days}`);
    const rows = report.items as Record<string, unknown>[];
    expect(rows).toMatchObject([
      { event_id: 'wamid.1', quantity: 0, amount: '0.00', corrected_by: 'cancellation' },
      { event_id: 'wamid.2', quantity: 1, amount: '0.80', corrected_by: null },
    ]);
    expect(await pointOf()).toEqual({ date: '2026-11-19', value: 1, amount: '0.80' });
    const { body: balance } = await get(`reports/whatsapp_balance?${days}`);
    expect(balance.items).toMatchObject([
      { from_additional: '0.00', corrected_by: 'cancellation' },
      { from_additional: '0.80', corrected_by: null },
    ]);
  });

  test('is told in an event, once', async () => {
    const id = await tell();
    await post(id, 'cancel', body());
    await post(id, 'cancel', body());
    const { body: log } = await api.call('GET', '/v1/events?limit=100', { key: api.operatorKey });
    const items = log.items as { readonly subject_id: string; readonly data: unknown }[];
    expect(items.filter((item) => item.subject_id === id)).toEqual([
      expect.objectContaining({
        type: 'usage.cancelled',
        reason: 'told by mistake',
        data: { amount: '-1.50', currency: 'INR' },
      }),
    ]);
  });

  test('is refused without the event, a reason, or the right to it', async () => {
    const id = await tell();
    const refusals = [
      await post('nothing', 'cancel', body()),
      await post(id, 'cancel', body({ account_id: world.theirs.accountId })),
      await post(id, 'cancel', body({ account_id: world.theirs.accountId }), api.operatorKey),
      await post(id, 'cancel', body(), world.theirs.partnerKey),
      await post(id, 'cancel', body(), world.ours.accountKey),
      await post(id, 'cancel', body({ reason: ' ' })),
      await post(id, 'cancel', body({ amount: '1.00' })),
    ];
    expect(refusals.map(codeOf)).toEqual([
      '404 not_found',
      '404 not_found',
      '404 not_found',
      '404 not_found',
      '403 forbidden',
      '400 invalid_request',
      '400 unknown_field',
    ]);
    expect(await find(id)).toMatchObject({ corrected_by: [] });
  });
});

describe('amending a usage event', () => {
  function corrected(id: string, other: Readonly<Record<string, unknown>> = {}) {
    return body({ reason: 'two and not three', event: message(id, { quantity: 2, ...other }) });
  }

  test('S3 charges the corrected event in its place, and links both ways', async () => {
    const before = Number(await balanceOf('wallet/additional'));
    const id = await tell();
    const amended = await post(id, 'amend', corrected('sms/right'));
    expect({ status: amended.status, body: amended.body }).toMatchObject({
      status: 200,
      body: {
        event_id: id,
        kind: 'amendment',
        quantity: -3,
        amount: '-1.50',
        returned: [{ bucket: 'wallet/additional', asset: 'INR', amount: '1.50' }],
        replaced_by: 'sms/right',
        event: {
          id: 'sms/right',
          outcome: 'charged',
          charges: [{ bucket: 'wallet/additional', asset: 'INR', amount: '1.00' }],
        },
      },
    });
    expect(Number(await balanceOf('wallet/additional'))).toBe(before - 1);
    expect(await find(id)).toMatchObject({
      corrected_by: [{ kind: 'amendment', amount: '-1.50', replaced_by: 'sms/right' }],
      corrects: null,
    });
    expect(await find('sms/right')).toMatchObject({ corrected_by: [], corrects: id });
    expect(await explain(id)).toMatch(
      /It was corrected afterwards: sms\/right took its place\. The reason: two and not three\.$/,
    );
  });

  test('twice answers the first; anything else about it is refused', async () => {
    const id = await tell();
    const other = await tell();
    await post(id, 'amend', corrected('sms/first'));
    const before = await balanceOf('wallet/additional');
    const again = await post(id, 'amend', corrected('sms/first'));
    expect(again.body).toMatchObject({
      replaced_by: 'sms/first',
      event: { outcome: 'replayed', charges: [{ amount: '1.00' }] },
    });
    const refusals = [
      await post(id, 'amend', corrected('sms/first', { quantity: 1 })),
      await post(id, 'amend', corrected('sms/second')),
      await post(id, 'cancel', body()),
      await post(other, 'amend', corrected('sms/first')),
    ];
    expect(refusals.map(codeOf)).toEqual([
      '409 already_exists',
      '409 invalid_state',
      '409 invalid_state',
      '409 already_exists',
    ]);
    expect(await balanceOf('wallet/additional')).toBe(before);
    expect(await find(other)).toMatchObject({ corrected_by: [] });
  });

  test('what took its place is an event like any other, to be corrected again', async () => {
    const before = await balanceOf('wallet/additional');
    const id = await tell();
    await post(id, 'amend', corrected('sms/third'));
    expect((await post('sms/third', 'cancel', body())).status).toBe(200);
    expect(await balanceOf('wallet/additional')).toBe(before);
  });

  test('is refused for what was cancelled, and where the new event cannot be', async () => {
    const cancelled = await tell();
    await post(cancelled, 'cancel', body());
    const id = await tell();
    const refusals = [
      await post(cancelled, 'amend', corrected('sms/a')),
      await post(id, 'amend', corrected(id)),
      await post(id, 'amend', corrected('sms/a', { account_id: world.ours.accountId })),
      await post(id, 'amend', corrected('sms/a', { occurred_at: '2026-09-01T00:00:00Z' })),
      await post(id, 'amend', corrected('sms/a', { quantity: 1_000_000, to: '30001111' })),
      await post(id, 'amend', corrected('sms/a', { to: '40001111' })),
      await post(id, 'amend', corrected('sms/a', { quantity: 0 })),
      await post('nothing', 'amend', corrected('sms/a')),
      await post(id, 'amend', corrected('sms/a'), world.theirs.partnerKey),
      await post(id, 'amend', corrected('sms/a'), world.ours.accountKey),
    ];
    expect(refusals.map(codeOf)).toEqual([
      '409 invalid_state',
      '422 unprocessable',
      '422 unprocessable',
      '422 event_too_old',
      '422 amount_out_of_range',
      '422 no_rate',
      '400 invalid_request',
      '404 not_found',
      '404 not_found',
      '403 forbidden',
    ]);
    expect(await find(id)).toMatchObject({ corrected_by: [] });
    expect(await find('sms/a')).toBeUndefined();
  });

  test('R3.11 a visitor both events name stays paid, and another one is paid anew', async () => {
    const visitor = { channel: 'web', id: 'anna' };
    const id = await tell({ visitor });
    await post(id, 'amend', corrected('sms/anna', { visitor }));
    const days = 'from=2026-11-20&to=2026-11-20';
    const visitors = async () => {
      const { body: trend } = await get(`usage_trend?series=unique_visitor&${days}`);
      const [series] = trend.series as { readonly points: readonly { value: number }[] }[];
      return series?.points[0]?.value;
    };
    expect(await visitors()).toBe(1);
    const other = { channel: 'web', id: 'berta' };
    await post('sms/anna', 'amend', corrected('sms/berta', { visitor: other }));
    // The first one is nobody's any more.
    expect(await visitors()).toBe(1);
  });
});

// Last: what was told before is on a document from then on.
test('S3 a partner takes back what is invoiced, and the invoice gets a credit note', async () => {
  const id = await tell();
  const ledger = await withTransaction(api.database, SYSTEM, (trx) => readLedger(trx, accountId));
  const issue = (at: string, month: string) =>
    issueUsageDocumentsOf(
      { database: api.database, now: () => at },
      { accountId, ledgerId: ledger.ledgerId },
      { month, at },
    );
  await issue('2026-11-30T18:35:00.000Z', '2026-12');
  expect((await post(id, 'cancel', body())).status).toBe(200);
  await issue('2026-12-31T18:35:00.000Z', '2027-01');
  const { body: shown } = await get('invoices');
  expect(shown.items).toMatchObject([
    {
      kind: 'credit_note',
      total: { amount: '-1.50' },
      references: [{ amount: { amount: '1.50' } }],
    },
    { kind: 'invoice', subject: { kind: 'usage', id: '2026-11' } },
  ]);
});
