import type { LocalDate } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import type { CorrectionKind } from '../../domain/usage/correction';
import type { UsageDay } from '../../domain/usage/usage-trend';
import type { Transaction } from '../transaction';

/** The roll-up of an account's days, both within. */
export async function listUsageDays(
  trx: Transaction,
  range: { readonly accountId: string; readonly from: LocalDate; readonly to: LocalDate },
): Promise<UsageDay[]> {
  const { rows } = await trx.raw<{ rows: UsageDayRow[] }>(
    `select to_char(d.local_date, 'YYYY-MM-DD') as date, d.category, d.quantity, d.visitors, d.amount
       from usage_days d
      where d.ledger_id = (select l.id from ledgers l where l.account_id = :accountId)
        and d.local_date between :from::date and :to::date`,
    range,
  );
  return rows.map((row) => ({
    date: row.date,
    category: row.category,
    quantity: row.quantity,
    visitors: row.visitors,
    amountMicros: row.amount,
  }));
}

interface UsageDayRow {
  readonly date: string;
  readonly category: string;
  readonly quantity: bigint;
  readonly visitors: bigint;
  readonly amount: bigint;
}

export const USAGE_REPORTS = [
  'broadcast',
  'whatsapp_usage',
  'whatsapp_balance',
  'unique_visitors',
] as const;
export type UsageReport = (typeof USAGE_REPORTS)[number];

/** One line of a report: a charged event, or one that was free. */
export interface UsageReportRow {
  readonly key: string;
  readonly occurredAt: Instant;
  readonly localDate: LocalDate;
  readonly eventId: string;
  readonly type: string;
  readonly category: string;
  readonly market: string | null;
  /** The first 12 characters of a digest: enough to tell people apart, and nobody's number. */
  readonly contact: string | null;
  readonly visitor: string | null;
  readonly broadcast: string | null;
  readonly broadcastName: string | null;
  readonly quantity: bigint;
  /** Decimal text in the account's currency per unit. */
  readonly rate: string | null;
  readonly feeMicros: bigint;
  readonly amountMicros: bigint;
  readonly taxMicros: bigint;
  readonly initialMicros: bigint;
  readonly additionalMicros: bigint;
  readonly zeroReason: string | null;
  readonly cardVersion: number | null;
  /** What corrected it last. Quantity and money are as corrected. */
  readonly correctedBy: CorrectionKind | null;
}

interface Place {
  readonly occurredAt: Instant;
  readonly key: string;
}

