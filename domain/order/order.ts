/**
 * Owns: what an order is, a top-up or a purchase, and what happens to it next.
 * Does not own: its checkout (checkout.ts), what a payment report does to it (decide-payments.ts), its items
 * (item.ts, fulfilment.ts), its price (price.ts), the money (ledger/).
 * Rules: R1.06, R1.07, R0.09. Money is granted for a payment the gateway itself confirms, once, and
 * only when amount, currency and order are the ones we asked for. Payment after expiry is still the
 * customer's money: it goes to the wallet (ADR 0004). Where the seller taxes the top-up, tax is paid on
 * top of the amount and the wallet is granted the amount (ADR 0013).
 * Example: placed at 10:00 for 1 000.00 INR; the webhook is lost; the check at 10:01 finds the payment
 * and grants it; the webhook that arrives at 10:07 changes nothing.
 */
import type { EventOf } from '../event';
import { invariant } from '../invariant';
import type { Money } from '../money';
import type { NextAction } from '../next-action';
import type { Payer } from '../payment/payment';
import type { TopUpTarget } from '../payment/top-up-policy';
import type { TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import { decideNextOfCheckout, type Checkout, type CheckoutActionKind } from './checkout';
import { decideNextFulfilment, type FulfilmentActionKind } from './fulfilment';
import type { OrderItem } from './item';

interface OrderFacts extends Checkout {
  readonly id: string;
  readonly accountId: string;
  /** What the customer pays: the sale's total. A payment must be exactly this. */
  readonly total: Money;
  /** What is bought and its tax. Of a top-up the wallet is granted the subtotal. */
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
}

/**
 * An order of money for the wallet, which the WhatsApp balance is a part of, or of unique visitors for the
 * month in which they are paid: a sale of units, paid and spent at once (ADR 0036).
 */
export interface TopUp extends OrderFacts {
  readonly kind: 'top_up';
  readonly target: TopUpTarget;
  /** How many; null: of money. */
  readonly visitors: number | null;
  /** What was made of the wish, for the customer. */
  readonly note: string | null;
  /** What is owed and a saved method may not pay alone: a payment link. Null: the customer's own wish. */
  readonly paysFor: Payer | null;
}

/** An order of packages, bundles and numbers. What is paid too late or twice goes to the wallet. */
export interface Purchase extends OrderFacts {
  readonly kind: 'purchase';
  /** One at least. */
  readonly items: readonly OrderItem[];
  readonly itemChecksMade: number;
}

export type Order = TopUp | Purchase;
export type OrderStatus = Order['status'];
export type OrderActionKind = CheckoutActionKind | FulfilmentActionKind;

/** What happens next to an order, when and why. */
export function decideNextAction(order: Order): NextAction<OrderActionKind> {
  const next = decideNextOfCheckout(order);
  if (next !== null) return next;
  return order.kind === 'purchase' ? decideNextFulfilment(order) : { kind: 'end', reason: 'paid' };
}

/** Whether a payment buys something, and is spent on it at once; else it stays in the wallet. */
export function isSale(order: Order): boolean {
  return order.kind === 'purchase' || order.visitors !== null;
}

/** The order as the purchase that it must be. */
export function purchaseOf(order: Order): Purchase {
  invariant(order.kind === 'purchase', `order ${order.id} is a top-up`);
  return order;
}

export type OrderEvent = EventOf<'order' | 'top_up' | 'payment'>;
