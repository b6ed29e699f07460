/** What is Stripe's own, beyond the facts of every gateway (conformance.test.ts). */
import { parseMoney, type Money } from '../../domain/money';
import {
  GatewayUnavailable,
  type ChargeRequest,
  type CheckoutRequest,
} from '../../gateways/payment-gateway';
import { createStripeGateway, type StripeGateway } from '../../gateways/stripe/stripe-gateway';
import { readTyped } from '../support/stripe/instruments';
import {
  error,
  SECRET_KEY,
  startStripeServer,
  WEBHOOK_SECRET,
  type StripeServer,
} from '../support/stripe-server';

jest.setTimeout(30_000);

let stripe: StripeServer;
let gateway: StripeGateway;
beforeEach(async () => {
  stripe = await startStripeServer();
  gateway = connect();
});
afterEach(() => stripe.stop());

function connect(changed: { secretKey?: string; timeoutMs?: number; origin?: string } = {}) {
  return createStripeGateway({
    secretKey: SECRET_KEY,
    webhookSecrets: [WEBHOOK_SECRET],
    timeoutMs: 5_000,
    origin: stripe.origin,
    ...changed,
  });
}

function inr(amount: string): Money {
  return parseMoney({ amount, currency: 'INR' });
}

const ORDER: CheckoutRequest = {
  idempotencyKey: 'order/ord_1/checkout',
  reference: 'order/ord_1',
  customerReference: 'acct_1',
  money: inr('600.00'),
  modes: ['upi', 'card'],
  orderDetails: {
    merchant: 'Meridian Messaging',
    lines: [
      { description: 'Number rental', amount: inr('500.00') },
      { description: 'Up-front fee', amount: inr('100.00') },
    ],
  },
  returnUrl: 'https://shop.example/back?order=1',
};

async function pay(typed = '4242424242424242', keeps = false) {
  const { checkoutId } = await gateway.createCheckout(ORDER);
  stripe.pay(checkoutId, { typed, keeps });
  const [payment] = (await gateway.getCheckout(checkoutId)).payments;
  if (payment === undefined) throw new Error('nobody paid');
  return payment;
}

async function keep(typed: string): Promise<string> {
  const { method } = await pay(typed, true);
  return method.reference ?? '';
}

function chargeOf(methodReference: string): ChargeRequest {
  return {
    idempotencyKey: 'subscription/sub_1/period/1/attempt/1',
    reference: 'subscription/sub_1/period/1',
    customerReference: 'acct_1',
    money: inr('250.00'),
    methodReference,
  };
}

function callsOf(route: string) {
  return stripe.calls.filter((call) => call.route === route);
}

async function catchUnavailable(promise: Promise<unknown>): Promise<GatewayUnavailable> {
  const reason: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (reason instanceof GatewayUnavailable) return reason;
  throw new Error('it did not reject with GatewayUnavailable', { cause: reason });
}

