/** What Razorpay's hosted pages do beyond the facts every gateway shares (conformance.test.ts). */
import { parseMoney } from '../../domain/money';
import type { CheckoutRequest } from '../../gateways/payment-gateway';
import { connectRazorpay } from '../support/razorpay/connect';
import { startRazorpayServer, type RazorpayServer } from '../support/razorpay-server';

const INR_708 = parseMoney({ amount: '708.00', currency: 'INR' });

describe('a page at Razorpay', () => {
  let razorpay: RazorpayServer;
  let gateway: ReturnType<typeof connectRazorpay>;
  beforeEach(async () => {
    razorpay = await startRazorpayServer();
    gateway = connectRazorpay(razorpay);
  });
  afterEach(() => razorpay.stop());

  it('is asked for with a name of 40 letters, our notes, and only the modes we ask for', async () => {
    await gateway.createCheckout(checkoutOf('ord_1', { modes: ['upi'] }));
    const { body } = razorpay.calls.find(({ method }) => method === 'POST') ?? {};
    expect(body).toMatchObject({
      amount: 70_800,
      currency: 'INR',
      accept_partial: false,
      reference_id: expect.stringMatching(/^[0-9a-f]{40}$/),
      notes: {
        purpose: 'checkout',
        reference: 'order/ord_1',
        customer_reference: 'acct_1',
        key: 'order/ord_1/checkout',
      },
      notify: { sms: false, email: false },
      callback_url: 'https://shop.example/back',
      callback_method: 'get',
      options: {
        checkout: {
          name: 'Meridian Messaging',
          config: {
            display: {
              blocks: { pay: { instruments: [{ method: 'upi' }] } },
              preferences: { show_default_blocks: false },
            },
          },
        },
      },
    });
  });

  it('asked for again for the same order under another key is another page', async () => {
    const first = await gateway.createCheckout(checkoutOf('ord_1'));
    const second = await gateway.createCheckout(
      checkoutOf('ord_1', { idempotencyKey: 'order/ord_1/checkout/2' }),
    );
    expect(second.checkoutId).not.toBe(first.checkoutId);
    razorpay.pay(first.checkoutId, { method: 'card', fate: { kind: 'failed', reason: 'x' } });
    razorpay.pay(second.checkoutId, { method: 'upi', fate: { kind: 'captured' } });
    const found = await gateway.findPayments({
      reference: 'order/ord_1',
      customerReference: 'acct_1',
    });
    expect(found.map(({ checkoutId, status }) => [checkoutId, status])).toEqual([
      [first.checkoutId, 'failed'],
      [second.checkoutId, 'succeeded'],
    ]);
  });

  it('that should close within minutes lives for the quarter of an hour Razorpay insists on', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const page = await gateway.createCheckout(checkoutOf('ord_1', { expiresAt }));
    expect(Date.parse(page.expiresAt)).toBeGreaterThan(Date.now() + 15 * 60_000 - 1_000);
  });

  it('paid tells the fee, tax on it included', async () => {
    const { checkoutId } = await gateway.createCheckout(checkoutOf('ord_1'));
    const { id } = razorpay.pay(checkoutId, { method: 'upi', fate: { kind: 'captured' } });
    expect(await gateway.getPayment(id)).toMatchObject({
      fee: parseMoney({ amount: '16.71', currency: 'INR' }),
      method: { reference: null, kind: 'upi', brand: 'upi', lastFour: null },
      checkoutId,
    });
  });

  it('R1.07 a payment a bank authorised late, which nobody captured, is captured when it is seen', async () => {
    const { checkoutId } = await gateway.createCheckout(checkoutOf('ord_1'));
    const fate = { kind: 'failed', reason: 'payment_timed_out' } as const;
    const payment = razorpay.pay(checkoutId, { method: 'upi', fate });
    expect(await gateway.getPayment(payment.id)).toMatchObject({
      status: 'failed',
      declineCode: 'payment_timed_out',
      declineClass: 'technical',
    });
    razorpay.books.decide(payment, { kind: 'authorized' });
    expect(await gateway.getPayment(payment.id)).toMatchObject({
      status: 'succeeded',
      declineCode: null,
      method: { brand: 'upi' },
    });
    expect(payment.status).toBe('captured');
  });

  it('of two payments authorised for one page one is captured; the other is not paid', async () => {
    const { checkoutId } = await gateway.createCheckout(checkoutOf('ord_1'));
    const how = { method: 'card', fate: { kind: 'authorized' } } as const;
    razorpay.pay(checkoutId, how);
    razorpay.pay(checkoutId, how);
    const { payments } = await gateway.getCheckout(checkoutId);
    expect(payments.map(({ status }) => status)).toEqual(['succeeded', 'processing']);
  });

  it('a bank that has not decided (payment_pending) is waited for', async () => {
    const { checkoutId } = await gateway.createCheckout(checkoutOf('ord_1'));
    const fate = { kind: 'failed', reason: 'payment_pending' } as const;
    const { id } = razorpay.pay(checkoutId, { method: 'upi', fate });
    expect(await gateway.getPayment(id)).toMatchObject({ status: 'processing', declineCode: null });
  });

  it('paid by somebody else on the same account is nobody’s order of ours', async () => {
    const order = razorpay.books.addOrder({
      amount: 100,
      currency: 'INR',
      receipt: 'shop-1',
      notes: {},
    });
    const made = { method: 'card', description: null, notes: {} };
    const payment = razorpay.books.addPayment(order, made);
    razorpay.books.decide(payment, { kind: 'authorized' });
    expect(await gateway.getPayment(payment.id)).toMatchObject({
      reference: '',
      status: 'processing',
    });
    expect(payment.status).toBe('authorized');
  });

  it.each([
    ['XAD', '10.00', 'currency_not_offered'],
    ['INR', '0.99', 'amount_out_of_range'],
    ['KWD', '295.991', 'invalid_amount'],
  ])('in %s of %s is not asked for', async (currency, amount, code) => {
    const money = parseMoney({ amount, currency });
    const checkout = gateway.createCheckout(checkoutOf('ord_1', { money, modes: ['card'] }));
    await expect(checkout).rejects.toMatchObject({ name: 'GatewayRejected', code });
    expect(razorpay.calls).toEqual([]);
  });

  it.each([
    [429, 'not_executed', 7],
    [502, 'unknown', null],
  ])('an answer of %s leaves it %s', async (status, outcome, retryAfterSeconds) => {
    razorpay.strike({
      fits: ({ method }) => method === 'POST',
      does: { status, body: '<html>' },
      headers: status === 429 ? { 'retry-after': '7' } : {},
    });
    await expect(gateway.createCheckout(checkoutOf('ord_1'))).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      outcome,
      retryAfterSeconds,
    });
  });

  it('with a wrong key is refused, and the key is not told', async () => {
    const wrong = connectRazorpay(razorpay, { keySecret: 'wrong-secret' });
    const error = await wrong
      .createCheckout(checkoutOf('ord_1'))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'GatewayRejected', httpStatus: 401 });
    expect(String(error)).not.toContain('wrong-secret');
  });

  it('nobody listening surely did nothing', async () => {
    await razorpay.stop();
    await expect(gateway.createCheckout(checkoutOf('ord_1'))).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      outcome: 'not_executed',
    });
  });
});

function checkoutOf(id: string, changed: Partial<CheckoutRequest> = {}): CheckoutRequest {
  const money = changed.money ?? INR_708;
  return {
    idempotencyKey: `order/${id}/checkout`,
    reference: `order/${id}`,
    customerReference: 'acct_1',
    money,
    modes: ['upi', 'card'],
    orderDetails: {
      merchant: 'Meridian Messaging',
      lines: [{ description: 'Top-up', amount: money }],
    },
    returnUrl: 'https://shop.example/back',
    ...changed,
  };
}
