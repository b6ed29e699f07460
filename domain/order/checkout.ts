/**
 * Owns: the checkout of an order: its hosted page and what that shows, when the gateway is asked about it,
 * its expiry, and the time after that in which a payment may still come.
 * Does not own: what a payment makes of the order (decide-payments.ts), what is bought (item.ts), the
 * gateway (gateways/).
 * Rules: R1.06, R1.07, R0.09. Only the gateway knows whether something was paid, so a checkout is neither
 * expired nor given up while the gateway is silent.
 * Example: asked for at 10:00; the webhook is lost; the gateway is asked at 10:00:15 and finds the payment.
 */
import { addSeconds, earlierOf, isBefore, type Instant } from '../instant';
import type { Money } from '../money';
import { ASKED, AWAITED, isDueAction, type DueAction, type NextAction } from '../next-action';
import type { PaymentMode } from '../payment/payment';
import type { TaxedSale } from '../tax/compute-tax';
import { allotToLines } from './price';

/** Until the money is there. `failed`: the last try was declined; another one may pay. */
export type UnpaidStatus = 'draft' | 'awaiting_payment' | 'failed' | 'expired';
/** `fulfilled` and `refunded`: a purchase only, once each of its items is settled; `paid` until then. */
export type PaidStatus = 'paid' | 'fulfilled' | 'refunded';

export interface Checkout {
  readonly status: UnpaidStatus | PaidStatus;
  readonly gateway: string;
  /** The mode the customer asked for, or null: not yet, or chosen on the hosted page. */
  readonly mode: PaymentMode | 'wallet' | null;
  readonly placedAt: Instant;
  /** When the customer asked to pay: a top-up when it was placed; null: a purchase nobody pays yet. */
  readonly payAskedAt: Instant | null;
  readonly expiresAt: Instant;
  readonly checkoutId: string | null;
  readonly checkoutUrl: string | null;
  readonly checkoutAttempts: number;
  readonly checksMade: number;
  /** How often in a row the gateway was silent when the checkout was to be closed or looked at again. */
  readonly asksUnanswered: number;
  readonly paidAt: Instant | null;
  readonly failureReason: string | null;
}

export type CheckoutActionKind =
  'open_checkout' | 'check_payment' | 'expire' | 'check_late_payment';
type Next = NextAction<CheckoutActionKind>;

export const CHECKOUT_LASTS_SECONDS = 24 * 3_600;
/** When a silent gateway is asked again for the payment page, counted from the wish to pay; then it expires. */
const OPEN_AFTER_SECONDS = [
  0, 15, 30, 60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600,
];
/** When the gateway is asked although no webhook came, counted from the wish to pay. */
const CHECK_AFTER_SECONDS = [15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600];
/** A bank may authorise days after it refused: asked again this long after the expiry. */
const LATE_CHECK_AFTER_SECONDS = [3_600, 86_400, 172_800, 259_200];
/** The first wait for a silent gateway when a checkout is to be closed; each further wait is twice as long. */
const ASK_AGAIN_AFTER_SECONDS = 300;

/** A checkout that nobody has opened yet. */
export function newCheckout(
  terms: Pick<Checkout, 'gateway' | 'mode' | 'placedAt' | 'payAskedAt'>,
): Checkout & { readonly status: 'draft' } {
  return {
    ...terms,
    status: 'draft',
    expiresAt: addSeconds(terms.placedAt, CHECKOUT_LASTS_SECONDS),
    checkoutId: null,
    checkoutUrl: null,
    checkoutAttempts: 0,
    checksMade: 0,
    asksUnanswered: 0,
    paidAt: null,
    failureReason: null,
  };
}

/** What the hosted page shows: what is bought without its tax, each tax, the round-off. They sum to the total. */
export function buildCheckoutLines(
  sale: TaxedSale,
): readonly { readonly description: string; readonly amount: Money }[] {
  const taxes = sale.taxLines
    .filter(({ amount }) => amount.amountMicros !== 0n)
    .map(({ component, rate, amount }) => ({ description: `${component} ${rate}%`, amount }));
  const roundOff = { description: 'Round-off', amount: sale.roundOff };
  return [
    ...allotToLines(sale.subtotal, sale.lines).map(({ description, amount }) => ({
      description,
      amount,
    })),
    ...taxes,
    ...(sale.roundOff.amountMicros === 0n ? [] : [roundOff]),
  ];
}

/** What happens next, when and why; null once it is paid. */
export function decideNextOfCheckout(checkout: Checkout): Next | null {
  switch (checkout.status) {
    case 'draft':
      return decideNextWhileDraft(checkout);
    case 'awaiting_payment':
    case 'failed':
      return decideNextWhileUnpaid(checkout);
    case 'expired':
      return decideNextWhileExpired(checkout);
    case 'paid':
    case 'fulfilled':
    case 'refunded':
      return null;
  }
}

