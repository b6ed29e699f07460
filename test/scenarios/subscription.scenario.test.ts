/** A subscription's life over HTTP, on real parts: state, next action and books after each step. */
import { randomUUID } from 'node:crypto';
import { subscriptionSchema, type Subscription } from '../../scripts/story/answers';
import {
  CARD_THAT_PAYS,
  cancelSubscription,
  getSubscription,
  payOnHostedPage,
  resumeSubscription,
} from '../../scripts/story/billing-calls';
import { listBuckets } from '../../scripts/story/books';
import { waitFor } from '../../scripts/story/wait-for';
import {
  advance,
  expectBooks,
  fund,
  listMoney,
  listStory,
  newCustomer,
  openStage,
  orderTopUp,
  PLAN,
  postSubscription,
  problemOf,
  readUnits,
  summarise,
  type Customer,
  type Stage,
} from './stage';

jest.setTimeout(60_000);

// 10:00 in Istanbul, which is three hours ahead of UTC all year.
const AT = '2027-01-31T07:00:00.000Z';
const FULL = { message: 1_000, call_second: 600, wa_conversation: 50 };

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});

async function start(customer: Customer, cycle = 'monthly'): Promise<Subscription> {
  const answer = await postSubscription(stage, customer, { cycle });
  expect(answer.status).toBe(201);
  return subscriptionSchema.parse(answer.body);
}

/** Advances the customer's clock and reads what became of the subscription. */
async function at(
  customer: Customer,
  { id }: Pick<Subscription, 'id'>,
  instant: string,
): Promise<Subscription> {
  await advance(stage, customer, instant);
  return getSubscription(stage.client, id);
}

const money = (amount: string) => ({ amount, currency: 'TRY' });

/** A customer with a subscription that has been past due since 28 February, the wallet holds 50.00. */
async function pastDue(): Promise<{ customer: Customer; subscription: Subscription }> {
  const customer = await newCustomer(stage, { at: AT });
  await fund(stage, customer, '150.00');
  const { id } = await start(customer);
  const subscription = await at(customer, { id }, '2027-02-28T07:00:00Z');
  expect(subscription.status).toBe('past_due');
  return { customer, subscription };
}

describe('starting', () => {
  it('R1.08 is refused with what is required, available and missing, and moves nothing', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '40.00');
    const answer = await postSubscription(stage, customer);
    expect(answer.status).toBe(402);
    expect(problemOf(answer)).toMatchObject({
      code: 'insufficient_balance',
      required: money('100.00'),
      available: money('40.00'),
      missing: money('60.00'),
    });
    await expectBooks(stage, customer, { wallet: '40.00' });
    expect(await listStory(stage, customer)).toEqual([]);
    const list = await stage.client.send('GET', `/v1/accounts/${customer.accountId}/subscriptions`);
    expect(list.body).toEqual({ items: [], next_cursor: null });
  });

  it('keeps its 402 under its key after a top-up; a new key starts', async () => {
    const customer = await newCustomer(stage, { at: AT });
    const idempotencyKey = randomUUID();
    const refused = await postSubscription(stage, customer, { idempotencyKey });
    expect(refused.status).toBe(402);
    await fund(stage, customer, '100.00');
    const again = await postSubscription(stage, customer, { idempotencyKey });
    expect(again.status).toBe(402);
    expect(again.body).toEqual(refused.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await expectBooks(stage, customer, { wallet: '100.00' });
    await start(customer);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });

  it('R1.01 takes the first period from the wallet and grants the month', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '250.00');
    const subscription = await start(customer);
    expect(subscription).toMatchObject({
      status: 'active',
      plan_code: PLAN,
      price: money('100.00'),
      anchor_at: AT,
      current_period: { number: 1, starts_at: AT, ends_at: '2027-02-28T07:00:00.000Z' },
      cancels_at_period_end: false,
      next_action: { kind: 'renew', at: '2027-02-28T07:00:00.000Z' },
      workflow_id: `subscription/${subscription.id}`,
    });
    await expectBooks(stage, customer, { wallet: '150.00' });
    expect(await listMoney(stage, customer)).toEqual(['grant 250.00', 'charge 100.00']);
    expect(await readUnits(stage, customer)).toEqual(FULL);
    const buckets = await listBuckets(stage.client, customer.accountId);
    expect(
      Object.fromEntries(buckets.map(({ asset, expires_at: expiresAt }) => [asset, expiresAt])),
    ).toEqual({
      message: '2027-02-28T07:00:00.000Z',
      call_second: '2027-02-28T07:00:00.000Z',
      // A calendar month of the account: 1 February, 00:00 in Istanbul.
      wa_conversation: '2027-01-31T21:00:00.000Z',
      TRY: null,
    });
  });

  it('happens once under one key: eight copies at once are one subscription', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '300.00');
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => postSubscription(stage, customer, { idempotencyKey })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    await expectBooks(stage, customer, { wallet: '200.00' });
    const path = `/v1/accounts/${customer.accountId}/subscriptions`;
    const { body } = await stage.client.send('GET', path);
    expect(body).toMatchObject({ items: [{ id: subscriptionSchema.parse(answers[0]?.body).id }] });
  });

  it('happens once under eight keys: one starts, the others are told there is one', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '900.00');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => postSubscription(stage, customer)),
    );
    const codes = answers.map((answer) =>
      answer.status === 201 ? 'started' : problemOf(answer).code,
    );
    expect(codes.toSorted()).toEqual([...Array(7).fill('already_exists'), 'started']);
    await expectBooks(stage, customer, { wallet: '800.00' });
  });

  it.each([
    ['an unknown plan', { plan: 'no-such-plan' }, 422, 'unknown_plan'],
    ['a cycle it is not sold in', { cycle: 'quarterly' }, 422, 'no_billing_cycle'],
    ['a cycle that does not exist', { cycle: 'weekly' }, 400, 'invalid_request'],
  ])('is refused for %s', async (_, options, status, code) => {
    const customer = await newCustomer(stage, { at: AT });
    const answer = await postSubscription(stage, customer, options);
    expect([answer.status, problemOf(answer).code]).toEqual([status, code]);
  });
});

