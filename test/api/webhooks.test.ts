/** What becomes of a webhook on arrival, while Temporal cannot be reached: the record alone says it. */
import {
  askAboutMethod,
  listMethodsToCheck,
  savePaymentMethod,
} from '../../db/repositories/payment-method.repository';
import { savePayment, type PaymentStatus } from '../../db/repositories/payment.repository';
import { setups } from '../../db/repositories/setup.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { beginSetup } from '../../domain/payment-method/setup';
import { signPayload } from '../../gateways/webhook-signature';
import { makeAccount } from '../support/ledger-accounts';
import { placeTopUp } from '../support/place-top-up';
import { createRefund } from './refund-in-world';
import { startApi, WEBHOOK_SECRET, type ApiUnderTest } from './api-under-test';

const NOW = '2027-03-02T10:00:00.000Z';
const ACCOUNT = { accountId: 'acct_hooks', timeZone: 'UTC', currency: 'INR' };

let api: ApiUnderTest;
let orderId: string;
let sent = 0;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  await makeAccount(api.database, { ...ACCOUNT, at: NOW });
  orderId = await inTransaction((trx) => placeTopUp(trx, { ...ACCOUNT, at: NOW }));
});
afterAll(async () => {
  await api?.close();
});

function inTransaction<T>(work: Parameters<typeof withTransaction<T>>[2]): Promise<T> {
  return withTransaction(api.database, SYSTEM, work);
}

/** A payment of the order that the gateway told us of before. */
async function storePayment(gatewayPaymentId: string, status: PaymentStatus): Promise<void> {
  await inTransaction((trx) =>
    savePayment(trx, {
      id: `pay_${gatewayPaymentId}`,
      accountId: ACCOUNT.accountId,
      payer: { kind: 'order', id: orderId },
      gateway: 'sandbox',
      gatewayPaymentId,
      money: { amountMicros: 600_000_000n, currency: 'INR' },
      status,
      fee: null,
      mode: 'upi',
      declineCode: status === 'failed' ? 'do_not_honor' : null,
      effectiveAt: NOW,
      createdAt: NOW,
    }),
  );
}

/** Sends a signed message and answers how the inbox keeps it. */
async function receive(type: string, subject: object): Promise<string | undefined> {
  sent += 1;
  const id = `sbx_evt_${sent}`;
  const body = JSON.stringify({ id, type, created_at: NOW, data: subject });
  const signature = signPayload({
    rawBody: Buffer.from(body),
    secret: WEBHOOK_SECRET,
    signedAt: NOW,
  });
  const headers = { 'sandbox-signature': signature };
  const reply = await api.call('POST', '/webhooks/sandbox', { body, headers });
  expect([reply.status, reply.body]).toEqual([200, { received: true, duplicate: false }]);
  const [state] = await inTransaction((trx) =>
    trx('webhook_inbox').where({ event_id: id }).pluck<string[]>('state'),
  );
  return state;
}

const common = {
  customer_reference: ACCOUNT.accountId,
  amount: '600.00',
  currency: 'INR',
  created_at: NOW,
};

function payment(reference: string, id: string): object {
  return {
    payment: {
      ...common,
      id,
      reference,
      checkout_id: null,
      status: 'succeeded',
      amount_refunded: '0.00',
      mode: 'upi',
      decline_code: null,
      payment_method: { id: null, kind: 'upi', brand: 'upi', last_four: null },
      idempotency_key: null,
      updated_at: NOW,
    },
  };
}

it('one about a payment that is stored for good is known', async () => {
  await storePayment('sbx_pay_paid', 'succeeded');
  await storePayment('sbx_pay_strange', 'mismatched');
  const told = payment(`order/${orderId}`, 'sbx_pay_paid');
  expect(await receive('payment.succeeded', told)).toBe('known');
  expect(await receive('refund.succeeded', told)).toBe('known');
  const strange = payment(`order/${orderId}`, 'sbx_pay_strange');
  expect(await receive('payment.succeeded', strange)).toBe('known');
});

it('one that names no payment, or what has no row, is unmatched', async () => {
  const closed = {
    ...common,
    id: 'sbx_cs_1',
    url: 'http://gateway.test/pay/1',
    reference: `order/${orderId}`,
    status: 'expired',
    expires_at: NOW,
  };
  expect(await receive('checkout.expired', { checkout: closed })).toBe('unmatched');
  expect(await receive('customer.created', {})).toBe('unmatched');
  const foreign = payment('order/ord_of_another_shop', 'sbx_pay_foreign');
  expect(await receive('payment.succeeded', foreign)).toBe('unmatched');
});

