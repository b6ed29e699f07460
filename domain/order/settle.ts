/**
 * Owns: what becomes of an order when one of its items is begun, delivered, lost or given back.
 * Does not own: which item is next (fulfilment.ts), the money of a refund (refund/).
 * Rules: docs/domain/purchases.md. An item is settled once: what is told again, or too late, changes nothing.
 * Example: the last of two items is delivered: the order is `fulfilled`, with `order.item_delivered` and
 * `order.fulfilled`.
 */
import type { Instant } from '../instant';
import { formatAmount, type Money } from '../money';
import type { OrderEvent, Purchase } from './order';
import { statusOfItems } from './fulfilment';
import type { OrderItem } from './item';

/** An order as it becomes, and what to tell of it. */
export interface OrderChange {
  readonly order: Purchase;
  readonly events: readonly OrderEvent[];
}

/** The outcome of a delivery, as whoever delivers tells it. */
export interface ItemTold {
  readonly outcome: 'delivered' | 'failed';
  readonly reason: string;
  readonly at: Instant;
}

/** The order once the delivery of a pending item was begun elsewhere; it tells how it ends. */
export function noteOrdered(order: Purchase, itemId: string): OrderChange {
  return changeItem(order, itemId, (item) =>
    item.status === 'pending' ? { item: { ...item, status: 'ordered' }, event: null } : null,
  );
}

/** The order once an item is there, or is known never to come. */
export function settleItem(order: Purchase, itemId: string, told: ItemTold): OrderChange {
  const { outcome, reason, at } = told;
  return changeItem(order, itemId, (item) => {
    if (item.status !== 'pending' && item.status !== 'ordered') return null;
    const isDelivered = outcome === 'delivered';
    return {
      item: {
        ...item,
        status: outcome,
        settledAt: at,
        failureReason: isDelivered ? null : reason,
      },
      event: isDelivered
        ? {
            type: 'order.item_delivered',
            reason: `${item.name}: ${reason}`,
            data: { ...factsOf(item), delivered_id: item.deliveryId },
          }
        : {
            type: 'order.item_failed',
            reason: `${item.name}: ${reason}`,
            data: factsOf(item),
          },
    };
  });
}

/** The order once a failed item's money is on its way back; `refund` null: it cost nothing. */
export function noteItemRefunded(
  order: Purchase,
  itemId: string,
  refund: {
    readonly id: string;
    readonly total: Money;
    readonly to: 'source' | 'wallet';
  } | null,
): OrderChange {
  return changeItem(order, itemId, (item) => {
    if (item.status !== 'failed') return null;
    const why = item.failureReason ?? 'it could not be delivered';
    return {
      item: { ...item, status: 'refunded', refundId: refund?.id ?? null },
      event: {
        type: 'order.item_refunded',
        reason: `${item.name}: ${why}; ${describeRefund(refund)}`,
        data: { ...factsOf(item), refund_id: refund?.id ?? null },
      },
    };
  });
}

function factsOf({ id, kind }: OrderItem) {
  return { item_id: id, item_kind: kind };
}

function describeRefund(refund: Parameters<typeof noteItemRefunded>[2]): string {
  if (refund === null) return 'nothing was charged for it';
  const money = `${formatAmount(refund.total)} ${refund.total.currency}`;
  return `${money} is refunded to ${refund.to === 'source' ? 'the original payment method' : 'the wallet'}`;
}

/** The order after its row was looked at and nothing was new. */
export function noteItemsChecked(order: Purchase): Purchase {
  return { ...order, itemChecksMade: order.itemChecksMade + 1 };
}

function changeItem(
  order: Purchase,
  itemId: string,
  change: (item: OrderItem) => {
    readonly item: OrderItem;
    readonly event: OrderEvent | null;
  } | null,
): OrderChange {
  const before = order.items.find(({ id }) => id === itemId);
  const changed = before === undefined || order.status !== 'paid' ? null : change(before);
  if (changed === null) return { order, events: [] };
  const items = order.items.map((item) => (item.id === itemId ? changed.item : item));
  const status = statusOfItems(items);
  const concluded = status === 'paid' ? [] : [CONCLUSIONS[status]];
  const told = changed.event === null ? [] : [changed.event];
  return { order: { ...order, items, status }, events: [...told, ...concluded] };
}

const CONCLUSIONS = {
  fulfilled: {
    type: 'order.fulfilled',
    reason: 'every item has been delivered or refunded',
  },
  refunded: {
    type: 'order.refunded',
    reason: 'no item could be delivered; the full amount is refunded',
  },
} as const satisfies Record<string, OrderEvent>;
