/**
 * Stands in for the database and the gateway behind orders: rows in memory, changed by the real
 * decisions of domain/order/order.ts, and a gateway that holds payments and can fall silent.
 */
import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import type { OrderActivities } from '../../activities/order/order.activities';
import { parseCurrency } from '../../domain/currency';
import { toEpochMs } from '../../domain/instant';
import { parseMoney } from '../../domain/money';
import { expireOrder, noteChecked, noteUnanswered } from '../../domain/order/checkout';
import { decideNextAction, type Order } from '../../domain/order/order';
import { placeTopUp } from '../../domain/order/place';
import type { PaymentFact } from '../../domain/payment/payment';
import { decidePayments } from '../../domain/order/decide-payments';
import { UNTAXED } from '../../domain/tax/taxation';
import type { OrderStep } from '../../workflows/order.messages';
import { createGate, type Gate } from './gate';

type PlaceRequest = Parameters<OrderActivities['recordOrder']>[0];
type SettleRequest = Parameters<OrderActivities['settlePayments']>[0];

interface Row {
  readonly order: Order;
  readonly revision: number;
}

export interface OrderBooks {
  readonly activities: OrderActivities;
  /** What was written, with the seconds since the order was placed: "+15 check_payment awaiting_payment". */
  readonly deeds: string[];
  /** The ids of the payments whose money was granted, in their order. */
  readonly granted: string[];
  /** Reports the gateway was silent about: "ord_1 evt_1". */
  readonly kept: string[];
  /** The task queues of the activities that called the gateway. */
  readonly gatewayQueues: Set<string>;
  /** Somebody pays; answers the gateway's id of the payment. */
  pay(change?: Partial<PaymentFact>): string;
  /** A declined payment becomes a succeeded one. */
  authoriseLate(gatewayPaymentId: string): void;
  silence(): void;
  /** The gateway answers, but will not have it. */
  refuse(): void;
  speak(): void;
  stepOf(id: string): OrderStep;
  /** Stops the next settling after it was committed, until it is opened. */
  holdAfterCommit(): Gate;
}

/** The first check comes after 15 s: what comes before it came at once, however busy the machine is. */
const AT_ONCE_SECONDS = 10;

/** Opens empty books. All amounts are 600.00 INR unless a payment says otherwise. */
export function createOrderBooks(): OrderBooks {
  const rows = new Map<string, Row>();
  const operations = new Set<string>();
  const judged = new Map<string, PaymentFact['status']>();
  const deeds: string[] = [];
  const granted: string[] = [];
  const gatewayQueues = new Set<string>();
  let payments: PaymentFact[] = [];
  const kept: string[] = [];
  let isSilent = false;
  let isRefusing = false;
  let gate: Gate | null = null;

  const rowOf = (id: string): Row => {
    const row = rows.get(id);
    if (!row) throw new Error(`no row of ${id}`);
    return row;
  };
  const stepOf = (id: string): OrderStep => {
    const { order, revision } = rowOf(id);
    return { status: order.status, revision, next: decideNextAction(order) };
  };

  function write(did: string, order: Order, at: string): OrderStep {
    rows.set(order.id, { order, revision: (rows.get(order.id)?.revision ?? 0) + 1 });
    const exactSeconds = (toEpochMs(at) - toEpochMs(order.placedAt)) / 1_000;
    const seconds = exactSeconds < AT_ONCE_SECONDS ? 0 : Math.round(exactSeconds);
    deeds.push(`+${seconds} ${did} ${order.status}`);
    return stepOf(order.id);
  }

  function askGateway(): void {
    gatewayQueues.add(activityInfo().taskQueue);
    if (isRefusing) throw ApplicationFailure.nonRetryable('no such checkout', 'gateway_refusal');
    if (isSilent) throw new Error('the gateway gives no answer');
  }

  function settle({ id, now, action }: SettleRequest): OrderStep {
    const { order } = rowOf(id);
    const fresh = payments.filter(
      ({ gatewayPaymentId, status }) => judged.get(gatewayPaymentId) !== status,
    );
    const decision = decidePayments(order, fresh.map(named), now);
    for (const { kind, payment } of decision.verdicts) {
      judged.set(payment.gatewayPaymentId, payment.status);
      if (kind === 'grant') granted.push(payment.gatewayPaymentId);
    }
    if (action === 'expire') return write(action, expireOrder(decision.order), now);
    if (action !== 'payment_reported') return write(action, noteChecked(decision.order), now);
    return decision.order === order ? stepOf(id) : write(action, decision.order, now);
  }

  return {
    activities: {
      async recordOrder(request) {
        if (!operations.has(request.operationKey)) {
          operations.add(request.operationKey);
          write('place', buildOrder(request), request.now);
        }
        return { step: stepOf(request.id), answer: { kind: 'done' } };
      },
      async openCheckout({ id, now }) {
        askGateway();
        const { order } = rowOf(id);
        if (order.status !== 'draft') return stepOf(id);
        const opened: Order = { ...order, status: 'awaiting_payment', checkoutId: `cs_${id}` };
        return write('open', opened, now);
      },
      noteUnreachable: async ({ id, now }) => {
        return write('unreachable', noteUnanswered(rowOf(id).order), now);
      },
      async keepReport({ id, eventId }) {
        kept.push(`${id} ${eventId}`);
        return stepOf(id);
      },
      async settlePayments(request) {
        askGateway();
        const step = settle(request);
        const held = gate;
        gate = null;
        await held?.pass();
        return step;
      },
    },
    deeds,
    kept,
    granted,
    gatewayQueues,
    pay(change = {}) {
      const gatewayPaymentId = `gw_pay_${payments.length + 1}`;
      const [id = ''] = rows.keys();
      payments.push({
        gatewayPaymentId,
        status: 'succeeded',
        money: { amountMicros: 600_000_000n, currency: 'INR' },
        refunded: { amountMicros: 0n, currency: 'INR' },
        reference: `order/${id}`,
        customerReference: rowOf(id).order.accountId,
        mode: 'upi',
        declineCode: null,
        ...change,
      });
      return gatewayPaymentId;
    },
    authoriseLate(gatewayPaymentId) {
      payments = payments.map((payment) =>
        payment.gatewayPaymentId === gatewayPaymentId
          ? { ...payment, status: 'succeeded' }
          : payment,
      );
    },
    silence: () => void (isSilent = true),
    refuse: () => void (isRefusing = true),
    speak: () => {
      isSilent = false;
      isRefusing = false;
    },
    stepOf,
    holdAfterCommit() {
      gate = createGate();
      return gate;
    },
  };
}

function buildOrder({ id, accountId, now: at, command }: PlaceRequest): Order {
  const { target, gateway, mode } = command;
  const amount = parseMoney({ amount: command.amount, currency: parseCurrency(command.currency) });
  const money = { amount, target, visitors: null, note: null };
  return placeTopUp({ id, accountId, gateway, taxation: UNTAXED, at, ...money, mode });
}

function named(payment: PaymentFact) {
  return { ...payment, paymentId: `pay_of_${payment.gatewayPaymentId}` };
}
