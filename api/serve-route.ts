import type { Request, RequestHandler, Response } from 'express';
import { invariant } from '../domain/invariant';
import type { Answer } from './answer';
import type { Caller } from './caller';
import type { ApiDependencies } from './dependencies';
import { noteCaller, noteRoute } from './middleware/access-log';
import { authenticate, authorize } from './middleware/authenticate';
import type { RateLimit } from './middleware/rate-limit';
import { readBody } from './middleware/read-body';
import { toFacts } from './middleware/request-facts';
import type { RequestFacts } from './request';
import type { Route } from './route';
import { sendAnswer } from './send-answer';

/** The one way of a request through the API, in the order api/route.ts tells. */
export function serveRoute(
  route: Route,
  dependencies: ApiDependencies,
  rateLimit: RateLimit,
): RequestHandler {
  return async (request, response) => {
    noteRoute(response, route);
    const receivedAt = dependencies.now();
    const facts = toFacts(request, response, receivedAt);
    const { caller, json, raw } = await read(facts, request, response);
    const answer = await route.run(
      {
        facts,
        caller,
        params: request.params,
        query: { ...request.query },
        body: json,
        rawBody: raw,
      },
      dependencies,
    );
    if (dependencies.verifiesAnswers) verifyAnswer(route, answer);
    if (route.effect === 'command' && facts.waitSeconds !== null) {
      response.set('preference-applied', `wait=${facts.waitSeconds}`);
    }
    await sendAnswer(response, answer);
  };

  /** Who asks is known before anything of theirs is read. */
  async function read(facts: RequestFacts, request: Request, response: Response) {
    const noteRead = route.admit?.(facts, dependencies);
    try {
      const caller = await identify(facts, response);
      return { caller, ...(await readBody(route, request, response)) };
    } finally {
      noteRead?.();
    }
  }

  async function identify(facts: RequestFacts, response: Response): Promise<Caller | null> {
    if (route.access.kind === 'open') return null;
    const caller = await authenticate(facts, dependencies);
    noteCaller(response, caller);
    await rateLimit.count(caller.keyId, response);
    authorize(route.access, caller);
    return caller;
  }
}

/** Refusals have one shape for all routes; any other answer must be as its route declares it. */
function verifyAnswer(route: Route, { status, body }: Answer): void {
  if (status >= 400 && route.responses[status] === undefined) return;
  const declared = route.responses[status];
  const name = `${route.operation} ${status}`;
  invariant(declared !== undefined, `${name} is not declared in the route's responses`);
  if (declared.schema === undefined) return;
  const parsed = declared.schema.safeParse(JSON.parse(JSON.stringify(body)));
  invariant(parsed.success, `${name} is not as declared: ${parsed.error?.message ?? ''}`);
}
