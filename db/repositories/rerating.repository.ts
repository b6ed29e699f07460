import { BillingError } from '../../domain/billing-error';
import type { LocalDate } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { Meter } from '../../domain/rating/rating-terms';
import type { Taxation } from '../../domain/tax/taxation';
import { buildUsageTax, type UsageTax } from '../../domain/tax/usage-tax';
import type { Correction } from '../../domain/usage/correction';
import type { LeftOutReason, PricedUse } from '../../domain/usage/rate-again';
import type {
  EventPlace,
  RepricedCategory,
  Rerating,
  ReratingPart,
  ReratingStatus,
} from '../../domain/usage/rerating';
import type { UsageType } from '../../domain/usage/usage-event';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';
import { fromRowTaxation, type TaxationColumn, toRowTaxation } from './sale.columns';
import {
  fromRowUse,
  listCorrections,
  STORED_USE,
  type UseRow,
} from './usage-correction.repository';

interface PricedUseRow extends UseRow {
  readonly asset: Meter;
  readonly occurred_at: Instant;
  readonly card_version: number | null;
  readonly market: string | null;
  readonly unit_rate: string | null;
}

/** Events of an account that a re-rating may change, one after the other, with what has corrected them. */
export async function listPricedUses(
  trx: Transaction,
  query: {
    readonly ledgerId: bigint;
    readonly types: readonly UsageType[];
    readonly startsAt: Instant;
    readonly endsAt: Instant;
    readonly after: EventPlace | null;
    /** The last one; null: none but the end of the range. */
    readonly until: EventPlace | null;
    readonly limit: number;
  },
): Promise<PricedUse[]> {
  const { ledgerId, types, startsAt, endsAt, limit } = query;
  const [afterAt, afterKey] = query.after === null ? [] : toRowPlace(query.after);
  const [untilAt, untilKey] = query.until === null ? [] : toRowPlace(query.until);
  const { rows } = await trx.raw<{ rows: PricedUseRow[] }>(
    `select ${STORED_USE}, u.occurred_at, u.card_version, u.market, trunc(u.unit_price * 10000000000)::text as unit_rate
       from usage_events u
      where u.ledger_id = :ledgerId
        and u.quantity >= 0 -- Always so; it opens the index usage_events_by_time to this query.
        and u.type = any (:types)
        -- Money paid for it, or would have at another price.
        and (u.amount > 0 or u.tax > 0 or u.zero_reason = 'priced_at_zero')
        -- Said twice, as in usage-report.repository.ts: for an index under row level security.
        and u.occurred_at >= coalesce(:afterAt::timestamptz, :startsAt::timestamptz)
        and (u.occurred_at, u.key) > (coalesce(:afterAt::timestamptz, '-infinity'), coalesce(:afterKey::uuid, :noKey))
        and u.occurred_at < :endsAt
        and u.occurred_at <= coalesce(:untilAt::timestamptz, 'infinity')
        and (u.occurred_at, u.key) <= (coalesce(:untilAt::timestamptz, 'infinity'), coalesce(:untilKey::uuid, :noKey))
      order by u.occurred_at, u.key
      limit :limit`,
    {
      ledgerId: String(ledgerId),
      types: [...types],
      startsAt,
      endsAt,
      limit,
      afterAt: afterAt ?? null,
      afterKey: afterKey ?? null,
      untilAt: untilAt ?? null,
      untilKey: untilKey ?? null,
      noKey: NO_KEY,
    },
  );
  const keys = rows.map(({ key }) => key);
  const corrections = new Map<string, Correction[]>();
  for (const correction of await listCorrections(trx, { ledgerId, keys })) {
    const { key } = correction;
    corrections.set(key, [...(corrections.get(key) ?? []), correction]);
  }
  return rows.map((row) => ({
    ...fromRowUse(row, corrections.get(row.key) ?? []),
    asset: row.asset,
    occurredAt: row.occurred_at,
    price: {
      versionId: row.card_version,
      market: row.market,
      unitRate: row.unit_rate === null ? null : BigInt(row.unit_rate),
    },
  }));
}

/** Compared only where no event has the instant beside it. */
const NO_KEY = '00000000-0000-0000-0000-000000000000';

interface ReratingRow {
  readonly id: string;
  readonly account_id: string;
  readonly first_day: LocalDate;
  readonly last_day: LocalDate;
  readonly card_code: string | null;
  readonly reason: string;
  readonly status: ReratingStatus;
  readonly parts: readonly PartRow[];
  readonly parts_applied: number;
  readonly unchanged: number;
  readonly left_out: Readonly<Partial<Record<LeftOutReason, number>>>;
  readonly created_at: Instant;
  readonly applied_at: Instant | null;
}

type PlaceRow = readonly [occurredAt: Instant, key: string];

