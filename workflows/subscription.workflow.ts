/** The life of a subscription, from its purchase to its end: domain/subscription/ decides, this waits. */
import { proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { CollectionActivities } from '../activities/subscription/subscription-collection';
import type { SubscriptionActivities } from '../activities/subscription/subscription.activities';
import { gatewayTaskQueue, OUTSIDE } from './activity-options';
import { asksGateway, createCollecting } from './collecting';
import { createCommandQueue } from './command-queue';
import { describeAction, runLifecycle } from './lifecycle';
import { listenToGateways, listenToWallet } from './listen-to-payments';
import {
  cancelSubscription,
  changePlan,
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
import { proxyTransactions } from './transactions';
import { DONE } from './lifecycle.messages';

const { performSubscriptionAction, answerSubscriptionCommand } =
  proxyTransactions<SubscriptionActivities>();
const { noteUncollected } = proxyTransactions<CollectionActivities>();

export async function subscriptionLifecycle(input: SubscriptionInput): Promise<SubscriptionStep> {
  const { id, accountId, servesAccountId } = input;
  // Only of a plan that a reseller pays for: what is absent is in no history.
  const target = { id, accountId, ...(servesAccountId !== undefined && { servesAccountId }) };
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
  listenToWallet(commands);
  listenToGateways(commands);
  const { collect, settle } = createPeriodCollecting();
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const request = { ...target, action, operationKey };
      if (asksGateway(action)) return collect({ ...request, now });
      return performSubscriptionAction.executeWithOptions({ summary: describeAction(action) }, [
        request,
      ]);
    },
    async answer(command, now, operationKey) {
      if (command.kind === 'payment_reported') {
        const { gateway, gatewayPaymentId } = command;
        const report = { ...target, now, operationKey, gateway, gatewayPaymentId };
        return { step: await settle(report), answer: DONE };
      }
      return answerSubscriptionCommand.executeWithOptions({ summary: command.kind }, [
        { ...target, command, now, operationKey },
      ]);
    },
  });
}

/** A saved method pays what the wallet lacks. */
function createPeriodCollecting() {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<CollectionActivities>({ ...OUTSIDE, taskQueue });
  return createCollecting<SubscriptionStep>({
    collect: (summary, request) =>
      outside.collectPayment.executeWithOptions({ summary }, [request]),
    noteUnanswered: noteUncollected,
    settleReported: (summary, request) =>
      outside.settleReported.executeWithOptions({ summary }, [request]),
  });
}
