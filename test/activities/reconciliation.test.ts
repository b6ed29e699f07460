import { createHash } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createReconciliationActivities,
  type ReconciliationActivities,
} from '../../activities/operations/reconciliation.activities';
import {
  findRequest,
  insertRequest,
  storeCommand,
} from '../../db/repositories/idempotency.repository';
import { orders } from '../../db/repositories/order.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { savePayment } from '../../db/repositories/payment.repository';
import { insertTestClock } from '../../db/repositories/test-clock.repository';
import { createRefund } from '../api/refund-in-world';
import { insertInboxEntry } from '../../db/repositories/webhook-inbox.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { CommandOutcome, CommandStart, WorkflowCommand } from '../../domain/command';
import type { Order } from '../../domain/order/order';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';
import type { SendResult } from '../../gateways/workflow-commands';
import type { PlanVersion } from '../../domain/plan';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeAccount } from '../support/ledger-accounts';
import { GROWTH, subscriptionActivities } from './billing-under-test';

const AT = '2027-03-02T10:00:00.000Z';
const NOW = '2027-03-02T10:05:00.000Z';
const LONG_AGO = '2027-03-02T09:00:00.000Z';
const DONE = { kind: 'answered', reply: { kind: 'done' } } as const;

let test: TestDatabase;
let names = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  const free: PlanVersion = {
    ...GROWTH,
    prices: [{ cycle: 'monthly', price: { amountMicros: 0n, currency: 'INR' } }],
  };
  await withTransaction(test.database, SYSTEM, (trx) => insertPlan(trx, free, AT));
});
afterAll(async () => {
  await test?.drop();
});

/** Temporal as the reconciliation meets it: which workflows run, and what was sent to whom. */
function createFakeTemporal(running: readonly string[] = []) {
  const runs = new Set(running);
  const sent: string[] = [];
  const restarted: CommandStart[] = [];
  const assertRuns = (workflowId: string): void => {
    if (!runs.has(workflowId)) throw new WorkflowNotFoundError('gone', workflowId, undefined);
  };
  const getHandle = (workflowId: string) => ({
    signal: async ({ name }: { name: string }, fact: { eventId: string }) => {
      assertRuns(workflowId);
      sent.push(`${workflowId} ${name} ${fact.eventId}`);
    },
    describe: async () => {
      await fake.beforeDescribing();
      assertRuns(workflowId);
      return { status: { name: 'RUNNING' } };
    },
  });
  const fake = {
    /** What happens between the listing of rows and the look at a workflow. */
    beforeDescribing: (): Promise<void> => Promise.resolve(),
    sent,
    runs,
    restarted,
    client: { workflow: { getHandle } },
    commands: {
      send: ({ workflowId }: WorkflowCommand): Promise<SendResult> => {
        sent.push(workflowId);
        return Promise.resolve(runs.has(workflowId) ? DONE : { kind: 'not_running' });
      },
      restart: (workflowId: string, start: CommandStart) => {
        runs.add(workflowId);
        restarted.push(start);
        return Promise.resolve();
      },
    },
  };
  return fake;
}

function reconcile<Name extends keyof ReconciliationActivities>(
  name: Name,
  { commands, client }: ReturnType<typeof createFakeTemporal>,
  at = NOW,
): Promise<number> {
  // What these activities do not touch is not there: to use it would fail the test.
  const dependencies = { database: test.database, commands, client, now: () => at };
  const activities = createReconciliationActivities(
    dependencies as unknown as Parameters<typeof createReconciliationActivities>[0],
  );
  return new MockActivityEnvironment().run<[], number, () => Promise<number>>(activities[name]);
}

