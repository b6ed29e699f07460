import type { OrderRecord } from '../../db/repositories/order.repository';
import type { Payment, PaymentMethod } from '../../db/repositories/payment.repository';
import { toWireMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/order';
import { toApiNextAction } from './next-action.presenter';

/** A top-up as JSON. A draft is shown as awaiting its payment: its page is being opened. */
export function toApiTopUp({ order, workflowId }: OrderRecord) {
  const { total } = order;
  return {
    id: order.id,
    account_id: order.accountId,
    status: order.status === 'draft' ? 'awaiting_payment' : order.status,
    target: order.target,
    gateway: order.gateway,
    checkout_url: order.checkoutUrl,
    order_details: {
      amount: toWireMoney(total),
      up_front_fees: toWireMoney({ amountMicros: 0n, currency: total.currency }),
      taxes: [],
      total_amount: toWireMoney(total),
    },
    failure_reason: order.failureReason,
    placed_at: order.placedAt,
    expires_at: order.expiresAt,
    paid_at: order.paidAt,
    next_action: toApiNextAction(decideNextAction(order)),
    workflow_id: workflowId,
  };
}

export function toApiPayment(payment: Payment) {
  return {
    id: payment.id,
    account_id: payment.accountId,
    top_up_id: payment.orderId,
    gateway: payment.gateway,
    gateway_payment_id: payment.gatewayPaymentId,
    money: toWireMoney(payment.money),
    status: payment.status,
    mode: payment.mode,
    decline_code: payment.declineCode,
    effective_at: payment.effectiveAt,
    created_at: payment.createdAt,
  };
}

/** A kept method as JSON: its reference stays with us. */
export function toApiPaymentMethod(method: PaymentMethod) {
  return {
    id: method.id,
    gateway: method.gateway,
    kind: method.kind,
    brand: method.brand,
    last_four: method.lastFour,
    created_at: method.createdAt,
  };
}
