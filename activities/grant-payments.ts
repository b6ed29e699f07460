import {
  findDocumentOf,
  issueDocument,
  type DocumentRecord,
} from '../db/repositories/document.repository';
import { applyLedgerPlan } from '../db/repositories/ledger.repository';
import type { Transaction } from '../db/transaction';
import type { DocumentSubject } from '../domain/document/document';
import type { Instant } from '../domain/instant';
import { grantMoney } from '../domain/ledger/grant';
import { createLedgerPlan, type LedgerPlan } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { postReceivedTax } from '../domain/ledger/payment-tax';
import type { Order } from '../domain/order';
import type { TaxedSale } from '../domain/tax/compute-tax';
import type { Taxation } from '../domain/tax/taxation';
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
function paymentReference(paymentId: string): string {
  return `payment/${paymentId}`;
}

/** A payment that is granted: what it was for and how that is taxed. */
interface GrantedPayment {
  readonly paymentId: string;
  readonly sale: TaxedSale;
  readonly at: Instant;
}

/**
 * Money comes in from clearing under the payment's id: the ledger refuses the same payment twice (I2).
 * The wallet gets the net amount and the tax is owed, as the sale was taxed when it was placed.
 */
export function postPayment(
  plan: LedgerPlan,
  ledger: LedgerState,
  { paymentId, sale, at, reason }: GrantedPayment & { readonly reason: string },
): void {
  const reference = paymentReference(paymentId);
  grantMoney(plan, ledger, {
    source: 'wallet_additional',
    amountMicros: sale.subtotal.amountMicros,
    at,
    kind: 'grant',
    reference,
    reason,
    from: 'clearing',
  });
  postReceivedTax(plan, ledger, {
    reference,
    taxMicros: sale.taxTotal.amountMicros,
    roundOffMicros: sale.roundOff.amountMicros,
    at,
  });
}

/** The payment's receipt voucher. Locks the series: nothing but another document comes after it. */
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
    referencesId: null,
    operationKey: paymentReference(paymentId),
  });
}

/** Grants an order's payments to the wallet, each for the whole order. */
export async function grantPayments(trx: Transaction, request: PaymentsToGrant): Promise<void> {
  const { ledger, order, paymentIds, at, recordedAt } = request;
  if (paymentIds.length === 0) return;
  const plan = createLedgerPlan([ledger], {
    reference: orderWorkflowId(order.id),
    postedAt: recordedAt,
  });
  for (const paymentId of paymentIds) {
    const reason = `top-up ${order.id}`;
    postPayment(plan, ledger, { paymentId, sale: order.sale, at, reason });
  }
  await applyLedgerPlan(trx, plan);
}

/** A receipt voucher for each payment of an order: the last thing of its transaction. */
export async function issueReceipts(
  trx: Transaction,
  { order, paymentIds, at }: Pick<PaymentsToGrant, 'order' | 'paymentIds' | 'at'>,
): Promise<void> {
  const { accountId, sale, taxation } = order;
  const subject = { kind: 'order', id: order.id } as const;
  for (const paymentId of paymentIds) {
    await issueReceipt(trx, { paymentId, accountId, sale, taxation, subject, at });
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
