import type { Database } from '../../db/connection';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  closeOperatorTasks,
  openOperatorTask,
} from '../../db/repositories/operator-task.repository';
import { orders, type OrderRecord } from '../../db/repositories/order.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import { reopenInboxEntry } from '../../db/repositories/webhook-inbox.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseCurrency } from '../../domain/currency';
import { laterOf } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { workflowIdOf } from '../../domain/lifecycle';
import { describeMoney, parseMoney } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import { buildOrderEvents, describePayLink } from '../../domain/order/build-order-events';
import { buildCheckoutLines, noteUnanswered } from '../../domain/order/checkout';
import type { Order, OrderActionKind } from '../../domain/order/order';
import { placeTopUp as buildTopUp } from '../../domain/order/place';
import type { Taxation } from '../../domain/tax/taxation';
import type {
  CheckoutRequest,
  GatewayPayment,
  PaymentGateway,
} from '../../gateways/payment-gateway';
import { DONE } from '../../workflows/lifecycle.messages';
import type { OrderCommand, OrderStep } from '../../workflows/order.messages';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import { answerOnce, type Answered, type Decided } from '../lifecycle/once';
import { withLockedOrNew, type Locked, type TimedTarget } from '../lifecycle/locked';
import { gatewayOf } from '../payment/gateway-of';
import { createWaking } from '../payment/wake-waiting';
import { withApplicationFailures } from '../to-application-failure';
import { withLockedOrder, type LockedOrder } from './purchase-unit';
import { recordPayments, type SettleRequest } from './record-payments';

export type OrderActivities = ReturnType<typeof createOrderActivities>;

interface PlaceRequest extends TimedTarget {
  readonly command: Extract<OrderCommand, { kind: 'place' }>;
}

export interface UnheardReport extends TimedTarget {
  readonly gateway: string;
  readonly eventId: string;
  /** Asking again would not mend it. */
  readonly isRefused: boolean;
}

/**
 * The order's activities. The gateway is asked outside of any transaction, always with a key; what it
 * answered is then recorded in one transaction that also moves the money.
 */
export function createOrderActivities(dependencies: ActivityDependencies) {
  const { database, checkoutReturnUrl } = dependencies;
  const waking = createWaking(dependencies, 'order');
  const changeOrder = (target: TimedTarget, change: (order: Order) => Order): Promise<OrderStep> =>
    withLockedOrder(dependencies, target, null, async ({ trx, record, at }) => {
      const state = change(record.state);
      if (state === record.state) return orders.stepOf(record);
      return orders.stepOf(await orders.update(trx, record, { state, at }));
    });

  return withApplicationFailures({
    /** Writes the order as a draft. Nothing is asked of the gateway yet. */
    async recordOrder(request: PlaceRequest): Promise<Answered<OrderActionKind>> {
      const { command, now } = request;
      return withLockedOrNew(dependencies, orders, { request, asked: command }, (locked) =>
        answerOnce(orders, locked, now, () => placeTopUp(locked, request)),
      );
    },

    /** Opens the hosted checkout and records where it is. Safe to repeat: the gateway knows the key. */
    async openCheckout(target: TimedTarget): Promise<OrderStep> {
      const record = await readOrder(database, target.id);
      if (record.state.status !== 'draft') return orders.stepOf(record);
      const gateway = gatewayOf(dependencies, record.state);
      const returnUrl = `${checkoutReturnUrl}?order=${encodeURIComponent(target.id)}`;
      const request = buildCheckoutRequest(gateway, record.state, returnUrl);
      const { checkoutId, url: checkoutUrl } = await gateway.createCheckout(request);
      return withLockedOrder(dependencies, target, null, (locked) =>
        recordOpened(locked, { checkoutId, checkoutUrl }),
      );
    },

    /** Records that the gateway gave no answer, so that the order's next action lies ahead. */
    noteUnreachable: waking((target: TimedTarget): Promise<OrderStep> => {
      const { now, dueAt = now } = target;
      return changeOrder(target, (order) => {
        const next = orders.decideNextAction(order);
        // Noted before: its worker died after the commit.
        return isDueAction(next) && next.at === dueAt ? noteUnanswered(order) : order;
      });
    }),

    /**
     * Keeps a report of a payment that the gateway was silent about: an order that asks by itself needs no more, one
     * that has ended is told again by the reconciliation, and people see it meanwhile.
     */
    keepReport: (report: UnheardReport): Promise<OrderStep> =>
      withLockedOrder(dependencies, report, null, (locked) => keepReport(locked, report)),

    /** Asks the gateway what was paid for this order and records it, exactly once per payment. */
    settlePayments: waking(async (request: SettleRequest): Promise<OrderStep> => {
      const { state: order } = await readOrder(database, request.id);
      const payments = await askForPayments(gatewayOf(dependencies, order), order, request);
      return withLockedOrder(dependencies, request, request.action, async (locked) => {
        // What was asked while time went by is paid now: what it buys must not begin in the past.
        const at = laterOf(request.now, await findAccountNow(locked));
        const paid = { action: request.action, payments };
        await closeUnheard(locked, request);
        return orders.stepOf(await recordPayments({ ...locked, at }, paid));
      });
    }),
  });
}

