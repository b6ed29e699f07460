/**
 * Owns: parsing a request by what its route declares.
 * Does not own: what routes are declared like (route.ts), what a wrong field is told (request.ts).
 */
import type { z } from 'zod';
import { invariant } from '../domain/invariant';
import { tenantOf } from './caller';
import {
  NOTHING,
  parseParams,
  parsePart,
  parseText,
  type ApiRequest,
  type ImportRequest,
  type UnparsedRequest,
} from './request';

interface ChangeSchemas<P extends z.ZodType, B extends z.ZodType> {
  readonly params?: P;
  readonly body?: B;
}

export function schemaOf<S extends z.ZodType>(schema: S | undefined): S {
  // Without one there are no fields: `S` is `Nothing`, its default, which TypeScript does not know in here.
  return schema ?? (NOTHING as unknown as S);
}

export function parseLook<P extends z.ZodType, Q extends z.ZodType>(
  { params, query }: { readonly params?: P; readonly query?: Q },
  unparsed: UnparsedRequest,
): ApiRequest<z.output<P>, z.output<Q>, undefined> {
  return {
    ...withCaller(unparsed),
    params: parseParams(schemaOf(params), unparsed.params),
    query: parsePart(schemaOf(query), unparsed.query),
    body: undefined,
  };
}

export function parseChange<P extends z.ZodType, B extends z.ZodType>(
  { params, body }: ChangeSchemas<P, B>,
  unparsed: UnparsedRequest,
): ApiRequest<z.output<P>, undefined, z.output<B>> {
  const parsedParams = parseParams(schemaOf(params), unparsed.params);
  parsePart(NOTHING, unparsed.query);
  return {
    ...withCaller(unparsed),
    params: parsedParams,
    query: undefined,
    body: parsePart(schemaOf(body), unparsed.body ?? {}),
  };
}

export function parseImport<P extends z.ZodType, B extends z.ZodType, Q extends z.ZodType>(
  declaration: ChangeSchemas<P, B> & { readonly csvQuery: Q },
  unparsed: UnparsedRequest,
): ImportRequest<z.output<P>, z.output<Q>, z.output<B>> {
  if (unparsed.rawBody === null) return { ...parseChange(declaration, unparsed), csv: null };
  const csv = parseText(unparsed.rawBody);
  return {
    ...withCaller({ ...unparsed, body: csv }),
    params: parseParams(schemaOf(declaration.params), unparsed.params),
    query: parsePart(declaration.csvQuery, unparsed.query),
    body: undefined,
    csv,
  };
}

function withCaller({ facts, caller, body }: UnparsedRequest) {
  invariant(caller !== null, 'a route with roles is served to authenticated callers only');
  return { ...facts, caller, tenant: tenantOf(caller), jsonBody: body };
}
