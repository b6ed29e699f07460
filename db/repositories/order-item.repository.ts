import type { CurrencyCode } from '../../domain/currency';
import { invariant } from '../../domain/invariant';
import type { Money } from '../../domain/money';
import type { NumberCapability } from '../../domain/number-capability';
import type { Purchase } from '../../domain/order/order';
import type { OrderItem, OrderItemStatus } from '../../domain/order/item';
import type { PackageKind } from '../../domain/package/package-offer';
import { OrderItemModel } from '../models/order-item.model';
import type { Transaction } from '../transaction';

/** The items of these orders, each order's in their places. */
export async function listItems(
  trx: Transaction,
  orderIds: readonly string[],
): Promise<Map<string, OrderItem[]>> {
  const items = new Map<string, OrderItem[]>();
  if (orderIds.length === 0) return items;
  const rows = await OrderItemModel.query(trx)
    .whereIn('order_id', [...orderIds])
    .orderBy(['order_id', 'place']);
  for (const row of rows) {
    const known = items.get(row.order_id) ?? [];
    items.set(row.order_id, [...known, fromRowItem(row)]);
  }
  return items;
}

/** Writes the items of a new purchase. */
export async function insertItems(trx: Transaction, order: Purchase): Promise<void> {
  const { id, accountId, items } = order;
  for (const [index, item] of items.entries()) {
    const row = { ...toRowItem(item), order_id: id, account_id: accountId, place: index + 1 };
    await OrderItemModel.query(trx).insert(row);
  }
}

/** Writes what changed of the items. The order's row is locked, so nobody else writes them. */
export async function updateItems(
  trx: Transaction,
  {
    before,
    after,
  }: { readonly before: readonly OrderItem[]; readonly after: readonly OrderItem[] },
): Promise<void> {
  for (const item of after) {
    if (before.includes(item)) continue;
    const changed = await OrderItemModel.query(trx)
      .where({ id: item.id })
      .patch(toRowProgress(item));
    invariant(changed === 1, `item ${item.id} has no row`);
  }
}

/** Whether anybody rents the number or has it ordered: every tenant's rows count, so ask as the system. */
export async function isNumberRented(trx: Transaction, number: string): Promise<boolean> {
  const row = await trx<{ id: string; number: string; status: string }>('phone_numbers')
    .where({ number })
    .whereNotIn('status', ['released', 'failed'])
    .first('id');
  return row !== undefined;
}

/** All that ever changes of an item. */
function toRowProgress(item: OrderItem) {
  return {
    status: item.status,
    settled_at: item.settledAt,
    failure_reason: item.failureReason,
    refund_id: item.refundId,
  };
}

function toRowItem(item: OrderItem) {
  return {
    id: item.id,
    kind: item.kind,
    delivery_id: item.deliveryId,
    name: item.name,
    currency: item.price.currency,
    price_micros: item.price.amountMicros,
    up_front_fee_micros: item.upFrontFee.amountMicros,
    ...toRowProgress(item),
    ...(item.kind === 'phone_number'
      ? {
          number: item.number,
          country: item.country,
          capabilities: [...item.capabilities],
          required_capabilities: [...item.requiredCapabilities],
        }
      : {
          code: item.code,
          units: BigInt(item.units),
          validity_days: item.validityDays,
          channels: item.channels && [...item.channels],
        }),
  };
}

function fromRowItem(row: OrderItemModel): OrderItem {
  const money = (amountMicros: bigint): Money => ({
    amountMicros,
    currency: row.currency as CurrencyCode,
  });
  const facts = {
    id: row.id,
    deliveryId: row.delivery_id,
    name: row.name,
    price: money(row.price_micros),
    upFrontFee: money(row.up_front_fee_micros),
    status: row.status as OrderItemStatus,
    settledAt: row.settled_at,
    failureReason: row.failure_reason,
    refundId: row.refund_id,
  };
  if (row.kind !== 'phone_number') {
    const { code, units, validity_days: validityDays, channels } = row;
    invariant(code !== null && units !== null, `item ${row.id} is a package without its terms`);
    const kind = row.kind as PackageKind;
    return { ...facts, kind, code, units: Number(units), validityDays, channels };
  }
  const { number, country } = row;
  invariant(number !== null && country !== null, `item ${row.id} is a number without one`);
  return {
    ...facts,
    kind: 'phone_number',
    number,
    country,
    capabilities: (row.capabilities ?? []) as NumberCapability[],
    requiredCapabilities: (row.required_capabilities ?? []) as NumberCapability[],
  };
}
