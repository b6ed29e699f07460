import { isInvoicedBetween } from '../../db/repositories/credit-note.repository';
import { getDocument, issueDocument } from '../../db/repositories/document.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { closeOperatorTasks } from '../../db/repositories/operator-task.repository';
import { refunds, type RefundRecord } from '../../db/repositories/refund.repository';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { buildEvents, type NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import type { RefundDecision } from '../../domain/refund/decide-refund';
import { noteRefunded } from '../../domain/subscription/note-refunded';
import {
  postRequested,
  postReturned,
  postUndone,
  refundReference,
} from '../../domain/refund/post-refund';
import type { Refund, RefundChange } from '../../domain/refund/refund';
import { mirrorSale } from '../../domain/refund/split-refund';
import { postTransfers } from '../lifecycle/post-transfers';
import type { Locked } from '../lifecycle/locked';
import { noteMoneyCame } from '../../db/waiting-lifecycles';
import { shareCredit } from '../revenue-share/share-documents';

/** One transaction on a refund, its account's ledger locked. */
export interface LockedRefund extends Pick<Locked<unknown>, 'trx' | 'ledger' | 'recordedAt'> {
  /** Business time. */
  readonly at: Instant;
}

/** Writes a request that was granted: money out of the books, the row, events; all of it, to the wallet. */
export async function recordRequested(
  locked: LockedRefund,
  { refund: decided, events }: RefundDecision,
  /** It leaves the wallet again in the same transaction: nobody can wait for it. */
  { isPassedOn = false }: { readonly isPassedOn?: boolean } = {},
): Promise<RefundRecord> {
  const { trx, at } = locked;
  await postTransfers(locked, { reference: refundReference(decided.id), at }, (posting) =>
    postRequested(posting, decided, at),
  );
  await sendToSubscription(locked, decided, { isUndone: false });
  if (decided.status === 'succeeded' && !isPassedOn) await noteMoneyReturned(locked, decided);
  const refund = await withDocument(locked, decided);
  const record = await refunds.insert(trx, refund, at);
  await insertEvents(trx, buildRefundEvents({ refund, events }, at), locked.recordedAt);
  return record;
}

/** Writes what the gateway made of it: the tax with money that is back, or the money back in the wallet. */
export async function recordReturned(
  locked: LockedRefund,
  record: RefundRecord,
  { refund: decided, events }: RefundChange,
): Promise<RefundRecord> {
  const { trx, at } = locked;
  const post = decided.status === 'succeeded' ? postReturned : postUndone;
  await postTransfers(locked, { reference: refundReference(decided.id), at }, (posting) =>
    post(posting, decided, at),
  );
  if (decided.status === 'failed') {
    await sendToSubscription(locked, decided, { isUndone: true });
    await noteMoneyReturned(locked, decided);
  }
  const solved = { kind: 'refund_unconfirmed', subjects: [refundReference(decided.id)] } as const;
  await closeOperatorTasks(trx, { ...solved, at: locked.recordedAt });
  const refund = await withDocument(locked, decided);
  await insertEvents(trx, buildRefundEvents({ refund, events }, at), locked.recordedAt);
  return refunds.update(trx, record, { state: refund, at });
}

/** Whoever waits for money finds it in the wallet. */
function noteMoneyReturned(
  { trx, at, recordedAt }: LockedRefund,
  { id: causedBy, accountId }: Refund,
): Promise<void> {
  return noteMoneyCame(trx, { accountId, causedBy, at, recordedAt });
}

/** What is refunded of a period was not paid for it any more, so a change does not credit it again. */
async function sendToSubscription(
  { trx, at }: LockedRefund,
  refund: Refund,
  { isUndone }: { readonly isUndone: boolean },
): Promise<void> {
  if (refund.subject.kind !== 'invoice') return;
  const { subject, issuedAt: invoicedAt } = await getDocument(trx, refund.subject.id);
  const record = subject.kind === 'subscription' ? await subscriptions.lock(trx, subject.id) : null;
  if (record === null) return;
  const asked = { subject, after: invoicedAt, before: refund.requestedAt };
  const isSuperseded = await isInvoicedBetween(trx, asked);
  const moment = { invoicedAt, isUndone, isSuperseded };
  const subscription = noteRefunded(record.state, refund, moment);
  if (subscription !== null) await subscriptions.update(trx, record, { state: subscription, at });
}

/** A refund voucher for an advance, a credit note for what was invoiced; they state amounts below zero. */
async function withDocument(locked: LockedRefund, refund: Refund): Promise<Refund> {
  if (refund.status !== 'succeeded') return refund;
  const { at } = locked;
  const { accountId, taxation, subject, referencesId } = refund;
  const reference = refundReference(refund.id);
  const sale = mirrorSale(refund.sale);
  const takesBack = [{ id: referencesId, amountMicros: refund.sale.total.amountMicros }];
  const { id: documentId } = await issueDocument(locked.trx, {
    kind: subject.kind === 'invoice' ? 'credit_note' : 'refund_voucher',
    accountId,
    sale,
    taxation,
    issuedAt: at,
    subject: { kind: 'refund', id: refund.id },
    references: takesBack,
    operationKey: reference,
  });
  if (subject.kind === 'invoice') {
    const document = { id: documentId, sale, taxation, takesBack };
    await shareCredit(locked, document, { reference, at });
  }
  return { ...refund, documentId };
}

/** Events about a refund, with the facts a receiver needs and nothing personal. */
export function buildRefundEvents(
  { refund, events }: RefundChange,
  occurredAt: Instant,
): NewEvent[] {
  const { total } = refund.sale;
  const facts = {
    status: refund.status,
    to: refund.to,
    amount: formatAmount(total),
    currency: total.currency,
    payment_id: refund.source?.paymentId ?? null,
    invoice_id: refund.subject.kind === 'invoice' ? refund.subject.id : null,
    document_id: refund.documentId,
  };
  return buildEvents<'refund'>(refund, { events, facts, at: occurredAt });
}