describe('a page at Stripe', () => {
  it('shows the lines of the sale, in the currency asked for and no other', async () => {
    await gateway.createCheckout(ORDER);
    const [call] = callsOf('POST /v1/checkout/sessions');
    expect(call?.idempotencyKey).toBe('order/ord_1/checkout');
    expect(call?.fields).toEqual({
      mode: 'payment',
      customer: expect.stringMatching(/^cus_/),
      client_reference_id: 'order/ord_1',
      metadata: {
        tollgate_reference: 'order/ord_1',
        tollgate_customer: 'acct_1',
        tollgate_key: 'order/ord_1/checkout',
      },
      allowed_payment_method_types: ['upi', 'card'],
      line_items: [
        {
          quantity: '1',
          price_data: {
            currency: 'inr',
            unit_amount: '50000',
            product_data: { name: 'Number rental' },
          },
        },
        {
          quantity: '1',
          price_data: {
            currency: 'inr',
            unit_amount: '10000',
            product_data: { name: 'Up-front fee' },
          },
        },
      ],
      payment_intent_data: {
        metadata: { tollgate_reference: 'order/ord_1', tollgate_customer: 'acct_1' },
      },
      saved_payment_method_options: { payment_method_save: 'enabled' },
      adaptive_pricing: { enabled: 'false' },
      success_url: 'https://shop.example/back?order=1',
      cancel_url: 'https://shop.example/back?order=1',
    });
  });

  it('shows one line of the whole where a line is below zero', async () => {
    const lines = [
      { description: 'Balance', amount: inr('600.40') },
      { description: 'Round-off', amount: inr('-0.40') },
    ];
    await gateway.createCheckout({ ...ORDER, orderDetails: { merchant: 'Meridian', lines } });
    expect(callsOf('POST /v1/checkout/sessions')[0]?.fields.line_items).toEqual([
      {
        quantity: '1',
        price_data: {
          currency: 'inr',
          unit_amount: '60000',
          product_data: { name: 'Meridian' },
        },
      },
    ]);
  });

  it.each([
    ['half an hour at least', -60_000, 31 * 60],
    ['a day at most', 3 * 86_400_000, 86_400 - 60],
    ['as long as asked for in between', 7_200_000, 7_200],
  ])('is open for %s', async (_, inMs, seconds) => {
    const expiresAt = new Date(Date.now() + inMs).toISOString();
    const opened = await gateway.createCheckout({ ...ORDER, expiresAt });
    const openForMs = Date.parse(opened.expiresAt) - Date.now();
    expect(Math.abs(openForMs / 1_000 - seconds)).toBeLessThan(10);
  });

  it('opened again when its time was cut in another way is the page that is open', async () => {
    const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    const first = await gateway.createCheckout({ ...ORDER, expiresAt: inSeconds(7_200) });
    const again = await gateway.createCheckout({ ...ORDER, expiresAt: inSeconds(7_260) });
    expect(again).toEqual(first);
  });

  it('keeps a method only if its customer asked for that', async () => {
    expect((await pay('4242424242424242', false)).method.reference).toBeNull();
    expect(await gateway.listPaymentMethods(ORDER)).toEqual([]);
  });

  it('tells what Stripe keeps for itself', async () => {
    expect((await pay()).fee).toEqual(inr('12.00'));
  });
});

describe('our customer at Stripe', () => {
  it('is one, however often and long after it pays', async () => {
    await gateway.createCheckout(ORDER);
    stripe.forgetKeys();
    await gateway.createCheckout({ ...ORDER, idempotencyKey: 'order/ord_2/checkout' });
    expect(callsOf('POST /v1/customers')).toHaveLength(1);
    const [first, second] = callsOf('POST /v1/checkout/sessions');
    expect(first?.fields.customer).toBe(second?.fields.customer);
  });

  it('is the one who was written down first, when two were made at once', async () => {
    const missing = { type: 'invalid_request_error', code: 'resource_missing', message: 'No such' };
    await gateway.createCheckout(ORDER);
    stripe.forgetKeys();
    stripe.answerNext('GET /v1/products/:id', { status: 404, body: { error: missing } });
    await gateway.createCheckout({ ...ORDER, idempotencyKey: 'order/ord_2/checkout' });
    expect(callsOf('POST /v1/customers')).toHaveLength(2);
    const [first, second] = callsOf('POST /v1/checkout/sessions');
    expect(first?.fields.customer).toBe(second?.fields.customer);
  });
});

