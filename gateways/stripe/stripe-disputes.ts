/**
 * Owns: a dispute as Stripe tells it. Does not own: what it means for us (gateways/disputes.ts).
 * An inquiry that is closed, and a dispute prevented before it began, took no money: both are `won`.
 * Example: `warning_needs_response` is a `warning`; `needs_response` has the instant evidence is due at.
 */
import type Stripe from 'stripe';
import type { Money } from '../../domain/money';
import type { GatewayDispute } from '../disputes';
import { expanded, fromSeconds, namesOf } from './from-stripe';
import { fromStripeAmount } from './stripe-amounts';
import { orNull, type Ask } from './stripe-client';

type Status = GatewayDispute['status'];

/** A word Stripe adds later is read as `under_review`: it is asked about again, and nothing is decided by it. */
const STATUSES: Readonly<Record<string, Status>> = {
  warning_needs_response: 'warning',
  warning_under_review: 'warning',
  warning_closed: 'won',
  prevented: 'won',
  needs_response: 'needs_response',
  appeal_needs_response: 'needs_response',
  under_review: 'under_review',
  appeal_under_review: 'under_review',
  won: 'won',
  lost: 'lost',
};

/** Null too for a dispute of a payment that is not ours. */
export async function getDispute(ask: Ask, disputeId: string): Promise<GatewayDispute | null> {
  const dispute = await orNull(
    ask((stripe) => stripe.disputes.retrieve(disputeId, { expand: ['payment_intent'] })),
  );
  const intent = expanded(dispute?.payment_intent);
  if (dispute === null || intent === null) return null;
  const { reference, customerReference } = namesOf(intent);
  const status = STATUSES[dispute.status] ?? 'under_review';
  return {
    disputeId: dispute.id,
    gatewayPaymentId: intent.id,
    reference,
    customerReference,
    money: fromStripeAmount(dispute.amount, dispute.currency),
    fee: feeOf(dispute),
    reason: dispute.reason,
    status,
    evidenceDueAt: dueAtOf(dispute),
    createdAt: fromSeconds(dispute.created),
  };
}

/** What was asked less what was given back, in the currency Stripe settles in. */
function feeOf({ balance_transactions: moved }: Stripe.Dispute): Money | null {
  const [first] = moved;
  if (first === undefined) return null;
  const fee = moved.reduce((sum, transaction) => sum + transaction.fee, 0);
  return fromStripeAmount(fee, first.currency);
}

function dueAtOf({ status, evidence_details: details }: Stripe.Dispute): string | null {
  const isAsked = status.endsWith('needs_response');
  return isAsked && details.due_by !== null ? fromSeconds(details.due_by) : null;
}
