import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { decideNextAction, type Order, type OrderStatus } from '../../domain/order/order';
import type { OrderItem } from '../../domain/order/item';
import { OrderModel } from '../models/order.model';
import type { Transaction } from '../transaction';
import { toRowNextAction } from './next-action.columns';
import { insertItems, listItems, updateItems } from './order-item.repository';
import { fromRowSale, fromRowTaxation, toRowSale, toRowTaxation } from './sale.columns';

/** An order with what only its row knows. `revision` counts its changes. */
export interface OrderRecord {
  readonly order: Order;
  readonly workflowId: string;
  readonly revision: number;
  readonly createdAt: Instant;
}

/** Reads one order of the tenant, or null. */
export async function findOrder(trx: Transaction, id: string): Promise<OrderRecord | null> {
  const row = await OrderModel.query(trx).findById(id);
  return row ? withItems(trx, row) : null;
}

/** Reads and locks one order. Lock the account's ledger first when money will move. */
export async function lockOrder(trx: Transaction, id: string): Promise<OrderRecord | null> {
  const row = await OrderModel.query(trx).findById(id).forUpdate();
  return row ? withItems(trx, row) : null;
}

/** An account's orders, newest first. `before` is the last row of the page before. */
export async function listOrders(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly limit: number;
    readonly before: { readonly createdAt: Instant; readonly id: string } | null;
    readonly kind?: Order['kind'];
    readonly statuses?: readonly OrderStatus[];
  },
): Promise<OrderRecord[]> {
  const rows = await OrderModel.query(trx)
    .where({ account_id: query.accountId })
    .modify((builder) => {
      const { before, kind, statuses } = query;
      if (before) builder.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
      if (kind) builder.where({ kind });
      if (statuses) builder.whereIn('status', [...statuses]);
    })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit);
  const items = await listItems(
    trx,
    rows.filter(isPurchase).map(({ id }) => id),
  );
  return rows.map((row) => fromRowOrder(row, items.get(row.id) ?? []));
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

/** Writes a new order at revision 1. */
export async function insertOrder(
  trx: Transaction,
  order: Order,
  { workflowId, at }: { readonly workflowId: string; readonly at: Instant },
): Promise<OrderRecord> {
  const row = { ...toRowOrder(order), workflow_id: workflowId, revision: 1n };
  await OrderModel.query(trx).insert({ ...row, created_at: at, updated_at: at });
  await insertItems(trx, order);
  return { order, workflowId, revision: 1, createdAt: at };
}

/** Writes the new state of a locked order and what happens to it next. */
export async function updateOrder(
  trx: Transaction,
  record: OrderRecord,
  { order, at }: { readonly order: Order; readonly at: Instant },
): Promise<OrderRecord> {
  const revision = record.revision + 1;
  const changed = await OrderModel.query(trx)
    .where({ id: order.id, revision: BigInt(record.revision) })
    .patch({ ...toRowOrder(order), revision: BigInt(revision), updated_at: at });
  invariant(changed === 1, `order ${order.id} changed under its lock`);
  await updateItems(trx, { before: record.order.items, after: order.items });
  return { ...record, order, revision };
}

async function withItems(trx: Transaction, row: OrderModel): Promise<OrderRecord> {
  const items = isPurchase(row) ? (await listItems(trx, [row.id])).get(row.id) : undefined;
  return fromRowOrder(row, items ?? []);
}

function isPurchase({ kind }: OrderModel): boolean {
  return kind === 'purchase';
}

function fromRowOrder(row: OrderModel, items: readonly OrderItem[]): OrderRecord {
  const sale = fromRowSale(row);
  const order: Order = {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind as Order['kind'],
    items,
    target: row.target as Order['target'],
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
    checkoutTries: row.checkout_tries,
    checksMade: row.checks_made,
    asksUnanswered: row.asks_unanswered,
    paidAt: row.paid_at,
    itemChecksMade: row.item_checks_made,
    failureReason: row.failure_reason,
  };
  return {
    order,
    workflowId: row.workflow_id,
    revision: Number(row.revision),
    createdAt: row.created_at,
  };
}

function toRowOrder(order: Order) {
  return {
    id: order.id,
    account_id: order.accountId,
    kind: order.kind,
    target: order.target,
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
    checkout_tries: order.checkoutTries,
    checks_made: order.checksMade,
    asks_unanswered: order.asksUnanswered,
    paid_at: order.paidAt,
    item_checks_made: order.itemChecksMade,
    failure_reason: order.failureReason,
    ...toRowNextAction(decideNextAction(order)),
  };
}
