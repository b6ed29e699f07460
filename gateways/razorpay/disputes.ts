/**
 * Owns: a dispute at Razorpay in the words of the port.
 * Does not own: what it means for anybody's money (domain/dispute/).
 * Example: `open` in phase `chargeback` is `needs_response`; in phase `retrieval` it is a `warning`.
 */
import type { GatewayDispute } from '../disputes';
import { fromUnixSeconds } from './from-wire';
import { getPayment } from './payments';
import { fromSubunits } from './razorpay-capabilities';
import { expectDone, isMissing, type RazorpayClient } from './razorpay-client';
import { disputeSchema, type WireDispute } from './wire';

/** A bank asks, and takes nothing yet. */
const QUESTIONS: ReadonlySet<string> = new Set(['retrieval', 'fraud']);

export async function getDispute(
  client: RazorpayClient,
  disputeId: string,
): Promise<GatewayDispute | null> {
  const path = `/disputes/${encodeURIComponent(disputeId)}`;
  const reply = await client({ method: 'GET', path, reply: disputeSchema });
  if (isMissing(reply)) return null;
  const dispute = expectDone(reply);
  const payment = await getPayment(client, dispute.payment_id);
  const { status, respond_by: respondBy } = dispute;
  return {
    disputeId: dispute.id,
    gatewayPaymentId: dispute.payment_id,
    reference: payment?.reference ?? '',
    customerReference: payment?.customerReference ?? '',
    money: fromSubunits(dispute.amount, dispute.currency),
    fee: null,
    reason: dispute.reason_code ?? dispute.phase,
    status: statusOf(dispute),
    evidenceDueAt: status === 'open' && respondBy !== null ? fromUnixSeconds(respondBy) : null,
    createdAt: fromUnixSeconds(dispute.created_at),
  };
}

function statusOf({
  status,
  phase,
  amount_deducted: taken,
}: WireDispute): GatewayDispute['status'] {
  switch (status) {
    case 'won':
    case 'lost':
    case 'under_review':
      return status;
    // Answered, or settled between the two: what was taken says for whom.
    case 'closed':
      return taken > 0 ? 'lost' : 'won';
    default:
      return QUESTIONS.has(phase) ? 'warning' : 'needs_response';
  }
}
