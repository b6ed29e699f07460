import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { BillingError } from '../../domain/billing-error';
import { isOutage } from '../../db/outage';
import type { Answer } from '../answer';
import { InvalidRequest, toInternalProblem, toProblemAnswer } from '../problem';
import { sendAnswer } from '../send-answer';
import { requestIdOf } from './request-facts';

/** The only place that turns an error into an answer, and logs what is ours to fix. */
export function answerErrors(logger: Logger): ErrorRequestHandler {
  return async (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error); // Express cuts the connection: the client must not take half an answer for one.
      return;
    }
    await sendAnswer(response, toAnswer(error, { logger, requestId: requestIdOf(response) }));
  };
}

/** The answer to an address no route has. */
export function refuseUnknownAddress(): RequestHandler {
  return () => {
    throw new BillingError('not_found', 'No such resource.');
  };
}

/** The answer to a method an address does not have; OPTIONS is told those it has. */
export function refuseMethod(methods: readonly string[]): RequestHandler {
  const allowed = methods.join(', ');
  return (request, response) => {
    response.set('allow', allowed);
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    const message = `There is no ${request.method} under this address, only ${allowed}.`;
    throw new BillingError('method_not_allowed', message);
  };
}

function toAnswer(
  error: unknown,
  { logger, requestId }: { readonly logger: Logger; readonly requestId: string },
): Answer {
  if (error instanceof InvalidRequest) return toProblemAnswer(error, requestId);
  if (error instanceof BillingError && error.code !== 'internal_error') {
    return toProblemAnswer(error, requestId);
  }
  if (isMalformedAddress(error)) {
    return toProblemAnswer(new BillingError('not_found', 'The address is malformed.'), requestId);
  }
  if (isOutage(error)) {
    logger.warn({ err: toLoggable(error), request_id: requestId }, 'the database is not reachable');
    const message = 'The database is not reachable. Ask again with the same Idempotency-Key.';
    return toProblemAnswer(new BillingError('unavailable', message), requestId);
  }
  logger.error({ err: toLoggable(error), request_id: requestId }, 'a request failed');
  return toInternalProblem(requestId);
}

/** Percent signs that decode to nothing: Express tells it as a URIError with a status. */
function isMalformedAddress(error: unknown): boolean {
  return error instanceof URIError;
}

/** PostgreSQL's errors quote rows in `detail` and `where`: only what names the place is logged. */
function toLoggable(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { message: 'no error was thrown' };
  return Object.fromEntries(
    ['name', 'message', 'stack', 'code', 'constraint'].map((fact): [string, unknown] => [
      fact,
      Reflect.get(error, fact),
    ]),
  );
}
