/**
 * Owns: the closed set of error codes a caller can meet, and the error that carries one.
 * Does not own: HTTP statuses (api/problem.ts holds the total map) or Temporal failures (activities/).
 * Example: `throw new BillingError('unknown_plan', 'there is no plan "growht"', { field: 'plan_code' })`.
 */
export const BILLING_ERROR_CODES = [
  'invalid_request',
  'unknown_field',
  'invalid_amount',
  'invalid_currency',
  'invalid_time_zone',
  'unauthenticated',
  'insufficient_balance',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'invalid_state',
  'idempotency_key_reused',
  'already_exists',
  'usage_already_rated',
  'unprocessable',
  'unknown_plan',
  'same_plan',
  'unknown_account',
  'unknown_rate_card',
  'billing_address_required',
  'currency_mismatch',
  'amount_out_of_range',
  'no_rate',
  'group_too_large',
  'event_too_old',
  'event_in_future',
  'payment_mode_not_offered',
  'no_billing_cycle',
  'scheduled_in_past',
  'scheduled_too_far',
  'range_too_long',
  'missing_capability',
  'unknown_item',
  'number_unavailable',
  'limit_reached',
  'plan_not_assignable',
  'pool_exhausted',
  'payout_below_minimum',
  'nothing_to_pay_out',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
  'invalid_signature',
  'unavailable',
  'internal_error',
] as const;
export type BillingErrorCode = (typeof BILLING_ERROR_CODES)[number];

/** Facts that go with an error: plain JSON values only, never a secret, card or personal data. */
export type BillingErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** An error with a code from the closed set. `message` is for operators and programmers, in English. */
export class BillingError extends Error {
  override readonly name = 'BillingError';
  constructor(
    readonly code: BillingErrorCode,
    message: string,
    readonly details: BillingErrorDetails = {},
  ) {
    super(message);
  }
}
