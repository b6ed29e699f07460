/**
 * The life of what a partner earns: month after month is closed, approved by an operator and paid out. It is opened
 * from its row, by the first charge that is shared.
 */
import { ActivityFailure, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TimedTarget } from '../activities/lifecycle/locked';
import type { PayoutActivities } from '../activities/revenue-share/payout.activities';
import type { RevenueShareActivities } from '../activities/revenue-share/revenue-share.activities';
import { gatewayTaskQueue, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { describeAction, runLifecycle } from './lifecycle';
import type { CommandAnswer } from './lifecycle.messages';
import {
  approveStatement,
  payOut,
  type RevenueShareCommand,
  type RevenueShareInput,
  type RevenueShareStep,
} from './revenue-share.messages';
import { proxyTransactions } from './transactions';

const { closeMonth, answerRevenueShareCommand } = proxyTransactions<RevenueShareActivities>();
const { notePayoutUnanswered } = proxyTransactions<PayoutActivities>();

export async function revenueShareLifecycle(input: RevenueShareInput): Promise<RevenueShareStep> {
  const { id, accountId } = input;
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<PayoutActivities>({ ...OUTSIDE, taskQueue });
  const asked = proxyActivities<PayoutActivities>({ ...OUTSIDE_WHILE_ASKED, taskQueue });
  const commands = createCommandQueue<RevenueShareCommand, CommandAnswer>();
  setHandler(approveStatement, (request) => commands.submit({ kind: 'approve', ...request }), {
    description: 'Lets the statement of a month be paid out.',
  });
  setHandler(payOut, (request) => commands.submit({ kind: 'pay_out', ...request }), {
    description: 'Pays what is approved up to a month, to the wallet or to the bank.',
  });
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const summary = describeAction(action);
      if (action.kind === 'close_month') {
        return closeMonth.executeWithOptions({ summary }, [
          { id, accountId, action, operationKey },
        ]);
      }
      const task = { id, accountId, dueAt: action.at, now, operationKey };
      return settle(task, () => outside.sendPayout.executeWithOptions({ summary }, [task]));
    },
    async answer(command, now, operationKey) {
      const task = { id, accountId, now, operationKey };
      const recorded = await answerRevenueShareCommand.executeWithOptions(
        { summary: command.kind },
        [{ ...task, command }],
      );
      const { answer, step } = recorded;
      const isSent = command.kind === 'pay_out' && step.next.kind === 'send_payout';
      return { answer, step: isSent ? await settle(task, () => asked.sendPayout(task)) : step };
    },
  });
}

/** A bank that does not answer keeps nobody waiting: the row says when it is asked again. */
async function settle(
  task: TimedTarget,
  ask: () => Promise<RevenueShareStep>,
): Promise<RevenueShareStep> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return notePayoutUnanswered(task);
  }
}
