import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/** A usage event as it was stored, with what paid for it. */
export interface UsageEventView {
  /** Unique within the account. */
  readonly key: string;
  readonly occurredAt: Instant;
  readonly category: string;
  readonly asset: string;
  /** In the asset's own unit: calls in seconds. */
  readonly quantity: bigint;
  /** Price of a unit in the account's currency, a decimal text, of a call per minute; null: only units can pay. */
  readonly rate: string | null;
  readonly charges: readonly {
    readonly bucket: string;
    /** What the bucket holds: the event's asset, or the wallet's currency. */
    readonly asset: string;
    /** Units, or micros of money. */
    readonly amount: bigint;
  }[];
  readonly recordedAt: Instant;
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

interface UsageEventRow {
  readonly key: string;
  readonly occurred_at: Instant;
  readonly category: string;
  readonly asset: string;
  readonly quantity: bigint;
  readonly rate: string | null;
  readonly charges: readonly (readonly [bucket: string, asset: string, amount: string])[] | null;
  readonly recorded_at: Instant;
}

/** What an account used, newest first by when it happened. */
export async function listUsageEvents(
  trx: Transaction,
  { accountId, limit, before, from, to, asset }: UsageEventsQuery,
): Promise<UsageEventView[]> {
  const { rows } = await trx.raw<{ rows: UsageEventRow[] }>(
    `with page as (
       select u.ledger_id, u.key, u.occurred_at, u.category, u.asset, u.quantity, u.unit_price, u.transfers, u.amounts, u.recorded_at
         from usage_events u
        where u.ledger_id = (select l.id from ledgers l where l.account_id = :accountId)
          and u.quantity >= 0 -- Always so; it opens the index usage_events_by_time to this query.
          and u.occurred_at >= coalesce(:from::timestamptz, '-infinity')
          and u.occurred_at < coalesce(:to::timestamptz, 'infinity')
          and (u.occurred_at, u.key) < (coalesce(:beforeAt::timestamptz, 'infinity'), coalesce(:beforeKey::uuid, :noKey))
          and (:asset::text is null or u.asset = :asset)
        order by u.occurred_at desc, u.key desc
        limit :limit)
     select page.key, page.occurred_at, page.category, page.asset, page.quantity,
            trim_scale(page.unit_price)::text as rate, page.recorded_at,
            (select json_agg(json_build_array(t.debit, t.asset, p.amount::text) order by p.n)
               from unnest(page.transfers, page.amounts) with ordinality p(number, amount, n)
              cross join lateral (
                select debit, asset from transfers where ledger_id = page.ledger_id and number = p.number limit 1) t) as charges
       from page
      order by page.occurred_at desc, page.key desc`,
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

function fromRowUsageEvent(row: UsageEventRow): UsageEventView {
  return {
    key: row.key,
    occurredAt: row.occurred_at,
    category: row.category,
    asset: row.asset,
    quantity: row.quantity,
    rate: row.rate,
    charges: (row.charges ?? []).map(([bucket, asset, amount]) => ({
      bucket,
      asset,
      amount: BigInt(amount),
    })),
    recordedAt: row.recorded_at,
  };
}
