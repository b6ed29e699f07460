/** A payment that its bank takes back, over HTTP, on real parts: told by webhook, doubled, lost, its worker killed. */
import type { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import { listEvents, listPayments } from '../../scripts/story/billing-calls';
import { readWallet } from '../../scripts/story/books';
import { waitFor } from '../../scripts/story/wait-for';
import { createDeaths } from './deaths';
import {
  advance,
  clearFaults,
  expectBooks,
  fund,
  newCustomer,
  openStage,
  type Customer,
  type Stage,
} from './stage';
import { closeGate, connectAsOwner, untilWaiting, WITH_GATE } from './standstill';

jest.setTimeout(150_000);

const AT = '2027-01-31T07:00:00.000Z';
const DEADLINE_MS = 90_000;

let stage: Stage;
let record: PostgresClient;
let openGate: () => Promise<void> = async () => undefined;
const { kill, restart, restartAll } = createDeaths(() => stage.platform);

beforeAll(async () => {
  stage = await openStage({ environment: WITH_GATE });
  record = await connectAsOwner(stage.platform);
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(async () => {
  await openGate().catch(() => undefined); // Open already.
  await restartAll();
  await clearFaults(stage);
});

const disputeSchema = z.object({
  id: z.string(),
  status: z.string(),
  taken: z.object({ amount: z.string() }).nullable(),
  document_id: z.string().nullable(),
  next_action: z.object({ kind: z.string() }).nullable(),
});

async function paidIn(amount: string): Promise<{ customer: Customer; paymentId: string }> {
  const customer = await newCustomer(stage, { at: AT, currency: 'TRY' });
  await fund(stage, customer, amount);
  const [payment] = await listPayments(stage.client, customer.accountId);
  return { customer, paymentId: payment?.gateway_payment_id ?? 'no payment' };
}

async function disputeOf({ accountId }: Customer) {
  const path = `/v1/accounts/${accountId}/disputes`;
  return (await stage.client.readAll(path, disputeSchema))[0];
}

async function untilStatus(customer: Customer, status: string) {
  return waitFor(() => disputeOf(customer), {
    waitingFor: `dispute that is ${status}`,
    isThere: (dispute) => dispute?.status === status,
    deadlineMs: DEADLINE_MS,
  });
}

async function told({ accountId }: Customer): Promise<string[]> {
  const events = await listEvents(stage.client, accountId);
  return events.map(({ type }) => type).filter((type) => type.startsWith('dispute.'));
}

/** Resolves once the row says so: the worker may stand still and tell nobody. */
async function untilRow({ accountId }: Customer, status: string): Promise<void> {
  const sql = `select 1 from disputes where account_id = $1 and status = $2`;
  await waitFor(() => record.query(sql, [accountId, status]), {
    waitingFor: `row that is ${status}`,
    isThere: ({ rowCount }) => (rowCount ?? 0) > 0,
    deadlineMs: DEADLINE_MS,
  });
}

it('told by doubled and reordered messages takes its money once, and gives it back when it is won', async () => {
  const { customer, paymentId } = await paidIn('600.00');
  await stage.sandbox.addFault({
    kind: 'duplicate',
    count: 3,
    customer_reference: customer.accountId,
  });
  const id = await stage.sandbox.openDispute({ payment_id: paymentId, amount: '400.00' });
  await untilStatus(customer, 'open');
  expect(await readWallet(stage.client, customer.accountId)).toBe('200.00');
  await stage.sandbox.closeDispute(id, 'won');
  await untilStatus(customer, 'won');
  expect(await readWallet(stage.client, customer.accountId)).toBe('600.00');
  expect(await told(customer)).toEqual(['dispute.opened', 'dispute.won']);
  await expectBooks(stage, customer, { wallet: '600.00' });
});

it('whose last message is lost is found by the daily look', async () => {
  const { customer, paymentId } = await paidIn('600.00');
  const id = await stage.sandbox.openDispute({ payment_id: paymentId });
  await untilStatus(customer, 'open');
  await stage.sandbox.addFault({ kind: 'drop', customer_reference: customer.accountId });
  await stage.sandbox.closeDispute(id, 'lost');
  await advance(stage, customer, '2027-02-02T07:00:00.000Z');
  expect(await untilStatus(customer, 'lost')).toMatchObject({ taken: { amount: '600.00' } });
  await expectBooks(stage, customer, { wallet: '0.00' });
});

it('takes, and loses, its money once though the worker is killed after each commit', async () => {
  const { customer, paymentId } = await paidIn('600.00');
  openGate = await closeGate(stage.platform);
  const id = await stage.sandbox.openDispute({ payment_id: paymentId });
  await untilRow(customer, 'open');
  await untilWaiting(record, 'tollgate-worker');
  await kill('worker');
  await openGate();
  await restart('worker');
  await untilStatus(customer, 'open');
  openGate = await closeGate(stage.platform);
  await stage.sandbox.closeDispute(id, 'lost');
  await untilRow(customer, 'lost');
  await untilWaiting(record, 'tollgate-worker');
  await kill('worker');
  await openGate();
  await restart('worker');
  const lost = await untilStatus(customer, 'lost');
  expect(lost?.document_id).not.toBeNull();
  expect(await readWallet(stage.client, customer.accountId)).toBe('0.00');
  expect(await told(customer)).toEqual(['dispute.opened', 'dispute.lost']);
  await expectBooks(stage, customer, { wallet: '0.00' });
});
