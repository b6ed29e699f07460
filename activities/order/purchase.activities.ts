import { insertEvents } from '../../db/repositories/event.repository';
import { findAnswer } from '../../db/repositories/operation.repository';
import { orders, type OrderRecord } from '../../db/repositories/order.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { isStillNext } from '../../domain/next-action';
import type { OrderActionKind } from '../../domain/order/order';
import { findItem } from '../../domain/order/fulfilment';
import { noteItemsChecked, type OrderChange } from '../../domain/order/settle';
import type { OrderStep } from '../../workflows/order.messages';
import type { ActivityDependencies } from '../dependencies';
import { answerOnce, recordOperation, type Answered } from '../lifecycle/once';
import { startLifecycle } from '../lifecycle/restart-lifecycle';
import { withApplicationFailures } from '../to-application-failure';
import { findWakes } from '../waiting-lifecycles';
import { buildEvent } from './build-order-event';
import { deliverItem } from './deliver-item';
import { payPurchase, type PayCommand } from './pay-purchase';
import { inOrderUnit, type ItemStep, type OrderTarget, type OrderUnit } from './purchase-unit';
import type { Wake } from './record-payments';
import { refundItem } from './refund-item';

export type PurchaseActivities = ReturnType<typeof createPurchaseActivities>;

interface PayRequest extends OrderTarget {
  readonly command: PayCommand;
}

const NOTHING: ItemStep = { workflowId: null, cause: null };

interface Refunded {
  readonly step: OrderStep;
  readonly wakes: readonly Wake[];
}

/**
 * A purchase's activities: paying it, and one step for each of its items. A step is one transaction under
 * its key; the lifecycle it begins is started after the commit, by the repeat when the worker died between.
 */
export function createPurchaseActivities(dependencies: ActivityDependencies) {
  const { database } = dependencies;

  return withApplicationFailures({
    /** Where the order stands. */
    async readOrder({ id }: Pick<OrderTarget, 'id'>): Promise<OrderStep> {
      const record = await withTransaction(database, SYSTEM, (trx) => orders.find(trx, id));
      invariant(record !== null, `order ${id} has no row`);
      return orders.stepOf(record);
    },

    /** Charges the wallet, or notes how the customer pays. A refusal is remembered under its key. */
    async payPurchase(request: PayRequest): Promise<Answered<OrderActionKind>> {
      const { command, now } = request;
      return inOrderUnit(dependencies, request, command, (unit) =>
        answerOnce(orders, unit, now, () => payPurchase(unit, command)),
      );
    },

    /** Delivers the first item that is pending, or has it delivered. */
    async fulfilItem(task: OrderTarget): Promise<OrderStep> {
      const perform = (unit: OrderUnit) => deliverItem(unit, dependencies);
      const { record } = await performOnItem(dependencies, { task, kind: 'fulfil_item', perform });
      return orders.stepOf(record);
    },

    /** Gives back what the first failed item cost. */
    async refundItem(task: OrderTarget): Promise<Refunded> {
      const step = { task, kind: 'refund_item', perform: refundItem } as const;
      const { record, wakes } = await performOnItem(dependencies, step);
      return { step: orders.stepOf(record), wakes };
    },

    /** Looks at the row in case the message about an item was lost. */
    async checkItems(task: OrderTarget): Promise<OrderStep> {
      return inOrderUnit(dependencies, task, 'check_items', async (unit) => {
        const { trx, record, at, dueAt } = unit;
        const next = orders.decideNextAction(record.state);
        if (!isStillNext(next, { kind: 'check_items', at: dueAt })) return orders.stepOf(record);
        const state = noteItemsChecked(record.state);
        return orders.stepOf(await orders.update(trx, record, { state, at }));
      });
    },
  });
}

interface Done {
  readonly record: OrderRecord;
  readonly workflowId: string | null;
  readonly wakes: readonly Wake[];
}

interface StepOnItem {
  readonly task: OrderTarget;
  readonly kind: 'fulfil_item' | 'refund_item';
  readonly perform: (unit: OrderUnit) => Promise<OrderChange & ItemStep>;
}

/** One step on an item: what it changes, its key and its events commit together; then what it begins starts. */
async function performOnItem(
  dependencies: ActivityDependencies,
  { task, kind, perform }: StepOnItem,
): Promise<Done> {
  const done = await inOrderUnit(dependencies, task, { kind }, (unit) =>
    recordStep(unit, kind, perform),
  );
  if (done.workflowId !== null) await startLifecycle(dependencies, done.workflowId);
  return done;
}

async function recordStep(
  unit: OrderUnit,
  kind: StepOnItem['kind'],
  perform: StepOnItem['perform'],
): Promise<Done> {
  const { trx, record, request, asked, at, recordedAt } = unit;
  const key = request.operationKey;
  const stored = await findAnswer<ItemStep>(trx, { key, command: asked });
  if (stored !== null) return finish(unit, record, stored.answer);
  const status = kind === 'fulfil_item' ? 'pending' : 'failed';
  const isDue = record.state.status === 'paid' && findItem(record.state.items, status) !== null;
  if (!isDue) return finish(unit, record, NOTHING);
  const { order, events, workflowId, cause } = await perform(unit);
  const answer: ItemStep = { workflowId, cause };
  const changed = await orders.update(trx, record, { state: order, at });
  await recordOperation(unit, at, answer);
  await insertEvents(
    trx,
    events.map((event) => buildEvent(order, event, at)),
    recordedAt,
  );
  return finish(unit, changed, answer);
}

/** Also of a repeat: a worker may have died after its commit and before it started or woke anybody. */
async function finish(
  { trx }: OrderUnit,
  record: OrderRecord,
  { workflowId, cause }: ItemStep,
): Promise<Done> {
  const { accountId } = record.state;
  const wakes = cause === null ? [] : await findWakes(trx, { accountId, cause });
  return { record, workflowId, wakes };
}
