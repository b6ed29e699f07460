import { invariant } from '../../domain/invariant';
import {
  decideNextAction,
  type Refund,
  type RefundSource,
  type RefundStatus,
  type RefundSubject,
  type RefundTarget,
} from '../../domain/refund/refund';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { RefundModel } from '../models/refund.model';
import type { Transaction } from '../transaction';
import { fromRowSale, fromRowTaxation, toRowSale, toRowTaxation } from './sale.columns';

export const refunds = createLifecycleTable({
  kind: 'refund',
  model: RefundModel,
  fromRows: (_, rows: readonly RefundModel[]) => rows.map(fromRowRefund),
  toRow: toRowRefund,
  decideNextAction,
});
export type RefundRecord = LifecycleRecord<Refund>;

/** What a gateway gave back of these payments or is asked to: all that did not fail. */
export async function listRefundsOfPayments(
  trx: Transaction,
  paymentIds: readonly string[],
): Promise<Refund[]> {
  const records = await refunds.list(trx, (query) =>
    query
      .whereIn('payment_id', [...paymentIds])
      .whereNot({ status: 'failed' })
      .orderBy('id'),
  );
  return records.map(({ state }) => state);
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
  const records = await refunds.list(trx, (query) =>
    query.where({ invoice_id: invoiceId, status: 'requested' }).orderBy('id'),
  );
  return records.map(({ state }) => state);
}

function fromRowRefund(row: RefundModel): Refund {
  return {
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
    attemptsMade: row.attempts_made,
    settledAt: row.settled_at,
    gatewayRefundId: row.gateway_refund_id,
    failureReason: row.failure_reason,
    documentId: row.document_id,
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
    attempts_made: refund.attemptsMade,
    settled_at: refund.settledAt,
    gateway_refund_id: refund.gatewayRefundId,
    failure_reason: refund.failureReason,
    document_id: refund.documentId,
  };
}
