/**
 * The life of a bought package of messages or call minutes: its owner is warned, it ends, or an operator
 * voids it. It is opened from its row, after the order that brought it has committed.
 */
import { setHandler } from '@temporalio/workflow';
import type { PackageActivities } from '../activities/package/package.activities';
import { createCommandQueue } from './command-queue';
import { describeAction, runLifecycle } from './lifecycle';
import type { CommandAnswer } from './lifecycle.messages';
import {
  voidPackage,
  type PackageCommand,
  type PackageInput,
  type PackageStep,
} from './package.messages';
import { proxyTransactions } from './transactions';

const { performPackageAction, answerPackageCommand } = proxyTransactions<PackageActivities>();

export async function packageLifecycle(input: PackageInput): Promise<PackageStep> {
  const { id, accountId } = input;
  const commands = createCommandQueue<PackageCommand, CommandAnswer>();
  setHandler(voidPackage, (request) => commands.submit({ kind: 'void', ...request }), {
    description: 'Takes back what is left of it; what was used stays used.',
  });
  return runLifecycle(input, commands, {
    async perform(action, _now, operationKey) {
      const request = { id, accountId, action, operationKey };
      const summary = describeAction(action);
      return performPackageAction.executeWithOptions({ summary }, [request]);
    },
    async answer(command, now, operationKey) {
      const request = { id, accountId, command, now, operationKey };
      return answerPackageCommand.executeWithOptions({ summary: command.kind }, [request]);
    },
  });
}
