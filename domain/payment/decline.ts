/**
 * Owns: what a payment gateway's decline code means for us: whether and how to try again.
 * Does not own: when to try again (dunning.ts has the retry schedule), or the words shown to a customer.
 * Source: the gateways publish the codes, but no split into classes to code against; this split is
 * ours, kept as data. The raw code is stored with each attempt, so a better split can be replayed.
 * Example: `classifyDecline('stolen_card') === 'hard'`; a code nobody knows is `soft`.
 */

/**
 * hard: this method will never pay; ask for another one. needs_customer: it can pay after the
 * customer does something. soft: it may pay later (no money, issuer said no without a reason).
 * technical: nobody looked at the payment; the same attempt may pass in minutes.
 */
export const DECLINE_CLASSES = ['hard', 'needs_customer', 'soft', 'technical'] as const;
export type DeclineClass = (typeof DECLINE_CLASSES)[number];

const CODES_BY_CLASS: Readonly<Record<DeclineClass, readonly string[]>> = {
  hard: [
    'lost_card',
    'stolen_card',
    'pickup_card',
    'restricted_card',
    'fraudulent',
    'invalid_account',
    'incorrect_number',
    'revocation_of_authorization',
    'revocation_of_all_authorizations',
    'stop_payment_order',
    'transaction_not_allowed',
    'card_not_supported',
    'currency_not_supported',
    'merchant_blacklist',
    'security_violation',
    'highest_risk_level',
    'do_not_try_again',
    'mandate_cancelled',
    'mandate_expired',
    'mandate_not_active',
    'invalid_token',
    'bank_account_invalid',
    'debit_instrument_blocked',
    'remitter_account_dormant',
    'payer_account_has_changed',
    'umn_does_not_exist_payer',
    'mobile_number_invalid',
    'debit_declined',
    'invalid_vpa',
    'nature_of_debit_not_allowed',
    'no_financial_address_record_found',
    'number_of_pin_tries_exceeded',
    'payment_stopped_by_court_order',
    'transaction_not_permitted_cardholder',
    'transaction_not_permitted_to_vpa',
    'mandate_rejected',
    'payment_method_detached',
  ],
  needs_customer: [
    'authentication_required',
    'approval_required',
    'confirm_card_data',
    'expired_card',
    'incorrect_cvc',
    'invalid_expiry_month',
    'invalid_expiry_year',
    'mandate_paused',
    'amount_exceeds_mandate',
    'mpin_not_set_by_customer',
    'transaction_limit_exceeded',
    'per_transaction_limit_exceeded',
    'limit_exceeded_remitting_bank',
    'transaction_frequency_limit_exceeded',
    'mandate_debit_beyond_psp_amount_cap',
    'amount_does_not_match_mandate_amount',
    'incorrect_pin',
    'incorrect_otp',
    'invalid_otp',
    'payment_cancelled',
    'payment_collect_request_expired',
  ],
  soft: [
    'insufficient_funds',
    'card_velocity_exceeded',
    'withdrawal_count_limit_exceeded',
    'do_not_honor',
    'generic_decline',
    'card_declined',
    'call_issuer',
    'mandate_current_cycle_allowed_debit_exceeds',
    'execution_day_rule_mismatch',
    'adequate_funds_not_available_blocked',
    'payment_declined',
    'payment_risk_check_failed',
    'suspected_fraud_decline',
  ],
  technical: [
    'processing_error',
    'issuer_not_available',
    'try_again_later',
    'reenter_transaction',
    'bank_technical_error',
    'gateway_technical_error',
    'payment_timed_out',
    'psp_timeout',
    'psp_not_available',
    'bank_not_available',
    'issuer_dispatch_failed',
    'request_timed_out',
    'payment_failed',
    'psp_bank_not_available',
    'invalid_response_from_gateway',
    'credit_to_beneficiary_failed',
    'remitter_dispatch_failed',
    'unable_to_process_beneficiary_bank',
    'pre_debit_notification_failed',
    'pre_debit_notification_not_sent',
    'bad_request_mandate_promised_debit_date_not_honoured',
  ],
};

const CLASS_BY_CODE: ReadonlyMap<string, DeclineClass> = new Map(
  DECLINE_CLASSES.flatMap((declineClass) =>
    CODES_BY_CLASS[declineClass].map((code) => [code, declineClass] as const),
  ),
);

/** The owner or the bank took back what was agreed to: no charge of any amount is allowed any more. */
const ENDS_MANDATE: ReadonlySet<string> = new Set([
  'mandate_cancelled',
  'mandate_expired',
  'revocation_of_authorization',
  'revocation_of_all_authorizations',
]);

/** Whether a decline says that a mandate is over. */
export function endsMandate(declineCode: string): boolean {
  return ENDS_MANDATE.has(declineCode);
}

/**
 * The class of a raw decline code. A code we do not know counts as `soft`: giving a good method up
 * costs a customer, and the retry schedule's own limit bounds what the tries cost.
 */
export function classifyDecline(declineCode: string): DeclineClass {
  return CLASS_BY_CODE.get(declineCode) ?? 'soft';
}
