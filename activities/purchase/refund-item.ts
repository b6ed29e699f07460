import { findDocumentOf, type DocumentRecord } from '../../db/repositories/document.repository';
import { listPaymentsOf } from '../../db/repositories/payment.repository';
import { newId } from '../../db/new-id';
import { invariant } from '../../domain/invariant';
import { findBucket, walletCode, type LedgerState } from '../../domain/ledger/ledger-state';
import { availableToPayOut } from '../../domain/ledger/payback';
import { workflowIdOf } from '../../domain/lifecycle';
import { addMoney, type Money } from '../../domain/money';
import { purchaseOf, type Order, type Purchase } from '../../domain/order/order';
import { findItem } from '../../domain/order/fulfilment';
import { partOfItem, type SaleTerms } from '../../domain/order/price';
import { noteItemRefunded, type OrderChange } from '../../domain/order/settle';
import {
  decideRefund,
  type Refundable,
  type RefundRequest,
} from '../../domain/refund/decide-refund';
import type { Refund } from '../../domain/refund/refund';
import { computeLeft } from '../../domain/refund/split-refund';
import type { Taxation } from '../../domain/tax/taxation';
import { recordRequested } from '../refund/apply-refund';
import { loadRefundable } from '../refund/load-refundable';
import { lockLedger } from '../../db/lock-ledger';
import { orderReference, type ItemStep, type LockedOrder } from '../order/purchase-unit';

type InvoiceRefundable = Extract<Refundable, { kind: 'invoice' }>;

/** What goes back for an item, as it was asked for and decided. */
interface ItemRefund {
  readonly refundable: InvoiceRefundable;
  readonly itemId: string;
  /** No item was delivered, and this is the last one: all that is left goes back. */
  readonly isRest: boolean;
}

/**
 * Gives back what the first failed item of a locked order cost: a credit note takes its part of the invoice
 * back. The money goes to what was paid with: past the wallet, or through it where the payment bore the tax;
 * else, and where the order was paid from the wallet, to the wallet.
 */
export async function refundItem(locked: LockedOrder): Promise<OrderChange & ItemStep> {
  const order = purchaseOf(locked.record.state);
  const item = findItem(order.items, 'failed');
  invariant(item !== null, 'an item is refunded when one has failed');
  const refundable = await loadOwnPayments(locked, await getInvoice(locked));
  const others = order.items.filter(({ id }) => id !== item.id);
  const isRest = others.every(({ status }) => status === 'refunded');
  const asked: ItemRefund = { refundable, itemId: item.id, isRest };
  if (findAmount(order, asked) === 0n) {
    return { ...noteItemRefunded(order, item.id, null), workflowId: null };
  }
  const { id, to, sale } =
    (await returnToSource(locked, asked)) ??
    (await returnThroughWallet(locked, asked)) ??
    (await returnToWallet(locked, asked));
  const change = noteItemRefunded(order, item.id, { id, total: sale.total, to });
  return { ...change, workflowId: workflowIdOf('refund', id) };
}

/** The invoice's part straight to what was paid with; null: the payment bore tax, or there is none. */
async function returnToSource(locked: LockedOrder, asked: ItemRefund): Promise<Refund | null> {
  const order = purchaseOf(locked.record.state);
  const wanted = { to: 'source', amountMicros: findAmount(order, asked) } as const;
  const decision = decideRefund(buildRequest(order, wanted), asked.refundable, momentOf(locked));
  if (decision.kind === 'refused') return null;
  return (await recordRequested(locked, decision)).state;
}

/**
 * Where the payment bore the tax, ADR 0020 has two documents: a credit note for the invoice, into the wallet,
 * and a refund voucher for the payment, out of it with its tax. Null: there is no such payment, or the wallet
 * owes, so that what comes in would not be there to go out.
 */
