import { openOperatorTask } from '../../db/repositories/operator-task.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';

/** Money came that we did not ask for, and that is granted to nobody: a person decides what becomes of it. */
export function openMismatchTask(
  trx: Transaction,
  payment: {
    readonly paymentId: string;
    readonly accountId: string;
    readonly reason: string;
    readonly at: Instant;
  },
): Promise<void> {
  return openOperatorTask(trx, {
    kind: 'payment_mismatched',
    subject: `payment/${payment.paymentId}`,
    accountId: payment.accountId,
    reason: payment.reason,
    openedAt: payment.at,
  });
}
