import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/**
 * What a webhook is to us. `received`: somebody still has to be told. `forwarded`: who looks after it was. `known`:
 * what became of its payment is stored for good. `unmatched`: it names no payment, or nothing of ours.
 */
export type InboxState = 'received' | 'forwarded' | 'known' | 'unmatched';

/** A webhook as it came, with what its verified body names. */
export interface InboxEntry {
  readonly gateway: string;
  readonly eventId: string;
  readonly type: string;
  /** What we called the payment: the workflow id of what is paid, or more. */
  readonly reference: string | null;
  /** Or of a setup, the gateway's id of that. */
  readonly gatewayPaymentId: string | null;
  /** Null: it is about no dispute. */
  readonly gatewayDisputeId: string | null;
  readonly rawBody: Buffer;
  readonly receivedAt: Instant;
  readonly state: InboxState;
}

/** A stored webhook that still has to reach its workflow. */
export type WaitingEntry = Pick<
  InboxEntry,
  | 'gateway'
  | 'eventId'
  | 'type'
  | 'reference'
  | 'gatewayPaymentId'
  | 'gatewayDisputeId'
  | 'receivedAt'
>;

/** What a webhook is, and whose workflows are to be told. */
export interface Judgement {
  readonly state: InboxState;
  readonly workflowIds: readonly string[];
}

interface InboxRow {
  readonly gateway: string;
  readonly event_id: string;
  readonly type: string;
  readonly reference: string | null;
  readonly gateway_payment_id: string | null;
  readonly gateway_dispute_id: string | null;
  readonly received_at: Instant;
}

/**
 * What a webhook is before anybody is told. Every gateway call about a payment follows the commit of the row
 * it is made for, so a lifecycle without a row is none of ours. A payment that failed may still succeed. A
 * refund is told of by the id of its payment: every refund of that payment that waits is asked about.
 */
export async function judgeEntry(
  trx: Transaction,
  entry: Pick<InboxEntry, 'gateway' | 'gatewayPaymentId' | 'type'> & {
    readonly workflowId: string | null;
  },
): Promise<Judgement> {
  const { gateway, gatewayPaymentId, workflowId, type } = entry;
  if (type === 'refund.succeeded' || type === 'refund.failed') {
    const waiting: string[] = await trx('refunds')
      .where({ gateway, gateway_payment_id: gatewayPaymentId, status: 'requested' })
      .orderBy('id')
      .pluck('workflow_id');
    if (waiting.length > 0) return { state: 'received', workflowIds: waiting };
  }
  const { rows } = await trx.raw<{ rows: { state: Judgement['state'] }[] }>(
    `select case
       when exists (select from payments
                     where gateway = :gateway and gateway_payment_id = :gatewayPaymentId and status <> 'failed')
         then 'known'
       when cast(:gatewayPaymentId as text) is null or not exists (select from lifecycles where workflow_id = :workflowId)
         then 'unmatched'
       else 'received'
     end as state`,
    { gateway, gatewayPaymentId, workflowId },
  );
  const state = rows[0]?.state ?? 'received';
  return { state, workflowIds: workflowId === null || state !== 'received' ? [] : [workflowId] };
}

/** Stores a verified webhook before it is acted on. Answers false when this event came before. */
export async function insertInboxEntry(trx: Transaction, entry: InboxEntry): Promise<boolean> {
  const written: unknown[] = await trx('webhook_inbox')
    .insert({
      gateway: entry.gateway,
      event_id: entry.eventId,
      type: entry.type,
      reference: entry.reference,
      gateway_payment_id: entry.gatewayPaymentId,
      gateway_dispute_id: entry.gatewayDisputeId,
      raw_body: entry.rawBody,
      received_at: entry.receivedAt,
      state: entry.state,
    })
    .onConflict(['gateway', 'event_id'])
    .ignore()
    .returning('event_id');
  return written.length === 1;
}

/** Webhooks that were stored before `before` and still have to reach somebody, the oldest first. */
export async function listWaitingEntries(
  trx: Transaction,
  { before, limit }: { readonly before: Instant; readonly limit: number },
): Promise<WaitingEntry[]> {
  const rows: InboxRow[] = await trx('webhook_inbox')
    .where({ state: 'received' })
    .where('received_at', '<', before)
    .orderBy('received_at')
    .limit(limit)
    .select(
      'gateway',
      'event_id',
      'type',
      'reference',
      'gateway_payment_id',
      'gateway_dispute_id',
      'received_at',
    );
  return rows.map((row) => ({
    gateway: row.gateway,
    eventId: row.event_id,
    type: row.type,
    reference: row.reference,
    gatewayPaymentId: row.gateway_payment_id,
    gatewayDisputeId: row.gateway_dispute_id,
    receivedAt: row.received_at,
  }));
}

/** Lets the reconciliation bring a webhook to its workflow once more: the gateway it asked was silent. */
export async function reopenInboxEntry(
  trx: Transaction,
  { gateway, eventId }: Pick<InboxEntry, 'gateway' | 'eventId'>,
): Promise<void> {
  await trx('webhook_inbox')
    .where({ gateway, event_id: eventId, state: 'forwarded' })
    .update({ state: 'received', settled_at: null });
}

/** Notes that a webhook reached its workflow, or that nobody needs to be told. */
export async function settleInboxEntry(
  trx: Transaction,
  entry: Pick<InboxEntry, 'gateway' | 'eventId'>,
  outcome: { readonly state: Exclude<InboxState, 'received'>; readonly at: Instant },
): Promise<void> {
  await trx('webhook_inbox')
    .where({ gateway: entry.gateway, event_id: entry.eventId })
    .update({ state: outcome.state, settled_at: outcome.at });
}
