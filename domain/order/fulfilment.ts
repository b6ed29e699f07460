/**
 * Owns: how a paid order becomes what was bought: which item is next, and what an item's outcome makes of
 * the order.
 * Does not own: delivering (package/, phone-number/), what a refund gives back (refund/), the payment
 * (checkout.ts).
 * Rules: docs/domain/purchases.md, ADR 0022: each item is a step of its own, so that a crash between two of them
 * costs neither; nothing waits for a slow carrier but its own item; what cannot be delivered is given back.
 * Example: a package and a number, paid at 10:00: the package is there at once, the number is ordered;
 * the carrier has it no more, so its part goes back, and the order is fulfilled with that item refunded.
 */
import { addSeconds, type Instant } from '../instant';
import { invariant } from '../invariant';
import { AWAITED, type NextAction } from '../next-action';
import { isSettled, type OrderItem, type OrderItemStatus } from './item';

export type FulfilmentActionKind = 'fulfil_item' | 'check_items' | 'refund_item';

/** An order as far as its fulfilment knows it. */
export interface Fulfilling {
  readonly items: readonly OrderItem[];
  readonly paidAt: Instant | null;
  /** How often it was looked at its items that are being delivered by others. */
  readonly itemChecksMade: number;
}

/** When the row is looked at in case the message about an item was lost, counted from the payment. */
const CHECK_ITEMS_AFTER_SECONDS = [15, 60, 300, 900, 3_600, 14_400];
/** And then, for as long as a carrier takes: each number's own lifecycle sees to it that it ends. */
const CHECK_ITEMS_EVERY_SECONDS = 86_400;

/** What happens next to a paid order: begin what is pending, give back what failed, wait for the rest. */
export function decideNextFulfilment(order: Fulfilling): NextAction<FulfilmentActionKind> {
  const { items, paidAt } = order;
  invariant(paidAt !== null, 'only a paid order is fulfilled');
  const pending = findItem(items, 'pending');
  if (pending !== null) {
    const reason = `item ${placeOf(items, pending)} of ${items.length} is to be delivered`;
    return { kind: 'fulfil_item', at: paidAt, reason };
  }
  const failed = findItem(items, 'failed');
  if (failed !== null) {
    const reason = `item ${placeOf(items, failed)} of ${items.length} could not be had; its money goes back`;
    return { kind: 'refund_item', at: failed.settledAt ?? paidAt, reason };
  }
  const ordered = findItem(items, 'ordered');
  if (ordered !== null) {
    const reason = `waiting for item ${placeOf(items, ordered)} of ${items.length}; its own lifecycle tells`;
    return { kind: 'check_items', at: findCheck(order, paidAt), reason, ...AWAITED };
  }
  return { kind: 'end', reason: 'every item is delivered or given back' };
}

/** The first item with a status, in the order of the items. */
export function findItem<Item extends OrderItem>(
  items: readonly Item[],
  status: OrderItemStatus,
): Item | null {
  return items.find((item) => item.status === status) ?? null;
}

/** What the items make of their paid order. */
export function statusOfItems(items: readonly OrderItem[]): 'paid' | 'fulfilled' | 'refunded' {
  if (!items.every(isSettled)) return 'paid';
  return items.every(({ status }) => status === 'refunded') ? 'refunded' : 'fulfilled';
}

function placeOf(items: readonly OrderItem[], item: OrderItem): number {
  return items.indexOf(item) + 1;
}

function findCheck({ itemChecksMade }: Fulfilling, paidAt: Instant): Instant {
  const wait = CHECK_ITEMS_AFTER_SECONDS[itemChecksMade];
  if (wait !== undefined) return addSeconds(paidAt, wait);
  const last = CHECK_ITEMS_AFTER_SECONDS.at(-1) ?? 0;
  const days = itemChecksMade - CHECK_ITEMS_AFTER_SECONDS.length + 1;
  return addSeconds(paidAt, last + days * CHECK_ITEMS_EVERY_SECONDS);
}
