import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  isGrpcServiceError,
  type Client,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import {
  ApplicationFailure,
  TypedSearchAttributes,
  defineSearchAttributeKey,
  type SearchAttributePair,
} from '@temporalio/common';
import {
  BILLING_ERROR_CODES,
  type BillingErrorCode,
  type BillingErrorDetails,
} from '../domain/billing-error';
import type {
  CommandOutcome,
  CommandSearchAttribute,
  CommandStart,
  WorkflowCommand,
} from '../domain/command';

/**
 * What happened to a command. `accepted`: written to the workflow's history, so it will be done.
 * `unavailable`: nobody knows; ask again with the same update id.
 */
export type SendResult =
  CommandOutcome | { readonly kind: 'accepted' } | { readonly kind: 'unavailable' };

export interface SendOptions {
  /** Temporal does one update per id and workflow, however often it is sent. */
  readonly updateId: string;
  /** How long to wait for the answer once the command is accepted, in milliseconds. */
  readonly waitMs: number;
}

export interface CommandSender {
  /** Sends a stored command. Never throws for an absent server or worker; throws for bugs. */
  send(command: WorkflowCommand, options: SendOptions): Promise<SendResult>;
  /** Starts the workflow of a row that has none running; one that runs is left alone. Throws when unreachable. */
  restart(workflowId: string, start: CommandStart): Promise<void>;
}

export interface CommandSenderOptions {
  readonly client: Client;
  readonly taskQueue: string;
  readonly nowMs: () => number;
}

/** A living worker accepts within milliseconds; callers are promised an answer within 5 s. */
const ACCEPT_WITHIN_MS = 2_000;
/** An unreachable server costs each call its whole deadline: after one such call the next fail at once. */
const UNREACHABLE_FOR_MS = 2_000;
const PROBE_WITHIN_MS = 250;

/** Sends commands to workflows over one Temporal client, from the API and from the reconciliation alike. */
export function createCommandSender({
  client,
  taskQueue,
  nowMs,
}: CommandSenderOptions): CommandSender {
  let unreachableUntilMs = 0;
  return {
    async send(command, { updateId, waitMs }) {
      if (nowMs() < unreachableUntilMs) return { kind: 'unavailable' };
      let isAccepted = false;
      try {
        const handle = await client.withDeadline(nowMs() + ACCEPT_WITHIN_MS, () =>
          startUpdate(client, command, { updateId, taskQueue }),
        );
        isAccepted = true;
        const reply = await client.withDeadline(nowMs() + waitMs, () => handle.result());
        return { kind: 'answered', reply };
      } catch (error) {
        const result = fromSendError(error, isAccepted);
        // Too late may mean that no worker polls; only a silent server is not asked again at once.
        if (result.kind === 'unavailable' && !(await isReachable(client, nowMs()))) {
          unreachableUntilMs = nowMs() + UNREACHABLE_FOR_MS;
        }
        return result;
      }
    },
    async restart(workflowId, start) {
      await client.workflow.start(start.workflowType, {
        ...startOptions(start, { workflowId, taskQueue }),
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
    },
  };
}

function startUpdate(
  client: Client,
  command: WorkflowCommand,
  { updateId, taskQueue }: { readonly updateId: string; readonly taskQueue: string },
): Promise<WorkflowUpdateHandle<unknown>> {
  const options = { updateId, waitForStage: WorkflowUpdateStage.ACCEPTED };
  const { workflowId, update, start } = command;
  if (start !== null) {
    return client.workflow.startUpdateWithStart(update, {
      ...options,
      args: [...command.args],
      startWorkflowOperation: startOperation(start, { workflowId, taskQueue }),
    });
  }
  const handle = client.workflow.getHandle(workflowId);
  const [first, ...others] = command.args;
  if (command.args.length === 0) return handle.startUpdate<unknown, []>(update, options);
  return handle.startUpdate<unknown, [unknown, ...unknown[]]>(update, {
    ...options,
    args: [first, ...others],
  });
}

function startOperation(
  start: CommandStart,
  { workflowId, taskQueue }: { readonly workflowId: string; readonly taskQueue: string },
): WithStartWorkflowOperation<(...args: unknown[]) => Promise<unknown>> {
  return new WithStartWorkflowOperation(start.workflowType, {
    ...startOptions(start, { workflowId, taskQueue }),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: start.startsAgain ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
  });
}

function startOptions(
  start: CommandStart,
  { workflowId, taskQueue }: { readonly workflowId: string; readonly taskQueue: string },
) {
  return {
    workflowId,
    taskQueue,
    args: [...start.args],
    staticSummary: start.summary,
    typedSearchAttributes: new TypedSearchAttributes(start.searchAttributes.map(toPair)),
  };
}

function toPair(attribute: CommandSearchAttribute): SearchAttributePair {
  switch (attribute.type) {
    case 'KEYWORD':
      return { key: defineSearchAttributeKey(attribute.name, 'KEYWORD'), value: attribute.value };
    case 'TEXT':
      return { key: defineSearchAttributeKey(attribute.name, 'TEXT'), value: attribute.value };
    case 'INT':
      return { key: defineSearchAttributeKey(attribute.name, 'INT'), value: attribute.value };
    case 'DOUBLE':
      return { key: defineSearchAttributeKey(attribute.name, 'DOUBLE'), value: attribute.value };
    case 'BOOL':
      return { key: defineSearchAttributeKey(attribute.name, 'BOOL'), value: attribute.value };
    case 'DATETIME':
      return {
        key: defineSearchAttributeKey(attribute.name, 'DATETIME'),
        value: new Date(attribute.value),
      };
  }
}

function fromSendError(error: unknown, isAccepted: boolean): SendResult {
  if (error instanceof WorkflowUpdateFailedError) return fromFailure(error.cause);
  if (
    error instanceof WorkflowNotFoundError ||
    error instanceof WorkflowExecutionAlreadyStartedError
  ) {
    return { kind: 'not_running' };
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcError(error)) {
    return { kind: isAccepted ? 'accepted' : 'unavailable' };
  }
  throw error;
}

/** A workflow refuses with `ApplicationFailure.nonRetryable(message, code, details)`. */
function fromFailure(cause: Error | undefined): CommandOutcome {
  const isOurs = cause instanceof ApplicationFailure && isBillingErrorCode(cause.type);
  if (!isOurs) {
    const message = `the workflow failed the update: ${cause?.message ?? 'no cause given'}`;
    return { kind: 'failed', code: 'internal_error', message, details: {} };
  }
  const code = isBillingErrorCode(cause.type) ? cause.type : 'internal_error';
  return { kind: 'failed', code, message: cause.message, details: fromDetails(cause.details?.[0]) };
}

function isBillingErrorCode(type: unknown): type is BillingErrorCode {
  return BILLING_ERROR_CODES.some((code) => code === type);
}

function fromDetails(value: unknown): BillingErrorDetails {
  if (typeof value !== 'object' || value === null) return {};
  const plain = Object.entries(value).filter(
    ([, fact]) => fact === null || ['string', 'number', 'boolean'].includes(typeof fact),
  );
  return Object.fromEntries(plain);
}

function isGrpcError(error: unknown): boolean {
  if (isGrpcServiceError(error)) return true;
  return error instanceof Error && error.cause !== undefined && isGrpcServiceError(error.cause);
}

async function isReachable({ connection }: Client, nowMs: number): Promise<boolean> {
  try {
    await connection.withDeadline(nowMs + PROBE_WITHIN_MS, () =>
      connection.workflowService.getSystemInfo({}),
    );
    return true;
  } catch {
    return false; // Whatever the reason, it does not answer now.
  }
}
