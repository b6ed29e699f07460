import {
  FAILURE_UPI,
  LATE_UPI,
  payCheckout,
  SLOW_UPI,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import {
  startWebhookReceiver,
  type ReceivedMessage,
  type WebhookReceiver,
} from '../support/webhook-receiver';
import type { GatewayEvent } from '../../gateways/payment-gateway';
import { signPayload } from '../../gateways/webhook-signature';
import { inr, openCheckout } from './checkout-request';

let receiver: WebhookReceiver;
let sandbox: RunningSandbox;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  sandbox = await startSandboxGateway({ webhookUrl: receiver.url });
});
beforeEach(() => {
  receiver.clear();
  receiver.answerWith(200);
});
afterAll(async () => {
  await sandbox.stop();
  await receiver.stop();
});

function verify({ rawBody, headers, receivedAt }: ReceivedMessage): GatewayEvent {
  return sandbox.gateway.verifyWebhook({ rawBody, headers, receivedAt });
}

/** The event, or why it is refused. */
function judge(message: ReceivedMessage): string {
  try {
    const { type, payment } = verify(message);
    return `${type} ${payment?.money.amountMicros} ${payment?.money.currency}`;
  } catch (error) {
    return `refused: ${JSON.stringify((error as { details: unknown }).details)}`;
  }
}

/** Resolves when every event of the order has left the sandbox's hands. */
async function readSettledWebhooks(reference: string, from: RunningSandbox = sandbox) {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const { webhooks } = await from.readState(reference);
    if (webhooks.every((webhook) => webhook.status !== 'pending')) return webhooks;
    if (Date.now() > deadlineMs) throw new Error('webhooks are still pending');
  }
}

async function payWith(name: string, fields: Readonly<Record<string, string>>) {
  const checkout = await openCheckout(sandbox, name);
  await payCheckout(checkout.url, fields);
  return checkout;
}

describe('what the merchant is told', () => {
  it('a payment that succeeded: signed, with order, amount and currency', async () => {
    const { checkoutId } = await payWith('told', SUCCESS_UPI);
    await receiver.waitUntil((messages) => messages.length === 1);
    const [message] = receiver.messages;
    if (message === undefined) throw new Error('no message');
    expect(JSON.parse(message.rawBody.toString())).toEqual({
      id: expect.stringMatching(/^sbx_evt_/),
      type: 'payment.succeeded',
      created_at: expect.stringMatching(/Z$/),
      data: {
        payment: expect.objectContaining({
          checkout_id: checkoutId,
          reference: 'ord_told',
          status: 'succeeded',
          amount: '600.00',
          currency: 'INR',
        }),
      },
    });
    expect(verify(message)).toMatchObject({
      type: 'payment.succeeded',
      checkoutId,
      reference: 'ord_told',
      payment: { status: 'succeeded', money: inr('600.00') },
    });
  });

  it.each([
    ['failed', FAILURE_UPI, ['payment.failed'], ['payment.failed']],
    ['slow', SLOW_UPI, ['payment.processing'], ['payment.processing', 'payment.succeeded']],
    ['late', LATE_UPI, ['payment.failed'], ['payment.failed', 'payment.succeeded']],
  ])('a %s payment, before and after it settles', async (name, fields, before, after) => {
    await payWith(`course_${name}`, fields);
    const first = await readSettledWebhooks(`ord_course_${name}`);
    expect(first.map((webhook) => webhook.type)).toEqual(before);
    await sandbox.settle();
    const all = await readSettledWebhooks(`ord_course_${name}`);
    expect(all.map((webhook) => webhook.type)).toEqual(after);
    const paymentIds = receiver.messages.map((message) => verify(message).gatewayPaymentId);
    expect(new Set(paymentIds).size).toBe(1);
  });

  it('a checkout that expired, without a payment', async () => {
    const { checkoutId } = await openCheckout(sandbox, 'told_expired');
    await sandbox.expire(checkoutId);
    await receiver.waitUntil((messages) => messages.length === 1);
    expect(receiver.messages.map(verify)).toMatchObject([
      {
        type: 'checkout.expired',
        checkoutId,
        reference: 'ord_told_expired',
        gatewayPaymentId: null,
        payment: null,
      },
    ]);
  });

  it('a refund, with what is left of its payment', async () => {
    const { checkoutId } = await payWith('told_refund', SUCCESS_UPI);
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    await sandbox.gateway.refund({
      gatewayPaymentId: payments[0]?.gatewayPaymentId ?? '',
      money: inr('150.00'),
      idempotencyKey: 'refund/told/1',
    });
    await receiver.waitUntil((messages) => messages.length === 2);
    const refund = receiver.messages.map(verify).find(({ type }) => type === 'refund.succeeded');
    expect(refund).toMatchObject({
      reference: 'ord_told_refund',
      payment: { refunded: inr('150.00'), status: 'succeeded' },
    });
  });
});