describe('a charge at Stripe', () => {
  it('says whose, for what and by which key, and that nobody is there', async () => {
    const method = await keep('4242424242424242');
    await gateway.chargeSaved(chargeOf(method));
    const [call] = callsOf('POST /v1/payment_intents');
    expect(call?.idempotencyKey).toBe('subscription/sub_1/period/1/attempt/1');
    expect(call?.fields).toMatchObject({
      amount: '25000',
      currency: 'inr',
      payment_method: method,
      allowed_payment_method_types: ['card'],
      confirm: 'true',
      off_session: 'true',
      metadata: {
        tollgate_reference: 'subscription/sub_1/period/1',
        tollgate_customer: 'acct_1',
        tollgate_key: 'subscription/sub_1/period/1/attempt/1',
      },
    });
  });

  it.each([
    [{ code: 'card_declined', decline_code: 'lost_card' }, 'lost_card', 'hard'],
    [{ code: 'expired_card' }, 'expired_card', 'needs_customer'],
    [{ code: 'processing_error' }, 'processing_error', 'technical'],
    [{ code: 'card_declined', decline_code: 'a_code_of_2030' }, 'a_code_of_2030', 'soft'],
    [
      { code: 'card_declined', decline_code: 'do_not_honor', advice_code: 'do_not_try_again' },
      'do_not_honor',
      'hard',
    ],
  ])('declined with %j is %s, %s', async (told, declineCode, declineClass) => {
    const method = await keep('4242424242424242');
    stripe.payNext({ kind: 'decline', error: told });
    const declined = await gateway.chargeSaved(chargeOf(method));
    expect(declined).toMatchObject({ kind: 'declined', declineCode, declineClass });
  });

  it.each([
    ['4000000000000341', 'generic_decline', 'soft'],
    ['4000002760003184', 'authentication_required', 'needs_customer'],
  ])('of the test card %s is declined: %s, %s', async (typed, declineCode, declineClass) => {
    const declined = await gateway.chargeSaved(chargeOf(await keep(typed)));
    expect(declined).toMatchObject({ kind: 'declined', declineCode, declineClass });
  });

  it('for which a bank asks its owner is declined, and cannot succeed any more', async () => {
    const method = await keep('asks@stripeupi');
    const declined = await gateway.chargeSaved(chargeOf(method));
    expect(declined).toMatchObject({
      kind: 'declined',
      declineCode: 'authentication_required',
      declineClass: 'needs_customer',
    });
    const id = declined.payment.gatewayPaymentId;
    expect(stripe.books.get('payment_intent', id).status).toBe('canceled');
    expect(await gateway.getPayment(id)).toEqual(declined.payment);
    expect(await gateway.chargeSaved(chargeOf(method))).toEqual(declined);
  });

  it('of an Indian card is pending while Stripe tells its owner, and names the mandate', async () => {
    const setup = await gateway.createSetup({
      idempotencyKey: 'setup/pms_1',
      reference: 'setup/pms_1',
      customerReference: 'acct_1',
      mode: 'card',
      currency: 'INR',
      ceiling: inr('5000.00'),
      merchant: 'Meridian Messaging',
      returnUrl: 'https://shop.example/methods',
    });
    stripe.completeSetup(setup.setupId, '4000003560000008');
    const { method } = await gateway.getSetup(setup.setupId);
    expect(method).toMatchObject({
      expiry: { month: 12, year: 2034 },
      mandate: { ceiling: null, status: 'active' },
    });
    const outcome = await gateway.chargeSaved(chargeOf(method?.reference ?? ''));
    expect(outcome.kind).toBe('pending');
    const [call] = callsOf('POST /v1/payment_intents');
    expect(call?.fields.mandate).toMatch(/^mandate_/);
    stripe.settle(outcome.payment.gatewayPaymentId);
    expect(await gateway.getPayment(outcome.payment.gatewayPaymentId)).toMatchObject({
      status: 'succeeded',
    });
  });

  it('a day later is looked up, for its key is forgotten', async () => {
    const method = await keep('4242424242424242');
    await gateway.chargeSaved(chargeOf(method));
    stripe.forgetKeys();
    const found = await gateway.findPayments(chargeOf(method));
    expect(found.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      'subscription/sub_1/period/1/attempt/1',
    ]);
  });

  it('is found among more payments than one page of them', async () => {
    const method = await keep('4242424242424242');
    await gateway.chargeSaved(chargeOf(method));
    const { customer = null } = stripe.books.get('payment_method', method);
    for (let count = 0; count < 120; count += 1) {
      const unpaid = { payment_method: null, latest_charge: null, last_payment_error: null };
      stripe.books.add('payment_intent', { customer, metadata: {}, ...unpaid });
    }
    expect(await gateway.findPayments(chargeOf(method))).toHaveLength(1);
    expect(callsOf('GET /v1/payment_intents')).toHaveLength(2);
  });
});

describe('a mandate at Stripe', () => {
  it('asks for the widest ceiling where none is named, and ends when its owner withdraws it', async () => {
    const setup = await gateway.createSetup({
      idempotencyKey: 'setup/pms_1',
      reference: 'setup/pms_1',
      customerReference: 'acct_1',
      mode: 'upi',
      currency: 'INR',
      ceiling: null,
      merchant: 'Meridian Messaging',
      returnUrl: 'https://shop.example/methods',
    });
    expect(callsOf('POST /v1/checkout/sessions')[0]?.fields).toMatchObject({
      mode: 'setup',
      currency: 'inr',
      allowed_payment_method_types: ['upi'],
      payment_method_options: {
        upi: {
          mandate_options: {
            amount: '1500000',
            amount_type: 'maximum',
            description: 'Meridian Messaging',
          },
        },
      },
    });
    stripe.completeSetup(setup.setupId, 'success@stripeupi');
    const { method } = await gateway.getSetup(setup.setupId);
    expect(method?.mandate).toEqual({ ceiling: inr('15000.00'), status: 'active' });
    const [mandate] = stripe.books.list('mandate', () => true);
    if (mandate === undefined) throw new Error('there is no mandate');
    mandate.status = 'inactive';
    expect((await gateway.getPaymentMethod(method?.reference ?? ''))?.mandate?.status).toBe(
      'revoked',
    );
  });

  it('is kept in no mode Stripe does not have for the currency', async () => {
    expect(gateway.setupModes('INR')).toEqual(['upi', 'card']);
    expect(gateway.setupModes('TRY')).toEqual(['card']);
    expect(gateway.setupModes('IQD')).toEqual([]);
  });
});

