/**
 * Owns: the OpenAPI 3.1 document, made of the same declarations that run the routes.
 * Does not own: any fact of a route; what is wrong here is wrong in its declaration.
 * Schemas with `.meta({ id })` become named components (json-schema.ts). Refusals are components, too:
 * one for each set of codes that an operation may answer with a status.
 */
import { z } from 'zod';
import { BILLING_ERROR_CODES, type BillingErrorCode } from '../domain/billing-error';
import { createSchemaBook, type Json, type SchemaBook } from './json-schema';
import { MONEY_DETAILS, PROBLEMS } from './problem';
import { NOTHING } from './request';
import type { ResponseDocument, Route } from './route';
import { moneyOutput } from './schemas/common.schema';
import { describeWebhooks } from './webhook-documents';

/** An operation of the document with what tests and generators read from it. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly security: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(BILLING_ERROR_CODES),
    detail: z.string(),
    request_id: z.string(),
    errors: z
      .array(z.strictObject({ field: z.string(), code: z.string(), message: z.string() }))
      .optional(),
    ...Object.fromEntries(MONEY_DETAILS.map((name) => [name, moneyOutput.optional()])),
  })
  .meta({
    id: 'Problem',
    description:
      'RFC 9457. `code` is what programs look at. `required`, `available` and `missing` go with ' +
      '`insufficient_balance`.',
  });

const EVERY_KEYED_ROUTE: readonly BillingErrorCode[] = [
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'internal_error',
  'unavailable',
];
const EVERY_CHANGE: readonly BillingErrorCode[] = [
  'invalid_request',
  'unknown_field',
  'payload_too_large',
  'unsupported_media_type',
];

/** What operations of the document share. */
interface Shared {
  readonly book: SchemaBook;
  readonly refusals: Map<string, Json>;
}

/** The document of these routes. `publicUrl` is where customers reach them. */
export function buildOpenApi(routes: readonly Route[], publicUrl: string): OpenApiDocument {
  const shared: Shared = { book: createSchemaBook(), refusals: new Map() };
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = toOperation(route, shared);
  }
  const { book, refusals } = shared;
  const webhooks = describeWebhooks(book);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollgate',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ api_key: [] }],
    paths: resolvePaths(paths, book),
    webhooks: resolvePaths(webhooks, book),
    components: {
      securitySchemes: {
        api_key: { type: 'http', scheme: 'bearer', description: 'An API key: `tg_live_…`.' },
      },
      headers: { RetryAfter: RETRY_AFTER },
      responses: book.resolve(Object.fromEntries(refusals)),
      schemas: book.components(),
    },
  };
}

function resolvePaths(
  paths: Readonly<Record<string, Readonly<Record<string, Json>>>>,
  { resolve }: SchemaBook,
): OpenApiDocument['paths'] {
  const resolved = Object.entries(paths).map(([path, methods]) => {
    const operations = Object.entries(methods).map(([name, each]) => [name, resolve(each)]);
    return [path, Object.fromEntries(operations)];
  });
  return Object.fromEntries(resolved);
}

const DESCRIPTION = `Money is \`{"amount": "600.00", "currency": "INR"}\`. Every write takes an
\`Idempotency-Key\`: the same key and body answer the first answer again. Refusals are problem
documents; \`code\` comes from the closed list at [/docs/errors](/docs/errors).`;

function toOperation(route: Route, shared: Shared): Json {
  const { access, schemas } = route;
  const isChange = isChanging(route);
  const hasBody = isChange && schemas.body !== NOTHING;
  return {
    operationId: route.operation,
    summary: route.summary,
    ...(route.description === '' ? {} : { description: route.description }),
    tags: [route.tag],
    ...(access.kind === 'open'
      ? { security: [] }
      : { 'x-roles': access.roles, 'x-scope': access.scope }),
    'x-effect': route.effect,
    parameters: [
      ...toParameters(schemas.params, 'path', shared),
      ...toParameters(schemas.query, 'query', shared),
      ...(isChange ? [route.effect === 'intake' ? KEY_NOT_NEEDED : IDEMPOTENCY_KEY] : []),
      ...(route.effect === 'command' ? [PREFER] : []),
    ],
    ...(hasBody && {
      requestBody: {
        required: true,
        content: {
          ...toContent(shared.book.write(schemas.body, 'input')),
          ...(route.acceptsCsv && toContent({ type: 'string' }, 'text/csv')),
        },
      },
    }),
    ...(route.rawBody && { requestBody: { required: true, content: toContent({}) } }),
    responses: toResponses(route, shared),
  };
}

