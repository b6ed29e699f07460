/** The same facts of every gateway: what the port promises, whoever is behind it. */
import { parseMoney, type Money } from '../../domain/money';
import type { DeclineClass } from '../../domain/payment/decline';
import {
  GatewayUnavailable,
  type ChargeRequest,
  type CheckoutRequest,
  type GatewayPayment,
  type OpenedCheckout,
} from '../../gateways/payment-gateway';
import type { SetupRequest } from '../../gateways/method-setups';
import type { SettledEntry, SettledPage } from '../../gateways/settlements';
import type { GatewayHarness, Lack, Paying } from './conformance/harness';
import { startRazorpayHarness } from './conformance/razorpay-harness';
import { startSandboxHarness } from './conformance/sandbox-harness';
import { startStripeHarness } from './conformance/stripe-harness';

jest.setTimeout(30_000);

const HARNESSES = [
  ['sandbox', startSandboxHarness],
  ['stripe', startStripeHarness],
  ['razorpay', startRazorpayHarness],
] as const;

const CARD: Paying = { mode: 'card', does: 'pay', keeps: false };
const KEPT_CARD: Paying = { ...CARD, keeps: true };
const UPI: Paying = { mode: 'upi', does: 'pay', keeps: false };

describe.each(HARNESSES)('%s', (_name, start) => {
  let harness: GatewayHarness;
  beforeAll(async () => {
    harness = await start();
  });
  afterAll(() => harness.stop());

  function open(name: string, changed: Partial<CheckoutRequest> = {}): Promise<OpenedCheckout> {
    return harness.gateway.createCheckout(checkoutRequest(name, changed));
  }

  async function pay(name: string, how: Paying): Promise<GatewayPayment> {
    const checkout = await open(name, { modes: [how.mode] });
    await harness.pay(checkout, how);
    return lastPayment(checkout.checkoutId);
  }

  async function lastPayment(checkoutId: string): Promise<GatewayPayment> {
    const payment = (await harness.gateway.getCheckout(checkoutId)).payments.at(-1);
    if (payment === undefined) throw new Error('nobody paid on the page');
    return payment;
  }

  async function keepMethod(name: string, customerReference = 'acct_1'): Promise<string> {
    const method = harness.lacks.has('keeping_by_paying')
      ? await keepBySetup(name, customerReference)
      : await keepByPaying(name, customerReference);
    const reference = method?.reference ?? null;
    if (reference === null) throw new Error('the page kept no method');
    return reference;
  }

  async function keepByPaying(name: string, customerReference: string) {
    const checkout = await open(`keep_${name}`, { customerReference, modes: ['card'] });
    await harness.pay(checkout, KEPT_CARD);
    return (await lastPayment(checkout.checkoutId)).method;
  }

  async function keepBySetup(name: string, customerReference: string) {
    const reference = `setup/pms_keep_${name}`;
    const asked = { reference, idempotencyKey: reference, customerReference };
    const setup = await harness.gateway.createSetup({ ...SETUP, ...asked });
    await harness.completeSetup(setup, 'card');
    return (await harness.gateway.getSetup(setup.setupId)).method;
  }

  function findPayments(request: Pick<ChargeRequest, 'reference' | 'customerReference'>) {
    const { reference, customerReference } = request;
    return harness.gateway.findPayments({ reference, customerReference });
  }

  /** Runs where the gateway has what a fact is about. */
  function unlessLacking(lack: Lack, check: () => Promise<void>): () => Promise<void> {
    return () => (harness.lacks.has(lack) ? Promise.resolve() : check());
  }

  describe('a hosted page', () => {
    it.each([
      ['card', CARD],
      ['upi', UPI],
    ] as const)('paid by %s tells the payment as we asked for it', async (mode, how) => {
      const payment = await pay(`paid_${mode}`, how);
      expect(payment).toMatchObject({
        status: 'succeeded',
        reference: `order/ord_paid_${mode}`,
        customerReference: 'acct_1',
        money: inr('600.00'),
        refunded: inr('0'),
        mode,
        declineCode: null,
        method: { reference: null, kind: mode },
        idempotencyKey: null,
      });
      expect(await harness.gateway.getPayment(payment.gatewayPaymentId)).toEqual(payment);
    });

    it('opened twice under one key is one page', async () => {
      const first = await open('twice');
      expect(await open('twice')).toEqual(first);
      await expect(open('twice', { money: inr('601.00') })).rejects.toMatchObject({
        name: 'GatewayRejected',
        code: 'idempotency_error',
      });
    });

    it('opened at once by four is one page', async () => {
      const customerReference = 'acct_at_once';
      const calls = Array.from({ length: 4 }, () => open('four', { customerReference }));
      await expectAnswers(calls);
      const opened = await open('four', { customerReference });
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === 'fulfilled') expect(result.value).toEqual(opened);
      }
    });

    it('whose answer was lost is opened by the same key', async () => {
      await harness.strike({ kind: 'lost', executed: true });
      await expect(open('lost')).rejects.toMatchObject({
        name: 'GatewayUnavailable',
        outcome: 'unknown',
      });
      const checkout = await open('lost');
      await harness.pay(checkout, CARD);
      expect(await lastPayment(checkout.checkoutId)).toMatchObject({ status: 'succeeded' });
    });

    it('declined can be paid after all', async () => {
      const checkout = await open('declined_first');
      await harness.pay(checkout, { ...CARD, does: 'decline' });
      expect(await lastPayment(checkout.checkoutId)).toMatchObject({
        status: 'failed',
        declineClass: 'soft',
      });
      await harness.pay(checkout, CARD);
      expect(await lastPayment(checkout.checkoutId)).toMatchObject({
        status: 'succeeded',
        declineCode: null,
        declineClass: null,
      });
    });

    it('R2.11 takes no mode and no currency the gateway does not offer', async () => {
      const usd = parseMoney({ amount: '10.00', currency: 'USD' });
      const lines = [{ description: 'Balance', amount: usd }];
      const orderDetails = { merchant: 'Meridian Messaging', lines };
      const upi = { money: usd, modes: ['upi'] as const, orderDetails };
      await expect(open('upi_usd', upi)).rejects.toMatchObject({ name: 'GatewayRejected' });
    });

    it('expires, and again; then nobody pays there', async () => {
      const { checkoutId } = await open('expires');
      const expire = { idempotencyKey: 'order/ord_expires/expire', checkoutId };
      expect(await harness.gateway.expireCheckout(expire)).toEqual({ kind: 'expired' });
      expect(await harness.gateway.expireCheckout(expire)).toEqual({ kind: 'expired' });
      expect(await harness.gateway.getCheckout(checkoutId)).toMatchObject({
        status: 'expired',
        reference: 'order/ord_expires',
        payments: [],
      });
    });

    it('paid before does not expire', async () => {
      const checkout = await open('complete');
      await harness.pay(checkout, CARD);
      const expire = {
        idempotencyKey: 'order/ord_complete/expire',
        checkoutId: checkout.checkoutId,
      };
      expect(await harness.gateway.expireCheckout(expire)).toEqual({ kind: 'already_complete' });
      expect(await lastPayment(checkout.checkoutId)).toMatchObject({ status: 'succeeded' });
    });

    it('R1.07 paid by a slow bank is processing, then succeeds as the same payment', async () => {
      const checkout = await open('slow');
      await harness.pay(checkout, { ...UPI, does: 'pay_slowly' });
      const pending = await lastPayment(checkout.checkoutId);
      expect(pending.status).toBe('processing');
      await harness.settle(pending.gatewayPaymentId);
      const settled = await lastPayment(checkout.checkoutId);
      expect(settled).toMatchObject({
        gatewayPaymentId: pending.gatewayPaymentId,
        status: 'succeeded',
      });
    });

    it(
      'R1.07 reported failed and authorised late turns to succeeded',
      unlessLacking('late_success', async () => {
        const checkout = await open('late');
        await harness.pay(checkout, { ...UPI, does: 'pay_late' });
        const failed = await lastPayment(checkout.checkoutId);
        expect(failed.status).toBe('failed');
        await harness.settle(failed.gatewayPaymentId);
        expect(await harness.gateway.getPayment(failed.gatewayPaymentId)).toMatchObject({
          status: 'succeeded',
          declineCode: null,
        });
      }),
    );
  });

  describe('a kept method', () => {
    it('is charged without its owner, and tells the key that made the payment', async () => {
      const method = await keepMethod('charged');
      const request = chargeRequest('charged', method);
      const outcome = await harness.gateway.chargeSaved(request);
      expect(outcome).toMatchObject({
        kind: 'succeeded',
        payment: {
          checkoutId: null,
          reference: 'subscription/sub_charged/period/1',
          customerReference: 'acct_1',
          money: inr('250.00'),
          mode: 'card',
          method: { reference: method, kind: 'card' },
          idempotencyKey: 'subscription/sub_charged/period/1/attempt/1',
        },
      });
      expect(await findPayments(request)).toEqual([outcome.payment]);
    });

    it('charged twice under one key pays once', async () => {
      const request = chargeRequest('twice', await keepMethod('twice'));
      const first = await harness.gateway.chargeSaved(request);
      expect(await harness.gateway.chargeSaved(request)).toEqual(first);
      expect(await findPayments(request)).toHaveLength(1);
    });

    it('charged at once by four pays once', async () => {
      const request = chargeRequest('race', await keepMethod('race'));
      const calls = Array.from({ length: 4 }, () => harness.gateway.chargeSaved(request));
      await expectAnswers(calls);
      expect((await harness.gateway.chargeSaved(request)).kind).toBe('succeeded');
      expect(await findPayments(request)).toHaveLength(1);
    });

    it.each([true, false])(
      'R1.07 whose charge was not answered (executed: %s) is looked up, then repeated under its key',
      async (executed) => {
        const request = chargeRequest(`lost_${executed}`, await keepMethod(`lost_${executed}`));
        await harness.strike({ kind: 'lost', executed });
        await expect(harness.gateway.chargeSaved(request)).rejects.toMatchObject({
          name: 'GatewayUnavailable',
          outcome: 'unknown',
        });
        const found = await findPayments(request);
        expect(found.map(({ idempotencyKey }) => idempotencyKey)).toEqual(
          executed ? [request.idempotencyKey] : [],
        );
        expect(await harness.gateway.chargeSaved(request)).toMatchObject({ kind: 'succeeded' });
        expect(await findPayments(request)).toHaveLength(1);
      },
    );

    it.each<DeclineClass>(['hard', 'needs_customer', 'soft', 'technical'])(
      'declined (%s) says so, is a payment that failed, and the old key says it for ever',
      async (declineClass) => {
        const method = await keepMethod(`declined_${declineClass}`);
        const request = chargeRequest(`declined_${declineClass}`, method);
        await harness.strike({ kind: 'decline', declineClass });
        const declined = await harness.gateway.chargeSaved(request);
        expect(declined).toMatchObject({ kind: 'declined', declineClass });
        expect(declined.payment).toMatchObject({ status: 'failed', declineClass });
        expect(await harness.gateway.chargeSaved(request)).toEqual(declined);

        const idempotencyKey = `${request.reference}/attempt/2`;
        const second = await harness.gateway.chargeSaved({ ...request, idempotencyKey });
        expect(second.kind).toBe('succeeded');
        expect((await findPayments(request)).map(({ status }) => status)).toEqual([
          'failed',
          'succeeded',
        ]);
      },
    );

    it('of another customer is not charged', async () => {
      const method = await keepMethod('foreign');
      const request = { ...chargeRequest('foreign', method), customerReference: 'acct_2' };
      await expect(harness.gateway.chargeSaved(request)).rejects.toMatchObject({
        name: 'GatewayRejected',
        code: 'resource_missing',
      });
      expect(await findPayments(request)).toEqual([]);
    });

    it('is listed for its owner until it is forgotten, and again, and is not charged then', async () => {
      const customerReference = 'acct_forgets';
      const list = () => harness.gateway.listPaymentMethods({ customerReference });
      const methodReference = await keepMethod('forget', customerReference);
      const [kept] = await list();
      expect(kept).toMatchObject({ customerReference, kind: 'card', status: 'active' });
      expect(kept?.reference).toBe(methodReference);
      expect(await harness.gateway.getPaymentMethod(methodReference)).toEqual(kept);

      await harness.gateway.detachPaymentMethod({ methodReference, idempotencyKey: 'detach/1' });
      await harness.gateway.detachPaymentMethod({ methodReference, idempotencyKey: 'detach/2' });
      expect(await list()).toEqual([]);
      const gone = await harness.gateway.getPaymentMethod(methodReference);
      expect(gone?.status ?? 'detached').toBe('detached');
      const request = { ...chargeRequest('forgotten', methodReference), customerReference };
      expect(await chargeOrRefusal(request)).toBe('never');
    });

    /** `never`: in the two ways the port has to say that a method is no more. */
    async function chargeOrRefusal(request: ChargeRequest): Promise<string> {
      try {
        const outcome = await harness.gateway.chargeSaved(request);
        const isHard = outcome.kind === 'declined' && outcome.declineClass === 'hard';
        return isHard ? 'never' : outcome.kind;
      } catch (error) {
        expect(error).toMatchObject({ name: 'GatewayRejected', code: 'resource_missing' });
        return 'never';
      }
    }
  });

  describe('money given back', () => {
    function refund(gatewayPaymentId: string, amount: string, idempotencyKey: string) {
      return harness.gateway.refund({ gatewayPaymentId, money: inr(amount), idempotencyKey });
    }

    it('once under one key, in parts, and never above the whole', async () => {
      const { gatewayPaymentId } = await pay('parts', CARD);
      const first = await refund(gatewayPaymentId, '400.00', 'refund/parts/1');
      expect(first).toMatchObject({ kind: 'refunded', money: inr('400.00') });
      expect(await refund(gatewayPaymentId, '400.00', 'refund/parts/1')).toEqual(first);
      expect(await refund(gatewayPaymentId, '200.01', 'refund/parts/2')).toEqual({
        kind: 'refused',
        reason: 'more_than_left',
      });
      expect((await refund(gatewayPaymentId, '200.00', 'refund/parts/3')).kind).toBe('refunded');
      expect(await harness.gateway.getPayment(gatewayPaymentId)).toMatchObject({
        status: 'succeeded',
        refunded: inr('600.00'),
      });
    });

    it('whose answer was lost is given once', async () => {
      const { gatewayPaymentId } = await pay('refund_lost', CARD);
      await harness.strike({ kind: 'lost', executed: true });
      await expect(refund(gatewayPaymentId, '100.00', 'refund/lost/1')).rejects.toMatchObject({
        name: 'GatewayUnavailable',
        outcome: 'unknown',
      });
      expect((await refund(gatewayPaymentId, '100.00', 'refund/lost/1')).kind).toBe('refunded');
      const payment = await harness.gateway.getPayment(gatewayPaymentId);
      expect(payment?.refunded).toEqual(inr('100.00'));
    });

    it('that a bank does not take is refused under that key for ever', async () => {
      const { gatewayPaymentId } = await pay('refund_declined', CARD);
      await harness.strike({ kind: 'decline_refund' });
      const declined = { kind: 'refused', reason: 'declined' };
      expect(await refund(gatewayPaymentId, '100.00', 'refund/declined/1')).toEqual(declined);
      expect(await refund(gatewayPaymentId, '100.00', 'refund/declined/1')).toEqual(declined);
      expect((await refund(gatewayPaymentId, '100.00', 'refund/declined/2')).kind).toBe('refunded');
    });

    it('of a payment that failed, or nobody made, is refused', async () => {
      const failed = await pay('refund_failed', { ...CARD, does: 'decline' });
      expect(await refund(failed.gatewayPaymentId, '1.00', 'refund/failed/1')).toEqual({
        kind: 'refused',
        reason: 'payment_not_succeeded',
      });
      expect(await refund('pay_nobody', '1.00', 'refund/nobody/1')).toEqual({
        kind: 'refused',
        reason: 'unknown_payment',
      });
    });
  });

  describe('a webhook', () => {
    it('R1.07 of a payment names it and our reference, the same in every reading', async () => {
      const { gatewayPaymentId } = await pay('told', CARD);
      const message = await harness.awaitWebhook(
        ({ type, gatewayPaymentId: id }) => type === 'payment.succeeded' && id === gatewayPaymentId,
      );
      const event = harness.gateway.verifyWebhook(message);
      expect(event).toMatchObject({ gatewayPaymentId, reference: 'order/ord_told' });
      expect(harness.gateway.verifyWebhook(message)).toEqual(event);
    });

    it('of a page whose time is up names the page', async () => {
      const { checkoutId } = await open('told_expired');
      await harness.expire(checkoutId);
      const message = await harness.awaitWebhook(
        ({ type, checkoutId: id }) => type === 'checkout.expired' && id === checkoutId,
      );
      expect(harness.gateway.verifyWebhook(message).reference).toBe('order/ord_told_expired');
    });

    async function paidMessage() {
      const { gatewayPaymentId } = await pay(`signed_${Math.random()}`, CARD);
      return harness.awaitWebhook((event) => event.gatewayPaymentId === gatewayPaymentId);
    }

    it('forged, changed on its way or unsigned is refused', async () => {
      const { rawBody, receivedAt, headers } = await paidMessage();
      const forged = harness.sign(rawBody, { secret: 'a secret nobody was told' });
      const changed = Buffer.from(rawBody.toString('utf8').replace(/\d/, '7x'), 'utf8');
      for (const received of [
        forged,
        { rawBody: changed, headers, receivedAt },
        { rawBody, headers: {}, receivedAt },
      ]) {
        expect(() => harness.gateway.verifyWebhook(received)).toThrow(
          expect.objectContaining({ code: 'invalid_signature' }),
        );
      }
    });

    it(
      'signed five minutes ago counts, a second earlier and as far ahead it does not',
      unlessLacking('signed_time', async () => {
        const { rawBody } = await paidMessage();
        const verdictAt = (receivedAt: string) => {
          const signed = harness.sign(rawBody, { at: '2026-11-28T12:00:00.000Z' });
          try {
            harness.gateway.verifyWebhook({ ...signed, receivedAt });
            return 'valid';
          } catch (error) {
            return (error as { details?: { reason?: string } }).details?.reason;
          }
        };
        expect(verdictAt('2026-11-28T12:05:00.000Z')).toBe('valid');
        expect(verdictAt('2026-11-28T12:05:01.000Z')).toBe('too_old');
        expect(verdictAt('2026-11-28T11:55:00.000Z')).toBe('valid');
        expect(verdictAt('2026-11-28T11:54:59.000Z')).toBe('in_the_future');
      }),
    );

    it('signed with the old secret counts while both are known, and no longer', async () => {
      const { rawBody } = await paidMessage();
      const signed = harness.sign(rawBody, { secret: 'the old secret of the gateway' });
      const both = ['the new secret of the gateway', 'the old secret of the gateway'];
      expect(
        harness.connect({ webhookSecrets: both }).verifyWebhook(signed).gatewayPaymentId,
      ).not.toBeNull();
      const rotated = harness.connect({ webhookSecrets: both.slice(0, 1) });
      expect(() => rotated.verifyWebhook(signed)).toThrow(
        expect.objectContaining({ code: 'invalid_signature' }),
      );
    });

    it.each(['not json', '{}', '[]', '{"id": 7}'])('signed but %s is no message', (text) => {
      const signed = harness.sign(Buffer.from(text));
      expect(() => harness.gateway.verifyWebhook(signed)).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      );
    });
  });

  describe('a method kept without a payment', () => {
    it('is kept once its owner did what the page asks, and is charged', async () => {
      const { gateway } = harness;
      if (!gateway.setupModes('INR').includes('card')) return;
      const opened = await gateway.createSetup(SETUP);
      expect(await gateway.createSetup(SETUP)).toEqual(opened);
      const open = await gateway.getSetup(opened.setupId);
      expect(open).toMatchObject({ reference: 'setup/pms_1', status: 'open', method: null });

      await harness.completeSetup(opened, 'card');
      const complete = await gateway.getSetup(opened.setupId);
      expect(complete).toMatchObject({
        status: 'complete',
        method: { kind: 'card', status: 'active', customerReference: 'acct_setup' },
      });
      const methodReference = complete.method?.reference ?? '';
      const charge = chargeRequest('setup', methodReference);
      const outcome = await gateway.chargeSaved({ ...charge, customerReference: 'acct_setup' });
      expect(outcome.kind).toBe('succeeded');
    });

    it('by UPI has a mandate with the ceiling its owner agreed to', async () => {
      const { gateway } = harness;
      if (!gateway.setupModes('INR').includes('upi')) return;
      const opened = await gateway.createSetup({
        ...SETUP,
        idempotencyKey: 'setup/pms_2',
        reference: 'setup/pms_2',
        mode: 'upi',
        ceiling: inr('5000.00'),
      });
      await harness.completeSetup(opened, 'upi');
      const { method } = await gateway.getSetup(opened.setupId);
      expect(method).toMatchObject({
        kind: 'upi',
        mandate: { ceiling: inr('5000.00'), status: 'active' },
      });
      expect(await gateway.getPaymentMethod(method?.reference ?? '')).toEqual(method);
    });
  });

  describe('a payment disputed', () => {
    it('is told with its amount, its fee and until when evidence counts, then how it ended', async () => {
      const { disputes } = harness;
      if (disputes === null) return;
      const payment = await pay('disputed', CARD);
      const disputeId = await disputes.open(payment);
      const dispute = await disputes.getDispute(disputeId);
      expect(dispute).toMatchObject({
        disputeId,
        gatewayPaymentId: payment.gatewayPaymentId,
        reference: 'order/ord_disputed',
        customerReference: 'acct_1',
        money: inr('600.00'),
        status: 'needs_response',
        evidenceDueAt: expect.any(String),
      });
      const opened = await harness.awaitWebhook((event) => event.disputeId === disputeId);
      expect(harness.gateway.verifyWebhook(opened).type).toBe('dispute.opened');

      await disputes.close(disputeId, 'lost');
      expect(await disputes.getDispute(disputeId)).toMatchObject({
        status: 'lost',
        evidenceDueAt: null,
      });
      expect(await disputes.getDispute('du_nobody')).toBeNull();
    });
  });

  describe('what was settled', () => {
    it('has each payment with its fee and each refund, oldest first, page by page', async () => {
      const { settlements, gateway } = harness;
      if (settlements === null) return;
      const { gatewayPaymentId } = await pay('settled', CARD);
      const money = inr('100.00');
      await gateway.refund({ gatewayPaymentId, money, idempotencyKey: 'refund/settled/1' });
      await settlements.settleAll();
      const entries: SettledEntry[] = [];
      const nowMs = Date.now();
      const from = new Date(nowMs - 24 * 3_600_000).toISOString();
      const to = new Date(nowMs + 3_600_000).toISOString();
      let cursor: string | null = null;
      do {
        const page: SettledPage = await settlements.listSettled({ from, to, cursor });
        entries.push(...page.entries);
        cursor = page.nextCursor;
      } while (cursor !== null);
      const ofPayment = entries.filter((entry) => entry.gatewayPaymentId === gatewayPaymentId);
      expect(ofPayment).toMatchObject([
        { kind: 'payment', money: inr('600.00') },
        { kind: 'refund', money: inr('-100.00') },
      ]);
      const fee = (await gateway.getPayment(gatewayPaymentId))?.fee;
      expect(ofPayment[0]?.fee).toEqual(fee);
    });
  });

  it('what nobody knows is null, not an error', async () => {
    expect(await harness.gateway.getPayment('pay_nobody')).toBeNull();
    expect(await harness.gateway.getPaymentMethod('pm_nobody')).toBeNull();
    const nobody = { reference: 'order/ord_nobody', customerReference: 'acct_nobody' };
    expect(await harness.gateway.findPayments(nobody)).toEqual([]);
    expect(await harness.gateway.listPaymentMethods(nobody)).toEqual([]);
  });
});

/** One that comes while the same call is executed may be told to come again. */
async function expectAnswers(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(GatewayUnavailable);
  }
}

const SETUP: SetupRequest = {
  idempotencyKey: 'setup/pms_1',
  reference: 'setup/pms_1',
  customerReference: 'acct_setup',
  mode: 'card',
  currency: 'INR',
  ceiling: null,
  merchant: 'Meridian Messaging',
  returnUrl: 'https://shop.example/methods',
  contact: { name: 'Gaurav Kumar', email: 'gaurav.kumar@example.com', phone: '+919876543210' },
};

function inr(amount: string): Money {
  return parseMoney({ amount, currency: 'INR' });
}

function checkoutRequest(name: string, changed: Partial<CheckoutRequest>): CheckoutRequest {
  return {
    idempotencyKey: `order/ord_${name}/checkout`,
    reference: `order/ord_${name}`,
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
    ...changed,
  };
}

function chargeRequest(name: string, methodReference: string): ChargeRequest {
  const reference = `subscription/sub_${name}/period/1`;
  return {
    idempotencyKey: `${reference}/attempt/1`,
    reference,
    customerReference: 'acct_1',
    money: inr('250.00'),
    methodReference,
  };
}
