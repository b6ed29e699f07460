import { Client, Connection } from '@temporalio/client';
import type { ActivityDependencies } from '../activities/dependencies';
import type { DeliveryDependencies } from '../activities/webhook/deliver-webhooks';
import type { WorkerConfig } from '../config/config';
import { temporalConnectionOptions } from '../config/temporal';
import { listenToCrossings } from '../db/after-commit';
import { createDatabase, type Database } from '../db/connection';
import { workflowIdOf } from '../domain/lifecycle';
import { DEFAULT_GRACE_POLICY } from '../domain/phone-number/phone-number';
import { createNumberCarrier } from '../gateways/create-number-carrier';
import { createPaymentGateways, createPayoutBank } from '../gateways/create-payment-gateways';
import { leaveHint } from '../gateways/signal-if-running';
import { SEND_TIMEOUT_MS } from '../gateways/webhooks/send-webhook';
import { createCommandSender } from '../gateways/workflow-commands';
import { balanceFell } from '../workflows/auto-recharge.messages';

export interface WorkerDependencies extends ActivityDependencies {
  readonly database: Database;
  readonly webhooks: DeliveryDependencies;
  readonly close: () => Promise<void>;
}

/** The composition root of the worker process: the only place that knows every part. */
export async function createWorkerDependencies(config: WorkerConfig): Promise<WorkerDependencies> {
  const { taskQueue } = config;
  const database = createDatabase({
    url: config.databaseUrl,
    poolMax: config.databasePoolMax,
    applicationName: 'tollgate-worker',
    // Every activity works for the system: one statement less in each of its transactions.
    isSystem: true,
  });
  const connection = await Connection.connect(await temporalConnectionOptions(config.temporal));
  const now = () => new Date().toISOString();
  const client = new Client({ connection, namespace: config.temporal.namespace });
  listenToCrossings(database, (accountId) =>
    leaveHint(client, workflowIdOf('auto_recharge', accountId), balanceFell),
  );
  return {
    database,
    client,
    taskQueue,
    gateways: createPaymentGateways(config.paymentGateways, { timeoutMs: GATEWAY_TIMEOUT_MS }),
    payoutBank: createPayoutBank(config.payoutBank, { timeoutMs: GATEWAY_TIMEOUT_MS }),
    numberCarrier: createNumberCarrier(config.numberCarrier, { timeoutMs: GATEWAY_TIMEOUT_MS }),
    gracePolicy: { ...DEFAULT_GRACE_POLICY, graceDays: config.numberGraceDays },
    disputePolicy: config.disputePolicy,
    commands: createCommandSender({ client, taskQueue, nowMs: () => Date.now() }),
    checkoutReturnUrl: `${config.apiUrl}/checkout/return`,
    now,
    webhooks: {
      database,
      webhookKey: config.webhooksOut.key,
      sending: {
        allowsLoopback: config.webhooksOut.allowsLoopback,
        timeoutMs: SEND_TIMEOUT_MS,
      },
      now,
      chance: Math.random,
    },
    close: async () => {
      await connection.close();
      await database.destroy();
    },
  };
}

/** Below the activities' own limits, so that the gateway's silence is told as such. */
const GATEWAY_TIMEOUT_MS = 4_000;
