import express, { type Express } from 'express';
import helmet from 'helmet';
import type { ApiDependencies } from './dependencies';
import { serveDocsAssets } from './docs';
import { logAccess } from './middleware/access-log';
import { answerErrors, refuseMethod, refuseUnknownAddress } from './middleware/error-handler';
import { createRateLimit } from './middleware/rate-limit';
import { assignRequestId, warnOfUntrustedProxy } from './middleware/request-facts';
import type { Route } from './route';
import { ROUTES } from './routes';
import { serveRoute } from './serve-route';

/** The Express application; it does not listen. `routes` is all of them except in tests. */
export function createApp(
  dependencies: ApiDependencies,
  routes: readonly Route[] = ROUTES,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', [...dependencies.trustedProxies]);
  app.use(assignRequestId());
  app.use(warnOfUntrustedProxy(dependencies.logger));
  app.use(logAccess(dependencies));
  app.use(helmet({ contentSecurityPolicy: { directives: CONTENT_SECURITY } }));
  const rateLimit = createRateLimit(dependencies.rateLimitPerSecond);
  for (const route of routes) {
    app[route.method](toExpressPath(route.path), serveRoute(route, dependencies, rateLimit));
  }
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(toExpressPath(path), refuseMethod(methods));
  }
  app.use('/docs', serveDocsAssets());
  app.use(refuseUnknownAddress());
  app.use(answerErrors(dependencies.logger));
  return app;
}

// The docs page is the only page: all of it is served from here, and its widgets set inline styles.
// `upgrade-insecure-requests` would break plain http on a laptop; TLS is the proxy's business.
const CONTENT_SECURITY = {
  'style-src': ["'self'", "'unsafe-inline'"],
  'font-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'upgrade-insecure-requests': null,
};

function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { path, method } of routes) {
    const names = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
    found.set(path, [...(found.get(path) ?? []), ...names]);
  }
  return found;
}

function toExpressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
