import { hash } from 'node:crypto';
import type { EventType, NewEvent, RecordedEvent } from '../../domain/event';
import { ID_PREFIXES } from '../../domain/ids';
import type { Instant } from '../../domain/instant';
import { newId } from '../new-id';
import type { Transaction } from '../transaction';

export interface StoredEvent extends RecordedEvent {
  readonly position: bigint;
}

interface EventRow {
  readonly id: string;
  readonly position: bigint;
  readonly account_id: string;
  readonly type: EventType;
  readonly subject_id: string;
  readonly reason: string;
  readonly data: NewEvent['data'];
  readonly occurred_at: string;
  readonly recorded_at: string;
}

/** Writes events into the outbox, in the transaction that caused them. */
export async function insertEvents(
  trx: Transaction,
  events: readonly NewEvent[],
  recordedAt: Instant,
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => toRowEvent(newId('event'), event));
  await trx.raw(INSERT, [recordedAt, JSON.stringify(rows)]);
}

/** One text however many there are, so it is planned once: at a month's end hundreds come at a time. */
const INSERT = `
  insert into events (id, account_id, type, subject_id, reason, data, occurred_at, recorded_at)
  select id, account_id, type, subject_id, reason, data, occurred_at, ?
    from json_populate_recordset(null::events, ?)`;

function toRowEvent(id: string, event: NewEvent) {
  return {
    id,
    account_id: event.accountId,
    type: event.type,
    subject_id: event.subjectId,
    reason: event.reason,
    data: event.data,
    occurred_at: event.occurredAt,
  };
}

/**
 * Writes events that are told once by the name of what they tell of, and leaves out those that were told. In the
 * transaction that caused them.
 */
export async function insertEventsOnce(
  trx: Transaction,
  told: readonly { readonly event: NewEvent; readonly once: string }[],
  recordedAt: Instant,
): Promise<void> {
  if (told.length === 0) return;
  const rows = told.map(({ event, once }) =>
    toRowEvent(`${ID_PREFIXES.event}_${hash('sha256', once, 'hex').slice(0, ONCE_DIGITS)}`, event),
  );
  await trx.raw(`${INSERT} on conflict (id) do nothing`, [recordedAt, JSON.stringify(rows)]);
}

/** 128 bits: two names never meet. */
const ONCE_DIGITS = 32;

/** The tenant's events, newest first; `beforePosition` is the last one of the page before. */
export async function listEvents(
  trx: Transaction,
  query: {
    readonly limit: number;
    readonly beforePosition: bigint | null;
    readonly accountId?: string | undefined;
    readonly type?: EventType | undefined;
    readonly subjectId?: string | undefined;
  },
): Promise<StoredEvent[]> {
  const rows: EventRow[] = await trx<EventRow>('events')
    .select(...COLUMNS)
    .modify((builder) => {
      if (query.beforePosition !== null) builder.where('position', '<', query.beforePosition);
      if (query.accountId !== undefined) builder.where('account_id', query.accountId);
      if (query.type !== undefined) builder.where('type', query.type);
      if (query.subjectId !== undefined) builder.where('subject_id', query.subjectId);
    })
    .orderBy('position', 'desc')
    .limit(query.limit);
  return rows.map(fromRowEvent);
}

/** The events of these ids, by id. */
export async function findEvents(
  trx: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredEvent>> {
  const rows: EventRow[] = await trx<EventRow>('events')
    .select(...COLUMNS)
    .whereIn('id', [...ids]);
  return new Map(rows.map((row) => [row.id, fromRowEvent(row)]));
}

const COLUMNS = [
  'id',
  'position',
  'account_id',
  'type',
  'subject_id',
  'reason',
  'data',
  'occurred_at',
  'recorded_at',
] as const;

function fromRowEvent(row: EventRow): StoredEvent {
  return {
    id: row.id,
    position: row.position,
    accountId: row.account_id,
    type: row.type,
    subjectId: row.subject_id,
    reason: row.reason,
    data: row.data,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
  };
}
