import type { Transaction } from '../../db/transaction';
import { monthOf } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { spendPayment } from '../../domain/ledger/charge';
import { type LedgerPlan } from '../../domain/ledger/ledger-plan';
import { grantUnits } from '../../domain/ledger/grant';
import { quotaTopUpCode, type LedgerState } from '../../domain/ledger/ledger-state';
import { postTax } from '../../domain/ledger/tax';
import { isSale, type Order, type TopUp } from '../../domain/order/order';
import { buildInvoiceTerms, buildReceiptTerms, type SaleTerms } from '../../domain/order/price';
import { postPayment } from '../../domain/payment/post-payment';
import { issueReceipt } from '../payment/issue-receipt';
import { orderReference } from './purchase-unit';
import { postTransfers } from '../lifecycle/post-transfers';

/** A payment of an order, by our id. */
export interface OrderPayment {
  readonly paymentId: string;
  /** It pays for what was ordered; else its money stays in the wallet. */
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

/**
 * Grants an order's payments to the wallet, each for the whole order. What pays for items or visitors is
 * spent on them in the same plan: exactly what was granted, so that paid money never lies around for others.
 */
export async function grantPayments(trx: Transaction, request: PaymentsToGrant): Promise<void> {
  const { ledger, order, payments, at, recordedAt } = request;
  if (payments.length === 0) return;
  const { sale } = receiptOf(order);
  const reason = `${order.kind === 'purchase' ? 'order' : 'top-up'} ${order.id}`;
  const unit = { reference: orderReference(order.id), at };
  await postTransfers({ trx, ledger, recordedAt }, unit, ({ plan }) => {
    for (const { paymentId, paysItems } of payments) {
      postPayment(plan, ledger, { paymentId, sale, at, reason });
      if (!paysItems) continue;
      postPurchase(plan, ledger, { order, at });
      if (order.kind === 'top_up') postVisitors(plan, ledger, { order, at });
    }
  });
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

/** Units for the local month in which they were paid, gone with it (R3.07, R3.10). */
function postVisitors(
  plan: LedgerPlan,
  ledger: LedgerState,
  { order, at }: { readonly order: TopUp; readonly at: Instant },
): void {
  const { id, visitors } = order;
  invariant(visitors !== null, `top-up ${id} is one of money`);
  const asset = 'unique_visitor';
  const month = monthOf(at, ledger.timeZone);
  grantUnits(plan, ledger, {
    code: quotaTopUpCode(asset, month),
    asset,
    source: 'quota_top_up',
    quantity: BigInt(visitors),
    startsAt: null,
    expiresAt: null,
    month,
    at,
    reference: orderReference(id),
    reason: `top-up ${id}`,
  });
}

/** What an order's payment is in the books: of money as it was ordered. */
function receiptOf(order: Order): SaleTerms {
  return isSale(order) ? buildReceiptTerms(order) : order;
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
