/**
 * Owns: JSON Schema (2020-12, which OpenAPI 3.1 uses as it is) out of zod schemas. Those with
 * `.meta({ id })` become named components of the document. A part that requests may leave out and
 * answers always have is two components: the one of requests is named `…Input`.
 * Does not own: where the schemas stand in the document (openapi.ts).
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { invariant } from '../domain/invariant';

export type Json = Readonly<Record<string, unknown>>;
export type Direction = 'input' | 'output';

/** Collects the named parts of all schemas of one document. */
export interface SchemaBook {
  /** The schema, its references led to components by `resolve` only when all are known. */
  readonly write: (schema: z.ZodType, direction: Direction) => Json;
  readonly resolve: (value: Json) => Json;
  /** The named parts of what was written. */
  readonly components: () => Json;
}

/** Until all is written a reference is `#input/Name` or `#output/Name`: the same keys as these. */
type Parts = Map<string, Json>;

export function createSchemaBook(): SchemaBook {
  const parts: Parts = new Map();
  const resolve = (value: Json): Json => {
    const names = nameParts(parts);
    const toReference = (name: string) => `#/components/schemas/${name}`;
    return json.parse(
      replaceTexts(value, (text) => (names.has(text) ? toReference(names.get(text) ?? '') : text)),
    );
  };
  return {
    resolve,
    write(schema, direction) {
      const { $schema: _, $defs = {}, ...rest } = toJsonSchema(schema, direction);
      for (const [name, part] of Object.entries(json.parse($defs))) {
        const key = `#${direction}/${name}`;
        const known = parts.get(key) ?? part;
        invariant(isDeepStrictEqual(known, part), `two schemas are named ${name}`);
        parts.set(key, json.parse(part));
      }
      return rest;
    },
    components() {
      const names = nameParts(parts);
      const named = [...parts].map(
        ([key, part]) => [names.get(key) ?? key, resolve(part)] as const,
      );
      return Object.fromEntries(named.sort(([one], [other]) => (one < other ? -1 : 1)));
    },
  };
}

const json = z.record(z.string(), z.unknown());

function toJsonSchema(schema: z.ZodType, direction: Direction): Json {
  const made = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: direction,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const isWritten = zodSchema instanceof z.ZodDiscriminatedUnion && jsonSchema.oneOf;
      if (isWritten && isAlwaysTold(zodSchema)) {
        jsonSchema.discriminator = toDiscriminator(zodSchema);
      }
    },
  });
  return json.parse(replaceTexts(made, (text) => text.replace(/^#\/\$defs\//, `#${direction}/`)));
}

/** OpenAPI's discriminator is a field that is always there: of one that may be left out it knows nothing. */
function isAlwaysTold({ def, options }: z.ZodDiscriminatedUnion): boolean {
  return options.every(
    (option) =>
      !(option instanceof z.ZodObject) ||
      !(option.shape[def.discriminator] instanceof z.ZodOptional),
  );
}

/** Which named variant a value of the telling field means, for generators that make classes. */
function toDiscriminator({ def, options }: z.ZodDiscriminatedUnion): Json {
  const mapping = options.flatMap((option) => {
    const value = option instanceof z.ZodObject ? option.shape[def.discriminator] : undefined;
    const { id } = z.globalRegistry.get(option) ?? {};
    invariant(
      value instanceof z.ZodLiteral && id !== undefined,
      'a variant has a name and a literal',
    );
    return [[String(value.value), `#/$defs/${id}`]];
  });
  return { propertyName: def.discriminator, mapping: Object.fromEntries(mapping) };
}

/** Component names by key: one for both directions, unless they differ, or parts they refer to do. */
function nameParts(parts: Parts): ReadonlyMap<string, string> {
  const differing = new Set<string>();
  const texts = new Map([...parts].map(([key, part]) => [key, JSON.stringify(part)]));
  const differs = (name: string, input: string, output: string) =>
    input.replaceAll('"#input/', '"#output/') !== output ||
    [...differing].some((other) => other !== name && output.includes(`"#output/${other}"`));
  for (let before = -1; before < differing.size;) {
    before = differing.size;
    for (const [key, input] of texts) {
      const name = key.replace('#input/', '');
      const output = texts.get(`#output/${name}`);
      if (output !== undefined && differs(name, input, output)) differing.add(name);
    }
  }
  return new Map(
    [...parts.keys()].map((key) => {
      const [, direction, name = key] = /^#(input|output)\/(.+)$/.exec(key) ?? [];
      return [key, direction === 'input' && differing.has(name) ? `${name}Input` : name];
    }),
  );
}

function replaceTexts(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((each) => replaceTexts(each, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, replaceTexts(part, replace)]),
  );
}
