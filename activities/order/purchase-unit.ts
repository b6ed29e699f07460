import { orders, type OrderRecord } from '../../db/repositories/order.repository';
import type { Instant } from '../../domain/instant';
import { workflowIdOf } from '../../domain/lifecycle';
import type { ActivityDependencies } from '../dependencies';
import { withLocked, type TimedTarget, type Locked } from '../lifecycle/locked';

/** One transaction about an order. */
export interface LockedOrder extends Locked<OrderRecord> {
  /** Business time. */
  readonly at: Instant;
  /** The instant of the action that is due. */
  readonly dueAt: Instant;
}

/** What one step on an item did; kept under its key, so that a repeat knows what is still to be started. */
export interface ItemStep {
  /** The lifecycle to be started after the commit; null: none. */
  readonly workflowId: string | null;
}

/** Locks what a decision about an order needs; what was posted for it comes along with the ledger. */
export function withLockedOrder<T>(
  dependencies: Pick<ActivityDependencies, 'database' | 'now' | 'gateways'>,
  request: TimedTarget,
  asked: unknown,
  work: (locked: LockedOrder) => Promise<T>,
): Promise<T> {
  const references = [orderReference(request.id)];
  const { now: at, dueAt = at } = request;
  return withLocked(dependencies, orders, { request, asked, references }, (locked) =>
    work({ ...locked, at, dueAt }),
  );
}

/** What an order's charge and its invoice are called: both happen once. */
export function orderReference(orderId: string): string {
  return workflowIdOf('order', orderId);
}
