import type { ActivityDependencies } from '../../activities/dependencies';
import { restartLifecycle } from '../../activities/lifecycle/restart-lifecycle';
import {
  getDocument,
  issueDocument,
  listDocuments,
} from '../../db/repositories/document.repository';
import { findLifecycle } from '../../db/repositories/lifecycle.repository';
import { savePayment } from '../../db/repositories/payment.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import type { CommandStart } from '../../domain/command';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';
import type { PlanVersion } from '../../domain/plan';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import {
  GROWTH,
  createBillingUnderTest,
  startSubscription,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { breakWrites, mendWrites, photograph } from './broken-writes';
import { registerInIndia } from './india';
import { openRefundDesk, REFUNDED_AT, type RefundDesk } from './refund-desk';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };
const CONSUMPTION_FROM = '2028-01-01T00:00:00.000Z';
const TOP_UP_FROM = '2029-01-01T00:00:00.000Z';
const CONSUMPTION_AT = '2028-03-02T10:00:00.000Z';
const TOP_UP_AT = '2029-03-02T10:00:00.000Z';

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let desk: RefundDesk;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  desk = openRefundDesk(billing, sandbox);
  await registerInIndia(billing, { taxPoint: 'consumption', validFrom: CONSUMPTION_FROM });
  await registerInIndia(billing, { taxPoint: 'top_up', validFrom: TOP_UP_FROM });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

const ofPayment = (id: string) => ({ kind: 'payment', id }) as const;
const ofInvoice = (id: string) => ({ kind: 'invoice', id }) as const;

function codeOf(answer: CommandAnswer): string {
  return answer.kind === 'refused' ? answer.code : 'done';
}

describe('a refund of a payment to its source', () => {
  it('takes the money from the wallet, has it given back, and issues a refund voucher', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);

    const requested = await desk.request(refund, ofPayment(paymentId), { amount: '400.00' });
    expect(requested).toEqual({
      answer: DONE,
      step: {
        status: 'requested',
        revision: 1,
        next: {
          kind: 'return_money',
          at: REFUNDED_AT,
          reason: 'the gateway is to give the money back',
          outside: 'awaited',
        },
      },
    });
    expect(await desk.wallet(accountId)).toBe('200.00');
    expect(await desk.givenBack(paymentId)).toBe('0.00');

    const step = await desk.settle(refund);
    expect(step).toEqual({
      status: 'succeeded',
      revision: 2,
      next: { kind: 'end', reason: 'the money is back' },
    });
    expect(await desk.givenBack(paymentId)).toBe('400.00');
    expect(await desk.wallet(accountId)).toBe('200.00');
    expect(await desk.moved(accountId)).toEqual(['wallet/additional > clearing/INR 400000000']);
    expect(await desk.documents(accountId)).toEqual([
      'receipt_voucher 600.00 = 600.00 + 0.00',
      'refund_voucher -400.00 = -400.00 + 0.00 of receipt_voucher',
    ]);
    expect((await billing.events(accountId)).slice(-2)).toEqual([
      'refund.requested',
      'refund.succeeded',
    ]);
  });

  it('asked twice under one key is one refund', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);
    const first = await desk.request(refund, ofPayment(paymentId), { amount: '300.00' });
    expect(await desk.request(refund, ofPayment(paymentId), { amount: '300.00' })).toEqual(first);
    await desk.settle(refund);
    const settled = await desk.refundOf(refund);
    await desk.settle(refund);
    expect(await desk.refundOf(refund)).toEqual(settled);
    expect(await desk.givenBack(paymentId)).toBe('300.00');
    expect(await desk.moved(accountId)).toHaveLength(1);
  });

  it('two at once never sum to more than the payment', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    await desk.pay(accountId, '5000.00'); // So that only the payment is the limit.
    const refunds = Array.from({ length: 4 }, () => desk.newRefund(accountId));
    const answers = await Promise.all(
      refunds.map((refund) => desk.request(refund, ofPayment(paymentId), { amount: '250.00' })),
    );
    expect(answers.map(({ answer }) => codeOf(answer)).toSorted()).toEqual([
      'amount_out_of_range',
      'amount_out_of_range',
      'done',
      'done',
    ]);
    const granted = refunds.filter((_, index) => answers[index]?.answer.kind === 'done');
    await Promise.all(granted.map((refund) => desk.settle(refund)));
    expect(await desk.givenBack(paymentId)).toBe('500.00');
    expect(await desk.wallet(accountId)).toBe('5100.00');
  });

  it('is refused, with what is missing, when the money was spent', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '1000.00');
    await desk.subscribe(accountId);
    const before = await photograph(billing);
    const refund = desk.newRefund(accountId);
    const { answer, step } = await desk.request(refund, ofPayment(paymentId));
    expect(answer).toMatchObject({
      code: 'insufficient_balance',
      details: { required: '1000.00', available: '1.00', missing: '999.00', currency: 'INR' },
    });
    expect(step.next.kind).toBe('end');
    const { operations: _, ...after } = await photograph(billing);
    expect(before).toMatchObject(after);
    expect(await desk.request(refund, ofPayment(paymentId))).toMatchObject({ answer });
  });

  it('I2 gives net and tax of a taxed top-up back, as its voucher says', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '1000.00', TOP_UP_AT);
    for (const amount of ['118.00', undefined]) {
      const refund = desk.newRefund(accountId);
      await desk.request(refund, ofPayment(paymentId), amount === undefined ? {} : { amount });
      await desk.settle(refund);
    }
    expect(await desk.givenBack(paymentId)).toBe('1180.00');
    expect(await desk.wallet(accountId)).toBe('0.00');
    expect(await desk.moved(accountId)).toEqual([
      'wallet/additional > clearing/INR 100000000',
      'tax_payable/INR > clearing/INR 18000000',
      'wallet/additional > clearing/INR 900000000',
      'tax_payable/INR > clearing/INR 162000000',
    ]);
    expect(await desk.documents(accountId)).toEqual([
      'receipt_voucher 1180.00 = 1000.00 + 180.00',
      'refund_voucher -118.00 = -100.00 + -18.00 of receipt_voucher',
      'refund_voucher -1062.00 = -900.00 + -162.00 of receipt_voucher',
    ]);
  });
});

