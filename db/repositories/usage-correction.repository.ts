import type { Instant } from '../../domain/instant';
import type { Correction, CorrectionKind, StoredUse } from '../../domain/usage/correction';
import type { UsageType } from '../../domain/usage/usage-event';
import type { Transaction } from '../transaction';
import { toRowRate } from '../usage-rows';

export interface UseRow {
  readonly ledger_id: bigint;
  readonly key: string;
  readonly event_id: string;
  readonly type: UsageType;
  readonly local_date: string;
  readonly category: string;
  readonly asset: string;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly fee: bigint | null;
  readonly tax: bigint | null;
  readonly visitor_amount: bigint | null;
  readonly visitor_tax: bigint | null;
  readonly paid_quantity: bigint | null;
  readonly new_visitor: boolean;
  readonly visitor: string | null;
  readonly taxation_id: number | null;
  readonly last_transfer: bigint | null;
  readonly paid:
    readonly (readonly [bucket: string, counter: string, asset: string, amount: string])[] | null;
}

interface CorrectionRow {
  readonly ledger_id: bigint;
  readonly key: string;
  readonly event_id: string;
  readonly run: string;
  readonly kind: CorrectionKind;
  readonly reason: string;
  readonly successor: string | null;
  readonly successor_id: string | null;
  readonly rerating_id: string | null;
  readonly card_version: number | null;
  readonly market: string | null;
  readonly unit_rate: string | null;
  readonly taxation_id: number | null;
  readonly local_date: string;
  readonly category: string;
  readonly events: bigint;
  readonly quantity: bigint;
  readonly visitors: bigint;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly tax: bigint;
  readonly visitor_amount: bigint;
  readonly visitor_tax: bigint;
  readonly paid_quantity: bigint;
  readonly parts: readonly (readonly [
    bucket: string,
    counter: string,
    asset: string,
    amount: string,
    transfer: number,
    isExpired: boolean,
  ])[];
  readonly corrected_at: Instant;
}

/** What is read of a use `u` to correct it. */
export const STORED_USE = `
  u.ledger_id, u.key, u.event_id, u.type, to_char(u.local_date, 'YYYY-MM-DD') as local_date, u.category, u.asset,
  u.quantity, u.amount, u.fee, u.tax, u.visitor_amount, u.visitor_tax, u.paid_quantity, u.new_visitor, u.visitor, u.taxation_id,
  (select max(number) from unnest(u.transfers) number) as last_transfer,
  (select json_agg(json_build_array(t.debit, t.credit, t.asset, p.amount::text) order by p.n)
       from unnest(u.transfers, u.amounts) with ordinality p(number, amount, n)
       cross join lateral (
       select debit, credit, asset from transfers where ledger_id = u.ledger_id and number = p.number limit 1) t) as paid`;

/** The event of an account by the digest of its id, with what has corrected it; null: there is none. */
export async function findStoredUse(
  trx: Transaction,
  { accountId, key }: { readonly accountId: string; readonly key: string },
): Promise<StoredUse | null> {
  const { rows } = await trx.raw<{ rows: UseRow[] }>(
    `select ${STORED_USE}
       from usage_events u
      where u.ledger_id = (select l.id from ledgers l where l.account_id = :accountId) and u.key = :key
      order by u.recorded_at desc
      limit 1`,
    { accountId, key },
  );
  const [row] = rows;
  if (row === undefined) return null;
  return fromRowUse(row, await listCorrections(trx, { ledgerId: row.ledger_id, keys: [key] }));
}

/** The key of the event whose place this one took; null: of none. */
export async function findPredecessor(
  trx: Transaction,
  { ledgerId, key }: Pick<StoredUse, 'ledgerId' | 'key'>,
): Promise<string | null> {
  const row = await trx('usage_corrections')
    .where({ ledger_id: String(ledgerId), successor: key })
    .first<{ readonly key: string } | undefined>('key');
  return row?.key ?? null;
}

/** What corrected these events, the oldest first. */
export async function listCorrections(
  trx: Transaction,
  { ledgerId, keys }: { readonly ledgerId: bigint; readonly keys: readonly string[] },
): Promise<Correction[]> {
  const { rows } = await trx.raw<{ rows: CorrectionRow[] }>(
    `select c.ledger_id, c.key, c.event_id, c.run, c.kind, c.reason, c.successor, c.successor_id,
            c.rerating_id, c.card_version, c.market, trunc(c.unit_price * 10000000000)::text as unit_rate, c.taxation_id,
            to_char(c.local_date, 'YYYY-MM-DD') as local_date, c.category, c.events, c.quantity, c.visitors, c.amount, c.fee, c.tax,
            c.visitor_amount, c.visitor_tax, c.paid_quantity, c.corrected_at,
            (select coalesce(json_agg(json_build_array(p.bucket, p.counter, p.asset, p.amount::text, p.transfer, p.is_expired) order by p.n), '[]')
               from unnest(c.buckets, c.counters, c.assets, c.amounts, c.transfers, c.expired)
                    with ordinality p(bucket, counter, asset, amount, transfer, is_expired, n)) as parts
       from usage_corrections c
      where c.ledger_id = :ledgerId and c.key = any (:keys::uuid[])
      order by c.recorded_at, c.run`,
    { ledgerId: String(ledgerId), keys: [...keys] },
  );
  return rows.map(fromRowCorrection);
}

