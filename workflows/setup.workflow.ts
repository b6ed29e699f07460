/**
 * The life of a payment method setup: its hosted page is opened, the customer leaves a method there (a message says
 * so, or the gateway when asked), or it expires. What is kept after that is still found.
 */
import { ActivityFailure, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TimedTarget } from '../activities/lifecycle/locked';
import type { SetupActivities } from '../activities/payment-method/setup.activities';
import { gatewayTaskQueue, OUTSIDE, OUTSIDE_WHILE_ASKED } from './activity-options';
import { createCommandQueue } from './command-queue';
import { describeAction, runLifecycle } from './lifecycle';
import { DONE, type CommandAnswer } from './lifecycle.messages';
import { listenToGateways } from './listen-to-payments';
import { beginSetup, type SetupCommand, type SetupInput, type SetupStep } from './setup.messages';
import { proxyTransactions } from './transactions';

const { recordSetup, noteSetupUnanswered } = proxyTransactions<SetupActivities>();

export async function setupLifecycle(input: SetupInput): Promise<SetupStep> {
  const { id, accountId } = input;
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<SetupActivities>({ ...OUTSIDE, taskQueue });
  const asked = proxyActivities<SetupActivities>({ ...OUTSIDE_WHILE_ASKED, taskQueue });
  const commands = createCommandQueue<SetupCommand, CommandAnswer>();
  setHandler(beginSetup, (request) => commands.submit({ kind: 'begin', ...request }), {
    description: 'Opens the hosted page on which a payment method is kept.',
  });
  listenToGateways(commands);
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const target = { id, accountId, dueAt: action.at, now, operationKey };
      const summary = describeAction(action);
      return orNoteUnanswered(target, () =>
        action.kind === 'open_setup'
          ? outside.openSetupPage.executeWithOptions({ summary }, [target])
          : outside.settleSetup.executeWithOptions({ summary }, [target]),
      );
    },
    async answer(command, now, operationKey) {
      const target = { id, accountId, now, operationKey };
      if (command.kind === 'payment_reported') {
        const summary = 'ask the gateway what was kept, record it';
        const step = await outside.settleSetup.executeWithOptions({ summary }, [target]);
        return { step, answer: DONE };
      }
      const recorded = await recordSetup({ ...target, command });
      if (recorded.step.next.kind !== 'open_setup') return recorded;
      const step = await orNoteUnanswered(target, () => asked.openSetupPage(target));
      return { step, answer: recorded.answer };
    },
  });
}

/** A gateway that does not answer blocks nobody: the row says when it is asked again. */
async function orNoteUnanswered(
  target: TimedTarget,
  ask: () => Promise<SetupStep>,
): Promise<SetupStep> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return noteSetupUnanswered(target);
  }
}