describe('a refund at Stripe', () => {
  it('repeated after a day is the refund that was made', async () => {
    const { gatewayPaymentId } = await pay();
    const request = { gatewayPaymentId, money: inr('100.00'), idempotencyKey: 'refund/1' };
    const first = await gateway.refund(request);
    stripe.forgetKeys();
    expect(await gateway.refund(request)).toEqual(first);
    expect(callsOf('POST /v1/refunds')).toHaveLength(1);
  });

  it('that is not done yet is an unknown outcome, until it is', async () => {
    const { gatewayPaymentId } = await pay();
    const request = { gatewayPaymentId, money: inr('100.00'), idempotencyKey: 'refund/1' };
    stripe.refundNext('pending');
    const waiting = await catchUnavailable(gateway.refund(request));
    expect(waiting).toMatchObject({ outcome: 'unknown' });
    expect(waiting.message).toMatch(/not done with the refund re_\d+: it is pending/);
    const [row] = stripe.books.list('refund', () => true);
    if (row === undefined) throw new Error('there is no refund');
    row.status = 'succeeded';
    expect(await gateway.refund(request)).toMatchObject({ kind: 'refunded', refundId: row.id });
  });

  it('under a key that refunded another amount is an alarm', async () => {
    const { gatewayPaymentId } = await pay();
    const request = { gatewayPaymentId, money: inr('100.00'), idempotencyKey: 'refund/1' };
    await gateway.refund(request);
    await expect(gateway.refund({ ...request, money: inr('99.00') })).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'idempotency_error',
    });
  });

  it('that another one overtook is refused for what is left', async () => {
    const { gatewayPaymentId } = await pay();
    const refunds = ['refund/1', 'refund/2'].map((idempotencyKey) =>
      gateway.refund({ gatewayPaymentId, money: inr('400.00'), idempotencyKey }),
    );
    const outcomes = await Promise.all(refunds);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['refunded', 'refused']);
    expect(outcomes).toContainEqual({ kind: 'refused', reason: 'more_than_left' });
  });
});

describe('a dispute at Stripe', () => {
  it.each([
    ['warning_needs_response', 'warning'],
    ['warning_under_review', 'warning'],
    ['warning_closed', 'won'],
    ['prevented', 'won'],
    ['needs_response', 'needs_response'],
    ['under_review', 'under_review'],
    ['appeal_under_review', 'under_review'],
    ['won', 'won'],
    ['lost', 'lost'],
    ['a_status_of_2030', 'under_review'],
  ])('%s is %s', async (status, expected) => {
    const disputeId = stripe.dispute((await pay()).gatewayPaymentId, 'fraudulent');
    stripe.books.get('dispute', disputeId).status = status;
    expect(await gateway.getDispute(disputeId)).toMatchObject({
      status: expected,
      fee: inr('15.00'),
      reason: 'fraudulent',
    });
  });
});

describe('what Stripe settled', () => {
  it('before the window and at its end is not in it', async () => {
    const at = (iso: string) => Date.parse(iso) / 1_000;
    const moved = { amount: 100, fee: 2, currency: 'inr', reporting_category: 'payout' };
    for (const [id, created] of [
      ['txn_before', at('2026-11-27T23:59:59Z')],
      ['txn_first', at('2026-11-28T00:00:00Z')],
      ['txn_later', at('2026-11-28T13:00:00Z')],
      ['txn_end', at('2026-11-29T00:00:00Z')],
    ] as const) {
      stripe.books.add('balance_transaction', { ...moved, id, created, source: null });
    }
    const ids: string[] = [];
    const query = { from: '2026-11-28T00:00:00.000Z', to: '2026-11-29T00:00:00.000Z' };
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: Awaited<ReturnType<StripeGateway['listSettled']>> = await gateway.listSettled({
        ...query,
        cursor,
      });
      ids.push(...page.entries.map(({ entryId }) => entryId));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== null);
    expect(ids).toEqual(['txn_first', 'txn_later']);
    expect(pages).toBe(4);
  });
});

