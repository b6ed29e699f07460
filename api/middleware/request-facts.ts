import { randomUUID } from 'node:crypto';
import type { Logger } from '../../config/logger';
import type { Request, RequestHandler, Response } from 'express';
import type { Instant } from '../../domain/instant';
import type { RequestFacts } from '../request';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const WAIT_SECONDS_MAX = 30;

/** Gives each request an id: the caller's own when it is well formed, else a new one. */
export function assignRequestId(): RequestHandler {
  return (request, response, next) => {
    const sent = request.get('x-request-id') ?? '';
    response.locals.requestId = REQUEST_ID.test(sent) ? sent : randomUUID();
    response.set('x-request-id', requestIdOf(response));
    next();
  };
}

export function requestIdOf(response: Response): string {
  return String(response.locals.requestId);
}

/** Says once that a proxy is not trusted: then all who come through it share its address. */
export function warnOfUntrustedProxy(logger: Logger): RequestHandler {
  let isWarned = false;
  return (request, _response, next) => {
    if (!isWarned && request.get('x-forwarded-for') !== undefined && request.ips.length === 0) {
      isWarned = true;
      const peer = request.socket.remoteAddress;
      logger.warn(
        { peer },
        'X-Forwarded-For from a peer that BILLING_TRUSTED_PROXIES does not name is not believed. If it is your proxy, add it.',
      );
    }
    next();
  };
}

/** What every handler may know of the request. */
export function toFacts(request: Request, response: Response, receivedAt: Instant): RequestFacts {
  return {
    requestId: requestIdOf(response),
    receivedAt,
    method: request.method,
    path: request.originalUrl,
    headers: request.headers,
    address: request.ip ?? 'unknown',
    waitSeconds: readWaitSeconds(request.get('prefer')),
  };
}

/** `Prefer: wait=N` (RFC 7240); more than we hold a connection for is cut, nonsense is ignored. */
function readWaitSeconds(prefer: string | undefined): number | null {
  const found = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer ?? '');
  return found === null ? null : Math.min(Number(found[1]), WAIT_SECONDS_MAX);
}
