/**
 * Owns: how a command about a subscription is refused: a code, a sentence, and what was needed.
 * Does not own: when it is (the decisions). A refusal changes nothing.
 * Example: 999.00 INR asked of a wallet with 998.99: `insufficient_balance`, 999.00 required.
 */
import type { BillingErrorCode } from '../billing-error';
import type { LimitExcess } from '../entitlement';
import type { SubscriptionSale } from './sale';

export interface SubscriptionRefusal {
  readonly kind: 'refused';
  readonly code: Extract<
    BillingErrorCode,
    | 'insufficient_balance'
    | 'invalid_state'
    | 'limit_reached'
    | 'same_plan'
    | 'scheduled_in_past'
    | 'scheduled_too_far'
  >;
  readonly message: string;
  /** Micros that were needed; only with insufficient_balance. */
  readonly requiredMicros?: bigint;
  /** What is in use and what is allowed; only with limit_reached. */
  readonly excess?: LimitExcess;
}

export function refuseForMoney({ total }: SubscriptionSale): SubscriptionRefusal {
  return {
    kind: 'refused',
    code: 'insufficient_balance',
    message: 'the wallet does not cover the price',
    requiredMicros: total.amountMicros,
  };
}

export function refuseForState(message: string): SubscriptionRefusal {
  return { kind: 'refused', code: 'invalid_state', message };
}
