/** Unpaid renewals over HTTP, on real parts: the saved method, the retry schedule, its end, and every fault. */
import { z } from 'zod';
import { subscriptionSchema, type Subscription } from '../../scripts/story/answers';
import {
  CARD_THAT_PAYS,
  getSubscription,
  listEvents,
  type PaymentForm,
} from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import {
  advance,
  clearFaults,
  expectBooks,
  fund,
  listMoney,
  newCustomer,
  openStage,
  postSubscription,
  summarise,
  type Customer,
  type Stage,
} from './stage';

jest.setTimeout(60_000);

// 10:00 in Istanbul, which is three hours ahead of UTC all year.
const AT = '2027-01-31T07:00:00.000Z';
const DUE = '2027-02-28T07:00:00.000Z';

const KEPT: PaymentForm = { ...CARD_THAT_PAYS, save: 'on' };
const DECLINED_LATER: PaymentForm = { ...KEPT, card_number: '4000000000000341' };
const SUSPENDED_AT = '2027-03-07T07:00:00.000Z';

/** Plans that differ in what happens when nobody pays; each is 100.00 a month, TRY or INR. */
const RETRY_SCHEDULE = { retry_after_days: [1, 3, 5, 7], final: 'end', ends_after_days: 30 };
const POLICIES = {
  'dunning-retries': RETRY_SCHEDULE,
  'dunning-patient': { ...RETRY_SCHEDULE, stops_on_hard_decline: false },
  'dunning-whole': { ...RETRY_SCHEDULE, collection: 'whole_price' },
  'dunning-wallet': { ...RETRY_SCHEDULE, collection: 'wallet_only' },
  'dunning-told': { ...RETRY_SCHEDULE, notice_days_before: [7, 3, 1] },
  'dunning-keeps': { ...RETRY_SCHEDULE, retry_after_days: [1], final: 'keep' },
  'dunning-falls': {
    retry_after_days: [1],
    final: 'downgrade',
    ends_after_days: 10,
    downgrades_to: 'dunning-free',
  },
} as const;
type PlanCode = keyof typeof POLICIES;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
  await createPlan('dunning-free', '0.00');
  for (const [code, dunning] of Object.entries(POLICIES)) await createPlan(code, '100.00', dunning);
});
afterAll(async () => {
  await stage?.platform.stop();
});
afterEach(() => clearFaults(stage));

async function createPlan(code: string, amount: string, dunning?: unknown): Promise<void> {
  await stage.client.write('POST', '/v1/plans', {
    schema: z.unknown(),
    body: {
      kind: 'plan',
      code,
      name: code,
      prices: [
        { cycle: 'monthly', amount, currency: 'TRY' },
        { cycle: 'monthly', amount, currency: 'INR' },
      ],
      allowances: { messages: 100 },
      ...(dunning === undefined ? {} : { dunning }),
    },
  });
}

/** A customer who paid the first period, 100.00, with the method; the wallet holds `beside`. */
async function subscribed(
  form: PaymentForm,
  {
    plan = 'dunning-retries',
    beside = '0.00',
    currency = 'TRY',
  }: { plan?: PlanCode; beside?: string; currency?: Customer['currency'] } = {},
): Promise<{ readonly customer: Customer; readonly id: string }> {
  const customer = await newCustomer(stage, { at: AT, currency });
  await fund(stage, customer, (100 + Number(beside)).toFixed(2), form);
  const answer = await postSubscription(stage, customer, { plan });
  expect(answer.status).toBe(201);
  return { customer, id: subscriptionSchema.parse(answer.body).id };
}

async function at(customer: Customer, id: string, instant: string): Promise<Subscription> {
  await advance(stage, customer, instant);
  return getSubscription(stage.client, id);
}

const paymentSchema = z.object({
  subscription_id: z.string().nullable(),
  money: z.object({ amount: z.string() }),
  status: z.string(),
  decline_code: z.string().nullable(),
  effective_at: z.string(),
});

/** Charges of the saved method, oldest first: "2027-02-28 succeeded 100.00". */
async function listCharges({ accountId }: Customer): Promise<string[]> {
  const path = `/v1/payments?account_id=${accountId}`;
  const payments = await stage.client.readAll(path, paymentSchema);
  return payments
    .filter(({ subscription_id: id }) => id !== null)
    .toReversed()
    .map(
      ({ status, money, effective_at: when }) => `${when.slice(0, 10)} ${status} ${money.amount}`,
    );
}