describe('renewing', () => {
  it('R1.08 comes from the anchor: 31 January, 28 February, 31 March, 30 April in Istanbul', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '450.00');
    const { id } = await start(customer);

    const before = await at(customer, { id }, '2027-02-28T06:59:59Z');
    expect(before.current_period.number).toBe(1);
    await expectBooks(stage, customer, { wallet: '350.00' });
    // February's own conversations: the quota belongs to the calendar month.
    expect(await readUnits(stage, customer)).toEqual(FULL);

    const months = [
      { on: '2027-02-28T07:00:00.000Z', ends: '2027-03-31T07:00:00.000Z', wallet: '250.00' },
      { on: '2027-03-31T07:00:00.000Z', ends: '2027-04-30T07:00:00.000Z', wallet: '150.00' },
      { on: '2027-04-30T07:00:00.000Z', ends: '2027-05-31T07:00:00.000Z', wallet: '50.00' },
    ];
    for (const [index, { on, ends, wallet }] of months.entries()) {
      const renewed = await at(customer, { id }, on);
      expect(renewed.current_period).toEqual({ number: index + 2, starts_at: on, ends_at: ends });
      expect(summarise(renewed)).toEqual({ status: 'active', next: `renew ${ends}` });
      await expectBooks(stage, customer, { wallet });
      expect(await readUnits(stage, customer)).toEqual(FULL);
    }
    expect(await listStory(stage, customer)).toEqual([
      '2027-01-31T07:00:00.000Z started',
      '2027-02-28T07:00:00.000Z renewed',
      '2027-03-31T07:00:00.000Z renewed',
      '2027-04-30T07:00:00.000Z renewed',
    ]);
  });

  it('walked over in one advance gives the same as step by step', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '450.00');
    const { id } = await start(customer);
    const after = await at(customer, { id }, '2027-04-30T07:00:00Z');
    expect(after.current_period).toEqual({
      number: 4,
      starts_at: '2027-04-30T07:00:00.000Z',
      ends_at: '2027-05-31T07:00:00.000Z',
    });
    await expectBooks(stage, customer, { wallet: '50.00' });
    expect(await readUnits(stage, customer)).toEqual(FULL);
    expect(await listMoney(stage, customer)).toEqual([
      'grant 450.00',
      'charge 100.00',
      'charge 100.00',
      'charge 100.00',
      'charge 100.00',
    ]);
  });

  it('of a yearly plan charges once and grants twelve months', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '1000.00');
    const { id, next_action: next } = await start(customer, 'yearly');
    expect(next).toMatchObject({ kind: 'grant_allowances', at: '2027-02-28T07:00:00.000Z' });
    const inMarch = await at(customer, { id }, '2027-03-31T07:00:00Z');
    expect(inMarch.current_period).toMatchObject({
      number: 1,
      ends_at: '2028-01-31T07:00:00.000Z',
    });
    expect(summarise(inMarch).next).toBe('grant_allowances 2027-04-30T07:00:00.000Z');
    expect(await readUnits(stage, customer)).toEqual(FULL);
    await expectBooks(stage, customer, { wallet: '0.00' });
    const atTheEnd = await at(customer, { id }, '2028-01-31T06:59:59Z');
    expect(summarise(atTheEnd).next).toBe('renew 2028-01-31T07:00:00.000Z');
    const unpaid = await at(customer, { id }, '2028-01-31T07:00:00Z');
    expect(unpaid.status).toBe('past_due');
    await expectBooks(stage, customer, { wallet: '0.00' });
  });
});