/** A row that says it is awaiting its payment, or that it was paid and is over. */
async function makeOrder(status: 'awaiting_payment' | 'paid', placedAt = AT): Promise<string> {
  names += 1;
  const accountId = `acct_${names}`;
  const workflowId = `order/top_${names}`;
  await makeAccount(test.database, { accountId, timeZone: 'UTC', currency: 'INR', at: AT });
  await withTransaction(test.database, SYSTEM, (trx) =>
    orders.insert(
      trx,
      {
        id: `top_${names}`,
        accountId,
        kind: 'top_up',
        target: 'wallet',
        visitors: null,
        paysFor: null,
        note: null,
        ...buildTopUpTerms(UNTAXED, { amountMicros: 500_000_000n, currency: 'INR' }),
        gateway: 'sandbox',
        mode: null,
        status,
        placedAt,
        payAskedAt: placedAt,
        expiresAt: '2027-03-03T10:00:00.000Z',
        checkoutId: `cs_${names}`,
        checkoutUrl: 'https://pay.example/1',
        checkoutAttempts: 0,
        checksMade: 0,
        asksUnanswered: 0,
        paidAt: status === 'paid' ? AT : null,
        failureReason: null,
      },
      AT,
    ),
  );
  return workflowId;
}

/** A command that was stored, and whose caller never heard what came of it. */
async function storeUnsettled(workflowId: string): Promise<string> {
  names += 1;
  const key = { tenant: 'operator', key: `key-${names}` };
  const bodyHash = createHash('sha256').update(key.key).digest();
  const command = {
    workflow: 'order',
    workflowId,
    update: 'cancel',
    args: [],
    start: null,
  } as const;
  await withTransaction(test.database, SYSTEM, async (trx) => {
    const request = { ...key, method: 'POST', path: '/', bodyHash, resourceId: null };
    await insertRequest(trx, { ...request, receivedAt: AT });
    await storeCommand(trx, key, command);
  });
  return key.key;
}

async function outcomeOf(key: string): Promise<CommandOutcome | null | undefined> {
  const row = await withTransaction(test.database, SYSTEM, (trx) =>
    findRequest(trx, { tenant: 'operator', key }),
  );
  return row?.outcome;
}

describe('sending commands again', () => {
  it('starts a lifecycle that is open in its row but gone, and asks it', async () => {
    const workflowId = await makeOrder('awaiting_payment');
    const key = await storeUnsettled(workflowId);
    const temporal = createFakeTemporal();
    await reconcile('resendCommands', temporal);
    expect(temporal.sent).toEqual([workflowId, workflowId]);
    expect(await outcomeOf(key)).toEqual(DONE);
  });

  it('keeps "not running" as the outcome of one that has ended', async () => {
    const workflowId = await makeOrder('paid');
    const key = await storeUnsettled(workflowId);
    const temporal = createFakeTemporal();
    await reconcile('resendCommands', temporal);
    expect([...temporal.runs]).toEqual([]);
    expect(await outcomeOf(key)).toEqual({ kind: 'not_running' });
  });
});

describe('forgetting requests', () => {
  it('keeps pace with more old answers than one statement deletes', async () => {
    await withTransaction(test.database, SYSTEM, (trx) =>
      trx.raw(
        `insert into idempotency_requests (tenant, key, method, path, body_hash, received_at, answer_status, answered_at)
         select 'operator', 'old-' || n, 'POST', '/', 'x', ?::timestamptz - interval '49 hours', 200, ?
           from generate_series(1, 5001) n`,
        [NOW, NOW],
      ),
    );
    expect(await reconcile('forgetRequests', createFakeTemporal())).toBe(5_001);
  });
});

describe('making the partitions of usage', () => {
  it('makes the month that runs and three more, once, and then one a month', async () => {
    const temporal = createFakeTemporal();
    expect(await reconcile('makePartitions', temporal, '2035-11-20T12:00:00.000Z')).toBe(4);
    expect(await reconcile('makePartitions', temporal, '2035-11-30T23:59:59.000Z')).toBe(0);
    expect(await reconcile('makePartitions', temporal, '2035-12-01T00:00:00.000Z')).toBe(1);
    const { rows } = await withTransaction(test.database, SYSTEM, (trx) =>
      trx.raw<{ rows: { name: string }[] }>(
        `select inhrelid::regclass::text as name from pg_inherits
          where inhparent = 'usage_events'::regclass and inhrelid::regclass::text > 'usage_events_2035'
          order by 1`,
      ),
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'usage_events_2035_11',
      'usage_events_2035_12',
      'usage_events_2036_01',
      'usage_events_2036_02',
      'usage_events_2036_03',
    ]);
  });
});

