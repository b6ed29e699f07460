/** An order paid at Stripe, through our activities: what the sandbox's tests show holds for a real gateway's answers. */
import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createOrderActivities,
  type OrderActivities,
} from '../../activities/order/order.activities';
import { orders } from '../../db/repositories/order.repository';
import { listPaymentMethods } from '../../db/repositories/payment-method.repository';
import { createStripeGateway } from '../../gateways/stripe/stripe-gateway';
import type { OrderCommand } from '../../workflows/order.messages';
import {
  SECRET_KEY,
  startStripeServer,
  WEBHOOK_SECRET,
  type StripeServer,
} from '../support/stripe-server';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import { createSignalRecorder } from './signal-recorder';

jest.setTimeout(20_000);

const PLACED_AT = '2027-03-02T10:00:00.000Z';
const PAID_AT = '2027-03-02T10:05:00.000Z';
const PLACE = {
  kind: 'place',
  target: 'wallet',
  amount: '600.00',
  currency: 'INR',
  gateway: 'stripe',
  mode: null,
} as const satisfies OrderCommand;

describe('an order at Stripe', () => {
  let billing: BillingUnderTest;
  let stripe: StripeServer;
  let activities: OrderActivities;
  let made = 0;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
    stripe = await startStripeServer();
    const gateway = createStripeGateway({
      secretKey: SECRET_KEY,
      webhookSecrets: [WEBHOOK_SECRET],
      timeoutMs: 2_000,
      origin: stripe.origin,
    });
    const dependencies = {
      database: billing.database,
      gateways: new Map([[gateway.name, gateway]]),
      client: createSignalRecorder([]),
      checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
      now: () => PAID_AT,
    };
    // What these activities do not touch is not there: to use it would fail the test.
    activities = createOrderActivities(dependencies as unknown as ActivityDependencies);
  });
  afterAll(async () => {
    await stripe?.stop();
    await billing?.close();
  });

  interface Target {
    readonly id: string;
    readonly accountId: string;
  }

  async function placeOrder(): Promise<Target & { readonly checkoutId: string }> {
    made += 1;
    const target = { id: `ord_${made}`, accountId: await billing.makeAccount('0.00') };
    const operationKey = `order/${target.id}/place/1`;
    await activities.recordOrder({ ...target, now: PLACED_AT, operationKey, command: PLACE });
    await activities.openCheckout({ ...target, now: PLACED_AT, operationKey });
    const found = await billing.read((trx) => orders.find(trx, target.id));
    return { ...target, checkoutId: found?.state.checkoutId ?? '' };
  }

  function settle({ id, accountId }: Target) {
    const operationKey = `order/${id}/${PAID_AT}`;
    return activities.settlePayments({
      id,
      accountId,
      now: PAID_AT,
      operationKey,
      action: 'payment_reported',
    });
  }

  async function grants({ accountId }: Target): Promise<string[]> {
    return (await billing.transfers(accountId)).filter((line) => line.startsWith('grant'));
  }

  it('R1.07 is granted once, however often Stripe tells of it', async () => {
    const order = await placeOrder();
    expect(await settle(order)).toMatchObject({ status: 'awaiting_payment' });
    stripe.pay(order.checkoutId, { typed: 'success@stripeupi', keeps: false });
    expect(await settle(order)).toMatchObject({ status: 'paid' });
    await settle(order);
    expect(await grants(order)).toEqual(['grant clearing/INR > wallet/additional 600000000']);
  });

  it('R1.07 by UPI that takes its time is granted when the bank has answered', async () => {
    const order = await placeOrder();
    stripe.pay(order.checkoutId, { typed: 'slow@stripeupi', keeps: false });
    await settle(order);
    expect(await grants(order)).toEqual([]);
    const [intent] = stripe.books.list('payment_intent', () => true);
    stripe.settle(intent?.id ?? '');
    expect(await settle(order)).toMatchObject({ status: 'paid' });
    expect(await grants(order)).toHaveLength(1);
  });

  it('declined and paid again on the same page is granted once', async () => {
    const order = await placeOrder();
    stripe.pay(order.checkoutId, { typed: '4000000000009995', keeps: false });
    await settle(order);
    expect(await grants(order)).toEqual([]);
    stripe.pay(order.checkoutId, { typed: '4242424242424242', keeps: true });
    expect(await settle(order)).toMatchObject({ status: 'paid' });
    expect(await grants(order)).toHaveLength(1);

    const query = { limit: 10, before: null, accountId: order.accountId };
    const methods = await billing.read((trx) => listPaymentMethods(trx, query));
    expect(methods).toMatchObject([{ gateway: 'stripe', brand: 'visa', lastFour: '4242' }]);
  });

  it('of another amount than was asked for is granted nothing', async () => {
    const order = await placeOrder();
    stripe.pay(order.checkoutId, { typed: '4242424242424242', keeps: false });
    const [intent] = stripe.books.list('payment_intent', () => true);
    if (intent === undefined) throw new Error('nobody paid');
    intent.amount = 59_999;
    await settle(order);
    expect(await grants(order)).toEqual([]);
  });
});