describe('a message the merchant refuses', () => {
  const signed = (body: string, receivedAt: string, secret = sandbox.webhookSecret) => {
    const rawBody = Buffer.from(body);
    const signature = signPayload({ rawBody, secret, signedAt: receivedAt });
    return { rawBody, headers: { 'sandbox-signature': signature }, receivedAt };
  };
  const now = '2026-11-22T10:00:00.000Z';

  it('is one without a signature, and one signed twice over', () => {
    const rawBody = Buffer.from('{}');
    for (const headers of [{}, { 'sandbox-signature': ['t=1', 'v1=2'] }]) {
      expect(() => sandbox.gateway.verifyWebhook({ rawBody, headers, receivedAt: now })).toThrow(
        expect.objectContaining({
          code: 'invalid_signature',
          details: { reason: 'missing_header' },
        }),
      );
    }
  });

  it('is one that is signed but says nothing we can read', () => {
    for (const body of ['', 'not json', '{}', '{"id":"e","type":"t"}', 'null']) {
      expect(() => sandbox.gateway.verifyWebhook(signed(body, now))).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      );
    }
  });

  it('is not one of a kind we do not use: that is acknowledged and left alone', () => {
    const body = JSON.stringify({
      id: 'evt_1',
      type: 'dispute.created',
      created_at: now,
      data: {},
    });
    expect(sandbox.gateway.verifyWebhook(signed(body, now))).toEqual({
      eventId: 'evt_1',
      type: 'unrecognised',
      setupId: null,
      methodReference: null,
      disputeId: null,
      gatewayPaymentId: null,
      checkoutId: null,
      reference: null,
      occurredAt: now,
      payment: null,
    });
  });
});

describe('a merchant that is away', () => {
  it('is told again until it answers 2xx, with the same event and body', async () => {
    receiver.answerWith(503);
    await payWith('away', SUCCESS_UPI);
    await receiver.waitUntil((messages) => messages.length === 3);
    receiver.answerWith(204);
    const webhooks = await readSettledWebhooks('ord_away');
    expect(webhooks).toMatchObject([{ status: 'delivered' }]);
    const attempts = webhooks[0]?.attempts ?? 0;
    expect(attempts).toBeGreaterThanOrEqual(4);
    expect(webhooks[0]?.deliveries.at(0)).toMatchObject({ http_status: 503 });
    expect(webhooks[0]?.deliveries.at(-1)).toMatchObject({ http_status: 204 });
    expect(new Set(receiver.messages.map(({ rawBody }) => rawBody.toString())).size).toBe(1);
  });

  it('for good is told twenty times, and no more', async () => {
    const hasty = await startSandboxGateway({
      webhookUrl: receiver.url,
      retryFirstSeconds: 0.000_001,
    });
    try {
      receiver.answerWith(500);
      const { url } = await openCheckout(hasty, 'gone');
      await payCheckout(url, SUCCESS_UPI);
      await receiver.waitUntil((messages) => messages.length === 20);
      const webhooks = await readSettledWebhooks('ord_gone', hasty);
      expect(webhooks).toMatchObject([{ status: 'gave_up', attempts: 20 }]);
      expect(receiver.messages).toHaveLength(20);
    } finally {
      await hasty.stop();
    }
  });

  it('misses nothing that is sent again by hand', async () => {
    await sandbox.addFault({ kind: 'drop', count: 1 });
    await payWith('by_hand', SUCCESS_UPI);
    const [dropped] = await readSettledWebhooks('ord_by_hand');
    expect(dropped).toMatchObject({ status: 'dropped', attempts: 0 });
    await sandbox.deliver(dropped?.id);
    expect(receiver.messages.map(verify)).toMatchObject([{ eventId: dropped?.id }]);
    expect(await readSettledWebhooks('ord_by_hand')).toMatchObject([{ status: 'delivered' }]);
  });

  it('has moved: the next webhooks go where they are told to', async () => {
    const elsewhere = await startWebhookReceiver();
    try {
      await sandbox.setWebhookUrl(elsewhere.url);
      await payWith('moved', SUCCESS_UPI);
      await elsewhere.waitUntil((messages) => messages.length === 1);
      expect(receiver.messages).toEqual([]);
    } finally {
      await sandbox.setWebhookUrl(receiver.url);
      await elsewhere.stop();
    }
  });
});

