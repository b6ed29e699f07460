/** Settlement reports over a real database and a real sandbox gateway, each class of difference made by a knob. */
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createSettlementActivities,
  type ComparisonOfDay,
} from '../../activities/settlement/settlement.activities';
import { listEvents } from '../../db/repositories/event.repository';
import { listOperatorTasks } from '../../db/repositories/operator-task.repository';
import { findPayment } from '../../db/repositories/payment.repository';
import {
  listLines,
  listReports,
  requestReport,
  sumLines,
} from '../../db/repositories/settlement.repository';
import { formatAmount } from '../../domain/money';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import { openRefundDesk, type RefundDesk } from './refund-desk';
import { createSignalRecorder } from './signal-recorder';

jest.setTimeout(30_000);

/** The sandbox settles by real time; the books' time of payments is the desk's: 2 March 2027. */
const today = () => new Date().toISOString().slice(0, 10);
const A_WEEK_LATER = '2027-03-11';
const signalled: string[] = [];

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let desk: RefundDesk;
let settlement: ReturnType<typeof createSettlementActivities>;

beforeEach(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway();
  desk = openRefundDesk(billing, sandbox);
  signalled.length = 0;
  const dependencies = {
    database: billing.database,
    gateways: new Map([[sandbox.gateway.name, sandbox.gateway]]),
    client: createSignalRecorder(signalled),
    now: () => new Date().toISOString(),
  };
  settlement = createSettlementActivities(dependencies as unknown as ActivityDependencies);
});
afterEach(async () => {
  await sandbox?.stop();
  await billing?.close();
});

function compareDay(request: ComparisonOfDay) {
  const run = (asked: ComparisonOfDay) => settlement.compareDay(asked);
  return new MockActivityEnvironment().run<[ComparisonOfDay], { told: number }, typeof run>(
    run,
    request,
  );
}

/** Compares a day as the workflow does; answers how many lifecycles were told. */
async function compare(day = today(), repairs = true): Promise<number> {
  const of = { gateway: 'sandbox', day };
  await billing.read((trx) => requestReport(trx, of, new Date().toISOString()));
  return (await compareDay({ ...of, repairs })).told;
}

/** The lines of a day: "matched payment 600.00 of 600.00". */
async function linesOf(day = today()): Promise<string[]> {
  return billing.read(async (trx) => {
    const reports = await listReports(trx, { limit: 10, before: null, gateway: 'sandbox' });
    const report = reports.find((one) => one.day === day);
    const query = { reportId: report?.id ?? '', limit: 100, afterPosition: 0 };
    const lines = await listLines(trx, query);
    return lines.map(({ verdict, kind, settled, booked }) => {
      const show = (money: typeof settled) => (money === null ? 'nothing' : formatAmount(money));
      return `${verdict} ${kind} ${show(settled)} of ${show(booked)}`;
    });
  });
}

async function tasks(status: 'open' | 'closed'): Promise<string[]> {
  const query = { limit: 50, before: null, status };
  const listed = await billing.read((trx) => listOperatorTasks(trx, query));
  return listed.map(({ kind, reason }) => `${kind}: ${reason}`);
}

async function eventsOf(accountId: string): Promise<string[]> {
  const query = { limit: 50, beforePosition: null, accountId };
  const events = await billing.read((trx) => listEvents(trx, query));
  return events.flatMap(({ type }) => (type.startsWith('settlement.') ? [type] : []));
}

async function gatewayIdOf(paymentId: string): Promise<string> {
  const payment = await billing.read((trx) => findPayment(trx, paymentId));
  return payment?.gatewayPaymentId ?? 'none';
}

it('what was paid and given back as it was settled matches, with the fee and the sums', async () => {
  const accountId = await desk.makeAccount();
  const paymentId = await desk.pay(accountId, '600.00');
  const refund = desk.newRefund(accountId);
  await desk.request(refund, { kind: 'payment', id: paymentId }, { amount: '200.00' });
  await desk.settle(refund);
  expect(await compare()).toBe(0);
  expect((await linesOf()).toSorted()).toEqual([
    'matched payment 600.00 of 600.00',
    'matched refund -200.00 of -200.00',
  ]);
  const [sums] = await billing.read(async (trx) => {
    const [report] = await listReports(trx, { limit: 1, before: null });
    return [...(await sumLines(trx, [report?.id ?? ''])).values()];
  });
  expect(sums).toEqual({
    counts: { matched: 2 },
    sums: [
      {
        settled: { amountMicros: 400_000_000n, currency: 'INR' },
        fees: { amountMicros: 12_000_000n, currency: 'INR' },
      },
    ],
  });
  expect([await tasks('open'), await eventsOf(accountId)]).toEqual([[], []]);
});

