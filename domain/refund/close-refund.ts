/**
 * Owns: a refund that an operator closes by what a person saw at the gateway.
 * Does not own: asking the gateway (gateways/), what a closed refund moves (post-refund.ts).
 * Rules: only after a day without an answer, so that nobody decides what the gateway is about to say. The
 * operator answers for it: a gateway that gives the money back after all shows in its settlement.
 * Example: the gateway's own pages show refund `re_9` as paid, the gateway has been silent since yesterday:
 * closed as confirmed, the refund has succeeded with `re_9`, and its refund voucher is issued.
 */
import type { BillingErrorCode } from '../billing-error';
import type { EventOf } from '../event';
import type { Instant } from '../instant';
import { fail, isUnconfirmed, succeed, type Refund, type RefundChange } from './refund';

/** What a person saw at the gateway. */
export type SeenAtGateway =
  | { readonly kind: 'refunded'; readonly gatewayRefundId: string }
  | { readonly kind: 'not_refunded' };

export interface ClosingOperator {
  readonly operator_key_id: string;
  readonly operator_note: string | null;
}

export interface RefundNotClosed {
  readonly kind: 'refused';
  readonly code: Extract<BillingErrorCode, 'invalid_state'>;
  readonly message: string;
}

const NOT_REFUNDED = 'the payment provider did not give the money back';

/** Closes it as succeeded or failed, and tells who did. */
export function closeRefund(
  refund: Refund,
  seen: SeenAtGateway,
  { at, operator }: { readonly at: Instant; readonly operator: ClosingOperator },
): (RefundChange & { readonly kind: 'closed' }) | RefundNotClosed {
  if (refund.status !== 'requested') return refuse(`the refund has ${refund.status} already`);
  if (!isUnconfirmed(refund)) {
    return refuse(
      'the gateway is still being asked; a refund is closed by hand after a day of that',
    );
  }
  const closed =
    seen.kind === 'refunded'
      ? succeed({ ...refund, gatewayRefundId: seen.gatewayRefundId }, at)
      : fail(refund, NOT_REFUNDED, at);
  const told: EventOf<'refund'> = {
    type: 'refund.closed_by_operator',
    reason: `an operator closed the refund: ${operator.operator_note ?? 'no reason was given'}`,
    data: operator,
  };
  return { kind: 'closed', refund: closed.refund, events: [told, ...closed.events] };
}

function refuse(message: string): RefundNotClosed {
  return { kind: 'refused', code: 'invalid_state', message };
}
