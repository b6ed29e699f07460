/**
 * Owns: how each error code looks over HTTP: its status, its title and its problem document (RFC 9457).
 * Does not own: when a code is used; that is the domain's and the routes' business.
 * Example: `toProblemAnswer(new BillingError('not_found', 'no such account'), 'req-1').status === 404`.
 */
import { BillingError, type BillingErrorCode } from '../domain/billing-error';
import type { Answer } from './answer';

/** One refused field: its path with dots, a code, and a sentence for people. */
export interface FieldError {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** A request that is malformed in one or several fields: all of them are named at once. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  constructor(
    readonly code: 'invalid_request' | 'unknown_field',
    readonly errors: readonly FieldError[],
  ) {
    super(errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
}

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Every code has its status and title; the compiler refuses a code without. */
export const PROBLEMS: Readonly<Record<BillingErrorCode, ProblemKind>> = {
  invalid_request: { status: 400, title: 'The request is malformed' },
  unknown_field: { status: 400, title: 'The request has a field that does not exist' },
  invalid_amount: { status: 400, title: 'An amount is not a decimal number' },
  invalid_currency: { status: 400, title: 'A currency is not an ISO 4217 code' },
  invalid_time_zone: { status: 400, title: 'A time zone is not an IANA name' },
  invalid_signature: { status: 400, title: 'The signature does not match the body' },
  unauthenticated: { status: 401, title: 'The API key is missing or not valid' },
  insufficient_balance: { status: 402, title: 'The balance is too low' },
  forbidden: { status: 403, title: 'This API key may not do that' },
  not_found: { status: 404, title: 'No such resource' },
  method_not_allowed: { status: 405, title: 'The address has no such method' },
  conflict: { status: 409, title: 'Another request got there first' },
  invalid_state: { status: 409, title: 'The resource is not in a state for that' },
  idempotency_key_reused: {
    status: 409,
    title: 'The Idempotency-Key was used for another request',
  },
  already_exists: { status: 409, title: 'It already exists' },
  usage_already_rated: { status: 409, title: 'Usage of that time was rated already' },
  payload_too_large: { status: 413, title: 'The body is larger than 1 MB' },
  unsupported_media_type: { status: 415, title: 'The body is not JSON' },
  unprocessable: { status: 422, title: 'The request is valid but cannot be carried out' },
  unknown_plan: { status: 422, title: 'There is no such plan' },
  same_plan: { status: 422, title: 'It is on this plan already' },
  unknown_account: { status: 422, title: 'There is no such account' },
  unknown_rate_card: { status: 422, title: 'There is no such rate card' },
  billing_address_required: { status: 422, title: 'A billing address is needed first' },
  currency_mismatch: { status: 422, title: 'The currency is not the one of the account' },
  amount_out_of_range: { status: 422, title: 'The amount is too small or too large' },
  no_rate: { status: 422, title: 'There is no price for it' },
  group_too_large: { status: 422, title: 'The group is too large' },
  event_too_old: { status: 422, title: 'It happened too long ago' },
  event_in_future: { status: 422, title: 'It is too far ahead' },
  payment_mode_not_offered: { status: 422, title: 'This payment mode is not offered' },
  no_billing_cycle: { status: 422, title: 'The plan is not sold for this billing cycle' },
  scheduled_in_past: { status: 422, title: 'The scheduled time has passed' },
  scheduled_too_far: { status: 422, title: 'The scheduled time is too far ahead' },
  range_too_long: { status: 422, title: 'The range is too long' },
  missing_capability: { status: 422, title: 'A wanted capability is missing' },
  unknown_item: { status: 422, title: 'Nothing of that kind and code is on sale' },
  number_unavailable: { status: 422, title: 'The phone number is no longer available' },
  payout_below_minimum: { status: 409, title: 'Less than is paid out at once' },
  nothing_to_pay_out: { status: 409, title: 'Nothing is approved and unpaid' },
  limit_reached: { status: 409, title: 'The plan’s limit is reached' },
  plan_not_assignable: { status: 409, title: 'The plan cannot be assigned' },
  pool_exhausted: { status: 409, title: 'The reseller’s pool has too little left' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'A part of the service is not reachable' },
};

const RETRY_AFTER_SECONDS = 2;
/** Nothing is wrong with the request: the same one may succeed in a moment. */
const COMES_BACK: ReadonlySet<string> = new Set(['rate_limited', 'unavailable']);
/** Of `insufficient_balance`: what the caller shows. */
export const MONEY_DETAILS = ['required', 'available', 'missing'] as const;
const RESERVED = new Set(['type', 'title', 'status', 'code', 'detail', 'request_id', 'errors']);

/** The problem document of an error a caller may know about. */
export function toProblemAnswer(error: BillingError | InvalidRequest, requestId: string): Answer {
  const { status, title } = PROBLEMS[error.code];
  // RFC 9110 11.6.1: who is refused for want of a key is told how one is sent.
  const challenge: Readonly<Record<string, string>> =
    status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  const retryAfter: Readonly<Record<string, string>> = COMES_BACK.has(error.code)
    ? { 'retry-after': String(retryAfterSeconds(error)) }
    : {};
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...challenge, ...retryAfter },
    body: {
      type: `/docs/errors#${error.code}`,
      title,
      status,
      code: error.code,
      detail: error.message,
      request_id: requestId,
      ...(error instanceof InvalidRequest ? { errors: error.errors } : extras(error)),
    },
  };
}

function retryAfterSeconds(error: BillingError | InvalidRequest): number {
  const told = error instanceof BillingError ? error.details.retry_after : undefined;
  return typeof told === 'number' ? told : RETRY_AFTER_SECONDS;
}

/** The answer to an error that is a bug of ours: it tells nothing but the id to ask us about. */
export function toInternalProblem(requestId: string): Answer {
  const message = 'Something went wrong on our side. The request id names it in our logs.';
  return toProblemAnswer(new BillingError('internal_error', message), requestId);
}

/**
 * The details of an error as members of its problem. `field` becomes an entry of `errors`; the
 * amounts of `insufficient_balance` (with `currency` beside them) become money.
 */
function extras({ code, message, details }: BillingError): Record<string, unknown> {
  const { field, ...others } = details;
  const members: Record<string, unknown> = Object.fromEntries(
    Object.entries(others).filter(([name]) => !RESERVED.has(name)),
  );
  if (code === 'insufficient_balance' && typeof details.currency === 'string') {
    for (const name of MONEY_DETAILS) {
      const amount = details[name];
      if (typeof amount === 'string') members[name] = { amount, currency: details.currency };
    }
  }
  if (typeof field === 'string') members.errors = [{ field, code, message }];
  return members;
}

/**
 * Whether a refusal is the final answer to its Idempotency-Key. A malformed or unauthorized request
 * never takes the key, and an outage of ours must be retried with it.
 */
export function isFinalRefusal(error: BillingError): boolean {
  return [402, 404, 409, 422].includes(PROBLEMS[error.code].status);
}

/** The workflow has spoken, so whatever it refused is the answer; only an outage of ours is not. */
export function isRefusalOfOutcome(error: BillingError): boolean {
  return PROBLEMS[error.code].status < 500;
}
