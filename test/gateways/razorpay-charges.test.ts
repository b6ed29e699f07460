/** Charges of a kept method at Razorpay: one order and one payment per key, whatever dies in between. */
import fc from 'fast-check';
import { parseMoney } from '../../domain/money';
import { GatewayUnavailable, type ChargeRequest } from '../../gateways/payment-gateway';
import { connectRazorpay, keepMethod } from '../support/razorpay/connect';
import type { Call } from '../support/razorpay/routes';
import { startRazorpayServer, type Fault, type RazorpayServer } from '../support/razorpay-server';

jest.setTimeout(30_000);

const REFERENCE = 'subscription/sub_1/period/3';
const TEN_MINUTES_MS = 600_000;

const makesOrder = ({ method, path }: Call) => method === 'POST' && path === '/orders';
const makesPayment = ({ path }: Call) => path === '/payments/create/recurring';
const readsPayment = ({ method, path }: Call) => method === 'GET' && path.startsWith('/payments/');

describe('a kept method at Razorpay', () => {
  let razorpay: RazorpayServer;
  let gateway: ReturnType<typeof connectRazorpay>;
  let request: ChargeRequest;
  let passedMs = 0;

  beforeEach(async () => {
    const realNow = Date.now;
    passedMs = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + passedMs);
    razorpay = await startRazorpayServer();
    gateway = connectRazorpay(razorpay);
    request = {
      idempotencyKey: `${REFERENCE}/attempt/1`,
      reference: REFERENCE,
      customerReference: 'acct_1',
      money: parseMoney({ amount: '250.00', currency: 'INR' }),
      methodReference: await keepMethod(razorpay, gateway, { mode: 'upi' }),
    };
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await razorpay.stop();
  });

  function findAll() {
    return gateway.findPayments({ reference: REFERENCE, customerReference: 'acct_1' });
  }

  /** Orders and payments made for charges, the registration's left out. */
  function made() {
    const orders = [...razorpay.books.orders.values()].filter(({ receipt }) => receipt !== null);
    const payments = [...razorpay.books.payments.values()].filter(
      (made) => made.invoice_id === null,
    );
    return { orders: orders.length, payments: payments.length };
  }

  const isUnknown = { name: 'GatewayUnavailable', outcome: 'unknown' };

  it('is debited by an order that captures by itself and leaves the notice to Razorpay', async () => {
    expect(await gateway.chargeSaved(request)).toMatchObject({
      kind: 'succeeded',
      payment: {
        idempotencyKey: request.idempotencyKey,
        reference: REFERENCE,
        method: { reference: request.methodReference, kind: 'upi' },
      },
    });
    const { body } = razorpay.calls.find(makesOrder) ?? {};
    expect(body).toMatchObject({ amount: 25_000, currency: 'INR', payment_capture: true });
    expect(body).not.toHaveProperty('notification');
    expect(razorpay.calls.find(makesPayment)?.body).toMatchObject({
      email: 'gaurav.kumar@example.com',
      contact: '+919876543210',
      recurring: true,
    });
  });

  it('R1.07 is pending until the bank has told its customer and debited, and then the same payment', async () => {
    razorpay.moods.fates.push({ kind: 'created' });
    const pending = await gateway.chargeSaved(request);
    expect(pending.kind).toBe('pending');
    expect(await gateway.chargeSaved(request)).toEqual(pending);
    const { gatewayPaymentId } = pending.payment;
    const payment = razorpay.books.payments.get(gatewayPaymentId);
    if (payment === undefined) throw new Error('razorpay lost the payment');
    razorpay.books.decide(payment, { kind: 'captured' });
    expect(await gateway.chargeSaved(request)).toMatchObject({
      kind: 'succeeded',
      payment: { gatewayPaymentId },
    });
    expect(made()).toEqual({ orders: 1, payments: 1 });
  });

  it('is not debited again while an earlier debit is undecided', async () => {
    razorpay.moods.fates.push({ kind: 'created' });
    await gateway.chargeSaved(request);
    const second = { ...request, idempotencyKey: `${REFERENCE}/attempt/2` };
    await expect(gateway.chargeSaved(second)).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      outcome: 'not_executed',
    });
    expect(made()).toEqual({ orders: 1, payments: 1 });
  });

  it.each([
    ['before its order was made', { fits: makesOrder, does: 'lose_before' }, 0],
    ['after its order was made', { fits: makesOrder, does: 'lose_after' }, TEN_MINUTES_MS],
    ['before its payment was made', { fits: makesPayment, does: 'lose_before' }, TEN_MINUTES_MS],
    ['after its payment was made', { fits: makesPayment, does: 'lose_after' }, 0],
    ['before its payment was read', { fits: readsPayment, does: 'lose_before' }, 0],
  ] satisfies [string, Fault, number][])(
    'interrupted %s has one order and one payment in the end',
    async (_when, fault, waitsMs) => {
      razorpay.strike(fault);
      await expect(gateway.chargeSaved(request)).rejects.toMatchObject(isUnknown);
      if (waitsMs > 0) {
        // It may have been asked for a moment ago, and not show yet.
        await expect(gateway.chargeSaved(request)).rejects.toMatchObject(isUnknown);
        passedMs = waitsMs;
      }
      expect((await gateway.chargeSaved(request)).kind).toBe('succeeded');
      expect(made()).toEqual({ orders: 1, payments: 1 });
      expect(await findAll()).toHaveLength(1);
    },
  );

  it('made and not shown yet is not asked for again', async () => {
    razorpay.moods.hidesPayments = true;
    razorpay.strike({ fits: makesPayment, does: 'lose_after' });
    await expect(gateway.chargeSaved(request)).rejects.toMatchObject(isUnknown);
    passedMs = TEN_MINUTES_MS - 60_000;
    await expect(gateway.chargeSaved(request)).rejects.toMatchObject({
      ...isUnknown,
      retryAfterSeconds: expect.any(Number),
    });
    razorpay.moods.hidesPayments = false;
    expect((await gateway.chargeSaved(request)).kind).toBe('succeeded');
    expect(made()).toEqual({ orders: 1, payments: 1 });
  });

  it('interrupted anywhere, any number of times, pays once', async () => {
    const fault = fc.constantFrom<Fault | null>(
      { fits: makesOrder, does: 'lose_before' },
      { fits: makesOrder, does: 'lose_after' },
      { fits: ({ method }) => method === 'PATCH', does: 'lose_after' },
      { fits: makesPayment, does: 'lose_before' },
      { fits: makesPayment, does: 'lose_after' },
      { fits: readsPayment, does: 'lose_before' },
      null,
    );
    const attempt = fc.record({ fault, waits: fc.boolean() });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { maxLength: 6 }), async (attempts) => {
        run += 1;
        const reference = `subscription/sub_${run}/period/1`;
        const asked = { ...request, reference, idempotencyKey: `${reference}/attempt/1` };
        for (const { fault: struck, waits } of attempts) {
          if (struck !== null) razorpay.strike(struck);
          await gateway.chargeSaved(asked).catch(expectUnavailable);
          if (waits) passedMs += TEN_MINUTES_MS;
        }
        razorpay.forgive();
        passedMs += TEN_MINUTES_MS;
        expect((await gateway.chargeSaved(asked)).kind).toBe('succeeded');
        const payments = [...razorpay.books.payments.values()];
        const own = payments.filter(
          ({ notes }) => 'reference' in notes && notes.reference === reference,
        );
        expect(own).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it.each([true, false])(
    'asked for by four at once pays once (receipts unique: %s)',
    async (areReceiptsUnique) => {
      razorpay.moods.areReceiptsUnique = areReceiptsUnique;
      const four = Array.from({ length: 4 }, () => gateway.chargeSaved(request));
      for (const result of await Promise.allSettled(four)) {
        if (result.status === 'rejected') expectUnavailable(result.reason);
      }
      passedMs = TEN_MINUTES_MS;
      expect((await gateway.chargeSaved(request)).kind).toBe('succeeded');
      expect(made().payments).toBe(1);
      expect((await findAll()).length).toBe(1);
    },
  );

  it('above what its owner agreed to is declined without a payment, for ever under that key', async () => {
    const money = parseMoney({ amount: '5000.01', currency: 'INR' });
    const tooMuch = { ...request, money };
    const declined = await gateway.chargeSaved(tooMuch);
    expect(declined).toMatchObject({
      kind: 'declined',
      declineCode: 'transaction_limit_exceeded',
      declineClass: 'needs_customer',
      payment: { status: 'failed', money, idempotencyKey: request.idempotencyKey },
    });
    expect(await gateway.chargeSaved(tooMuch)).toEqual(declined);
    expect(await findAll()).toEqual([declined.payment]);
    expect(await gateway.getPayment(declined.payment.gatewayPaymentId)).toEqual(declined.payment);
    expect(made()).toEqual({ orders: 1, payments: 0 });
  });

  it('tried by Razorpay several times for one order counts as paid once one of them is', async () => {
    razorpay.moods.fates.push({ kind: 'failed', reason: 'insufficient_funds' });
    expect(await gateway.chargeSaved(request)).toMatchObject({
      kind: 'declined',
      declineClass: 'soft',
    });
    const [order] = [...razorpay.books.orders.values()].filter(({ receipt }) => receipt !== null);
    if (order === undefined) throw new Error('nothing was asked for');
    const again = { method: 'upi', description: null, notes: order.notes };
    razorpay.books.decide(razorpay.books.addPayment(order, again), { kind: 'captured' });
    expect((await gateway.chargeSaved(request)).kind).toBe('succeeded');
    expect((await findAll()).map(({ status }) => status)).toEqual(['succeeded']);
  });

  it('asked for something else under the same key is refused', async () => {
    await gateway.chargeSaved(request);
    const money = parseMoney({ amount: '251.00', currency: 'INR' });
    await expect(gateway.chargeSaved({ ...request, money })).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'idempotency_error',
    });
  });

  it.each([
    ['cancelled', 'mandate_cancelled', 'hard'],
    ['paused', 'mandate_paused', 'needs_customer'],
  ] as const)(
    'whose mandate is %s is declined with %s',
    async (status, declineCode, declineClass) => {
      razorpay.changeToken(request.methodReference.split('/')[0] ?? '', status);
      expect(await gateway.chargeSaved(request)).toMatchObject({
        kind: 'declined',
        declineCode,
        declineClass,
      });
    },
  );
});

function expectUnavailable(error: unknown): void {
  expect(error).toBeInstanceOf(GatewayUnavailable);
}
