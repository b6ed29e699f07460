import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import type { Database } from '../../db/connection';
import { MIGRATIONS_DIRECTORY } from '../../db/migrate';
import { content, ok, type Answer } from '../answer';
import type { ApiDependencies } from '../dependencies';
import { DOCS_PAGE, DOCS_SCRIPT, ERRORS_PAGE } from '../docs';
import { openRoute, type Route } from '../route';

const tag = 'Meta';
const CHECK_WITHIN_MS = 2_000;

const health = openRoute({
  method: 'get',
  path: '/healthz',
  operation: 'getHealth',
  summary: 'Is the process up',
  description: 'Looks at nothing else: a database outage is no reason to restart the API.',
  tag,
  responses: {
    200: { description: 'It is.', schema: z.strictObject({ status: z.literal('ok') }) },
  },
  handler: async () => ok({ status: 'ok' }),
});

const checkState = z.enum(['ok', 'failed']);
const readinessSchema = z
  .strictObject({
    status: z.enum(['ready', 'not_ready']),
    checks: z.strictObject({
      postgres: checkState,
      temporal: checkState,
      migrations: checkState,
    }),
  })
  .meta({ id: 'Readiness' });

const readiness = openRoute({
  method: 'get',
  path: '/readyz',
  operation: 'getReadiness',
  summary: 'Can it serve requests',
  tag,
  responses: {
    200: { description: 'Everything it needs is reachable.', schema: readinessSchema },
    503: { description: 'Something is not; the answer names it.', schema: readinessSchema },
  },
  handler: (_request, dependencies) => checkReadiness(dependencies),
});

const metrics = openRoute({
  method: 'get',
  path: '/metrics',
  operation: 'getMetrics',
  summary: 'Prometheus metrics',
  tag,
  responses: { 200: { description: 'Prometheus text.', contentType: 'text/plain' } },
  handler: async (_request, { metrics: { registry } }) =>
    content(registry.contentType, await registry.metrics()),
});

const docsPage = openRoute({
  method: 'get',
  path: '/docs',
  operation: 'getDocs',
  summary: 'This document for people',
  tag,
  responses: { 200: { description: 'A page.', contentType: 'text/html' } },
  handler: async () => content('text/html; charset=utf-8', DOCS_PAGE),
});

const docsScript = openRoute({
  method: 'get',
  path: '/docs/start.js',
  operation: 'getDocsScript',
  summary: 'What starts the docs page',
  tag,
  responses: { 200: { description: 'A script.', contentType: 'text/javascript' } },
  handler: async () => content('text/javascript; charset=utf-8', DOCS_SCRIPT),
});

const errorsPage = openRoute({
  method: 'get',
  path: '/docs/errors',
  operation: 'getErrorCodes',
  summary: 'All error codes for people',
  tag,
  responses: { 200: { description: 'A page.', contentType: 'text/html' } },
  handler: async () => content('text/html; charset=utf-8', ERRORS_PAGE),
});

async function checkReadiness({ database, checkTemporal }: ApiDependencies): Promise<Answer> {
  const [postgres, temporal, migrations] = await Promise.all([
    check(async () => void (await database.raw('select 1'))),
    check(checkTemporal),
    check(() => checkMigrations(database)),
  ]);
  const isReady = [postgres, temporal, migrations].every((state) => state === 'ok');
  return {
    status: isReady ? 200 : 503,
    headers: {},
    body: {
      status: isReady ? 'ready' : 'not_ready',
      checks: { postgres, temporal, migrations },
    },
  };
}

/** Why a check failed is not told to strangers; the requests that fail meanwhile log it. */
async function check(work: () => Promise<void>): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'failed'>((resolve) => {
    timer = setTimeout(() => resolve('failed'), CHECK_WITHIN_MS);
  });
  try {
    return await Promise.race([work().then(() => 'ok' as const), tooLate]);
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects unless every migration this code comes with has run. */
async function checkMigrations(database: Database): Promise<void> {
  const wanted = (await readdir(MIGRATIONS_DIRECTORY)).filter((name) => name.endsWith('.sql'));
  const { rows } = await database.raw<{ rows: { count: bigint }[] }>(
    'select count(*) from schema_migrations where name = any(?)',
    [wanted],
  );
  if (Number(rows[0]?.count ?? 0) < wanted.length) throw new Error('a migration has not run');
}

export const metaRoutes: readonly Route[] = [
  health,
  readiness,
  metrics,
  docsPage,
  docsScript,
  errorsPage,
];