describe('a payment of a saved method', () => {
  it('is refunded as a top-up is: by its own receipt voucher', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '2000.00');
    const invoiceId = await desk.subscribe(accountId);
    const { subject } = await billing.read((trx) => getDocument(trx, invoiceId));
    const money = { amountMicros: 500_000_000n, currency: 'INR' } as const;
    await billing.read(async (trx) => {
      await savePayment(trx, {
        id: 'pay_saved',
        accountId,
        payer: { kind: 'subscription', id: subject.id },
        gateway: 'sandbox',
        gatewayPaymentId: 'gw_pay_saved',
        money,
        status: 'succeeded',
        fee: null,
        mode: 'card',
        declineCode: null,
        effectiveAt: REFUNDED_AT,
        createdAt: REFUNDED_AT,
      });
      await issueDocument(trx, {
        kind: 'receipt_voucher',
        accountId,
        ...buildTopUpTerms(UNTAXED, money),
        issuedAt: REFUNDED_AT,
        subject,
        references: [],
        operationKey: 'payment/pay_saved',
      });
    });
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment('pay_saved'));
    expect(await desk.refundOf(refund)).toMatchObject({
      status: 'requested',
      source: { paymentId: 'pay_saved', gatewayPaymentId: 'gw_pay_saved' },
      sale: { total: money },
    });
    expect(await desk.wallet(accountId)).toBe('501.00');
    // The gateway never heard of it: nothing goes out, and all is as it was.
    expect((await desk.settle(refund)).status).toBe('failed');
    expect(await desk.wallet(accountId)).toBe('1001.00');
  });
});

