import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Caller } from '../caller';
import type { Metrics } from '../metrics';
import type { Route } from '../route';
import { requestIdOf } from './request-facts';

interface ServedBy {
  route?: Route;
  caller?: Caller;
}

const served = new WeakMap<Response, ServedBy>();

/** Notes which route serves a response, for its log line. */
export function noteRoute(response: Response, route: Route): void {
  served.set(response, { ...served.get(response), route });
}

/** Notes whose key a request came with, for its log line. */
export function noteCaller(response: Response, caller: Caller): void {
  served.set(response, { ...served.get(response), caller });
}

/**
 * One line per request, when its answer is out: the route, not the address, and never a body, a
 * query or a header, so that no secret and no personal data can get in.
 */
export function logAccess({
  logger,
  metrics,
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
}): RequestHandler {
  return (request, response, next) => {
    const startedAt = process.hrtime.bigint();
    response.on('close', () => {
      const { route, caller } = served.get(response) ?? {};
      const durationMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
      const path = route?.path ?? 'unknown';
      const { method } = request;
      const status = response.statusCode;
      metrics.requestSeconds.observe({ method, route: path, status }, durationMs / 1_000);
      logger.info(
        {
          request_id: requestIdOf(response),
          method,
          route: path,
          status,
          duration_ms: Math.round(durationMs * 10) / 10,
          is_complete: response.writableFinished,
          ...(caller === undefined ? {} : { key_id: caller.keyId, role: caller.role }),
        },
        'request',
      );
    });
    next();
  };
}
