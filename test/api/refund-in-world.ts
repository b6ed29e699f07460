import { issueDocument } from '../../db/repositories/document.repository';
import { savePayment } from '../../db/repositories/payment.repository';
import { newId } from '../../db/new-id';
import { disputes } from '../../db/repositories/dispute.repository';
import { refunds } from '../../db/repositories/refund.repository';
import type { Transaction } from '../../db/transaction';
import { reportDispute } from '../../domain/dispute/dispute';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { takePart } from '../../domain/refund/split-refund';
import { UNTAXED } from '../../domain/tax/taxation';

/** A payment of 600.00 INR for an order, and a refund of 200.00 of it that waits for its gateway. */
export async function createRefund(
  trx: Transaction,
  { accountId, orderId, at }: { accountId: string; orderId: string; at: string },
): Promise<{ readonly paymentId: string; readonly refundId: string }> {
  const paymentId = newId('payment');
  const refundId = newId('refund');
  const gatewayPaymentId = `gw_${paymentId}`;
  const { total, sale, taxation } = buildTopUpTerms(UNTAXED, {
    amountMicros: 600_000_000n,
    currency: 'INR',
  });
  await savePayment(trx, {
    id: paymentId,
    accountId,
    payer: { kind: 'order', id: orderId },
    gateway: 'sandbox',
    gatewayPaymentId,
    money: total,
    status: 'succeeded',
    fee: null,
    mode: 'card',
    declineCode: null,
    effectiveAt: at,
    createdAt: at,
  });
  const receipt = await issueDocument(trx, {
    kind: 'receipt_voucher',
    accountId,
    sale,
    taxation,
    issuedAt: at,
    subject: { kind: 'order', id: orderId },
    references: [],
    operationKey: `payment/${paymentId}`,
  });
  await refunds.insert(
    trx,
    {
      id: refundId,
      accountId,
      subject: { kind: 'payment', id: paymentId },
      to: 'source',
      source: { paymentId, gateway: 'sandbox', gatewayPaymentId },
      sale: takePart(sale, 200_000_000n),
      taxation,
      referencesId: receipt.id,
      reason: 'paid twice',
      status: 'requested',
      requestedAt: at,
      attemptsMade: 1,
      settledAt: null,
      gatewayRefundId: null,
      failureReason: null,
      documentId: null,
    },
    at,
  );
  return { paymentId, refundId };
}

/** A dispute of 100.00 INR of that payment, that the bank has only asked about. */
export async function createDispute(
  trx: Transaction,
  { accountId, paymentId, at }: { accountId: string; paymentId: string; at: string },
): Promise<string> {
  const id = newId('dispute');
  const named = { id, accountId, paymentId, gateway: 'sandbox', gatewayDisputeId: `gw_${id}` };
  const money = { amountMicros: 100_000_000n, currency: 'INR' } as const;
  const asked = { status: 'warning', money, reason: 'fraudulent' } as const;
  await disputes.insert(trx, { ...reportDispute(named, at), ...asked }, at);
  return id;
}
