import {
  findDocumentOf,
  issueDocument,
  type DocumentRecord,
} from '../../db/repositories/document.repository';
import type { Transaction } from '../../db/transaction';
import type { DocumentSubject } from '../../domain/document/document';
import { paymentReference, type GrantedPayment } from '../../domain/payment/post-payment';
import type { Taxation } from '../../domain/tax/taxation';

/** A granted payment's receipt voucher. Locks the series: nothing but another document comes after it. */
export async function issueReceipt(
  trx: Transaction,
  payment: GrantedPayment & {
    readonly accountId: string;
    readonly subject: DocumentSubject;
    readonly taxation: Taxation;
  },
): Promise<void> {
  const { paymentId, sale, at, accountId, subject, taxation } = payment;
  await issueDocument(trx, {
    kind: 'receipt_voucher',
    accountId,
    sale,
    taxation,
    issuedAt: at,
    subject,
    references: [],
    operationKey: paymentReference(paymentId),
  });
}

/** The receipt voucher of a payment: it says which tax was taken with it. Null: nothing was granted. */
export function findReceiptOfPayment(
  trx: Transaction,
  paymentId: string,
): Promise<DocumentRecord | null> {
  const operationKey = paymentReference(paymentId);
  return findDocumentOf(trx, { operationKey, kind: 'receipt_voucher' });
}
