import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import {
  decideNextAction,
  type Refund,
  type RefundSource,
  type RefundStatus,
  type RefundSubject,
  type RefundTarget,
} from '../../domain/refund/refund';
import { RefundModel } from '../models/refund.model';
import type { Transaction } from '../transaction';
import { toRowNextAction } from './next-action.columns';
import { fromRowSale, fromRowTaxation, toRowSale, toRowTaxation } from './sale.columns';

/** A refund with what only its row knows. `revision` counts its changes. */
export interface RefundRecord {
  readonly refund: Refund;
  readonly workflowId: string;
  readonly revision: number;
  readonly createdAt: Instant;
}

/** Reads one refund of the tenant, or null. */
export async function findRefund(trx: Transaction, id: string): Promise<RefundRecord | null> {
  const row = await RefundModel.query(trx).findById(id);
  return row ? fromRowRefund(row) : null;
}

/** Reads and locks one refund. Lock the account's ledger first. */
export async function lockRefund(trx: Transaction, id: string): Promise<RefundRecord | null> {
  const row = await RefundModel.query(trx).findById(id).forUpdate();
  return row ? fromRowRefund(row) : null;
}

/** An account's refunds, newest first. `before` is the last row of the page before. */
export async function listRefunds(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly limit: number;
    readonly before: { readonly createdAt: Instant; readonly id: string } | null;
  },
): Promise<RefundRecord[]> {
  const rows = await RefundModel.query(trx)
    .where({ account_id: query.accountId })
    .modify((builder) => {
      const { before } = query;
      if (before) builder.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
    })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit);
  return rows.map(fromRowRefund);
}

/** What a gateway gave back of these payments or is asked to: all that did not fail. */
export async function listRefundsOfPayments(
  trx: Transaction,
  paymentIds: readonly string[],
): Promise<Refund[]> {
  const rows = await RefundModel.query(trx)
    .whereIn('payment_id', [...paymentIds])
    .whereNot({ status: 'failed' })
    .orderBy('id');
  return rows.map((row) => fromRowRefund(row).refund);
}

/** What gateways gave back of each of these payments, in micros; those without a refund are left out. */
export async function sumRefunded(
  trx: Transaction,
  paymentIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const rows: { payment_id: string; refunded: string }[] = await trx('refunds')
    .whereIn('payment_id', [...paymentIds])
    .where({ status: 'succeeded' })
    .groupBy('payment_id')
    .select('payment_id', trx.raw('sum(total_micros)::text as refunded'));
  return new Map(rows.map((row) => [row.payment_id, BigInt(row.refunded)]));
}

/** Refunds of an invoice that are under way: no credit note tells of them yet. */
export async function listRequestedOfInvoice(
  trx: Transaction,
  invoiceId: string,
): Promise<Refund[]> {
  const rows = await RefundModel.query(trx)
    .where({ invoice_id: invoiceId, status: 'requested' })
    .orderBy('id');
  return rows.map((row) => fromRowRefund(row).refund);
}

/** Writes a new refund at revision 1. */
export async function insertRefund(
  trx: Transaction,
  refund: Refund,
  { workflowId, at }: { readonly workflowId: string; readonly at: Instant },
): Promise<RefundRecord> {
  const row = { ...toRowRefund(refund), workflow_id: workflowId, revision: 1n };
  await RefundModel.query(trx).insert({ ...row, created_at: at, updated_at: at });
  return { refund, workflowId, revision: 1, createdAt: at };
}

/** Writes the new state of a locked refund and what happens to it next. */
export async function updateRefund(
  trx: Transaction,
  record: RefundRecord,
  { refund, at }: { readonly refund: Refund; readonly at: Instant },
): Promise<RefundRecord> {
  const revision = record.revision + 1;
  const changed = await RefundModel.query(trx)
    .where({ id: refund.id, revision: BigInt(record.revision) })
    .patch({ ...toRowRefund(refund), revision: BigInt(revision), updated_at: at });
  invariant(changed === 1, `refund ${refund.id} changed under its lock`);
  return { ...record, refund, revision };
}

function fromRowRefund(row: RefundModel): RefundRecord {
  const refund: Refund = {
    id: row.id,
    accountId: row.account_id,
    subject: fromRowSubject(row),
    to: row.target as RefundTarget,
    source: fromRowSource(row),
    sale: fromRowSale(row),
    taxation: fromRowTaxation(row.taxation),
    referencesId: row.references_id,
    reason: row.reason,
    status: row.status as RefundStatus,
    requestedAt: row.requested_at,
    triesMade: row.tries_made,
    settledAt: row.settled_at,
    gatewayRefundId: row.gateway_refund_id,
    failureReason: row.failure_reason,
    documentId: row.document_id,
  };
  return {
    refund,
    workflowId: row.workflow_id,
    revision: Number(row.revision),
    createdAt: row.created_at,
  };
}

function fromRowSubject({ id, invoice_id, payment_id }: RefundModel): RefundSubject {
  if (invoice_id !== null) return { kind: 'invoice', id: invoice_id };
  invariant(payment_id !== null, `refund ${id} is of nothing`);
  return { kind: 'payment', id: payment_id };
}

function fromRowSource(row: RefundModel): RefundSource | null {
  const { payment_id: paymentId, gateway, gateway_payment_id: gatewayPaymentId } = row;
  return paymentId === null || gateway === null || gatewayPaymentId === null
    ? null
    : { paymentId, gateway, gatewayPaymentId };
}

function toRowRefund(refund: Refund) {
  const { subject, source } = refund;
  return {
    id: refund.id,
    account_id: refund.accountId,
    target: refund.to,
    invoice_id: subject.kind === 'invoice' ? subject.id : null,
    payment_id: source?.paymentId ?? null,
    gateway: source?.gateway ?? null,
    gateway_payment_id: source?.gatewayPaymentId ?? null,
    references_id: refund.referencesId,
    ...toRowSale(refund.sale),
    taxation: toRowTaxation(refund.taxation),
    reason: refund.reason,
    status: refund.status,
    requested_at: refund.requestedAt,
    tries_made: refund.triesMade,
    settled_at: refund.settledAt,
    gateway_refund_id: refund.gatewayRefundId,
    failure_reason: refund.failureReason,
    document_id: refund.documentId,
    ...toRowNextAction(decideNextAction(refund)),
  };
}