describe('Stripe not answering', () => {
  it('with too many requests of ours has done nothing and says when to ask again', async () => {
    const method = await keep('4242424242424242');
    stripe.answerNext('POST /v1/payment_intents', {
      ...error(429, 'invalid_request_error', 'Too many requests'),
      headers: { 'retry-after': '3' },
    });
    const silence = await catchUnavailable(gateway.chargeSaved(chargeOf(method)));
    expect(silence).toMatchObject({ outcome: 'not_executed', retryAfterSeconds: 3 });
    expect((await gateway.chargeSaved(chargeOf(method))).kind).toBe('succeeded');
  });

  it.each([true, false])('in time leaves the outcome unknown (executed: %s)', async (executed) => {
    const method = await keep('4242424242424242');
    stripe.hangNext('POST /v1/payment_intents', { executed });
    const hasty = connect({ timeoutMs: 200 });
    const silence = await catchUnavailable(hasty.chargeSaved(chargeOf(method)));
    expect(silence.outcome).toBe('unknown');
    expect(await gateway.findPayments(chargeOf(method))).toHaveLength(executed ? 1 : 0);
    expect((await gateway.chargeSaved(chargeOf(method))).kind).toBe('succeeded');
    expect(await gateway.findPayments(chargeOf(method))).toHaveLength(1);
  });

  it.each([
    [500, { error: { type: 'api_error', message: 'Oops' } }],
    [502, '<html>bad gateway</html>'],
    [
      409,
      {
        error: {
          type: 'invalid_request_error',
          code: 'idempotency_key_in_use',
          message: 'in use',
        },
      },
    ],
  ])('but %s leaves the outcome unknown', async (status, body) => {
    const method = await keep('4242424242424242');
    stripe.answerNext('POST /v1/payment_intents', { status, body });
    const silence = await catchUnavailable(gateway.chargeSaved(chargeOf(method)));
    expect(silence.outcome).toBe('unknown');
  });

  it('at all, because nobody listens, has surely done nothing', async () => {
    const closed = await startStripeServer();
    await closed.stop();
    const dead = connect({ origin: closed.origin });
    expect((await catchUnavailable(dead.getPayment('pi_1'))).outcome).toBe('not_executed');
  });

  it.each([
    [401, 'invalid_request_error', 'Invalid API Key provided'],
    [403, 'invalid_request_error', 'The provided key does not have the permission'],
    [400, 'invalid_request_error', 'This account cannot do that'],
  ])('what we ask (%s) needs a person', async (status, type, message) => {
    stripe.answerNext('GET /v1/payment_intents/:id', error(status, type, message));
    await expect(gateway.getPayment('pi_1')).rejects.toMatchObject({
      name: 'GatewayRejected',
      httpStatus: status,
      message: `stripe refused: ${message} (req_of_tests)`,
    });
  });

  it('to a wrong key is a setting of ours', async () => {
    const forged = connect({ secretKey: 'sk_test_of_nobody' });
    await expect(forged.getPayment('pi_1')).rejects.toMatchObject({
      name: 'GatewayRejected',
      httpStatus: 401,
    });
  });

  it('about what we asked is an alarm', async () => {
    const method = await keep('4242424242424242');
    await gateway.chargeSaved(chargeOf(method));
    const [intent] = stripe.books.list(
      'payment_intent',
      ({ metadata }) => 'tollgate_key' in (metadata ?? {}),
    );
    const body = { ...intent, amount: 25_001 };
    stripe.answerNext('POST /v1/payment_intents', { status: 200, body });
    await expect(
      gateway.chargeSaved({ ...chargeOf(method), idempotencyKey: 'another' }),
    ).rejects.toMatchObject({ name: 'GatewayRejected', code: 'reply_mismatch' });
  });
});

describe('the local Stripe', () => {
  it('knows each card and UPI id of its page', () => {
    expect(readTyped('4242424242424242')).toMatchObject({ type: 'card', lastFour: '4242' });
    expect(() => readTyped('4111111111111111')).toThrow('no test card');
  });
});
