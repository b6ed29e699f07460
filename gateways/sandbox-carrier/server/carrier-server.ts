/**
 * Owns: the sandbox carrier as one running server: its leases, knobs, timer and HTTP.
 * Does not own: the process around it (../server.ts) or the client our code uses (../sandbox-carrier.ts).
 * Example: `const carrier = await startCarrierServer({ port: 0, … })`, later `await carrier.stop()`.
 */
import { createServer } from 'node:http';
import express, { type Express } from 'express';
import { fromEpochMs, type Instant } from '../../../domain/instant';
import { createAgenda, type Agenda } from '../../sandbox/server/agenda';
import { answerRefusals, close, listen } from '../../sandbox/server/http-server';
import { SandboxRefusal } from '../../sandbox/server/sandbox-refusal';
import { createApiRoutes } from './api.routes';
import { createControlRoutes } from './control.routes';
import { createFaults } from './faults';
import { settleLeases, type Carrier } from './leases';
import { openLeaseStore } from './lease-store';

export interface CarrierServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly apiKey: string;
  /** The file the leases are kept in; null keeps them in memory only. */
  readonly storePath: string | null;
  /** How long an order or a release takes that finishes later. */
  readonly lateSeconds: number;
  /** Told of bugs of the sandbox itself, never of what a caller did wrong. */
  readonly onError: (error: unknown) => void;
}

export interface CarrierServer {
  /** The address listened on. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts listening. Rejects when the port is taken or the leases cannot be read. */
export async function startCarrierServer(options: CarrierServerOptions): Promise<CarrierServer> {
  let agenda: Agenda | null = null;
  const now = (): Instant => fromEpochMs(Date.now());
  const store = openLeaseStore({
    path: options.storePath,
    openedAt: now(),
    onChange: () => agenda?.wake(),
  });
  const { lateSeconds } = options;
  const carrier: Carrier = { store, faults: createFaults(), now, lateSeconds };
  const server = createServer(createApp(carrier, options));
  const url = await listen(server, options);
  const due = { nextDueAtMs: store.nextDueAtMs, runDue: () => void settleLeases(carrier, now()) };
  agenda = createAgenda({ sources: [due], nowMs: Date.now });
  agenda.wake();

  async function stop(): Promise<void> {
    agenda?.stop();
    await close(server);
  }
  return { url, stop };
}

function createApp(carrier: Carrier, { apiKey, onError }: CarrierServerOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use('/v1', createApiRoutes(carrier, apiKey));
  app.use('/_control', createControlRoutes(carrier));
  app.use(() => {
    throw new SandboxRefusal('resource_missing', 'there is nothing at this address');
  });
  app.use(answerRefusals(onError));
  return app;
}
