/**
 * The worker killed at each step at which a payment is half done: the charge of a saved method, and the payment of an
 * order. Whatever was under way, the gateway took the money once and the books have it once.
 */
import type { Client as PostgresClient } from 'pg';
import { subscriptionSchema } from '../../scripts/story/answers';
import {
  CARD_THAT_PAYS,
  getSubscription,
  getTopUp,
  payOnHostedPage,
} from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { createDeaths } from './deaths';
import {
  clearFaults,
  expectBooks,
  fund,
  listMoney,
  newCustomer,
  openStage,
  orderTopUp,
  postSubscription,
  type Customer,
  type Stage,
} from './stage';
import { closeGate, connectAsOwner, holdRows, untilWaiting, WITH_GATE } from './standstill';

jest.setTimeout(120_000);

const AT = '2027-01-31T07:00:00.000Z';
const DUE = '2027-02-28T07:00:00.000Z';
const DEADLINE_MS = 60_000;

let stage: Stage;
let record: PostgresClient;
let openGate: (() => Promise<void>) | null = null;
let walk: Promise<unknown> = Promise.resolve();
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
  await letGo();
  await restartAll();
  await walk.catch(() => undefined);
  await clearFaults(stage);
});

async function letGo(): Promise<void> {
  await openGate?.();
  openGate = null;
}

function untilRow(what: string, sql: string, id: string): Promise<unknown> {
  return waitFor(() => record.query(sql, [id]), {
    waitingFor: what,
    isThere: ({ rowCount }) => (rowCount ?? 0) > 0,
    deadlineMs: DEADLINE_MS,
  });
}

/** The only fault was struck: the gateway was asked. */
function untilAsked(): Promise<unknown> {
  return waitFor(() => stage.sandbox.readState(), {
    waitingFor: 'the question',
    isThere: ({ faults }) => faults.length === 0,
    deadlineMs: DEADLINE_MS,
  });
}

async function takenFor(reference: string): Promise<string[]> {
  const { payments } = await stage.sandbox.readState();
  return payments
    .filter((payment) => payment.reference.startsWith(reference))
    .map(({ status, amount }) => `${status} ${amount}`);
}

describe('while a saved method is charged, the worker is killed', () => {
  /** A subscription with an empty wallet and a card that was kept. */
  async function subscribe(): Promise<{ readonly customer: Customer; readonly id: string }> {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '100.00', { ...CARD_THAT_PAYS, save: 'on' });
    const { body } = await postSubscription(stage, customer);
    return { customer, id: subscriptionSchema.parse(body).id };
  }

  /** The walk is not waited for: it stands still with the worker. */
  function beginRenewal({ clockId }: Customer): void {
    const path = `/v1/test_clocks/${clockId}/advance`;
    walk = stage.client.sendOnce('POST', path, { body: { to: DUE }, waitSeconds: 1 });
    walk.catch(() => undefined);
  }

  async function expectRenewedOnce(customer: Customer, id: string): Promise<void> {
    await waitFor(() => getSubscription(stage.client, id), {
      waitingFor: 'the renewal',
      isThere: ({ next_action: next }) => next?.at === '2027-03-31T07:00:00.000Z',
      deadlineMs: DEADLINE_MS,
    });
    expect(await takenFor(`subscription/${id}/`)).toEqual(['succeeded 100.00']);
    expect(await listMoney(stage, customer)).toEqual([
      'grant 100.00',
      'charge 100.00',
      'grant 100.00',
      'charge 100.00',
    ]);
    await expectBooks(stage, customer, { wallet: '0.00' });
  }

  it('R1.08 when the try is written down and the gateway has done nothing', async () => {
    const { customer, id } = await subscribe();
    await stage.sandbox.addFault({ kind: 'timeout_before', operation: 'charge.create' });
    beginRenewal(customer);
    await untilAsked();
    await kill('worker');
    expect(await takenFor(`subscription/${id}/`)).toEqual([]);
    await restart('worker');
    await expectRenewedOnce(customer, id);
  });

  it('R1.08 when the gateway has answered and its answer is being written down', async () => {
    const { customer, id } = await subscribe();
    await stage.sandbox.addFault({ kind: 'delay', delay_ms: 2_000, operation: 'charge.create' });
    beginRenewal(customer);
    await untilRow('try', `select 1 from method_charges where payer_id = $1`, id);
    const release = await holdRows(stage.platform, 'select 1 from ledgers where account_id = $1', [
      customer.accountId,
    ]);
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    expect(await takenFor(`subscription/${id}/`)).toEqual(['succeeded 100.00']);
    await release();
    await restart('worker');
    await expectRenewedOnce(customer, id);
  });

  it('R1.08 when the charge is in the books and nobody knows', async () => {
    const { customer, id } = await subscribe();
    await stage.sandbox.addFault({ kind: 'delay', delay_ms: 2_000, operation: 'charge.create' });
    beginRenewal(customer);
    // The try itself must be through: only what follows the gateway's answer stands at the gate.
    await untilAsked();
    openGate = await closeGate(stage.platform);
    await untilRow(
      'payment',
      `select 1 from payments where payer_id = $1 and status = 'succeeded'`,
      id,
    );
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await letGo();
    await restart('worker');
    await expectRenewedOnce(customer, id);
  });
});

describe('while the payment of an order comes in, the worker is killed', () => {
  async function expectPaidOnce(customer: Customer, id: string): Promise<void> {
    // An activity that died with its worker is tried again once its time is over.
    await waitFor(() => getTopUp(stage.client, id), {
      waitingFor: 'the top-up to be paid',
      isThere: ({ status }) => status === 'paid',
      deadlineMs: DEADLINE_MS,
    });
    expect(await takenFor(`order/${id}`)).toEqual(['succeeded 70.00']);
    expect(await listMoney(stage, customer)).toEqual(['grant 70.00']);
    await expectBooks(stage, customer, { wallet: '70.00' });
  }

  it('R1.07 when it asks the gateway', async () => {
    const customer = await newCustomer(stage, { at: AT });
    const { id, checkout_url: page } = await orderTopUp(stage, customer, '70.00');
    await stage.sandbox.addFault({ kind: 'delay', delay_ms: 3_000, operation: 'checkout.get' });
    await payOnHostedPage(page, CARD_THAT_PAYS);
    await untilAsked();
    await kill('worker');
    await restart('worker');
    await expectPaidOnce(customer, id);
  });

  it('R1.07 when it writes the money down', async () => {
    const customer = await newCustomer(stage, { at: AT });
    const { id, checkout_url: page } = await orderTopUp(stage, customer, '70.00');
    const release = await holdRows(stage.platform, 'select 1 from ledgers where account_id = $1', [
      customer.accountId,
    ]);
    await payOnHostedPage(page, CARD_THAT_PAYS);
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await release();
    await restart('worker');
    await expectPaidOnce(customer, id);
  });

  it('R1.07 when the money is in the books and nobody knows', async () => {
    const customer = await newCustomer(stage, { at: AT });
    const { id, checkout_url: page } = await orderTopUp(stage, customer, '70.00');
    openGate = await closeGate(stage.platform);
    await payOnHostedPage(page, CARD_THAT_PAYS);
    await untilRow('payment', `select 1 from payments where payer_id = $1`, id);
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await letGo();
    await restart('worker');
    await expectPaidOnce(customer, id);
  });
});
