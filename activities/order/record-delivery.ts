import { insertEvents } from '../../db/repositories/event.repository';
import { orders } from '../../db/repositories/order.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { buildOrderEvents } from '../../domain/order/build-order-events';
import { purchaseOf } from '../../domain/order/order';
import { settleItem as decideSettled } from '../../domain/order/settle';

/** How a delivery ended, as the lifecycle that delivers tells it. */
export interface SettledItem {
  readonly orderId: string;
  readonly orderItemId: string;
  readonly outcome: 'delivered' | 'failed';
  /** One sentence of ours; the customer reads it. */
  readonly reason: string;
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/**
 * Tells an order how the delivery of one of its items ended, in the transaction of whoever delivers it,
 * which holds the account's ledger. Told again it changes nothing. Signal `itemSettled` to the workflow
 * that is answered once that has committed; the order finds out by itself, too, only later.
 */
export async function recordDelivery(
  trx: Transaction,
  told: SettledItem,
): Promise<{ readonly workflowId: string }> {
  const { orderId, orderItemId, at, recordedAt } = told;
  const record = await orders.lock(trx, orderId);
  invariant(record !== null, `order ${orderId} has no row`);
  const { order, events } = decideSettled(purchaseOf(record.state), orderItemId, told);
  if (order !== record.state) {
    await orders.update(trx, record, { state: order, at });
    await insertEvents(trx, buildOrderEvents(order, events, at), recordedAt);
  }
  return { workflowId: record.workflowId };
}
