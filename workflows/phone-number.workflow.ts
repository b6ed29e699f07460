/** The life of a rented phone number, from its order to its release: domain/phone-number/ decides, this waits. */
import { ActivityFailure, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { RentCollectionActivities } from '../activities/phone-number/phone-number-collection';
import type {
  NumberRequest,
  PhoneNumberActivities,
} from '../activities/phone-number/phone-number.activities';
import { gatewayTaskQueue, OUTSIDE } from './activity-options';
import { asksGateway, createCollecting, isFinal } from './collecting';
import { createCommandQueue } from './command-queue';
import { describeAction, runLifecycle } from './lifecycle';
import { DONE, type CommandAnswer } from './lifecycle.messages';
import { listenToGateways, listenToWallet } from './listen-to-payments';
import {
  extendGrace,
  forceRenewal,
  payRent,
  releaseNow,
  releaseNumber,
  setAutoPay,
  waiveRent,
  type PhoneNumberCommand,
  type PhoneNumberInput,
  type PhoneNumberStep,
} from './phone-number.messages';
import { proxyTransactions } from './transactions';

const { performNumberAction, answerNumberCommand, noteNumberUnanswered } =
  proxyTransactions<PhoneNumberActivities>();
const { noteRentUncollected } = proxyTransactions<RentCollectionActivities>();

type Commands = ReturnType<typeof createCommandQueue<PhoneNumberCommand, CommandAnswer>>;

export async function phoneNumberLifecycle(input: PhoneNumberInput): Promise<PhoneNumberStep> {
  const { id, accountId } = input;
  const commands: Commands = createCommandQueue();
  listenToOwner(commands);
  listenToOperators(commands);
  listenToGateways(commands);
  listenToWallet(commands);
  const askCarrier = createCarrierAsking();
  const { collect, settle } = createRentCollecting();
  return runLifecycle(input, commands, {
    async perform(action, now, operationKey) {
      const request = { id, accountId, action, now, operationKey };
      if (asksGateway(action)) return collect(request);
      if (asksCarrier(action)) return askCarrier(request);
      return performNumberAction.executeWithOptions({ summary: describeAction(action) }, [request]);
    },
    async answer(command, now, operationKey) {
      if (command.kind === 'payment_reported') {
        const { gateway, gatewayPaymentId } = command;
        const report = { id, accountId, now, operationKey, gateway, gatewayPaymentId };
        return { step: await settle(report), answer: DONE };
      }
      return answerNumberCommand.executeWithOptions({ summary: command.kind }, [
        { id, accountId, command, now, operationKey },
      ]);
    },
  });
}

function listenToOwner(commands: Commands): void {
  setHandler(setAutoPay, (request) => commands.submit({ kind: 'set_auto_pay', ...request }), {
    description: 'Turns paying by itself on or off.',
  });
  setHandler(payRent, () => commands.submit({ kind: 'pay' }), {
    description: 'Pays the rent that is owed, from the wallet or the saved method.',
  });
  setHandler(releaseNumber, () => commands.submit({ kind: 'release' }), {
    description: 'Gives the number back to the carrier: nothing is charged from now on.',
  });
}

function listenToOperators(commands: Commands): void {
  setHandler(extendGrace, (request) => commands.submit({ kind: 'extend_grace', ...request }), {
    description: 'Operators: keeps a number on hold for longer.',
  });
  setHandler(waiveRent, (request) => commands.submit({ kind: 'waive_rent', ...request }), {
    description: 'Operators: makes the month that is owed a present.',
  });
  setHandler(forceRenewal, (request) => commands.submit({ kind: 'force_renewal', ...request }), {
    description: 'Operators: charges what is owed, or the coming month, now.',
  });
  setHandler(releaseNow, (request) => commands.submit({ kind: 'release_now', ...request }), {
    description: 'Operators: gives the number back whatever is paid.',
  });
}

function asksCarrier({ kind }: NumberRequest['action']): boolean {
  return kind === 'order_number' || kind === 'check_number' || kind === 'return_number';
}

/** Asks the carrier on the outside's own queue. One that does not answer blocks nobody: the row says when next. */
function createCarrierAsking() {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<PhoneNumberActivities>({ ...OUTSIDE, taskQueue });
  return async (request: NumberRequest): Promise<PhoneNumberStep> => {
    const { action } = request;
    const ask = action.kind === 'return_number' ? outside.returnToCarrier : outside.orderAtCarrier;
    try {
      return await ask.executeWithOptions({ summary: describeAction(action) }, [request]);
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isFinal(error)) throw error;
      return noteNumberUnanswered(request);
    }
  };
}

/** A saved method pays what the wallet lacks. */
function createRentCollecting() {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<RentCollectionActivities>({ ...OUTSIDE, taskQueue });
  return createCollecting<PhoneNumberStep>({
    collect: (summary, request) => outside.collectRent.executeWithOptions({ summary }, [request]),
    noteUnanswered: noteRentUncollected,
    settleReported: (summary, request) =>
      outside.settleReportedRent.executeWithOptions({ summary }, [request]),
  });
}
