/**
 * Owns: one HTTP call to Razorpay's API v1: who we are, time limit, and what went wrong in words of the port
 * (GatewayUnavailable, GatewayRejected). Every reply is checked against a schema.
 * Does not own: what the calls mean, or doing them once: Razorpay has no idempotency keys, so whoever writes
 * looks up first.
 * Not the official SDK: it has no time limit, throws a TypeError when the network fails, and cannot send the one
 * idempotency header there is. Nothing is retried here.
 * Example: `await client({ method: 'GET', path: '/payments/pay_1', reply: paymentSchema })`.
 */
import type { z } from 'zod';
import { exchangeJson, wasNotSent, type JsonReply } from '../http-exchange';
import { GatewayRejected, GatewayUnavailable } from '../payment-gateway';
import { errorSchema, type WireError } from './wire';

export interface ClientOptions {
  readonly keyId: string;
  readonly keySecret: string;
  readonly timeoutMs: number;
  /** Replaces https://api.razorpay.com; null: Razorpay itself. */
  readonly origin: string | null;
}

export interface Call<Schema extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** After `/v1`, with its query. */
  readonly path: string;
  readonly reply: Schema;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `refused`: a 4xx whose meaning depends on the call; the caller decides or throws it on. */
export type Reply<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'refused'; readonly httpStatus: number; readonly error: WireError };

export type RazorpayClient = <Schema extends z.ZodType>(
  call: Call<Schema>,
) => Promise<Reply<z.infer<Schema>>>;

const ORIGIN = 'https://api.razorpay.com';

/** Trouble of Razorpay or of a bank behind it, whatever the HTTP status says. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['SERVER_ERROR', 'GATEWAY_ERROR']);

export function createRazorpayClient(options: ClientOptions): RazorpayClient {
  return async (call) => {
    const { httpStatus, body, retryAfterSeconds } = await ask(options, call);
    if (httpStatus >= 200 && httpStatus < 300) {
      const parsed = call.reply.safeParse(body);
      if (parsed.success) return { kind: 'done', value: parsed.data };
      throw unavailable(call, 'answered something we cannot read', {});
    }
    const refusal = errorSchema.safeParse(body);
    if (httpStatus === 429) {
      const facts = { outcome: 'not_executed', retryAfterSeconds } as const;
      throw new GatewayUnavailable('razorpay has too many requests of ours', facts);
    }
    if (!refusal.success || httpStatus < 400 || isTransient(httpStatus, refusal.data.error)) {
      throw unavailable(call, `answered ${httpStatus}`, { retryAfterSeconds });
    }
    return { kind: 'refused', httpStatus, error: refusal.data.error };
  };
}

/** The value, or the error for a refusal the caller has no meaning for. */
export function expectDone<Value>(reply: Reply<Value>): Value {
  if (reply.kind === 'done') return reply.value;
  const { httpStatus, error } = reply;
  const code = isMissing(reply) ? 'resource_missing' : error.code.toLowerCase();
  throw new GatewayRejected(code, httpStatus, `razorpay refused: ${error.description}`);
}

/** An id nobody knows is a bad request like any other; only its description says so. */
export function isMissing(reply: Reply<unknown>): boolean {
  if (reply.kind === 'done') return false;
  return reply.httpStatus === 404 || NO_SUCH_ID.test(reply.error.description);
}

const NO_SUCH_ID = /id provided does not exist|not a valid id/i;

/** A refund under the same key is still executed: its answer will be there in a moment. */
const IN_PROGRESS = /still in progress/i;

function isTransient(httpStatus: number, { code, description }: WireError): boolean {
  if (httpStatus >= 500 || TRANSIENT_CODES.has(code)) return true;
  return httpStatus === 409 && IN_PROGRESS.test(description);
}

async function ask(options: ClientOptions, call: Call<z.ZodType>): Promise<JsonReply> {
  const { keyId, keySecret, origin, timeoutMs } = options;
  const { method, path, body, headers } = call;
  const authorization = `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`;
  const url = `${origin ?? ORIGIN}/v1${path}`;
  try {
    return await exchangeJson({
      method,
      url,
      headers: { authorization, ...headers },
      body,
      timeoutMs,
    });
  } catch (error) {
    throw unavailable(call, 'gave no answer', { cause: error });
  }
}

function unavailable(
  call: Call<z.ZodType>,
  what: string,
  facts: { readonly retryAfterSeconds?: number | null; readonly cause?: unknown },
): GatewayUnavailable {
  const outcome = wasNotSent(facts.cause) ? 'not_executed' : 'unknown';
  const message = `razorpay ${what} to ${call.method} ${call.path.split('?')[0]}`;
  return new GatewayUnavailable(message, { outcome, ...facts });
}
