/**
 * Owns: one HTTP exchange with a system outside: a time limit, a size limit, and whether a failed one
 * can have reached the other side.
 * Does not own: what the answer means, or words for its failure; each adapter has its own.
 * Example: `await exchange({ method: 'GET', url, headers: {}, body: null, timeoutMs: 4_000 })`; when
 * that throws and `wasNotSent(error)`, nobody listened and nothing was executed.
 */
import { z } from 'zod';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly httpStatus: number;
  readonly text: string;
  readonly retryAfterSeconds: number | null;
}

/** The longest list we ask for is some 100 kB; ten times that is no answer to us. */
const REPLY_MAX_BYTES = 1_000_000;

/** The request never left this machine, or nobody listens: nothing can have been executed. */
const NOT_SENT_CODES: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Rejects with the network's error when no whole answer came in time. Follows no redirect. */
export async function exchange(request: HttpRequest): Promise<HttpReply> {
  const { method, url, headers, body, timeoutMs } = request;
  const response = await fetch(url, {
    method,
    headers,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  return {
    httpStatus: response.status,
    text: await readText(response),
    retryAfterSeconds: readSeconds(response.headers.get('retry-after')),
  };
}

export interface JsonRequest extends Pick<HttpRequest, 'method' | 'url' | 'headers' | 'timeoutMs'> {
  /** Left out: the request has none. */
  readonly body?: unknown;
}

export interface JsonReply extends Pick<HttpReply, 'httpStatus' | 'retryAfterSeconds'> {
  /** undefined: it was no JSON. */
  readonly body: unknown;
}

/** The same for JSON both ways. */
export async function exchangeJson({ body, headers, ...request }: JsonRequest): Promise<JsonReply> {
  const hasBody = body !== undefined;
  const { text, ...reply } = await exchange({
    ...request,
    headers: hasBody ? { ...headers, 'content-type': 'application/json' } : headers,
    body: hasBody ? JSON.stringify(body) : null,
  });
  return { ...reply, body: parseJson(text) };
}

/** Whether the error of an exchange proves that the other side never saw the request. */
export function wasNotSent(error: unknown): boolean {
  return NOT_SENT_CODES.has(codeOf(error));
}

/** undefined for what is no JSON: no schema accepts it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = z.instanceof(Uint8Array).parse(chunk);
    bytes += part.length;
    if (bytes > REPLY_MAX_BYTES) throw new RangeError('the reply is too long');
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readSeconds(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null;
}

/** fetch wraps the network's error as the cause of its own. */
function codeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error) return error.code;
  return 'cause' in error ? codeOf(error.cause) : undefined;
}
