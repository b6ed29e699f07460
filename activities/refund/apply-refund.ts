import { getDocument, issueDocument } from '../../db/repositories/document.repository';
import { insertEvents, type NewEvent } from '../../db/repositories/event.repository';
import { applyLedgerPlan } from '../../db/repositories/ledger.repository';
import {
  insertRefund,
  updateRefund,
  type RefundRecord,
} from '../../db/repositories/refund.repository';
import {
  lockSubscription,
  updateSubscription,
} from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { formatAmount } from '../../domain/money';
import type { RefundDecision } from '../../domain/refund/decide-refund';
import { noteRefunded } from '../../domain/refund/note-refunded';
import {
  postRequested,
  postReturned,
  postUndone,
  refundReference,
} from '../../domain/refund/post-refund';
import type { Refund, RefundChange } from '../../domain/refund/refund';
import { mirrorSale } from '../../domain/refund/split-refund';
import { tellTriage } from '../phone-number/tell-triage';
import { markWaiting } from '../waiting-lifecycles';

/** One transaction on a refund, its account's ledger locked. */
export interface RefundUnit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  /** Business time. */
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** Writes a request that was granted: money out of the books, the row, events; all of it, to the wallet. */
export async function recordRequested(
  unit: RefundUnit,
  { refund: decided, events }: RefundDecision,
  {
    workflowId,
    isPassedOn = false,
  }: {
    readonly workflowId: string;
    /** It leaves the wallet again in the same transaction: nobody can wait for it. */
    readonly isPassedOn?: boolean;
  },
): Promise<RefundRecord> {
  const { trx, ledger, at } = unit;
  const plan = createPlan(unit, decided);
  postRequested({ plan, ledger }, decided, at);
  await applyLedgerPlan(trx, plan);
  await tellSubscription(unit, decided, { isUndone: false });
  if (decided.status === 'succeeded' && !isPassedOn) await announceMoney(unit, decided);
  const refund = await withDocument(unit, decided);
  const record = await insertRefund(trx, refund, { workflowId, at });
  await insertEvents(trx, buildRefundEvents({ refund, events }, at), unit.recordedAt);
  return record;
}

/** Writes what a gateway answered: the tax and the document of what is back, or the money put back. */
export async function recordReturned(
  unit: RefundUnit,
  record: RefundRecord,
  { refund: decided, events }: RefundChange,
): Promise<RefundRecord> {
  const { trx, ledger, at } = unit;
  const plan = createPlan(unit, decided);
  if (decided.status === 'succeeded') postReturned({ plan, ledger }, decided, at);
  else postUndone({ plan, ledger }, decided, at);
  await applyLedgerPlan(trx, plan);
  if (decided.status === 'failed') {
    await tellSubscription(unit, decided, { isUndone: true });
    await announceMoney(unit, decided);
  }
  const refund = await withDocument(unit, decided);
  await insertEvents(trx, buildRefundEvents({ refund, events }, at), unit.recordedAt);
  return updateRefund(trx, record, { refund, at });
}

/** Whoever waits for money finds it in the wallet. */
async function announceMoney(
  { trx, at, recordedAt }: RefundUnit,
  { accountId }: Refund,
): Promise<void> {
  await markWaiting(trx, { accountId, at });
  await tellTriage(trx, { accountId, at, recordedAt });
}

/** What is refunded of a period was not paid for it any more, so a change does not credit it again. */
async function tellSubscription(
  { trx, at }: RefundUnit,
  refund: Refund,
  { isUndone }: { readonly isUndone: boolean },
): Promise<void> {
  if (refund.subject.kind !== 'invoice') return;
  const { subject, issuedAt: invoicedAt } = await getDocument(trx, refund.subject.id);
  const record = subject.kind === 'subscription' ? await lockSubscription(trx, subject.id) : null;
  if (record === null) return;
  const subscription = noteRefunded(record.subscription, refund, { invoicedAt, isUndone });
  if (subscription !== null) await updateSubscription(trx, record, { subscription, at });
}

function createPlan({ ledger, recordedAt }: RefundUnit, { id }: Refund): LedgerPlan {
  return createLedgerPlan([ledger], { reference: refundReference(id), postedAt: recordedAt });
}

/** A refund voucher for an advance, a credit note for what was invoiced; they state amounts below zero. */
async function withDocument({ trx, at }: RefundUnit, refund: Refund): Promise<Refund> {
  if (refund.status !== 'succeeded') return refund;
  const { id: documentId } = await issueDocument(trx, {
    kind: refund.subject.kind === 'invoice' ? 'credit_note' : 'refund_voucher',
    accountId: refund.accountId,
    sale: mirrorSale(refund.sale),
    taxation: refund.taxation,
    issuedAt: at,
    subject: { kind: 'refund', id: refund.id },
    referencesId: refund.referencesId,
    operationKey: refundReference(refund.id),
  });
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
  return events.map(({ type, reason }) => ({
    accountId: refund.accountId,
    type,
    subjectId: refund.id,
    reason,
    data: facts,
    occurredAt,
  }));
}