describe('forwarding webhooks', () => {
  /** A webhook that was stored while nobody could bring it to its order. */
  async function storeWebhook(
    reference: string | null,
    receivedAt = AT,
    gatewayDisputeId: string | null = null,
  ): Promise<string> {
    names += 1;
    const eventId = `evt_${names}`;
    await withTransaction(test.database, SYSTEM, (trx) =>
      insertInboxEntry(trx, {
        gateway: 'sandbox',
        eventId,
        type: 'payment.succeeded',
        reference,
        gatewayDisputeId,
        gatewayPaymentId: 'sbx_pay_1',
        rawBody: Buffer.from('{}'),
        receivedAt,
        state: 'received',
      }),
    );
    return eventId;
  }

  async function stateOf(eventId: string): Promise<string | undefined> {
    const [state] = await withTransaction(test.database, SYSTEM, (trx) =>
      trx('webhook_inbox').where({ event_id: eventId }).pluck<string[]>('state'),
    );
    return state;
  }

  it('brings a stored webhook to the order it is about, once', async () => {
    const workflowId = await makeOrder('awaiting_payment');
    const eventId = await storeWebhook(workflowId);
    const temporal = createFakeTemporal([workflowId]);
    expect(await reconcile('forwardWebhooks', temporal)).toBe(1);
    expect(await reconcile('forwardWebhooks', temporal)).toBe(0);
    expect(temporal.sent).toEqual([`${workflowId} paymentReported ${eventId}`]);
    expect(await stateOf(eventId)).toBe('forwarded');
  });

  it('brings news of a refund to the refund that waits, not to what was paid', async () => {
    const workflowId = await makeOrder('paid');
    const owner = { accountId: `acct_${names}`, orderId: `top_${names}`, at: AT };
    const { paymentId, refundId } = await withTransaction(test.database, SYSTEM, (trx) =>
      createRefund(trx, owner),
    );
    const eventId = await storeWebhook(workflowId);
    await withTransaction(test.database, SYSTEM, (trx) =>
      trx('webhook_inbox')
        .where({ event_id: eventId })
        .update({ type: 'refund.failed', gateway_payment_id: `gw_${paymentId}` }),
    );
    const temporal = createFakeTemporal([`refund/${refundId}`]);
    expect(await reconcile('forwardWebhooks', temporal)).toBe(1);
    expect(temporal.sent).toEqual([`refund/${refundId} paymentReported ${eventId}`]);
  });

  it('opens an order that has ended again, so that a late payment is heard', async () => {
    const workflowId = await makeOrder('paid');
    const eventId = await storeWebhook(workflowId);
    const temporal = createFakeTemporal();
    await reconcile('forwardWebhooks', temporal);
    expect(temporal.sent).toEqual([`${workflowId} paymentReported ${eventId}`]);
    expect(temporal.restarted).toMatchObject([
      {
        workflowType: 'orderLifecycle',
        args: [{ clock: { kind: 'wall' }, step: { status: 'paid', next: { kind: 'rest' } } }],
      },
    ]);
    expect(await stateOf(eventId)).toBe('forwarded');
  });

  it('lets a dispute wait for its payment, then opens it; after a day it is of nobody’s', async () => {
    const workflowId = await makeOrder('paid');
    const named = 'sbx_dp_1';
    const eventId = await storeWebhook(workflowId, AT, named);
    const old = await storeWebhook(workflowId, '2027-03-01T10:05:00.000Z', 'sbx_dp_old');
    const temporal = createFakeTemporal();
    await reconcile('forwardWebhooks', temporal);
    expect([await stateOf(eventId), await stateOf(old)]).toEqual(['received', 'unmatched']);
    await withTransaction(test.database, SYSTEM, (trx) =>
      savePayment(trx, {
        id: `pay_of_${workflowId}`,
        accountId: `acct_${names - 2}`,
        payer: { kind: 'order', id: workflowId.slice('order/'.length) },
        gateway: 'sandbox',
        gatewayPaymentId: 'sbx_pay_1',
        money: { amountMicros: 500_000_000n, currency: 'INR' },
        status: 'succeeded',
        mode: 'upi',
        declineCode: null,
        fee: null,
        effectiveAt: AT,
        createdAt: AT,
      }),
    );
    await reconcile('forwardWebhooks', temporal);
    expect(await stateOf(eventId)).toBe('forwarded');
    expect(temporal.restarted).toMatchObject([{ workflowType: 'disputeLifecycle' }]);
    expect(temporal.sent[0]).toMatch(/^dispute\/dsp_\w+ disputeReported /);
    await withTransaction(test.database, SYSTEM, async (trx) => {
      await trx('payments').where({ gateway_payment_id: 'sbx_pay_1' }).update({
        gateway_payment_id: 'sbx_pay_of_the_dispute',
      });
    });
  });

  it('opens nothing for a payment that was found meanwhile', async () => {
    const workflowId = await makeOrder('paid');
    const eventId = await storeWebhook(workflowId);
    await withTransaction(test.database, SYSTEM, (trx) =>
      savePayment(trx, {
        id: 'pay_found',
        accountId: `acct_${names - 1}`,
        payer: { kind: 'order', id: `top_${names - 1}` },
        gateway: 'sandbox',
        gatewayPaymentId: 'sbx_pay_1',
        money: { amountMicros: 500_000_000n, currency: 'INR' },
        status: 'succeeded',
        mode: 'upi',
        declineCode: null,
        fee: null,
        effectiveAt: AT,
        createdAt: AT,
      }),
    );
    const temporal = createFakeTemporal();
    await reconcile('forwardWebhooks', temporal);
    expect([temporal.sent, temporal.restarted]).toEqual([[], []]);
    expect(await stateOf(eventId)).toBe('known');
    await withTransaction(test.database, SYSTEM, (trx) =>
      trx('payments').where({ id: 'pay_found' }).update({ gateway_payment_id: 'sbx_pay_found' }),
    );
  });

  it.each([
    ['names no order', null],
    ['names an order nobody placed', 'order/ord_unknown'],
  ])('keeps one that %s as unmatched, for people to look at', async (_, reference) => {
    const eventId = await storeWebhook(reference);
    const temporal = createFakeTemporal();
    await reconcile('forwardWebhooks', temporal);
    expect(temporal.sent).toEqual([]);
    expect(await stateOf(eventId)).toBe('unmatched');
  });

  it('leaves one that has only just come to whoever took it in', async () => {
    const workflowId = await makeOrder('awaiting_payment');
    const eventId = await storeWebhook(workflowId, '2027-03-02T10:04:50.000Z');
    const temporal = createFakeTemporal([workflowId]);
    expect(await reconcile('forwardWebhooks', temporal)).toBe(0);
    expect(await stateOf(eventId)).toBe('received');
  });
});

