import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/** A webhook as it came, with what its verified body names. */
export interface InboxEntry {
  readonly gateway: string;
  readonly eventId: string;
  readonly type: string;
  /** What we called the payment: the workflow id of what is paid, or more. */
  readonly reference: string | null;
  readonly gatewayPaymentId: string | null;
  readonly rawBody: Buffer;
  readonly receivedAt: Instant;
}

/** A stored webhook that still has to reach its workflow. */
export type WaitingEntry = Pick<
  InboxEntry,
  'gateway' | 'eventId' | 'reference' | 'gatewayPaymentId'
>;

interface InboxRow {
  readonly gateway: string;
  readonly event_id: string;
  readonly reference: string | null;
  readonly gateway_payment_id: string | null;
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
      raw_body: entry.rawBody,
      received_at: entry.receivedAt,
      state: 'received',
    })
    .onConflict(['gateway', 'event_id'])
    .ignore()
    .returning('event_id');
  return written.length === 1;
}

/** Webhooks that were stored before `before` and have reached nobody, the oldest first. */
export async function listWaitingEntries(
  trx: Transaction,
  { before, limit }: { readonly before: Instant; readonly limit: number },
): Promise<WaitingEntry[]> {
  const rows: InboxRow[] = await trx('webhook_inbox')
    .where({ state: 'received' })
    .where('received_at', '<', before)
    .orderBy('received_at')
    .limit(limit)
    .select('gateway', 'event_id', 'reference', 'gateway_payment_id');
  return rows.map((row) => ({
    gateway: row.gateway,
    eventId: row.event_id,
    reference: row.reference,
    gatewayPaymentId: row.gateway_payment_id,
  }));
}

/** Notes that a webhook reached its workflow, or that nothing of ours matches it. */
export async function settleInboxEntry(
  trx: Transaction,
  entry: Pick<InboxEntry, 'gateway' | 'eventId'>,
  outcome: { readonly state: 'forwarded' | 'unmatched'; readonly at: Instant },
): Promise<void> {
  await trx('webhook_inbox')
    .where({ gateway: entry.gateway, event_id: entry.eventId })
    .update({ state: outcome.state, forwarded_at: outcome.at });
}
