import type { LifecycleRecord } from '../../db/lifecycle-table';
import type { Transaction } from '../../db/transaction';
import type { WorkflowCommand } from '../../domain/command';
import type { LifecycleKind } from '../../domain/lifecycle';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { accepted, ok, type Answer } from '../answer';
import { assertDone } from '../command-answer';
import type { ApiDependencies } from '../dependencies';
import type { RepeatableRequest } from '../idempotency';
import { runCommand } from './run-command';

export interface Sending<State, Reply> {
  readonly kind: LifecycleKind;
  /** Reads it, or throws `not_found`. */
  readonly get: (trx: Transaction) => Promise<LifecycleRecord<State>>;
  /** The update that is sent. Rows that this writes are kept with the request. */
  readonly say: (
    state: State,
    trx: Transaction,
  ) => Promise<Pick<WorkflowCommand, 'update' | 'args'>>;
  /** Shows it as it is now; with what the workflow answered once it is done. */
  readonly show: (trx: Transaction, reply?: Reply) => Promise<unknown>;
}

/** Sends a lifecycle that exists an update, and shows it as it is after that. */
export function sendToLifecycle<State, Reply extends CommandAnswer = CommandAnswer>(
  request: RepeatableRequest,
  dependencies: ApiDependencies,
  { kind, get, say, show }: Sending<State, Reply>,
): Promise<Answer> {
  return runCommand<Reply>(request, dependencies, {
    resourceKind: null,
    build: async (_, trx) => {
      const { state, workflowId } = await get(trx);
      const { update, args } = await say(state, trx);
      return { workflow: kind, workflowId, update, args, start: null };
    },
    present: async (reply, { trx }) => {
      assertDone(reply);
      return ok(await show(trx, reply));
    },
    presentAccepted: async ({ trx }) => accepted(await show(trx)),
  });
}
