import type { LocalDate } from '../../domain/calendar';
import { fromEpochMs, type Instant } from '../../domain/instant';
import type { BucketSource } from '../../domain/ledger/ledger-state';
import type { RatingRule } from '../../domain/rating/rate-card';
import type { CorrectionKind } from '../../domain/usage/correction';
import { mergeCharges } from '../../domain/usage/decide-usage';
import type { Rating, UsageCharge, UsageEvent, UsageType } from '../../domain/usage/usage-event';
import type { Transaction } from '../transaction';
import { fromRowRating, type RatingRow } from '../usage-rows';

/** A usage event as it was stored, with what paid for it. */
export interface UsageEventView {
  /** The client's, unique within the account. */
  readonly id: string;
  /** A digest of it. */
  readonly key: string;
  readonly type: UsageType;
  readonly mode: UsageEvent['mode'];
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly asset: string;
  readonly rating: Rating;
  readonly charges: readonly (UsageCharge & { readonly source: BucketSource })[];
  /** Numbers in the account's ledger. */
  readonly transfers: readonly bigint[];
  readonly broadcastId: string | null;
  /** The oldest first. */
  readonly correctedBy: readonly CorrectionView[];
  /** The event whose place this one took; null: none. */
  readonly corrects: string | null;
}

/** What corrected an event. The event stays as it was. */
export interface CorrectionView {
  readonly kind: CorrectionKind;
  readonly reason: string;
  readonly correctedAt: Instant;
  /** What it costs more since, with the visitor it brought and without tax; below zero: less. */
  readonly amountMicros: bigint;
  /** The event that took its place. */
  readonly replacedBy: string | null;
  /** The re-rating that it was a part of, */
  readonly reratingId: string | null;
  /** and what priced the event again; null: it was taken back. */
  readonly card: {
    readonly name: string;
    readonly version: number;
    readonly effectiveFrom: LocalDate;
  } | null;
}

export interface UsageEventsQuery {
  readonly accountId: string;
  readonly limit: number;
  /** The last one of the page before. */
  readonly before: { readonly occurredAt: Instant; readonly key: string } | null;
  /** Half-open, by when it happened. */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly asset?: string | undefined;
}

interface UsageEventRow extends RatingRow {
  readonly event_id: string;
  readonly key: string;
  readonly type: UsageType;
  readonly mode: UsageEvent['mode'];
  readonly occurred_at: Instant;
  readonly recorded_at: Instant;
  readonly card: (NonNullable<Rating['card']> & { readonly unit: RatingRule['unit'] }) | null;
  readonly charges:
    | readonly (readonly [bucket: string, source: BucketSource, asset: string, amount: string])[]
    | null;
  readonly transfers: readonly bigint[];
  readonly broadcast: string | null;
  readonly corrected_by: readonly CorrectionViewRow[] | null;
  readonly corrects: string | null;
}

type CorrectionViewRow = readonly [
  kind: CorrectionKind,
  reason: string,
  correctedAtMs: number,
  amount: string,
  replacedBy: string | null,
  reratingId: string | null,
  card: CorrectionView['card'],
];

/** What is shown of the events `e`. */
const SHOWN = `
  e.event_id, e.key, e.type, e.mode, e.occurred_at, e.recorded_at, e.asset, e.category, e.market, e.quantity, e.amount,
  e.fee, e.tax, e.visitor_amount, e.zero_reason, e.window_from, e.broadcast, e.transfers,
  trunc(e.unit_price * 10000000000)::text as unit_rate,
  (select json_build_object('code', v.card_code, 'version', v.version, 'versionId', v.id, 'effectiveFrom', v.effective_from, 'unit', v.rule ->> 'unit')
     from rate_card_versions v where v.id = e.card_version) as card,
  (select json_agg(json_build_array(t.debit, b.source, t.asset, p.amount::text) order by p.n)
     from unnest(e.transfers, e.amounts) with ordinality p(number, amount, n)
    cross join lateral (
      select debit, asset from transfers where ledger_id = e.ledger_id and number = p.number limit 1) t
     join buckets b on b.ledger_id = e.ledger_id and b.code = t.debit) as charges,
  (select json_agg(json_build_array(c.kind, c.reason, extract(epoch from c.corrected_at) * 1000, (c.amount + c.visitor_amount)::text,
                                    c.successor_id, c.rerating_id,
                                    (select json_build_object('name', r.name, 'version', v.version, 'effectiveFrom', v.effective_from)
                                       from rate_card_versions v join rate_cards r on r.code = v.card_code where v.id = c.card_version))
                   order by c.recorded_at, c.run)
     from usage_corrections c where c.ledger_id = e.ledger_id and c.key = e.key) as corrected_by,
  (select c.event_id from usage_corrections c where c.ledger_id = e.ledger_id and c.successor = e.key) as corrects`;

