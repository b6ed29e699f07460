import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { findPoolMember, isOfPartnerPlan } from '../../db/repositories/assignment.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { WorkflowCommand } from '../../domain/command';
import type { Instant } from '../../domain/instant';
import type { RefundSubject, RefundTarget } from '../../domain/refund/refund';
import { requestRefund } from '../../workflows/refund.messages';
import type { Caller } from '../caller';
import { getLifecycleOwner } from '../lifecycle-owner';
import { startWith } from './start-lifecycle';

export interface AskedRefund {
  readonly caller: Pick<Caller, 'role'>;
  readonly subject: RefundSubject;
  readonly accountId: string;
  readonly receivedAt: Instant;
  readonly body: {
    readonly amount?: string | undefined;
    readonly to: RefundTarget;
    readonly reason?: string | undefined;
  };
}

/**
 * Throws `forbidden` for what a reseller owes or shares in: its own account's money, and the partner plans of its
 * customers. Only the platform gives that back.
 */
async function assertNotOwed(
  trx: Transaction,
  { subject, accountId }: Pick<AskedRefund, 'subject' | 'accountId'>,
): Promise<void> {
  const member = await findPoolMember(trx, accountId);
  const isHouse = member?.houseAccountId === accountId;
  if (!isHouse && (subject.kind !== 'invoice' || !(await isOfPartnerPlan(trx, subject.id)))) return;
  throw new BillingError(
    'forbidden',
    'Only the platform refunds what a reseller pays or shares in.',
  );
}

/** The command that starts a refund's workflow with its request. Keeps the reason as a note. */
export async function buildRefundStart(
  id: string,
  trx: Transaction,
  { caller, subject, accountId, receivedAt, body }: AskedRefund,
): Promise<WorkflowCommand> {
  if (caller.role === 'partner') await assertNotOwed(trx, { subject, accountId });
  const { owner } = await getLifecycleOwner(trx, accountId);
  const { amount, to, reason } = body;
  const note = { accountId, words: reason ?? '', createdAt: receivedAt };
  const noteId = reason === undefined ? null : await insertCommandNote(trx, note);
  return startWith(
    { update: requestRefund.name, args: [{ subject, to, amount: amount ?? null, noteId }] },
    { kind: 'refund', id, owner },
  );
}
