/**
 * Owns: how a route is declared. One declaration gives the Express wiring, the validation, the
 * authorization and the OpenAPI document, so the four cannot disagree.
 * Does not own: running it (serve-route.ts) or describing it (openapi.ts).
 *
 * To add a route: declare it in `api/routes/<noun>.routes.ts` with one of the six functions below,
 * export the array, and append it to `api/routes.ts`. Pick by what the route does:
 *
 * - `readRoute`     reads rows: the handler gets a transaction in which only the caller's rows exist.
 * - `lookUpRoute`   reads from a system outside: the handler gets no transaction, because nothing of ours
 *                   may stay open while somebody else thinks.
 * - `writeRoute`    writes rows itself (catalogue, accounts, keys): the handler's transaction also
 *                   holds the Idempotency-Key and the stored answer, so all commit or none does.
 * - `importRoute`   writes rows out of JSON or a CSV file; facts that a file has no place for are in its query.
 * - `commandRoute`  tells a workflow: the handler calls `runCommand` (api/commands/run-command.ts).
 * - `intakeRoute`   takes many things at once that carry ids of their own: neither the request nor its answer
 *                   is stored, the handler makes each of them happen once. `admit` refuses what is too much unread.
 * - `openRoute`     has no caller (health, docs, webhooks); `rawBody` keeps the bytes unparsed.
 *
 * The order of a request: API key, rate limit, role and scope, body, fields, Idempotency-Key, handler.
 * Rows of another tenant do not exist for the handler: "not found" is all it has to say about them.
 * Refusals are thrown as BillingError; api/problem.ts gives them a status. Then add an example of a good request to test/api/route-examples.ts; the tests of all routes
 * (authorization, strictness, fuzz) ask for it by name.
 *
 * Example:
 *   readRoute({
 *     method: 'get', path: '/v1/accounts/{account_id}', operation: 'getAccount', summary: 'Show an account',
 *     params: accountParams, responses: { 200: { description: 'The account.', schema: accountSchema } }, …
 *     handler: async ({ params }, transaction) =>
 *       ok(toApiAccount(await getAccount(transaction, params.account_id))),
 *   })
 */
import type { z } from 'zod';
import type { Transaction } from '../db/transaction';
import { withTransaction } from '../db/transaction';
import type { BillingErrorCode } from '../domain/billing-error';
import type { Answer } from './answer';
import type { Role, Scope } from './caller';
import type { ApiDependencies } from './dependencies';
import { answerOnce } from './idempotency';
import { parseChange, parseImport, parseLook, schemaOf } from './parse-request';
import {
  NOTHING,
  parseParams,
  parsePart,
  type ApiRequest,
  type ImportRequest,
  type Nothing,
  type OpenRequest,
  type RequestFacts,
  type RequestSchemas,
  type UnparsedRequest,
} from './request';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type WriteMethod = Exclude<Method, 'get'>;
export type Effect = 'read' | 'write' | 'command' | 'intake' | 'open';

/** Who may call: a key with one of the roles and the scope. Which rows it meets is row level security. */
export type Access =
  | { readonly kind: 'open' }
  | { readonly kind: 'key'; readonly roles: readonly Role[]; readonly scope: Scope };

export interface ResponseDocument {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Of an answer that is not JSON. */
  readonly contentType?: string;
}

/** A route as the rest of the framework sees it. */
export interface Route {
  readonly method: Method;
  /** Parameters in braces: `/v1/accounts/{account_id}`. */
  readonly path: string;
  /** Unique name, camelCase: what generated clients call the method. */
  readonly operation: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: string;
  readonly effect: Effect;
  readonly access: Access;
  readonly schemas: RequestSchemas;
  readonly responses: Readonly<Record<number, ResponseDocument>>;
  /** Codes beyond the usual ones that this route answers; for the document. */
  readonly refusals: readonly BillingErrorCode[];
  readonly rawBody: boolean;
  /** A body of type text/csv comes unparsed; any other is JSON. */
  readonly acceptsCsv: boolean;
  /**
   * Throws before the key is looked up and the body is read, when it is known that nothing can be done. Answers what
   * to call once the body is read, or will not be.
   */
  readonly admit?: (facts: RequestFacts, dependencies: ApiDependencies) => () => void;
  readonly run: (request: UnparsedRequest, dependencies: ApiDependencies) => Promise<Answer>;
}