it('a fee that was not known with the payment is noted with its settlement', async () => {
  const accountId = await desk.makeAccount();
  const paymentId = await desk.pay(accountId, '600.00');
  const feeOf = async () => (await billing.read((trx) => findPayment(trx, paymentId)))?.fee;
  expect(await feeOf()).toEqual({ amountMicros: 12_000_000n, currency: 'INR' });
  await billing.owner('payments').where({ id: paymentId }).update({ fee_micros: null });
  await compare();
  expect(await feeOf()).toEqual({ amountMicros: 12_000_000n, currency: 'INR' });
});

it('another amount is told once, and is a task until the gateway corrects it', async () => {
  const accountId = await desk.makeAccount();
  const paymentId = await desk.pay(accountId, '600.00');
  const id = await gatewayIdOf(paymentId);
  await sandbox.turnSettlement({ kind: 'amount', id, amount: '590.00' });
  await compare();
  await compare();
  expect(await linesOf()).toEqual(['amount_differs payment 590.00 of 600.00']);
  expect(await eventsOf(accountId)).toEqual(['settlement.amount_differs']);
  expect(await tasks('open')).toEqual([
    `settlement_discrepancy: sandbox settled 590.00 INR for the payment ${paymentId} of 600.00 INR`,
  ]);
  await sandbox.turnSettlement({ kind: 'reset' });
  await compare();
  expect(await linesOf()).toEqual(['matched payment 600.00 of 600.00']);
  expect([await tasks('open'), (await tasks('closed')).length]).toEqual([[], 1]);
  expect(await desk.wallet(accountId)).toBe('600.00');
});

it('a stranger is a task of nobody’s account; nothing is granted', async () => {
  await sandbox.turnSettlement({
    kind: 'stranger',
    payment_id: 'sbx_pay_stranger',
    amount: '77.00',
    currency: 'INR',
  });
  expect(await compare()).toBe(0);
  expect(await linesOf()).toEqual(['missing_here payment 77.00 of nothing']);
  expect(await tasks('open')).toEqual([
    'settlement_discrepancy: sandbox settled a payment of 77.00 INR of sbx_pay_stranger, which our books do not have',
  ]);
});

it('a payment of ours that nobody told us of is told to its order, which grants it once', async () => {
  const accountId = await desk.makeAccount();
  const { orderId, hear } = await desk.payUnheard(accountId, '600.00');
  expect(await compare()).toBe(1);
  expect(signalled).toEqual([`order/${orderId} paymentReported`]);
  expect([await linesOf(), await tasks('open')]).toEqual([[], []]);
  await hear();
  await hear();
  expect(await compare(today(), false)).toBe(0);
  expect(await linesOf()).toEqual(['matched payment 600.00 of 600.00']);
  expect(await desk.wallet(accountId)).toBe('600.00');
  expect(await compare()).toBe(0);
  expect(signalled).toHaveLength(1);
});

it('a refund that the gateway has settled is told to the refund that waits for it', async () => {
  const accountId = await desk.makeAccount();
  const paymentId = await desk.pay(accountId, '600.00');
  const refund = desk.newRefund(accountId);
  await desk.request(refund, { kind: 'payment', id: paymentId }, { amount: '200.00' });
  await sandbox.addFault({ kind: 'timeout_after', operation: 'refund.create' });
  await expect(desk.settle(refund)).rejects.toThrow();
  expect(await compare()).toBe(1);
  expect(signalled).toEqual([`refund/${refund.id} paymentReported`]);
});

it('what was not settled within a week is in one report, and its task closes once it is', async () => {
  const accountId = await desk.makeAccount();
  const paymentId = await desk.pay(accountId, '600.00');
  await sandbox.turnSettlement({ kind: 'leave_out', id: await gatewayIdOf(paymentId) });
  await compare('2027-03-08');
  expect(await linesOf('2027-03-08')).toEqual([]);
  await compare(A_WEEK_LATER);
  await compare('2027-03-12');
  await compare(A_WEEK_LATER);
  expect(await linesOf(A_WEEK_LATER)).toEqual(['missing_there payment nothing of 600.00']);
  expect(await linesOf('2027-03-12')).toEqual([]);
  expect(await eventsOf(accountId)).toEqual(['settlement.missing_there']);
  expect(await tasks('open')).toHaveLength(1);
  await sandbox.turnSettlement({ kind: 'reset' });
  await compare();
  expect([await tasks('open'), (await tasks('closed')).length]).toEqual([[], 1]);
});

it('days are planned once they are over and there was something to settle', async () => {
  expect(await settlement.planSettlements()).toEqual([]);
  const accountId = await desk.makeAccount();
  const paymentId = await desk.pay(accountId, '600.00');
  const longAgo = new Date(Date.now() - 3 * 86_400_000).toISOString();
  await billing.owner('payments').where({ id: paymentId }).update({ created_at: longAgo });
  const planned = await settlement.planSettlements();
  expect(planned.length).toBeGreaterThanOrEqual(2);
  expect(planned.length).toBeLessThanOrEqual(3);
  for (const day of planned) await compareDay({ ...day, repairs: true });
  expect(await settlement.planSettlements()).toEqual([]);
});