describe('the billing page', () => {
  it('R1.02 R1.08 shows balance, subscription and next charge in one read, and warns before the stop', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '250.00');
    const { id } = await start(customer);
    expect(await readOverview(customer)).toMatchObject({
      as_of: AT,
      available: money('150.00'),
      plan: { id, status: 'active' },
      support_package: null,
      next_charges: [
        { subscription_id: id, amount: money('100.00'), at: '2027-02-28T07:00:00.000Z' },
      ],
      warnings: [],
    });
    await advance(stage, customer, '2027-02-28T07:00:00Z');
    expect(await readOverview(customer)).toMatchObject({
      available: money('50.00'),
      warnings: [
        {
          code: 'renewal_not_covered',
          missing: money('50.00'),
          at: '2027-03-31T07:00:00.000Z',
        },
      ],
    });
    await advance(stage, customer, '2027-03-31T07:00:00Z');
    expect(await readOverview(customer)).toMatchObject({
      plan: { status: 'past_due' },
      warnings: [{ code: 'payment_owed', missing: money('50.00') }],
    });
  });

  async function readOverview({ accountId }: Customer): Promise<unknown> {
    return (await stage.client.send('GET', `/v1/accounts/${accountId}/billing_overview`)).body;
  }
});

describe('not enough money', () => {
  it('R1.08 goes down the retry schedule: past due, four retries, suspended, ended', async () => {
    const { customer, subscription } = await pastDue();
    expect(subscription.past_due_since).toBe('2027-02-28T07:00:00.000Z');
    // The month that was paid is over, and so are its messages and minutes; February's
    // conversations stay until the month of the calendar ends.
    await expectBooks(stage, customer, { wallet: '50.00' });
    expect(await readUnits(stage, customer)).toEqual({ wa_conversation: 50 });

    const steps = [
      ['2027-02-28T07:00:00.000Z', 'past_due', 'retry_payment 2027-03-01T07:00:00.000Z'],
      ['2027-03-01T07:00:00.000Z', 'past_due', 'retry_payment 2027-03-03T07:00:00.000Z'],
      ['2027-03-03T07:00:00.000Z', 'past_due', 'retry_payment 2027-03-05T07:00:00.000Z'],
      ['2027-03-05T07:00:00.000Z', 'past_due', 'retry_payment 2027-03-07T07:00:00.000Z'],
      ['2027-03-07T07:00:00.000Z', 'suspended', 'end_unpaid 2027-04-06T07:00:00.000Z'],
      ['2027-04-06T07:00:00.000Z', 'ended', null],
    ] as const;
    for (const [instant, status, next] of steps) {
      expect(summarise(await at(customer, subscription, instant))).toEqual({ status, next });
      await expectBooks(stage, customer, { wallet: '50.00' });
    }
    expect(await listStory(stage, customer)).toEqual([
      '2027-01-31T07:00:00.000Z started',
      '2027-02-28T07:00:00.000Z past_due',
      '2027-03-01T07:00:00.000Z payment_retried',
      '2027-03-03T07:00:00.000Z payment_retried',
      '2027-03-05T07:00:00.000Z payment_retried',
      '2027-03-07T07:00:00.000Z suspended',
      '2027-04-06T07:00:00.000Z ended',
    ]);
    expect(await listMoney(stage, customer)).toEqual(['grant 150.00', 'charge 100.00']);
    expect(await getSubscription(stage.client, subscription.id)).toMatchObject({
      ended_at: '2027-04-06T07:00:00.000Z',
      end_reason: 'not paid within the time the plan allows',
    });
  });

  it('R1.08 is over at once when a top-up lands while past due; the anchor stays', async () => {
    const { customer, subscription } = await pastDue();
    await advance(stage, customer, '2027-03-02T12:00:00Z');
    await fund(stage, customer, '60.00');
    const resumed = await untilStatus(subscription, 'active');
    expect(resumed.current_period).toEqual({
      number: 2,
      starts_at: '2027-02-28T07:00:00.000Z',
      ends_at: '2027-03-31T07:00:00.000Z',
    });
    expect(summarise(resumed).next).toBe('renew 2027-03-31T07:00:00.000Z');
    expect(resumed.past_due_since).toBeNull();
    await expectBooks(stage, customer, { wallet: '10.00' });
    expect(await readUnits(stage, customer)).toEqual(FULL);
    expect((await listStory(stage, customer)).at(-1)).toBe('2027-03-02T12:00:00.000Z resumed');
  });

  it('R1.08 is over at once when a top-up lands while suspended: the current period is paid', async () => {
    const { customer, subscription } = await pastDue();
    const suspended = await at(customer, subscription, '2027-04-02T12:00:00Z');
    expect(suspended.status).toBe('suspended');
    expect(await readUnits(stage, customer)).toEqual({});
    await fund(stage, customer, '75.00');
    const resumed = await untilStatus(subscription, 'active');
    expect(resumed.current_period).toEqual({
      number: 3,
      starts_at: '2027-03-31T07:00:00.000Z',
      ends_at: '2027-04-30T07:00:00.000Z',
    });
    await expectBooks(stage, customer, { wallet: '25.00' });
    expect(await readUnits(stage, customer)).toEqual(FULL);
  });

  it('a top-up that is too small is tried, and uses up no step of the retry schedule', async () => {
    const { customer, subscription } = await pastDue();
    await advance(stage, customer, '2027-02-28T12:00:00Z');
    await fund(stage, customer, '20.00');
    await waitFor(() => listStory(stage, customer), {
      waitingFor: 'tried payment',
      isThere: (story) => story.includes('2027-02-28T12:00:00.000Z payment_retried'),
    });
    expect(summarise(await getSubscription(stage.client, subscription.id))).toEqual({
      status: 'past_due',
      next: 'retry_payment 2027-03-01T07:00:00.000Z',
    });
    await expectBooks(stage, customer, { wallet: '70.00' });
  });

  it('a payment that waits at the gateway over the end does not wake what has ended', async () => {
    const { customer, subscription } = await pastDue();
    await at(customer, subscription, '2027-04-06T07:00:00Z');
    const { checkout_url: page, id } = await orderTopUp(stage, customer, '500.00');
    await payOnHostedPage(page, CARD_THAT_PAYS);
    await waitFor(() => stage.client.send('GET', `/v1/top_ups/${id}`), {
      waitingFor: 'paid top-up',
      isThere: ({ body }) => JSON.stringify(body).includes('"status":"paid"'),
    });
    expect((await getSubscription(stage.client, subscription.id)).status).toBe('ended');
    await expectBooks(stage, customer, { wallet: '550.00' });
  });
});

