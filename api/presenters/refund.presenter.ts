import type { RefundRecord } from '../../db/repositories/refund.repository';
import { toWireMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/refund/refund';
import { toApiNextAction } from './next-action.presenter';

export function toApiRefund({ state: refund, workflowId }: RefundRecord) {
  const { sale, subject, source } = refund;
  return {
    id: refund.id,
    account_id: refund.accountId,
    status: refund.status,
    to: refund.to,
    payment_id: source?.paymentId ?? null,
    invoice_id: subject.kind === 'invoice' ? subject.id : null,
    amount: toWireMoney(sale.total),
    subtotal: toWireMoney(sale.subtotal),
    tax_total: toWireMoney(sale.taxTotal),
    document_id: refund.documentId,
    reason: refund.reason,
    failure_reason: refund.failureReason,
    requested_at: refund.requestedAt,
    settled_at: refund.settledAt,
    next_action: toApiNextAction(decideNextAction(refund)),
    workflow_id: workflowId,
  };
}
