import {
  cardForm,
  FAILURE_UPI,
  LATE_UPI,
  payCheckout,
  SLOW_UPI,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { buildChargeRequest, inr, keepMethod, openCheckout } from './checkout-request';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandboxGateway();
});
afterAll(() => sandbox.stop());

/** The id of a payment of 600.00 INR that succeeded. */
async function payOrder(name: string): Promise<string> {
  const { checkoutId, url } = await openCheckout(sandbox, name);
  await payCheckout(url, SUCCESS_UPI);
  const { payments } = await sandbox.gateway.getCheckout(checkoutId);
  return payments[0]?.gatewayPaymentId ?? '';
}

describe('charging a kept method', () => {
  it('succeeds without its owner, and tells the key that made it', async () => {
    const method = await keepMethod(sandbox, 'charge_ok', cardForm());
    const outcome = await sandbox.gateway.chargeSaved(buildChargeRequest('charge_ok', method));
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      payment: {
        checkoutId: null,
        reference: 'sub_charge_ok/1',
        status: 'succeeded',
        money: inr('250.00'),
        mode: 'card',
        method: { reference: method, brand: 'visa', lastFour: '4242' },
        idempotencyKey: 'subscription/sub_charge_ok/charge/1/attempt/1',
      },
    });
  });

  it('of a card that only attaches is declined, as a payment of its own', async () => {
    const method = await keepMethod(sandbox, 'attaches', cardForm('4000000000000341'));
    const outcome = await sandbox.gateway.chargeSaved(buildChargeRequest('attaches', method));
    expect(outcome).toMatchObject({
      kind: 'declined',
      declineCode: 'generic_decline',
      declineClass: 'soft',
      payment: { status: 'failed', declineCode: 'generic_decline', declineClass: 'soft' },
    });
    expect(
      await sandbox.gateway.findPayments({
        reference: 'sub_attaches/1',
        customerReference: 'acct_1',
      }),
    ).toHaveLength(1);
  });

  it.each([
    ['insufficient_funds', 'soft'],
    ['stolen_card', 'hard'],
    ['authentication_required', 'needs_customer'],
    ['issuer_not_available', 'technical'],
  ])('is declined with %s (%s) when the knob says so', async (code, declineClass) => {
    const method = await keepMethod(sandbox, `knob_${code}`, cardForm());
    await sandbox.addFault({ kind: 'decline', count: 1, code });
    const request = buildChargeRequest(`knob_${code}`, method);
    const declined = await sandbox.gateway.chargeSaved(request);
    expect(declined).toMatchObject({ kind: 'declined', declineCode: code, declineClass });

    const next = { ...request, idempotencyKey: `${request.idempotencyKey}/next` };
    expect((await sandbox.gateway.chargeSaved(next)).kind).toBe('succeeded');
  });

  it('answers the old decline to the old key for ever: a new try has a new key', async () => {
    const method = await keepMethod(sandbox, 'replayed', cardForm());
    await sandbox.addFault({ kind: 'decline', count: 1, code: 'do_not_honor' });
    const request = buildChargeRequest('replayed', method);
    const first = await sandbox.gateway.chargeSaved(request);
    expect(first).toMatchObject({ kind: 'declined', declineCode: 'do_not_honor' });
    expect(await sandbox.gateway.chargeSaved(request)).toEqual(first);
    expect(
      await sandbox.gateway.findPayments({
        reference: 'sub_replayed/1',
        customerReference: 'acct_1',
      }),
    ).toHaveLength(1);
  });

  it('is pending for a slow method, and settled when the bank answered', async () => {
    const method = await keepMethod(sandbox, 'slow', SLOW_UPI);
    const outcome = await sandbox.gateway.chargeSaved(buildChargeRequest('slow', method));
    expect(outcome.kind).toBe('pending');
    const { gatewayPaymentId } = outcome.payment;
    await sandbox.settle(gatewayPaymentId);
    const settled = await sandbox.gateway.getPayment(gatewayPaymentId);
    expect(settled).toMatchObject({ status: 'succeeded', money: inr('250.00') });
  });

  it('is declined and then authorised late for a late method', async () => {
    const method = await keepMethod(sandbox, 'late', LATE_UPI);
    const outcome = await sandbox.gateway.chargeSaved(buildChargeRequest('late', method));
    expect(outcome).toMatchObject({ kind: 'declined', declineClass: 'technical' });
    const { gatewayPaymentId } = outcome.payment;
    await sandbox.settle(gatewayPaymentId);
    expect(await sandbox.gateway.getPayment(gatewayPaymentId)).toMatchObject({
      status: 'succeeded',
      declineCode: null,
    });
  });

  it('is declined for good once the method is detached', async () => {
    const method = await keepMethod(sandbox, 'detached', cardForm());
    const detach = { methodReference: method, idempotencyKey: `method/${method}/detach` };
    await sandbox.gateway.detachPaymentMethod(detach);
    await sandbox.gateway.detachPaymentMethod({ ...detach, idempotencyKey: 'another key' });
    expect(await sandbox.gateway.getPaymentMethod(method)).toMatchObject({ status: 'detached' });
    expect(await sandbox.gateway.chargeSaved(buildChargeRequest('detached', method))).toMatchObject(
      {
        kind: 'declined',
        declineCode: 'payment_method_detached',
        declineClass: 'hard',
      },
    );
  });

  it('of another customer’s method is refused as if it did not exist', async () => {
    const method = await keepMethod(sandbox, 'foreign', cardForm());
    const request = buildChargeRequest('foreign', method, { customerReference: 'acct_2' });
    await expect(sandbox.gateway.chargeSaved(request)).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'resource_missing',
    });
  });

  it('makes one payment of eight equal calls at once, and eight equal answers', async () => {
    const method = await keepMethod(sandbox, 'at_once', cardForm());
    const request = buildChargeRequest('at_once', method);
    const calls = Array.from({ length: 8 }, () => sandbox.gateway.chargeSaved(request));
    const outcomes = await Promise.all(calls);
    expect(new Set(outcomes.map((outcome) => outcome.payment.gatewayPaymentId)).size).toBe(1);
    expect(
      await sandbox.gateway.findPayments({
        reference: 'sub_at_once/1',
        customerReference: 'acct_1',
      }),
    ).toHaveLength(1);
  });
});

