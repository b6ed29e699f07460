/**
 * Owns: one delivery of a webhook: claimed, sent, and what came of it written down.
 * Does not own: how many at once and when (worker/webhook-courier.ts), the rules of retries (domain/webhook/).
 * No workflow stands behind it: the rows are the queue (decision 0047).
 */
import type { Database } from '../../db/connection';
import { findEvents } from '../../db/repositories/event.repository';
import {
  noteEndpointFailure,
  noteEndpointSuccess,
} from '../../db/repositories/webhook-endpoint.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import {
  claimDeliveries,
  keepBody,
  noteTry,
  releaseClaim,
  type ClaimedDelivery,
} from '../../db/webhook-queue';
import { addSeconds, isBefore, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { findReasonToDisable } from '../../domain/webhook/endpoint-health';
import { findNextTry } from '../../domain/webhook/retry-schedule';
import { toMessageBody } from '../../domain/webhook/webhook-message';
import {
  sendWebhook,
  type SendOptions,
  type TryOutcome,
} from '../../gateways/webhooks/send-webhook';
import { signWebhook } from '../../gateways/webhooks/sign-webhook';
import { unsealWebhookSecret } from '../../gateways/webhooks/webhook-secret';
import { disableFailingEndpoint } from './disable-endpoint';

export interface DeliveryDependencies {
  readonly database: Database;
  /** What secrets are sealed under. */
  readonly webhookKey: string;
  /** How one is sent; the signal of the process is given with each. */
  readonly sending: Omit<SendOptions, 'signal'>;
  readonly now: () => Instant;
  /** From 0 up to 1: the jitter of retries. */
  readonly chance: () => number;
}

/** Longer than any try takes: after it the worker that claimed is taken for dead. */
const CLAIM_SECONDS = 60;

/** A claimed delivery whose bytes are kept, ready to be sent. */
export type ReadyDelivery = ClaimedDelivery & { readonly body: string };

/** Claims deliveries that are due; from now on this worker alone tries them, for a minute. */
export async function claimDue(
  { database, now }: DeliveryDependencies,
  room: {
    readonly limit: number;
    readonly perEndpoint: number;
    readonly trying: Readonly<Record<string, number>>;
  },
): Promise<ReadyDelivery[]> {
  const at = now();
  return withTransaction(database, SYSTEM, async (trx) => {
    const until = addSeconds(at, CLAIM_SECONDS);
    const claimed = await claimDeliveries(trx, { ...room, now: at, until });
    return withBodies(trx, claimed);
  });
}

async function withBodies(
  trx: Transaction,
  claimed: readonly ClaimedDelivery[],
): Promise<ReadyDelivery[]> {
  const missing = claimed.filter(({ body }) => body === null);
  const events =
    missing.length === 0
      ? new Map()
      : await findEvents(
          trx,
          missing.map((each) => each.messageId),
        );
  const ready: ReadyDelivery[] = [];
  for (const delivery of claimed) {
    let { body } = delivery;
    if (body === null) {
      const event = events.get(delivery.messageId);
      invariant(event !== undefined, 'a delivery without a body is of an event');
      body = toMessageBody(event);
      await keepBody(trx, delivery.id, body);
    }
    ready.push({ ...delivery, body });
  }
  return ready;
}

/**
 * Tries a delivery once and writes down what came of it; answers that, null when the process stopped before an answer
 * and the claim was given back.
 */
export async function tryDelivery(
  dependencies: DeliveryDependencies,
  delivery: ReadyDelivery,
  signal: AbortSignal,
): Promise<'delivered' | 'failed' | 'retried' | null> {
  const sentAt = dependencies.now();
  const outcome = await send(dependencies, delivery, { sentAt, signal });
  const { database } = dependencies;
  if (signal.aborted && outcome.status === null) {
    await withTransaction(database, SYSTEM, (trx) => releaseClaim(trx, delivery));
    return null;
  }
  return withTransaction(database, SYSTEM, (trx) =>
    note(trx, { delivery, outcome, sentAt, chance: dependencies.chance() }),
  );
}

async function send(
  { webhookKey, sending }: DeliveryDependencies,
  delivery: ReadyDelivery,
  { sentAt, signal }: { readonly sentAt: Instant; readonly signal: AbortSignal },
): Promise<TryOutcome> {
  const secrets = sealedSecretsOf(delivery, sentAt).map((sealed) =>
    unsealWebhookSecret(sealed, webhookKey),
  );
  const known = secrets.filter((secret) => secret !== null);
  if (known.length < secrets.length) {
    return { status: null, error: 'its secret cannot be read: rotate it' };
  }
  const { messageId: id, body, url } = delivery;
  const headers = signWebhook({ id, body, sentAt, secrets: known });
  return sendWebhook({ url, body, headers }, { ...sending, signal });
}

/** The newest first; the one before it as long as it signs too. */
function sealedSecretsOf(delivery: ClaimedDelivery, at: Instant): string[] {
  const { secretSealed, previousSecretSealed, previousSecretUntil } = delivery;
  if (previousSecretSealed === null || previousSecretUntil === null) return [secretSealed];
  return isBefore(at, previousSecretUntil) ? [secretSealed, previousSecretSealed] : [secretSealed];
}

interface Tried {
  readonly delivery: ReadyDelivery;
  readonly outcome: TryOutcome;
  readonly sentAt: Instant;
  readonly chance: number;
}

/** The endpoint's row comes before its deliveries', as for everybody who changes both. */
async function note(trx: Transaction, tried: Tried): Promise<'delivered' | 'failed' | 'retried'> {
  const { delivery, outcome, sentAt } = tried;
  const { status, error } = outcome;
  const { endpointId } = delivery;
  if (error === null) {
    await noteEndpointSuccess(trx, endpointId);
    const attempt = { at: sentAt, status };
    await noteTry(trx, { claimed: delivery, attempt, status: 'delivered' });
    return 'delivered';
  }
  const record = await noteEndpointFailure(trx, endpointId, sentAt);
  const nextTryAt = await noteFailure(trx, tried, error);
  if (record === null) return 'failed';
  const reason = findReasonToDisable({ httpStatus: status, at: sentAt, ...record });
  if (reason !== null) {
    await disableFailingEndpoint(trx, { endpointId, reason, at: sentAt, ...record });
  }
  return nextTryAt === null || reason !== null ? 'failed' : 'retried';
}

async function noteFailure(trx: Transaction, tried: Tried, error: string): Promise<Instant | null> {
  const { delivery: claimed, outcome, sentAt, chance } = tried;
  const nextTryAt = findNextTry({ failures: claimed.tries + 1, failedAt: sentAt, chance });
  const attempt = { at: sentAt, status: outcome.status, error };
  await noteTry(
    trx,
    nextTryAt === null
      ? { claimed, attempt, status: 'failed' }
      : { claimed, attempt, status: 'pending', nextTryAt },
  );
  return nextTryAt;
}
