/**
 * Owns: the way of a lifecycle command through the API: store it under its Idempotency-Key, send it,
 * present what the workflow says, keep that answer for every copy.
 * Does not own: the sending (gateways/workflow-commands.ts) or the rules (the workflow's activities).
 * Example: the API dies between sending and answering; the client retries with the same key; the
 * same update is sent under the same id, Temporal answers the first outcome, nothing happens twice.
 */
import {
  findRequest,
  insertRequest,
  lockRequest,
  storeAnswer,
  storeCommand,
  storeOutcome,
  updateIdOf,
  type IdempotencyRequest,
} from '../../db/repositories/idempotency.repository';
import { newId } from '../../db/new-id';
import { findLifecycle } from '../../db/repositories/lifecycle.repository';
import { withTransaction, type Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { CommandOutcome, WorkflowCommand } from '../../domain/command';
import type { IdKind } from '../../domain/ids';
import { invariant } from '../../domain/invariant';
import type { Answer } from '../answer';
import type { ApiDependencies } from '../dependencies';
import {
  assertIsCopy,
  refusalsAsAnswers,
  replayed,
  toRequestKey,
  type RepeatableRequest,
} from '../idempotency';
import { isRefusalOfOutcome, toProblemAnswer } from '../problem';

/** Where an answer is presented: after the workflow spoke, in a transaction of the caller's tenant. */
export interface PresentContext {
  /** The id that was allocated when the key was first seen; equal for every copy and retry. */
  readonly resourceId: string;
  readonly trx: Transaction;
}

export interface CommandOptions<Reply> {
  /** Of the resource the command makes; null when it acts on an existing one (then the id is empty). */
  readonly resourceKind: IdKind | null;
  /**
   * Reads what it needs under the caller's tenant and answers the message to send. Called once per
   * key; what it throws (not_found, unknown_plan) reaches the caller and leaves the key unused.
   * Rows it writes commit together with the key. null: the rows were all, no workflow is told.
   */
  readonly build: (resourceId: string, trx: Transaction) => Promise<WorkflowCommand | null>;
  /** The answer to the workflow's reply. A refusal is thrown as BillingError and kept as the answer. */
  readonly present: (reply: Reply, context: PresentContext) => Promise<Answer>;
  /** The 202 while the outcome takes longer than the caller waits. Never stored. */
  readonly presentAccepted: (context: PresentContext) => Promise<Answer>;
}

const WAIT_SECONDS = 10;

/**
 * Answers a lifecycle command: the first outcome for every copy of the request; 202 when it takes
 * longer than `Prefer: wait` (10 s if not said); 503 `unavailable` when no worker took it in 2 s, to
 * be asked again with the same key. Throws what `build` throws.
 */
export async function runCommand<Reply>(
  request: RepeatableRequest,
  dependencies: ApiDependencies,
  options: CommandOptions<Reply>,
): Promise<Answer> {
  const stored = await takeKey(request, dependencies, options);
  if (stored.answer !== null) return replayed(stored.answer);
  if (stored.outcome !== null) {
    return conclude({ request, dependencies, options }, stored, stored.outcome);
  }
  const { command } = stored;
  invariant(command !== null, 'a command route stores the command with the key');
  const result = await dependencies.commands.send(command, {
    updateId: updateIdOf(stored),
    waitMs: (request.waitSeconds ?? WAIT_SECONDS) * 1_000,
  });
  const { workflow, update } = command;
  dependencies.metrics.commands.inc({ workflow, update, result: result.kind });
  if (result.kind === 'unavailable') {
    const message =
      'The request was not accepted in time. Try again with the same Idempotency-Key.';
    throw new BillingError('unavailable', message);
  }
  if (result.kind === 'accepted') {
    return withTransaction(dependencies.database, request.tenant, (trx) =>
      options.presentAccepted({ resourceId: stored.resourceId ?? '', trx }),
    );
  }
  return conclude({ request, dependencies, options }, stored, result);
}

/** The row of the request's key: the one that was there, or a new one with the command in it. */
async function takeKey<Reply>(
  request: RepeatableRequest,
  { database }: ApiDependencies,
  { resourceKind, build }: CommandOptions<Reply>,
): Promise<IdempotencyRequest> {
  const key = toRequestKey(request);
  return withTransaction(database, request.tenant, async (trx) => {
    const found = await findRequest(trx, key);
    if (found !== null) {
      assertIsCopy(found, key);
      return found;
    }
    const resourceId = resourceKind === null ? null : newId(resourceKind);
    const fresh = { ...key, resourceId, receivedAt: request.receivedAt };
    // Taken before `build` runs: a copy that comes meanwhile waits here and then repeats.
    const isFirst = await insertRequest(trx, fresh);
    if (!isFirst) {
      const other = await lockRequest(trx, key);
      assertIsCopy(other, key);
      return other;
    }
    const command = await build(resourceId ?? '', trx);
    if (command === null) {
      await storeOutcome(trx, key, NOTHING_TO_SEND);
      return { ...fresh, command, outcome: NOTHING_TO_SEND, answer: null };
    }
    await storeCommand(trx, key, command);
    return { ...fresh, command, outcome: null, answer: null };
  });
}

const NOTHING_TO_SEND: CommandOutcome = { kind: 'answered', reply: { kind: 'done' } };

interface Conversation<Reply> {
  readonly request: RepeatableRequest;
  readonly dependencies: ApiDependencies;
  readonly options: CommandOptions<Reply>;
}

/** Presents an outcome and keeps it; when a copy was faster, its answer is the answer. */
async function conclude<Reply>(
  { request, dependencies, options }: Conversation<Reply>,
  stored: IdempotencyRequest,
  outcome: CommandOutcome,
): Promise<Answer> {
  return withTransaction(dependencies.database, request.tenant, async (trx) => {
    const latest = await lockRequest(trx, stored);
    if (latest.answer !== null) return replayed(latest.answer);
    const context = { resourceId: latest.resourceId ?? '', trx };
    const told = { request, options, context, command: stored.command };
    const answer = await present(latest.outcome ?? outcome, told);
    await storeOutcome(trx, stored, outcome);
    await storeAnswer(trx, stored, { answer, answeredAt: dependencies.now() });
    return answer;
  });
}

interface Presenting<Reply> {
  readonly request: RepeatableRequest;
  readonly options: CommandOptions<Reply>;
  readonly context: PresentContext;
  readonly command: WorkflowCommand | null;
}

async function present<Reply>(
  outcome: CommandOutcome,
  { request, options, context, command }: Presenting<Reply>,
): Promise<Answer> {
  switch (outcome.kind) {
    case 'answered':
      // The reply comes from our own workflow: its messages file is the type on both sides.
      return refusalsAsAnswers(
        request,
        () => options.present(outcome.reply as Reply, context),
        isRefusalOfOutcome,
      );
    case 'failed':
      return toProblemAnswer(
        new BillingError(outcome.code, outcome.message, outcome.details),
        request.requestId,
      );
    case 'not_running':
      return refusalsAsAnswers(
        request,
        () => refuseNotRunning(context.trx, command),
        isRefusalOfOutcome,
      );
  }
}

/**
 * No workflow took the command. Where the row says that nothing happens any more, that is final. Where it is
 * open its workflow is gone, which no customer may suffer from: the reconciliation starts it and asks it.
 */
async function refuseNotRunning(trx: Transaction, command: WorkflowCommand | null): Promise<never> {
  const row = command === null ? null : await findLifecycle(trx, command.workflowId);
  if (row !== null && row.next.kind !== 'end') {
    const message =
      'This is temporarily unavailable. Try again in a minute with the same Idempotency-Key.';
    throw new BillingError('unavailable', message);
  }
  const what = row === null ? 'It' : `The ${row.kind.replaceAll('_', ' ')}`;
  const state = row === null ? 'has ended' : `is ${row.status.replaceAll('_', ' ')}`;
  throw new BillingError('invalid_state', `${what} ${state}; it can no longer be changed.`);
}
