import type { NewEvent } from '../../db/repositories/event.repository';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import type { Order } from '../../domain/order/order';

/** An event about an order, with the facts a receiver needs and nothing personal. */
export function buildEvent(
  order: Order,
  event: { readonly type: string; readonly reason: string },
  occurredAt: Instant,
): NewEvent {
  return {
    accountId: order.accountId,
    type: event.type,
    subjectId: order.id,
    reason: event.reason,
    data: {
      status: order.status,
      amount: formatAmount(order.total),
      currency: order.total.currency,
    },
    occurredAt,
  };
}
