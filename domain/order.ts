/**
 * Owns: an order from placing to paid, failed or expired, and what a payment report does to it.
 * Does not own: talking to the gateway (gateways/), moving the money (ledger/).
 * Rules: R1.06, R1.07, R0.09. Money is granted for a payment the gateway itself confirms, once, and
 * only when amount, currency and order are the ones we asked for. Payment after expiry is still the
 * customer's money: it goes to the wallet (ADR 0004). Where the seller taxes the top-up, tax is paid on
 * top of the amount and the wallet is granted the amount (ADR 0013).
 * Example: placed at 10:00 for 1 000.00 INR; the webhook is lost; the check at 10:01 finds the payment
 * and grants it; the webhook that arrives at 10:07 changes nothing.
 */
import { addSeconds, earlierOf, isBefore, type Instant } from './instant';
import type { Money } from './money';
import { isDueAction, type DueAction, type NextAction } from './next-action';
import { computeTax, type TaxedSale } from './tax/compute-tax';
import type { Taxation } from './tax/taxation';

export type OrderStatus = 'draft' | 'awaiting_payment' | 'paid' | 'failed' | 'expired';
export type PaymentMode = 'upi' | 'card';

export interface Order {
  readonly id: string;
  readonly accountId: string;
  /** What is bought. Money for the wallet today; packages, bundles and numbers later. */
  readonly kind: 'top_up';
  /** Which wallet bucket the money is for. */
  readonly target: 'wallet' | 'whatsapp_balance';
  /** What the customer pays: the sale's total. A payment must be exactly this. */
  readonly total: Money;
  /** What is bought and its tax, fixed when it was placed. The wallet is granted the subtotal. */
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly gateway: string;
  /** The mode the customer asked for, or null: chosen on the hosted page. */
  readonly mode: PaymentMode | null;
  readonly status: OrderStatus;
  readonly placedAt: Instant;
  readonly expiresAt: Instant;
  readonly checkoutId: string | null;
  readonly checkoutUrl: string | null;
  readonly checkoutTries: number;
  readonly checksMade: number;
  /** How often in a row the gateway was silent when the order was to be closed or looked at again. */
  readonly asksUnanswered: number;
  readonly paidAt: Instant | null;
  readonly failureReason: string | null;
}

export type OrderActionKind = 'open_checkout' | 'check_payment' | 'expire' | 'check_late_payment';

/** A payment as the gateway tells it when asked; never as a browser or a return URL tells it. */
export interface PaymentFact {
  readonly gatewayPaymentId: string;
  readonly status: 'processing' | 'succeeded' | 'failed';
  readonly money: Money;
  /** The order id we gave the gateway. */
  readonly reference: string;
  readonly mode: PaymentMode;
  readonly declineCode: string | null;
}

export const ORDER_LASTS_SECONDS = 24 * 3_600;
/** When a silent gateway is asked again for the payment page, counted from the order; then it expires. */
const OPEN_AFTER_SECONDS = [
  0, 15, 30, 60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600,
];
/** When the gateway is asked although no webhook came, counted from the order. */
const CHECK_AFTER_SECONDS = [15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600];
/** A bank may authorise days after it refused: asked again this long after the order expired. */
const LATE_CHECK_AFTER_SECONDS = [3_600, 86_400, 172_800, 259_200];
/** The first wait for a silent gateway when an order is to be closed; each further wait is twice as long. */
const ASK_AGAIN_AFTER_SECONDS = 300;

/**
 * The money side of a top-up of `amount` to the wallet. With `taxation` as it applies to a top-up
 * (`taxationAt('top_up', …)`): the tax is added, or taken out where prices include it.
 */
export function buildTopUpTerms(
  taxation: Taxation,
  amount: Money,
): Pick<Order, 'total' | 'sale' | 'taxation'> {
  const description = 'Balance top-up';
  const sale = computeTax(taxation, [{ description, quantity: 1n, unitAmount: amount, amount }]);
  return { total: sale.total, sale, taxation };
}

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
      return { kind: 'end', reason: 'paid' };
  }
}