it('R1.07 one that may bring money waits for its lifecycle, though a try of it failed before', async () => {
  await storePayment('sbx_pay_late', 'failed');
  for (const id of ['sbx_pay_late', 'sbx_pay_new']) {
    expect(await receive('payment.succeeded', payment(`order/${orderId}`, id))).toBe('received');
  }
});

it('one about a refund waits while a refund of its payment does, whatever is known of the payment', async () => {
  const { paymentId, refundId } = await inTransaction((trx) =>
    createRefund(trx, { accountId: ACCOUNT.accountId, orderId, at: NOW }),
  );
  const told = payment(`order/${orderId}`, `gw_${paymentId}`);
  expect(await receive('refund.succeeded', told)).toBe('received');
  expect(await receive('payment.succeeded', told)).toBe('known');
  await inTransaction((trx) =>
    trx('refunds')
      .where({ id: refundId })
      .update({ status: 'failed', settled_at: NOW, failure_reason: 'declined' }),
  );
  expect(await receive('refund.succeeded', told)).toBe('known');
});

/** A dispute of a payment, as the gateway tells it. */
function dispute(id: string, paymentId: string, reference = `order/${orderId}`): object {
  const told = {
    ...common,
    id,
    payment_id: paymentId,
    reference,
    status: 'needs_response',
    fee: null,
    reason: 'fraudulent',
    evidence_due_at: null,
    updated_at: NOW,
  };
  return { ...payment(reference, paymentId), dispute: told };
}

function rowsOf(gatewayDisputeId: string): Promise<{ id: string; status: string }[]> {
  return inTransaction((trx) =>
    trx('disputes')
      .where({ gateway_dispute_id: gatewayDisputeId })
      .select<{ id: string; status: string }[]>('id', 'status'),
  );
}

describe('one about a dispute', () => {
  it('waits for its lifecycle, though its payment is known, and writes the row once', async () => {
    await storePayment('sbx_pay_disputed', 'succeeded');
    const told = dispute('sbx_dp_1', 'sbx_pay_disputed');
    expect(await receive('dispute.opened', told)).toBe('received');
    expect(await receive('dispute.updated', told)).toBe('received');
    expect(await rowsOf('sbx_dp_1')).toMatchObject([{ status: 'reported' }]);
  });

  it('told at once by many is one row', async () => {
    await storePayment('sbx_pay_stormed', 'succeeded');
    const told = dispute('sbx_dp_storm', 'sbx_pay_stormed');
    await Promise.all(Array.from({ length: 8 }, () => receive('dispute.updated', told)));
    expect(await rowsOf('sbx_dp_storm')).toHaveLength(1);
  });

  it('that has ended is known', async () => {
    await storePayment('sbx_pay_over', 'succeeded');
    const told = dispute('sbx_dp_over', 'sbx_pay_over');
    await receive('dispute.opened', told);
    await inTransaction((trx) =>
      trx('disputes').where({ gateway_dispute_id: 'sbx_dp_over' }).update({
        status: 'won',
        settled_at: NOW,
      }),
    );
    expect(await receive('dispute.closed', told)).toBe('known');
  });

  it('of a payment that was not told yet waits for that', async () => {
    const told = dispute('sbx_dp_early', 'sbx_pay_to_come');
    expect(await receive('dispute.opened', told)).toBe('received');
    expect(await rowsOf('sbx_dp_early')).toEqual([]);
    await storePayment('sbx_pay_to_come', 'succeeded');
    expect(await receive('dispute.updated', told)).toBe('received');
    expect(await rowsOf('sbx_dp_early')).toHaveLength(1);
  });

  it('of a payment of somebody else is unmatched', async () => {
    const foreign = dispute('sbx_dp_foreign', 'sbx_pay_foreign', 'order/ord_of_another_shop');
    expect(await receive('dispute.opened', foreign)).toBe('unmatched');
    expect(await rowsOf('sbx_dp_foreign')).toEqual([]);
  });
});