function isChanging({ effect }: Route): boolean {
  return effect === 'write' || effect === 'command' || effect === 'intake';
}

function toContent(schema: Json, contentType = 'application/json'): Json {
  return { [contentType]: { schema } };
}

const IDEMPOTENCY_KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key and body answer the first answer again, at least for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]*$' },
};

const KEY_NOT_NEEDED: Json = {
  ...IDEMPOTENCY_KEY,
  description: 'Taken, and not needed: the ids in the body make a repeated request harmless.',
};

const PREFER: Json = {
  name: 'Prefer',
  in: 'header',
  required: false,
  description: '`wait=N`: wait so many seconds (at most 30, else 10) before answering 202.',
  schema: { type: 'string', examples: ['wait=5'] },
};

const RETRY_AFTER: Json = {
  required: true,
  description: 'Ask again after so many seconds, with the same Idempotency-Key.',
  schema: { type: 'integer', minimum: 1 },
};

/** What programs read beside the body, by status. */
const HEADERS: Readonly<Record<number, Json>> = {
  201: {
    Location: { required: true, description: 'Its address.', schema: { type: 'string' } },
  },
  429: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
  503: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
};

function toParameters(
  schema: z.ZodType,
  place: 'path' | 'query',
  { book }: Shared,
): readonly Json[] {
  const { properties, required } = parameterShape.parse(book.write(schema, 'input'));
  return Object.entries(properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (required ?? []).includes(name),
    schema: property,
  }));
}

const parameterShape = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

function toResponses(route: Route, shared: Shared): Json {
  const answers = Object.entries(route.responses).map(([status, response]) => [
    status,
    toResponse(Number(status), response, shared),
  ]);
  return { ...toRefusals(route, shared), ...Object.fromEntries(answers) };
}

function toResponse(
  status: number,
  { description, schema, contentType }: ResponseDocument,
  { book }: Shared,
): Json {
  const headers = status < 400 ? HEADERS[status] : undefined;
  return {
    description,
    ...(headers !== undefined && { headers }),
    ...(contentType !== undefined && { content: { [contentType]: {} } }),
    ...(schema !== undefined && { content: toContent(book.write(schema, 'output')) }),
  };
}

/** The refusals of a route by status, each with the codes it may carry. */
function toRefusals(route: Route, shared: Shared): Json {
  const codes = codesOf(route);
  const byStatus = new Map<number, BillingErrorCode[]>();
  for (const code of BILLING_ERROR_CODES.filter((each) => codes.has(each))) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [status, toRefusal(status, ofStatus, shared)]),
  );
}

function codesOf(route: Route): ReadonlySet<BillingErrorCode> {
  const codes = new Set<BillingErrorCode>(route.refusals);
  if (route.access.kind === 'key') for (const code of EVERY_KEYED_ROUTE) codes.add(code);
  if (isChanging(route)) for (const code of EVERY_CHANGE) codes.add(code);
  if (route.effect === 'write' || route.effect === 'command') codes.add('idempotency_key_reused');
  if (route.path.includes('{')) codes.add('not_found');
  if (route.schemas.query !== NOTHING) codes.add('invalid_request').add('unknown_field');
  return codes;
}

/** A reference to the answer with these codes, which many operations share. */
function toRefusal(
  status: number,
  codes: readonly BillingErrorCode[],
  { book, refusals }: Shared,
): Json {
  const name = codes.join('.');
  const problem = book.write(problemSchema, 'output');
  const headers = HEADERS[status];
  refusals.set(name, {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    ...(headers !== undefined && { headers }),
    content: toContent(
      { allOf: [problem], type: 'object', properties: { code: { enum: codes } } },
      'application/problem+json',
    ),
  });
  return { $ref: `#/components/responses/${name}` };
}
