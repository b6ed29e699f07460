/**
 * Owns: an order from placing to paid, failed or expired, and what happens to it next.
 * Does not own: what a payment report does to it (order/decide-payments.ts), its items (order/item.ts,
 * order/fulfilment.ts), its price (order/price.ts), the gateway (gateways/), the money (ledger/).
 * Rules: R1.06, R1.07, R0.09. Money is granted for a payment the gateway itself confirms, once, and
 * only when amount, currency and order are the ones we asked for. Payment after expiry is still the
 * customer's money: it goes to the wallet (ADR 0004). Where the seller taxes the top-up, tax is paid on
 * top of the amount and the wallet is granted the amount (ADR 0013).
 * Example: placed at 10:00 for 1 000.00 INR; the webhook is lost; the check at 10:01 finds the payment
 * and grants it; the webhook that arrives at 10:07 changes nothing.
 */
import { addSeconds, earlierOf, isBefore, type Instant } from '../instant';
import type { Money } from '../money';
import { ASKED, AWAITED, isDueAction, type DueAction, type NextAction } from '../next-action';
import { decideNextFulfilment, type FulfilmentActionKind } from './fulfilment';
import type { OrderItem } from './item';
import type { PaymentMode } from '../payment/payment';
import type { TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';

/** `fulfilled` and `refunded`: a purchase only, once each of its items is settled; `paid` until then. */
export type OrderStatus =
  'draft' | 'awaiting_payment' | 'paid' | 'failed' | 'expired' | 'fulfilled' | 'refunded';

export interface Order {
  readonly id: string;
  readonly accountId: string;
  /** Money for the wallet; or packages, bundles and numbers. */
  readonly kind: 'top_up' | 'purchase';
  /** Of a purchase, one at least; of a top-up, none. */
  readonly items: readonly OrderItem[];
  /** Which wallet bucket the money is for; of a purchase, what comes too late or twice. */
  readonly target: 'wallet' | 'whatsapp_balance';
  /** What the customer pays: the sale's total. A payment must be exactly this. */
  readonly total: Money;
  /** What is bought and its tax. Of a top-up the wallet is granted the subtotal. */
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly gateway: string;
  /** The mode the customer asked for, or null: not yet, or chosen on the hosted page. */
  readonly mode: PaymentMode | 'wallet' | null;
  readonly status: OrderStatus;
  readonly placedAt: Instant;
  /** When the customer asked to pay it: a top-up when it was placed; null: a purchase nobody pays yet. */
  readonly payAskedAt: Instant | null;
  readonly expiresAt: Instant;
  readonly checkoutId: string | null;
  readonly checkoutUrl: string | null;
  readonly checkoutTries: number;
  readonly checksMade: number;
  /** How often in a row the gateway was silent when the order was to be closed or looked at again. */
  readonly asksUnanswered: number;
  readonly paidAt: Instant | null;
  readonly itemChecksMade: number;
  readonly failureReason: string | null;
}

export type OrderActionKind =
  'open_checkout' | 'check_payment' | 'expire' | 'check_late_payment' | FulfilmentActionKind;

export const ORDER_LASTS_SECONDS = 24 * 3_600;
/** When a silent gateway is asked again for the payment page, counted from the wish to pay; then it expires. */
const OPEN_AFTER_SECONDS = [
  0, 15, 30, 60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600,
];
/** When the gateway is asked although no webhook came, counted from the wish to pay. */
const CHECK_AFTER_SECONDS = [15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600];
/** A bank may authorise days after it refused: asked again this long after the order expired. */
const LATE_CHECK_AFTER_SECONDS = [3_600, 86_400, 172_800, 259_200];
/** The first wait for a silent gateway when an order is to be closed; each further wait is twice as long. */
const ASK_AGAIN_AFTER_SECONDS = 300;

/** What happens next to an order, when and why. */
export function decideNextAction(order: Order): NextAction<OrderActionKind> {
  switch (order.status) {
    case 'draft':
      return decideNextWhileDraft(order);
    case 'awaiting_payment':
    case 'failed':
      return decideNextWhileUnpaid(order);
    case 'expired':
      return decideNextWhileExpired(order);
    case 'paid':
      return order.kind === 'purchase'
        ? decideNextFulfilment(order)
        : { kind: 'end', reason: 'paid' };
    case 'fulfilled':
      return { kind: 'end', reason: 'paid, and every item is settled' };
    case 'refunded':
      return { kind: 'end', reason: 'no item could be delivered; the money goes back' };
  }
}

function decideNextWhileDraft(order: Order): NextAction<OrderActionKind> {
  const { payAskedAt } = order;
  if (payAskedAt === null) {
    const reason = 'nobody has asked to pay it yet; the order expires';
    return { kind: 'expire', at: order.expiresAt, reason };
  }
  const wait = OPEN_AFTER_SECONDS[order.checkoutTries];
  if (wait === undefined) {
    const reason = 'the payment page could not be opened; the order expires';
    return { kind: 'expire', at: order.expiresAt, reason };
  }
  return {
    kind: 'open_checkout',
    at: addSeconds(payAskedAt, wait),
    reason: order.failureReason ?? 'the hosted payment page is to be opened',
    ...AWAITED,
  };
}

function decideNextWhileUnpaid(order: Order): NextAction<OrderActionKind> {
  const wait = CHECK_AFTER_SECONDS[order.checksMade];
  const askedAt = order.payAskedAt ?? order.placedAt;
  const checksAt = wait === undefined ? null : addSeconds(askedAt, wait);
  if (checksAt !== null && earlierOf(checksAt, order.expiresAt) === checksAt) {
    return {
      kind: 'check_payment',
      at: checksAt,
      reason: 'waiting for the payment; the gateway is asked in case its message was lost',
      ...AWAITED,
    };
  }
  const expiry: DueAction<OrderActionKind> = {
    kind: 'expire',
    at: order.expiresAt,
    reason: 'not paid; the order expires',
    ...ASKED,
  };
  return afterSilence(order, expiry);
}

function decideNextWhileExpired(order: Order): NextAction<OrderActionKind> {
  if (order.checkoutId === null) {
    return { kind: 'end', reason: 'expired; its payment page was never opened' };
  }
  const wait = LATE_CHECK_AFTER_SECONDS[order.checksMade];
  if (wait === undefined) return { kind: 'end', reason: 'expired without a payment' };
  return afterSilence(order, {
    kind: 'check_late_payment',
    at: addSeconds(order.expiresAt, wait),
    reason: 'expired; a bank may still authorise a payment late',
    ...AWAITED,
  });
}

/** Only the gateway knows whether an order was paid: while it is silent, the order is not closed. */
function afterSilence(
  { asksUnanswered }: Order,
  action: DueAction<OrderActionKind>,
): DueAction<OrderActionKind> {
  if (asksUnanswered === 0) return action;
  const waited = ASK_AGAIN_AFTER_SECONDS * (2 ** asksUnanswered - 1);
  const reason = 'the payment gateway did not answer; it is asked again';
  return { kind: action.kind, at: addSeconds(action.at, waited), reason, ...AWAITED };
}

export interface OrderEvent {
  readonly type:
    | 'order.created'
    | 'order.paid'
    | 'order.paid_late'
    | 'order.failed'
    | 'order.expired'
    | 'order.item_delivered'
    | 'order.item_failed'
    | 'order.item_refunded'
    | 'order.fulfilled'
    | 'order.refunded'
    | 'top_up.created'
    | 'top_up.paid'
    | 'top_up.paid_late'
    | 'top_up.failed'
    | 'top_up.expired'
    | 'payment.declined'
    | 'payment.received_again'
    | 'payment.mismatched';
  readonly reason: string;
}

/** The order after the gateway was asked and nothing more was found. */
export function noteChecked(order: Order): Order {
  if (isPaid(order)) return order;
  const checksMade = order.status === 'expired' ? countLateChecks(order) : order.checksMade + 1;
  return { ...order, checksMade, asksUnanswered: 0 };
}

/** The order after the gateway did not answer: it is asked again later, and nobody waits for it. */
export function noteUnanswered(order: Order): Order {
  switch (decideNextAction(order).kind) {
    case 'open_checkout':
      return {
        ...order,
        checkoutTries: order.checkoutTries + 1,
        failureReason: 'the payment gateway did not answer; it is asked again',
      };
    case 'check_payment':
      return noteChecked(order);
    case 'expire':
    case 'check_late_payment':
      return { ...order, asksUnanswered: order.asksUnanswered + 1 };
    case 'fulfil_item':
    case 'check_items':
    case 'refund_item':
    case 'rest':
    case 'end':
      return order;
  }
}

/** Whether its money came, whatever became of its items. */
export function isPaid({ status }: Order): boolean {
  return status === 'paid' || status === 'fulfilled' || status === 'refunded';
}

/** The order once nobody paid in time. A paid order stays paid. */
export function expireOrder(order: Order): Order {
  if (isPaid(order)) return order;
  return { ...order, status: 'expired', checksMade: countLateChecks(order), asksUnanswered: 0 };
}

/** One answer covers every late check that was due by then, however long the gateway was silent. */
function countLateChecks(order: Order): number {
  const next = decideNextAction(order);
  if (!isDueAction(next)) return order.checksMade;
  const isCovered = (wait: number): boolean =>
    !isBefore(next.at, addSeconds(order.expiresAt, wait));
  return LATE_CHECK_AFTER_SECONDS.filter(isCovered).length;
}
