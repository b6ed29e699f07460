/**
 * A gateway's message that is signed well and lies about whose payment it is. What it names is asked at the
 * gateway, so it must neither bring money to whom it names nor keep it from whose it is.
 */
import { SUCCESS_UPI, payCheckout } from '../support/sandbox-gateway';
import { openPaymentsDesk, type OpenOrder, type PaymentsDesk } from './payments-desk';

jest.setTimeout(30_000);

let desk: PaymentsDesk;

beforeAll(async () => {
  desk = await openPaymentsDesk();
});
afterAll(async () => {
  await desk?.close();
});

async function pay({ id, checkoutUrl }: OpenOrder): Promise<string> {
  await payCheckout(checkoutUrl, SUCCESS_UPI);
  const [payment] = (await desk.sandbox.readState(`order/${id}`)).payments;
  if (payment === undefined) throw new Error('not paid');
  return payment.id;
}

describe('a message that names another’s payment', () => {
  it('R1.07 brings the order’s money to the order alone, once, however often it is looked at', async () => {
    const order = await desk.placeOrder(await desk.newAccount());
    const plan = await desk.startPlan(await desk.newAccount('999.00'));
    const paid = await pay(order);
    await desk.report(plan, paid);
    for (let look = 0; look < 3; look += 1) await desk.settle(order, 'payment_reported');
    await desk.report(plan, paid);
    expect(await desk.wallet(order.accountId)).toBe('600000000');
    expect(await desk.payments(order.accountId)).toEqual([
      {
        gatewayPaymentId: paid,
        payer: `order/${order.id}`,
        status: 'succeeded',
        grants: ['600000000'],
        receipts: 1,
      },
    ]);
    expect(await desk.payments(plan.accountId)).toEqual([]);
    expect(await desk.wallet(plan.accountId)).toBe('0');
    expect(await desk.billing.events(plan.accountId)).toEqual(['subscription.started']);
  });

  it('R1.07 leaves a declined payment to its own order, which hears of it when the bank authorises late', async () => {
    const order = await desk.placeOrder(await desk.newAccount());
    const plan = await desk.startPlan(await desk.newAccount('999.00'));
    await payCheckout(order.checkoutUrl, { mode: 'upi', upi_id: 'late@sandbox' });
    await desk.settle(order, 'payment_reported');
    const [late] = (await desk.sandbox.readState(`order/${order.id}`)).payments;
    await desk.sandbox.settle();
    await desk.report(plan, late?.id ?? '');
    await desk.settle(order, 'payment_reported');
    expect(await desk.payments(order.accountId)).toMatchObject([
      { status: 'succeeded', grants: ['600000000'], receipts: 1 },
    ]);
  });
});

describe('a gateway that tells one order of another’s payment', () => {
  it('R1.07 is told as an alarm once, and no money moves twice', async () => {
    const victim = await desk.placeOrder(await desk.newAccount());
    const order = await desk.placeOrder(await desk.newAccount());
    const paid = await pay(victim);
    await desk.settle(victim, 'payment_reported');
    const { gateway } = desk.sandbox;
    const mixedUp = {
      ...gateway,
      getCheckout: async (checkoutId: string) => ({
        ...(await gateway.getCheckout(checkoutId)),
        payments: await gateway.findPayments({
          reference: `order/${victim.id}`,
          customerReference: victim.accountId,
        }),
      }),
    };
    await desk.settle(order, 'payment_reported', mixedUp);
    await desk.settle(order, 'payment_reported', mixedUp);
    await desk.settle(victim, 'payment_reported');
    expect(await desk.payments(victim.accountId)).toMatchObject([
      { gatewayPaymentId: paid, status: 'succeeded', grants: ['600000000'] },
    ]);
    expect(await desk.payments(order.accountId)).toEqual([]);
    expect(await desk.wallet(order.accountId)).toBe('0');
  });
});

describe('money that went back before we heard of it', () => {
  it.each(['600.00', '1.00'])(
    'R1.07 is not granted: %s of the payment was refunded',
    async (amount) => {
      const order = await desk.placeOrder(await desk.newAccount());
      const paid = await pay(order);
      await desk.sandbox.gateway.refund({
        idempotencyKey: `refund of ${paid}`,
        gatewayPaymentId: paid,
        money: { amountMicros: BigInt(amount.replace('.', '')) * 10_000n, currency: 'INR' },
      });
      await desk.settle(order, 'payment_reported');
      await desk.settle(order, 'check_payment');
      expect(await desk.wallet(order.accountId)).toBe('0');
      expect(await desk.payments(order.accountId)).toMatchObject([
        { status: 'mismatched', grants: [], receipts: 0 },
      ]);
      expect((await desk.billing.events(order.accountId)).slice(1)).toEqual(['payment.mismatched']);
    },
  );
});
