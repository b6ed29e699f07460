/** A wallet that fills itself, on real parts and the wall clock: the worker is killed at each step of a charge. */
import type { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import { createDatabase } from '../../db/connection';
import {
  CARD_THAT_PAYS,
  createAccount,
  listEvents,
  saveAddress,
} from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { publishPrices } from '../support/usage-prices';
import { createDeaths, reconcile, withTemporal } from './deaths';
import {
  ADDRESS,
  clearFaults,
  expectBooks,
  fund,
  openStage,
  type Customer,
  type Stage,
} from './stage';
import { closeGate, connectAsOwner, untilWaiting, WITH_GATE } from './standstill';

jest.setTimeout(240_000);

const KEPT = { ...CARD_THAT_PAYS, save: 'on' };
const LIMITS = { threshold: '500.00', amount: '1000.00', monthly_cap: '5000.00' };
const rechargeSchema = z.object({
  status: z.string(),
  charged_this_month: z.string(),
  next_action: z.object({ kind: z.string(), at: z.string().nullable() }),
});

let stage: Stage;
let record: PostgresClient;
let made = 0;
let openGate = (): Promise<void> => Promise.resolve();
const { kill, restart, restartAll } = createDeaths(() => stage.platform);

beforeAll(async () => {
  stage = await openStage({ environment: WITH_GATE });
  record = await connectAsOwner(stage.platform);
  const database = createDatabase({ url: stage.platform.appUrl, applicationName: 'prices' });
  // One lira a message.
  await publishPrices(database, 'TRY', { '1': 10_000_000_000n });
  await database.destroy();
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(async () => {
  await openGate();
  openGate = () => Promise.resolve();
  await restartAll();
  await clearFaults(stage);
});

/** On the wall clock, with 600.00 TRY, a card that pays, and an auto-recharge. */
async function newCustomerWithRecharge(): Promise<Customer> {
  const account = await createAccount(stage.client, {
    name: 'Acme',
    country: 'TR',
    currency: 'TRY',
    time_zone: 'Europe/Istanbul',
  });
  await saveAddress(stage.client, account.id, ADDRESS);
  const customer = { accountId: account.id, clockId: '', currency: 'TRY' } as const;
  await fund(stage, customer, '600.00', KEPT);
  await stage.client.write('PUT', pathOf(customer), { schema: rechargeSchema, body: LIMITS });
  return customer;
}

const pathOf = ({ accountId }: Customer) => `/v1/accounts/${accountId}/auto_recharge`;

/** Messages at one lira each. Answers how long the request took. */
async function use(customer: Customer, messages: number): Promise<number> {
  made += 1;
  const event = {
    id: `sms ${made}`,
    account_id: customer.accountId,
    type: 'message',
    channel: 'sms',
    to: '15550001111',
    quantity: messages,
    occurred_at: new Date().toISOString(),
  };
  const startedAt = performance.now();
  const { status, body } = await stage.client.send('POST', '/v1/usage', {
    body: { events: [event] },
  });
  expect({ status, body: JSON.stringify(body) }).toMatchObject({ status: 200 });
  expect(JSON.stringify(body)).toContain('"charged"');
  return performance.now() - startedAt;
}

function untilStatus(customer: Customer, status: string) {
  return waitFor(() => stage.client.read(pathOf(customer), rechargeSchema), {
    waitingFor: `an auto-recharge that is ${status}`,
    isThere: (seen) => seen.status === status,
    deadlineMs: 90_000,
  });
}

/** The gateway's books: "succeeded 1000.00". */
async function listCharges({ accountId }: Customer): Promise<string[]> {
  const { payments } = await stage.sandbox.readState();
  return payments
    .filter(({ reference }) => reference.startsWith(`auto-recharge/${accountId}/`))
    .map(({ status, amount }) => `${status} ${amount}`);
}

/** One charge was made and taken in, whoever died. */
async function expectOneCharge(customer: Customer): Promise<void> {
  const { charged_this_month: charged } = await untilStatus(customer, 'armed');
  expect(charged).toBe('1000.00');
  expect(await listCharges(customer)).toEqual(['succeeded 1000.00']);
  await expectBooks(stage, customer, { wallet: '1400.00' });
  const events = await listEvents(stage.client, customer.accountId);
  expect(
    events.map(({ type }) => type).filter((type) => type.startsWith('auto_recharge.')),
  ).toEqual(['auto_recharge.armed', 'auto_recharge.charged']);
}

/** The charge is written down, and the gateway about to be asked or at work. */
function untilAsked({ accountId }: Customer) {
  const query = `select 1 from auto_recharges where id = $1 and collection->'charge'->>'stage' = 'asked'`;
  return waitFor(() => record.query(query, [accountId]), {
    waitingFor: 'a charge that is written down',
    isThere: ({ rowCount }) => rowCount === 1,
  });
}

describe('R1.08 usage that takes the balance below the threshold', () => {
  it('waits for nothing, and one charge fills the wallet, whatever is used meanwhile', async () => {
    const customer = await newCustomerWithRecharge();
    await stage.sandbox.addFault({ kind: 'delay', operation: 'charge.create', delay_ms: 2_000 });
    const tookMs = await use(customer, 150);
    expect(tookMs).toBeLessThan(1_000);
    for (let uses = 0; uses < 50; uses += 1) await use(customer, 1);
    await expectOneCharge(customer);
  });

  it('is heard by a worker that was dead when it happened', async () => {
    const customer = await newCustomerWithRecharge();
    await kill('worker');
    await use(customer, 200);
    expect(await stage.client.read(pathOf(customer), rechargeSchema)).toMatchObject({
      status: 'charging',
      next_action: { kind: 'collect_payment' },
    });
    await restart('worker');
    await expectOneCharge(customer);
  });

  it('is charged once by a worker that dies once the try is written down', async () => {
    const customer = await newCustomerWithRecharge();
    await stage.sandbox.addFault({ kind: 'timeout_before', operation: 'charge.create' });
    await use(customer, 200);
    await untilAsked(customer);
    await kill('worker');
    expect(await listCharges(customer)).toEqual([]);
    await restart('worker');
    await expectOneCharge(customer);
  });

  it('is charged once by a worker that dies while the gateway is at work', async () => {
    const customer = await newCustomerWithRecharge();
    await stage.sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    await use(customer, 200);
    await waitFor(() => listCharges(customer), {
      waitingFor: 'the gateway to have charged',
      isThere: (charges) => charges.length === 1,
    });
    await kill('worker');
    await restart('worker');
    await expectOneCharge(customer);
  });

  it('is taken in once by a worker that dies once the money is recorded', async () => {
    const customer = await newCustomerWithRecharge();
    await stage.sandbox.addFault({ kind: 'delay', operation: 'charge.create', delay_ms: 2_000 });
    await use(customer, 200);
    await untilAsked(customer);
    openGate = await closeGate(stage.platform);
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await openGate();
    await restart('worker');
    await expectOneCharge(customer);
  });

  it('is found by the reconciliation where the workflow is gone', async () => {
    const customer = await newCustomerWithRecharge();
    await withTemporal(stage.platform, (client) =>
      client.workflow.getHandle(`auto-recharge/${customer.accountId}`).terminate('a test'),
    );
    await use(customer, 200);
    await reconcile(stage.platform);
    await expectOneCharge(customer);
  });
});

it('R1.08 refused for want of a method is set once there is one', async () => {
  const account = await createAccount(stage.client, {
    name: 'Acme',
    country: 'TR',
    currency: 'TRY',
    time_zone: 'Europe/Istanbul',
  });
  await saveAddress(stage.client, account.id, ADDRESS);
  const customer = { accountId: account.id, clockId: '', currency: 'TRY' } as const;
  for (let times = 0; times < 2; times += 1) {
    const refused = await stage.client.send('PUT', pathOf(customer), { body: LIMITS });
    expect(refused).toMatchObject({ status: 422, body: { code: 'unprocessable' } });
  }
  await fund(stage, customer, '100.00', KEPT);
  await stage.client.write('PUT', pathOf(customer), { schema: rechargeSchema, body: LIMITS });
  await untilStatus(customer, 'armed');
  await expectBooks(stage, customer, { wallet: '1100.00' });
});

it('R1.08 turned off charges nothing more, and money under way is taken in', async () => {
  const customer = await newCustomerWithRecharge();
  await stage.sandbox.addFault({ kind: 'delay', operation: 'charge.create', delay_ms: 2_000 });
  await use(customer, 200);
  await untilAsked(customer);
  const off = await stage.client.write('DELETE', pathOf(customer), { schema: rechargeSchema });
  expect(off.status).toBe('stopped');
  await waitFor(() => stage.client.read(pathOf(customer), rechargeSchema), {
    waitingFor: 'the money under way',
    isThere: ({ charged_this_month: charged, next_action: next }) =>
      charged === '1000.00' && next.kind === 'rest',
  });
  await use(customer, 1_000);
  await expectBooks(stage, customer, { wallet: '400.00' });
  expect(await listCharges(customer)).toEqual(['succeeded 1000.00']);
  expect((await untilStatus(customer, 'stopped')).next_action.kind).toBe('rest');
});
