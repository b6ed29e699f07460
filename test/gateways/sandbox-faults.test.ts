import fc from 'fast-check';
import { GatewayUnavailable, type ChargeOutcome } from '../../gateways/payment-gateway';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import {
  cardForm,
  startSandboxGateway,
  SUCCESS_UPI,
  payCheckout,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import {
  buildChargeRequest,
  buildCheckoutRequest,
  keepMethod,
  openCheckout,
} from './checkout-request';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandboxGateway();
});
afterAll(() => sandbox.stop());

/** Some 300 calls; on a machine that does much else besides, a minute. */
const COURSES_WITHIN_MS = 60_000;

async function catchUnavailable(call: Promise<unknown>): Promise<GatewayUnavailable> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayUnavailable) return error;
  throw new Error(`the call did not fail as unavailable: ${String(error)}`);
}

describe('a call whose answer is lost', () => {
  it('before execution: nothing happened; the same key then makes one payment', async () => {
    const method = await keepMethod(sandbox, 'before', cardForm());
    const request = buildChargeRequest('before', method);
    await sandbox.addFault({ kind: 'timeout_before', count: 1 });
    const error = await catchUnavailable(sandbox.gateway.chargeSaved(request));
    expect(error.outcome).toBe('unknown');
    expect(
      await sandbox.gateway.findPayments({
        reference: request.reference,
        customerReference: 'acct_1',
      }),
    ).toEqual([]);

    expect((await sandbox.gateway.chargeSaved(request)).kind).toBe('succeeded');
    expect(
      await sandbox.gateway.findPayments({
        reference: request.reference,
        customerReference: 'acct_1',
      }),
    ).toHaveLength(1);
  });

  it('after execution: a look-up finds the payment with its key, and the same key replays it', async () => {
    const method = await keepMethod(sandbox, 'after', cardForm());
    const request = buildChargeRequest('after', method);
    await sandbox.addFault({ kind: 'timeout_after', count: 1 });
    const error = await catchUnavailable(sandbox.gateway.chargeSaved(request));
    expect(error.outcome).toBe('unknown');

    const found = await sandbox.gateway.findPayments({
      reference: request.reference,
      customerReference: 'acct_1',
    });
    expect(found).toMatchObject([
      { status: 'succeeded', idempotencyKey: 'subscription/sub_after/charge/1/attempt/1' },
    ]);
    const outcome = await sandbox.gateway.chargeSaved(request);
    expect(outcome).toEqual({ kind: 'succeeded', payment: found[0] });
    expect(
      await sandbox.gateway.findPayments({
        reference: request.reference,
        customerReference: 'acct_1',
      }),
    ).toHaveLength(1);
  });

  it('after execution, three times in a row: still one checkout', async () => {
    await sandbox.addFault({ kind: 'timeout_after', count: 3 });
    const request = buildCheckoutRequest('thrice');
    for (let attempts = 0; attempts < 3; attempts += 1) {
      await catchUnavailable(sandbox.gateway.createCheckout(request));
    }
    const { checkoutId } = await sandbox.gateway.createCheckout(request);
    const { checkouts } = await sandbox.readState('ord_thrice');
    expect(checkouts.map((checkout) => checkout.id)).toEqual([checkoutId]);
  });

  it('after a refund was executed: the same key gives nothing back twice', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'refund_lost');
    await payCheckout(url, SUCCESS_UPI);
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    const [payment] = payments;
    const request = {
      gatewayPaymentId: payment?.gatewayPaymentId ?? '',
      money: buildChargeRequest('any', 'any').money,
      idempotencyKey: 'refund/lost/1',
    };
    await sandbox.addFault({ kind: 'timeout_after', count: 1, operation: 'refund.create' });
    await catchUnavailable(sandbox.gateway.refund(request));
    expect((await sandbox.gateway.refund(request)).kind).toBe('refunded');
    expect((await sandbox.readState('ord_refund_lost')).refunds).toMatchObject([
      { amount: '250.00' },
    ]);
  });
});

