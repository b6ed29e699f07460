/**
 * Parts that die without warning: what was acknowledged stays, what was under way happens once, and
 * what was only accepted is finished by somebody. Times of death come from a printed seed;
 * TOLLGATE_SEED repeats a run.
 */
import { randomUUID } from 'node:crypto';
import { connect as connectSocket } from 'node:net';
import type { Client as PostgresClient } from 'pg';
import { z } from 'zod';
import { accountSchema, subscriptionSchema, topUpSchema } from '../../scripts/story/answers';
import { NoAnswer, type ApiAnswer } from '../../scripts/story/api-client';
import {
  advanceTestClock,
  CARD_THAT_PAYS,
  createAccount,
  createTestClock,
  getSubscription,
  getTopUp,
  payOnHostedPage,
  saveAddress,
} from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { createDeaths, reconcile, sendUntilAnswered } from './deaths';
import {
  ADDRESS,
  expectBooks,
  fund,
  listMoney,
  listStory,
  newCustomer,
  openStage,
  orderTopUp,
  postSubscription,
  problemOf,
  untilTopUp,
  type Customer,
  type Stage,
} from './stage';
import { connectAsOwner, holdRows, untilWaiting } from './standstill';

jest.setTimeout(150_000);

const AT = '2027-01-31T07:00:00.000Z';
const SEED = Number(process.env['TOLLGATE_SEED'] ?? Date.now() % 1_000_000);

let stage: Stage;
let record: PostgresClient;
const { kill, restart, restartAll } = createDeaths(() => stage.platform);

