import type { Logger } from 'pino';
import { Client, Connection } from '@temporalio/client';
import type { ApiConfig } from '../config/config';
import type { WebhooksOutConfig } from '../config/webhooks-out';
import { temporalConnectionOptions } from '../config/temporal';
import { listenToCrossings } from '../db/after-commit';
import { createDatabase, type Database } from '../db/connection';
import type { Instant } from '../domain/instant';
import { workflowIdOf } from '../domain/lifecycle';
import { createNumberCarrier } from '../gateways/create-number-carrier';
import { createPaymentGateways } from '../gateways/create-payment-gateways';
import type { NumberCarrier } from '../gateways/number-carrier';
import type { PaymentDesk } from '../gateways/offer-payments';
import { leaveHint } from '../gateways/signal-if-running';
import { createCommandSender, type CommandSender } from '../gateways/workflow-commands';
import { balanceFell } from '../workflows/auto-recharge.messages';
import { createMetrics, type Metrics } from './metrics';
import { createRefusalLimit, type RefusalLimit } from './middleware/rate-limit';
import { createUsageDoor } from './usage/create-usage-door';
import type { UsageDoor } from './usage/take-usage';

/** Everything the API needs from outside; the composition root and tests fill it in. */
export interface ApiDependencies extends PaymentDesk {
  readonly database: Database;
  /** For what has no command: signals, queries. Lazy: it connects with its first call. */
  readonly client: Client;
  readonly commands: CommandSender;
  /** Who rents us phone numbers; the API only looks what is on offer. */
  readonly numberCarrier: NumberCarrier;
  /** Rejects when Temporal does not answer; for /readyz. */
  readonly checkTemporal: () => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => Instant;
  /** Where customers reach the API, without a slash at the end. */
  readonly publicUrl: string;
  readonly rateLimitPerSecond: number;
  readonly usage: UsageDoor;
  /** How secrets of webhooks are stored, and where webhooks may go. */
  readonly webhooksOut: WebhooksOutConfig;
  /** Of bad keys and forged webhooks, by address. */
  readonly refusals: RefusalLimit;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Checks each answer against its declared schema and fails loudly; for tests and development. */
  readonly verifiesAnswers: boolean;
}

export interface OpenedDependencies extends ApiDependencies {
  /** Closes what this made; what was handed in stays open. */
  readonly close: () => Promise<void>;
}

/** The composition root of the API process: the only place that knows every part. */
export async function createApiDependencies(
  config: ApiConfig,
  logger: Logger,
): Promise<OpenedDependencies> {
  const database = createDatabase({
    url: config.databaseUrl,
    poolMax: config.databasePoolMax,
    applicationName: 'tollgate-api',
  });
  const laneDatabase = createDatabase({
    url: config.databaseUrl,
    poolMax: config.usageLanes,
    applicationName: 'tollgate-api-lanes',
    isSystem: true,
    statementTimeoutMs: LANE_STATEMENT_TIMEOUT_MS,
  });
  // Lazy: without Temporal the API still starts, and everything but commands works.
  const connection = Connection.lazy(await temporalConnectionOptions(config.temporal));
  const client = new Client({ connection, namespace: config.temporal.namespace });
  for (const pool of [database, laneDatabase]) {
    listenToCrossings(pool, (accountId) =>
      leaveHint(client, workflowIdOf('auto_recharge', accountId), balanceFell),
    );
  }
  const metrics = createMetrics();
  const now = () => new Date().toISOString();
  return {
    database,
    client,
    commands: createCommandSender({
      client,
      taskQueue: config.taskQueue,
      nowMs: () => Date.now(),
    }),
    gateways: createPaymentGateways(config.paymentGateways, { timeoutMs: GATEWAY_TIMEOUT_MS }),
    paymentRoutes: config.paymentRoutes,
    numberCarrier: createNumberCarrier(config.numberCarrier, { timeoutMs: GATEWAY_TIMEOUT_MS }),
    checkTemporal: () => checkTemporal(connection),
    logger,
    metrics,
    now,
    publicUrl: config.publicUrl,
    rateLimitPerSecond: config.rateLimitPerSecond,
    usage: createUsageDoor({
      database,
      laneDatabase,
      digestKey: config.digestKey,
      lanes: config.usageLanes,
      metrics,
      now,
    }),
    webhooksOut: config.webhooksOut,
    refusals: createRefusalLimit(config.refusalsPerMinute),
    trustedProxies: config.trustedProxies,
    verifiesAnswers: false,
    async close() {
      await connection.close();
      await Promise.all([database.destroy(), laneDatabase.destroy()]);
    },
  };
}

const GATEWAY_TIMEOUT_MS = 4_000;
/** Nobody in a lane waits longer for an account that another process holds locked. */
const LANE_STATEMENT_TIMEOUT_MS = 5_000;
const TEMPORAL_CHECK_WITHIN_MS = 1_500;

async function checkTemporal(connection: Connection): Promise<void> {
  await connection.withDeadline(Date.now() + TEMPORAL_CHECK_WITHIN_MS, () =>
    connection.workflowService.getSystemInfo({}),
  );
}
