/**
 * Stands in for the database, the gateway and who delivers behind purchases: rows in memory, changed by the
 * real decisions of domain/order/. What it writes down as deeds is what the real activities would commit.
 */
import type { OrderActivities } from '../../activities/order/order.activities';
import type { PurchaseActivities } from '../../activities/purchase/purchase.activities';
import { isStillNext } from '../../domain/next-action';
import { expireOrder, noteChecked, noteUnanswered } from '../../domain/order/checkout';
import { decideNextAction, purchaseOf, type Order, type Purchase } from '../../domain/order/order';
import type { PaymentFact } from '../../domain/payment/payment';
import { decidePayments } from '../../domain/order/decide-payments';
import { findItem } from '../../domain/order/fulfilment';
import type { OrderItem } from '../../domain/order/item';
import { decidePay } from '../../domain/order/pay';
import { placePurchase } from '../../domain/order/place';
import {
  noteItemRefunded,
  noteItemsChecked,
  noteOrdered,
  settleItem,
} from '../../domain/order/settle';
import { UNTAXED } from '../../domain/tax/taxation';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import type { OrderStep } from '../../workflows/order.messages';
import { inr } from '../domain/order/purchase-in-hand';

type SettleRequest = Parameters<OrderActivities['settlePayments']>[0];

export type PurchaseBooks = ReturnType<typeof createPurchaseBooks>;

/** A draft of these items, placed at an instant; `rupees` are in the wallet. */
export function createPurchaseBooks(
  id: string,
  placed: { readonly items: readonly OrderItem[]; readonly at: string; readonly rupees: number },
) {
  const deeds: string[] = [];
  const operations = new Map<string, CommandAnswer>();
  const payments: PaymentFact[] = [];
  let judged = 0;
  let isSilent = false;
  let revision = 1;
  let order: Purchase = placePurchase({
    id,
    accountId: 'acct_00000001',
    gateway: 'sandbox',
    items: placed.items,
    taxation: UNTAXED,
    at: placed.at,
  });

  const stepOf = (): OrderStep => ({
    status: order.status,
    revision,
    next: decideNextAction(order),
  });

  function write(did: string, next: Order): OrderStep {
    order = purchaseOf(next);
    revision += 1;
    deeds.push(`${did} ${order.status}`);
    return stepOf();
  }

  function askGateway(): void {
    if (isSilent) throw new Error('the gateway gives no answer');
  }

  function settle({ action, now }: SettleRequest): OrderStep {
    const decided = decidePayments(order, payments.slice(judged).map(named), now);
    judged = payments.length;
    if (action === 'expire') return write(action, expireOrder(decided.order));
    if (action !== 'payment_reported') return write(action, noteChecked(decided.order));
    return decided.order === order ? stepOf() : write(action, decided.order);
  }

  const activities = {
    readOrder: async () => stepOf(),
    async payPurchase({ operationKey, command, now }) {
      const stored = operations.get(operationKey);
      if (stored !== undefined) return { step: stepOf(), answer: stored };
      const { gateway = order.gateway } = command;
      const decision = decidePay(
        order,
        { ...command, gateway },
        {
          now,
          taxation: UNTAXED,
          availableMicros: inr(BigInt(placed.rupees) * 1_000_000n).amountMicros,
          offer: { modes: ['upi', 'card'], min: inr(1n), max: inr(10n ** 12n) },
          isAddressed: true,
          numbers: null,
        },
      );
      const answer: CommandAnswer = decision.kind === 'refused' ? decision : { kind: 'done' };
      operations.set(operationKey, answer);
      if (decision.kind === 'refused' || decision.kind === 'unchanged') {
        return { step: stepOf(), answer };
      }
      return { step: write(`pay ${command.mode}`, decision.order), answer };
    },
    async fulfilItem({ now }) {
      const item = findItem(order.items, 'pending');
      if (item === null) return stepOf();
      const told = { outcome: 'delivered', reason: 'it can be used', at: now } as const;
      const changed =
        item.kind === 'phone_number'
          ? noteOrdered(order, item.id)
          : settleItem(order, item.id, told);
      return write(`fulfil ${item.id}`, changed.order);
    },
    async refundItem() {
      const item = findItem(order.items, 'failed');
      if (item === null) return stepOf();
      const refund = { id: 'rfd_1', total: item.price, to: 'wallet' } as const;
      return write(`refund ${item.id}`, noteItemRefunded(order, item.id, refund).order);
    },
    async checkItems({ now, dueAt = now }) {
      const check = { kind: 'check_items', at: dueAt };
      if (!isStillNext(decideNextAction(order), check)) return stepOf();
      return write('check', noteItemsChecked(order));
    },
    async openCheckout() {
      askGateway();
      if (order.status !== 'draft') return stepOf();
      return write('open', { ...order, status: 'awaiting_payment', checkoutId: 'cs_1' });
    },
    noteUnreachable: async () => write('unreachable', noteUnanswered(order)),
    async settlePayments(request) {
      askGateway();
      return settle(request);
    },
  } satisfies Partial<OrderActivities & PurchaseActivities>;

  return {
    activities,
    deeds,
    stepOf,
    show: () => order,
    silence: () => void (isSilent = true),
    speak: () => void (isSilent = false),
    /** Somebody pays on the page, or is declined there. */
    pay(change: Partial<PaymentFact> = {}): string {
      const gatewayPaymentId = `gw_pay_${payments.length + 1}`;
      payments.push({
        gatewayPaymentId,
        status: 'succeeded',
        money: order.total,
        refunded: { ...order.total, amountMicros: 0n },
        reference: `order/${id}`,
        customerReference: order.accountId,
        mode: 'upi',
        declineCode: null,
        ...change,
      });
      return gatewayPaymentId;
    },
    /** The item's own lifecycle writes how it ended, and its hint may be lost. */
    tell(itemId: string, outcome: 'delivered' | 'failed', at: string): void {
      const reason = outcome === 'failed' ? 'the carrier has it no more' : 'it is rented';
      write(`${outcome} ${itemId}`, settleItem(order, itemId, { outcome, reason, at }).order);
    },
  };
}

function named(payment: PaymentFact) {
  return { ...payment, paymentId: `pay_of_${payment.gatewayPaymentId}` };
}
