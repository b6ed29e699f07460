/**
 * Owns: how the sandbox gateway says no: an HTTP status with the error body gateways use.
 * Does not own: declined payments; those are answers of their own, kept and replayed.
 * Example: `throw new SandboxRefusal('resource_missing', 'no checkout "cs_1"')` answers 404.
 */
import type { WireError } from '../wire';

/** Code → status and type, as Stripe has them. */
const REFUSALS = {
  invalid_request: { httpStatus: 400, type: 'invalid_request_error' },
  idempotency_key_missing: { httpStatus: 400, type: 'invalid_request_error' },
  idempotency_error: { httpStatus: 400, type: 'idempotency_error' },
  currency_not_offered: { httpStatus: 400, type: 'invalid_request_error' },
  mode_not_offered: { httpStatus: 400, type: 'invalid_request_error' },
  amount_out_of_range: { httpStatus: 400, type: 'invalid_request_error' },
  lines_do_not_add_up: { httpStatus: 400, type: 'invalid_request_error' },
  unauthenticated: { httpStatus: 401, type: 'authentication_error' },
  resource_missing: { httpStatus: 404, type: 'invalid_request_error' },
  idempotency_key_in_use: { httpStatus: 409, type: 'idempotency_error' },
  checkout_complete: { httpStatus: 409, type: 'invalid_request_error' },
  payment_not_succeeded: { httpStatus: 409, type: 'invalid_request_error' },
  more_than_left: { httpStatus: 409, type: 'invalid_request_error' },
  payload_too_large: { httpStatus: 413, type: 'invalid_request_error' },
  internal_error: { httpStatus: 500, type: 'api_error' },
} as const;
export type SandboxRefusalCode = keyof typeof REFUSALS;

/** Nothing was executed, so the idempotency key is still free. */
export class SandboxRefusal extends Error {
  override readonly name = 'SandboxRefusal';
  readonly httpStatus: number;
  readonly body: WireError;

  constructor(
    readonly code: SandboxRefusalCode,
    message: string,
  ) {
    super(message);
    const { httpStatus, type } = REFUSALS[code];
    this.httpStatus = httpStatus;
    this.body = { error: { type, code, message } };
  }
}
