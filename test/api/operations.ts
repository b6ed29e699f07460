import { z } from 'zod';
import { ROLES, SCOPES, type Role, type Scope } from '../../api/caller';
import { buildOpenApi } from '../../api/openapi';
import { ROUTES } from '../../api/routes';
import type { RouteExample } from './route-examples';
import { ROUTE_EXAMPLES } from './route-examples';
import type { World } from './world';

/** An operation as the OpenAPI document tells it: tests trust the document, not the code behind it. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly isOpen: boolean;
  readonly roles: readonly Role[];
  readonly scope: Scope | null;
  readonly statuses: readonly number[];
  readonly hasBody: boolean;
  /** Takes things with ids of their own: an Idempotency-Key is not kept. */
  readonly isIntake: boolean;
}

const operationShape = z.looseObject({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  'x-roles': z.array(z.enum(ROLES)).optional(),
  'x-scope': z.enum(SCOPES).optional(),
  'x-effect': z.string(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.unknown()),
});

/** Every operation of the served document. */
export function listOperations(): Operation[] {
  const { paths } = buildOpenApi(ROUTES, 'http://api.test');
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const operation = operationShape.parse(described);
      return {
        name: operation.operationId,
        method: method.toUpperCase(),
        path,
        isOpen: operation.security?.length === 0,
        roles: operation['x-roles'] ?? [],
        scope: operation['x-scope'] ?? null,
        statuses: Object.keys(operation.responses).map(Number),
        hasBody: operation.requestBody !== undefined,
        isIntake: operation['x-effect'] === 'intake',
      };
    }),
  );
}

/** Throws when nobody wrote an example: a route without one is not tested, and that must be seen. */
export function exampleOf(name: string, world: World): RouteExample {
  const example = ROUTE_EXAMPLES[name];
  if (example === undefined) {
    throw new Error(`the route "${name}" has no example: add one to test/api/route-examples.ts`);
  }
  return example(world);
}
