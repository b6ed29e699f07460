/**
 * An effect stands in PostgreSQL that Temporal does not know of yet, and just then somebody dies; or the first
 * try of a transaction, inside the workflow's task, comes to nothing. Each time: the effect once, the workflow
 * goes on, its next action is right, the books are clean.
 */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { Client as PostgresClient } from 'pg';
import { subscriptionSchema } from '../../scripts/story/answers';
import { getSubscription } from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import { workflowIdOf } from '../../domain/lifecycle';
import type { PlatformPart } from '../support/platform';
import { countEvents, readLocalAttempts } from '../workflows/history-facts';
import { createDeaths, reconcile, sendUntilAnswered, withTemporal } from './deaths';
import {
  advance,
  expectBooks,
  fund,
  listMoney,
  listStory,
  newCustomer,
  openStage,
  postSubscription,
  summarise,
  type Customer,
  type Stage,
} from './stage';
import { closeGate, connectAsOwner, holdRows, untilWaiting, WITH_GATE } from './standstill';

jest.setTimeout(180_000);

const STARTS = '2027-01-31T07:00:00.000Z';
const RENEWS = '2027-02-28T07:00:00.000Z';
/** February has begun: the walk to the renewal turns no month on its way. */
const BEFORE_RENEWAL = '2027-02-27T07:00:00.000Z';
const RENEWS_AGAIN = '2027-03-31T07:00:00.000Z';
const DEADLINE_MS = 90_000;

let stage: Stage;
let record: PostgresClient;
const { kill, restart, restartAll } = createDeaths(() => stage.platform);

beforeAll(async () => {
  stage = await openStage({ ownsPostgres: true, ownsTemporal: true, environment: WITH_GATE });
  record = await connectAsOwner(stage.platform);
});
afterAll(async () => {
  await record?.end();
  await stage?.platform.stop();
});
afterEach(restartAll);

async function newPayer(): Promise<Customer> {
  const customer = await newCustomer(stage, { at: STARTS });
  await fund(stage, customer, '1000.00');
  return customer;
}

interface Subscriber extends Customer {
  readonly id: string;
}

async function newSubscriber(): Promise<Subscriber> {
  const customer = await newPayer();
  const { body } = await postSubscription(stage, customer);
  return { ...customer, id: subscriptionSchema.parse(body).id };
}

/** Asks a test clock to move and does not wait until it has. */
async function beginAdvance({ clockId }: Customer, to: string): Promise<void> {
  const path = `/v1/test_clocks/${clockId}/advance`;
  await stage.client.send('POST', path, { body: { to }, waitSeconds: 1 });
}

async function untilReady({ clockId }: Customer): Promise<void> {
  await waitFor(() => stage.client.send('GET', `/v1/test_clocks/${clockId}`), {
    waitingFor: 'end of the walk',
    isThere: ({ body }) => JSON.stringify(body).includes('"status":"ready"'),
    deadlineMs: DEADLINE_MS,
  });
}

/** Resolves once PostgreSQL holds so many charges of an account. */
async function untilCharged({ accountId }: Customer, times: number): Promise<void> {
  const count = () =>
    record.query(
      `select 1 from transfers t join ledgers l on l.id = t.ledger_id
        where t.kind = 'charge' and l.account_id = $1`,
      [accountId],
    );
  await waitFor(count, {
    waitingFor: `${times} charges`,
    isThere: ({ rowCount }) => rowCount === times,
  });
}

/** One charge for each of these days, and what the row says is next. */
async function expectPaid(
  customer: Customer,
  { days, next }: { readonly days: readonly string[]; readonly next: string },
): Promise<void> {
  expect(await listMoney(stage, customer)).toEqual([
    'grant 1000.00',
    ...days.map(() => 'charge 100.00'),
  ]);
  const [first, ...others] = days;
  expect(await listStory(stage, customer)).toEqual([
    `${first} started`,
    ...others.map((day) => `${day} renewed`),
  ]);
  await expectBooks(stage, customer, { wallet: `${1_000 - 100 * days.length}.00` });
  const [subscription] = await stage.client.readAll(
    `/v1/accounts/${customer.accountId}/subscriptions`,
    subscriptionSchema,
  );
  expect(subscription && summarise(subscription)).toEqual({
    status: 'active',
    next: `renew ${next}`,
  });
}

function onHistory<T>(
  { id }: Subscriber,
  look: (handle: WorkflowHandle) => Promise<T>,
): Promise<T> {
  return withTemporal(stage.platform, (client) =>
    look(client.workflow.getHandle(workflowIdOf('subscription', id))),
  );
}

/** How many transactions history knows the outcome of. */
async function countDone(subscriber: Subscriber): Promise<number> {
  const inTasks = await onHistory(subscriber, readLocalAttempts);
  return (
    inTasks.filter((told) => told.endsWith(': done')).length + (await countActivities(subscriber))
  );
}

function countActivities(subscriber: Subscriber): Promise<number> {
  return onHistory(subscriber, (handle) =>
    countEvents(handle, (event) => Boolean(event.activityTaskCompletedEventAttributes)),
  );
}

