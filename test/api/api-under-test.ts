import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { createApp } from '../../api/app';
import type { Role, Scope } from '../../api/caller';
import type { ApiDependencies } from '../../api/dependencies';
import { createMetrics } from '../../api/metrics';
import { createRefusalLimit } from '../../api/middleware/rate-limit';
import type { Route } from '../../api/route';
import { createUsageDoor } from '../../api/usage/create-usage-door';
import { hashSecret, newSecret, shownPrefix } from '../../api/secrets';
import { createLogger } from '../../config/logger';
import { createDatabase, type Database } from '../../db/connection';
import { insertApiKey, type ApiKey } from '../../db/repositories/api-key.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { PaymentDesk } from '../../gateways/offer-payments';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import type { CommandSender, SendResult } from '../../gateways/workflow-commands';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { startSandboxCarrier, type RunningCarrier } from '../support/sandbox-carrier';

/** What webhooks of the sandbox are signed with here. */
export const WEBHOOK_SECRET = 'whsec_only_for_tests_0123456789';

/** What secrets of webhooks are stored under here. */
export const WEBHOOK_KEY = 'only-for-tests-of-webhooks-0123456789';

/** What people are kept as digests under here. */
export const DIGEST_KEY = 'only-for-tests-0123456789abcdef0123';

// Each file makes a database, and the machine may be busy with other work.
jest.setTimeout(30_000);

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body, or null when it is not JSON. */
  readonly body: Record<string, unknown>;
}