describe('cancelling and resuming', () => {
  async function active(): Promise<{ customer: Customer; subscription: Subscription }> {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '500.00');
    return { customer, subscription: await start(customer) };
  }

  it('at the period end serves until then, charges nothing more and forfeits the rest', async () => {
    const { customer, subscription } = await active();
    const { id } = subscription;
    const reason = 'too expensive';
    const cancelled = await cancelSubscription(stage.client, id, { at: 'period_end', reason });
    expect(summarise(cancelled)).toEqual({
      status: 'active',
      next: 'end_at_period_end 2027-02-28T07:00:00.000Z',
    });
    expect(cancelled.cancels_at_period_end).toBe(true);
    const last = await at(customer, subscription, '2027-02-28T06:59:59Z');
    expect(last.status).toBe('active');
    expect(await readUnits(stage, customer)).toEqual(FULL);
    const ended = await at(customer, subscription, '2027-02-28T07:00:00Z');
    expect(summarise(ended)).toEqual({ status: 'ended', next: null });
    expect(ended.end_reason).toBe('too expensive');
    await expectBooks(stage, customer, { wallet: '400.00' });
    await at(customer, subscription, '2027-08-31T07:00:00Z');
    await expectBooks(stage, customer, { wallet: '400.00' });
    expect(await readUnits(stage, customer)).toEqual({});
  });

  it('now ends it at once and credits the 18 of 28 days that are left', async () => {
    const { customer, subscription } = await active();
    await advance(stage, customer, '2027-02-10T12:00:00Z');
    const cancelled = await cancelSubscription(stage.client, subscription.id, {
      at: 'now',
      reason: 'moved away',
    });
    expect(cancelled).toMatchObject({
      status: 'ended',
      ended_at: '2027-02-10T12:00:00.000Z',
      end_reason: 'moved away',
      next_action: null,
    });
    await expectBooks(stage, customer, { wallet: '464.29' });
    const { message = 0, call_second = 0 } = await readUnits(stage, customer);
    expect([message, call_second]).toEqual([0, 0]);
  });

  it('resuming withdraws a cancellation that is pending', async () => {
    const { customer, subscription } = await active();
    const { id } = subscription;
    await cancelSubscription(stage.client, id, { at: 'period_end', reason: 'unsure' });
    await advance(stage, customer, '2027-02-20T12:00:00Z');
    const resumed = await resumeSubscription(stage.client, id);
    expect(resumed.cancels_at_period_end).toBe(false);
    expect(summarise(resumed)).toEqual({
      status: 'active',
      next: 'renew 2027-02-28T07:00:00.000Z',
    });
    const renewed = await at(customer, subscription, '2027-02-28T07:00:00Z');
    expect(renewed.current_period.number).toBe(2);
    await expectBooks(stage, customer, { wallet: '300.00' });
  });

  it('resuming while past due without money is refused with what is missing', async () => {
    const { customer, subscription } = await pastDue();
    const answer = await stage.client.send('POST', `/v1/subscriptions/${subscription.id}/resume`);
    expect(answer.status).toBe(402);
    expect(problemOf(answer)).toMatchObject({
      required: money('100.00'),
      available: money('50.00'),
      missing: money('50.00'),
    });
    await expectBooks(stage, customer, { wallet: '50.00' });
  });

  it('cancelling at the period end while past due ends it now: nothing is paid to wait for', async () => {
    const { customer, subscription } = await pastDue();
    const cancelled = await cancelSubscription(stage.client, subscription.id, {
      at: 'period_end',
      reason: 'no money',
    });
    expect(summarise(cancelled)).toEqual({ status: 'ended', next: null });
    await expectBooks(stage, customer, { wallet: '50.00' });
  });

  it.each([
    ['cancelling', 'cancel', { at: 'now' }],
    ['resuming', 'resume', undefined],
  ])('%s what has ended is refused', async (_, command, body) => {
    const { subscription } = await active();
    const { id } = subscription;
    await cancelSubscription(stage.client, id, { at: 'now', reason: 'done' });
    const path = `/v1/subscriptions/${id}/${command}`;
    const answer = await stage.client.send('POST', path, body === undefined ? {} : { body });
    expect([answer.status, problemOf(answer).code]).toEqual([409, 'invalid_state']);
  });

  it('resuming what is active is refused', async () => {
    const { subscription } = await active();
    const answer = await stage.client.send('POST', `/v1/subscriptions/${subscription.id}/resume`);
    expect([answer.status, problemOf(answer).code]).toEqual([409, 'invalid_state']);
  });

  it('repeats its first answer under one key, also after the state has changed', async () => {
    const { subscription } = await active();
    const { id } = subscription;
    const request = { body: { at: 'period_end' }, idempotencyKey: randomUUID() };
    const first = await stage.client.send('POST', `/v1/subscriptions/${id}/cancel`, request);
    await resumeSubscription(stage.client, id);
    const again = await stage.client.send('POST', `/v1/subscriptions/${id}/cancel`, request);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await getSubscription(stage.client, id)).cancels_at_period_end).toBe(false);
  });

  it('after the end, a new subscription starts a new anchor', async () => {
    const { customer, subscription } = await active();
    await advance(stage, customer, '2027-02-10T12:00:00Z');
    await cancelSubscription(stage.client, subscription.id, { at: 'now', reason: 'a pause' });
    const second = await start(customer);
    expect(second.id).not.toBe(subscription.id);
    expect(second.current_period).toEqual({
      number: 1,
      starts_at: '2027-02-10T12:00:00.000Z',
      ends_at: '2027-03-10T12:00:00.000Z',
    });
    // Of the first period's 100.00, 18 of 28 days came back.
    await expectBooks(stage, customer, { wallet: '364.29' });
  });
});

function untilStatus(
  { id }: Pick<Subscription, 'id'>,
  status: Subscription['status'],
): Promise<Subscription> {
  return waitFor(() => getSubscription(stage.client, id), {
    waitingFor: `${status} subscription`,
    isThere: (seen) => seen.status === status,
  });
}
