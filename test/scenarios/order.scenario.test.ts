/**
 * One checkout for packages, bundles and numbers, over HTTP, on real parts: paid every way, delivered item
 * by item, given back where it cannot be; and the worker killed at each of its steps.
 */
import type { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import {
  CARD_THAT_PAYS,
  listEvents,
  payOnHostedPage,
  UPI_THAT_PAYS,
} from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { createCarrierControls, type CarrierControls } from '../support/sandbox-carrier';
import {
  advance,
  clearFaults,
  expectBooks,
  fund,
  newCustomer,
  newCustomerWithoutAddress,
  openStage,
  problemOf,
  type Customer,
  type Stage,
} from './stage';
import { connectAsOwner, holdRows, untilWaiting } from './standstill';

jest.setTimeout(150_000);

const AT = '2027-03-02T10:00:00.000Z';
const UNTIL_DELIVERED_MS = 90_000;
const MESSAGES = { kind: 'message_package', code: 'scenario_messages' };
const MINUTES = { kind: 'minute_bundle', code: 'scenario_minutes' };

let stage: Stage;
let carrier: CarrierControls;
let record: PostgresClient;
let isWorkerDead = false;
/** Two more numbers, which take no messages: 499.00 INR a month and 100.00 up front. */
const SPARE = ['+912200000001', '+912200000002'].map((number) => ({
  kind: 'phone_number',
  number,
}));

/** Each test rents numbers of its own. */
let numbersTaken = 0;

beforeAll(async () => {
  stage = await openStage();
  carrier = createCarrierControls(stage.platform.carrierUrl);
  record = await connectAsOwner(stage.platform);
  await offer('/v1/message_packages', {
    code: MESSAGES.code,
    name: '1 000 messages',
    messages: 1_000,
    price: { amount: '400.00', currency: 'INR' },
    validity_days: 30,
  });
  await offer('/v1/minute_bundles', {
    code: MINUTES.code,
    name: 'Nexus',
    minutes: 300,
    price: { amount: '250.00', currency: 'INR' },
    up_front_fee: { amount: '50.00', currency: 'INR' },
    validity_days: 30,
  });
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(async () => {
  if (isWorkerDead) await restartWorker();
  await clearFaults(stage);
  await carrier.clearFaults();
});

async function offer(path: string, body: unknown): Promise<void> {
  await stage.client.write('POST', path, { schema: z.unknown(), body });
}

async function killWorker(): Promise<void> {
  isWorkerDead = true;
  await stage.platform.kill('worker');
}

async function restartWorker(): Promise<void> {
  await stage.platform.restart('worker');
  isWorkerDead = false;
}

const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  items: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      status: z.string(),
      delivered_id: z.string().nullable(),
      failure_reason: z.string().nullable(),
      refund_id: z.string().nullable(),
    }),
  ),
  order_details: z.object({ total_amount: z.object({ amount: z.string() }) }),
  checkout_url: z.string().nullable(),
  expires_at: z.string(),
  workflow_id: z.string(),
});
type Order = z.output<typeof orderSchema>;

/** The next number that nobody has: 500.00 INR a month and 100.00 up front. */
function nextNumber() {
  numbersTaken += 1;
  const number = `+91800000${String(numbersTaken).padStart(4, '0')}`;
  return { kind: 'phone_number', number, required_capabilities: ['sms', 'voice'] };
}

function place({ accountId }: Customer, items: readonly unknown[]): Promise<Order> {
  const path = `/v1/accounts/${accountId}/orders`;
  return stage.client.write('POST', path, { schema: orderSchema, body: { items } });
}

function askToPay({ id }: Order, mode: string, waitSeconds?: number) {
  const body = { mode, confirmed_capabilities: [] };
  const waits = waitSeconds === undefined ? {} : { waitSeconds };
  return stage.client.send('POST', `/v1/orders/${id}/pay`, { body, ...waits });
}

async function pay(order: Order, mode: string): Promise<Order> {
  const { status, body } = await askToPay(order, mode);
  expect({ status, body }).toMatchObject({ status: 200 });
  return orderSchema.parse(body);
}

