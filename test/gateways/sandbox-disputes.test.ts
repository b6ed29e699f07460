/** Disputes of the sandbox: opened and ended by control calls, told by webhooks, answered when asked. */
import {
  payCheckout,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver';
import { inr, openCheckout } from './checkout-request';

let sandbox: RunningSandbox;
let receiver: WebhookReceiver;
let made = 0;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  sandbox = await startSandboxGateway({ webhookUrl: receiver.url });
});
beforeEach(() => receiver.clear());
afterAll(async () => {
  await sandbox?.stop();
  await receiver?.stop();
});

/** Pays 600.00 INR and answers the payment's id at the gateway. */
async function pay(): Promise<string> {
  made += 1;
  const { checkoutId, url } = await openCheckout(sandbox, `disputed_${made}`);
  await payCheckout(url, SUCCESS_UPI);
  const { payments } = await sandbox.gateway.getCheckout(checkoutId);
  return payments[0]?.gatewayPaymentId ?? 'no payment';
}

it('one is told when it opens, changes and ends, and says how it stands when asked', async () => {
  const paymentId = await pay();
  const dueAt = '2027-03-10T00:00:00.000Z';
  const id = await sandbox.openDispute({
    payment_id: paymentId,
    amount: '400.00',
    fee: '15.00',
    evidence_due_at: dueAt,
  });
  expect(await sandbox.gateway.getDispute(id)).toMatchObject({
    disputeId: id,
    gatewayPaymentId: paymentId,
    reference: `ord_disputed_${made}`,
    customerReference: 'acct_1',
    money: inr('400.00'),
    fee: inr('15.00'),
    reason: 'fraudulent',
    status: 'needs_response',
    evidenceDueAt: dueAt,
  });
  await sandbox.updateDispute(id, { status: 'under_review', evidence_due_at: null });
  await sandbox.closeDispute(id, 'lost');
  expect(await sandbox.gateway.getDispute(id)).toMatchObject({ status: 'lost' });
  const about = () =>
    receiver.messages
      .map((message) => sandbox.gateway.verifyWebhook(message))
      .filter(({ disputeId }) => disputeId === id);
  await receiver.waitUntil(() => about().length === 3);
  expect(
    about()
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(['dispute.closed', 'dispute.opened', 'dispute.updated']);
  expect(about()[0]).toMatchObject({
    gatewayPaymentId: paymentId,
    reference: `ord_disputed_${made}`,
  });
});

it('nobody heard of is null', async () => {
  expect(await sandbox.gateway.getDispute('sbx_dp_unknown')).toBeNull();
});

it('one that has ended takes no other end', async () => {
  const id = await sandbox.openDispute({ payment_id: await pay() });
  await sandbox.closeDispute(id, 'won');
  await expect(sandbox.closeDispute(id, 'lost')).rejects.toThrow('the dispute is won');
});

it('only a payment that succeeded is disputed', async () => {
  await expect(sandbox.openDispute({ payment_id: 'sbx_pay_none' })).rejects.toThrow('no payment');
});

it('nothing of a disputed payment is given back', async () => {
  const paymentId = await pay();
  const id = await sandbox.openDispute({ payment_id: paymentId, amount: '400.00' });
  const refund = (key: string) =>
    sandbox.gateway.refund({
      idempotencyKey: key,
      gatewayPaymentId: paymentId,
      money: inr('100.00'),
    });
  expect(await refund('refund/early')).toEqual({ kind: 'refused', reason: 'more_than_left' });
  await sandbox.closeDispute(id, 'won');
  expect(await refund('refund/late')).toMatchObject({ kind: 'refunded' });
});
