/** The refund's contract: its id, its commands and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { Step } from '../domain/lifecycle';
import type { SeenAtGateway } from '../domain/refund/close-refund';
import type { RefundActionKind, RefundSubject, RefundTarget } from '../domain/refund/refund';
import type { CommandAnswer, LifecycleInput, OperatorRequest } from './lifecycle.messages';
import type { PaymentReport } from './payment.messages';

export type RefundInput = LifecycleInput<RefundActionKind>;
export type RefundStep = Step<RefundActionKind>;

export interface RefundRequest {
  readonly kind: 'request';
  readonly subject: RefundSubject;
  readonly to: RefundTarget;
  /** A decimal string: a bigint does not cross a wire. Null: all that is left. */
  readonly amount: string | null;
  /** Names the words of who asked; they are not written into history. */
  readonly noteId: string | null;
}

export type CloseRequest = OperatorRequest & { readonly seen: SeenAtGateway };

export type RefundCommand =
  | RefundRequest
  | ({ readonly kind: 'close' } & CloseRequest)
  | { readonly kind: 'ask_again' }
  | ({ readonly kind: 'payment_reported' } & PaymentReport);

export const requestRefund = defineUpdate<CommandAnswer, [Omit<RefundRequest, 'kind'>]>(
  'requestRefund',
);
export const closeRefund = defineUpdate<CommandAnswer, [CloseRequest]>('closeRefund');
export const askRefundAgain = defineUpdate<CommandAnswer, []>('askRefundAgain');
