/** The life of a subscription, from its purchase to its end: domain/subscription/ decides, this waits. */
import { proxyActivities, setHandler } from '@temporalio/workflow';
import type { SubscriptionActivities } from '../activities/subscription.activities';
import { DATABASE } from './activity-options';
import { createCommandQueue } from './command-queue';
import { describeAction, runLifecycle } from './lifecycle';
import {
  cancelSubscription,
  changePlan,
  moneyArrived,
  pauseSubscription,
  resumeSubscription,
  scheduleChange,
  startSubscription,
  unscheduleChange,
  type ChangeAnswer,
  type SubscriptionCommand,
  type SubscriptionInput,
  type SubscriptionStep,
} from './subscription.messages';

const { performSubscriptionAction, answerSubscriptionCommand } =
  proxyActivities<SubscriptionActivities>(DATABASE);

export async function subscriptionLifecycle(input: SubscriptionInput): Promise<SubscriptionStep> {
  const { id, accountId } = input;
  const commands = createCommandQueue<SubscriptionCommand, ChangeAnswer>();
  setHandler(startSubscription, (request) => commands.submit({ kind: 'start', ...request }), {
    description: 'Starts it: the first period is paid from the wallet, or nothing starts.',
  });
  setHandler(cancelSubscription, (request) => commands.submit({ kind: 'cancel', ...request }), {
    description: 'Cancels now, or at the end of the paid period.',
  });
  setHandler(resumeSubscription, () => commands.submit({ kind: 'resume' }), {
    description: 'Withdraws a pending cancellation or pause, ends a pause, or pays what is owed.',
  });
  setHandler(changePlan, (request) => commands.submit({ kind: 'change', ...request }), {
    description: 'Changes the plan or the cycle now; the difference is charged or credited.',
  });
  setHandler(scheduleChange, (request) => commands.submit({ kind: 'schedule', ...request }), {
    description: 'Puts a change of plan on the schedule, in place of the one that is there.',
  });
  setHandler(unscheduleChange, () => commands.submit({ kind: 'unschedule' }), {
    description: 'Takes the scheduled change off.',
  });
  setHandler(pauseSubscription, (request) => commands.submit({ kind: 'pause', ...request }), {
    description: 'Pauses now, with the unused days credited, or at the end of the paid period.',
  });
  setHandler(moneyArrived, (fact) => commands.note({ kind: 'money_arrived' }, fact.paymentId), {
    description: 'Money came into the wallet: what is owed is tried at once.',
  });
  return runLifecycle(input, commands, {
    perform: (action, operationKey) =>
      performSubscriptionAction.executeWithOptions({ summary: describeAction(action) }, [
        { id, accountId, action, operationKey },
      ]),
    answer: (command, now, operationKey) =>
      answerSubscriptionCommand.executeWithOptions({ summary: command.kind }, [
        { id, accountId, command, now, operationKey },
      ]),
  });
}
