/** Razorpay's webhooks: how they are signed, and what each is to us. */
import type { GatewayEventType } from '../../gateways/payment-gateway';
import { connectRazorpay, CONTACT } from '../support/razorpay/connect';
import { startRazorpayServer, type RazorpayServer } from '../support/razorpay-server';

const NOTES = {
  purpose: 'checkout',
  reference: 'order/ord_1',
  customer_reference: 'acct_1',
  key: 'order/ord_1/checkout',
};

const PAYMENT = {
  id: 'pay_00000000000001',
  entity: 'payment',
  amount: 70_800,
  currency: 'INR',
  status: 'captured',
  method: 'upi',
  description: '#00000000000009',
  notes: NOTES,
  fee: 1_671,
  created_at: 1_749_618_371,
};

describe('a webhook of Razorpay', () => {
  let razorpay: RazorpayServer;
  let gateway: ReturnType<typeof connectRazorpay>;
  beforeAll(async () => {
    razorpay = await startRazorpayServer();
    gateway = connectRazorpay(razorpay);
  });
  afterAll(() => razorpay.stop());

  function read(event: string, about: Readonly<Record<string, object>>) {
    const payload = Object.fromEntries(
      Object.entries(about).map(([name, entity]) => [name, { entity }]),
    );
    const body = { entity: 'event', event, created_at: 1_749_618_372, payload };
    return gateway.verifyWebhook(razorpay.sign(Buffer.from(JSON.stringify(body))));
  }

  it('is signed over its bytes, as Razorpay’s own vector has it', () => {
    const rawBody = Buffer.from('{"entity":"event","event":"payment_link.paid","payload":{}}');
    const headers = {
      'x-razorpay-signature': '94adad976e5499e274e3156b5ce2c07771e75f69d8ee8fbcb4ef245797ad11ff',
      'x-razorpay-event-id': 'evt_1',
    };
    const told = { rawBody, headers, receivedAt: '2026-11-28T12:00:00.000Z' };
    const vector = connectRazorpay(razorpay, { webhookSecrets: ['new', 'rzp_webhook_secret'] });
    expect(vector.verifyWebhook(told)).toMatchObject({
      eventId: 'evt_1',
      type: 'payment.succeeded',
      occurredAt: '2026-11-28T12:00:00.000Z',
    });
    expect(() => gateway.verifyWebhook(told)).toThrow(
      expect.objectContaining({ code: 'invalid_signature', details: { reason: 'no_match' } }),
    );
  });

  it.each([
    [undefined, 'missing_header'],
    ['', 'missing_header'],
    ['94ad', 'malformed_header'],
    ['F'.repeat(64), 'malformed_header'],
  ])('with the signature %p is refused: %s', (signature, reason) => {
    const headers = { 'x-razorpay-signature': signature };
    const told = { rawBody: Buffer.from('{}'), headers, receivedAt: '2026-11-28T12:00:00.000Z' };
    expect(() => gateway.verifyWebhook(told)).toThrow(
      expect.objectContaining({ code: 'invalid_signature', details: { reason } }),
    );
  });

  it('without an event id is known by its bytes', () => {
    const signed = razorpay.sign(Buffer.from('{"entity":"event","event":"x","payload":{}}'));
    const { 'x-razorpay-event-id': _id, ...headers } = signed.headers;
    const { eventId } = gateway.verifyWebhook({ ...signed, headers });
    expect(eventId).toMatch(/^[0-9a-f]{64}$/);
    expect(gateway.verifyWebhook({ ...signed, headers }).eventId).toBe(eventId);
  });

  it.each<[string, GatewayEventType]>([
    ['payment.authorized', 'payment.processing'],
    ['payment.captured', 'payment.succeeded'],
    ['payment.failed', 'payment.failed'],
    ['refund.processed', 'refund.succeeded'],
    ['refund.failed', 'refund.failed'],
  ])('%s is %s, about the payment and our reference', (event, type) => {
    expect(read(event, { payment: PAYMENT })).toMatchObject({
      type,
      gatewayPaymentId: 'pay_00000000000001',
      checkoutId: 'plink_00000000000009',
      reference: 'order/ord_1',
      occurredAt: '2025-06-11T05:06:12.000Z',
      payment: { customerReference: 'acct_1' },
    });
  });

  it.each<[string, GatewayEventType]>([
    ['payment.dispute.created', 'dispute.opened'],
    ['payment.dispute.under_review', 'dispute.updated'],
    ['payment.dispute.action_required', 'dispute.updated'],
    ['payment.dispute.won', 'dispute.closed'],
    ['payment.dispute.lost', 'dispute.closed'],
    ['payment.dispute.closed', 'dispute.closed'],
  ])('%s is %s, about the dispute', (event, type) => {
    const dispute = { id: 'disp_00000000000001' };
    expect(read(event, { payment: PAYMENT, dispute })).toMatchObject({
      type,
      disputeId: 'disp_00000000000001',
      gatewayPaymentId: 'pay_00000000000001',
      reference: 'order/ord_1',
    });
  });

  it.each(['payment_link.expired', 'payment_link.cancelled'])('%s names the page', (event) => {
    const link = { id: 'plink_00000000000009', notes: NOTES };
    expect(read(event, { payment_link: link })).toMatchObject({
      type: 'checkout.expired',
      checkoutId: 'plink_00000000000009',
      gatewayPaymentId: null,
      reference: 'order/ord_1',
    });
  });

  it('of a page whose payment has no notes of its own has the page’s', () => {
    const link = { id: 'plink_00000000000009', notes: NOTES };
    const payment = { ...PAYMENT, notes: [] };
    expect(read('payment_link.paid', { payment_link: link, payment })).toMatchObject({
      type: 'payment.succeeded',
      reference: 'order/ord_1',
    });
  });

  it('of a registration tells the setup; the payment by which its owner agreed is no payment of ours', async () => {
    const { setupId } = await gateway.createSetup({
      idempotencyKey: 'setup/pms_1/open',
      reference: 'setup/pms_1',
      customerReference: 'acct_1',
      mode: 'card',
      currency: 'INR',
      ceiling: null,
      merchant: 'Meridian Messaging',
      returnUrl: 'https://shop.example/back',
      contact: CONTACT,
    });
    razorpay.register(setupId);
    await gateway.getSetup(setupId);
    const told = razorpay.webhooks.map((message) => gateway.verifyWebhook(message));
    expect(told.map(({ type, setupId: id, reference }) => [type, id, reference])).toEqual([
      ['unrecognised', null, null],
      ['unrecognised', null, null],
      ['setup.completed', setupId, 'setup/pms_1'],
      ['unrecognised', null, null],
    ]);
  });

  it.each([
    ['an invoice of another system', 'invoice.paid', { invoice: { id: 'inv_9', notes: [] } }],
    ['an order', 'order.paid', { order: { id: 'order_9' }, payment: PAYMENT }],
    ['a notice', 'order.notification.delivered', { notification: { id: 'notification_9' } }],
    ['a kind of next year', 'payment.teleported', { payment: PAYMENT }],
  ])('about %s is acknowledged and nothing else', (_what, event, about) => {
    expect(read(event, about)).toMatchObject({
      type: 'unrecognised',
      gatewayPaymentId: null,
      reference: null,
    });
  });

  it('about a payment of another system on the same account has no reference', () => {
    const payment = { ...PAYMENT, notes: [] };
    expect(read('payment.captured', { payment })).toMatchObject({ reference: null });
  });
});