interface Description {
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly responses: Readonly<Record<number, ResponseDocument>>;
  readonly refusals?: readonly BillingErrorCode[];
}

interface LookDeclaration<P extends z.ZodType, Q extends z.ZodType> extends Description {
  readonly method: 'get';
  readonly roles: readonly Role[];
  readonly params?: P;
  readonly query?: Q;
}

interface LookUpDeclaration<P extends z.ZodType, Q extends z.ZodType> extends LookDeclaration<
  P,
  Q
> {
  readonly handler: (
    request: ApiRequest<z.output<P>, z.output<Q>, undefined>,
    dependencies: ApiDependencies,
  ) => Promise<Answer>;
}

interface ReadDeclaration<P extends z.ZodType, Q extends z.ZodType> extends LookDeclaration<P, Q> {
  readonly handler: (
    request: ApiRequest<z.output<P>, z.output<Q>, undefined>,
    trx: Transaction,
    dependencies: ApiDependencies,
  ) => Promise<Answer>;
}

interface ChangeDeclaration<P extends z.ZodType, B extends z.ZodType> extends Description {
  readonly method: WriteMethod;
  readonly roles: readonly Role[];
  readonly params?: P;
  readonly body?: B;
}

interface WriteDeclaration<P extends z.ZodType, B extends z.ZodType> extends ChangeDeclaration<
  P,
  B
> {
  /** The answer holds a secret: it is stored sealed, readable only with the caller's own API key. */
  readonly answersWithSecret?: boolean;
  /**
   * What to hint at once all has been committed, also after a copy of the request. Nobody depends on it, so what goes
   * wrong here is only logged.
   */
  readonly hint?: (
    request: ApiRequest<z.output<P>, undefined, z.output<B>>,
    dependencies: ApiDependencies,
  ) => Promise<void>;
  readonly handler: (
    request: ApiRequest<z.output<P>, undefined, z.output<B>>,
    trx: Transaction,
    dependencies: ApiDependencies,
  ) => Promise<Answer>;
}

interface ImportDeclaration<
  P extends z.ZodType,
  B extends z.ZodType,
  Q extends z.ZodType,
> extends ChangeDeclaration<P, B> {
  /** What goes with a file; a JSON body has its own place for it. */
  readonly csvQuery: Q;
  readonly handler: (
    request: ImportRequest<z.output<P>, z.output<Q>, z.output<B>>,
    trx: Transaction,
    dependencies: ApiDependencies,
  ) => Promise<Answer>;
}

interface CommandDeclaration<
  P extends z.ZodType,
  B extends z.ZodType,
  Q extends z.ZodType = Nothing,
> extends ChangeDeclaration<P, B> {
  /** How to do it, where that is asked in the address. */
  readonly query?: Q;
  readonly handler: (
    request: ApiRequest<z.output<P>, z.output<Q>, z.output<B>>,
    dependencies: ApiDependencies,
  ) => Promise<Answer>;
}

type IntakeDeclaration<P extends z.ZodType, B extends z.ZodType> = CommandDeclaration<P, B> &
  Required<Pick<Route, 'admit'>>;

interface OpenDeclaration<P extends z.ZodType, Q extends z.ZodType> extends Description {
  readonly method: Method;
  readonly params?: P;
  readonly query?: Q;
  readonly rawBody?: boolean;
  readonly handler: (
    request: OpenRequest<z.output<P>, z.output<Q>>,
    dependencies: ApiDependencies,
  ) => Promise<Answer>;
}

/** A route that reads. Its handler's transaction sees the caller's rows only. */
export function readRoute<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing>(
  declaration: ReadDeclaration<P, Q>,
): Route {
  const { handler } = declaration;
  return {
    ...describeLook(declaration),
    run: (unparsed, dependencies) => {
      const request = parseLook(declaration, unparsed);
      return withTransaction(dependencies.database, request.tenant, (trx) =>
        handler(request, trx, dependencies),
      );
    },
  };
}

/** A route that reads from a system outside. It answers nothing of a tenant, for it sees no rows. */
export function lookUpRoute<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing>(
  declaration: LookUpDeclaration<P, Q>,
): Route {
  const { handler } = declaration;
  return {
    ...describeLook(declaration),
    run: async (unparsed, dependencies) => handler(parseLook(declaration, unparsed), dependencies),
  };
}

