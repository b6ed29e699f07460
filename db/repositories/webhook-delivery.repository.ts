import type { Instant } from '../../domain/instant';
import type { MessageType } from '../../domain/webhook/webhook-message';
import { newId } from '../new-id';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

export interface DeliveryAttempt {
  readonly at: Instant;
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  readonly error?: string;
}

/** A message on its way to an endpoint, or arrived. */
export interface WebhookDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly eventType: MessageType;
  readonly status: DeliveryStatus;
  readonly attempts: readonly DeliveryAttempt[];
  readonly nextTryAt: Instant;
  readonly createdAt: Instant;
}

interface DeliveryRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly event_type: MessageType;
  readonly status: DeliveryStatus;
  readonly attempts: DeliveryAttempt[];
  readonly next_try_at: Instant;
  readonly created_at: Instant;
}

const COLUMNS = [
  'id',
  'endpoint_id',
  'message_id',
  'event_type',
  'status',
  'attempts',
  'next_try_at',
  'created_at',
] as const;

/** A message for one endpoint that no event stands behind. Those of events are written by a trigger. */
export async function insertDelivery(
  trx: Transaction,
  message: {
    readonly endpointId: string;
    readonly messageId: string;
    readonly eventType: MessageType;
    readonly body: string;
    readonly at: Instant;
  },
): Promise<WebhookDelivery> {
  const rows = await trx('webhook_deliveries')
    .insert({
      id: newId('webhook_delivery'),
      endpoint_id: message.endpointId,
      message_id: message.messageId,
      event_type: message.eventType,
      subject_id: message.endpointId,
      body: message.body,
      status: 'pending',
      tries: 0,
      attempts: '[]',
      next_try_at: message.at,
      created_at: message.at,
    })
    .returning<DeliveryRow[]>([...COLUMNS]);
  const [row] = rows;
  if (row === undefined) throw new Error('the delivery that was just written is not there');
  return fromRow(row);
}

/** An endpoint's deliveries, newest first. */
export async function listDeliveries(
  trx: Transaction,
  query: PageQuery & {
    readonly endpointId: string;
    readonly status?: DeliveryStatus | undefined;
  },
): Promise<WebhookDelivery[]> {
  const { endpointId, status } = query;
  const rows = await trx('webhook_deliveries')
    .where({ endpoint_id: endpointId, ...(status !== undefined && { status }) })
    .modify((builder) => newestFirst(builder, query))
    .select<DeliveryRow[]>(...COLUMNS);
  return rows.map(fromRow);
}

/** Null when the tenant has no such delivery. */
export async function findDelivery(trx: Transaction, id: string): Promise<WebhookDelivery | null> {
  const row = await trx('webhook_deliveries')
    .where({ id })
    .first<DeliveryRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/**
 * Has it tried now, with all its retries before it again. It no longer waits for others of its subject, nor they for
 * it. One that a worker is trying at this moment is left to it.
 */
export async function redeliver(trx: Transaction, id: string, at: Instant): Promise<void> {
  await trx('webhook_deliveries')
    .where({ id })
    .whereRaw("not (status = 'pending' and coalesce(claimed_until > ?, false))", [at])
    .update({
      status: 'pending',
      ordinal: null,
      tries: 0,
      next_try_at: at,
      claimed_until: null,
      settled_at: null,
    });
}

/** What waits for an endpoint that is disabled is given up; each can be redelivered. */
export async function failPendingDeliveries(
  trx: Transaction,
  { endpointId, error, at }: { endpointId: string; error: string; at: Instant },
): Promise<void> {
  await trx('webhook_deliveries')
    .where({ endpoint_id: endpointId, status: 'pending' })
    .update({
      status: 'failed',
      settled_at: at,
      claimed_until: null,
      attempts: trx.raw('attempts || ?::jsonb', [JSON.stringify([{ at, status: null, error }])]),
    });
}

function fromRow(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    messageId: row.message_id,
    eventType: row.event_type,
    status: row.status,
    attempts: row.attempts,
    nextTryAt: row.next_try_at,
    createdAt: row.created_at,
  };
}
