/**
 * The life of an order: placed, its hosted checkout opened, paid (a webhook says so, or the gateway
 * when asked), or expired; a payment that comes later than that is still found.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  type ActivityInterfaceFor,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OrderActivities } from '../activities/order.activities';
import type { SettleRequest } from '../activities/record-payments';
import { DATABASE, gatewayTaskQueue, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { runLifecycle } from './lifecycle';
import type { CommandAnswer } from './lifecycle.messages';
import { placeOrder, type OrderCommand, type OrderInput, type OrderStep } from './order.messages';
import { paymentReported } from './payment.messages';

const { recordOrder, noteUnreachable, wakeWaiting } = proxyActivities<OrderActivities>(DATABASE);

const DONE: CommandAnswer = { kind: 'done' };

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
  setHandler(
    paymentReported,
    ({ eventId, gatewayPaymentId }) =>
      commands.note({ kind: 'payment_reported', gatewayPaymentId }, eventId),
    { description: 'The gateway says something happened to a payment; it is asked what.' },
  );
  return runLifecycle(input, commands, {
    async perform(action, operationKey) {
      const request = { id, accountId, now: action.at, operationKey };
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
      }
    },
    async answer(command, now, operationKey) {
      const request = { id, accountId, now, operationKey };
      if (command.kind === 'payment_reported') {
        const step = await settle({ ...request, action: 'payment_reported' });
        return { step, answer: DONE };
      }
      const recorded = await recordOrder({ ...request, command });
      if (recorded.answer.kind === 'refused') return recorded;
      const step = await orNoteUnreachable(request, () => asked.openCheckout(request));
      return { step, answer: recorded.answer };
    },
  });
}

/** Asks the gateway what was paid, records it in one transaction, then wakes who waits for money. */
function createSettle({
  settlePayments,
}: ActivityInterfaceFor<Pick<OrderActivities, 'settlePayments'>>) {
  return async (request: SettleRequest): Promise<OrderStep> => {
    const summary = `${request.action}: ask the gateway, record what was paid`;
    const settled = await settlePayments.executeWithOptions({ summary }, [request]);
    if (settled.wakes.length > 0) await wakeWaiting(settled.wakes);
    return settled.step;
  };
}

/** A gateway that does not answer blocks nobody: the row says when it is asked again. */
async function orNoteUnreachable(
  request: Omit<SettleRequest, 'action'>,
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
