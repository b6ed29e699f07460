import { insertEvents } from '../../db/repositories/event.repository';
import { findAnswer } from '../../db/repositories/operation.repository';
import { orders, type OrderRecord } from '../../db/repositories/order.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { isStillNext } from '../../domain/next-action';
import { purchaseOf, type OrderActionKind } from '../../domain/order/order';
import { buildOrderEvents } from '../../domain/order/build-order-events';
import { findItem } from '../../domain/order/fulfilment';
import { noteItemsChecked, type OrderChange } from '../../domain/order/settle';
import type { OrderStep } from '../../workflows/order.messages';
import type { ActivityDependencies } from '../dependencies';
import { answerOnce, recordOperation, type Answered } from '../lifecycle/once';
import type { TimedTarget } from '../lifecycle/locked';
import { startLifecycle } from '../lifecycle/restart-lifecycle';
import { withLockedOrder, type ItemStep, type LockedOrder } from '../order/purchase-unit';
import { createWaking } from '../payment/wake-waiting';
import { withApplicationFailures } from '../to-application-failure';
import { deliverItem } from './deliver-item';
import { payPurchase, type PayCommand } from './pay-purchase';
import { refundItem } from './refund-item';

export type PurchaseActivities = ReturnType<typeof createPurchaseActivities>;

interface PayRequest extends TimedTarget {
  readonly command: PayCommand;
}

const NOTHING: ItemStep = { workflowId: null };

/**
 * A purchase's activities: paying it, and one step for each of its items. A step is one transaction under
 * its key; the lifecycle it begins is started after the commit, by the repeat when the worker died between.
 */
export function createPurchaseActivities(dependencies: ActivityDependencies) {
  const { database } = dependencies;
  const waking = createWaking(dependencies, 'order');

  return withApplicationFailures({
    /** Where the order stands. */
    async readOrder({ id }: Pick<TimedTarget, 'id'>): Promise<OrderStep> {
      const record = await withTransaction(database, SYSTEM, (trx) => orders.find(trx, id));
      invariant(record !== null, `order ${id} has no row`);
      return orders.stepOf(record);
    },

    /** Charges the wallet, or notes how the customer pays. A refusal is remembered under its key. */
    async payPurchase(request: PayRequest): Promise<Answered<OrderActionKind>> {
      const { command, now } = request;
      return withLockedOrder(dependencies, request, command, (locked) =>
        answerOnce(orders, locked, now, () => payPurchase(locked, command)),
      );
    },

    /** Delivers the first item that is pending, or has it delivered. */
    async fulfilItem(task: TimedTarget): Promise<OrderStep> {
      const perform = (locked: LockedOrder) => deliverItem(locked, dependencies);
      return performOnItem(dependencies, { task, kind: 'fulfil_item', perform });
    },

    /** Gives back what the first failed item cost. */
    refundItem: waking((task: TimedTarget) =>
      performOnItem(dependencies, { task, kind: 'refund_item', perform: refundItem }),
    ),

    /** Looks at the row in case the message about an item was lost. */
    async checkItems(task: TimedTarget): Promise<OrderStep> {
      return withLockedOrder(dependencies, task, 'check_items', async (locked) => {
        const { trx, record, at, dueAt } = locked;
        const next = orders.decideNextAction(record.state);
        if (!isStillNext(next, { kind: 'check_items', at: dueAt })) return orders.stepOf(record);
        const state = noteItemsChecked(purchaseOf(record.state));
        return orders.stepOf(await orders.update(trx, record, { state, at }));
      });
    },
  });
}

interface Done {
  readonly record: OrderRecord;
  readonly workflowId: string | null;
}

interface StepOnItem {
  readonly task: TimedTarget;
  readonly kind: 'fulfil_item' | 'refund_item';
  readonly perform: (locked: LockedOrder) => Promise<OrderChange & ItemStep>;
}

/** One step on an item: what it changes, its key and its events commit together; then what it begins starts. */
async function performOnItem(
  dependencies: ActivityDependencies,
  { task, kind, perform }: StepOnItem,
): Promise<OrderStep> {
  const done = await withLockedOrder(dependencies, task, { kind }, (locked) =>
    recordStep(locked, kind, perform),
  );
  if (done.workflowId !== null) await startLifecycle(dependencies, done.workflowId);
  return orders.stepOf(done.record);
}

async function recordStep(
  locked: LockedOrder,
  kind: StepOnItem['kind'],
  perform: StepOnItem['perform'],
): Promise<Done> {
  const { trx, record, request, asked, at, recordedAt } = locked;
  const key = request.operationKey;
  const stored = await findAnswer<ItemStep>(trx, { key, command: asked });
  if (stored !== null) return { record, ...stored.answer };
  const status = kind === 'fulfil_item' ? 'pending' : 'failed';
  const { items } = purchaseOf(record.state);
  const isDue = record.state.status === 'paid' && findItem(items, status) !== null;
  if (!isDue) return { record, ...NOTHING };
  const { order, events, workflowId } = await perform(locked);
  const answer: ItemStep = { workflowId };
  const changed = await orders.update(trx, record, { state: order, at });
  await recordOperation(locked, at, answer);
  await insertEvents(trx, buildOrderEvents(order, events, at), recordedAt);
  return { record: changed, ...answer };
}
