import type { Database } from '../../db/connection';
import { insertEvents, type NewEvent } from '../../db/repositories/event.repository';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import {
  findOrder,
  insertOrder,
  lockOrder,
  updateOrder,
  type OrderRecord,
} from '../../db/repositories/order.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseCurrency } from '../../domain/currency';
import { addSeconds, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { formatAmount, parseMoney } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import {
  buildTopUpTerms,
  decideNextAction,
  noteUnanswered,
  ORDER_LASTS_SECONDS,
  type Order,
} from '../../domain/order/order';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import { taxationAt, type Taxation } from '../../domain/tax/taxation';
import type {
  CheckoutRequest,
  GatewayPayment,
  PaymentGateway,
} from '../../gateways/payment-gateway';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { orderWorkflowId, type OrderCommand, type OrderStep } from '../../workflows/order.messages';
import { moneyArrived } from '../../workflows/payment.messages';
import type { ActivityDependencies } from '../dependencies';
import { buildEvent } from './build-order-event';
import { recordPayments, type SettleRequest, type Wake } from './record-payments';
import { signalIfRunning } from '../signal-if-running';
import { withApplicationFailures } from '../to-application-failure';

export type OrderActivities = ReturnType<typeof createOrderActivities>;

type Target = Omit<SettleRequest, 'action'>;
interface PlaceRequest extends Target {
  readonly command: Extract<OrderCommand, { kind: 'place' }>;
}

interface Recorded {
  readonly step: OrderStep;
  readonly answer: CommandAnswer;
}
interface Settled {
  readonly step: OrderStep;
  readonly wakes: readonly Wake[];
}

/**
 * The order's activities. The gateway is asked outside of any transaction, always with a key; what it
 * answered is then recorded in one transaction that also moves the money.
 */
export function createOrderActivities(dependencies: ActivityDependencies) {
  const { database, gateways, client, checkoutReturnUrl, now: wallNow } = dependencies;
  const gatewayOf = ({ gateway: name }: Order): PaymentGateway => {
    const gateway = gateways.get(name);
    invariant(gateway !== undefined, `no gateway called ${name}`);
    return gateway;
  };

  return withApplicationFailures({
    /** Writes the order as a draft. Nothing is asked of the gateway yet. */
    async recordOrder(request: PlaceRequest): Promise<Recorded> {
      return recordDraft(database, request, wallNow());
    },

    /** Opens the hosted checkout and records where it is. Safe to repeat: the gateway knows the key. */
    async openCheckout({ id, now }: Target): Promise<OrderStep> {
      const record = await readOrder(database, id);
      if (record.order.status !== 'draft') return stepOf(record);
      const gateway = gatewayOf(record.order);
      const returnUrl = `${checkoutReturnUrl}?order=${encodeURIComponent(id)}`;
      const request = buildCheckoutRequest(gateway, record.order, returnUrl);
      const { checkoutId, url: checkoutUrl } = await gateway.createCheckout(request);
      return changeOrder(database, { id, at: now }, (order) => {
        if (order.status !== 'draft') return order;
        const status = 'awaiting_payment';
        return { ...order, status, checkoutId, checkoutUrl, failureReason: null };
      });
    },

    /** Records that the gateway gave no answer, so that the order's next action lies ahead. */
    async noteUnreachable({ id, now }: Target): Promise<OrderStep> {
      return changeOrder(database, { id, at: now }, (order) => {
        const next = decideNextAction(order);
        // Noted before: its worker died after the commit.
        if (!isDueAction(next) || next.at !== now) return order;
        return noteUnanswered(order);
      });
    },

    /** Asks the gateway what was paid for this order and records it, exactly once per payment. */
    async settlePayments(request: SettleRequest): Promise<Settled> {
      const { order } = await readOrder(database, request.id);
      const payments = await askForPayments(gatewayOf(order), order, request.action);
      const { record, wakes } = await withTransaction(database, SYSTEM, (trx) =>
        recordPayments(trx, { request, payments, recordedAt: wallNow() }),
      );
      return { step: stepOf(record), wakes };
    },

    /** Tells waiting lifecycles that money came. Only a hint: their rows say so already. */
    async wakeWaiting(wakes: readonly Wake[]): Promise<void> {
      for (const { workflowId, paymentId } of wakes) {
        await signalIfRunning(client, workflowId, moneyArrived, { paymentId });
      }
    },
  });
}

async function readOrder(database: Database, id: string): Promise<OrderRecord> {
  const record = await withTransaction(database, SYSTEM, (trx) => findOrder(trx, id));
  invariant(record !== null, `order ${id} has no row`);
  return record;
}

async function recordDraft(
  database: Database,
  request: PlaceRequest,
  recordedAt: Instant,
): Promise<Recorded> {
  const { operationKey: key, command, accountId, now } = request;
  return withTransaction(database, SYSTEM, async (trx) => {
    const stored = await findAnswer<CommandAnswer>(trx, { key, command });
    if (stored !== null) {
      const record = await lockOrder(trx, request.id);
      invariant(record !== null, `order ${request.id} was placed but has no row`);
      return { step: stepOf(record), answer: stored.answer };
    }
    const taxation = await findTaxation(trx, { accountId, at: now });
    const order = buildOrder(request, taxationAt('top_up', taxation));
    const workflowId = orderWorkflowId(order.id);
    const record = await insertOrder(trx, order, { workflowId, at: now });
    const answer: CommandAnswer = { kind: 'done' };
    await insertOperation(trx, { key, accountId, command, answer, effectiveAt: now, recordedAt });
    await insertEvents(trx, [buildPlacedEvent(order)], recordedAt);
    return { step: stepOf(record), answer };
  });
}

function buildOrder({ id, accountId, now, command }: PlaceRequest, taxation: Taxation): Order {
  const currency = parseCurrency(command.currency);
  return {
    id,
    accountId,
    kind: 'top_up',
    items: [],
    target: command.target,
    ...buildTopUpTerms(taxation, parseMoney({ amount: command.amount, currency })),
    gateway: command.gateway,
    mode: command.mode,
    status: 'draft',
    placedAt: now,
    payAskedAt: now,
    expiresAt: addSeconds(now, ORDER_LASTS_SECONDS),
    checkoutId: null,
    checkoutUrl: null,
    checkoutTries: 0,
    checksMade: 0,
    asksUnanswered: 0,
    paidAt: null,
    itemChecksMade: 0,
    failureReason: null,
  };
}

function buildPlacedEvent(order: Order): NewEvent {
  const reason = `a top-up of ${formatAmount(order.total)} ${order.total.currency} was ordered`;
  return buildEvent(order, { type: 'top_up.created', reason }, order.placedAt);
}

function buildCheckoutRequest(
  gateway: PaymentGateway,
  order: Order,
  returnUrl: string,
): CheckoutRequest {
  const offer = gateway.capabilities.offerIn(order.total.currency);
  invariant(offer !== null, `${gateway.name} does not take ${order.total.currency}`);
  return {
    idempotencyKey: `${orderWorkflowId(order.id)}/checkout`,
    reference: order.id,
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

/** What the hosted page shows: what is bought, each tax, the round-off. They sum to the total. */
function buildCheckoutLines(sale: TaxedSale): CheckoutRequest['orderDetails']['lines'] {
  const taxes = sale.taxLines
    .filter(({ amount }) => amount.amountMicros !== 0n)
    .map(({ component, rate, amount }) => ({ description: `${component} ${rate}%`, amount }));
  const roundOff = { description: 'Round-off', amount: sale.roundOff };
  return [
    { description: 'Balance top-up', amount: sale.subtotal },
    ...taxes,
    ...(sale.roundOff.amountMicros === 0n ? [] : [roundOff]),
  ];
}

async function askForPayments(
  gateway: PaymentGateway,
  { id, checkoutId, status }: Order,
  action: SettleRequest['action'],
): Promise<readonly GatewayPayment[]> {
  if (checkoutId === null) return [];
  if (action === 'expire' && status !== 'paid') {
    await gateway.expireCheckout({ idempotencyKey: `${orderWorkflowId(id)}/expire`, checkoutId });
  }
  return (await gateway.getCheckout(checkoutId)).payments;
}

async function changeOrder(
  database: Database,
  { id, at }: { readonly id: string; readonly at: Instant },
  change: (order: Order) => Order,
): Promise<OrderStep> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const record = await lockOrder(trx, id);
    invariant(record !== null, `order ${id} has no row`);
    const order = change(record.order);
    return stepOf(order === record.order ? record : await updateOrder(trx, record, { order, at }));
  });
}

function stepOf({ order, revision }: OrderRecord): OrderStep {
  return { status: order.status, revision, next: decideNextAction(order) };
}
