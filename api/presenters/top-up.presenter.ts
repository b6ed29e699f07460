import type { OrderRecord } from '../../db/repositories/order.repository';
import type { Payment } from '../../db/repositories/payment.repository';
import { invariant } from '../../domain/invariant';
import { toWireMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/order/order';
import { toApiTaxLine } from './document.presenter';
import { toApiNextAction } from './next-action.presenter';

/** A top-up as JSON. A draft is shown as awaiting its payment: its page is being opened. */
export function toApiTopUp({ state: order, workflowId }: OrderRecord) {
  invariant(order.kind === 'top_up', `order ${order.id} is a purchase`);
  const { sale, total } = order;
  return {
    id: order.id,
    account_id: order.accountId,
    status: order.status === 'draft' ? 'awaiting_payment' : order.status,
    target: order.target,
    quantity: order.visitors,
    gateway: order.gateway,
    checkout_url: order.checkoutUrl,
    order_details: {
      amount: toWireMoney(sale.subtotal),
      up_front_fees: toWireMoney({ amountMicros: 0n, currency: total.currency }),
      taxes: sale.taxLines.map(toApiTaxLine),
      round_off: toWireMoney(sale.roundOff),
      total_amount: toWireMoney(total),
      note: order.note,
    },
    pays_for: order.paysFor,
    failure_reason: order.failureReason,
    placed_at: order.placedAt,
    expires_at: order.expiresAt,
    paid_at: order.paidAt,
    next_action: toApiNextAction(decideNextAction(order)),
    workflow_id: workflowId,
  };
}

export function toApiPayment(
  payment: Payment,
  {
    refundedMicros,
    disputedMicros,
    isOfPurchase,
    showsFee,
  }: {
    readonly refundedMicros: bigint;
    readonly disputedMicros: bigint;
    readonly isOfPurchase: boolean;
    /** What we pay for a payment is no customer's business. */
    readonly showsFee: boolean;
  },
) {
  const { kind, id } = payment.payer;
  return {
    id: payment.id,
    account_id: payment.accountId,
    top_up_id: kind === 'order' && !isOfPurchase ? id : null,
    order_id: kind === 'order' && isOfPurchase ? id : null,
    subscription_id: kind === 'subscription' ? id : null,
    phone_number_id: kind === 'phone_number' ? id : null,
    is_auto_recharge: kind === 'auto_recharge',
    gateway: payment.gateway,
    gateway_payment_id: payment.gatewayPaymentId,
    money: toWireMoney(payment.money),
    refunded: toWireMoney({ ...payment.money, amountMicros: refundedMicros }),
    disputed: toWireMoney({ ...payment.money, amountMicros: disputedMicros }),
    fee: showsFee && payment.fee !== null ? toWireMoney(payment.fee) : null,
    status: payment.status,
    mode: payment.mode,
    decline_code: payment.declineCode,
    effective_at: payment.effectiveAt,
    created_at: payment.createdAt,
  };
}