export interface CallOptions {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface NewKey {
  readonly role: Role;
  readonly scopes?: readonly Scope[];
  readonly partnerId?: string | null;
  readonly accountId?: string | null;
  readonly expiresAt?: string | null;
}

export interface ApiUnderTest {
  readonly url: string;
  readonly database: Database;
  readonly testDatabase: TestDatabase;
  readonly ownerUrl: string;
  /** A key that may do everything an operator may. */
  readonly operatorKey: string;
  /** Everything the API logged, one JSON text per line. */
  readonly logLines: string[];
  readonly sender: FakeSender;
  /** The knobs of the carrier behind it. */
  readonly carrier: RunningCarrier;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  makeKey(key: NewKey): Promise<{ readonly secret: string; readonly key: ApiKey }>;
  close(): Promise<void>;
}

export interface ApiOptions {
  readonly rateLimitPerSecond?: number;
  readonly refusalsPerMinute?: number;
  readonly trustedProxies?: readonly string[];
  readonly routes?: readonly Route[];
  /** The sandbox alone unless told else. */
  readonly gateways?: PaymentDesk['gateways'];
  readonly paymentRoutes?: PaymentDesk['paymentRoutes'];
  readonly now?: () => string;
  /** Another API's, to stand beside it; whoever made it drops it. */
  readonly testDatabase?: TestDatabase;
  readonly usageLanes?: number;
  /** Events that may wait in a lane of usage. */
  readonly usageWaitingMax?: number;
}

/** The whole API on a port of its own, with a migrated database of its own and no Temporal. */
export async function startApi(options: ApiOptions = {}): Promise<ApiUnderTest> {
  const testDatabase = options.testDatabase ?? (await createTestDatabase());
  const { database } = testDatabase;
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const gateway = createSandboxGateway({
    baseUrl: 'http://127.0.0.1:1',
    apiKey: 'sandbox-key',
    webhookSecrets: [WEBHOOK_SECRET],
    timeoutMs: 500,
  });
  const sandboxCarrier = await startSandboxCarrier();
  const logLines: string[] = [];
  const sender = createFakeSender();
  const metrics = createMetrics();
  const now = options.now ?? (() => new Date().toISOString());
  const lanes = options.usageLanes ?? 2;
  const laneDatabase = createDatabase({
    url: testDatabase.appUrl,
    poolMax: lanes,
    applicationName: 'tollgate-test-lanes',
    isSystem: true,
  });
  const dependencies: ApiDependencies = {
    database,
    client: new Client({ connection }),
    commands: sender,
    gateways: options.gateways ?? new Map([[gateway.name, gateway]]),
    paymentRoutes: options.paymentRoutes ?? [],
    numberCarrier: sandboxCarrier.carrier,
    checkTemporal: async () => undefined,
    logger: createLogger({
      name: 'api',
      level: 'debug',
      destination: { write: (line) => void logLines.push(line) },
    }),
    metrics,
    now,
    publicUrl: 'http://api.test',
    rateLimitPerSecond: options.rateLimitPerSecond ?? 1_000_000,
    usage: createUsageDoor({
      database,
      laneDatabase,
      digestKey: DIGEST_KEY,
      lanes,
      metrics,
      now,
      waitingMax: options.usageWaitingMax,
    }),
    webhooksOut: { key: WEBHOOK_KEY, allowsLoopback: false },
    refusals: createRefusalLimit(options.refusalsPerMinute ?? 1_000_000),
    trustedProxies: options.trustedProxies ?? [],
    verifiesAnswers: true,
  };
  // As in production: a test that computes for 5 s must not find its connection closed.
  const keepAliveTimeout = 65_000;
  const server = createServer({ keepAliveTimeout }, createApp(dependencies, options.routes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const makeKey = async (wanted: NewKey) => {
    const secret = newSecret('test');
    const key = await withTransaction(database, SYSTEM, (trx) =>
      insertApiKey(trx, {
        secretHash: hashSecret(secret),
        prefix: shownPrefix(secret),
        mode: 'test',
        role: wanted.role,
        scopes: wanted.scopes ?? ['read', 'write'],
        partnerId: wanted.partnerId ?? null,
        accountId: wanted.accountId ?? null,
        name: null,
        createdAt: '2026-01-01T00:00:00.000Z',
        expiresAt: wanted.expiresAt ?? null,
      }),
    );
    return { secret, key };
  };
  const { secret: operatorKey } = await makeKey({ role: 'operator' });

  return {
    url,
    database,
    testDatabase,
    ownerUrl: testDatabase.ownerUrl,
    operatorKey,
    logLines,
    sender,
    carrier: sandboxCarrier,
    call: (method, path, callOptions = {}) => call(url, { method, path, ...callOptions }),
    makeKey,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await connection.close();
      await sandboxCarrier.stop();
      await laneDatabase.destroy();
      if (options.testDatabase === undefined) await testDatabase.drop();
    },
  };
}

async function call(
  url: string,
  request: CallOptions & { readonly method: string; readonly path: string },
): Promise<Reply> {
  const { key, body } = request;
  const response = await fetch(url + request.path, {
    method: request.method,
    redirect: 'manual',
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : null;
  const { status, headers } = response;
  return { status, headers, text, body: (parsed ?? {}) as Record<string, unknown> };
}

export interface SentCommand {
  readonly workflowId: string;
  readonly update: string;
  readonly updateId: string;
  readonly args: readonly unknown[];
  readonly waitMs: number;
}

/** Stands for Temporal: like it, answers one update id once and repeats that outcome. */
export interface FakeSender extends CommandSender {
  readonly sent: SentCommand[];
  /** What a command seen for the first time comes to. */
  answerWith(answer: () => SendResult | Promise<SendResult>): void;
}

function createFakeSender(): FakeSender {
  const sent: SentCommand[] = [];
  const settled = new Map<string, SendResult>();
  let answer: () => SendResult | Promise<SendResult> = () => ({ kind: 'unavailable' });
  return {
    sent,
    answerWith(next) {
      answer = next;
    },
    async send({ workflowId, update, args }, { updateId, waitMs }) {
      sent.push({ workflowId, update, args, updateId, waitMs });
      const id = `${workflowId} ${updateId}`;
      const known = settled.get(id);
      if (known !== undefined) return known;
      const result = await answer();
      if (result.kind === 'answered' || result.kind === 'failed') settled.set(id, result);
      return result;
    },
    async restart() {
      throw new Error('no test restarts workflows over HTTP');
    },
  };
}
