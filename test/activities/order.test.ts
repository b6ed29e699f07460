import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createOrderActivities,
  type OrderActivities,
} from '../../activities/order/order.activities';
import type { SettleRequest } from '../../activities/order/record-payments';
import { orders } from '../../db/repositories/order.repository';
import { listPaymentMethods } from '../../db/repositories/payment-method.repository';
import { listPayments } from '../../db/repositories/payment.repository';
import type { Order } from '../../domain/order/order';
import type { GatewayPayment, PaymentGateway } from '../../gateways/payment-gateway';
import type { OrderCommand } from '../../workflows/order.messages';
import {
  cardForm,
  FAILURE_UPI,
  LATE_UPI,
  payCheckout,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import {
  createBillingUnderTest,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';
import { breakWrites, mendWrites, photograph } from './broken-writes';

jest.setTimeout(20_000);

const PLACED_AT = '2027-03-02T10:00:00.000Z';
const PAID_AT = '2027-03-02T10:05:00.000Z';
const EXPIRES_AT = '2027-03-03T10:00:00.000Z';
const DONE = { kind: 'done' };
const PLACE = {
  kind: 'place',
  target: 'wallet',
  amount: '600.00',
  currency: 'INR',
  gateway: 'sandbox',
  mode: null,
} as const satisfies OrderCommand;
const GRANT = 'grant clearing/INR > wallet/additional 600000000';

describe('the activities of an order', () => {
  let billing: BillingUnderTest;
  let sandbox: RunningSandbox;
  let activities: OrderActivities;
  let made = 0;
  const signalled: string[] = [];
  // The wall shows the instant that is asked for.
  let wall = PLACED_AT;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
    sandbox = await startSandboxGateway({ timeoutMs: 500 });
    activities = activitiesWith(sandbox.gateway);
  });
  afterAll(async () => {
    await sandbox?.stop();
    await billing?.close();
  });

  function activitiesWith(gateway: PaymentGateway): OrderActivities {
    const dependencies = {
      database: billing.database,
      gateways: new Map([[gateway.name, gateway]]),
      client: createSignalRecorder(signalled),
      checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
      now: () => wall,
    };
    // What these activities do not touch is not there: to use it would fail the test.
    return createOrderActivities(dependencies as unknown as ActivityDependencies);
  }

  interface Target {
    readonly id: string;
    readonly accountId: string;
  }

  async function newTarget(wallet = '0.00'): Promise<Target> {
    made += 1;
    return { id: `ord_${made}`, accountId: await billing.makeAccount(wallet) };
  }

  /** An order whose hosted page is open. */
  async function placeOrder(wallet?: string): Promise<Target & { readonly checkoutUrl: string }> {
    const target = await newTarget(wallet);
    await record(target);
    await activities.openCheckout(ask(target, PLACED_AT));
    const { checkoutUrl } = await orderOf(target);
    return { ...target, checkoutUrl: checkoutUrl ?? 'no page' };
  }

  function record(target: Target, command: Extract<OrderCommand, { kind: 'place' }> = PLACE) {
    const operationKey = `order/${target.id}/place/1`;
    return activities.recordOrder({ ...target, now: PLACED_AT, operationKey, command });
  }

  function ask({ id, accountId }: Target, now: string) {
    wall = now;
    return { id, accountId, now, operationKey: `order/${id}/${now}` };
  }

  function settle(
    target: Target,
    action: SettleRequest['action'] = 'payment_reported',
    now = PAID_AT,
    on = activities,
  ): ReturnType<OrderActivities['settlePayments']> {
    return on.settlePayments({ ...ask(target, now), action });
  }

  async function orderOf({ id }: Target): Promise<Order> {
    const found = await billing.read((trx) => orders.find(trx, id));
    if (!found) throw new Error(`${id} has no row`);
    return found.state;
  }

  async function grants({ accountId }: Target): Promise<string[]> {
    return (await billing.transfers(accountId)).filter((line) => line.startsWith('grant'));
  }

  async function paymentsOf({ accountId }: Target): Promise<string[]> {
    const query = { limit: 10, before: null, accountId };
    return (await billing.read((trx) => listPayments(trx, query))).map(({ status }) => status);
  }

  describe('placing', () => {
    it('R1.06 writes a draft that says when the page is opened, and asks nothing of the gateway', async () => {
      const target = await newTarget();
      expect(await record(target)).toEqual({
        answer: DONE,
        step: {
          status: 'draft',
          revision: 1,
          next: {
            kind: 'open_checkout',
            at: PLACED_AT,
            reason: 'the hosted payment page is to be opened',
            outside: 'awaited',
          },
        },
      });
      expect(await billing.events(target.accountId)).toEqual(['top_up.created']);
      expect((await sandbox.readState(`order/${target.id}`)).checkouts).toEqual([]);
    });

    it('is one order when it comes twice, and an alarm when the copy differs', async () => {
      const target = await newTarget();
      const first = await record(target);
      expect(await record(target)).toEqual(first);
      await expect(record(target, { ...PLACE, amount: '601.00' })).rejects.toMatchObject({
        type: 'invariant_violated',
        nonRetryable: true,
      });
      expect(await billing.events(target.accountId)).toEqual(['top_up.created']);
    });
  });

  describe('opening the hosted page', () => {
    it('opens one checkout, however often it is tried, for what was ordered', async () => {
      const order = await placeOrder();
      const again = await activities.openCheckout(ask(order, PLACED_AT));
      expect(again).toMatchObject({ status: 'awaiting_payment', revision: 2 });
      const { checkouts } = await sandbox.readState(`order/${order.id}`);
      expect(checkouts).toMatchObject([{ status: 'open', amount: '600.00', currency: 'INR' }]);
    });

    it('opens one checkout when the gateway’s answer was lost on the way', async () => {
      const target = await newTarget();
      await record(target);
      await sandbox.addFault({ kind: 'timeout_after', operation: 'checkout.create' });
      await expect(activities.openCheckout(ask(target, PLACED_AT))).rejects.toMatchObject({
        name: 'GatewayUnavailable',
      });
      expect(await activities.openCheckout(ask(target, PLACED_AT))).toMatchObject({
        status: 'awaiting_payment',
      });
      expect((await sandbox.readState(`order/${target.id}`)).checkouts).toHaveLength(1);
    });

    it('lets the row say when a silent gateway is asked again, and says it once', async () => {
      const target = await newTarget();
      await record(target);
      const noted = await activities.noteUnreachable(ask(target, PLACED_AT));
      expect(noted).toMatchObject({
        status: 'draft',
        revision: 2,
        next: { kind: 'open_checkout', at: '2027-03-02T10:00:15.000Z' },
      });
      expect(await activities.noteUnreachable(ask(target, PLACED_AT))).toEqual(noted);
    });
  });

  describe('settling', () => {
    it('R1.07 grants what was paid on the hosted page, and keeps the payment', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      const step = await settle(order);
      expect(step).toMatchObject({ status: 'paid', next: { kind: 'end' } });
      expect(await grants(order)).toEqual([GRANT]);
      expect(await paymentsOf(order)).toEqual(['succeeded']);
      expect(await orderOf(order)).toMatchObject({ status: 'paid', paidAt: PAID_AT });
      expect(await billing.events(order.accountId)).toEqual(['top_up.created', 'top_up.paid']);
    });

    it('R1.07 grants nothing while nobody paid', async () => {
      const order = await placeOrder();
      const step = await settle(order);
      expect(step).toMatchObject({ status: 'awaiting_payment', revision: 2 });
      expect(await grants(order)).toEqual([]);
    });

    it('grants once when it is asked twice, and eight times at once', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      await Promise.all(Array.from({ length: 8 }, () => settle(order)));
      await settle(order, 'check_payment');
      expect(await grants(order)).toEqual([GRANT]);
      expect(await paymentsOf(order)).toEqual(['succeeded']);
      expect(await billing.events(order.accountId)).toEqual(['top_up.created', 'top_up.paid']);
    });

    it('notes a declined payment, lets it be tried again, and grants the try that succeeds', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, FAILURE_UPI);
      expect((await settle(order)).status).toBe('failed');
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      expect((await settle(order)).status).toBe('paid');
      expect(await grants(order)).toEqual([GRANT]);
      expect((await paymentsOf(order)).sort()).toEqual(['failed', 'succeeded']);
    });

    it('grants what a bank authorises after it declined it, once', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, LATE_UPI);
      expect((await settle(order)).status).toBe('failed');
      await sandbox.settle();
      expect((await settle(order)).status).toBe('paid');
      await settle(order);
      expect(await grants(order)).toEqual([GRANT]);
      expect(await paymentsOf(order)).toEqual(['succeeded']);
    });

    it('keeps a method whose owner asked for that, and never a card number', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, { ...cardForm(), save: 'on' });
      await settle(order);
      const query = { accountId: order.accountId, limit: 10, before: null };
      const methods = await billing.read((trx) => listPaymentMethods(trx, query));
      expect(methods).toMatchObject([{ kind: 'card', brand: 'visa', lastFour: '4242' }]);
      expect(JSON.stringify(methods)).not.toContain('42424242');
    });

    it.each([
      ['amount', { money: { amountMicros: 599_990_000n, currency: 'INR' } }],
      ['currency', { money: { amountMicros: 600_000_000n, currency: 'USD' } }],
      ['order', { reference: 'order/ord_somebody_else' }],
    ] as const)('grants nothing for a payment of another %s, and tells', async (_, change) => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      const lying = activitiesWith(createLyingGateway(sandbox.gateway, change));
      const step = await settle(order, 'payment_reported', PAID_AT, lying);
      expect(step.status).toBe('awaiting_payment');
      expect(await grants(order)).toEqual([]);
      expect(await paymentsOf(order)).toEqual(['mismatched']);
      expect(await billing.events(order.accountId)).toEqual([
        'top_up.created',
        'payment.mismatched',
      ]);
    });

    it('asks its gateway nothing when another one reports a payment', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      const deaf = activitiesWith({
        ...sandbox.gateway,
        getCheckout: () => Promise.reject(new Error('asked')),
      });
      const report = { action: 'payment_reported', gateway: 'another' } as const;
      const step = await deaf.settlePayments({ ...ask(order, PAID_AT), ...report });
      expect(step.status).toBe('awaiting_payment');
    });

    it('counts a check once when its worker died after the commit', async () => {
      const order = await placeOrder();
      const first = await settle(order, 'check_payment', '2027-03-02T10:00:15.000Z');
      const again = await settle(order, 'check_payment', '2027-03-02T10:00:15.000Z');
      expect(again).toEqual(first);
      expect(first.next).toMatchObject({ at: '2027-03-02T10:00:45.000Z' });
    });

    it('closes the page at the gateway when the order expires', async () => {
      const order = await placeOrder();
      const step = await expire(order);
      expect(step).toMatchObject({ status: 'expired', next: { kind: 'check_late_payment' } });
      expect((await sandbox.readState(`order/${order.id}`)).checkouts).toMatchObject([
        { status: 'expired' },
      ]);
      expect(await billing.events(order.accountId)).toEqual(['top_up.created', 'top_up.expired']);
    });

    it('puts a payment that comes after expiry into the wallet', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, LATE_UPI);
      await expire(order);
      await sandbox.settle();
      const late = await settle(order, 'check_late_payment', '2027-03-03T11:00:00.000Z');
      expect(late.status).toBe('paid');
      expect(await grants(order)).toEqual([GRANT]);
      expect((await billing.events(order.accountId)).at(-1)).toBe('top_up.paid_late');
    });

    it('keeps a report that the gateway is silent about: told again, a task until it answers', async () => {
      const order = await placeOrder();
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      await settle(order);
      const eventId = `evt_unheard_${order.id}`;
      const inbox = { gateway: 'sandbox', event_id: eventId };
      await billing.owner('webhook_inbox').insert({
        ...inbox,
        type: 'payment.succeeded',
        reference: `order/${order.id}`,
        raw_body: Buffer.from('{}'),
        received_at: PAID_AT,
        state: 'forwarded',
      });
      const openTasks = () =>
        billing
          .owner('operator_tasks')
          .where({ subject: `order/${order.id}`, closed_at: null })
          .pluck<string[]>('kind');
      const told = { ...ask(order, PAID_AT), gateway: 'sandbox', eventId };
      await activities.keepReport({ ...told, isRefused: false });
      await activities.keepReport({ ...told, isRefused: false });
      expect(await openTasks()).toEqual(['payment_unheard']);
      expect(await billing.owner('webhook_inbox').where(inbox).pluck('state')).toEqual([
        'received',
      ]);
      await settle(order);
      expect(await openTasks()).toEqual([]);
    });

    it('keeps none of an order that asks by itself', async () => {
      const order = await placeOrder();
      const told = { ...ask(order, PAID_AT), gateway: 'sandbox', eventId: 'evt_none' };
      const step = await activities.keepReport({ ...told, isRefused: false });
      expect(step).toMatchObject({ status: 'awaiting_payment', next: { kind: 'check_payment' } });
      const tasks = await billing.owner('operator_tasks').where({ subject: `order/${order.id}` });
      expect(tasks).toEqual([]);
    });

    it('fails for good when the gateway rejects the question', async () => {
      const order = await placeOrder();
      const stranger = activitiesWith({
        ...sandbox.gateway,
        getCheckout: () => sandbox.gateway.getCheckout('cs_unknown'),
      });
      await expect(settle(order, 'payment_reported', PAID_AT, stranger)).rejects.toMatchObject({
        type: 'gateway_resource_missing',
        nonRetryable: true,
      });
    });

    /** Expires an order that has been checked as often as it ever is. */
    async function expire(target: Target): ReturnType<OrderActivities['settlePayments']> {
      const waits = [15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600];
      for (const seconds of waits) {
        const at = new Date(Date.parse(PLACED_AT) + seconds * 1_000).toISOString();
        await billing.read((trx) => trx.raw('select 1'));
        await settle(target, 'check_payment', at);
      }
      return settle(target, 'expire', EXPIRES_AT);
    }
  });

  describe('money that somebody waits for', () => {
    const DUE = '2027-03-02T10:00:00.000Z';

    /** An account whose subscription is past due, with an order that was paid on the hosted page. */
    async function makeWaiting(
      what = 'sub',
    ): Promise<Target & { readonly subscriptionId: string }> {
      const order = await placeOrder('999.00');
      const { accountId } = order;
      const id = `${what}_of_${order.id}`;
      const subscription = subscriptionActivities(billing.database);
      await subscription.answerSubscriptionCommand({
        id,
        accountId,
        command: { kind: 'start', planCode: 'growth', cycle: 'monthly' },
        now: '2027-02-02T10:00:00.000Z',
        operationKey: `${id}/start`,
      });
      await subscription.performSubscriptionAction({
        id,
        accountId,
        action: { kind: 'renew', at: DUE, reason: 'due' },
        operationKey: `${id}/renew`,
      });
      await payCheckout(order.checkoutUrl, SUCCESS_UPI);
      return { ...order, subscriptionId: id };
    }

    it('R1.08 is written into the waiting row together with the money, then its workflow is woken', async () => {
      const waiting = await makeWaiting();
      await settle(waiting);
      const record = await billing.subscription(waiting.subscriptionId);
      expect(record?.state.moneyArrivedAt).toBe(PAID_AT);
      expect(signalled).toContain(`subscription/${waiting.subscriptionId} moneyArrived`);
    });

    it.each(['settling again', 'noting that the gateway is silent'])(
      'R1.08 is told again by %s: the first worker may have died before it told anybody',
      async (how) => {
        const waiting = await makeWaiting();
        await settle(waiting);
        signalled.length = 0;
        if (how === 'settling again') await settle(waiting);
        else await activities.noteUnreachable(ask(waiting, PAID_AT));
        expect(signalled).toEqual([`subscription/${waiting.subscriptionId} moneyArrived`]);
      },
    );

    it('R1.08 is told to nobody who has tried it', async () => {
      const waiting = await makeWaiting();
      await settle(waiting);
      signalled.length = 0;
      const { subscriptionId: id, accountId } = waiting;
      await subscriptionActivities(billing.database).performSubscriptionAction({
        id,
        accountId,
        action: { kind: 'retry_after_top_up', at: PAID_AT, reason: 'due' },
        operationKey: `${id}/retry`,
      });
      await settle(waiting);
      expect(signalled).toEqual([]);
    });

    it.each([
      ['transfers', 'insert'],
      ['payments', 'insert'],
      ['subscriptions', 'update'],
      ['orders', 'update'],
      ['events', 'insert'],
    ] as const)('a failure to write %s leaves nothing of it', async (table, verb) => {
      const waiting = await makeWaiting();
      const before = await photograph(billing);
      await breakWrites(billing, table, verb);
      await expect(settle(waiting)).rejects.toThrow('broken by a test');
      expect(await photograph(billing)).toEqual(before);
      await mendWrites(billing, table);
      signalled.length = 0;
      await settle(waiting);
      expect(signalled).toHaveLength(1);
    });

    it('needs no workflow to be woken: one that is gone is no failure', async () => {
      const waiting = await makeWaiting('gone');
      signalled.length = 0;
      expect((await settle(waiting)).status).toBe('paid');
      expect(signalled).toEqual([]);
    });
  });
});

/** The sandbox, but every payment it tells of differs from what it took. */
function createLyingGateway(
  gateway: PaymentGateway,
  change: Partial<Pick<GatewayPayment, 'money' | 'reference'>>,
): PaymentGateway {
  return {
    ...gateway,
    async getCheckout(checkoutId) {
      const checkout = await gateway.getCheckout(checkoutId);
      return {
        ...checkout,
        payments: checkout.payments.map((payment) => ({ ...payment, ...change })),
      };
    },
  };
}
