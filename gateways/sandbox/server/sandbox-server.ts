/**
 * Owns: the sandbox gateway as one running server: its books, knobs, timer, deliveries and HTTP.
 * Does not own: the process around it (server.ts) or the client our code uses (sandbox-gateway.ts).
 * Example: `const sandbox = await startSandboxServer({ port: 0, … })`, later `await sandbox.stop()`.
 */
import { createServer } from 'node:http';
import express, { type Express } from 'express';
import { fromEpochMs, type Instant } from '../../../domain/instant';
import { createAgenda, earliest, type Agenda, type DueSource } from './agenda';
import { createApiRoutes } from './api.routes';
import { openBooks } from './books';
import { expireDueCheckouts } from './checkouts';
import type { SandboxContext } from './context';
import { createControlRoutes, type Controls } from './control.routes';
import { createFaults } from './faults';
import { answerRefusals, close, listen } from './http-server';
import { createPageRoutes } from './page.routes';
import { createSetupRoutes } from './setup.routes';
import { expireDueSetups } from './setups';
import { settleDuePayments } from './payments';
import { createSettlementKnobs } from './settlements';
import { SandboxRefusal } from './sandbox-refusal';
import { createWebhookDelivery } from './webhook-delivery';

export interface SandboxOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The address browsers reach the hosted page at; null: the address listened on. */
  readonly publicUrl: string | null;
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly webhookUrl: string | null;
  /** The file the books are kept in; null keeps them in memory only. */
  readonly storePath: string | null;
  readonly slowSeconds: number;
  readonly lateSeconds: number;
  /** What it keeps of a payment, in hundredths of a per cent. */
  readonly feeBasisPoints?: number;
  /** The first wait before a webhook is sent again. */
  readonly retryFirstSeconds?: number;
  /** Told of bugs of the sandbox itself, never of what a caller did wrong. */
  readonly onError: (error: unknown) => void;
}

const FEE_BASIS_POINTS = 200;

export interface SandboxServer {
  /** The address listened on. */
  readonly url: string;
  /** Ends open connections and deliveries; what was not delivered is, after the next start. */
  readonly stop: () => Promise<void>;
}

/** Starts listening. Rejects when the port is taken or the books cannot be read. */
export async function startSandboxServer(options: SandboxOptions): Promise<SandboxServer> {
  let webhookUrl = options.webhookUrl;
  let publicUrl = options.publicUrl ?? '';
  let agenda: Agenda | null = null;
  const now = (): Instant => fromEpochMs(Date.now());
  const books = openBooks({
    path: options.storePath,
    openedAt: now(),
    onChange: () => agenda?.wake(),
  });
  const context: SandboxContext = {
    books,
    faults: createFaults(),
    settlementKnobs: createSettlementKnobs(),
    feeRate: { basisPoints: options.feeBasisPoints ?? FEE_BASIS_POINTS },
    now,
    checkoutUrl: (checkoutId) => `${publicUrl}/checkout/${checkoutId}`,
    setupUrl: (setupId) => `${publicUrl}/setup/${setupId}`,
    slowSeconds: options.slowSeconds,
    lateSeconds: options.lateSeconds,
  };
  const delivery = createWebhookDelivery({
    books,
    url: () => webhookUrl,
    secret: options.webhookSecret,
    now,
    ...(options.retryFirstSeconds === undefined
      ? {}
      : { retryFirstSeconds: options.retryFirstSeconds }),
  });
  const setWebhookUrl = (url: string | null): void => {
    webhookUrl = url;
    agenda?.wake();
  };

  const app = createApp({ context, delivery, setWebhookUrl }, options);
  const server = createServer(app);
  const url = await listen(server, options);
  publicUrl = (options.publicUrl ?? url).replace(/\/+$/, '');
  agenda = createAgenda({ sources: [...listSources(context), delivery.source], nowMs: Date.now });
  agenda.wake();

  async function stop(): Promise<void> {
    agenda?.stop();
    await Promise.all([close(server), delivery.stop()]);
  }
  return { url, stop };
}

function createApp(controls: Controls, options: SandboxOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use('/v1', createApiRoutes(controls.context, options.apiKey));
  app.use('/checkout', createPageRoutes(controls.context));
  app.use('/setup', createSetupRoutes(controls.context));
  app.use('/_control', createControlRoutes(controls));
  app.use(() => {
    throw new SandboxRefusal('resource_missing', 'there is nothing at this address');
  });
  app.use(answerRefusals(options.onError));
  return app;
}

function listSources(context: SandboxContext): readonly DueSource[] {
  const { books } = context;
  return [
    {
      nextDueAtMs: () => earliest(books.waiting('payment').values()),
      runDue: () => void settleDuePayments(context),
    },
    {
      nextDueAtMs: () => earliest(books.waiting('checkout').values()),
      runDue: () => expireDueCheckouts(context),
    },
    {
      nextDueAtMs: () => earliest(books.waiting('setup').values()),
      runDue: () => expireDueSetups(context),
    },
  ];
}
