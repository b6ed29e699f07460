/**
 * The life of a dispute: looked at when the gateway tells of it and every day in between, its evidence reminded of,
 * until the bank has decided. It is opened from its row, which the first message writes.
 */
import { ActivityFailure, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { DisputeActivities } from '../activities/dispute/dispute.activities';
import type { TimedTarget } from '../activities/lifecycle/locked';
import { gatewayTaskQueue, OUTSIDE } from './activity-options';
import { createCommandQueue } from './command-queue';
import { disputeReported, type DisputeInput, type DisputeStep } from './dispute.messages';
import { describeAction, runLifecycle } from './lifecycle';
import { DONE, type CommandAnswer } from './lifecycle.messages';
import { proxyTransactions } from './transactions';

const { remindEvidence, noteDisputeUnanswered } = proxyTransactions<DisputeActivities>();

export async function disputeLifecycle(input: DisputeInput): Promise<DisputeStep> {
  const { id, accountId } = input;
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<DisputeActivities>({ ...OUTSIDE, taskQueue });
  const commands = createCommandQueue<{ readonly kind: 'dispute_reported' }, CommandAnswer>();
  setHandler(
    disputeReported,
    ({ gateway, eventId }) => commands.note({ kind: 'dispute_reported' }, `${gateway}/${eventId}`),
    { description: 'The gateway says something happened to the dispute; it is asked what.' },
  );

  /** A gateway that does not answer blocks nobody: the row says when it is asked again. */
  async function lookUp(task: TimedTarget, summary: string): Promise<DisputeStep> {
    try {
      return await outside.lookUpDispute.executeWithOptions({ summary }, [task]);
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      return noteDisputeUnanswered(task);
    }
  }

  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const summary = describeAction(action);
      if (action.kind === 'remind_evidence') {
        return remindEvidence.executeWithOptions({ summary }, [
          { id, accountId, action, operationKey },
        ]);
      }
      return lookUp({ id, accountId, dueAt: action.at, now, operationKey }, summary);
    },
    async answer(_reported, now, operationKey) {
      const step = await lookUp({ id, accountId, now, operationKey }, 'the gateway told of it');
      return { step, answer: DONE };
    },
  });
}
