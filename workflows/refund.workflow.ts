/**
 * The life of a refund: asked for, its money taken out of the books, given back by the gateway; or put
 * back where it was, when the gateway refuses.
 */
import { ActivityFailure, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TimedTarget } from '../activities/lifecycle/locked';
import type { RefundActivities } from '../activities/refund/refund.activities';
import { gatewayTaskQueue, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { runLifecycle } from './lifecycle';
import type { CommandAnswer } from './lifecycle.messages';
import {
  requestRefund,
  type RefundCommand,
  type RefundInput,
  type RefundStep,
} from './refund.messages';
import { proxyTransactions } from './transactions';

const { recordRefund, noteRefundUnanswered } = proxyTransactions<RefundActivities>();

export async function refundLifecycle(input: RefundInput): Promise<RefundStep> {
  const { id, accountId } = input;
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<RefundActivities>({ ...OUTSIDE, taskQueue });
  const asked = proxyActivities<RefundActivities>({ ...OUTSIDE_WHILE_ASKED, taskQueue });
  const commands = createCommandQueue<RefundCommand, CommandAnswer>();
  setHandler(requestRefund, (request) => commands.submit({ kind: 'request', ...request }), {
    description: 'Takes the money out of the books and lets the gateway give it back.',
  });
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const task = { id, accountId, dueAt: action.at, now, operationKey };
      return settle(task, () =>
        outside.returnMoney.executeWithOptions({ summary: 'let the gateway give it back' }, [task]),
      );
    },
    async answer(command, now, operationKey) {
      const task = { id, accountId, now, operationKey };
      const recorded = await recordRefund({ ...task, command });
      const { answer, step } = recorded;
      if (step.next.kind !== 'return_money') return { step, answer };
      return { step: await settle(task, () => asked.returnMoney(task)), answer };
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
