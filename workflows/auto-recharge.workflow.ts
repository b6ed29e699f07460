/** The life of an account's auto-recharge: it rests until the balance falls; domain/auto-recharge/ decides, this waits. */
import { proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { AutoRechargeActivities } from '../activities/auto-recharge/auto-recharge.activities';
import type { RechargeCollectionActivities } from '../activities/auto-recharge/recharge-collection';
import { gatewayTaskQueue, OUTSIDE } from './activity-options';
import {
  balanceFell,
  setAutoRecharge,
  turnOffAutoRecharge,
  type AutoRechargeCommand,
  type AutoRechargeFact,
  type AutoRechargeInput,
  type AutoRechargeStep,
} from './auto-recharge.messages';
import { createCollecting } from './collecting';
import { createCommandQueue } from './command-queue';
import { runLifecycle } from './lifecycle';
import { DONE, type CommandAnswer } from './lifecycle.messages';
import { listenToGateways } from './listen-to-payments';
import { proxyTransactions } from './transactions';

const { answerAutoRechargeCommand, lookAtAutoRecharge } =
  proxyTransactions<AutoRechargeActivities>();
const { noteRechargeUncollected } = proxyTransactions<RechargeCollectionActivities>();

type Commands = ReturnType<
  typeof createCommandQueue<AutoRechargeCommand | AutoRechargeFact, CommandAnswer>
>;

export async function autoRechargeLifecycle(input: AutoRechargeInput): Promise<AutoRechargeStep> {
  const { id, accountId } = input;
  const commands: Commands = createCommandQueue();
  listenToOwner(commands);
  listenToGateways(commands);
  const { collect, settle } = createRechargeCollecting();
  return runLifecycle(input, commands, {
    perform: (action, now, operationKey) => collect({ id, accountId, action, now, operationKey }),
    async answer(command, now, operationKey) {
      const target = { id, accountId, now, operationKey };
      switch (command.kind) {
        case 'payment_reported': {
          const { gateway, gatewayPaymentId } = command;
          return { step: await settle({ ...target, gateway, gatewayPaymentId }), answer: DONE };
        }
        case 'balance_fell':
          return { step: await lookAtAutoRecharge({ id }), answer: DONE };
        case 'set':
        case 'turn_off':
          return answerAutoRechargeCommand.executeWithOptions({ summary: command.kind }, [
            { ...target, command },
          ]);
      }
    },
  });
}

function listenToOwner(commands: Commands): void {
  setHandler(setAutoRecharge, (request) => commands.submit({ kind: 'set', ...request }), {
    description: 'Sets the limits and turns it on or off.',
  });
  setHandler(turnOffAutoRecharge, () => commands.submit({ kind: 'turn_off' }), {
    description: 'Charges nothing more; what is under way is still taken in.',
  });
  setHandler(balanceFell, () => commands.note({ kind: 'balance_fell' }, ''), {
    description: 'The balance fell below the threshold: the row says so.',
  });
}

/** A saved method fills the wallet. */
function createRechargeCollecting() {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const outside = proxyActivities<RechargeCollectionActivities>({ ...OUTSIDE, taskQueue });
  return createCollecting<AutoRechargeStep>({
    collect: (summary, request) =>
      outside.collectRecharge.executeWithOptions({ summary }, [request]),
    noteUnanswered: noteRechargeUncollected,
    settleReported: (summary, request) =>
      outside.settleReportedRecharge.executeWithOptions({ summary }, [request]),
  });
}
