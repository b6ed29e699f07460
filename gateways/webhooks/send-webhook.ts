/**
 * Owns: one try to deliver a webhook: one POST, to an address that was checked, within limits of time and size.
 * Does not own: when to try again (domain/webhook/retry-schedule.ts), what the try is noted as.
 * Example: an endpoint that answers 302 is `{ status: 302, error: 'redirects are not followed' }`: it failed.
 */
import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { findUrlFault, isAllowedAddress, type TargetPolicy } from './webhook-target';
import type { WebhookHeaders } from './sign-webhook';

/** What a try came to: accepted without an error; a status of null: there was no answer. */
export interface TryOutcome {
  readonly status: number | null;
  readonly error: string | null;
}

export interface SendOptions extends TargetPolicy {
  /** Of the whole try: name, connection, answer. */
  readonly timeoutMs: number;
  /** Ends the try when the process stops. */
  readonly signal?: AbortSignal;
  /** Resolves names; the system's resolver when left out. */
  readonly resolve?: typeof resolveName;
}

export const SEND_TIMEOUT_MS = 15_000;
/** Nobody reads the answer's body; a short one is taken, so that the receiver sees an orderly end. */
const ANSWER_BYTES_MAX = 16_384;
const ANSWER_READ_MS = 1_000;
const HEADER_BYTES_MAX = 16_384;
const USER_AGENT = 'Tollgate-Webhooks/1.0';

class RefusedTarget extends Error {}

/** Sends one webhook. Never throws for what the other side does, and follows nothing. */
export async function sendWebhook(
  message: { readonly url: string; readonly body: string; readonly headers: WebhookHeaders },
  options: SendOptions,
): Promise<TryOutcome> {
  const fault = findUrlFault(message.url, options);
  if (fault !== null) return { status: null, error: fault };
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
  try {
    const status = await post(message, { ...options, signal });
    return { status, error: faultOfStatus(status) };
  } catch (error) {
    const late = `no answer within ${options.timeoutMs / 1_000} s`;
    return { status: null, error: limit.aborted ? late : describeFailure(error) };
  }
}

function post(
  message: { readonly url: string; readonly body: string; readonly headers: WebhookHeaders },
  options: SendOptions & { readonly signal: AbortSignal },
): Promise<number> {
  const url = new URL(message.url);
  const body = Buffer.from(message.body, 'utf8');
  const asked: RequestOptions = {
    method: 'POST',
    // A connection of its own, closed afterwards: none is left open to whoever answers the name next.
    agent: false,
    lookup: checkedLookup(options),
    signal: options.signal,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: {
      ...message.headers,
      'content-type': 'application/json',
      'content-length': body.length,
      'user-agent': USER_AGENT,
      connection: 'close',
    },
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, asked, (answer) => {
      readLittle(answer, () => {
        resolve(answer.statusCode ?? 0);
        request.destroy();
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The status is known; the rest of the answer gets a moment and some kilobytes, then it is cut. */
function readLittle(answer: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const enough = setTimeout(done, ANSWER_READ_MS);
  const finish = () => {
    clearTimeout(enough);
    done();
  };
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) finish();
  });
  answer.on('end', finish);
  answer.on('error', finish);
}

/** The addresses that are checked are those that are connected to: nobody can change the name between. */
function checkedLookup(options: SendOptions): LookupFunction {
  const resolve = options.resolve ?? resolveName;
  return (hostname, asked, callback) => {
    resolve(hostname, { ...asked, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const refused = addresses.find(({ address }) => !isAllowedAddress(address, options));
      const [first] = addresses;
      if (refused !== undefined || first === undefined) {
        const text = `${hostname} is at ${refused?.address ?? 'no address'}, which is not public`;
        callback(new RefusedTarget(text), '', 0);
        return;
      }
      if (asked.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function faultOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'redirects are not followed';
  return `answered ${status}`;
}

const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was closed before an answer',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ETIMEDOUT: 'it cannot be reached',
};

function describeFailure(error: unknown): string {
  if (error instanceof RefusedTarget) return error.message;
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  const code = isCoded ? String(error.code) : 'unknown';
  return FAILURES[code] ?? `the connection failed: ${code}`;
}