describe.each<PlatformPart>(['worker', 'temporal', 'postgres'])(
  'committed, and not in history yet, when %s is killed:',
  (part) => {
    it('a renewal and two starts happen once, and each goes on to its next renewal', async () => {
      const [renewing, patient, gone] = await Promise.all([
        newSubscriber(),
        newPayer(),
        newPayer(),
      ]);
      const keys = { patient: randomUUID(), gone: randomUUID() };
      const start = (customer: Customer, idempotencyKey: string) =>
        postSubscription(stage, customer, { idempotencyKey, asksAgain: false });

      const open = await closeGate(stage.platform);
      await beginAdvance(renewing, RENEWS);
      const asked = [start(patient, keys.patient), start(gone, keys.gone)];
      await untilCharged(renewing, 2);
      await untilCharged(patient, 1);
      await untilCharged(gone, 1);
      await untilWaiting(record, 'tollgate-worker', { times: 3 });
      expect(await countDone(renewing)).toBe(1); // The start. History does not know of the renewal.
      await kill(part);
      await open().catch(() => undefined); // It went with PostgreSQL.
      // "Ask again", or "accepted" where a slow machine let the first try run out.
      for (const { status } of await Promise.all(asked)) expect([202, 503]).toContain(status);
      await restart(part);
      if (part === 'postgres') record = await connectAsOwner(stage.platform);

      await untilReady(renewing);
      await expectPaid(renewing, { days: [STARTS, RENEWS], next: RENEWS_AGAIN });
      const answer = await sendUntilAnswered(() => start(patient, keys.patient));
      expect(answer.status).toBe(201);
      await expectPaid(patient, { days: [STARTS], next: RENEWS });
      // Nobody asks for this one any more: the reconciliation does.
      await settleUnasked(keys.gone);
      await expectPaid(gone, { days: [STARTS], next: RENEWS });

      await advance(stage, renewing, RENEWS_AGAIN);
      const again = '2027-04-30T07:00:00.000Z';
      await expectPaid(renewing, { days: [STARTS, RENEWS, RENEWS_AGAIN], next: again });
      for (const customer of [patient, gone]) {
        await advance(stage, customer, RENEWS);
        await expectPaid(customer, { days: [STARTS, RENEWS], next: RENEWS_AGAIN });
      }
    });
  },
);

/** Makes a command old enough for the reconciliation, and waits until its outcome is known. */
async function settleUnasked(key: string): Promise<void> {
  await record.query(
    `update idempotency_requests set received_at = received_at - interval '5 minutes' where key = $1`,
    [key],
  );
  const look = () =>
    record.query('select 1 from idempotency_requests where key = $1 and outcome is not null', [
      key,
    ]);
  await reconcile(stage.platform);
  await waitFor(look, {
    waitingFor: 'command settled by the reconciliation',
    isThere: ({ rowCount }) => rowCount === 1,
    deadlineMs: DEADLINE_MS,
  });
}

describe('the first try of a transaction', () => {
  function holdLedger({ accountId }: Customer): Promise<() => Promise<void>> {
    return holdRows(stage.platform, 'select 1 from ledgers where account_id = $1', [accountId]);
  }

  it('that is too slow and the ordinary activity behind it meet: one effect, and no command waits longer', async () => {
    const renewing = await newSubscriber();
    const cancelling = await newSubscriber();
    await advance(stage, renewing, BEFORE_RENEWAL);
    const letGo = [await holdLedger(renewing), await holdLedger(cancelling)];
    await beginAdvance(renewing, RENEWS);
    const startedAt = performance.now();
    const path = `/v1/subscriptions/${cancelling.id}/cancel`;
    const body = { at: 'period_end' };
    const accepted = await stage.client.sendOnce('POST', path, { body, waitSeconds: 1 });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(accepted.status).toBe(202); // It is in history although its first try has not ended.
    await untilWaiting(record, 'tollgate-worker', { times: 4 }); // Both tries of both.
    for (const free of letGo) await free();

    await untilReady(renewing);
    await expectPaid(renewing, { days: [STARTS, RENEWS], next: RENEWS_AGAIN });
    expect(await countActivities(renewing)).toBe(1);
    expect(await onHistory(renewing, readLocalAttempts)).toEqual([
      'answerSubscriptionCommand: done',
      'performSubscriptionAction: Activity timed out',
    ]);
    await waitFor(() => getSubscription(stage.client, cancelling.id), {
      waitingFor: 'cancellation',
      isThere: ({ cancels_at_period_end: isCancelled }) => isCancelled,
    });
    await advance(stage, cancelling, RENEWS);
    expect(summarise(await getSubscription(stage.client, cancelling.id))).toEqual({
      status: 'ended',
      next: null,
    });
    await expectBooks(stage, cancelling, { wallet: '900.00' });
  });

  it('and PostgreSQL away for longer: the ordinary activity retries, and is answered once it is back', async () => {
    const renewing = await newSubscriber();
    await advance(stage, renewing, BEFORE_RENEWAL);
    await holdLedger(renewing);
    await beginAdvance(renewing, RENEWS);
    await untilWaiting(record, 'tollgate-worker');
    await kill('postgres');
    await waitFor(() => onHistory(renewing, (handle) => handle.describe()), {
      waitingFor: 'third attempt of the ordinary activity',
      isThere: ({ raw }) =>
        raw.pendingActivities?.some(({ attempt }) => Number(attempt) >= 3) ?? false,
      deadlineMs: DEADLINE_MS,
    });
    await restart('postgres');
    record = await connectAsOwner(stage.platform);

    await untilReady(renewing);
    await expectPaid(renewing, { days: [STARTS, RENEWS], next: RENEWS_AGAIN });
    expect(await countActivities(renewing)).toBe(1);
    await advance(stage, renewing, RENEWS_AGAIN);
    const next = '2027-04-30T07:00:00.000Z';
    await expectPaid(renewing, { days: [STARTS, RENEWS, RENEWS_AGAIN], next });
    expect(await countActivities(renewing)).toBe(1);
  });
});