describe('a call that is answered late', () => {
  it('runs out of the caller’s time, and is executed once', async () => {
    await sandbox.addFault({ kind: 'delay', count: 1, delay_ms: 2_000 });
    const hasty = createSandboxGateway({
      baseUrl: sandbox.baseUrl,
      apiKey: sandbox.apiKey,
      webhookSecrets: [sandbox.webhookSecret],
      timeoutMs: 500,
    });
    const request = buildCheckoutRequest('delayed');
    const error = await catchUnavailable(hasty.createCheckout(request));
    expect(error.outcome).toBe('unknown');
    // The key is taken while the first call runs, which is no reason to give up either.
    const inUse = await catchUnavailable(sandbox.gateway.createCheckout(request));
    expect(inUse.message).toContain('409');

    const deadlineMs = Date.now() + 5_000;
    let checkouts = (await sandbox.readState('ord_delayed')).checkouts;
    while (checkouts.length === 0 && Date.now() < deadlineMs) {
      checkouts = (await sandbox.readState('ord_delayed')).checkouts;
    }
    const { checkoutId } = await sandbox.gateway.createCheckout(request);
    expect(checkouts).toMatchObject([{ id: checkoutId }]);
  });

  it('within the caller’s time, is an answer like any other', async () => {
    await sandbox.addFault({ kind: 'delay', count: 1, delay_ms: 20 });
    await expect(openCheckout(sandbox, 'a_little_late')).resolves.toMatchObject({
      checkoutId: expect.stringMatching(/^sbx_cs_/),
    });
  });
});

describe('which calls a fault strikes', () => {
  it('is the next writes, unless an operation is named', async () => {
    await sandbox.addFault({ kind: 'timeout_before', count: 1 });
    await sandbox.addFault({ kind: 'timeout_before', count: 1, operation: 'checkout.get' });
    await catchUnavailable(openCheckout(sandbox, 'strike'));
    const { checkoutId } = await openCheckout(sandbox, 'strike');
    await catchUnavailable(sandbox.gateway.getCheckout(checkoutId));
    expect((await sandbox.gateway.getCheckout(checkoutId)).status).toBe('open');
    expect((await sandbox.readState()).faults).toEqual([]);
  });

  it('is a payment on the page too, for a decline', async () => {
    const { url } = await openCheckout(sandbox, 'declined_page');
    await sandbox.addFault({ kind: 'decline', count: 1, code: 'try_again_later' });
    expect((await payCheckout(url, SUCCESS_UPI)).location).toContain('status=failed');
    expect((await sandbox.readState('ord_declined_page')).payments).toMatchObject([
      { status: 'failed', decline_code: 'try_again_later' },
    ]);
  });
});

