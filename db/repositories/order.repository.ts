import {
  decideNextAction,
  purchaseOf,
  type Order,
  type OrderStatus,
  type TopUp,
} from '../../domain/order/order';
import type { Instant } from '../../domain/instant';
import type { OrderItem } from '../../domain/order/item';
import type { Payer } from '../../domain/payment/payment';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { OrderModel } from '../models/order.model';
import type { PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';
import { insertItems, listItems, updateItems } from './order-item.repository';
import { fromRowSale, fromRowTaxation, toRowSale, toRowTaxation } from './sale.columns';

export const orders = createLifecycleTable({
  kind: 'order',
  model: OrderModel,
  fromRows: fromRowsOrder,
  toRow: toRowOrder,
  writeParts,
  decideNextAction,
});
export type OrderRecord = LifecycleRecord<Order>;

/** An account's orders, newest first, of a kind and in one of these states. */
export function listOrders(
  trx: Transaction,
  { kind, statuses, ...page }: OrdersQuery,
): Promise<OrderRecord[]> {
  return orders.page(trx, page, (query) => {
    if (kind) query.where({ kind });
    if (statuses) query.whereIn('status', [...statuses]);
  });
}

interface OrdersQuery extends PageQuery {
  readonly accountId: string;
  readonly kind?: Order['kind'];
  readonly statuses?: readonly OrderStatus[];
}

/** Payment links of a payer that can still be paid. */
export function listOpenLinks(
  trx: Transaction,
  { paysForId, now }: { readonly paysForId: string; readonly now: Instant },
): Promise<OrderRecord[]> {
  return orders.list(trx, (query) =>
    query
      .where({ pays_for_id: paysForId })
      .whereIn('status', ['draft', 'awaiting_payment', 'failed'])
      .where('expires_at', '>', now)
      .orderBy('id'),
  );
}

/** Payment links of a payer whose page nobody has opened yet, by their ids. */
export async function listLinksToOpen(trx: Transaction, paysForId: string): Promise<string[]> {
  const rows = await OrderModel.query(trx)
    .where({ pays_for_id: paysForId, status: 'draft' })
    .orderBy('id')
    .select('id');
  return rows.map(({ id }) => id);
}

/** Which of these orders are purchases; the others are top-ups. */
export async function findPurchaseIds(
  trx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (orderIds.length === 0) return new Set();
  const rows = await OrderModel.query(trx)
    .whereIn('id', [...orderIds])
    .where({ kind: 'purchase' })
    .select('id');
  return new Set(rows.map(({ id }) => id));
}

async function writeParts(
  trx: Transaction,
  { before, after }: { readonly before: Order | null; readonly after: Order },
): Promise<void> {
  if (after.kind !== 'purchase') return;
  if (before === null) return insertItems(trx, after);
  return updateItems(trx, { before: purchaseOf(before).items, after: after.items });
}

async function fromRowsOrder(trx: Transaction, rows: readonly OrderModel[]): Promise<Order[]> {
  const items = await listItems(
    trx,
    rows.filter(isPurchase).map(({ id }) => id),
  );
  return rows.map((row) => fromRowOrder(row, items.get(row.id) ?? []));
}

function isPurchase({ kind }: OrderModel): boolean {
  return kind === 'purchase';
}

function fromRowOrder(row: OrderModel, items: readonly OrderItem[]): Order {
  const sale = fromRowSale(row);
  const facts = {
    id: row.id,
    accountId: row.account_id,
    total: sale.total,
    sale,
    taxation: fromRowTaxation(row.taxation),
    gateway: row.gateway,
    mode: row.mode as Order['mode'],
    status: row.status as OrderStatus,
    placedAt: row.placed_at,
    payAskedAt: row.pay_asked_at,
    expiresAt: row.expires_at,
    checkoutId: row.checkout_id,
    checkoutUrl: row.checkout_url,
    checkoutAttempts: row.checkout_attempts,
    checksMade: row.checks_made,
    asksUnanswered: row.asks_unanswered,
    paidAt: row.paid_at,
    failureReason: row.failure_reason,
  };
  return isPurchase(row)
    ? { ...facts, kind: 'purchase', items, itemChecksMade: row.item_checks_made }
    : {
        ...facts,
        kind: 'top_up',
        target: row.target as TopUp['target'],
        visitors: row.visitors,
        note: row.note,
        paysFor: fromRowPayer(row),
      };
}

function fromRowPayer({ pays_for_kind: kind, pays_for_id: id }: OrderModel): Payer | null {
  return kind === null || id === null ? null : { kind: kind as Payer['kind'], id };
}

function toRowPayer(order: Order) {
  const paysFor = order.kind === 'top_up' ? order.paysFor : null;
  return { pays_for_kind: paysFor && paysFor.kind, pays_for_id: paysFor && paysFor.id };
}

function toRowOrder(order: Order) {
  return {
    id: order.id,
    account_id: order.accountId,
    kind: order.kind,
    target: order.kind === 'top_up' ? order.target : null,
    visitors: order.kind === 'top_up' ? order.visitors : null,
    note: order.kind === 'top_up' ? order.note : null,
    ...toRowPayer(order),
    ...toRowSale(order.sale),
    taxation: toRowTaxation(order.taxation),
    gateway: order.gateway,
    mode: order.mode,
    status: order.status,
    placed_at: order.placedAt,
    pay_asked_at: order.payAskedAt,
    expires_at: order.expiresAt,
    checkout_id: order.checkoutId,
    checkout_url: order.checkoutUrl,
    checkout_attempts: order.checkoutAttempts,
    checks_made: order.checksMade,
    asks_unanswered: order.asksUnanswered,
    paid_at: order.paidAt,
    item_checks_made: order.kind === 'purchase' ? order.itemChecksMade : 0,
    failure_reason: order.failureReason,
  };
}