/** What an account used, newest first by when it happened. */
export async function listUsageEvents(
  trx: Transaction,
  { accountId, limit, before, from, to, asset }: UsageEventsQuery,
): Promise<UsageEventView[]> {
  const { rows } = await trx.raw<{ rows: UsageEventRow[] }>(
    `with e as (
       select u.ledger_id, u.key, u.event_id, u.type, u.mode, u.occurred_at, u.recorded_at, u.asset, u.category, u.market, u.quantity,
              u.unit_price, u.card_version, u.amount, u.fee, u.tax, u.visitor_amount, u.zero_reason, u.window_from, u.broadcast,
              u.transfers, u.amounts
         from usage_events u
        where u.ledger_id = (select l.id from ledgers l where l.account_id = :accountId)
          and u.quantity >= 0 -- Always so; it opens the index usage_events_by_time to this query.
          and u.occurred_at >= coalesce(:from::timestamptz, '-infinity')
          and u.occurred_at < coalesce(:to::timestamptz, 'infinity')
          -- Said twice, as in usage-report.repository.ts: for an index under row level security.
          and u.occurred_at <= coalesce(:beforeAt::timestamptz, 'infinity')
          and (u.occurred_at, u.key) < (coalesce(:beforeAt::timestamptz, 'infinity'), coalesce(:beforeKey::uuid, :noKey))
          and (:asset::text is null or u.asset::text = :asset)
        order by u.occurred_at desc, u.key desc
        limit :limit)
     select ${SHOWN}
       from e
      order by e.occurred_at desc, e.key desc`,
    {
      accountId,
      limit,
      from: from ?? null,
      to: to ?? null,
      asset: asset ?? null,
      beforeAt: before?.occurredAt ?? null,
      beforeKey: before?.key ?? null,
      noKey: NO_KEY,
    },
  );
  return rows.map(fromRowUsageEvent);
}

/** Compared only where no event is as late as the instant beside it. */
const NO_KEY = '00000000-0000-0000-0000-000000000000';

/** The event of an account by the digest of its id; the latest, should one be as old as its key is forgotten. */
export async function findUsageEvent(
  trx: Transaction,
  { accountId, key }: { readonly accountId: string; readonly key: string },
): Promise<UsageEventView | null> {
  const { rows } = await trx.raw<{ rows: UsageEventRow[] }>(
    `select ${SHOWN}
       from usage_events e
      where e.ledger_id = (select l.id from ledgers l where l.account_id = :accountId) and e.key = :key
      order by e.recorded_at desc
      limit 1`,
    { accountId, key },
  );
  return rows[0] === undefined ? null : fromRowUsageEvent(rows[0]);
}

function fromRowUsageEvent(row: UsageEventRow): UsageEventView {
  return {
    id: row.event_id,
    key: row.key,
    type: row.type,
    mode: row.mode,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    asset: row.asset,
    rating: fromRowRating(row, row.card),
    charges: mergeCharges(
      (row.charges ?? []).map(([bucket, source, asset, amount]) => ({
        bucket,
        source,
        asset,
        amount: BigInt(amount),
      })),
    ),
    transfers: row.transfers,
    broadcastId: row.broadcast,
    correctedBy: (row.corrected_by ?? []).map(
      ([kind, reason, correctedAtMs, amount, replacedBy, reratingId, card]) => ({
        kind,
        reason,
        correctedAt: fromEpochMs(correctedAtMs),
        amountMicros: BigInt(amount),
        replacedBy,
        reratingId,
        card,
      }),
    ),
    corrects: row.corrects,
  };
}