describe('a fault that is aimed', () => {
  const MINE = { customerReference: 'acct_mine' };

  it('at a customer declines that customer, on the page and later, and nobody else', async () => {
    const theirs = await keepMethod(sandbox, 'theirs', cardForm());
    await sandbox.addFault({ kind: 'decline', count: 2, customer_reference: 'acct_mine' });
    const other = await sandbox.gateway.chargeSaved(buildChargeRequest('theirs', theirs));
    expect(other.kind).toBe('succeeded');
    const { url } = await openCheckout(sandbox, 'mine', MINE);
    expect((await payCheckout(url, SUCCESS_UPI)).location).toContain('status=failed');
    expect((await payCheckout(url, SUCCESS_UPI)).location).toContain('status=failed');
    expect((await payCheckout(url, SUCCESS_UPI)).location).toContain('status=succeeded');
  });

  it('at a reference loses the answers of all calls about it, whatever names it', async () => {
    const { checkoutId } = await openCheckout(sandbox, 'calm');
    const { gateway } = sandbox;
    const aimed = { count: 1, reference: 'ord_aimed' };
    await sandbox.addFault({ kind: 'timeout_after', ...aimed });
    await sandbox.addFault({ kind: 'timeout_before', operation: 'checkout.get', ...aimed });
    await sandbox.addFault({ kind: 'timeout_before', operation: 'checkout.expire', ...aimed });
    await sandbox.addFault({ kind: 'timeout_before', operation: 'payment.list', ...aimed });
    await gateway.getCheckout(checkoutId);
    await openCheckout(sandbox, 'calm_too');
    await gateway.findPayments({ reference: 'ord_calm', customerReference: 'acct_1' });

    await catchUnavailable(openCheckout(sandbox, 'aimed'));
    const opened = await openCheckout(sandbox, 'aimed');
    await catchUnavailable(gateway.getCheckout(opened.checkoutId));
    await catchUnavailable(gateway.expireCheckout({ ...opened, idempotencyKey: 'expire/aimed/1' }));
    await catchUnavailable(
      gateway.findPayments({ reference: 'ord_aimed', customerReference: 'acct_1' }),
    );
    expect((await sandbox.readState()).faults).toEqual([]);
  });

  it('at a customer reaches what only a row tells: a refund, a kept method', async () => {
    const { gateway } = sandbox;
    const methodId = await keepMethod(sandbox, 'rows', cardForm());
    const [paid] = await gateway.findPayments({
      reference: 'ord_rows',
      customerReference: 'acct_1',
    });
    const { checkoutId, url } = await openCheckout(sandbox, 'rows_mine', MINE);
    await payCheckout(url, { ...cardForm(), save: 'on' });
    const [mine] = (await gateway.getCheckout(checkoutId)).payments;
    const refund = (gatewayPaymentId = '') =>
      gateway.refund({
        gatewayPaymentId,
        money: buildChargeRequest('any', 'any').money,
        idempotencyKey: `refund/${gatewayPaymentId}/1`,
      });
    await sandbox.addFault({ kind: 'decline', on: 'refund', customer_reference: 'acct_mine' });
    expect((await refund(paid?.gatewayPaymentId)).kind).toBe('refunded');
    expect((await refund(mine?.gatewayPaymentId)).kind).toBe('refused');

    const operation = 'method.detach';
    await sandbox.addFault({ kind: 'timeout_before', operation, customer_reference: 'acct_mine' });
    const detach = (methodReference: string) =>
      gateway.detachPaymentMethod({ methodReference, idempotencyKey: `detach/${methodReference}` });
    await detach(methodId);
    await catchUnavailable(detach(mine?.method.reference ?? ''));
    expect((await sandbox.readState()).faults).toEqual([]);
  });

  it('at both names strikes only what has both', async () => {
    await sandbox.addFault({
      kind: 'timeout_before',
      reference: 'ord_both',
      customer_reference: 'acct_mine',
    });
    await openCheckout(sandbox, 'one_of_both', MINE);
    await openCheckout(sandbox, 'both');
    const again = buildCheckoutRequest('both', { ...MINE, idempotencyKey: 'both/mine' });
    await catchUnavailable(sandbox.gateway.createCheckout(again));
    expect((await sandbox.readState()).faults).toEqual([]);
  });
});

describe('any course of lost answers and declines', () => {
  async function retry(call: () => Promise<ChargeOutcome>, attemptsMax: number) {
    for (let attempts = 1; attempts < attemptsMax; attempts += 1) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof GatewayUnavailable)) throw error;
      }
    }
    return call();
  }

  it(
    'ends in one payment per key, and in the answer the books hold',
    async () => {
      const method = await keepMethod(sandbox, 'any_course', cardForm());
      const kinds = fc.constantFrom('timeout_before', 'timeout_after', 'decline', 'delay');
      let course = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(kinds, { maxLength: 6 }), async (faults) => {
          course += 1;
          for (const kind of faults) {
            await sandbox.addFault({ kind, count: 1, ...(kind === 'delay' && { delay_ms: 1 }) });
          }
          const request = buildChargeRequest(`course_${course}`, method);
          const outcome = await retry(() => sandbox.gateway.chargeSaved(request), 8);
          const payments = await sandbox.gateway.findPayments({
            reference: request.reference,
            customerReference: 'acct_1',
          });
          expect(payments).toEqual([outcome.payment]);
          expect(outcome.kind).toBe(faults.includes('decline') ? 'declined' : 'succeeded');
          await fetch(`${sandbox.baseUrl}/_control/faults`, { method: 'DELETE' });
        }),
        { numRuns: 40 },
      );
    },
    COURSES_WITHIN_MS,
  );
});
