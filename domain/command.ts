/**
 * Owns: a message to a workflow as plain data, so that it can be stored before it is sent and sent
 * again by anybody (the API on a retry, the reconciliation when no outcome is known) with the same effect.
 * Does not own: sending it (gateways/workflow-commands.ts) or what it means (the workflow).
 * Example: `{ workflow: 'subscription', workflowId: 'subscription/sub_…', update: 'cancelSubscription',
 * args: [{ at: 'period_end' }], start: null }`.
 */
import type { BillingErrorCode, BillingErrorDetails } from './billing-error';
import type { LifecycleKind } from './lifecycle';

export type CommandWorkflow = LifecycleKind | 'test_clock';

export interface WorkflowCommand {
  readonly workflow: CommandWorkflow;
  readonly workflowId: string;
  /** The name of the update. */
  readonly update: string;
  /** Plain JSON: what is stored is exactly what is sent. */
  readonly args: readonly unknown[];
  /** Starts the workflow when it does not run yet; null for a command to a running one. */
  readonly start: CommandStart | null;
}

export interface CommandStart {
  /** The name of the workflow function. */
  readonly workflowType: string;
  readonly args: readonly unknown[];
  /** One line for the list in the Temporal UI. No personal data. */
  readonly summary: string;
  readonly searchAttributes: readonly CommandSearchAttribute[];
  /** One that has ended is started anew: what it was told before stays answered by the keys of its operations. */
  readonly startsAgain?: true;
}

export type CommandSearchAttribute =
  | { readonly name: string; readonly type: 'KEYWORD' | 'TEXT'; readonly value: string }
  | { readonly name: string; readonly type: 'INT' | 'DOUBLE'; readonly value: number }
  | { readonly name: string; readonly type: 'BOOL'; readonly value: boolean }
  | { readonly name: string; readonly type: 'DATETIME'; readonly value: string };

/** What is known for good after a command was sent. An unreached or slow workflow has no outcome yet. */
export type CommandOutcome =
  | { readonly kind: 'answered'; readonly reply: unknown }
  | {
      readonly kind: 'failed';
      readonly code: BillingErrorCode;
      readonly message: string;
      readonly details: BillingErrorDetails;
    }
  | { readonly kind: 'not_running' };
