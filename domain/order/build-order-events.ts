/**
 * Owns: an order's events with the facts that all of them carry, and nothing personal.
 * Does not own: which events those are (decide-payments.ts, settle.ts, pay.ts, checkout.ts).
 * Example: `top_up.paid` of 1 000.00 INR, status `paid`, with the payment's id.
 */
import { buildEvents, type NewEvent } from '../event';
import type { Instant } from '../instant';
import { describeMoney, formatAmount } from '../money';
import type { Order, OrderEvent } from './order';

/** The events of an order as it is after them. */
export function buildOrderEvents(
  order: Order,
  events: readonly OrderEvent[],
  at: Instant,
): NewEvent[] {
  const { status, total } = order;
  const facts = { status, amount: formatAmount(total), currency: total.currency };
  return buildEvents<'order' | 'top_up' | 'payment'>(order, { events, facts, at });
}

/** What is told of a payment link once its page is open; of any other order nothing. */
export function describePayLink(order: Order): readonly OrderEvent[] {
  if (order.kind === 'purchase' || order.paysFor === null) return [];
  const { total, note, checkoutUrl, expiresAt, paysFor } = order;
  const reason = `${describeMoney(total)} are to be paid on a page: ${note ?? 'its owner is needed'}`;
  return [
    {
      type: 'payment.action_required',
      reason,
      data: {
        amount: formatAmount(total),
        currency: total.currency,
        checkout_url: checkoutUrl,
        expires_at: expiresAt,
        pays_for_kind: paysFor.kind,
        pays_for_id: paysFor.id,
      },
    },
  ];
}