async function returnThroughWallet(locked: LockedOrder, asked: ItemRefund): Promise<Refund | null> {
  const order = purchaseOf(locked.record.state);
  const { refundable, itemId, isRest } = asked;
  const payment = refundable.payments.findLast(({ status }) => status === 'succeeded');
  if (payment === undefined || isOwing(locked.ledger)) return null;
  const wanted = {
    to: 'source',
    amountMicros: isRest ? null : partOfItem(order.items, itemId, pricedOf(order)),
  } as const;
  const left = findLeft(refundable);
  const moment = { now: locked.at, freeMicros: left };
  const back = decideRefund(buildRequest(order, wanted), { kind: 'payment', payment }, moment);
  if (back.kind === 'refused') return null;
  // The invoice is what the payment granted, so that both give back the same net amount.
  await credit(locked, asked, isRest ? left : back.refund.sale.subtotal.amountMicros);
  const ledger = await lockLedger(locked.trx, order.accountId);
  return (await recordRequested({ ...locked, ledger }, back)).state;
}

async function credit(
  locked: LockedOrder,
  { refundable }: ItemRefund,
  amountMicros: bigint,
): Promise<void> {
  const request = buildRequest(locked.record.state, { to: 'wallet', amountMicros });
  const decision = decideRefund(request, refundable, momentOf(locked));
  invariant(decision.kind === 'decided', `the refund ${request.id} was refused to the wallet`);
  await recordRequested(locked, decision, { isPassedOn: true });
}

/** The invoice's part to the wallet, which always can take it. */
async function returnToWallet(locked: LockedOrder, asked: ItemRefund): Promise<Refund> {
  const order = purchaseOf(locked.record.state);
  const request = buildRequest(order, { to: 'wallet', amountMicros: findAmount(order, asked) });
  const decision = decideRefund(request, asked.refundable, momentOf(locked));
  invariant(decision.kind === 'decided', `the refund ${request.id} was refused to the wallet`);
  return (await recordRequested(locked, decision)).state;
}

function buildRequest(
  { id, accountId }: Order,
  wanted: Pick<RefundRequest, 'to' | 'amountMicros'>,
): RefundRequest {
  const reason = `an item of order ${id} could not be delivered`;
  return { id: newId('refund'), accountId, reason, ...wanted };
}

function momentOf({ at, ledger }: LockedOrder) {
  return { now: at, freeMicros: availableToPayOut(ledger) };
}

/** Whether money that comes into the additional wallet would pay a debt, or a hold, of it first. */
function isOwing(ledger: LedgerState): boolean {
  const bucket = findBucket(ledger, walletCode('wallet_additional'));
  return bucket === undefined || bucket.posted < bucket.held;
}

async function getInvoice({ trx, record }: LockedOrder): Promise<DocumentRecord> {
  const operationKey = orderReference(record.state.id);
  const invoice = await findDocumentOf(trx, { operationKey, kind: 'invoice' });
  invariant(invoice !== null, `order ${record.state.id} was paid and has no invoice`);
  return invoice;
}

/** The invoice with what was given back of it. Only the order's own payments can take their money back. */
async function loadOwnPayments(
  { trx, record }: LockedOrder,
  { id }: DocumentRecord,
): Promise<InvoiceRefundable> {
  const refundable = await loadRefundable(trx, { kind: 'invoice', id });
  invariant(refundable.kind === 'invoice', 'an invoice was asked for');
  const payer = { kind: 'order', id: record.state.id } as const;
  const own = new Set((await listPaymentsOf(trx, payer)).map((paid) => paid.id));
  return { ...refundable, payments: refundable.payments.filter((paid) => own.has(paid.paymentId)) };
}

/** The item's part of what was charged. Never more than is left: an operator may have refunded meanwhile. */
function findAmount({ items }: Purchase, { refundable, itemId, isRest }: ItemRefund): bigint {
  const left = findLeft(refundable);
  if (isRest) return left;
  const part = partOfItem(items, itemId, pricedOf(refundable.invoice));
  return part < left ? part : left;
}

/** What the items cost with their tax, before the total was rounded off: no item's part is rounded with it. */
function pricedOf({ sale, taxation }: SaleTerms): { money: Money; taxation: Taxation } {
  return { money: addMoney(sale.subtotal, sale.taxTotal), taxation };
}

function findLeft({ invoice, taken }: InvoiceRefundable): bigint {
  return computeLeft(invoice.sale, taken)?.total.amountMicros ?? 0n;
}