/** A route that writes rows. The key, the rows and the stored answer commit in one transaction. */
export function writeRoute<P extends z.ZodType = Nothing, B extends z.ZodType = Nothing>(
  declaration: WriteDeclaration<P, B>,
): Route {
  const { handler, answersWithSecret, hint } = declaration;
  return {
    ...describeChange(declaration),
    effect: 'write',
    run: async (unparsed, dependencies) => {
      const request = parseChange(declaration, unparsed);
      const answer = await answerOnce(request, dependencies, {
        isSealed: answersWithSecret ?? false,
        work: (trx) => handler(request, trx, dependencies),
      });
      await hint?.(request, dependencies).catch((error: unknown) => {
        dependencies.logger.warn({ err: error, request_id: request.requestId }, 'a hint was lost');
      });
      return answer;
    },
  };
}

/** A route that writes rows out of JSON or a CSV file, otherwise like `writeRoute`. */
export function importRoute<P extends z.ZodType, B extends z.ZodType, Q extends z.ZodType>(
  declaration: ImportDeclaration<P, B, Q>,
): Route {
  const { handler, csvQuery } = declaration;
  const described = describeChange(declaration);
  return {
    ...described,
    schemas: { ...described.schemas, query: csvQuery },
    effect: 'write',
    acceptsCsv: true,
    run: (unparsed, dependencies) => {
      const request = parseImport(declaration, unparsed);
      return answerOnce(request, dependencies, {
        isSealed: false,
        work: (trx) => handler(request, trx, dependencies),
      });
    },
  };
}

/** A route that sends a command to a workflow: its handler calls `runCommand`. */
export function commandRoute<
  P extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
>(declaration: CommandDeclaration<P, B, Q>): Route {
  const { handler } = declaration;
  const query = schemaOf(declaration.query);
  const described = describeChange(declaration);
  return {
    ...described,
    schemas: { ...described.schemas, query },
    effect: 'command',
    run: async (unparsed, dependencies) => {
      const asked = parsePart(query, unparsed.query);
      const request = parseChange(declaration, { ...unparsed, query: {} });
      return handler({ ...request, query: asked }, dependencies);
    },
  };
}

/** A route whose request carries an id for each thing in it: those make a repeated one harmless. */
export function intakeRoute<P extends z.ZodType = Nothing, B extends z.ZodType = Nothing>(
  declaration: IntakeDeclaration<P, B>,
): Route {
  return { ...commandRoute(declaration), effect: 'intake', admit: declaration.admit };
}

/** A route without authentication. Nothing of a tenant may be answered here. */
export function openRoute<P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing>(
  declaration: OpenDeclaration<P, Q>,
): Route {
  const { method, params, query, rawBody, handler } = declaration;
  return {
    ...describe(declaration),
    method,
    effect: 'open',
    access: { kind: 'open' },
    schemas: { params: params ?? NOTHING, query: query ?? NOTHING, body: NOTHING },
    rawBody: rawBody ?? false,
    acceptsCsv: false,
    run: async (unparsed, dependencies) =>
      handler(
        {
          ...unparsed.facts,
          params: parseParams(schemaOf(params), unparsed.params),
          query: parsePart(schemaOf(query), unparsed.query),
          rawBody: unparsed.rawBody,
        },
        dependencies,
      ),
  };
}

function describe(declaration: Description) {
  const { path, operation, summary, tag, responses } = declaration;
  return {
    path,
    operation,
    summary,
    tag,
    responses,
    description: declaration.description ?? '',
    refusals: declaration.refusals ?? [],
  };
}

function describeLook<P extends z.ZodType, Q extends z.ZodType>(
  declaration: LookDeclaration<P, Q>,
) {
  const { params, query, roles } = declaration;
  const access: Access = { kind: 'key', roles, scope: 'read' };
  const schemas = { params: params ?? NOTHING, query: query ?? NOTHING, body: NOTHING };
  return {
    ...describe(declaration),
    method: 'get',
    effect: 'read',
    access,
    schemas,
    rawBody: false,
    acceptsCsv: false,
  } as const;
}

function describeChange<P extends z.ZodType, B extends z.ZodType>(
  declaration: ChangeDeclaration<P, B>,
) {
  const { method, roles, params, body } = declaration;
  const access: Access = { kind: 'key', roles, scope: 'write' };
  const schemas = { params: params ?? NOTHING, query: NOTHING, body: body ?? NOTHING };
  return {
    ...describe(declaration),
    method,
    access,
    schemas,
    rawBody: false,
    acceptsCsv: false,
  };
}
