/**
 * Owns: talking to the API over HTTP as a customer's program would: a bearer key, an Idempotency-Key on
 * every write, answers parsed. Demos and scenario tests share it; there is no back door in here.
 * Does not own: what the answers look like (answers.ts), the story that is told with them.
 * Example: `(await client.send('POST', '/v1/partners', { body: { name: 'Acme' } })).status === 201`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { pageSchema, problemSchema, type Problem } from './answers';

/** The API waits no longer than this for an outcome, whatever is preferred. */
const WAIT_SECONDS = 30;
const ANSWER_WITHIN_MS = 40_000;
const ATTEMPTS_MAX = 5;
const RETRY_AFTER_SECONDS = 1;
const PAGES_MAX = 200;
const PAGE_LIMIT = 100;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface SendOptions {
  readonly body?: unknown;
  /** A file in place of a body. */
  readonly csv?: string;
  /** Of a write; made up when left out. */
  readonly idempotencyKey?: string;
  /** Seconds the API may wait for the outcome of a command (RFC 7240); as long as it does, if left out. */
  readonly waitSeconds?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined when there is none. */
  readonly body: unknown;
}

export interface ApiClient {
  readonly baseUrl: string;
  /**
   * The answer to a request, whatever its status, a refusal included. 503 says "nobody knows, ask again
   * with the same key", so it is asked again a few times. Rejects only with NoAnswer.
   */
  send(method: Method, path: string, options?: SendOptions): Promise<ApiAnswer>;
  /** The same without asking again. */
  sendOnce(method: Method, path: string, options?: SendOptions): Promise<ApiAnswer>;
  /** Reads a resource. Rejects with UnexpectedAnswer unless it is there. */
  read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>>;
  /** Every item of a list, over all pages, in the list's own order. */
  readAll<Schema extends z.ZodType>(path: string, item: Schema): Promise<z.output<Schema>[]>;
  /** A write that must succeed. Rejects with UnexpectedAnswer when it is refused. */
  write<Schema extends z.ZodType>(
    method: Exclude<Method, 'GET'>,
    path: string,
    request: SendOptions & { readonly schema: Schema },
  ): Promise<z.output<Schema>>;
}

/** Nobody answered: refused, cut off in the middle, or silent for too long. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(request: string, cause: unknown) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    super(`${request} got no answer: ${inner instanceof Error ? inner.message : String(inner)}`, {
      cause,
    });
  }
}

/** The API answered something the caller cannot go on with; the message says what. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';

  constructor(
    request: string,
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    const says = problem === null ? '' : `: ${problem.code}, ${problem.detail}`;
    super(`${request} answered ${status}${says}`);
  }
}

export function createApiClient({
  baseUrl,
  apiKey,
}: {
  readonly baseUrl: string;
  readonly apiKey: string;
}): ApiClient {
  async function sendOnce(
    method: Method,
    path: string,
    options: SendOptions = {},
  ): Promise<ApiAnswer> {
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: buildHeaders(method, apiKey, options),
        body: options.csv ?? (options.body === undefined ? null : JSON.stringify(options.body)),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: parseJson(text) };
    } catch (error) {
      throw new NoAnswer(`${method} ${baseUrl}${path}`, error);
    }
  }

  async function send(method: Method, path: string, options: SendOptions = {}): Promise<ApiAnswer> {
    const keyed = { ...options, idempotencyKey: options.idempotencyKey ?? randomUUID() };
    for (let tries = 1; ; tries += 1) {
      const answer = await sendOnce(method, path, keyed);
      if (answer.status !== 503 || tries === ATTEMPTS_MAX) return answer;
      const seconds = Number(answer.headers.get('retry-after') ?? RETRY_AFTER_SECONDS);
      await pause(seconds * 1_000);
    }
  }

  return {
    baseUrl,
    send,
    sendOnce,
    async read(path, schema) {
      return parse(schema, `GET ${path}`, await send('GET', path));
    },
    async readAll(path, item) {
      const items: z.output<typeof item>[] = [];
      let cursor: string | null = null;
      for (let pages = 0; pages < PAGES_MAX; pages += 1) {
        const address = addToQuery(path, { limit: String(PAGE_LIMIT), ...(cursor && { cursor }) });
        const page = parse(pageSchema(item), `GET ${path}`, await send('GET', address));
        items.push(...page.items);
        cursor = page.next_cursor;
        if (cursor === null) return items;
      }
      throw new Error(`GET ${path} has more than ${PAGES_MAX} pages`);
    },
    async write(method, path, { schema, ...options }) {
      return parse(schema, `${method} ${path}`, await send(method, path, options));
    },
  };
}

function buildHeaders(method: Method, apiKey: string, options: SendOptions): Headers {
  const headers = new Headers({ authorization: `Bearer ${apiKey}` });
  if (options.body !== undefined) headers.set('content-type', 'application/json');
  if (options.csv !== undefined) headers.set('content-type', 'text/csv');
  if (method === 'GET') return headers;
  headers.set('prefer', `wait=${options.waitSeconds ?? WAIT_SECONDS}`);
  headers.set('idempotency-key', options.idempotencyKey ?? randomUUID());
  return headers;
}

function addToQuery(path: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString();
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  request: string,
  { status, body }: ApiAnswer,
): z.output<Schema> {
  if (status >= 300) {
    throw new UnexpectedAnswer(request, status, problemSchema.safeParse(body).data ?? null);
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`${request} answered another shape than promised: ${faults.join('; ')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A page for people, or nothing at all: the status tells.
  }
}