/** The same charges in the gateway's own books: "succeeded 100.00". */
async function listChargesAtGateway(id: string): Promise<string[]> {
  const { payments } = await stage.sandbox.readState();
  return payments
    .filter(({ reference }) => reference.startsWith(`subscription/${id}/`))
    .map(({ status, amount }) => `${status} ${amount}`);
}

const documentSchema = z.object({
  kind: z.string(),
  issued_at: z.string(),
  total: z.object({ amount: z.string() }),
});

/** Oldest first: "2027-02-28 invoice 100.00". */
async function listDocuments({ accountId }: Customer): Promise<string[]> {
  const path = `/v1/accounts/${accountId}/invoices`;
  const documents = await stage.client.readAll(path, documentSchema);
  return documents
    .toReversed()
    .map(({ kind, issued_at: when, total }) => `${when.slice(0, 10)} ${kind} ${total.amount}`);
}

/** What the account was told of its subscription: "02-28 past_due: the renewal is not paid". */
async function listReasons({ accountId }: Customer, since = '2027-02-01'): Promise<string[]> {
  const events = await listEvents(stage.client, accountId);
  return events
    .filter(({ type, occurred_at: when }) => type.startsWith('subscription.') && when >= since)
    .map(({ type, reason, occurred_at: when }) => {
      return `${when.slice(5, 10)} ${type.replace('subscription.', '')}: ${reason}`;
    });
}

/** Type and day only: "02-28 past_due". */
async function listTypes(customer: Customer): Promise<string[]> {
  return (await listReasons(customer)).map((line) => line.slice(0, line.indexOf(':')));
}

const overviewSchema = z.object({ warnings: z.array(z.object({ code: z.string() })) });

async function listWarnings({ accountId }: Customer): Promise<string[]> {
  const path = `/v1/accounts/${accountId}/billing_overview`;
  return (await stage.client.read(path, overviewSchema)).warnings.map(({ code }) => code);
}

const methodSchema = z.object({ id: z.string(), status: z.string(), is_default: z.boolean() });

async function methodOf({ accountId }: Customer): Promise<z.output<typeof methodSchema>> {
  const [method] = await stage.client.readAll(
    `/v1/accounts/${accountId}/payment_methods`,
    methodSchema,
  );
  if (!method) throw new Error('the account keeps no method');
  return method;
}

