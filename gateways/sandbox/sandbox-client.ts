/**
 * Owns: one HTTP call to the sandbox gateway: key, time limit, and what went wrong in words of the
 * port (GatewayUnavailable, GatewayRejected). Every reply is checked against a schema.
 * Does not own: what the calls mean (sandbox-gateway.ts).
 * Nothing is retried here: the caller repeats with the same idempotency key, or looks up first.
 */
import type { z } from 'zod';
import { exchangeJson, wasNotSent, type JsonReply } from '../http-exchange';
import { GatewayRejected, GatewayUnavailable } from '../payment-gateway';
import { errorSchema, type WireError } from './wire';

export interface ClientOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
}

export interface Call<Schema extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly reply: Schema;
  readonly idempotencyKey?: string;
  readonly body?: unknown;
}

/** `refused`: a 4xx whose meaning depends on the call; the caller decides or throws it on. */
export type Reply<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'refused'; readonly httpStatus: number; readonly error: WireError['error'] };

export type SandboxClient = <Schema extends z.ZodType>(
  call: Call<Schema>,
) => Promise<Reply<z.infer<Schema>>>;

export function createSandboxClient(options: ClientOptions): SandboxClient {
  return async (call) => {
    const { httpStatus, body, retryAfterSeconds } = await ask(options, call);
    if (httpStatus >= 200 && httpStatus < 300) {
      const parsed = call.reply.safeParse(body);
      if (parsed.success) return { kind: 'done', value: parsed.data };
      throw unavailable(call, 'answered something we cannot read', {});
    }
    const refusal = errorSchema.safeParse(body);
    const isTransient =
      httpStatus >= 500 ||
      httpStatus === 429 ||
      refusal.data?.error.code === 'idempotency_key_in_use';
    if (isTransient || !refusal.success || httpStatus < 400) {
      throw unavailable(call, `answered ${httpStatus}`, { retryAfterSeconds });
    }
    return { kind: 'refused', httpStatus, error: refusal.data.error };
  };
}

/** The error for a refusal the caller has no meaning for. */
export function toRejection(refusal: {
  readonly httpStatus: number;
  readonly error: WireError['error'];
}): GatewayRejected {
  const { httpStatus, error } = refusal;
  return new GatewayRejected(error.code, httpStatus, `the gateway refused: ${error.message}`);
}

async function ask(options: ClientOptions, call: Call<z.ZodType>): Promise<JsonReply> {
  const { method, path, body, idempotencyKey } = call;
  const { baseUrl, apiKey, timeoutMs } = options;
  const headers = {
    authorization: `Bearer ${apiKey}`,
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
  try {
    return await exchangeJson({ method, url: `${baseUrl}${path}`, headers, body, timeoutMs });
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
  const message = `the sandbox gateway ${what} to ${call.method} ${call.path.split('?')[0]}`;
  return new GatewayUnavailable(message, { outcome, ...facts });
}
