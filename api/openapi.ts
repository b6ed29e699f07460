/**
 * Owns: the OpenAPI 3.1 document, made of the same declarations that run the routes.
 * Does not own: any fact of a route; what is wrong here is wrong in its declaration.
 * Schemas with `.meta({ id })` become named components; their JSON Schema is zod's own (2020-12,
 * which OpenAPI 3.1 uses as it is).
 */
import { z } from 'zod';
import { BILLING_ERROR_CODES, type BillingErrorCode } from '../domain/billing-error';
import { PROBLEMS } from './problem';
import { NOTHING } from './request';
import type { ResponseDocument, Route } from './route';

type Json = Readonly<Record<string, unknown>>;

/** An operation of the document with what tests and generators read from it. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly security: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
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
  })
  .meta({ id: 'Problem', description: 'RFC 9457. `code` is what programs look at.' });

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
  'idempotency_key_reused',
  'payload_too_large',
  'unsupported_media_type',
];

/** The document of these routes. `publicUrl` is where customers reach them. */
export function buildOpenApi(routes: readonly Route[], publicUrl: string): OpenApiDocument {
  const components = new Map<string, unknown>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = toOperation(route, components);
  }
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
    paths,
    components: {
      securitySchemes: {
        api_key: { type: 'http', scheme: 'bearer', description: 'An API key: `tg_live_…`.' },
      },
      schemas: Object.fromEntries(components),
    },
  };
}

const DESCRIPTION = `Money is \`{"amount": "600.00", "currency": "INR"}\`. Every write takes an
\`Idempotency-Key\`: the same key and body answer the first answer again. Refusals are problem
documents; \`code\` comes from the closed list at [/docs/errors](/docs/errors).`;

function toOperation(route: Route, components: Map<string, unknown>): Json {
  const { access, schemas } = route;
  const hasBody = route.effect === 'write' || route.effect === 'command';
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
      ...toParameters(schemas.params, { place: 'path', components }),
      ...toParameters(schemas.query, { place: 'query', components }),
      ...(hasBody ? [IDEMPOTENCY_KEY] : []),
      ...(route.effect === 'command' ? [PREFER] : []),
    ],
    ...(hasBody && schemas.body !== NOTHING
      ? {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: toJsonSchema(schemas.body, 'input', components) },
            },
          },
        }
      : {}),
    responses: toResponses(route, components),
  };
}

const IDEMPOTENCY_KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key and body answer the first answer again, at least for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const PREFER: Json = {
  name: 'Prefer',
  in: 'header',
  required: false,
  description: '`wait=N`: wait so many seconds (at most 30, else 10) before answering 202.',
  schema: { type: 'string', examples: ['wait=5'] },
};

function toParameters(
  schema: z.ZodType,
  { place, components }: { place: 'path' | 'query'; components: Map<string, unknown> },
): Json[] {
  const shape = toJsonSchema(schema, 'input', components);
  const { properties, required } = parameterShape.parse(shape);
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

function toResponses(route: Route, components: Map<string, unknown>): Json {
  const answers = Object.entries(route.responses).map(([status, response]) => [
    status,
    toResponse(response, components),
  ]);
  return { ...toRefusals(route, components), ...Object.fromEntries(answers) };
}

function toResponse(
  { description, schema, contentType }: ResponseDocument,
  components: Map<string, unknown>,
): Json {
  if (schema === undefined && contentType === undefined) return { description };
  const media = schema === undefined ? {} : { schema: toJsonSchema(schema, 'output', components) };
  return { description, content: { [contentType ?? 'application/json']: media } };
}

/** The refusals of a route by status, each with the codes it may carry. */
function toRefusals(route: Route, components: Map<string, unknown>): Json {
  const codes = new Set<BillingErrorCode>(route.refusals);
  if (route.access.kind === 'key') for (const code of EVERY_KEYED_ROUTE) codes.add(code);
  if (route.effect === 'write' || route.effect === 'command') {
    for (const code of EVERY_CHANGE) codes.add(code);
  }
  if (route.path.includes('{')) codes.add('not_found');
  if (route.schemas.query !== NOTHING) codes.add('invalid_request').add('unknown_field');
  const byStatus = new Map<number, BillingErrorCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const schema = toJsonSchema(problemSchema, 'output', components);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

/** zod's JSON Schema with its named parts moved to the document's components. */
function toJsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Map<string, unknown>,
): unknown {
  const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  const { $schema: _, $defs, ...rest } = made;
  for (const [name, part] of Object.entries($defs ?? {})) {
    components.set(name, withComponentRefs(part));
  }
  return withComponentRefs(rest);
}

function withComponentRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withComponentRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name,
      name === '$ref' && typeof part === 'string'
        ? part.replace('#/$defs/', '#/components/schemas/')
        : withComponentRefs(part),
    ]),
  );
}
