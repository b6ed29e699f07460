import type { OrderRecord } from '../../db/repositories/order.repository';
import { addMoney, toWireMoney, type Money } from '../../domain/money';
import { decideNextAction, purchaseOf, type Order, type Purchase } from '../../domain/order/order';
import { isPaid } from '../../domain/order/checkout';
import { listFeatures } from '../../domain/order/capabilities';
import { isNumberItem, type OrderItem } from '../../domain/order/item';
import { listPaymentModes, type PayOffer } from '../../domain/order/pay';
import { buildWalletTerms } from '../../domain/order/price';
import { toApiTaxLine } from './document.presenter';
import { toApiNextAction } from './next-action.presenter';

/** An order of packages, bundles and numbers as JSON. `offers` are how its account can pay. */
export function toApiOrder(
  { state: placed, workflowId }: OrderRecord,
  { offers }: { readonly offers: readonly PayOffer[] },
) {
  const order = purchaseOf(placed);
  return {
    id: order.id,
    account_id: order.accountId,
    status: statusOf(order),
    items: order.items.map(toApiItem),
    order_details: toApiDetails(order),
    wallet_amount: toWireMoney(walletAmountOf(order)),
    features: listFeatures(order.items),
    payment_modes: [...listPaymentModes(order.total, offers)],
    mode: order.mode,
    gateway: order.gateway,
    checkout_url: order.checkoutUrl,
    failure_reason: order.failureReason,
    placed_at: order.placedAt,
    expires_at: order.expiresAt,
    paid_at: order.paidAt,
    next_action: toApiNextAction(decideNextAction(order)),
    workflow_id: workflowId,
  };
}

/** An entry of the purchase history: a top-up or an order, once it is paid. */
export function toApiHistoryEntry({ state: order }: OrderRecord) {
  return {
    id: order.id,
    kind: order.kind,
    status: order.status,
    items: (order.kind === 'purchase' ? order.items : []).map((item) => ({
      kind: item.kind,
      code: isNumberItem(item) ? null : item.code,
      name: item.name,
      status: item.status,
      delivered_id: item.status === 'delivered' ? item.deliveryId : null,
    })),
    total_amount: toWireMoney(order.total),
    mode: order.mode,
    paid_at: order.paidAt,
  };
}

/** A draft that is to be paid is shown as awaiting its payment: its page is being opened. */
function statusOf({ status, payAskedAt }: Order): Order['status'] {
  return status === 'draft' && payAskedAt !== null ? 'awaiting_payment' : status;
}

function walletAmountOf(order: Purchase): Money {
  const isCharged = isPaid(order) && order.mode === 'wallet';
  return isCharged ? order.total : buildWalletTerms(order.taxation, order.items).total;
}

function toApiDetails({ items, sale, taxation, total }: Purchase) {
  const nothing: Money = { ...total, amountMicros: 0n };
  const sumOf = (amountOf: (item: OrderItem) => Money) =>
    toWireMoney(items.reduce((sum, item) => addMoney(sum, amountOf(item)), nothing));
  return {
    amount: sumOf(({ price }) => price),
    up_front_fees: sumOf(({ upFrontFee }) => upFrontFee),
    taxes: sale.taxLines.map(toApiTaxLine),
    round_off: toWireMoney(sale.roundOff),
    prices_include_tax: taxation.includesTax,
    total_amount: toWireMoney(total),
  };
}

function toApiItem(item: OrderItem) {
  const isDelivered = item.status === 'delivered';
  return {
    id: item.id,
    kind: item.kind,
    name: item.name,
    ...(isNumberItem(item)
      ? {
          code: null,
          number: item.number,
          units: null,
          validity_days: null,
          capabilities: [...item.capabilities],
          required_capabilities: [...item.requiredCapabilities],
        }
      : {
          code: item.code,
          number: null,
          units: item.units,
          validity_days: item.validityDays,
          capabilities: null,
          required_capabilities: null,
        }),
    price: toWireMoney(item.price),
    up_front_fee: toWireMoney(item.upFrontFee),
    status: item.status,
    delivered_id: isDelivered || item.status === 'ordered' ? item.deliveryId : null,
    failure_reason: item.failureReason,
    refund_id: item.refundId,
  };
}
