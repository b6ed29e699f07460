/**
 * The life of an order: placed, its hosted checkout opened, paid (a webhook says so, or the gateway
 * when asked), or expired; a payment that comes later than that is still found.
 */
import { ActivityFailure, proxyActivities, setHandler } from '@temporalio/workflow';
import type { OrderActivities } from '../activities/order.activities';
import type { Instant } from '../domain/instant';
import { DATABASE, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { runLifecycle } from './lifecycle';
import type { CommandAnswer } from './lifecycle.messages';
import {
  paymentReported,
  placeOrder,
  type OrderCommand,
  type OrderInput,
  type OrderStep,
} from './order.messages';

const { recordOrder, wakeWaiting } = proxyActivities<OrderActivities>(DATABASE);
const outside = proxyActivities<OrderActivities>(OUTSIDE);
const asked = proxyActivities<OrderActivities>(OUTSIDE_WHILE_ASKED);

export async function orderLifecycle(input: OrderInput): Promise<OrderStep> {
  const { id } = input;
  const commands = createCommandQueue<OrderCommand, CommandAnswer>();
  setHandler(placeOrder, (request) => commands.submit({ kind: 'place', ...request }));
  setHandler(paymentReported, ({ eventId, gatewayPaymentId }) =>
    commands.note({ kind: 'payment_reported', gatewayPaymentId }, eventId),
  );
  return runLifecycle(input, commands, {
    async perform(action, operationKey) {
      if (action.kind === 'open_checkout') {
        return outside.openCheckout.executeWithOptions({ summary: 'open the hosted checkout' }, [
          { id, operationKey },
        ]);
      }
      return settle({ id, now: action.at, operationKey, action: action.kind });
    },
    async answer(command, now, operationKey) {
      if (command.kind === 'payment_reported') {
        const step = await settle({ id, now, operationKey, action: 'payment_reported' });
        return { step, answer: { kind: 'done' } };
      }
      const recorded = await recordOrder({ id, command, now, operationKey });
      if (recorded.answer.kind === 'refused') return recorded;
      return { ...recorded, step: await openWhileAsked(id, operationKey, recorded.step) };
    },
  });
}

/** Asks the gateway what was paid, records it in one transaction, then wakes who waits for money. */
async function settle(request: {
  readonly id: string;
  readonly now: Instant;
  readonly operationKey: string;
  readonly action: 'check_payment' | 'expire' | 'check_late_payment' | 'payment_reported';
}): Promise<OrderStep> {
  const summary = `${request.action}: ask the gateway, record what was paid`;
  const settled = await outside.settlePayments.executeWithOptions({ summary }, [request]);
  if (settled.waiting.length > 0) await wakeWaiting(settled.waiting);
  return settled.step;
}

/** The customer waits: open the checkout now if the gateway answers, else the row tries again later. */
async function openWhileAsked(
  id: string,
  operationKey: string,
  recorded: OrderStep,
): Promise<OrderStep> {
  try {
    return await asked.openCheckout({ id, operationKey: `${operationKey}/checkout` });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return recorded;
  }
}
