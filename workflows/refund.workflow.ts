/**
 * The life of a refund: asked for, its money taken out of the books, given back by the gateway; or put
 * back where it was, when the gateway refuses. What a gateway does not confirm, an operator closes.
 */
import { ActivityFailure, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TimedTarget } from '../activities/lifecycle/locked';
import type { RefundActivities } from '../activities/refund/refund.activities';
import { gatewayTaskQueue, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { runLifecycle } from './lifecycle';
import { DONE, type CommandAnswer } from './lifecycle.messages';
import { listenToGateways } from './listen-to-payments';
import {
  askRefundAgain,
  closeRefund,
  requestRefund,
  type RefundCommand,
  type RefundInput,
  type RefundStep,
} from './refund.messages';
import { proxyTransactions } from './transactions';

const { recordRefund, closeByOperator, noteRefundUnanswered } =
  proxyTransactions<RefundActivities>();

export async function refundLifecycle(input: RefundInput): Promise<RefundStep> {
  const { id, accountId } = input;
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<RefundActivities>({ ...OUTSIDE, taskQueue });
  const asked = proxyActivities<RefundActivities>({ ...OUTSIDE_WHILE_ASKED, taskQueue });
  const commands = createCommandQueue<RefundCommand, CommandAnswer>();
  setHandler(requestRefund, (request) => commands.submit({ kind: 'request', ...request }), {
    description: 'Takes the money out of the books and lets the gateway give it back.',
  });
  setHandler(closeRefund, (request) => commands.submit({ kind: 'close', ...request }), {
    description: 'An operator says what a person saw at the gateway.',
  });
  setHandler(askRefundAgain, () => commands.submit({ kind: 'ask_again' }), {
    description: 'Asks the gateway again now, under the same key.',
  });
  listenToGateways(commands);
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const task = { id, accountId, dueAt: action.at, now, operationKey };
      return settle(task, () =>
        outside.returnMoney.executeWithOptions({ summary: 'let the gateway give it back' }, [task]),
      );
    },
    async answer(command, now, operationKey) {
      const task = { id, accountId, now, operationKey };
      switch (command.kind) {
        case 'request': {
          const recorded = await recordRefund({ ...task, command });
          if (recorded.step.next.kind !== 'return_money') return recorded;
          return { ...recorded, step: await settle(task, () => asked.returnMoney(task)) };
        }
        case 'close':
          return closeByOperator({ ...task, command });
        case 'ask_again':
          return { step: await settle(task, () => asked.returnMoney(task)), answer: DONE };
        case 'payment_reported':
          return { step: await settle(task, () => outside.returnMoney(task)), answer: DONE };
      }
    },
  });
}

/** A gateway that does not answer blocks nobody: the row says when it is asked again. */
async function settle(task: TimedTarget, ask: () => Promise<RefundStep>): Promise<RefundStep> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return noteRefundUnanswered(task);
  }
}