interface PartRow {
  readonly after: PlaceRow | null;
  readonly until: PlaceRow;
  readonly categories: readonly (readonly [
    category: string,
    events: number,
    quantity: string,
    before: string,
    after: string,
    tax: string,
  ])[];
}

export async function insertRerating(trx: Transaction, rerating: Rerating): Promise<void> {
  await trx('reratings').insert({
    id: rerating.id,
    account_id: rerating.accountId,
    first_day: rerating.from,
    last_day: rerating.to,
    card_code: rerating.cardCode,
    reason: rerating.reason,
    status: rerating.status,
    parts: JSON.stringify(rerating.parts.map(toRowPart)),
    parts_applied: rerating.partsApplied,
    unchanged: rerating.unchanged,
    left_out: JSON.stringify(rerating.leftOut),
    created_at: rerating.createdAt,
    applied_at: rerating.appliedAt,
  });
}

/** Keeps how far a re-rating is applied; the ledger of its account is locked. */
export async function updateRerating(
  trx: Transaction,
  { id, status, partsApplied, appliedAt }: Rerating,
): Promise<void> {
  await trx('reratings')
    .where({ id })
    .update({ status, parts_applied: partsApplied, applied_at: appliedAt });
}

/** Throws `not_found` when the tenant cannot see it: it does not tell why. */
export async function getRerating(
  trx: Transaction,
  { id, accountId }: { readonly id: string; readonly accountId: string },
): Promise<Rerating> {
  const row = await trx('reratings')
    .where({ id, account_id: accountId })
    .first<ReratingRow | undefined>();
  if (row === undefined) throw new BillingError('not_found', 'There is no such re-rating.');
  return fromRow(row);
}

/** Re-ratings of an account, the newest first. */
export async function listReratings(
  trx: Transaction,
  { accountId, ...page }: PageQuery & { readonly accountId: string },
): Promise<Rerating[]> {
  const rows = await trx('reratings')
    .where({ account_id: accountId })
    .modify((query) => newestFirst(query, page))
    .select<ReratingRow[]>();
  return rows.map(fromRow);
}

function fromRow(row: ReratingRow): Rerating {
  return {
    id: row.id,
    accountId: row.account_id,
    from: row.first_day,
    to: row.last_day,
    cardCode: row.card_code,
    reason: row.reason,
    status: row.status,
    parts: row.parts.map(fromRowPart),
    partsApplied: row.parts_applied,
    unchanged: row.unchanged,
    leftOut: row.left_out,
    createdAt: row.created_at,
    appliedAt: row.applied_at,
  };
}

function toRowPart({ after, until, categories }: ReratingPart): PartRow {
  return {
    after: after && toRowPlace(after),
    until: toRowPlace(until),
    categories: categories.map((one) => [
      one.category,
      one.events,
      String(one.quantity),
      String(one.beforeMicros),
      String(one.afterMicros),
      String(one.taxMicros),
    ]),
  };
}

function fromRowPart({ after, until, categories }: PartRow): ReratingPart {
  return {
    after: after && fromRowPlace(after),
    until: fromRowPlace(until),
    categories: categories.map(
      ([category, events, quantity, beforeMicros, afterMicros, taxMicros]): RepricedCategory => ({
        category,
        events,
        quantity: BigInt(quantity),
        beforeMicros: BigInt(beforeMicros),
        afterMicros: BigInt(afterMicros),
        taxMicros: BigInt(taxMicros),
      }),
    ),
  };
}

function toRowPlace({ occurredAt, key }: EventPlace): PlaceRow {
  return [occurredAt, key];
}

function fromRowPlace([occurredAt, key]: PlaceRow): EventPlace {
  return { occurredAt, key };
}

/** How usage is taxed under these rows of taxations. */
export async function loadUsageTaxes(
  trx: Transaction,
  ids: readonly number[],
): Promise<ReadonlyMap<number, UsageTax>> {
  const rows = await trx('usage_taxations')
    .whereIn('id', ids)
    .select<{ readonly id: number; readonly taxation: TaxationColumn }[]>('id', 'taxation');
  return new Map(rows.map(({ id, taxation }) => [id, buildUsageTax(fromRowTaxation(taxation))]));
}

/** The row of a taxation, which is made if there is none. */
export async function keepTaxation(trx: Transaction, taxation: Taxation): Promise<number> {
  const kept = { taxation: JSON.stringify(toRowTaxation(taxation)) };
  // Two statements: the second one sees what somebody else kept while the first one waited.
  await trx.raw(
    `insert into usage_taxations (taxation) values (:taxation::jsonb) on conflict (taxation) do nothing`,
    kept,
  );
  const { rows } = await trx.raw<{ rows: { id: number }[] }>(
    `select id from usage_taxations where taxation = :taxation::jsonb`,
    kept,
  );
  const [row] = rows;
  invariant(row !== undefined, 'a taxation is kept');
  return row.id;
}
