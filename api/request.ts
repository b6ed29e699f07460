import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Tenant } from '../db/tenant';
import { BillingError } from '../domain/billing-error';
import type { Instant } from '../domain/instant';
import type { Caller } from './caller';
import { InvalidRequest, type FieldError } from './problem';

/** What is known of a request whatever its route. */
export interface RequestFacts {
  readonly requestId: string;
  readonly receivedAt: Instant;
  readonly method: string;
  /** The path with its ids and query as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the caller; behind proxies we trust, what they say it is. */
  readonly address: string;
  /** Of `Prefer: wait=N`; null when the caller does not say. At most 30. */
  readonly waitSeconds: number | null;
}

/** A request as the framework hands it on: authenticated, not yet parsed. */
export interface UnparsedRequest {
  readonly facts: RequestFacts;
  readonly caller: Caller | null;
  readonly params: unknown;
  readonly query: unknown;
  /** Parsed JSON; undefined when the request had no body. */
  readonly body: unknown;
  /** The body's bytes, only for routes that declare `rawBody`, and of CSV files. */
  readonly rawBody: Buffer | null;
}

/** A request as handlers see it: parsed, strict, with its caller. */
export interface ApiRequest<Params, Query, Body> extends RequestFacts {
  readonly caller: Caller;
  readonly tenant: Tenant;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The body as it was sent, only to tell copies of a request from others. */
  readonly jsonBody: unknown;
}

/** A request to a route that also takes CSV: one of two kinds. */
export type ImportRequest<Params, Query, Body> =
  | (ApiRequest<Params, undefined, Body> & { readonly csv: null })
  | (ApiRequest<Params, Query, undefined> & { readonly csv: string });

/** A request to a route without authentication. */
export interface OpenRequest<Params, Query> extends RequestFacts {
  readonly params: Params;
  readonly query: Query;
  readonly rawBody: Buffer | null;
}

/** The schema of a part a route does not have: any field in it is refused. */
export const NOTHING = z.strictObject({});
export type Nothing = typeof NOTHING;

export interface RequestSchemas {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
}

/** An id that is not even spelled like one names nothing: 404, as for another tenant's id. */
export function parseParams<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new BillingError('not_found', 'No such resource.');
  return parsed.data;
}

/** Parses a query or body. Throws InvalidRequest that names every wrong or unknown field. */
export function parsePart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => toFieldErrors(issue, []));
  const isUnknown = errors.some(({ code }) => code === 'unknown_field');
  throw new InvalidRequest(isUnknown ? 'unknown_field' : 'invalid_request', errors);
}

/** A file's text without the byte order mark that spreadsheets put before it. Throws InvalidRequest when it is not UTF-8. */
export function parseText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidRequest('invalid_request', [
      { field: 'body', code: 'invalid', message: 'The file is not UTF-8.' },
    ]);
  }
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

function toFieldErrors(issue: Issue, parent: Path): FieldError[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...path, key]),
      code: 'unknown_field',
      message: 'This field does not exist.',
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors[0] !== undefined) {
    return issue.errors[0].flatMap((inner) => toFieldErrors(inner, path));
  }
  const code = codeOf(issue);
  const message = code === 'required' && issue.code !== 'custom' ? IS_REQUIRED : issue.message;
  return [{ field: fieldName(path), code, message }];
}

const IS_REQUIRED = 'This field is required.';

/** Blank text is missing text; a refinement may name its own code with `params: { code }`. */
function codeOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'required';
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) {
    return 'required';
  }
  if (issue.code === 'custom' && typeof issue.params?.code === 'string') return issue.params.code;
  return issue.code === 'custom' ? 'invalid' : issue.code;
}

function fieldName(path: Path): string {
  return path.length === 0 ? 'body' : path.map(String).join('.');
}
