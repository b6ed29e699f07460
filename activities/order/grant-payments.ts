import {
  findDocumentOf,
  issueDocument,
  type DocumentRecord,
} from '../../db/repositories/document.repository';
import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import type { Transaction } from '../../db/transaction';
import type { DocumentSubject } from '../../domain/document/document';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { spendPayment } from '../../domain/ledger/charge';
import { grantMoney } from '../../domain/ledger/grant';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { postReceivedTax } from '../../domain/ledger/payment-tax';
import { postTax } from '../../domain/ledger/tax';
import type { Order } from '../../domain/order/order';
import { buildInvoiceTerms, buildReceiptTerms, type SaleTerms } from '../../domain/order/price';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Taxation } from '../../domain/tax/taxation';
import { orderReference } from './purchase-unit';

/** A payment of an order, by our id. */
export interface OrderPayment {
  readonly paymentId: string;
  /** It pays for what a purchase is of; else its money stays in the wallet. */
  readonly paysItems: boolean;
}

export interface PaymentsToGrant {
  readonly ledger: LedgerState;
  readonly order: Order;
  /** Each of the order's whole total. */
  readonly payments: readonly OrderPayment[];
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
    references: [],
    operationKey: paymentReference(paymentId),
  });
}

/**
 * Grants an order's payments to the wallet, each for the whole order. What pays for items is spent on them
 * in the same plan: exactly what was granted, so that paid money never lies around for others.
 */
export async function grantPayments(trx: Transaction, request: PaymentsToGrant): Promise<void> {
  const { ledger, order, payments, at, recordedAt } = request;
  if (payments.length === 0) return;
  const plan = createLedgerPlan([ledger], {
    reference: orderReference(order.id),
    postedAt: recordedAt,
  });
  const { sale } = receiptOf(order);
  for (const { paymentId, paysItems } of payments) {
    const reason = `${order.kind === 'purchase' ? 'order' : 'top-up'} ${order.id}`;
    postPayment(plan, ledger, { paymentId, sale, at, reason });
    if (paysItems) postPurchase(plan, ledger, { order, at });
  }
  await applyLedgerPlan(trx, plan);
}

/** Takes what the payment granted for the order, with its tax where it was not taxed as it came in. */
function postPurchase(
  plan: LedgerPlan,
  ledger: LedgerState,
  { order, at }: { readonly order: Order; readonly at: Instant },
): void {
  const reference = orderReference(order.id);
  const { sale: granted } = receiptOf(order);
  const { sale: invoiced } = buildInvoiceTerms(order);
  const { amountMicros } = granted.subtotal;
  invariant(invoiced.total.amountMicros === amountMicros, 'what is granted is what is invoiced');
  spendPayment(plan, ledger, { amountMicros, at, reference, reason: `order ${order.id}` });
  postTax(plan, ledger, { reference, taxMicros: invoiced.taxTotal.amountMicros, at });
}

/** What an order's payment is in the books: of a top-up as it was ordered. */
function receiptOf(order: Order): SaleTerms {
  return order.kind === 'purchase' ? buildReceiptTerms(order) : order;
}

/** A receipt voucher for each payment of an order: the last thing of its transaction. */
export async function issueReceipts(
  trx: Transaction,
  { order, payments, at }: Pick<PaymentsToGrant, 'order' | 'payments' | 'at'>,
): Promise<void> {
  const { accountId } = order;
  const { sale, taxation } = receiptOf(order);
  const subject = { kind: 'order', id: order.id } as const;
  for (const { paymentId } of payments) {
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