/** Writes where the page is, and tells whom a payment link is for. */
async function recordOpened(
  { trx, record, at, recordedAt }: LockedOrder,
  page: { readonly checkoutId: string; readonly checkoutUrl: string },
): Promise<OrderStep> {
  const { state: order } = record;
  if (order.status !== 'draft') return orders.stepOf(record);
  const state: Order = { ...order, ...page, status: 'awaiting_payment', failureReason: null };
  await insertEvents(trx, buildOrderEvents(state, describePayLink(state), at), recordedAt);
  return orders.stepOf(await orders.update(trx, record, { state, at }));
}

/** What the gateway has answered now needs nobody any more. */
async function closeUnheard(
  { trx, recordedAt: at }: LockedOrder,
  { id, action }: SettleRequest,
): Promise<void> {
  if (action !== 'payment_reported') return;
  const subjects = [workflowIdOf('order', id)];
  await closeOperatorTasks(trx, { kind: 'payment_unheard', subjects, at });
}

async function keepReport(
  { trx, record, recordedAt }: LockedOrder,
  { id, accountId, gateway, eventId, isRefused }: UnheardReport,
): Promise<OrderStep> {
  const step = orders.stepOf(record);
  if (isDueAction(step.next)) return step;
  if (!isRefused) await reopenInboxEntry(trx, { gateway, eventId });
  const silence = isRefused ? 'refuses to say what became of it' : 'is silent; it is asked again';
  const reason = `a payment was reported for an order that has ended, and ${gateway} ${silence}`;
  const task = { kind: 'payment_unheard', subject: workflowIdOf('order', id), accountId } as const;
  await openOperatorTask(trx, { ...task, reason, openedAt: recordedAt });
  return step;
}

async function readOrder(database: Database, id: string): Promise<OrderRecord> {
  const record = await withTransaction(database, SYSTEM, (trx) => orders.find(trx, id));
  invariant(record !== null, `order ${id} has no row`);
  return record;
}

async function placeTopUp(
  { trx, recordedAt }: Locked<OrderRecord | null>,
  request: PlaceRequest,
): Promise<Decided<Order>> {
  const { accountId, now } = request;
  const taxation = await findTaxation(trx, { accountId, at: now });
  const order = buildOrder(request, taxation);
  const record = await orders.insert(trx, order, now);
  const reason = `a top-up of ${describeMoney(order.total)} was ordered`;
  const event = { type: 'top_up.created', reason } as const;
  await insertEvents(trx, buildOrderEvents(order, [event], now), recordedAt);
  return { record, answer: DONE };
}

function buildOrder({ id, accountId, now: at, command }: PlaceRequest, taxation: Taxation): Order {
  const { target, gateway, mode, visitors = null, note = null } = command;
  const amount = parseMoney({ amount: command.amount, currency: parseCurrency(command.currency) });
  const wanted = { target, visitors, note, amount, mode };
  return buildTopUp({ id, accountId, gateway, taxation, at, ...wanted });
}

function buildCheckoutRequest(
  gateway: PaymentGateway,
  order: Order,
  returnUrl: string,
): CheckoutRequest {
  const offer = gateway.capabilities.offerIn(order.total.currency);
  invariant(offer !== null, `${gateway.name} does not take ${order.total.currency}`);
  return {
    idempotencyKey: `${workflowIdOf('order', order.id)}/checkout`,
    reference: workflowIdOf('order', order.id),
    customerReference: order.accountId,
    money: order.total,
    modes: order.mode === null || order.mode === 'wallet' ? offer.modes : [order.mode],
    orderDetails: {
      merchant: 'Tollgate',
      lines: buildCheckoutLines(order.sale),
    },
    returnUrl,
  };
}

async function askForPayments(
  gateway: PaymentGateway,
  { id, checkoutId, status }: Order,
  { action, gateway: reporter = gateway.name }: SettleRequest,
): Promise<readonly GatewayPayment[]> {
  // Another gateway than the order's knows nothing of it, whatever it says.
  if (checkoutId === null || reporter !== gateway.name) return [];
  if (action === 'expire' && status !== 'paid') {
    await gateway.expireCheckout({
      idempotencyKey: `${workflowIdOf('order', id)}/expire`,
      checkoutId,
    });
  }
  return (await gateway.getCheckout(checkoutId)).payments;
}
