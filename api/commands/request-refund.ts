import { insertCommandNote } from '../../db/repositories/command-note.repository';
import type { Transaction } from '../../db/transaction';
import type { WorkflowCommand } from '../../domain/command';
import type { Instant } from '../../domain/instant';
import type { RefundSubject, RefundTarget } from '../../domain/refund/refund';
import { requestRefund } from '../../workflows/refund.messages';
import { getLifecycleOwner } from '../lifecycle-owner';
import { startWith } from './start-lifecycle';

export interface AskedRefund {
  readonly subject: RefundSubject;
  readonly accountId: string;
  readonly receivedAt: Instant;
  readonly body: {
    readonly amount?: string | undefined;
    readonly to: RefundTarget;
    readonly reason?: string | undefined;
  };
}

/** The command that starts a refund's workflow with its request. Keeps the reason as a note. */
export async function buildRefundStart(
  id: string,
  trx: Transaction,
  { subject, accountId, receivedAt, body }: AskedRefund,
): Promise<WorkflowCommand> {
  const { owner } = await getLifecycleOwner(trx, accountId);
  const { amount, to, reason } = body;
  const note = { accountId, words: reason ?? '', createdAt: receivedAt };
  const noteId = reason === undefined ? null : await insertCommandNote(trx, note);
  return startWith(
    { update: requestRefund.name, args: [{ subject, to, amount: amount ?? null, noteId }] },
    { kind: 'refund', id, owner },
  );
}
