import { findDocumentOf, type DocumentRecord } from '../db/repositories/document.repository';
import { listPaymentsOfOrder } from '../db/repositories/payment.repository';
import { newId } from '../db/new-id';
import { invariant } from '../domain/invariant';
import { availableToPayOut } from '../domain/ledger/payback';
import type { Order } from '../domain/order';
import { findItem } from '../domain/order/fulfilment';
import { partOfItem } from '../domain/order/price';
import { noteItemRefunded, type OrderChange } from '../domain/order/settle';
import { decideRefund, type Refundable, type RefundDecision } from '../domain/refund/decide-refund';
import { REFUND_TARGETS } from '../domain/refund/refund';
import { computeLeft } from '../domain/refund/split-refund';
import { refundWorkflowId } from '../workflows/refund.messages';
import { recordRequested } from './apply-refund';
import { loadRefundable } from './load-refundable';
import { orderReference, type PurchaseUnit } from './purchase-unit';
import type { ItemStep } from './purchase.activities';

type InvoiceRefundable = Extract<Refundable, { kind: 'invoice' }>;

/**
 * Gives back what the first failed item of a locked order cost: a credit note takes its part of the invoice
 * back, and the money goes to what was paid with where that is possible, else to the wallet.
 */
export async function refundItem(unit: PurchaseUnit): Promise<OrderChange & ItemStep> {
  const { record } = unit;
  const { order } = record;
  const item = findItem(order.items, 'failed');
  invariant(item !== null, 'an item is refunded when one has failed');
  const refundable = await loadOwnPayments(unit, await getInvoice(unit));
  const amountMicros = findAmount(order, item.id, refundable);
  if (amountMicros === 0n) {
    return { ...noteItemRefunded(order, item.id, null), workflowId: null, cause: null };
  }
  const id = newId('refund');
  const reason = `an item of order ${order.id} could not be delivered`;
  const decision = decide(unit, refundable, { id, amountMicros, reason });
  const { refund } = await recordRequested(unit, decision, refundWorkflowId(id));
  const { total } = refund.sale;
  return {
    ...noteItemRefunded(order, item.id, { id, total, to: refund.to }),
    workflowId: refundWorkflowId(id),
    cause: refund.to === 'wallet' ? id : null,
  };
}

async function getInvoice({ trx, record }: PurchaseUnit): Promise<DocumentRecord> {
  const operationKey = orderReference(record.order.id);
  const invoice = await findDocumentOf(trx, { operationKey, kind: 'invoice' });
  invariant(invoice !== null, `order ${record.order.id} was paid and has no invoice`);
  return invoice;
}

/** The invoice with what was given back of it. Only the order's own payments can take their money back. */
async function loadOwnPayments(
  { trx, record }: PurchaseUnit,
  { id }: DocumentRecord,
): Promise<InvoiceRefundable> {
  const refundable = await loadRefundable(trx, { kind: 'invoice', id });
  invariant(refundable.kind === 'invoice', 'an invoice was asked for');
  const own = new Set((await listPaymentsOfOrder(trx, record.order.id)).map((paid) => paid.id));
  return { ...refundable, payments: refundable.payments.filter((paid) => own.has(paid.paymentId)) };
}

/**
 * The item's part of what was charged; of the last item, where none was delivered, all that is left. Never
 * more than is left: an operator may have refunded the invoice meanwhile.
 */
function findAmount(
  { items }: Order,
  itemId: string,
  { invoice, taken }: InvoiceRefundable,
): bigint {
  const left = computeLeft(invoice.sale, taken)?.total.amountMicros ?? 0n;
  const others = items.filter(({ id }) => id !== itemId);
  if (others.every(({ status }) => status === 'refunded')) return left;
  const part = partOfItem(items, itemId, invoice.sale.total);
  return part < left ? part : left;
}

/** To the source where it was paid at a gateway and can go back there; else to the wallet, which always can. */
function decide(
  { record, ledger, at }: PurchaseUnit,
  refundable: InvoiceRefundable,
  asked: { readonly id: string; readonly amountMicros: bigint; readonly reason: string },
): RefundDecision {
  const { accountId, mode } = record.order;
  const moment = { now: at, freeMicros: availableToPayOut(ledger) };
  const targets = REFUND_TARGETS.filter((to) => to === 'wallet' || mode !== 'wallet');
  const decided = targets
    .map((to) => decideRefund({ ...asked, accountId, to }, refundable, moment))
    .find((decision) => decision.kind === 'decided');
  invariant(decided !== undefined, `the refund ${asked.id} was refused to the wallet, too`);
  return decided;
}