describe('kept methods', () => {
  it('are listed for their customer only, newest first, without detached ones', async () => {
    const pay = async (name: string, fields: Readonly<Record<string, string>>) => {
      const { url } = await openCheckout(sandbox, name, { customerReference: 'acct_list' });
      await payCheckout(url, { ...fields, save: 'on' });
    };
    await pay('list_1', cardForm());
    await pay('list_2', SUCCESS_UPI);
    await pay('list_3', cardForm('4000000000000341'));
    const query = { customerReference: 'acct_list' };
    const all = await sandbox.gateway.listPaymentMethods(query);
    expect(all.map((method) => method.lastFour)).toEqual(['0341', null, '4242']);

    const first = all.at(-1)?.reference ?? '';
    await sandbox.gateway.detachPaymentMethod({ methodReference: first, idempotencyKey: first });
    const left = await sandbox.gateway.listPaymentMethods(query);
    expect(left.map((method) => method.brand)).toEqual(['visa', 'upi']);
    const other = { customerReference: 'acct_list_other' };
    expect(await sandbox.gateway.listPaymentMethods(other)).toEqual([]);
  });

  it('that nobody knows are null', async () => {
    expect(await sandbox.gateway.getPaymentMethod('sbx_pm_nobody')).toBeNull();
    expect(await sandbox.gateway.getPayment('sbx_pay_nobody')).toBeNull();
  });
});

describe('giving money back', () => {
  it('in parts, up to the payment and not 0.01 more', async () => {
    const gatewayPaymentId = await payOrder('refund_parts');
    const give = (amount: string, key: string) =>
      sandbox.gateway.refund({ gatewayPaymentId, money: inr(amount), idempotencyKey: key });

    expect(await give('400.00', 'refund/parts/1')).toMatchObject({
      kind: 'refunded',
      money: inr('400.00'),
    });
    expect(await give('200.01', 'refund/parts/2')).toEqual({
      kind: 'refused',
      reason: 'more_than_left',
    });
    expect((await give('200.00', 'refund/parts/3')).kind).toBe('refunded');
    const payment = await sandbox.gateway.getPayment(gatewayPaymentId);
    expect(payment).toMatchObject({ status: 'succeeded', refunded: inr('600.00') });
  });

  it('once per key', async () => {
    const gatewayPaymentId = await payOrder('refund_once');
    const request = { gatewayPaymentId, money: inr('100.00'), idempotencyKey: 'refund/once/1' };
    const first = await sandbox.gateway.refund(request);
    expect(await sandbox.gateway.refund(request)).toEqual(first);
    const payment = await sandbox.gateway.getPayment(gatewayPaymentId);
    expect(payment?.refunded).toEqual(inr('100.00'));
  });

  it('is declined by a bank when the knobs say so, under that key for ever, and moves nothing', async () => {
    const gatewayPaymentId = await payOrder('refund_declined');
    const refund = (idempotencyKey: string) =>
      sandbox.gateway.refund({ gatewayPaymentId, money: inr('100.00'), idempotencyKey });
    await sandbox.addFault({ kind: 'decline', on: 'refund', code: 'account_closed' });
    const declined = { kind: 'refused', reason: 'declined' };
    expect(await refund('refund/declined/1')).toEqual(declined);
    expect(await refund('refund/declined/1')).toEqual(declined);
    expect((await refund('refund/declined/2')).kind).toBe('refunded');
    const payment = await sandbox.gateway.getPayment(gatewayPaymentId);
    expect(payment?.refunded).toEqual(inr('100.00'));
  });

  it('a decline set for refunds strikes no payment', async () => {
    await sandbox.addFault({ kind: 'decline', on: 'refund' });
    const gatewayPaymentId = await payOrder('payment_spared');
    expect(await sandbox.gateway.getPayment(gatewayPaymentId)).toMatchObject({
      status: 'succeeded',
    });
  });

  it('is refused for a payment that failed, or that nobody made', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'refund_failed');
    await payCheckout(url, FAILURE_UPI);
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    const gatewayPaymentId = payments[0]?.gatewayPaymentId ?? '';
    const refund = (id: string, key: string) =>
      sandbox.gateway.refund({
        gatewayPaymentId: id,
        money: inr('1.00'),
        idempotencyKey: key,
      });
    expect(await refund(gatewayPaymentId, 'refund/failed/1')).toEqual({
      kind: 'refused',
      reason: 'payment_not_succeeded',
    });
    expect(await refund('sbx_pay_nobody', 'refund/nobody/1')).toEqual({
      kind: 'refused',
      reason: 'unknown_payment',
    });
  });
});