export function fromRowUse(row: UseRow, corrections: readonly Correction[]): StoredUse {
  return {
    ledgerId: row.ledger_id,
    key: row.key,
    id: row.event_id,
    type: row.type,
    localDate: row.local_date,
    category: row.category,
    asset: row.asset,
    quantity: row.quantity,
    amountMicros: row.amount,
    feeMicros: row.fee ?? 0n,
    taxMicros: row.tax ?? 0n,
    visitorMicros: row.visitor_amount ?? 0n,
    visitorTaxMicros: row.visitor_tax ?? 0n,
    paidQuantity: row.paid_quantity ?? 0n,
    isNewVisitor: row.new_visitor,
    visitor: row.visitor,
    taxationId: row.taxation_id ?? findTaxation(corrections),
    lastTransfer: row.last_transfer ?? 0n,
    paid: (row.paid ?? []).map(([bucket, counter, asset, amount]) => ({
      bucket,
      counter,
      asset,
      amount: BigInt(amount),
    })),
    corrections,
  };
}

/** The taxation that a use was given which had cost nothing at first; null: it still costs nothing. */
function findTaxation(corrections: readonly Correction[]): number | null {
  const [rerated] = corrections.flatMap((one) => one.rerated ?? []);
  return rerated?.taxationId ?? null;
}

function fromRowRerated(row: CorrectionRow): Correction['rerated'] {
  const { rerating_id: reratingId, card_version: versionId, market, unit_rate: rate } = row;
  const taxationId = row.taxation_id;
  if (reratingId === null || taxationId === null) return null;
  return {
    reratingId,
    versionId,
    market,
    unitRate: rate === null ? null : BigInt(rate),
    taxationId,
  };
}

function fromRowCorrection(row: CorrectionRow): Correction {
  const { successor, successor_id: id } = row;
  return {
    ledgerId: row.ledger_id,
    key: row.key,
    eventId: row.event_id,
    run: row.run,
    kind: row.kind,
    reason: row.reason,
    successor: successor === null || id === null ? null : { key: successor, id },
    rerated: fromRowRerated(row),
    localDate: row.local_date,
    category: row.category,
    events: row.events,
    quantity: row.quantity,
    visitors: row.visitors,
    amountMicros: row.amount,
    feeMicros: row.fee,
    taxMicros: row.tax,
    visitorMicros: row.visitor_amount,
    visitorTaxMicros: row.visitor_tax,
    paidQuantity: row.paid_quantity,
    parts: row.parts.map(([bucket, counter, asset, amount, transfer, isExpired]) => ({
      bucket,
      counter,
      asset,
      amount: BigInt(amount),
      transfer,
      isExpired,
    })),
    correctedAt: row.corrected_at,
  };
}

export interface KeptCorrection {
  readonly correction: Correction;
  /** See `changeCharges`. */
  readonly documentId: string | null;
}

/**
 * Keeps corrections beside the plan that moved what they say, and takes their differences into the roll-up of each
 * event's day. In the transaction that locked the ledger.
 */
export async function insertCorrections(
  trx: Transaction,
  kept: readonly KeptCorrection[],
  recordedAt: Instant,
): Promise<void> {
  await trx.raw(
    `with corrected as (
       insert into usage_corrections
       select * from json_populate_recordset(null::usage_corrections, :rows)
       returning ledger_id, local_date, category, events, quantity, visitors, amount, visitor_amount)
     insert into usage_days as d (ledger_id, local_date, category, events, quantity, visitors, amount)
     select ledger_id, local_date, category, sum(events), sum(quantity), sum(visitors), sum(amount)
       from (select ledger_id, local_date, category, events, quantity, visitors, amount from corrected
             union all -- What visitors cost stands under a category of their own, as in record_events.
             select ledger_id, local_date, 'unique_visitor', 0, 0, 0, visitor_amount from corrected where visitor_amount <> 0) c
      group by ledger_id, local_date, category
     on conflict (ledger_id, local_date, category) do update
        set events = d.events + excluded.events, quantity = d.quantity + excluded.quantity, visitors = d.visitors + excluded.visitors,
            amount = d.amount + excluded.amount`,
    { rows: JSON.stringify(kept.map((one) => toRowCorrection(one, recordedAt))) },
  );
}

/** The columns that only a re-rating has; left out, they are null. */
function toRowRerated(rerated: NonNullable<Correction['rerated']>): Record<string, unknown> {
  return {
    rerating_id: rerated.reratingId,
    card_version: rerated.versionId,
    market: rerated.market,
    unit_price: toRowRate(rerated.unitRate),
    taxation_id: rerated.taxationId,
  };
}

function toRowCorrection(
  { correction, documentId }: KeptCorrection,
  recordedAt: Instant,
): Record<string, unknown> {
  const { parts, successor, rerated } = correction;
  return {
    ledger_id: String(correction.ledgerId),
    key: correction.key,
    event_id: correction.eventId,
    run: correction.run,
    kind: correction.kind,
    reason: correction.reason,
    successor: successor?.key ?? null,
    successor_id: successor?.id ?? null,
    ...(rerated && toRowRerated(rerated)),
    local_date: correction.localDate,
    category: correction.category,
    events: String(correction.events),
    quantity: String(correction.quantity),
    visitors: String(correction.visitors),
    amount: String(correction.amountMicros),
    fee: String(correction.feeMicros),
    tax: String(correction.taxMicros),
    visitor_amount: String(correction.visitorMicros),
    visitor_tax: String(correction.visitorTaxMicros),
    paid_quantity: String(correction.paidQuantity),
    buckets: parts.map(({ bucket }) => bucket),
    counters: parts.map(({ counter }) => counter),
    assets: parts.map(({ asset }) => asset),
    amounts: parts.map(({ amount }) => String(amount)),
    transfers: parts.map(({ transfer }) => transfer),
    expired: parts.map(({ isExpired }) => isExpired),
    document_id: documentId,
    corrected_at: correction.correctedAt,
    recorded_at: recordedAt,
  };
}