/** Through the hosted page. */
async function payAtGateway(order: Order, mode: 'upi' | 'card'): Promise<void> {
  const { checkout_url: page } = await pay(order, mode);
  await payOnHostedPage(page ?? 'no page', mode === 'upi' ? UPI_THAT_PAYS : CARD_THAT_PAYS);
}

function show({ id }: Order): Promise<Order> {
  return stage.client.read(`/v1/orders/${id}`, orderSchema);
}

function untilOrder(order: Order, ...statuses: string[]): Promise<Order> {
  return waitFor(() => show(order), {
    waitingFor: `order ${statuses.join(' or ')}`,
    isThere: ({ status }) => statuses.includes(status),
    deadlineMs: UNTIL_DELIVERED_MS,
  });
}

function newBuyer(): Promise<Customer> {
  return newCustomer(stage, { at: AT, currency: 'INR' });
}

async function storyOf({ accountId }: Customer): Promise<string[]> {
  const events = await listEvents(stage.client, accountId);
  return events.map(({ type }) => type).filter((type) => type.startsWith('order.'));
}

async function activePackages({ accountId }: Customer): Promise<string[]> {
  const page = z.object({ items: z.array(z.object({ id: z.string() })) });
  const path = `/v1/accounts/${accountId}/extra_packages`;
  return (await stage.client.read(path, page)).items.map(({ id }) => id);
}

