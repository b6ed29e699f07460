/** Settlement reports, tasks for operators and fees over the API. */
import { savePayment } from '../../db/repositories/payment.repository';
import { completeReport, lockReport } from '../../db/repositories/settlement.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseMoney } from '../../domain/money';
import type { SettlementLine } from '../../domain/settlement/compare-settlement';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';
const inr = (amount: string) => parseMoney({ amount, currency: 'INR' });

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
});
afterAll(() => api.close());

const post = (path: string, body: unknown) =>
  api.call('POST', path, { key: api.operatorKey, body });
const get = (path: string, key = api.operatorKey) => api.call('GET', path, { key });

/** A day on which 600.00 were settled as they were paid, and 77.00 of which we know nothing. */
async function fillReport(day: string): Promise<void> {
  const { accountId, paymentId } = world.ours;
  const settled = {
    entryId: 'set_1',
    kind: 'payment',
    gatewayPaymentId: `gw_${paymentId}`,
    money: inr('600.00'),
    fee: inr('12.00'),
    settledAt: NOW,
  } as const;
  const booked = {
    kind: 'payment',
    id: paymentId,
    accountId,
    gatewayPaymentId: `gw_${paymentId}`,
    money: inr('600.00'),
    isOverdue: false,
  } as const;
  const stranger = { ...settled, entryId: 'set_2', gatewayPaymentId: 'gw_9', money: inr('77.00') };
  const lines: SettlementLine[] = [
    { verdict: 'matched', settled, booked },
    { verdict: 'missing_here', settled: stranger, booked: null },
  ];
  await withTransaction(api.database, SYSTEM, async (trx) => {
    const report = await lockReport(trx, { gateway: 'sandbox', day });
    await completeReport(trx, report, { lines, at: NOW });
  });
}

it('a day is compared when an operator asks, again under the same report', async () => {
  const body = { gateway: 'sandbox', date: '2026-11-18' };
  const first = await post('/v1/settlement_reports', body);
  expect([first.status, first.body]).toMatchObject([
    201,
    { gateway: 'sandbox', date: '2026-11-18', status: 'requested', matched: 0, totals: [] },
  ]);
  await fillReport('2026-11-18');
  const path = `/v1/settlement_reports/${String(first.body.id)}`;
  expect((await get(path)).body).toMatchObject({
    status: 'complete',
    matched: 1,
    missing_here: 1,
    missing_there: 0,
    totals: [
      {
        settled: { amount: '677.00', currency: 'INR' },
        fees: { amount: '24.00', currency: 'INR' },
        net: { amount: '653.00', currency: 'INR' },
      },
    ],
    completed_at: NOW,
  });
  const again = await post('/v1/settlement_reports', body);
  expect(again.body).toMatchObject({ id: first.body.id, status: 'requested' });
});

it('the lines of a report are listed in their order, by verdict where one is asked for', async () => {
  const asked = await post('/v1/settlement_reports', { gateway: 'sandbox', date: '2026-11-17' });
  await fillReport('2026-11-17');
  const path = `/v1/settlement_reports/${String(asked.body.id)}/lines`;
  const first = await get(`${path}?limit=1`);
  expect(first.body).toMatchObject({ items: [{ position: 1, verdict: 'matched', reason: null }] });
  const next = await get(`${path}?limit=1&cursor=${String(first.body.next_cursor)}`);
  expect(next.body).toMatchObject({ items: [{ position: 2 }], next_cursor: null });
  expect((await get(`${path}?verdict=missing_here`)).body).toMatchObject({
    items: [
      {
        position: 2,
        kind: 'payment',
        entry_id: 'set_2',
        booked_id: null,
        account_id: null,
        settled: { amount: '77.00', currency: 'INR' },
        booked: null,
        reason: 'sandbox settled a payment of 77.00 INR of gw_9, which our books do not have',
      },
    ],
  });
});

it.each([
  [{ gateway: 'nobody', date: '2026-11-18' }, 404, 'not_found'],
  [{ gateway: 'sandbox', date: '2026-11-21' }, 422, 'unprocessable'],
  [{ gateway: 'sandbox', date: '2026-02-30' }, 400, 'invalid_request'],
])('a report of %j is refused', async (body, status, code) => {
  const reply = await post('/v1/settlement_reports', body);
  expect([reply.status, reply.body.code]).toEqual([status, code]);
});

it('a task is listed until an operator closes it with a note, which a second one does not change', async () => {
  const { taskId } = world.ours;
  const isListed = async (status: string) => {
    const listed = await get(`/v1/operator_tasks?status=${status}&limit=100`);
    return JSON.stringify(listed.body).includes(taskId);
  };
  expect([await isListed('open'), await isListed('closed')]).toEqual([true, false]);
  const path = `/v1/operator_tasks/${taskId}/close`;
  const closed = await post(path, { note: 'given back by hand' });
  expect([closed.status, closed.body]).toMatchObject([
    200,
    { id: taskId, kind: 'payment_mismatched', closed_at: NOW, note: 'given back by hand' },
  ]);
  expect((await post(path, { note: 'once more' })).body).toEqual(closed.body);
  expect([await isListed('open'), await isListed('closed')]).toEqual([false, true]);
  expect((await post('/v1/operator_tasks/task_none/close', { note: 'x' })).status).toBe(404);
});

it('what a gateway keeps of a payment is shown to operators, not to resellers and customers', async () => {
  const { accountId, topUpId } = world.ours;
  await withTransaction(api.database, SYSTEM, (trx) =>
    savePayment(trx, {
      id: 'pay_with_fee',
      accountId,
      payer: { kind: 'order', id: topUpId },
      gateway: 'sandbox',
      gatewayPaymentId: 'gw_with_fee',
      money: inr('600.00'),
      fee: inr('12.00'),
      status: 'succeeded',
      mode: 'upi',
      declineCode: null,
      effectiveAt: NOW,
      createdAt: NOW,
    }),
  );
  const feeFor = async (key: string) => {
    const { body } = await get(`/v1/payments?account_id=${accountId}&limit=1`, key);
    return body;
  };
  expect(await feeFor(api.operatorKey)).toMatchObject({
    items: [{ id: 'pay_with_fee', fee: { amount: '12.00', currency: 'INR' } }],
  });
  for (const key of [world.ours.partnerKey, world.ours.accountKey]) {
    expect(await feeFor(key)).toMatchObject({ items: [{ id: 'pay_with_fee', fee: null }] });
  }
});