beforeAll(async () => {
  process.stdout.write(`crash scenario: TOLLGATE_SEED=${SEED}\n`);
  stage = await openStage({ ownsPostgres: true, ownsTemporal: true });
  record = await connectAsOwner(stage.platform);
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(restartAll);

/** The same numbers for the same seed: mulberry32. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const dice = createDice(SEED);

/** Starts a subscription; a 503 is the answer. */
function postOnce(customer: Customer, idempotencyKey: string): Promise<ApiAnswer> {
  return postSubscription(stage, customer, { idempotencyKey, asksAgain: false });
}

describe('the worker', () => {
  it('killed in the middle of renewals charges each period exactly once', async () => {
    const clock = await createTestClock(stage.client, { name: 'crash', frozen_at: AT });
    const customers: Customer[] = [];
    for (let index = 0; index < 5; index += 1) {
      const account = await createAccount(stage.client, {
        name: `Crash ${index}`,
        country: 'TR',
        currency: 'TRY',
        time_zone: 'Europe/Istanbul',
        test_clock_id: clock.id,
      });
      await saveAddress(stage.client, account.id, ADDRESS);
      const customer = { accountId: account.id, clockId: clock.id, currency: 'TRY' } as const;
      await fund(stage, customer, '1000.00');
      expect((await postSubscription(stage, customer)).status).toBe(201);
      customers.push(customer);
    }

    // The first death is exactly inside a renewal's transaction, the second one anywhere in the walk.
    const letGo = await holdRows(stage.platform, 'select 1 from ledgers where account_id = $1', [
      customers[0]?.accountId,
    ]);
    const path = `/v1/test_clocks/${clock.id}/advance`;
    await stage.client.send('POST', path, {
      body: { to: '2027-06-30T07:00:00Z' },
      waitSeconds: 1,
    });
    await untilWaiting(record, 'tollgate-worker');
    await kill('worker');
    await letGo();
    await restart('worker');
    const charged = await countCharges(customers);
    // A restart takes seconds, in which a quick machine is nearly through: no more than there will be.
    const wanted = Math.min(charged + Math.ceil(dice() * 8), 5 * 6);
    await waitFor(() => countCharges(customers), {
      waitingFor: `${wanted} charges`,
      isThere: (seen) => seen >= wanted,
      deadlineMs: 90_000,
    });
    await kill('worker');
    await restart('worker');
    await waitFor(() => stage.client.send('GET', `/v1/test_clocks/${clock.id}`), {
      waitingFor: 'end of the walk',
      isThere: ({ body }) => JSON.stringify(body).includes('"status":"ready"'),
      deadlineMs: 90_000,
    });

    for (const customer of customers) {
      await expectBooks(stage, customer, { wallet: '400.00' });
      expect(await listMoney(stage, customer)).toEqual([
        'grant 1000.00',
        ...Array(6).fill('charge 100.00'),
      ]);
      expect(await listStory(stage, customer)).toEqual([
        '2027-01-31T07:00:00.000Z started',
        '2027-02-28T07:00:00.000Z renewed',
        '2027-03-31T07:00:00.000Z renewed',
        '2027-04-30T07:00:00.000Z renewed',
        '2027-05-31T07:00:00.000Z renewed',
        '2027-06-30T07:00:00.000Z renewed',
      ]);
    }
  });

  it('away makes commands wait no longer than 5 s; the same key does them once when it is back', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '100.00');
    await kill('worker');
    const idempotencyKey = randomUUID();
    const startedAt = performance.now();
    const refused = await postOnce(customer, idempotencyKey);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect([refused.status, problemOf(refused).code]).toEqual([503, 'unavailable']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await restart('worker');
    const answer = await sendUntilAnswered(() => postOnce(customer, idempotencyKey));
    expect(answer.status).toBe(201);
    await expectBooks(stage, customer, { wallet: '0.00' });
    expect(await listStory(stage, customer)).toEqual(['2027-01-31T07:00:00.000Z started']);
  });
});

async function countCharges(customers: readonly Customer[]): Promise<number> {
  const { rows } = await record.query<{ count: string }>(
    `select count(*) from transfers t join ledgers l on l.id = t.ledger_id
      where t.kind = 'charge' and l.account_id = any ($1)`,
    [customers.map(({ accountId }) => accountId)],
  );
  return Number(rows[0]?.count);
}

describe('the API', () => {
  it('killed between commit and answer gives the first answer when asked again with the key', async () => {
    const customer = await newCustomer(stage, { at: AT });
    await fund(stage, customer, '250.00');
    const idempotencyKey = randomUUID();
    const silenced = postOnce(customer, idempotencyKey).catch((error: unknown) => error);
    // Between the workflow's commit and the answer the API notes the outcome in the key's row.
    const letGo = await holdRowOfKey(idempotencyKey);
    await waitFor(() => listStory(stage, customer), {
      waitingFor: 'committed subscription',
      isThere: (story) => story.length === 1,
    });
    await untilWaiting(record, 'tollgate-api');
    await kill('api');
    expect(await silenced).toBeInstanceOf(NoAnswer);
    await letGo();
    await restart('api');

    const first = await postSubscription(stage, customer, { idempotencyKey });
    expect(first.status).toBe(201);
    const { id } = subscriptionSchema.parse(first.body);
    const again = await postSubscription(stage, customer, { idempotencyKey });
    expect(again.body).toEqual(first.body);
    const list = await stage.client.readAll(
      `/v1/accounts/${customer.accountId}/subscriptions`,
      subscriptionSchema,
    );
    expect(list.map((seen) => seen.id)).toEqual([id]);
    await expectBooks(stage, customer, { wallet: '150.00' });
  });

  it('gives an answer nobody has read again, and makes nothing twice', async () => {
    const body = JSON.stringify({
      name: 'Lost',
      country: 'TR',
      currency: 'TRY',
      time_zone: 'Europe/Istanbul',
      external_id: randomUUID(),
    });
    const idempotencyKey = randomUUID();
    const hangUp = await postAndReadNothing({ path: '/v1/accounts', body, idempotencyKey });
    const account: unknown = JSON.parse(body);
    const external = z.object({ external_id: z.string() }).parse(account).external_id;
    const list = () => stage.client.readAll(`/v1/accounts?external_id=${external}`, accountSchema);
    const [made] = await waitFor(list, {
      waitingFor: 'the account nobody heard of',
      isThere: (accounts) => accounts.length > 0,
    });
    hangUp();
    const answer = await stage.client.send('POST', '/v1/accounts', {
      body: account,
      idempotencyKey,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('idempotent-replayed')).toBe('true');
    expect(accountSchema.parse(answer.body).id).toBe(made?.id);
    expect(await list()).toHaveLength(1);
  });
});

/** Locks the row of a key as soon as it is there. */
async function holdRowOfKey(key: string): Promise<() => Promise<void>> {
  await waitFor(() => record.query('select 1 from idempotency_requests where key = $1', [key]), {
    waitingFor: 'row of the key',
    isThere: ({ rowCount }) => rowCount === 1,
  });
  return holdRows(stage.platform, 'select 1 from idempotency_requests where key = $1', [key]);
}

/** Sends a request and never reads what comes back. Answers how to close the line. */
function postAndReadNothing(request: {
  readonly path: string;
  readonly body: string;
  readonly idempotencyKey: string;
}): Promise<() => void> {
  const { hostname, port, host } = new URL(stage.platform.apiUrl);
  const head = [
    `POST ${request.path} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${stage.platform.operatorKey}`,
    'Content-Type: application/json',
    `Idempotency-Key: ${request.idempotencyKey}`,
    `Content-Length: ${Buffer.byteLength(request.body)}`,
  ];
  return new Promise((resolve, reject) => {
    const socket = connectSocket(Number(port), hostname, () => {
      socket.write(`${head.join('\r\n')}\r\n\r\n${request.body}`, () =>
        resolve(() => socket.destroy()),
      );
    });
    socket.once('error', reject);
  });
}

describe('Temporal', () => {
  it('away leaves reads as they are, refuses commands within 5 s, and loses nothing of what it is told', async () => {
    const reader = await newCustomer(stage, { at: AT });
    const patient = await newCustomer(stage, { at: AT });
    const gone = await newCustomer(stage, { at: AT });
    for (const customer of [reader, patient, gone]) await fund(stage, customer, '100.00');
    const started = await postSubscription(stage, reader);
    const { id } = subscriptionSchema.parse(started.body);
    const unpaid = await orderTopUp(stage, reader, '70.00');
    await kill('temporal');

    // Reads go on.
    expect((await getSubscription(stage.client, id)).status).toBe('active');
    await expectBooks(stage, reader, { wallet: '0.00' });
    expect((await fetch(`${stage.platform.apiUrl}/healthz`)).status).toBe(200);
    const readiness = await fetch(`${stage.platform.apiUrl}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      checks: { postgres: 'ok', temporal: 'failed' },
    });

    // Commands are refused in time, each under a key of its own.
    const keys = { patient: randomUUID(), gone: randomUUID(), cancel: randomUUID() };
    const commands = {
      patient: () => postOnce(patient, keys.patient),
      gone: () => postOnce(gone, keys.gone),
      cancel: () =>
        stage.client.sendOnce('POST', `/v1/subscriptions/${id}/cancel`, {
          body: { at: 'period_end' },
          idempotencyKey: keys.cancel,
        }),
    };
    for (const send of Object.values(commands)) {
      const startedAt = performance.now();
      const answer = await send();
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect([answer.status, problemOf(answer).code]).toEqual([503, 'unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }

    // A payment made meanwhile is told to us by webhook: taken, kept, not forgotten.
    await payOnHostedPage(unpaid.checkout_url, CARD_THAT_PAYS);
    const { webhooks } = await waitFor(() => stage.sandbox.readState(`order/${unpaid.id}`), {
      waitingFor: 'delivered webhook',
      isThere: (state) => state.webhooks[0]?.status === 'delivered',
    });
    expect(webhooks[0]?.deliveries).toMatchObject([{ http_status: 200 }]);

    await restart('temporal');
    await waitFor(() => fetch(`${stage.platform.apiUrl}/readyz`), {
      waitingFor: 'readiness',
      isThere: ({ status }) => status === 200,
    });
    expect((await sendUntilAnswered(commands.patient)).status).toBe(201);
    expect(await listStory(stage, patient)).toEqual(['2027-01-31T07:00:00.000Z started']);
    await expectBooks(stage, patient, { wallet: '0.00' });
    const cancelled = await sendUntilAnswered(commands.cancel);
    expect([cancelled.status, cancelled.body]).toMatchObject([
      200,
      { cancels_at_period_end: true },
    ]);

    // Nobody asks for the third command any more: the reconciliation finishes it, and forwards the webhook.
    expect(await listStory(stage, gone)).toEqual([]);
    await record.query(
      `update idempotency_requests set received_at = received_at - interval '5 minutes' where key = $1`,
      [keys.gone],
    );
    await record.query(
      `update webhook_inbox set received_at = received_at - interval '5 minutes' where reference = $1`,
      [`order/${unpaid.id}`],
    );
    await reconcile(stage.platform);
    await waitFor(() => listStory(stage, gone), {
      waitingFor: 'command finished by the reconciliation',
      isThere: (story) => story.length === 1,
      deadlineMs: 60_000,
    });
    await expectBooks(stage, gone, { wallet: '0.00' });
    await untilTopUp(stage, unpaid.id, 'paid');
    await expectBooks(stage, reader, { wallet: '70.00' });

    const collected = await commands.gone();
    expect(collected.status).toBe(201);
    expect(await listStory(stage, gone)).toEqual(['2027-01-31T07:00:00.000Z started']);
  });
});

describe('PostgreSQL', () => {
  it('killed three times under traffic loses nothing that was acknowledged and makes nothing twice', async () => {
    const deaths = 3;
    const customers = await Promise.all(
      Array.from({ length: 4 }, () => newCustomer(stage, { at: AT })),
    );
    const acknowledged: { customer: Customer; topUpId: string }[] = [];
    const unopened: string[] = [];
    let isOver = false;
    const traffic = customers.map(async (customer) => {
      while (!isOver) {
        const idempotencyKey = randomUUID();
        const answer = await sendUntilAnswered(() =>
          stage.client.sendOnce('POST', `/v1/accounts/${customer.accountId}/top_ups`, {
            body: { amount: '10.00', currency: customer.currency },
            idempotencyKey,
          }),
        );
        expect([answer.status, answer.body]).toMatchObject([201, { status: 'awaiting_payment' }]);
        const { id, checkout_url: page } = topUpSchema.parse(answer.body);
        acknowledged.push({ customer, topUpId: id });
        if (page === null) unopened.push(id);
        else await payOnHostedPage(page, CARD_THAT_PAYS);
      }
    });
    const everything = Promise.all(traffic);
    for (let death = 0; death < deaths; death += 1) {
      const wanted = acknowledged.length + 1 + Math.floor(dice() * 6);
      await waitFor(() => Promise.resolve(acknowledged.length), {
        waitingFor: `${wanted} acknowledged top-ups`,
        isThere: (seen) => seen >= wanted,
        deadlineMs: 60_000,
      });
      await kill('postgres');
      await restart('postgres');
    }
    isOver = true;
    await everything;
    record = await connectAsOwner(stage.platform);

    expect(acknowledged.length).toBeGreaterThan(deaths);
    // Where the page could not be opened in time, that is the order's next action.
    for (const { clockId } of customers) {
      await advanceTestClock(stage.client, clockId, '2027-01-31T07:01:00Z');
    }
    for (const id of unopened) {
      const { checkout_url: page } = await getTopUp(stage.client, id);
      await payOnHostedPage(page ?? '', CARD_THAT_PAYS);
    }
    for (const { topUpId } of acknowledged) await untilPaid(topUpId);
    for (const customer of customers) {
      const own = acknowledged.filter((entry) => entry.customer === customer);
      const made = await stage.client.readAll(
        `/v1/accounts/${customer.accountId}/top_ups`,
        z.object({ id: z.string() }),
      );
      expect(made.map(({ id }) => id).toSorted()).toEqual(
        own.map(({ topUpId }) => topUpId).toSorted(),
      );
      await expectBooks(stage, customer, { wallet: `${own.length}0.00` });
      expect(await listMoney(stage, customer)).toEqual(Array(own.length).fill('grant 10.00'));
    }
    const { payments } = await stage.sandbox.readState();
    const ids = new Set(acknowledged.map(({ topUpId }) => `order/${topUpId}`));
    const taken = payments.filter(({ reference }) => ids.has(reference));
    expect(taken).toHaveLength(acknowledged.length);
  });

  /** Webhooks that met a dead database come again: the gateway retries them for minutes. */
  async function untilPaid(topUpId: string): Promise<void> {
    await waitFor(() => getTopUp(stage.client, topUpId), {
      waitingFor: 'paid top-up',
      isThere: ({ status }) => status === 'paid',
      deadlineMs: 60_000,
    });
  }
});