describe('the webhook knobs', () => {
  it('drop: the payment is made, nobody is told, a look-up finds it', async () => {
    await sandbox.addFault({ kind: 'drop', count: 1 });
    const { checkoutId } = await payWith('dropped', SUCCESS_UPI);
    expect(await readSettledWebhooks('ord_dropped')).toMatchObject([
      { type: 'payment.succeeded', status: 'dropped', deliveries: [] },
    ]);
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    expect(payments).toMatchObject([{ status: 'succeeded' }]);
  });

  it('duplicate: the same event comes as often as asked', async () => {
    await sandbox.addFault({ kind: 'duplicate', count: 1, copies: 5 });
    await payWith('duplicated', SUCCESS_UPI);
    await receiver.waitUntil((messages) => messages.length === 5);
    expect(new Set(receiver.messages.map((message) => verify(message).eventId)).size).toBe(1);
  });

  it('reorder: the success is told before the processing', async () => {
    await sandbox.addFault({ kind: 'reorder', count: 2, delay_ms: 60_000 });
    await payWith('reordered', SLOW_UPI);
    await sandbox.settle();
    await receiver.waitUntil((messages) => messages.length === 2);
    expect(receiver.messages.map((message) => verify(message).type)).toEqual([
      'payment.succeeded',
      'payment.processing',
    ]);
  });

  it('reorder of an event that stays alone: it is told when its wait is over', async () => {
    await sandbox.addFault({ kind: 'reorder', count: 2, delay_ms: 30 });
    await payWith('alone', SUCCESS_UPI);
    await receiver.waitUntil((messages) => messages.length === 1);
    await payWith('alone_rest', SUCCESS_UPI);
    expect(await readSettledWebhooks('ord_alone_rest')).toMatchObject([{ status: 'delivered' }]);
  });

  it('reorder of one customer: what another is told meanwhile neither waits nor ends the wait', async () => {
    const aimed = { customer_reference: 'acct_mine' };
    await sandbox.addFault({ kind: 'reorder', count: 2, delay_ms: 60_000, ...aimed });
    const { url } = await openCheckout(sandbox, 'mine', { customerReference: 'acct_mine' });
    await payCheckout(url, SLOW_UPI);
    await payWith('between', SUCCESS_UPI);
    await receiver.waitUntil((messages) => messages.length === 1);
    await sandbox.settle();
    await receiver.waitUntil((messages) => messages.length === 3);
    const told = receiver.messages.map((message) => {
      const { type, reference } = verify(message);
      return `${reference} ${type}`;
    });
    expect(told).toEqual([
      'ord_between payment.succeeded',
      'ord_mine payment.succeeded',
      'ord_mine payment.processing',
    ]);
  });

  it.each(['drop', 'duplicate', 'forge', 'delay'] as const)(
    '%s of one order leaves the webhooks of others alone',
    async (kind) => {
      const on = kind === 'delay' ? { on: 'webhook', delay_ms: 60_000 } : {};
      await sandbox.addFault({ kind, reference: `ord_${kind}_aimed`, ...on });
      await payWith(`${kind}_other`, SUCCESS_UPI);
      const [other] = await readSettledWebhooks(`ord_${kind}_other`);
      expect(other).toMatchObject({
        status: 'delivered',
        deliveries: [{ http_status: 200, forgery: null }],
      });
      expect((await sandbox.readState()).faults).toHaveLength(1);
      await payWith(`${kind}_aimed`, SUCCESS_UPI);
      expect((await sandbox.readState()).faults).toEqual([]);
      await sandbox.deliver();
    },
  );

  it('delay: the webhook comes, but later', async () => {
    await sandbox.addFault({ kind: 'delay', on: 'webhook', count: 1, delay_ms: 60_000 });
    await payWith('delayed', SUCCESS_UPI);
    expect((await sandbox.readState('ord_delayed')).webhooks).toMatchObject([
      { status: 'pending', attempts: 0 },
    ]);
    await sandbox.deliver();
    expect(receiver.messages.map(judge)).toEqual(['payment.succeeded 600000000 INR']);
  });

  it.each([
    ['signature', 'refused: {"reason":"no_match"}'],
    ['stale', 'refused: {"reason":"too_old"}'],
    ['future', 'refused: {"reason":"in_the_future"}'],
    ['amount', 'payment.succeeded 6000000000 INR'],
    ['currency', 'payment.succeeded 600000000 USD'],
  ])('forge (%s): the forged message comes first, then the genuine one', async (code, forged) => {
    await sandbox.addFault({ kind: 'forge', count: 1, code });
    await payWith(`forged_${code}`, SUCCESS_UPI);
    await receiver.waitUntil((messages) => messages.length === 2);
    expect(receiver.messages.map(judge)).toEqual([forged, 'payment.succeeded 600000000 INR']);
  });

  it('forge (signature): a declined payment is claimed to have succeeded', async () => {
    await sandbox.addFault({ kind: 'forge', count: 1 });
    await payWith('claimed', FAILURE_UPI);
    await receiver.waitUntil((messages) => messages.length === 2);
    const [claim] = receiver.messages;
    expect(claim?.rawBody.toString()).toContain('"type":"payment.succeeded"');
    expect(receiver.messages.map(judge)).toEqual([
      'refused: {"reason":"no_match"}',
      'payment.failed 600000000 INR',
    ]);
  });
});