function decideNextWhileDraft(checkout: Checkout): Next {
  const { payAskedAt, expiresAt } = checkout;
  if (payAskedAt === null) {
    const reason = 'nobody has asked to pay it yet; the order expires';
    return { kind: 'expire', at: expiresAt, reason };
  }
  const wait = OPEN_AFTER_SECONDS[checkout.checkoutAttempts];
  if (wait === undefined) {
    const reason = 'the payment page could not be opened; the order expires';
    return { kind: 'expire', at: expiresAt, reason };
  }
  const reason = checkout.failureReason ?? 'the hosted payment page is to be opened';
  return { kind: 'open_checkout', at: addSeconds(payAskedAt, wait), reason, ...AWAITED };
}

function decideNextWhileUnpaid(checkout: Checkout): Next {
  const { payAskedAt, placedAt, expiresAt, checksMade } = checkout;
  const wait = CHECK_AFTER_SECONDS[checksMade];
  const checksAt = wait === undefined ? null : addSeconds(payAskedAt ?? placedAt, wait);
  if (checksAt !== null && earlierOf(checksAt, expiresAt) === checksAt) {
    const reason = 'waiting for the payment; the gateway is asked in case its message was lost';
    return { kind: 'check_payment', at: checksAt, reason, ...AWAITED };
  }
  const reason = 'not paid; the order expires';
  return afterSilence(checkout, { kind: 'expire', at: expiresAt, reason, ...ASKED });
}

function decideNextWhileExpired(checkout: Checkout): Next {
  if (checkout.checkoutId === null) {
    return { kind: 'end', reason: 'expired; its payment page was never opened' };
  }
  const wait = LATE_CHECK_AFTER_SECONDS[checkout.checksMade];
  if (wait === undefined) return { kind: 'end', reason: 'expired without a payment' };
  const at = addSeconds(checkout.expiresAt, wait);
  const reason = 'expired; a bank may still authorise a payment late';
  return afterSilence(checkout, { kind: 'check_late_payment', at, reason, ...AWAITED });
}

function afterSilence(
  { asksUnanswered }: Checkout,
  action: DueAction<CheckoutActionKind>,
): DueAction<CheckoutActionKind> {
  if (asksUnanswered === 0) return action;
  const waited = ASK_AGAIN_AFTER_SECONDS * (2 ** asksUnanswered - 1);
  const reason = 'the payment gateway did not answer; it is asked again';
  return { kind: action.kind, at: addSeconds(action.at, waited), reason, ...AWAITED };
}

/** After the gateway was asked and nothing more was found. */
export function noteChecked<Order extends Checkout>(order: Order): Order {
  if (isPaid(order)) return order;
  const checksMade = order.status === 'expired' ? countLateChecks(order) : order.checksMade + 1;
  return { ...order, checksMade, asksUnanswered: 0 };
}

/** After the gateway did not answer: it is asked again later, and nobody waits for it. */
export function noteUnanswered<Order extends Checkout>(order: Order): Order {
  switch (decideNextOfCheckout(order)?.kind) {
    case 'open_checkout':
      return {
        ...order,
        checkoutAttempts: order.checkoutAttempts + 1,
        failureReason: 'the payment gateway did not answer; it is asked again',
      };
    case 'check_payment':
      return noteChecked(order);
    case 'expire':
    case 'check_late_payment':
      return { ...order, asksUnanswered: order.asksUnanswered + 1 };
    case 'rest':
    case 'end':
    case undefined:
      return order;
  }
}

/** Whether the money came, whatever became of the items. */
export function isPaid({ status }: Pick<Checkout, 'status'>): boolean {
  return status === 'paid' || status === 'fulfilled' || status === 'refunded';
}

/** Nobody paid in time. What is paid stays paid. */
export function expireOrder<Order extends Checkout>(order: Order): Order {
  if (isPaid(order)) return order;
  return { ...order, status: 'expired', checksMade: countLateChecks(order), asksUnanswered: 0 };
}

/** One answer covers every late check that was due by then, however long the gateway was silent. */
function countLateChecks(checkout: Checkout): number {
  const next = decideNextOfCheckout(checkout);
  if (next === null || !isDueAction(next)) return checkout.checksMade;
  const isCovered = (wait: number): boolean =>
    !isBefore(next.at, addSeconds(checkout.expiresAt, wait));
  return LATE_CHECK_AFTER_SECONDS.filter(isCovered).length;
}
