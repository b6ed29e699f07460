/** The refund's contract: its id, its command and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { Step } from '../domain/lifecycle';
import type { RefundActionKind, RefundSubject, RefundTarget } from '../domain/refund/refund';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';

export type RefundInput = LifecycleInput<RefundActionKind>;
export type RefundStep = Step<RefundActionKind>;

export interface RefundCommand {
  readonly kind: 'request';
  readonly subject: RefundSubject;
  readonly to: RefundTarget;
  /** A decimal string: a bigint does not cross a wire. Null: all that is left. */
  readonly amount: string | null;
  /** Names the words of who asked; they are not written into history. */
  readonly noteId: string | null;
}

export const requestRefund = defineUpdate<CommandAnswer, [Omit<RefundCommand, 'kind'>]>(
  'requestRefund',
);