describe('when the gateway is in the way', () => {
  it('a refund it declines is put back into the wallet, says why, and leaves all to be refunded', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '1000.00', TOP_UP_AT);
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment(paymentId));
    expect(await desk.wallet(accountId)).toBe('0.00');
    await sandbox.addFault({ kind: 'decline', on: 'refund', code: 'account_closed' });
    expect(await desk.settle(refund)).toMatchObject({ status: 'failed', revision: 2 });
    expect(await desk.refundOf(refund)).toMatchObject({
      failureReason: 'the customer’s bank did not accept the refund',
      documentId: null,
    });
    expect(await desk.wallet(accountId)).toBe('1000.00');
    expect(await desk.moved(accountId)).toEqual([
      'wallet/additional > clearing/INR 1000000000',
      'clearing/INR > wallet/additional 1000000000',
    ]);
    expect((await billing.events(accountId)).at(-1)).toBe('refund.failed');
    expect(await desk.documents(accountId)).toEqual(['receipt_voucher 1180.00 = 1000.00 + 180.00']);

    const again = desk.newRefund(accountId);
    await desk.request(again, ofPayment(paymentId));
    expect((await desk.settle(again)).status).toBe('succeeded');
    expect(await desk.givenBack(paymentId)).toBe('1180.00');
  });

  /** Asked for, taken out of the wallet, and not confirmed for a day. */
  async function leaveUnconfirmed(amount: string) {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment(paymentId), { amount });
    await billing.owner('refunds').where({ id: refund.id }).update({ attempts_made: 14 });
    return { accountId, paymentId, refund };
  }

  it('a day without an answer is a task of operators, which closes once the refund is settled', async () => {
    const { refund } = await leaveUnconfirmed('400.00');
    const openTasks = () =>
      billing.read((trx) =>
        trx('operator_tasks')
          .where({ subject: `refund/${refund.id}`, closed_at: null })
          .pluck<string[]>('kind'),
      );
    await billing.owner('refunds').where({ id: refund.id }).update({ attempts_made: 13 });
    const lastOfTheDay = '2027-03-06T08:00:00.000Z';
    const task = { ...refund, now: lastOfTheDay, operationKey: `refund/${refund.id}/last` };
    await desk.activities.noteRefundUnanswered(task);
    expect(await openTasks()).toEqual(['refund_unconfirmed']);
    await desk.settle(refund);
    expect(await openTasks()).toEqual([]);
  });

  it('an operator who saw the money go back closes it, once, with its refund voucher', async () => {
    const { accountId, refund } = await leaveUnconfirmed('400.00');
    const seen = { kind: 'refunded', gatewayRefundId: 're_9' } as const;
    expect(await desk.close(refund, seen)).toMatchObject({
      answer: DONE,
      step: { status: 'succeeded', next: { kind: 'end' } },
    });
    expect(await desk.close(refund, seen)).toMatchObject({ answer: DONE });
    expect(await desk.refundOf(refund)).toMatchObject({ gatewayRefundId: 're_9' });
    expect(await desk.wallet(accountId)).toBe('200.00');
    expect(await desk.documents(accountId)).toEqual([
      'receipt_voucher 600.00 = 600.00 + 0.00',
      'refund_voucher -400.00 = -400.00 + 0.00 of receipt_voucher',
    ]);
    expect((await billing.events(accountId)).slice(-2)).toEqual([
      'refund.closed_by_operator',
      'refund.succeeded',
    ]);
  });

  it('one who saw that it did not puts the money back, and nobody asks the gateway any more', async () => {
    const { accountId, paymentId, refund } = await leaveUnconfirmed('400.00');
    const { step } = await desk.close(refund, { kind: 'not_refunded' });
    expect(step).toMatchObject({ status: 'failed', next: { kind: 'end' } });
    await desk.settle(refund);
    expect(await desk.wallet(accountId)).toBe('600.00');
    expect(await desk.givenBack(paymentId)).toBe('0.00');
    expect(await desk.moved(accountId)).toEqual([
      'wallet/additional > clearing/INR 400000000',
      'clearing/INR > wallet/additional 400000000',
    ]);
  });

  it.each(['timeout_before', 'timeout_after'] as const)(
    'a %s leaves the money out of the wallet; the same key again gives it back once',
    async (kind) => {
      const accountId = await desk.makeAccount();
      const paymentId = await desk.pay(accountId, '600.00');
      const refund = desk.newRefund(accountId);
      await desk.request(refund, ofPayment(paymentId));
      await sandbox.addFault({ kind, operation: 'refund.create' });
      await expect(desk.settle(refund)).rejects.toMatchObject({ name: 'GatewayUnavailable' });
      expect(await desk.wallet(accountId)).toBe('0.00');
      expect(await desk.refundOf(refund)).toMatchObject({ status: 'requested' });

      const task = { ...refund, now: REFUNDED_AT, operationKey: 'refund/return_money' };
      const noted = await desk.activities.noteRefundUnanswered(task);
      expect(noted).toMatchObject({
        revision: 2,
        next: { kind: 'return_money', at: '2027-03-05T10:00:15.000Z' },
      });
      // A worker that died after its commit notes the same silence again.
      expect(await desk.activities.noteRefundUnanswered(task)).toEqual(noted);

      const later = '2027-03-05T10:00:15.000Z';
      expect((await desk.settle(refund, desk.activities, later)).status).toBe('succeeded');
      expect(await desk.givenBack(paymentId)).toBe('600.00');
      expect(await desk.moved(accountId)).toHaveLength(1);
    },
  );

  it('is back when the gateway’s answer is recorded, however long ago it was asked', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment(paymentId));
    const answeredAt = '2027-04-20T10:00:00.000Z';
    await desk.settle(refund, desk.activities, REFUNDED_AT, answeredAt);
    expect((await desk.refundOf(refund))?.settledAt).toBe(answeredAt);
  });

  it('a worker killed between the gateway’s answer and the commit gives nothing back twice', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment(paymentId), { amount: '250.00' });
    await breakWrites(billing, 'refunds', 'update');
    try {
      await expect(desk.settle(refund)).rejects.toThrow('broken by a test');
    } finally {
      await mendWrites(billing, 'refunds');
    }
    expect(await desk.givenBack(paymentId)).toBe('250.00');
    expect(await desk.documents(accountId)).toHaveLength(1);
    expect((await desk.settle(refund)).status).toBe('succeeded');
    expect(await desk.givenBack(paymentId)).toBe('250.00');
    expect(await desk.documents(accountId)).toHaveLength(2);
  });

  it('a worker killed between the commit and the call finds the request stored and the money out', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);
    const first = await desk.request(refund, ofPayment(paymentId));
    // Its workflow asks again, because it never heard; then goes on to the gateway.
    expect(await desk.request(refund, ofPayment(paymentId))).toEqual(first);
    expect(await desk.wallet(accountId)).toBe('0.00');
    await desk.settle(refund);
    expect(await desk.givenBack(paymentId)).toBe('600.00');
  });

  it('money it puts back is money that came: a subscription that waits is told', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '1000.00');
    await desk.subscribe(accountId);
    await desk.pay(accountId, '998.00');
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment(paymentId), { amount: '900.00' });
    const subscriptionId = await desk.failRenewal(accountId);
    await sandbox.addFault({ kind: 'decline', on: 'refund' });
    const at = '2027-04-03T10:00:00.000Z';
    await desk.settle(refund, desk.activities, at);
    expect(desk.signalled).toEqual([`subscription/${subscriptionId} moneyArrived`]);
    const found = await billing.subscription(subscriptionId);
    expect(found?.state.moneyArrivedAt).toBe(at);
  });

  it('a workflow that is gone is started again from the row, where the row stands', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '600.00');
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofPayment(paymentId));
    const workflowId = `refund/${refund.id}`;
    const row = await billing.read((trx) => findLifecycle(trx, workflowId));
    const started: { readonly id: string; readonly start: CommandStart }[] = [];
    const commands = {
      restart: async (id: string, start: CommandStart) => void started.push({ id, start }),
    };
    const { database } = billing;
    const dependencies = { database, commands } as unknown as ActivityDependencies;
    if (row === null) throw new Error('a refund is a lifecycle');
    await restartLifecycle(dependencies, row);
    expect(started).toMatchObject([
      {
        id: workflowId,
        start: {
          workflowType: 'refundLifecycle',
          summary: `refund ${refund.id} of ${accountId}`,
          args: [
            { step: { status: 'requested', next: { kind: 'return_money', at: REFUNDED_AT } } },
          ],
        },
      },
    ]);
  });

  it.each(['ledgers', 'refunds', 'operations', 'events'])(
    'nothing of a request is stored when %s cannot be written',
    async (table) => {
      const accountId = await desk.makeAccount();
      const paymentId = await desk.pay(accountId, '600.00');
      const before = await photograph(billing);
      await breakWrites(billing, table, table === 'ledgers' ? 'update' : 'insert');
      try {
        const asked = desk.request(desk.newRefund(accountId), ofPayment(paymentId));
        await expect(asked).rejects.toThrow('broken by a test');
      } finally {
        await mendWrites(billing, table);
      }
      expect(await photograph(billing)).toEqual(before);
    },
  );
});

