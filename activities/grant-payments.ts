import {
  findDocumentOf,
  issueDocument,
  type DocumentRecord,
} from '../db/repositories/document.repository';
import { applyLedgerPlan } from '../db/repositories/ledger.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { grantMoney } from '../domain/ledger/grant';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { postReceivedTax } from '../domain/ledger/payment-tax';
import type { Order } from '../domain/order';
import { orderWorkflowId } from '../workflows/order.messages';

export interface PaymentsToGrant {
  readonly ledger: LedgerState;
  readonly order: Order;
  /** Our ids of the payments, each of the order's whole total. */
  readonly paymentIds: readonly string[];
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** What a payment is called in the ledger and in its receipt voucher. */
export function paymentReference(paymentId: string): string {
  return `payment/${paymentId}`;
}

/**
 * Money comes in from clearing under the payment's id: the ledger refuses the same payment twice (I2).
 * The wallet gets the net amount and the tax is owed, as the order was taxed when it was placed.
 */
export async function grantPayments(trx: Transaction, request: PaymentsToGrant): Promise<void> {
  const { ledger, order, paymentIds, at, recordedAt } = request;
  if (paymentIds.length === 0) return;
  const plan = createLedgerPlan([ledger], {
    reference: orderWorkflowId(order.id),
    postedAt: recordedAt,
  });
  for (const paymentId of paymentIds) {
    const reference = paymentReference(paymentId);
    const { subtotal, taxTotal, roundOff } = order.sale;
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: subtotal.amountMicros,
      at,
      kind: 'grant',
      reference,
      reason: `top-up ${order.id}`,
      from: 'clearing',
    });
    postReceivedTax(plan, ledger, {
      reference,
      taxMicros: taxTotal.amountMicros,
      roundOffMicros: roundOff.amountMicros,
      at,
    });
  }
  await applyLedgerPlan(trx, plan);
}

/** A receipt voucher for each payment: the last thing of its transaction, because it locks the series. */
export async function issueReceipts(
  trx: Transaction,
  { order, paymentIds, at }: Pick<PaymentsToGrant, 'order' | 'paymentIds' | 'at'>,
): Promise<void> {
  for (const paymentId of paymentIds) {
    await issueDocument(trx, {
      kind: 'receipt_voucher',
      accountId: order.accountId,
      sale: order.sale,
      taxation: order.taxation,
      issuedAt: at,
      subject: { kind: 'order', id: order.id },
      referencesId: null,
      operationKey: paymentReference(paymentId),
    });
  }
}

/** The receipt voucher of a payment: it says which tax was taken with it. Null: nothing was granted. */
export function findReceiptOfPayment(
  trx: Transaction,
  paymentId: string,
): Promise<DocumentRecord | null> {
  return findDocumentOf(trx, {
    operationKey: paymentReference(paymentId),
    kind: 'receipt_voucher',
  });
}
