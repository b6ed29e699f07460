/**
 * Owns: what a payment that the gateway reports means for an order.
 * Does not own: the order's own course (order.ts, checkout.ts), moving the money (ledger/), asking (gateways/).
 * Rules: R1.07, R0.09, ADR 0004, ADR 0022. A payment is granted once, and only when amount, currency and order
 * are the ones we asked for. The first one in time pays a purchase; one that comes later or twice is money
 * for the wallet, for what was to be bought may cost something else by then. Visitors are of the month in
 * which they are paid, so a late payment buys them, too; a second one is money for the wallet.
 * Example: a purchase of 708.00 INR that expired yesterday is paid today: 708.00 are the customer's, in the
 * wallet, with `order.paid_late`; nothing is delivered.
 */
import type { Instant } from '../instant';
import { workflowIdOf } from '../lifecycle';
import { formatAmount } from '../money';
import { isPaid } from './checkout';
import { isSale, type Order, type OrderEvent } from './order';
import { findMismatch, type PaymentFact } from '../payment/payment';

/** A payment a gateway tells of, with our own id of it. */
export interface NamedPayment extends PaymentFact {
  readonly paymentId: string;
}

/** What one reported payment means for the order. */
export type PaymentVerdict<Fact extends NamedPayment = NamedPayment> =
  | {
      readonly kind: 'grant';
      readonly payment: Fact;
      readonly event: OrderEvent;
      /** Whether it pays for what was ordered; else it stays in the wallet. */
      readonly paysItems: boolean;
    }
  | { readonly kind: 'mismatch'; readonly payment: Fact; readonly event: OrderEvent }
  | { readonly kind: 'declined'; readonly payment: Fact; readonly event: OrderEvent };

export interface PaymentsDecision<Fact extends NamedPayment> {
  readonly order: Order;
  readonly verdicts: readonly PaymentVerdict<Fact>[];
}

/**
 * Matches payments the gateway reports against the order. `payments` are those without a verdict
 * so far (an earlier decline may come back as succeeded: a late authorisation).
 */
export function decidePayments<Fact extends NamedPayment>(
  order: Order,
  payments: readonly Fact[],
  now: Instant,
): PaymentsDecision<Fact> {
  let current = order;
  const verdicts: PaymentVerdict<Fact>[] = [];
  for (const payment of payments) {
    if (payment.status === 'processing') continue;
    const verdict = judge(current, payment);
    verdicts.push(verdict);
    current = applyVerdict(current, verdict, now);
  }
  return { order: current, verdicts };
}

function judge<Fact extends NamedPayment>(order: Order, payment: Fact): PaymentVerdict<Fact> {
  if (payment.status === 'failed') {
    const reason = `the payment was declined: ${payment.declineCode ?? 'no reason given'}`;
    // A second card that is refused does not undo what the first one paid.
    if (!isOpen(order)) {
      const event = { type: 'payment.declined', reason, data: factsOfMoney(payment) } as const;
      return { kind: 'declined', payment, event };
    }
    const type = order.kind === 'purchase' ? 'order.failed' : 'top_up.failed';
    return { kind: 'declined', payment, event: { type, reason, data: factsOf(payment) } };
  }
  const mismatch = findMismatch(payment, {
    reference: workflowIdOf('order', order.id),
    customerReference: order.accountId,
    money: order.total,
  });
  if (mismatch !== null) {
    const told = factsOfMoney(payment);
    const event: OrderEvent = { type: 'payment.mismatched', reason: mismatch, data: told };
    return { kind: 'mismatch', payment, event };
  }
  const paysItems = isSale(order) && !isPaid(order) && !isTooLate(order);
  return { kind: 'grant', payment, event: buildPaidEvent(order, payment), paysItems };
}

function isTooLate({ kind, status }: Order): boolean {
  return kind === 'purchase' && status === 'expired';
}

const GRANTED_EVENTS = {
  top_up: {
    inTime: { type: 'top_up.paid', reason: 'the gateway confirmed the payment' },
    late: {
      type: 'top_up.paid_late',
      reason: 'paid after the order expired; the money is in the wallet',
    },
  },
  visitors: {
    inTime: { type: 'top_up.paid', reason: 'the gateway confirmed the payment' },
    late: {
      type: 'top_up.paid_late',
      reason: 'paid after the order expired; the visitors count for the month of the payment',
    },
  },
  purchase: {
    inTime: { type: 'order.paid', reason: 'the gateway confirmed the payment' },
    late: {
      type: 'order.paid_late',
      reason: 'paid after the order expired; the money is in the wallet, nothing is delivered',
    },
  },
} as const;

function buildPaidEvent(order: Order, payment: NamedPayment): OrderEvent {
  const told = factsOf(payment);
  const granted =
    GRANTED_EVENTS[order.kind === 'top_up' && isSale(order) ? 'visitors' : order.kind];
  switch (order.status) {
    case 'paid':
    case 'fulfilled':
    case 'refunded':
      return {
        type: 'payment.received_again',
        reason: 'the order was paid before; the money is in the wallet',
        data: factsOfMoney(payment),
      };
    case 'expired':
      return { ...granted.late, data: told };
    case 'draft':
    case 'awaiting_payment':
    case 'failed':
      return { ...granted.inTime, data: told };
  }
}

function factsOf({ paymentId, gatewayPaymentId }: NamedPayment) {
  return { payment_id: paymentId, gateway_payment_id: gatewayPaymentId };
}

/** A payment that is not the order's says itself how much it is. */
function factsOfMoney(payment: NamedPayment) {
  const { money } = payment;
  return { ...factsOf(payment), amount: formatAmount(money), currency: money.currency };
}

function applyVerdict(order: Order, verdict: PaymentVerdict, now: Instant): Order {
  switch (verdict.kind) {
    case 'grant':
      // Money for the wallet does not bring a purchase back to life.
      if (order.kind === 'purchase' && !verdict.paysItems) return order;
      return { ...order, status: 'paid', paidAt: order.paidAt ?? now, failureReason: null };
    case 'declined':
      if (!isOpen(order)) return order;
      return { ...order, status: 'failed', failureReason: verdict.payment.declineCode };
    case 'mismatch':
      return order;
  }
}

function isOpen({ status }: Order): boolean {
  return status === 'awaiting_payment' || status === 'failed';
}