describe('starting lifecycles again', () => {
  it('starts one that is open and overdue but gone, where its row stands', async () => {
    const workflowId = await makeOrder('awaiting_payment', LONG_AGO);
    const temporal = createFakeTemporal();
    await reconcile('restartLifecycles', temporal);
    expect(temporal.restarted).toMatchObject([
      {
        workflowType: 'orderLifecycle',
        args: [
          {
            step: {
              status: 'awaiting_payment',
              revision: 1,
              next: { kind: 'check_payment', at: '2027-03-02T09:00:15.000Z' },
            },
          },
        ],
      },
    ]);
    await pay(workflowId);
  });

  it('starts one that went on since it was listed where it stands now', async () => {
    const workflowId = await makeOrder('awaiting_payment', LONG_AGO);
    const temporal = createFakeTemporal();
    temporal.beforeDescribing = () =>
      change(workflowId, (order) => ({ ...order, checksMade: order.checksMade + 1 }));
    await reconcile('restartLifecycles', temporal);
    expect(temporal.restarted).toMatchObject([
      {
        args: [
          {
            step: { revision: 2, next: { kind: 'check_payment', at: '2027-03-02T09:00:45.000Z' } },
          },
        ],
      },
    ]);
    await pay(workflowId);
  });

  it('starts one on a test clock that waits for the outside: real time brings that, too', async () => {
    const workflowId = await makeOrder('awaiting_payment');
    await putOnTestClock(workflowId);
    const temporal = createFakeTemporal();
    expect(await reconcile('restartLifecycles', temporal)).toBe(1);
    expect(await reconcile('restartLifecycles', temporal)).toBe(0);
    expect(temporal.restarted).toMatchObject([
      {
        args: [
          {
            clock: { kind: 'test', now: AT },
            step: {
              next: { kind: 'check_payment', at: '2027-03-02T10:00:15.000Z', outside: 'awaited' },
            },
          },
        ],
      },
    ]);
    await noteAllChecks(workflowId);
    expect(await reconcile('restartLifecycles', createFakeTemporal())).toBe(0);
  });

  it('gives a subscription all the attributes back that operators filter by', async () => {
    const billing = await makeSubscription();
    const temporal = createFakeTemporal();
    await reconcile('restartLifecycles', temporal);
    expect(temporal.restarted).toMatchObject([
      {
        workflowType: 'subscriptionLifecycle',
        searchAttributes: [
          { name: 'AccountId', value: billing.accountId },
          { name: 'LifecycleKind', value: 'subscription' },
          { name: 'LifecycleState', value: 'active' },
          { name: 'PlanCode', value: 'growth' },
        ],
      },
    ]);
    await billing.end();
  });

  it('leaves one alone that runs', async () => {
    const workflowId = await makeOrder('awaiting_payment', LONG_AGO);
    const temporal = createFakeTemporal([workflowId]);
    expect(await reconcile('restartLifecycles', temporal)).toBe(0);
    expect(temporal.restarted).toEqual([]);
    await pay(workflowId);
  });

  it('leaves alone what is due only now: its own worker may be at it', async () => {
    const workflowId = await makeOrder('awaiting_payment', '2027-03-02T10:03:45.000Z');
    expect(await reconcile('restartLifecycles', createFakeTemporal())).toBe(0);
    await pay(workflowId);
  });

  /** A subscription whose renewal was due a month ago and whose workflow is gone. */
  async function makeSubscription() {
    names += 1;
    const accountId = `acct_${names}`;
    const id = `sub_${names}`;
    const at = '2027-01-02T10:00:00.000Z';
    await makeAccount(test.database, { accountId, timeZone: 'UTC', currency: 'INR', at });
    const activities = subscriptionActivities(test.database);
    const answer = (command: SubscriptionCommand) =>
      activities.answerSubscriptionCommand({
        id,
        accountId,
        command,
        now: at,
        operationKey: `${id}/${command.kind}`,
      });
    await answer({ kind: 'start', planCode: 'growth', cycle: 'monthly' });
    return { accountId, end: () => answer({ kind: 'cancel', at: 'now', noteId: null }) };
  }

  async function putOnTestClock(workflowId: string): Promise<void> {
    await withTransaction(test.database, SYSTEM, async (trx) => {
      await insertTestClock(trx, {
        id: 'clk_stands',
        partnerId: null,
        name: 'stands',
        now: AT,
        status: 'ready',
        advancingTo: null,
        failure: null,
        createdAt: AT,
      });
      const owner = trx('orders').where({ workflow_id: workflowId }).select('account_id');
      await trx('accounts').where('id', owner).update({ test_clock_id: 'clk_stands' });
    });
  }

  /** Its last look was made: only its clock brings its expiry. */
  function noteAllChecks(workflowId: string): Promise<void> {
    return change(workflowId, (order) => ({ ...order, checksMade: 11 }));
  }

  /** Out of the way of the other tests of this file. */
  function pay(workflowId: string): Promise<void> {
    return change(workflowId, (order) => ({ ...order, status: 'paid', paidAt: AT }));
  }

  async function change(workflowId: string, to: (order: Order) => Order): Promise<void> {
    await withTransaction(test.database, SYSTEM, async (trx) => {
      const record = await orders.lock(trx, workflowId.replace('order/', ''));
      if (record === null) throw new Error(`${workflowId} has no row`);
      await orders.update(trx, record, { state: to(record.state), at: AT });
    });
  }
});
