import type { Instant } from '../../domain/instant';
import type { ListenedType } from '../../domain/webhook/webhook-message';
import { newId } from '../new-id';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

export type EndpointStatus = 'enabled' | 'disabled';

/** Who is told of what. Without partner and account it is the operator's. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly partnerId: string | null;
  readonly accountId: string | null;
  readonly url: string;
  readonly eventTypes: readonly ListenedType[];
  readonly status: EndpointStatus;
  readonly disabledReason: string | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export type NewWebhookEndpoint = Pick<
  WebhookEndpoint,
  'partnerId' | 'accountId' | 'url' | 'eventTypes' | 'createdAt'
> & { readonly secretSealed: string };

interface EndpointRow {
  readonly id: string;
  readonly partner_id: string | null;
  readonly account_id: string | null;
  readonly url: string;
  readonly event_types: ListenedType[];
  readonly status: EndpointStatus;
  readonly disabled_reason: string | null;
  readonly created_at: Instant;
  readonly updated_at: Instant;
}

const COLUMNS = [
  'id',
  'partner_id',
  'account_id',
  'url',
  'event_types',
  'status',
  'disabled_reason',
  'created_at',
  'updated_at',
] as const;

export async function insertEndpoint(
  trx: Transaction,
  endpoint: NewWebhookEndpoint,
): Promise<WebhookEndpoint> {
  const rows = await trx('webhook_endpoints')
    .insert({
      id: newId('webhook_endpoint'),
      partner_id: endpoint.partnerId,
      account_id: endpoint.accountId,
      url: endpoint.url,
      event_types: [...endpoint.eventTypes],
      status: 'enabled',
      secret_sealed: endpoint.secretSealed,
      failures: 0,
      created_at: endpoint.createdAt,
      updated_at: endpoint.createdAt,
    })
    .returning<EndpointRow[]>([...COLUMNS]);
  return rows.map(fromRow)[0] ?? missing();
}

/** The tenant's endpoints, newest first. */
export async function listEndpoints(trx: Transaction, page: PageQuery): Promise<WebhookEndpoint[]> {
  const rows = await trx('webhook_endpoints')
    .where({ deleted_at: null })
    .modify((query) => newestFirst(query, page))
    .select<EndpointRow[]>(...COLUMNS);
  return rows.map(fromRow);
}

/** Null when the tenant has no such endpoint. */
export async function findEndpoint(trx: Transaction, id: string): Promise<WebhookEndpoint | null> {
  const row = await trx('webhook_endpoints')
    .where({ id, deleted_at: null })
    .first<EndpointRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** Like `findEndpoint`, and nobody else changes it before the end of the transaction. */
export async function lockEndpoint(trx: Transaction, id: string): Promise<WebhookEndpoint | null> {
  const row = await trx('webhook_endpoints')
    .where({ id, deleted_at: null })
    .forNoKeyUpdate()
    .first<EndpointRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** Changes what is given. An endpoint that is enabled again begins without failures. */
export async function changeEndpoint(
  trx: Transaction,
  id: string,
  change: {
    readonly url?: string | undefined;
    readonly eventTypes?: readonly ListenedType[] | undefined;
    readonly status?: EndpointStatus | undefined;
    /** With the status `disabled`. */
    readonly disabledReason?: string | undefined;
    readonly at: Instant;
  },
): Promise<WebhookEndpoint> {
  const { url, eventTypes, status, at } = change;
  const rows = await trx('webhook_endpoints')
    .where({ id })
    .update({
      ...(url !== undefined && { url }),
      ...(eventTypes !== undefined && { event_types: [...eventTypes] }),
      ...(status !== undefined && {
        status,
        disabled_reason: status === 'disabled' ? change.disabledReason : null,
        failing_since: null,
        failures: 0,
      }),
      updated_at: at,
    })
    .returning<EndpointRow[]>([...COLUMNS]);
  return rows.map(fromRow)[0] ?? missing();
}

/** A new secret signs from now on; the one before signs beside it until `previousUntil`. */
export async function rotateSecret(
  trx: Transaction,
  id: string,
  rotation: {
    readonly secretSealed: string;
    readonly previousUntil: Instant;
    readonly at: Instant;
  },
): Promise<void> {
  await trx('webhook_endpoints')
    .where({ id })
    .update({
      previous_secret_sealed: trx.ref('secret_sealed'),
      previous_secret_until: rotation.previousUntil,
      secret_sealed: rotation.secretSealed,
      updated_at: rotation.at,
    });
}

/**
 * Nobody sees it any more, and it is sent nothing: its secrets and deliveries are gone. Deleted again, it answers the
 * same. Null when the tenant never had it.
 */
export async function deleteEndpoint(
  trx: Transaction,
  { id, at }: { readonly id: string; readonly at: Instant },
): Promise<WebhookEndpoint | null> {
  await trx('webhook_endpoints').where({ id, deleted_at: null }).update({
    status: 'disabled',
    disabled_reason: 'It was deleted.',
    secret_sealed: '',
    previous_secret_sealed: null,
    previous_secret_until: null,
    deleted_at: at,
    updated_at: at,
  });
  await trx('webhook_deliveries').where({ endpoint_id: id }).delete();
  const row = await trx('webhook_endpoints')
    .where({ id })
    .first<EndpointRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** A success ends a row of failures; most successes find none and write nothing. */
export async function noteEndpointSuccess(trx: Transaction, id: string): Promise<void> {
  await trx('webhook_endpoints')
    .where({ id })
    .where('failures', '>', 0)
    .update({ failing_since: null, failures: 0 });
}

/** Counts a failure; null when the endpoint has been disabled or deleted meanwhile. */
export async function noteEndpointFailure(
  trx: Transaction,
  id: string,
  at: Instant,
): Promise<{ readonly failingSince: Instant; readonly failures: number } | null> {
  const rows = await trx('webhook_endpoints')
    .where({ id, status: 'enabled' })
    .update({
      failing_since: trx.raw('coalesce(failing_since, ?)', [at]),
      failures: trx.raw('failures + 1'),
    })
    .returning<{ failing_since: Instant; failures: number }[]>(['failing_since', 'failures']);
  const [row] = rows;
  return row === undefined ? null : { failingSince: row.failing_since, failures: row.failures };
}

/** The operator's enabled endpoints that listen to a type. Needs the system scope. */
export async function listOperatorListeners(trx: Transaction, type: string): Promise<string[]> {
  return trx('webhook_endpoints')
    .where({ partner_id: null, account_id: null, status: 'enabled' })
    .whereRaw("event_types && array['*', ?::text]", [type])
    .pluck<string[]>('id');
}

function fromRow(row: EndpointRow): WebhookEndpoint {
  return {
    id: row.id,
    partnerId: row.partner_id,
    accountId: row.account_id,
    url: row.url,
    eventTypes: row.event_types,
    status: row.status,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function missing(): never {
  throw new Error('the endpoint that was just written is not there');
}
