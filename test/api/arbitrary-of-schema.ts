import fc from 'fast-check';
import { z } from 'zod';

/** What strings attackers and other people's clients send. Each must be refused or kept as plain text. */
export const HOSTILE_TEXTS = [
  "'; drop table accounts; --",
  "' or '1'='1",
  '1; select pg_sleep(10)',
  '${7*7}{{7*7}}',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '%00',
  '\u0000',
  '\ud800',
  '\u202eevil',
  '=cmd|calc',
  '𝒯𝑒𝓍𝓉 ünïcode 文字',
  'null',
  'NaN',
  '1e400',
  ' ',
  'x'.repeat(5_000),
] as const;

const jsonSchema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  propertyNames: z.unknown().optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  not: z.looseObject({ const: z.unknown() }).optional(),
  examples: z.array(z.unknown()).optional(),
});

/** The document's components; `isStrict`: only what the schema allows. */
export interface Source {
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly isStrict?: boolean;
}
type JsonSchema = z.output<typeof jsonSchema>;

const INT_LIMIT = 1_000_000;
const ITEMS_MAX = 3;

/** Mostly values the schema allows, now and then one it does not, unless it is to be strict. */
export function arbitraryOf(schema: unknown, source: Source): fc.Arbitrary<unknown> {
  const parsed = jsonSchema.parse(schema);
  const valid = validValueOf(parsed, source);
  if (source.isStrict) return valid;
  return fc.oneof({ weight: 12, arbitrary: valid }, { weight: 1, arbitrary: junk() });
}

/** Anything JSON can say. */
export function junk(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(...HOSTILE_TEXTS),
    fc.constantFrom(null, true, -1, 0, 1.5, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [[]], ''),
    fc.jsonValue({ maxDepth: 2 }),
  );
}

function validValueOf(schema: JsonSchema, source: Source): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, allOf } = schema;
  if ($ref !== undefined) {
    return arbitraryOf(source.schemas[$ref.replace('#/components/schemas/', '')], source);
  }
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const parts = anyOf ?? oneOf ?? allOf;
  if (parts !== undefined) return fc.oneof(...parts.map((part) => arbitraryOf(part, source)));
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return junk();
  return fc.oneof(...types.map((type) => ofType(type, schema, source)));
}

function ofType(type: string, schema: JsonSchema, source: Source): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return objectOf(schema, source);
    case 'array':
      return arrayOf(schema, source);
    case 'string':
      return textOf(schema, source);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return fc.boolean();
    default:
      return fc.constant(null);
  }
}

function arrayOf(schema: JsonSchema, source: Source): fc.Arbitrary<unknown> {
  return fc.array(arbitraryOf(schema.items ?? {}, source), {
    minLength: schema.minItems ?? 0,
    maxLength: Math.min(schema.maxItems ?? ITEMS_MAX, ITEMS_MAX),
  });
}

function numberOf({ minimum, maximum }: JsonSchema): fc.Arbitrary<unknown> {
  const min = Math.max(minimum ?? -INT_LIMIT, -INT_LIMIT);
  const max = Math.max(min, Math.min(maximum ?? INT_LIMIT, INT_LIMIT));
  return fc.integer({ min, max });
}

function objectOf(schema: JsonSchema, source: Source): fc.Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, arbitraryOf(field, source)] as const,
  );
  if (fields.length === 0 && typeof schema.additionalProperties === 'object') {
    const names = jsonSchema.parse(schema.propertyNames ?? { type: 'string' });
    const keys = validValueOf(names, source).map(String);
    return fc.dictionary(keys, arbitraryOf(schema.additionalProperties, source), {
      maxKeys: 3,
    });
  }
  const requiredKeys = (schema.required ?? []).filter((name) => name in (schema.properties ?? {}));
  const whole = fc.record(Object.fromEntries(fields), { requiredKeys });
  if (source.isStrict) return whole;
  return fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 1, arbitrary: whole.map((value) => ({ ...value, not_a_field: 1 })) },
    { weight: 1, arbitrary: fc.record(Object.fromEntries(fields), { requiredKeys: [] }) },
  );
}

/** Texts that a refinement behind the schema asks for come from its own examples. */
function textOf(
  { examples, format, pattern, minLength, maxLength, not }: JsonSchema,
  { isStrict }: Source,
): fc.Arbitrary<unknown> {
  const known = examples ?? [];
  if (known.length > 0) return fc.constantFrom(...known);
  const matching = fc
    .stringMatching(new RegExp(pattern ?? '^[^]*$', 'u'), { size: 'xsmall' })
    .filter((text) => Array.from(text).length >= (minLength ?? 0))
    .filter((text) => Array.from(text).length <= (maxLength ?? Infinity))
    .filter((text) => text !== not?.const && !/\p{Cs}/u.test(text))
    .filter((text) => format !== 'date-time' || isOnCalendar(text));
  if (isStrict) return matching;
  return fc.oneof(
    { weight: 4, arbitrary: matching },
    { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  );
}

/** 31 November has the form of a day. */
function isOnCalendar(instant: string): boolean {
  const parsed = new Date(instant);
  return (
    !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === instant.slice(0, 10)
  );
}