describe('R1.08 a renewal that a saved card pays', () => {
  it('needs no money in the wallet: three of them in one advance of the clock', async () => {
    const { customer, id } = await subscribed(KEPT);
    expect(summarise(await getSubscription(stage.client, id))).toEqual({
      status: 'active',
      next: `renew ${DUE}`,
    });
    expect(summarise(await at(customer, id, DUE))).toEqual({
      status: 'active',
      next: 'renew 2027-03-31T07:00:00.000Z',
    });
    expect(await listCharges(customer)).toEqual(['2027-02-28 succeeded 100.00']);
    const after = await at(customer, id, '2027-05-01T00:00:00Z');
    expect(summarise(after)).toEqual({ status: 'active', next: 'renew 2027-05-31T07:00:00.000Z' });
    expect(await listCharges(customer)).toEqual([
      '2027-02-28 succeeded 100.00',
      '2027-03-31 succeeded 100.00',
      '2027-04-30 succeeded 100.00',
    ]);
    expect(await listChargesAtGateway(id)).toEqual(Array(3).fill('succeeded 100.00'));
    expect(await listMoney(stage, customer)).toEqual(
      Array.from({ length: 4 }, () => ['grant 100.00', 'charge 100.00']).flat(),
    );
    expect(await listDocuments(customer)).toEqual([
      '2027-01-31 receipt_voucher 100.00',
      '2027-01-31 invoice 100.00',
      '2027-02-28 receipt_voucher 100.00',
      '2027-02-28 invoice 100.00',
      '2027-03-31 receipt_voucher 100.00',
      '2027-03-31 invoice 100.00',
      '2027-04-30 receipt_voucher 100.00',
      '2027-04-30 invoice 100.00',
    ]);
    expect((await listReasons(customer)).slice(0, 2)).toEqual([
      '02-28 payment_collected: 100.00 TRY came from the saved payment method',
      '02-28 renewed: period 2 is paid',
    ]);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('takes what the wallet holds first, and the missing part from the card', async () => {
    const { customer, id } = await subscribed(KEPT, { beside: '30.50' });
    expect((await at(customer, id, DUE)).status).toBe('active');
    expect(await listCharges(customer)).toEqual(['2027-02-28 succeeded 69.50']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('leaves the wallet alone where the plan says the card pays the whole price', async () => {
    const { customer, id } = await subscribed(KEPT, { plan: 'dunning-whole', beside: '30.50' });
    expect((await at(customer, id, DUE)).status).toBe('active');
    expect(await listCharges(customer)).toEqual(['2027-02-28 succeeded 100.00']);
    await expectBooks(stage, customer, { wallet: '30.50' });
  });

  it('is not tried where the plan says the wallet pays alone', async () => {
    const { customer, id } = await subscribed(KEPT, { plan: 'dunning-wallet' });
    expect((await at(customer, id, DUE)).status).toBe('past_due');
    expect(await listChargesAtGateway(id)).toEqual([]);
  });

  it('is tried never again after the method was detached', async () => {
    const { customer, id } = await subscribed(KEPT);
    const { id: methodId } = await methodOf(customer);
    const path = `/v1/accounts/${customer.accountId}/payment_methods/${methodId}`;
    expect((await stage.client.send('DELETE', path)).status).toBe(200);
    expect(await at(customer, id, SUSPENDED_AT)).toMatchObject({ status: 'suspended' });
    expect(await listCharges(customer)).toEqual([]);
    expect(await listChargesAtGateway(id)).toEqual([]);
  });
});

describe('R1.08 a renewal that the saved card declines', () => {
  it('climbs the retry schedule, a try on each rung, and suspends after the last', async () => {
    const { customer, id } = await subscribed(DECLINED_LATER);
    const rungs = [DUE, '2027-03-01', '2027-03-03', '2027-03-05', SUSPENDED_AT];
    const seen = [];
    for (const day of rungs) {
      const instant = `${day.slice(0, 10)}T07:00:00.000Z`;
      seen.push(summarise(await at(customer, id, instant)));
    }
    expect(seen).toEqual([
      { status: 'past_due', next: 'retry_payment 2027-03-01T07:00:00.000Z' },
      { status: 'past_due', next: 'retry_payment 2027-03-03T07:00:00.000Z' },
      { status: 'past_due', next: 'retry_payment 2027-03-05T07:00:00.000Z' },
      { status: 'past_due', next: 'retry_payment 2027-03-07T07:00:00.000Z' },
      { status: 'suspended', next: 'end_unpaid 2027-04-06T07:00:00.000Z' },
    ]);
    const days = ['02-28', '03-01', '03-03', '03-05', '03-07'];
    expect(await listCharges(customer)).toEqual(days.map((day) => `2027-${day} failed 100.00`));
    expect(await listChargesAtGateway(id)).toEqual(days.map(() => 'failed 100.00'));
    const declined =
      'payment_declined: 100.00 TRY were not paid: the saved payment method was declined this time; ' +
      'it may pay later (generic_decline)';
    expect(await listReasons(customer)).toEqual([
      `02-28 ${declined}`,
      '02-28 past_due: the renewal is not paid; a top-up pays it at once',
      `03-01 ${declined}`,
      '03-01 payment_retried: the price is still not paid',
      `03-03 ${declined}`,
      '03-03 payment_retried: the price is still not paid',
      `03-05 ${declined}`,
      '03-05 payment_retried: the price is still not paid',
      `03-07 ${declined}`,
      '03-07 suspended: not paid, and no retry is left; a top-up resumes it',
    ]);
    expect(await listMoney(stage, customer)).toEqual(['grant 100.00', 'charge 100.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('walks the whole retry schedule to its end in one advance', async () => {
    const { customer, id } = await subscribed(DECLINED_LATER);
    expect(await at(customer, id, '2027-05-01T00:00:00Z')).toMatchObject({
      status: 'ended',
      ended_at: '2027-04-06T07:00:00.000Z',
    });
    expect(await listChargesAtGateway(id)).toHaveLength(5);
  });

  it('is paid at once by a top-up between two rungs, whatever day it is', async () => {
    const { customer, id } = await subscribed(DECLINED_LATER);
    expect((await at(customer, id, '2027-03-02T12:00:00Z')).status).toBe('past_due');
    await fund(stage, customer, '100.00');
    const paid = await waitFor(() => getSubscription(stage.client, id), {
      waitingFor: 'the renewal to be paid',
      isThere: ({ status }) => status === 'active',
    });
    expect(summarise(paid)).toEqual({ status: 'active', next: 'renew 2027-03-31T07:00:00.000Z' });
    expect(await listCharges(customer)).toEqual([
      '2027-02-28 failed 100.00',
      '2027-03-01 failed 100.00',
    ]);
    expect((await listTypes(customer)).at(-1)).toBe('03-02 resumed');
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('for good is suspended at once: no attempt would help, and the method is given up', async () => {
    const { customer, id } = await subscribed(KEPT);
    await stage.sandbox.addFault({ kind: 'decline', code: 'stolen_card' });
    expect(summarise(await at(customer, id, DUE))).toEqual({
      status: 'suspended',
      next: 'end_unpaid 2027-03-30T07:00:00.000Z',
    });
    expect(await listReasons(customer)).toEqual([
      '02-28 payment_declined: 100.00 TRY were not paid: the saved payment method can no ' +
        'longer be charged; please add another (stolen_card)',
      '02-28 suspended: not paid, and no retry is left; a top-up resumes it',
    ]);
    expect(await methodOf(customer)).toMatchObject({ status: 'refused', is_default: false });
    await at(customer, id, '2027-04-01T07:00:00Z');
    expect(await listChargesAtGateway(id)).toEqual(['failed 100.00']);
  });

  it('for good stays on the retry schedule where the plan says so; the refused card is left alone', async () => {
    const { customer, id } = await subscribed(KEPT, { plan: 'dunning-patient' });
    await stage.sandbox.addFault({ kind: 'decline', code: 'stolen_card' });
    expect(summarise(await at(customer, id, DUE))).toEqual({
      status: 'past_due',
      next: 'retry_payment 2027-03-01T07:00:00.000Z',
    });
    await fund(stage, customer, '10.00', KEPT);
    expect((await at(customer, id, '2027-03-01T07:00:00Z')).status).toBe('active');
    expect(await listChargesAtGateway(id)).toEqual(['failed 100.00', 'succeeded 90.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });
});

describe('R1.08 the final step of a suspended subscription', () => {
  it('downgrade: it goes on with the free plan that the policy names', async () => {
    const { customer, id } = await subscribed(CARD_THAT_PAYS, { plan: 'dunning-falls' });
    const suspended = await at(customer, id, '2027-03-01T07:00:00Z');
    expect(summarise(suspended)).toEqual({
      status: 'suspended',
      next: 'downgrade 2027-03-11T07:00:00.000Z',
    });
    const fallen = await at(customer, id, '2027-03-11T07:00:00Z');
    expect(fallen).toMatchObject({
      status: 'active',
      plan_code: 'dunning-free',
      price: { amount: '0.00', currency: 'TRY' },
      next_action: { kind: 'renew', at: '2027-04-11T07:00:00.000Z' },
    });
    expect((await listReasons(customer)).at(-1)).toBe(
      '03-11 downgraded: dunning-falls was not paid; it goes on as dunning-free, which is free',
    );
    const later = await at(customer, id, '2027-04-12T07:00:00Z');
    expect(later).toMatchObject({ status: 'active', plan_code: 'dunning-free' });
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('keep: it waits for money as long as it takes', async () => {
    const { customer, id } = await subscribed(CARD_THAT_PAYS, { plan: 'dunning-keeps' });
    const later = await at(customer, id, '2028-02-28T07:00:00Z');
    expect(later).toMatchObject({ status: 'suspended', next_action: { kind: 'rest', at: null } });
    await fund(stage, customer, '100.00');
    const paid = await waitFor(() => getSubscription(stage.client, id), {
      waitingFor: 'the subscription to go on',
      isThere: ({ status }) => status === 'active',
    });
    expect(paid.current_period).toMatchObject({ starts_at: '2028-01-31T07:00:00.000Z' });
    await expectBooks(stage, customer, { wallet: '0.00' });
  });
});

/** Waits until the renewal is paid. */
async function untilRenewed(id: string): Promise<void> {
  const paid = await waitFor(() => getSubscription(stage.client, id), {
    waitingFor: 'the renewal to be paid',
    isThere: ({ status, next_action: next }) => status === 'active' && next?.at !== DUE,
  });
  expect(summarise(paid)).toEqual({ status: 'active', next: 'renew 2027-03-31T07:00:00.000Z' });
}

describe('R1.08 a gateway that fails during a collection', () => {
  it('timeout_after: executed and silent, it is charged once in both books', async () => {
    const { customer, id } = await subscribed(KEPT);
    await stage.sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    expect((await at(customer, id, DUE)).status).toBe('active');
    expect(await listCharges(customer)).toEqual(['2027-02-28 succeeded 100.00']);
    expect(await listChargesAtGateway(id)).toEqual(['succeeded 100.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('timeout_before: nothing was executed, the next attempt charges once', async () => {
    const { customer, id } = await subscribed(KEPT);
    await stage.sandbox.addFault({ kind: 'timeout_before', operation: 'charge.create' });
    expect((await at(customer, id, DUE)).status).toBe('active');
    expect(await listChargesAtGateway(id)).toEqual(['succeeded 100.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('killed with the worker in the middle: it is charged once in both books', async () => {
    const { customer, id } = await subscribed(KEPT);
    await stage.sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create', count: 50 });
    await stage.client.write('POST', `/v1/test_clocks/${customer.clockId}/advance`, {
      body: { to: DUE },
      schema: z.unknown(),
    });
    await waitFor(() => listChargesAtGateway(id), {
      waitingFor: 'the charge at the gateway',
      isThere: (charges) => charges.length > 0,
    });
    await stage.platform.kill('worker');
    await clearFaults(stage);
    await stage.platform.restart('worker');
    await untilRenewed(id);
    expect(await listCharges(customer)).toEqual(['2027-02-28 succeeded 100.00']);
    expect(await listChargesAtGateway(id)).toEqual(['succeeded 100.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('slow: the charge is under way until the gateway’s message comes, and nobody is told past due', async () => {
    const slow = { mode: 'upi', upi_id: 'slow@sandbox', save: 'on' };
    const { customer, id } = await subscribed(slow, { currency: 'INR' });
    expect(summarise(await at(customer, id, DUE))).toEqual({
      status: 'past_due',
      next: 'check_payment 2027-02-28T07:01:00.000Z',
    });
    expect(await listWarnings(customer)).toEqual([]);
    await stage.sandbox.settle();
    await untilRenewed(id);
    expect(await listTypes(customer)).toEqual(['02-28 payment_collected', '02-28 renewed']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('a webhook that comes three times more changes nothing', async () => {
    const { customer, id } = await subscribed(KEPT);
    await stage.sandbox.addFault({ kind: 'duplicate', copies: 4 });
    expect((await at(customer, id, DUE)).status).toBe('active');
    await stage.sandbox.deliver();
    expect((await at(customer, id, '2027-03-01T07:00:00Z')).status).toBe('active');
    expect(await listTypes(customer)).toEqual(['02-28 payment_collected', '02-28 renewed']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });
});

describe('R1.08 notices before a renewal', () => {
  it('say how much a card will be charged, or how much is missing; silent when all is covered', async () => {
    const withCard = await subscribed(KEPT, { plan: 'dunning-told' });
    const poor = await subscribed(CARD_THAT_PAYS, { plan: 'dunning-told', beside: '40.00' });
    const rich = await subscribed(CARD_THAT_PAYS, { plan: 'dunning-told', beside: '100.00' });
    expect(summarise(await getSubscription(stage.client, poor.id)).next).toBe(
      'remind 2027-02-21T07:00:00.000Z',
    );
    const stories = [];
    for (const { customer } of [withCard, poor, rich]) {
      await advance(stage, customer, '2027-02-27T08:00:00Z');
      stories.push([...(await listReasons(customer)), ...(await listWarnings(customer))]);
    }
    const charged = `payment_notice: at most 100.00 TRY will be charged to the saved payment method at ${DUE}`;
    const missing = `renewal_not_covered: the renewal on ${DUE} is not covered: 60.00 TRY are missing`;
    expect(stories).toEqual([
      [`02-21 ${charged}`, `02-25 ${charged}`, `02-27 ${charged}`],
      [`02-21 ${missing}`, `02-25 ${missing}`, `02-27 ${missing}`, 'renewal_not_covered'],
      [],
    ]);
  });
});
