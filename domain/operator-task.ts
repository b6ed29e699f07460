/**
 * Owns: what needs a person: the kinds of tasks for operators.
 * Does not own: keeping them (db/repositories/operator-task.repository.ts), solving them.
 * A task is open at most once per subject; it closes itself when what it is about is solved, or an operator closes it.
 * Example: a refund that its gateway does not confirm opens `refund_unconfirmed` of `refund/rfd_1`; confirmed the day
 * after, it closes.
 */
import type { Instant } from './instant';

export const OPERATOR_TASK_KINDS = [
  'settlement_discrepancy',
  'refund_unconfirmed',
  'payment_mismatched',
  'payment_unheard',
] as const;
export type OperatorTaskKind = (typeof OPERATOR_TASK_KINDS)[number];

/** What a task is about, and therefore the same task. */
export interface OperatorTaskSubject {
  readonly kind: OperatorTaskKind;
  /** What it is about, like a workflow id: `refund/rfd_1`. */
  readonly subject: string;
}

export interface OperatorTask extends OperatorTaskSubject {
  readonly id: string;
  /** Null: nobody's here. */
  readonly accountId: string | null;
  readonly reason: string;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  /** The key of the operator who closed it; null: it closed itself, or is open. */
  readonly closedByKeyId: string | null;
  readonly note: string | null;
}