describe('a refund of an invoice', () => {
  it('puts money and tax back into the wallet at once, by credit note', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '1200.00', CONSUMPTION_AT);
    const invoiceId = await desk.subscribe(accountId, CONSUMPTION_AT);
    expect(await desk.wallet(accountId)).toBe('21.00');
    const refund = desk.newRefund(accountId);
    const { step } = await desk.request(refund, ofInvoice(invoiceId), { amount: '118.00' });
    expect(step).toMatchObject({ status: 'succeeded', next: { kind: 'end' } });
    expect(await desk.wallet(accountId)).toBe('139.00');
    expect(await desk.moved(accountId)).toEqual([
      'revenue/INR > wallet/additional 118000000',
      'tax_payable/INR > revenue/INR 18000000',
    ]);
    expect((await desk.documents(accountId)).slice(1)).toEqual([
      'invoice 1179.00 = 999.00 + 179.82',
      'credit_note -118.00 = -100.00 + -18.00 of invoice',
    ]);
    const rest = desk.newRefund(accountId);
    await desk.request(rest, ofInvoice(invoiceId));
    expect(await desk.wallet(accountId)).toBe('1200.00');
    expect((await desk.documents(accountId)).at(-1)).toBe(
      'credit_note -1061.00 = -899.00 + -161.82 of invoice',
    );
    const more = await desk.request(desk.newRefund(accountId), ofInvoice(invoiceId));
    expect(codeOf(more.answer)).toBe('invalid_state');
  });

  it('two at once never sum to more than the invoice', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '1000.00');
    const invoiceId = await desk.subscribe(accountId);
    const answers = await Promise.all(
      Array.from({ length: 3 }, () =>
        desk.request(desk.newRefund(accountId), ofInvoice(invoiceId), { amount: '600.00' }),
      ),
    );
    expect(answers.map(({ answer }) => codeOf(answer)).toSorted()).toEqual([
      'amount_out_of_range',
      'amount_out_of_range',
      'done',
    ]);
    expect(await desk.wallet(accountId)).toBe('601.00');
  });

  it('of the current period is not credited again by a change of plan', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '10000.00');
    const invoiceId = await desk.subscribe(accountId);
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofInvoice(invoiceId), { amount: '900.00' });
    const document = await billing.read((trx) => getDocument(trx, invoiceId));
    const changed = await subscriptionActivities(billing.database).answerSubscriptionCommand({
      id: document.subject.id,
      accountId,
      now: REFUNDED_AT,
      operationKey: `subscription/${document.subject.id}/change/1`,
      command: { kind: 'change', planCode: 'growth', cycle: 'yearly', isForced: false },
    });
    // 10 000.00 - 999.00 + 900.00 - 9 990.00, and 28 of 31 days of the 99.00 that are still paid: 89.42.
    expect(changed.answer).toEqual(expect.objectContaining({ kind: 'done' }));
    expect(await desk.wallet(accountId)).toBe('0.42');
  });

  it('lowers what a pause credits: 600.00 of 999.00 for March, then 21 of 31 days of 399.00', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '1000.00', '2027-03-01T09:00:00.000Z');
    const invoiceId = await desk.subscribe(accountId, '2027-03-01T10:00:00.000Z');
    await desk.request(desk.newRefund(accountId), ofInvoice(invoiceId), { amount: '600.00' });
    expect(await desk.wallet(accountId)).toBe('601.00');
    const { subject } = await billing.read((trx) => getDocument(trx, invoiceId));
    const paused = await subscriptionActivities(billing.database).answerSubscriptionCommand({
      id: subject.id,
      accountId,
      now: '2027-03-11T10:00:00.000Z',
      operationKey: `subscription/${subject.id}/pause/1`,
      command: { kind: 'pause', at: 'now', resumesAt: null },
    });
    expect(paused.answer).toEqual(expect.objectContaining({ kind: 'done' }));
    expect(await desk.wallet(accountId)).toBe('871.29');
    expect(await desk.documents(accountId)).toEqual([
      'receipt_voucher 1000.00 = 1000.00 + 0.00',
      'invoice 999.00 = 999.00 + 0.00',
      'credit_note -600.00 = -600.00 + 0.00 of invoice',
      'credit_note -270.29 = -270.29 + 0.00 of invoice',
    ]);
  });

  it('of days that a change had taken over lowers nothing of the days ahead', async () => {
    const larger: PlanVersion = {
      ...GROWTH,
      code: 'larger',
      prices: [{ cycle: 'monthly', price: { amountMicros: 4_999_000_000n, currency: 'INR' } }],
    };
    await billing.read((trx) => insertPlan(trx, larger, '2027-03-01T00:00:00.000Z'));
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '10000.00', '2027-03-01T09:00:00.000Z');
    const { id, answer } = await startSubscription(billing, {
      accountId,
      at: '2027-03-01T10:00:00.000Z',
    });
    const query = { accountId, limit: 1, beforePosition: null, kind: 'invoice' } as const;
    const [first] = await billing.read((trx) => listDocuments(trx, query));
    const change = {
      kind: 'change',
      planCode: 'larger',
      cycle: 'monthly',
      isForced: false,
    } as const;
    expect((await answer(change, '2027-03-02T10:00:00.000Z')).answer.kind).toBe('done');
    const paid = (await billing.subscription(id))?.state.paid;
    const refund = desk.newRefund(accountId);
    expect(codeOf((await desk.request(refund, ofInvoice(first?.id ?? ''))).answer)).toBe('done');
    // One of 31 days of 999.00; 30 days of 4 999.00 are paid as before.
    expect((await desk.documents(accountId)).at(-1)).toBe(
      'credit_note -32.23 = -32.23 + 0.00 of invoice',
    );
    expect(paid).toEqual({ amountMicros: 4_837_740_000n, currency: 'INR' });
    expect((await billing.subscription(id))?.state.paid).toEqual(paid);
  });

  /** The wallet holds 20 000.00 at first; on the 5th a month begun on the 1st becomes a year. */
  async function changeToYear(month: string) {
    const accountId = await desk.makeAccount();
    const at = `${month}-01T10:00:00.000Z`;
    const changedAt = `${month}-05T10:00:00.000Z`;
    await desk.pay(accountId, '20000.00', at);
    const { answer } = await startSubscription(billing, { accountId, at });
    const change = {
      kind: 'change',
      planCode: 'growth',
      cycle: 'yearly',
      isForced: false,
    } as const;
    expect((await answer(change, changedAt)).answer.kind).toBe('done');
    const query = { accountId, limit: 2, beforePosition: null, kind: 'invoice' } as const;
    const invoices = await billing.read((trx) => listDocuments(trx, query));
    const [year = '', monthly = ''] = invoices.map(({ id }) => id);
    return { accountId, year: ofInvoice(year), month: ofInvoice(monthly), answer, changedAt };
  }

  it('whose days a change of cycle took back is of what is left, and never gives them back twice', async () => {
    const { accountId, month, year } = await changeToYear('2027-03');
    // 999.00 for March, then 9 990.00 less 870.10, which are 27 of 31 days.
    expect(await desk.wallet(accountId)).toBe('9881.10');
    const codes: string[] = [];
    for (const subject of [month, year, month, year]) {
      codes.push(codeOf((await desk.request(desk.newRefund(accountId), subject)).answer));
    }
    expect(codes).toEqual(['done', 'done', 'invalid_state', 'invalid_state']);
    expect((await desk.documents(accountId)).slice(1)).toEqual([
      'invoice 999.00 = 999.00 + 0.00',
      'invoice 9119.90 = 9119.90 + 0.00 of invoice',
      'credit_note -128.90 = -128.90 + 0.00 of invoice',
      'credit_note -9990.00 = -9990.00 + 0.00 of invoice',
    ]);
    expect(await desk.wallet(accountId)).toBe('20000.00');
  });

  it('whose days were taken back by another invoice splits what is left of each tax', async () => {
    const { accountId, month, year } = await changeToYear('2028-03');
    for (const subject of [month, year]) {
      const { answer } = await desk.request(desk.newRefund(accountId), subject);
      expect(codeOf(answer)).toBe('done');
    }
    expect((await desk.documents(accountId)).slice(1)).toEqual([
      'invoice 1179.00 = 999.00 + 179.82',
      'invoice 10761.00 = 9119.90 + 1641.58 of invoice',
      'credit_note -152.00 = -128.90 + -23.20 of invoice',
      'credit_note -11788.00 = -9990.00 + -1798.20 of invoice',
    ]);
    expect(await desk.wallet(accountId)).toBe('20000.00');
    expect((await desk.moved(accountId)).slice(-4)).toEqual([
      'revenue/INR > wallet/additional 152000000',
      'tax_payable/INR > revenue/INR 23200000',
      'revenue/INR > wallet/additional 11788000000',
      'tax_payable/INR > revenue/INR 1798200000',
    ]);
  });

  it('of the earlier one leaves a pause what the later one is for', async () => {
    const { accountId, month, answer, changedAt } = await changeToYear('2027-03');
    await desk.request(desk.newRefund(accountId), month);
    await answer({ kind: 'pause', at: 'now', resumesAt: null }, changedAt);
    expect((await desk.documents(accountId)).at(-1)).toBe(
      'credit_note -9990.00 = -9990.00 + 0.00 of invoice',
    );
    expect(await desk.wallet(accountId)).toBe('20000.00');
  });

  it('to the source goes past the wallet to the payment that has it left, within both limits', async () => {
    const accountId = await desk.makeAccount();
    const paymentId = await desk.pay(accountId, '1000.00');
    const invoiceId = await desk.subscribe(accountId);
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofInvoice(invoiceId), { to: 'source', amount: '900.00' });
    expect((await desk.documents(accountId)).length).toBe(2);
    const meanwhile = await desk.request(desk.newRefund(accountId), ofInvoice(invoiceId), {
      amount: '99.01',
    });
    expect(codeOf(meanwhile.answer)).toBe('amount_out_of_range');
    await desk.settle(refund);
    expect(await desk.givenBack(paymentId)).toBe('900.00');
    expect(await desk.wallet(accountId)).toBe('1.00');
    expect(await desk.moved(accountId)).toEqual(['revenue/INR > clearing/INR 900000000']);
    expect((await desk.documents(accountId)).at(-1)).toBe(
      'credit_note -900.00 = -900.00 + 0.00 of invoice',
    );
    const beyond = await desk.request(desk.newRefund(accountId), ofPayment(paymentId), {
      amount: '100.01',
    });
    expect(codeOf(beyond.answer)).toBe('amount_out_of_range');
  });

  it('to the source, declined, goes back to revenue, and the invoice stands', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '1000.00');
    const invoiceId = await desk.subscribe(accountId);
    const refund = desk.newRefund(accountId);
    await desk.request(refund, ofInvoice(invoiceId), { to: 'source' });
    await sandbox.addFault({ kind: 'decline', on: 'refund' });
    await desk.settle(refund);
    expect(await desk.moved(accountId)).toEqual([
      'revenue/INR > clearing/INR 999000000',
      'clearing/INR > revenue/INR 999000000',
    ]);
    const again = await desk.request(desk.newRefund(accountId), ofInvoice(invoiceId));
    expect(codeOf(again.answer)).toBe('done');
    expect(await desk.wallet(accountId)).toBe('1000.00');
  });

  it('to the source is refused where tax was paid with the top-up', async () => {
    const accountId = await desk.makeAccount();
    await desk.pay(accountId, '1000.00', TOP_UP_AT);
    const invoiceId = await desk.subscribe(accountId, TOP_UP_AT);
    const asked = await desk.request(desk.newRefund(accountId), ofInvoice(invoiceId), {
      to: 'source',
    });
    expect(codeOf(asked.answer)).toBe('unprocessable');
  });
});
