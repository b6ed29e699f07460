import { createStripeGateway } from '../../gateways/stripe/stripe-gateway';
import { SECRET_KEY, signStripe } from '../support/stripe-server';

const SECRET = 'whsec_test_secret';
const AT = '2026-01-01T00:00:00.000Z';
const AT_SECONDS = 1_767_225_600;

const gateway = createStripeGateway({
  secretKey: SECRET_KEY,
  webhookSecrets: [SECRET],
  timeoutMs: 1_000,
  origin: 'http://127.0.0.1:1',
});

function read(type: string, object: Readonly<Record<string, unknown>>) {
  const event = { id: 'evt_1', object: 'event', type, created: AT_SECONDS, data: { object } };
  const rawBody = Buffer.from(JSON.stringify(event));
  const header = signStripe(rawBody, { secret: SECRET, atSeconds: AT_SECONDS });
  const headers = { 'stripe-signature': header };
  return gateway.verifyWebhook({ rawBody, headers, receivedAt: AT });
}

const METADATA = { tollgate_reference: 'order/ord_1', tollgate_customer: 'acct_1' };
const SESSION = { id: 'cs_1', mode: 'payment', payment_intent: 'pi_1', metadata: METADATA };
const INTENT = { id: 'pi_1', object: 'payment_intent', metadata: METADATA };
const REFUND = { id: 're_1', payment_intent: 'pi_1', metadata: METADATA };
const DISPUTE = { id: 'du_1', payment_intent: 'pi_1', metadata: {} };

describe('an event of Stripe', () => {
  it.each([
    ['checkout.session.completed', { ...SESSION, payment_status: 'paid' }, 'payment.succeeded'],
    ['checkout.session.completed', { ...SESSION, payment_status: 'unpaid' }, 'payment.processing'],
    ['checkout.session.async_payment_succeeded', SESSION, 'payment.succeeded'],
    ['checkout.session.async_payment_failed', SESSION, 'payment.failed'],
    ['checkout.session.expired', SESSION, 'checkout.expired'],
    ['checkout.session.renamed', SESSION, 'unrecognised'],
    ['payment_intent.processing', INTENT, 'payment.processing'],
    ['payment_intent.succeeded', INTENT, 'payment.succeeded'],
    ['payment_intent.payment_failed', INTENT, 'payment.failed'],
    ['payment_intent.canceled', INTENT, 'payment.failed'],
    ['refund.created', { ...REFUND, status: 'succeeded' }, 'refund.succeeded'],
    ['refund.updated', { ...REFUND, status: 'pending' }, 'unrecognised'],
    ['refund.updated', { ...REFUND, status: 'canceled' }, 'refund.failed'],
    ['refund.failed', { ...REFUND, status: 'failed' }, 'refund.failed'],
    ['charge.refund.updated', { ...REFUND, status: 'failed' }, 'refund.failed'],
    ['charge.dispute.created', DISPUTE, 'dispute.opened'],
    ['charge.dispute.updated', DISPUTE, 'dispute.updated'],
    ['charge.dispute.funds_withdrawn', DISPUTE, 'dispute.updated'],
    ['charge.dispute.funds_reinstated', DISPUTE, 'dispute.updated'],
    ['charge.dispute.closed', DISPUTE, 'dispute.closed'],
  ])('%s about a payment is read as what it means', (type, object, expected) => {
    const event = read(type, object);
    expect(event.type).toBe(expected);
    expect(event.gatewayPaymentId).toBe('pi_1');
  });

  it.each([
    ['checkout.session.completed', 'setup.completed'],
    ['checkout.session.expired', 'setup.expired'],
    ['checkout.session.async_payment_failed', 'unrecognised'],
  ])('%s of a page that keeps a method is %s', (type, expected) => {
    const event = read(type, { id: 'cs_2', mode: 'setup', metadata: METADATA });
    expect(event).toMatchObject({ type: expected, setupId: 'cs_2', checkoutId: null });
  });

  it.each([
    ['payment_method.detached', { id: 'pm_1' }],
    ['payment_method.updated', { id: 'pm_1' }],
    ['payment_method.automatically_updated', { id: 'pm_1' }],
    ['mandate.updated', { id: 'mandate_1', payment_method: 'pm_1' }],
    ['mandate.updated', { id: 'mandate_1', payment_method: { id: 'pm_1' } }],
  ])('%s names the method to look at', (type, object) => {
    expect(read(type, object)).toMatchObject({ type: 'method.changed', methodReference: 'pm_1' });
  });

  it('tells ids, our reference and when it happened, and never an amount', () => {
    expect(read('payment_intent.succeeded', { ...INTENT, amount: 1 })).toEqual({
      eventId: 'evt_1',
      type: 'payment.succeeded',
      gatewayPaymentId: 'pi_1',
      checkoutId: null,
      setupId: null,
      methodReference: null,
      disputeId: null,
      reference: 'order/ord_1',
      occurredAt: '2026-01-01T00:00:00.000Z',
      payment: null,
    });
  });

  it.each(['balance.available', 'invoice.paid', 'customer.created', 'charge.succeeded'])(
    '%s is none of ours',
    (type) => {
      expect(read(type, { id: 'x_1' })).toMatchObject({ type: 'unrecognised', reference: null });
    },
  );

  it('about somebody else’s payment in the same account has no reference of ours', () => {
    expect(read('payment_intent.succeeded', { id: 'pi_9', metadata: {} }).reference).toBeNull();
  });
});

describe('the signature of Stripe', () => {
  const rawBody = Buffer.from(
    '{"id":"evt_test_1","object":"event","type":"checkout.session.completed",' +
      '"data":{"object":{"id":"cs_test_1"}}}',
  );

  it('is the one Stripe’s own library writes', () => {
    expect(signStripe(rawBody, { secret: SECRET, atSeconds: AT_SECONDS })).toBe(
      't=1767225600,v1=e1cb2025fcaf01a5f1dcfcab87634bde63f0c08d75cd8819b9b47d19c8da97c5',
    );
  });

  it('of the future, which Stripe’s own library takes, is refused', () => {
    const header = signStripe(rawBody, { secret: SECRET, atSeconds: AT_SECONDS + 301 });
    const headers = { 'stripe-signature': header };
    expect(() => gateway.verifyWebhook({ rawBody, headers, receivedAt: AT })).toThrow(
      expect.objectContaining({
        code: 'invalid_signature',
        details: expect.objectContaining({ reason: 'in_the_future' }),
      }),
    );
  });

  it('by a secret that is blank is no setting', () => {
    const options = { secretKey: SECRET_KEY, timeoutMs: 1_000, origin: null };
    for (const webhookSecrets of [[], [' ']]) {
      expect(() => createStripeGateway({ ...options, webhookSecrets })).toThrow(RangeError);
    }
  });
});
