/**
 * Owns: how the official SDK reaches Stripe: the version of the API, our time limit, an address that can be
 * replaced so that no test calls the internet, and Stripe's errors in words of the port.
 * Does not own: what the calls mean (the files beside it).
 * The SDK repeats nothing on its own but a connection that was closed on it, once and under the same key: our
 * caller's retries are the ones people can see.
 * Example: an answer 429 is `GatewayUnavailable('not_executed')`; one that never came is `'unknown'`.
 */
import Stripe from 'stripe';
import { wasNotSent } from '../http-exchange';
import { GatewayRejected, GatewayUnavailable } from '../payment-gateway';

/** What the SDK's types describe and the tests were made for; a newer one comes with a newer SDK. */
const API_VERSION = '2026-10-28.endive';

/** Longer keys are refused by Stripe. */
const IDEMPOTENCY_KEY_MAX = 255;

export interface StripeClientOptions {
  /** `sk_…` or a restricted `rk_…`. */
  readonly secretKey: string;
  readonly timeoutMs: number;
  /** Replaces https://api.stripe.com; null: Stripe itself. */
  readonly origin: string | null;
}

/** One call of the SDK, or several, with its errors in words of the port. */
export type Ask = <Value>(call: (stripe: Stripe) => Promise<Value>) => Promise<Value>;

/** Calls nobody yet. */
export function createAsk({ secretKey, timeoutMs, origin }: StripeClientOptions): Ask {
  const stripe = new Stripe(secretKey, {
    apiVersion: API_VERSION,
    timeout: timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
    ...(origin === null ? {} : addressOf(origin)),
  });
  return async (call) => {
    try {
      return await call(stripe);
    } catch (error) {
      throw toPortError(error);
    }
  };
}

function addressOf(origin: string) {
  const { protocol, hostname, port } = new URL(origin);
  return {
    host: hostname,
    protocol: protocol === 'http:' ? ('http' as const) : ('https' as const),
    ...(port === '' ? {} : { port }),
  };
}

/** The options of a write. Throws a RangeError for a key Stripe would not take. */
export function keyed(idempotencyKey: string): { readonly idempotencyKey: string } {
  if (idempotencyKey.length > IDEMPOTENCY_KEY_MAX) {
    throw new RangeError(`an idempotency key is at most ${IDEMPOTENCY_KEY_MAX} characters`);
  }
  return { idempotencyKey };
}

function toPortError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const silence = toSilence(error);
  if (silence !== null) return silence;
  const { code, rawType, statusCode = 0, message, requestId = 'no request id' } = error;
  // One key for two requests has no code of its own, and is what callers look for.
  const name = error.type === 'StripeIdempotencyError' ? 'idempotency_error' : (code ?? rawType);
  const told = `stripe refused: ${message} (${requestId})`;
  return new GatewayRejected(name ?? 'unknown', statusCode, told);
}

/** The error of an answer that says nothing of the outcome, or null. */
function toSilence(error: Stripe.errors.StripeError): GatewayUnavailable | null {
  const retryAfterSeconds = readSeconds(error.headers?.['retry-after']);
  switch (error.type) {
    case 'StripeRateLimitError': {
      const facts = { outcome: 'not_executed', retryAfterSeconds, cause: error } as const;
      return new GatewayUnavailable('stripe has too many requests of ours', facts);
    }
    case 'StripeConnectionError': {
      const outcome = wasNotSent(error.detail) ? 'not_executed' : 'unknown';
      return new GatewayUnavailable('stripe gave no answer', { outcome, cause: error });
    }
    // 5xx, what is no JSON, and 409: the same key is being executed this very moment.
    case 'StripeAPIError': {
      const facts = { outcome: 'unknown', retryAfterSeconds, cause: error } as const;
      return new GatewayUnavailable(`stripe answered ${error.statusCode ?? 'unreadably'}`, facts);
    }
    default:
      return null;
  }
}

function readSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : null;
}

/** What is asked for, or null where Stripe knows no such thing. */
export async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GatewayRejected && error.code === 'resource_missing') return null;
    throw error;
  }
}