/** A part of a report, the oldest first; `after` is the last row of the part before. */
export async function listUsageReport(
  trx: Transaction,
  query: {
    readonly report: UsageReport;
    readonly accountId: string;
    readonly startsAt: Instant;
    readonly endsAt: Instant;
    readonly after: Place | null;
    readonly limit: number;
  },
): Promise<UsageReportRow[]> {
  const { after, ...others } = query;
  const { rows } = await trx.raw<{ rows: ReportRow[] }>(
    `select u.key, u.occurred_at, to_char(u.local_date, 'YYYY-MM-DD') as local_date, u.event_id, u.type, u.category, u.market,
            left(u.contact::text, 13) as contact, left(u.visitor::text, 13) as visitor, u.broadcast, b.name as broadcast_name,
            u.quantity + coalesce(since.quantity, 0)::bigint as quantity, trim_scale(case when since.is_rerated then since.unit_price else u.unit_price end)::text as rate,
            coalesce(u.fee, 0) + coalesce(since.fee, 0)::bigint as fee, u.amount + coalesce(since.amount, 0)::bigint as amount,
            coalesce(u.tax, 0) + coalesce(since.tax, 0)::bigint as tax, u.zero_reason,
            coalesce(since.card_version, u.card_version) as card_version, since.kind as corrected_by,
            paid.initial + coalesce(since.initial, 0)::bigint as initial,
            paid.additional + coalesce(since.additional, 0)::bigint as additional
       from usage_events u
       left join broadcasts b on b.ledger_id = u.ledger_id and b.id = u.broadcast
      cross join lateral (
        select coalesce(sum(p.amount) filter (where t.debit = 'wallet/initial'), 0)::bigint as initial,
               coalesce(sum(p.amount) filter (where t.debit = 'wallet/additional'), 0)::bigint as additional
          from unnest(u.transfers, u.amounts) p(number, amount)
         cross join lateral (
           select debit from transfers where ledger_id = u.ledger_id and number = p.number limit 1) t) paid
       left join lateral (
         select sum(c.quantity) as quantity, sum(c.amount) as amount, sum(c.fee) as fee, sum(c.tax) as tax,
                sum((select sum(p.amount) from unnest(c.buckets, c.amounts) p(bucket, amount) where p.bucket = 'wallet/initial')) as initial,
                sum((select sum(p.amount) from unnest(c.buckets, c.amounts) p(bucket, amount) where p.bucket = 'wallet/additional')) as additional,
                (array_agg(c.kind order by c.recorded_at desc, c.run) filter (where c.kind <> 'visitor_cancellation'))[1] as kind,
                bool_or(c.rerating_id is not null) as is_rerated,
                (array_agg(c.card_version order by c.recorded_at desc, c.run) filter (where c.rerating_id is not null))[1] as card_version,
                (array_agg(c.unit_price order by c.recorded_at desc, c.run) filter (where c.rerating_id is not null))[1] as unit_price
           from usage_corrections c where c.ledger_id = u.ledger_id and c.key = u.key) since on true
      where u.ledger_id = (select l.id from ledgers l where l.account_id = :accountId)
        and u.quantity >= 0 -- Always so; it opens the index usage_events_by_time to this query.
        -- Where the part before ended is said twice: under row level security an index takes no comparison of uuids,
        -- and every part would read from the first day on.
        and u.occurred_at >= coalesce(:afterAt::timestamptz, :startsAt::timestamptz) and u.occurred_at < :endsAt
        and (u.occurred_at, u.key) > (coalesce(:afterAt::timestamptz, '-infinity'), coalesce(:afterKey::uuid, :noKey))
        -- Settlements, top-ups and grants are no usage, so no report shows them.
        and case :report
              when 'broadcast' then u.broadcast is not null
              when 'whatsapp_usage' then u.type = 'wa_message'
              when 'whatsapp_balance' then u.type = 'wa_message' and (u.amount > 0 or u.amount + coalesce(since.amount, 0) > 0)
              when 'unique_visitors' then u.new_visitor
            end
      order by u.occurred_at, u.key
      limit :limit`,
    {
      ...others,
      afterAt: after?.occurredAt ?? null,
      afterKey: after?.key ?? null,
      noKey: NO_KEY,
    },
  );
  return rows.map(fromRow);
}

/** Compared only where no event is as early as the instant beside it. */
const NO_KEY = '00000000-0000-0000-0000-000000000000';

interface ReportRow {
  readonly key: string;
  readonly occurred_at: Instant;
  readonly local_date: string;
  readonly event_id: string;
  readonly type: string;
  readonly category: string;
  readonly market: string | null;
  readonly contact: string | null;
  readonly visitor: string | null;
  readonly broadcast: string | null;
  readonly broadcast_name: string | null;
  readonly quantity: bigint;
  readonly rate: string | null;
  readonly fee: bigint;
  readonly amount: bigint;
  readonly tax: bigint;
  readonly zero_reason: string | null;
  readonly card_version: number | null;
  readonly corrected_by: CorrectionKind | null;
  readonly initial: bigint;
  readonly additional: bigint;
}

function fromRow(row: ReportRow): UsageReportRow {
  return {
    key: row.key,
    occurredAt: row.occurred_at,
    localDate: row.local_date,
    eventId: row.event_id,
    type: row.type,
    category: row.category,
    market: row.market,
    contact: shorten(row.contact),
    visitor: shorten(row.visitor),
    broadcast: row.broadcast,
    broadcastName: row.broadcast_name,
    quantity: row.quantity,
    rate: row.rate,
    feeMicros: row.fee,
    amountMicros: row.amount,
    taxMicros: row.tax,
    initialMicros: row.initial,
    additionalMicros: row.additional,
    zeroReason: row.zero_reason,
    cardVersion: row.card_version,
    correctedBy: row.corrected_by,
  };
}

/** A uuid's first 13 characters have a hyphen among them. */
function shorten(digest: string | null): string | null {
  return digest === null ? null : digest.replace('-', '');
}