describe('an order of everything', () => {
  it('R2.08 R2.09 R2.11 R0.06 R0.09 is paid by UPI on the hosted page and delivered', async () => {
    const customer = await newBuyer();
    const number = nextNumber();
    const order = await place(customer, [MESSAGES, MINUTES, number]);
    expect(order).toMatchObject({
      status: 'draft',
      order_details: { total_amount: { amount: '1300.00' } },
    });
    expect(await activePackages(customer)).toEqual([]);
    await payAtGateway(order, 'upi');
    const done = await untilOrder(order, 'fulfilled');
    expect(done.items.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'message_package delivered',
      'minute_bundle delivered',
      'phone_number delivered',
    ]);
    const { leased } = await carrier.readState();
    expect(leased).toContainEqual(expect.objectContaining({ number: number.number }));
    expect(await activePackages(customer)).toEqual([done.items[0]?.delivered_id]);
    await expectBooks(stage, customer, { wallet: '0.00' });
    expect(await storyOf(customer)).toEqual([
      'order.created',
      'order.paid',
      'order.item_delivered',
      'order.item_delivered',
      'order.item_delivered',
      'order.fulfilled',
    ]);
  });

  it('R2.11 is paid from the wallet once the wallet has the money', async () => {
    const customer = await newBuyer();
    await fund(stage, customer, '599.00');
    const order = await place(customer, [nextNumber()]);
    const refused = await askToPay(order, 'wallet');
    expect(refused.status).toBe(402);
    expect(problemOf(refused)).toMatchObject({ code: 'insufficient_balance' });
    await fund(stage, customer, '1.00');
    await pay(order, 'wallet');
    await untilOrder(order, 'fulfilled');
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('R2.11 refuses UPI outside of INR, and a page without an address', async () => {
    const turk = await newCustomer(stage, { at: AT, currency: 'TRY' });
    const abroad = await place(turk, [{ kind: 'phone_number', number: '+902120000001' }]);
    expect(problemOf(await askToPay(abroad, 'upi'))).toMatchObject({
      code: 'payment_mode_not_offered',
    });
    const unknown = await newCustomerWithoutAddress(stage, { at: AT, currency: 'INR' });
    const order = await place(unknown, [MESSAGES]);
    expect(problemOf(await askToPay(order, 'card'))).toMatchObject({
      code: 'billing_address_required',
    });
  });

  it('expires after a day on the account’s own clock', async () => {
    const customer = await newBuyer();
    const order = await place(customer, [MESSAGES]);
    await advance(stage, customer, '2027-03-03T09:59:00Z');
    expect((await show(order)).status).toBe('draft');
    await advance(stage, customer, '2027-03-03T10:00:00Z');
    expect((await show(order)).status).toBe('expired');
    const late = await askToPay(order, 'wallet');
    expect({ status: late.status, code: problemOf(late).code }).toEqual({
      status: 409,
      code: 'invalid_state',
    });
  });
});

describe('what cannot be delivered', () => {
  it('R2.10 goes back to what it was paid with, and the customer is told', async () => {
    const customer = await newBuyer();
    const order = await place(customer, [MESSAGES, nextNumber()]);
    await carrier.addFault({ kind: 'gone' });
    await payAtGateway(order, 'card');
    const done = await untilOrder(order, 'fulfilled');
    expect(done.items.map(({ status }) => status)).toEqual(['delivered', 'refunded']);
    await waitFor(() => stage.sandbox.readState(`order/${order.id}`), {
      waitingFor: 'refund at the gateway',
      isThere: ({ refunds }) => refunds.length === 1,
    });
    const { refunds } = await stage.sandbox.readState(`order/${order.id}`);
    expect(refunds.map(({ amount }) => amount)).toEqual(['600.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
    expect(await storyOf(customer)).toContain('order.item_refunded');
  });

  it('goes back to the wallet it was paid from: nothing of an order that all failed is kept', async () => {
    const customer = await newBuyer();
    await fund(stage, customer, '1200.00');
    const order = await place(customer, [nextNumber(), nextNumber()]);
    await carrier.addFault({ kind: 'gone', count: 2 });
    await pay(order, 'wallet');
    await untilOrder(order, 'refunded');
    await expectBooks(stage, customer, { wallet: '1200.00' });
  });

  it('R0.09 is not tried for money that comes after the order expired', async () => {
    const customer = await newBuyer();
    const order = await place(customer, [MESSAGES]);
    const { checkout_url: page } = await pay(order, 'upi');
    await payOnHostedPage(page ?? 'no page', { mode: 'upi', upi_id: 'late@sandbox' });
    await untilOrder(order, 'failed');
    await advance(stage, customer, '2027-03-03T10:00:01Z');
    expect((await show(order)).status).toBe('expired');
    await stage.sandbox.settle();
    await advance(stage, customer, '2027-03-04T12:00:00Z');
    expect((await show(order)).status).toBe('expired');
    await expectBooks(stage, customer, { wallet: '400.00' });
    expect(await activePackages(customer)).toEqual([]);
  });
});

describe('the hosted page of an order', () => {
  it('R2.09 R2.11 shows what is bought, line by line, and not a top-up', async () => {
    const customer = await newBuyer();
    const number = nextNumber();
    const order = await place(customer, [number, MESSAGES, MINUTES]);
    const { checkout_url: url } = await pay(order, 'upi');
    const page = await (await fetch(url ?? 'no page')).text();
    const lines = [
      `${number.number}, first month`,
      `${number.number}, up-front fee`,
      '1 000 messages, 1000 messages',
      'Nexus, 300 minutes',
      'Nexus, up-front fee',
    ];
    for (const line of lines) expect(page).toContain(line);
    expect(page).toContain('1,300.00');
    expect(page).not.toContain('top-up');
  });
});

describe('the worker is killed', () => {
  /** The order is delivered once, and paid once. */
  async function expectDeliveredOnce(customer: Customer, order: Order, wallet: string) {
    const done = await untilOrder(order, 'fulfilled');
    expect(done.items.every(({ status }) => status === 'delivered')).toBe(true);
    await expectBooks(stage, customer, { wallet });
    const { leased } = await carrier.readState();
    const wanted = done.items.filter(({ kind }) => kind === 'phone_number');
    const references = wanted.map(({ delivered_id: id }) => id);
    expect(leased.filter(({ reference }) => references.includes(reference))).toHaveLength(
      wanted.length,
    );
    const story = await storyOf(customer);
    expect(story.filter((type) => type === 'order.paid')).toHaveLength(1);
    expect(story.filter((type) => type === 'order.item_delivered')).toHaveLength(done.items.length);
    expect(story.filter((type) => type === 'order.fulfilled')).toHaveLength(1);
  }

  /** Stands the worker still in front of a row, kills it there, and lets a new one go on. */
  async function dieInFrontOf(
    query: string,
    values: readonly unknown[],
    act: () => Promise<unknown>,
  ): Promise<void> {
    const letGo = await holdRows(stage.platform, query, values);
    await act();
    await untilWaiting(record, 'tollgate-worker');
    await killWorker();
    await letGo();
    await restartWorker();
  }

  async function buyerWith(wallet: string, items: readonly unknown[]) {
    const customer = await newBuyer();
    await fund(stage, customer, wallet);
    return { customer, order: await place(customer, items) };
  }

  it('while it pays', async () => {
    const { customer, order } = await buyerWith('1000.00', [MESSAGES, nextNumber()]);
    const held = 'select 1 from ledgers where account_id = $1';
    await dieInFrontOf(held, [customer.accountId], () => askToPay(order, 'wallet', 1));
    await expectDeliveredOnce(customer, order, '0.00');
  });

  it('while it records what the gateway was paid', async () => {
    const customer = await newBuyer();
    const order = await place(customer, [MESSAGES, nextNumber()]);
    const { checkout_url: page } = await pay(order, 'upi');
    const held = 'select 1 from ledgers where account_id = $1';
    await dieInFrontOf(held, [customer.accountId], () =>
      payOnHostedPage(page ?? 'no page', UPI_THAT_PAYS),
    );
    await expectDeliveredOnce(customer, order, '0.00');
  });

  it.each([
    ['the first item', 0],
    ['the second item', 1],
  ])('while it delivers %s', async (_, index) => {
    const { customer, order } = await buyerWith('1000.00', [MESSAGES, nextNumber()]);
    const held = 'select 1 from order_items where id = $1';
    await dieInFrontOf(held, [order.items[index]?.id], () => askToPay(order, 'wallet', 1));
    await expectDeliveredOnce(customer, order, '0.00');
  });

  it('between its steps, just after each commit', async () => {
    const { customer, order } = await buyerWith('1000.00', [MESSAGES, nextNumber()]);
    await pay(order, 'wallet');
    await killWorker();
    await restartWorker();
    await waitFor(() => show(order), {
      waitingFor: 'a number that is ordered',
      isThere: ({ items }) =>
        items.some(({ kind, status }) => kind === 'phone_number' && status !== 'pending'),
      deadlineMs: UNTIL_DELIVERED_MS,
    });
    await killWorker();
    await restartWorker();
    await expectDeliveredOnce(customer, order, '0.00');
  });

  it('while the number tells that it is there', async () => {
    const { customer, order } = await buyerWith('599.00', [SPARE[0]]);
    await carrier.addFault({ kind: 'delay', operation: 'number.order', delay_ms: 1_500 });
    await pay(order, 'wallet');
    await waitFor(() => show(order), {
      waitingFor: 'a number that is ordered',
      isThere: ({ items }) => items[0]?.status === 'ordered',
    });
    const held = 'select 1 from order_items where id = $1';
    await dieInFrontOf(held, [order.items[0]?.id], async () => undefined);
    await expectDeliveredOnce(customer, order, '0.00');
  });

  it('while it gives back what could not be had', async () => {
    const { customer, order } = await buyerWith('999.00', [MESSAGES, SPARE[1]]);
    await carrier.addFault({ kind: 'gone' });
    // The credit notes before this one have their series, and the refund stands still in front of it.
    const held = `select 1 from document_series where prefix = 'CRN'`;
    await dieInFrontOf(held, [], () => askToPay(order, 'wallet', 1));
    const done = await untilOrder(order, 'fulfilled');
    expect(done.items.map(({ status }) => status)).toEqual(['delivered', 'refunded']);
    await expectBooks(stage, customer, { wallet: '599.00' });
    const story = await storyOf(customer);
    expect(story.filter((type) => type === 'order.item_refunded')).toHaveLength(1);
  });
});