it('one is judged by the gateway it came from', async () => {
  await storePayment('sbx_pay_twin', 'succeeded');
  await inTransaction((trx) =>
    trx('payments').where({ gateway_payment_id: 'sbx_pay_twin' }).update({ gateway: 'other' }),
  );
  const told = payment(`order/${orderId}`, 'sbx_pay_twin');
  expect(await receive('payment.succeeded', told)).toBe('received');
});

it.each(['id', 'reference'])(
  'a signed message with a NUL in its %s is refused, not an error of ours',
  async (field) => {
    const message = {
      id: field === 'id' ? 'sbx_evt_\0' : 'sbx_evt_nul',
      type: 'payment.succeeded',
      created_at: NOW,
      data: payment(field === 'reference' ? 'order/\0' : 'order/none', 'sbx_pay_nul'),
    };
    const body = JSON.stringify(message);
    const rawBody = Buffer.from(body);
    const signature = signPayload({ rawBody, secret: WEBHOOK_SECRET, signedAt: NOW });
    const headers = { 'sandbox-signature': signature };
    const reply = await api.call('POST', '/webhooks/sandbox', { body, headers });
    expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
  },
);

describe('of a payment method', () => {
  const setupId = 'pms_hooks';
  const reference = 'sbx_pm_hooks';
  const method = {
    id: reference,
    kind: 'upi',
    brand: 'upi',
    last_four: null,
    customer_reference: ACCOUNT.accountId,
    status: 'active',
    expiry: null,
    mandate: { max_amount: '500.00', currency: 'INR', status: 'revoked' },
    created_at: NOW,
  };
  const setup = {
    id: 'sbx_su_1',
    url: 'http://gateway.test/setup/1',
    reference: `setup/${setupId}`,
    customer_reference: ACCOUNT.accountId,
    status: 'complete',
    mode: 'upi',
    currency: 'INR',
    max_amount: '500.00',
    created_at: NOW,
    expires_at: NOW,
    payment_method: method,
  };

  it('one about a setup of ours waits to be told to it; of one that is none of ours nobody is', async () => {
    expect(await receive('setup.completed', { setup })).toBe('unmatched');
    const asked = { id: setupId, accountId: ACCOUNT.accountId, gateway: 'sandbox' } as const;
    const begun = beginSetup({
      ...asked,
      mode: 'upi',
      currency: 'INR',
      ceiling: null,
      askedAt: NOW,
    });
    await inTransaction((trx) => setups.insert(trx, begun, NOW));
    expect(await receive('setup.completed', { setup })).toBe('received');
    expect(await receive('setup.expired', { setup })).toBe('received');
  });

  it('one that changed is asked about, within a minute', async () => {
    expect(await receive('method.changed', { payment_method: method })).toBe('unmatched');
    await inTransaction((trx) =>
      savePaymentMethod(trx, {
        id: 'pm_hooks',
        accountId: ACCOUNT.accountId,
        gateway: 'sandbox',
        methodReference: reference,
        kind: 'upi',
        brand: 'upi',
        lastFour: null,
        createdAt: NOW,
      }),
    );
    const due = () => inTransaction((trx) => listMethodsToCheck(trx, { now: NOW, limit: 10 }));
    expect(await due()).toEqual([]);
    expect(await receive('method.changed', { payment_method: method })).toBe('forwarded');
    expect(await due()).toMatchObject([{ id: 'pm_hooks' }]);
  });

  it('one that is told without the end of its reference is asked about, and no other', async () => {
    for (const [id, methodReference] of [
      ['pm_whole', 'token_7/inv_7'],
      ['pm_longer', 'token_77/inv_77'],
    ] as const) {
      const kept = { accountId: ACCOUNT.accountId, gateway: 'razorpay', methodReference } as const;
      await inTransaction((trx) =>
        savePaymentMethod(trx, {
          id,
          ...kept,
          kind: 'upi',
          brand: 'upi',
          lastFour: null,
          createdAt: NOW,
        }),
      );
    }
    const told = { gateway: 'razorpay', methodReference: 'token_7', at: NOW } as const;
    expect(await inTransaction((trx) => askAboutMethod(trx, told))).toBe(true);
    const due = await inTransaction((trx) => listMethodsToCheck(trx, { now: NOW, limit: 10 }));
    expect(due.map(({ id }) => id)).toContain('pm_whole');
    expect(due.map(({ id }) => id)).not.toContain('pm_longer');
  });
});
