import type { DisputeRecord } from '../../db/repositories/dispute.repository';
import { decideNextAction } from '../../domain/dispute/dispute';
import { toWireMoney } from '../../domain/money';
import { toApiNextAction } from './next-action.presenter';

export function toApiDispute({ state: dispute, workflowId }: DisputeRecord) {
  const { money, fee, takenMicros } = dispute;
  return {
    id: dispute.id,
    account_id: dispute.accountId,
    payment_id: dispute.paymentId,
    gateway: dispute.gateway,
    gateway_dispute_id: dispute.gatewayDisputeId,
    status: dispute.status,
    amount: money && toWireMoney(money),
    taken: money && toWireMoney({ ...money, amountMicros: takenMicros }),
    fee: fee && toWireMoney(fee),
    reason: dispute.reason,
    mismatch: dispute.mismatch,
    evidence_due_at: dispute.evidenceDueAt,
    service_held_since: dispute.serviceHeldSince,
    document_id: dispute.documentId,
    reported_at: dispute.reportedAt,
    opened_at: dispute.openedAt,
    settled_at: dispute.settledAt,
    next_action: toApiNextAction(decideNextAction(dispute)),
    workflow_id: workflowId,
  };
}