function decideNextWhileDraft(order: Order): NextAction<OrderActionKind> {
  const wait = OPEN_AFTER_SECONDS[order.checkoutTries];
  if (wait === undefined) {
    const reason = 'the payment page could not be opened; the order expires';
    return { kind: 'expire', at: order.expiresAt, reason };
  }
  return {
    kind: 'open_checkout',
    at: addSeconds(order.placedAt, wait),
    reason: order.failureReason ?? 'the hosted payment page is to be opened',
  };
}

function decideNextWhileUnpaid(order: Order): NextAction<OrderActionKind> {
  const wait = CHECK_AFTER_SECONDS[order.checksMade];
  const checksAt = wait === undefined ? null : addSeconds(order.placedAt, wait);
  if (checksAt !== null && earlierOf(checksAt, order.expiresAt) === checksAt) {
    return {
      kind: 'check_payment',
      at: checksAt,
      reason: 'waiting for the payment; the gateway is asked in case its message was lost',
    };
  }
  const expiry: DueAction<OrderActionKind> = {
    kind: 'expire',
    at: order.expiresAt,
    reason: 'not paid; the order expires',
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
  return { kind: action.kind, at: addSeconds(action.at, waited), reason };
}

export interface OrderEvent {
  readonly type:
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

/** What one reported payment means for the order. */
export type PaymentVerdict<Fact extends PaymentFact = PaymentFact> =
  | { readonly kind: 'grant'; readonly payment: Fact; readonly event: OrderEvent }
  | { readonly kind: 'mismatch'; readonly payment: Fact; readonly event: OrderEvent }
  | { readonly kind: 'declined'; readonly payment: Fact; readonly event: OrderEvent };

export interface PaymentsDecision<Fact extends PaymentFact> {
  readonly order: Order;
  readonly verdicts: readonly PaymentVerdict<Fact>[];
}

/**
 * Matches payments the gateway reports against the order. `payments` are those without a verdict
 * so far (an earlier decline may come back as succeeded: a late authorisation).
 */
export function decidePayments<Fact extends PaymentFact>(
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

function judge<Fact extends PaymentFact>(order: Order, payment: Fact): PaymentVerdict<Fact> {
  if (payment.status === 'failed') {
    const reason = `the payment was declined: ${payment.declineCode ?? 'no reason given'}`;
    // A second card that is refused does not undo what the first one paid.
    const type = isOpen(order) ? 'top_up.failed' : 'payment.declined';
    return { kind: 'declined', payment, event: { type, reason } };
  }
  const mismatch = findMismatch(order, payment);
  if (mismatch !== null) {
    const event: OrderEvent = { type: 'payment.mismatched', reason: mismatch };
    return { kind: 'mismatch', payment, event };
  }
  return { kind: 'grant', payment, event: buildPaidEvent(order) };
}

function findMismatch(order: Order, { reference, money }: PaymentFact): string | null {
  if (reference !== order.id) return 'the payment names another order';
  if (money.currency !== order.total.currency) return 'the payment is in another currency';
  if (money.amountMicros !== order.total.amountMicros) return 'the payment has another amount';
  return null;
}

function buildPaidEvent(order: Order): OrderEvent {
  switch (order.status) {
    case 'paid':
      return {
        type: 'payment.received_again',
        reason: 'the order was paid before; the money is in the wallet',
      };
    case 'expired':
      return {
        type: 'top_up.paid_late',
        reason: 'paid after the order expired; the money is in the wallet',
      };
    case 'draft':
    case 'awaiting_payment':
    case 'failed':
      return { type: 'top_up.paid', reason: 'the gateway confirmed the payment' };
  }
}

function applyVerdict(order: Order, verdict: PaymentVerdict, now: Instant): Order {
  switch (verdict.kind) {
    case 'grant':
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

/** The order after the gateway was asked and nothing more was found. */
export function noteChecked(order: Order): Order {
  if (order.status === 'paid') return order;
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
    case 'rest':
    case 'end':
      return order;
  }
}

/** The order once nobody paid in time. A paid order stays paid. */
export function expireOrder(order: Order): Order {
  if (order.status === 'paid') return order;
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
