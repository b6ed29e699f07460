import type { Database } from '../../db/connection';
import { insertEvents } from '../../db/repositories/event.repository';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import {
  findOrder,
  lockOrder,
  updateOrder,
  type OrderRecord,
} from '../../db/repositories/order.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { isStillNext } from '../../domain/next-action';
import { decideNextAction } from '../../domain/order/order';
import { findItem } from '../../domain/order/fulfilment';
import { noteItemsChecked, type OrderChange } from '../../domain/order/settle';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import type { OrderCommand, OrderStep } from '../../workflows/order.messages';
import { buildEvent } from './build-order-event';
import { deliverItem } from './deliver-item';
import type { ActivityDependencies } from '../dependencies';
import { lockPurchase, type ItemStep, type PurchaseUnit } from './purchase-unit';
import { payPurchase } from './pay-purchase';
import type { Wake } from './record-payments';
import { refundItem } from './refund-item';
import { startLifecycle } from '../operations/restart-lifecycle';
import { withApplicationFailures } from '../to-application-failure';
import { findWakes } from '../waiting-lifecycles';

export type PurchaseActivities = ReturnType<typeof createPurchaseActivities>;

export interface PurchaseTask {
  readonly id: string;
  readonly accountId: string;
  readonly now: Instant;
  readonly operationKey: string;
}
interface PayRequest extends PurchaseTask {
  readonly command: Extract<OrderCommand, { kind: 'pay' }>;
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
  const { database, now: wallNow } = dependencies;

  return withApplicationFailures({
    /** Where the order stands. */
    async readOrder({ id }: Pick<PurchaseTask, 'id'>): Promise<OrderStep> {
      return stepOf(await readRecord(database, id));
    },

    /** Charges the wallet, or notes how the customer pays. A refusal is remembered under its key. */
    async payPurchase(
      request: PayRequest,
    ): Promise<{ readonly step: OrderStep; readonly answer: CommandAnswer }> {
      const paid = await withTransaction(database, SYSTEM, (trx) =>
        payPurchase(trx, { request, gateways: dependencies.gateways, recordedAt: wallNow() }),
      );
      return { step: stepOf(paid.record), answer: paid.answer };
    },

    /** Delivers the first item that is pending, or has it delivered. */
    async fulfilItem(task: PurchaseTask): Promise<OrderStep> {
      const perform = (unit: PurchaseUnit) => deliverItem(unit, dependencies);
      const { record } = await performOnItem(dependencies, { task, kind: 'fulfil_item', perform });
      return stepOf(record);
    },

    /** Gives back what the first failed item cost. */
    async refundItem(task: PurchaseTask): Promise<Refunded> {
      const step = { task, kind: 'refund_item', perform: refundItem } as const;
      const { record, wakes } = await performOnItem(dependencies, step);
      return { step: stepOf(record), wakes };
    },

    /** Looks at the row in case the message about an item was lost. */
    async checkItems({ id, now }: PurchaseTask): Promise<OrderStep> {
      return withTransaction(database, SYSTEM, async (trx) => {
        const record = await lockOrder(trx, id);
        invariant(record !== null, `order ${id} has no row`);
        const isDue = isStillNext(decideNextAction(record.order), { kind: 'check_items', at: now });
        if (!isDue) return stepOf(record);
        return stepOf(
          await updateOrder(trx, record, { order: noteItemsChecked(record.order), at: now }),
        );
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
  readonly task: PurchaseTask;
  readonly kind: 'fulfil_item' | 'refund_item';
  readonly perform: (unit: PurchaseUnit) => Promise<OrderChange & ItemStep>;
}

/** One step on an item: what it changes, its key and its events commit together; then what it begins starts. */
async function performOnItem(dependencies: ActivityDependencies, step: StepOnItem): Promise<Done> {
  const { database, now: wallNow } = dependencies;
  const done = await withTransaction(database, SYSTEM, (trx) => recordStep(trx, step, wallNow()));
  if (done.workflowId !== null) await startLifecycle(dependencies, done.workflowId);
  return done;
}

async function recordStep(
  trx: Transaction,
  { task, kind, perform }: StepOnItem,
  recordedAt: Instant,
): Promise<Done> {
  const { id, accountId, now, operationKey: key } = task;
  const unit = await lockPurchase(trx, { id, accountId, at: now, recordedAt });
  const { record } = unit;
  const command = { kind };
  const stored = await findAnswer<ItemStep>(trx, { key, command });
  if (stored !== null) return finish(unit, record, stored.answer);
  const status = kind === 'fulfil_item' ? 'pending' : 'failed';
  const isDue = record.order.status === 'paid' && findItem(record.order.items, status) !== null;
  if (!isDue) return finish(unit, record, NOTHING);
  const { order, events, workflowId, cause } = await perform(unit);
  const answer: ItemStep = { workflowId, cause };
  const changed = await updateOrder(trx, record, { order, at: now });
  await insertOperation(trx, { key, accountId, command, answer, effectiveAt: now, recordedAt });
  await insertEvents(
    trx,
    events.map((event) => buildEvent(order, event, now)),
    recordedAt,
  );
  return finish(unit, changed, answer);
}

/** Also of a repeat: a worker may have died after its commit and before it started or woke anybody. */
async function finish(
  { trx }: PurchaseUnit,
  record: OrderRecord,
  { workflowId, cause }: ItemStep,
): Promise<Done> {
  const { accountId } = record.order;
  const wakes = cause === null ? [] : await findWakes(trx, { accountId, cause });
  return { record, workflowId, wakes };
}

async function readRecord(database: Database, id: string): Promise<OrderRecord> {
  const record = await withTransaction(database, SYSTEM, (trx) => findOrder(trx, id));
  invariant(record !== null, `order ${id} has no row`);
  return record;
}

function stepOf({ order, revision }: OrderRecord): OrderStep {
  return { status: order.status, revision, next: decideNextAction(order) };
}
