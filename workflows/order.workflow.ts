/**
 * The life of an order: placed, its hosted checkout opened, paid (a webhook says so, or the gateway
 * when asked), or expired; a payment that comes later than that is still found. What a purchase is of is
 * then delivered item by item, and what cannot be delivered is given back.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  type ActivityInterfaceFor,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OrderActivities } from '../activities/order/order.activities';
import type { PurchaseActivities } from '../activities/purchase/purchase.activities';
import type { SettleRequest } from '../activities/order/record-payments';
import { DATABASE, gatewayTaskQueue, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { runLifecycle } from './lifecycle';
import { DONE, type CommandAnswer } from './lifecycle.messages';
import { listenToGateways } from './listen-to-payments';
import {
  itemSettled,
  openPurchase,
  payOrder,
  placeOrder,
  type OrderCommand,
  type OrderInput,
  type OrderStep,
} from './order.messages';
import type { PaymentReport } from './payment.messages';
import { proxyTransactions } from './transactions';

const { recordOrder, noteUnreachable, keepReport } = proxyTransactions<OrderActivities>();
const { readOrder, payPurchase, checkItems } = proxyTransactions<PurchaseActivities>();
/** They start another workflow after the commit. */
const { fulfilItem, refundItem } = proxyActivities<PurchaseActivities>(DATABASE);

export async function orderLifecycle(input: OrderInput): Promise<OrderStep> {
  const { id, accountId } = input;
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<OrderActivities>({ ...OUTSIDE, taskQueue });
  const asked = proxyActivities<OrderActivities>({ ...OUTSIDE_WHILE_ASKED, taskQueue });
  const settle = createSettle(outside);
  const commands = createCommandQueue<OrderCommand, CommandAnswer>();
  setHandler(placeOrder, (request) => commands.submit({ kind: 'place', ...request }), {
    description: 'Places the order and opens its hosted checkout.',
  });
  setHandler(openPurchase, () => commands.submit({ kind: 'open' }), {
    description: 'Conducts a purchase whose draft is written.',
  });
  setHandler(payOrder, (request) => commands.submit({ kind: 'pay', ...request }), {
    description: 'Pays a purchase from the wallet, or opens its hosted checkout.',
  });
  setHandler(itemSettled, ({ itemId }) => commands.note({ kind: 'item_settled', itemId }, itemId), {
    description: 'The delivery of an item ended; its row says how.',
  });
  listenToGateways(commands);
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const request = { id, accountId, dueAt: action.at, now, operationKey };
      const { kind } = action;
      switch (kind) {
        case 'open_checkout':
          return orNoteUnreachable(request, () =>
            outside.openCheckout.executeWithOptions({ summary: 'open the hosted checkout' }, [
              request,
            ]),
          );
        case 'check_payment':
          return orNoteUnreachable(request, () => settle({ ...request, action: kind }));
        case 'expire':
        case 'check_late_payment':
          return orNoteUnreachable(request, () => settle({ ...request, action: kind }), isRefused);
        case 'fulfil_item':
        case 'check_items':
        case 'refund_item':
          return performOnItem(request, kind);
      }
    },
    async answer(command, now, operationKey) {
      const request = { id, accountId, now, operationKey };
      if (command.kind === 'payment_reported') {
        return { step: await hear(request, command, settle), answer: DONE };
      }
      if (command.kind === 'item_settled') {
        return { step: await readOrder(request), answer: DONE };
      }
      const recorded = await record(request, command);
      // A purchase opens its page when it is asked for, a top-up when it is placed.
      if (recorded.answer.kind === 'refused' || recorded.step.next.kind !== 'open_checkout') {
        return recorded;
      }
      const step = await orNoteUnreachable(request, () => asked.openCheckout(request));
      return { step, answer: recorded.answer };
    },
  });
}

type Request = Omit<SettleRequest, 'action'>;

/** Asks about a payment that was reported. What a silent gateway does not answer is kept, and asked again. */
async function hear(
  request: Request,
  { gateway, eventId }: PaymentReport,
  settle: ReturnType<typeof createSettle>,
): Promise<OrderStep> {
  try {
    return await settle({ ...request, action: 'payment_reported', gateway });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return keepReport({ ...request, gateway, eventId, isRefused: isRefused(error) });
  }
}

/** Writes what a customer asks for. */
async function record(
  request: Request,
  command: Extract<OrderCommand, { kind: 'place' | 'open' | 'pay' }>,
): Promise<{ readonly step: OrderStep; readonly answer: CommandAnswer }> {
  switch (command.kind) {
    case 'place':
      return recordOrder({ ...request, command });
    case 'open':
      return { step: await readOrder(request), answer: DONE };
    case 'pay':
      return payPurchase({ ...request, command });
  }
}

/** One step of the fulfilment. */
async function performOnItem(
  request: Request,
  kind: 'fulfil_item' | 'check_items' | 'refund_item',
): Promise<OrderStep> {
  const summary = kind;
  switch (kind) {
    case 'fulfil_item':
      return fulfilItem.executeWithOptions({ summary }, [request]);
    case 'check_items':
      return checkItems.executeWithOptions({ summary }, [request]);
    case 'refund_item':
      return refundItem.executeWithOptions({ summary }, [request]);
  }
}

/** Asks the gateway what was paid and records it. */
function createSettle({
  settlePayments,
}: ActivityInterfaceFor<Pick<OrderActivities, 'settlePayments'>>) {
  return (request: SettleRequest): Promise<OrderStep> => {
    const summary = `${request.action}: ask the gateway, record what was paid`;
    return settlePayments.executeWithOptions({ summary }, [request]);
  };
}

/** A gateway that does not answer blocks nobody: the row says when it is asked again. */
async function orNoteUnreachable(
  request: Request,
  ask: () => Promise<OrderStep>,
  isBlocking: (failure: ActivityFailure) => boolean = () => false,
): Promise<OrderStep> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isBlocking(error)) throw error;
    return noteUnreachable(request);
  }
}

/** Asking again would not mend it: an order that cannot be closed is blocked, visibly, for people. */
function isRefused({ cause }: ActivityFailure): boolean {
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}
