import { BillingError } from '../../domain/billing-error';
import type { LocalDate } from '../../domain/calendar';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { Money } from '../../domain/money';
import type {
  BookedMovement,
  SettledKind,
  SettledMovement,
  SettlementLine,
  Verdict,
} from '../../domain/settlement/compare-settlement';
import {
  describeLine,
  type GatewayDay,
  type SettlementRange,
} from '../../domain/settlement/settlement-report';
import { newestFirst, type PageQuery } from '../newest-first';
import { newId } from '../new-id';
import type { Transaction } from '../transaction';

export interface SettlementReport extends GatewayDay {
  readonly id: string;
  /** `requested`: it is to be compared, for the first time or again. */
  readonly status: 'requested' | 'complete';
  readonly createdAt: Instant;
  readonly completedAt: Instant | null;
}

interface ReportRow {
  readonly id: string;
  readonly gateway: string;
  readonly day: LocalDate;
  readonly status: SettlementReport['status'];
  readonly created_at: Instant;
  readonly completed_at: Instant | null;
}

/** Makes sure that a day has a report. One that is there stays as it is. */
export async function insertReport(
  trx: Transaction,
  { gateway, day }: GatewayDay,
  at: Instant,
): Promise<void> {
  const id = newId('settlement_report');
  await trx('settlement_reports')
    .insert({ id, gateway, day, status: 'requested', created_at: at })
    .onConflict(['gateway', 'day'])
    .ignore();
}

/** Asks for a day to be compared, again if it was before. */
export async function requestReport(
  trx: Transaction,
  of: GatewayDay,
  at: Instant,
): Promise<SettlementReport> {
  await insertReport(trx, of, at);
  const [row] = await trx<ReportRow>('settlement_reports')
    .where({ gateway: of.gateway, day: of.day })
    .update({ status: 'requested', completed_at: null })
    .returning<ReportRow[]>(['id', 'gateway', 'day', 'status', 'created_at', 'completed_at']);
  if (row === undefined) throw new Error('a report was inserted and is not there');
  return fromRowReport(row);
}

/** The days that are to be compared, oldest first. */
export async function listRequestedDays(
  trx: Transaction,
  { limit }: { readonly limit: number },
): Promise<GatewayDay[]> {
  const rows: ReportRow[] = await trx<ReportRow>('settlement_reports')
    .where({ status: 'requested' })
    .orderBy(['day', 'gateway'])
    .limit(limit);
  return rows.map(({ gateway, day }) => ({ gateway, day }));
}

/** Locks the report of a day, so that two comparisons of it come one after the other. */
export async function lockReport(trx: Transaction, of: GatewayDay): Promise<SettlementReport> {
  const row = await trx<ReportRow>('settlement_reports')
    .where({ gateway: of.gateway, day: of.day })
    .forUpdate()
    .first();
  if (row === undefined) throw new BillingError('not_found', 'There is no such report.');
  return fromRowReport(row);
}

/** Throws `not_found`. */
export async function getReport(trx: Transaction, id: string): Promise<SettlementReport> {
  const row = await trx<ReportRow>('settlement_reports').where({ id }).first();
  if (row === undefined) throw new BillingError('not_found', 'There is no such report.');
  return fromRowReport(row);
}

/** Reports, the newest first. */
export async function listReports(
  trx: Transaction,
  query: PageQuery & { readonly gateway?: string | undefined },
): Promise<SettlementReport[]> {
  const rows: ReportRow[] = await trx<ReportRow>('settlement_reports').modify((builder) => {
    if (query.gateway !== undefined) builder.where({ gateway: query.gateway });
    newestFirst(builder, query);
  });
  return rows.map(fromRowReport);
}

/** Whether a gateway was paid through before an instant: without that there is nothing to settle. */
export async function hasPaymentsBefore(
  trx: Transaction,
  { gateway, before }: { readonly gateway: string; readonly before: Instant },
): Promise<boolean> {
  const row: unknown = await trx('payments')
    .where({ gateway })
    .where('created_at', '<', before)
    .first('id');
  return row !== undefined;
}

interface BookedRow {
  readonly kind: BookedMovement['kind'];
  readonly id: string;
  readonly account_id: string;
  readonly gateway_payment_id: string;
  readonly amount_micros: bigint;
  readonly currency: string;
  readonly is_overdue: boolean;
}

/**
 * Our movements of these payments of a gateway, and those it must have settled by now; without what the report of
 * another day has matched already. A kind of movement is one part of the union.
 */
export async function listBooked(
  trx: Transaction,
  {
    report,
    gatewayPaymentIds,
    range,
  }: {
    readonly report: Pick<SettlementReport, 'id' | 'gateway'>;
    readonly gatewayPaymentIds: readonly string[];
    readonly range: SettlementRange;
  },
): Promise<BookedMovement[]> {
  const { rows } = await trx.raw<{ rows: BookedRow[] }>(
    `with booked as (
       select 'payment' as kind, id, account_id, gateway_payment_id, amount_micros, currency, created_at as booked_at
         from payments where gateway = :gateway and status in ('succeeded', 'mismatched')
       union all
       select 'refund', id, account_id, gateway_payment_id, -total_micros, currency, settled_at
         from refunds where gateway = :gateway and status = 'succeeded'
       union all
       -- When a disputed amount is settled is up to the bank: it is matched when it comes, and never overdue.
       select 'dispute', d.id, d.account_id, p.gateway_payment_id, -d.covered_micros, p.currency, null
         from disputes d join payments p on p.id = d.payment_id
        where d.gateway = :gateway and d.status in ('open', 'lost') and d.covered_micros > 0
     ), looked_at as (
       select b.kind, b.id, b.account_id, b.gateway_payment_id, b.amount_micros, b.currency, b.booked_at, coalesce(b.booked_at >= :overdueFrom and b.booked_at < :overdueTo, false) as is_of_age
         from booked b
        where b.gateway_payment_id = any (:ids) or (b.booked_at >= :overdueFrom and b.booked_at < :overdueTo)
     )
     select l.kind, l.id, l.account_id, l.gateway_payment_id, l.amount_micros, l.currency,
            l.is_of_age and not exists (
              select from settlement_lines o
               where o.booked_id = l.id and o.report_id <> :reportId and o.verdict = 'missing_there') as is_overdue
       from looked_at l
      where not exists (
              select from settlement_lines o
               where o.booked_id = l.id and o.report_id <> :reportId and o.verdict in ('matched', 'amount_differs'))
      order by l.booked_at, l.id`,
    {
      gateway: report.gateway,
      reportId: report.id,
      ids: [...gatewayPaymentIds],
      overdueFrom: range.overdueFrom,
      overdueTo: range.overdueTo,
    },
  );
  return rows.map(fromRowBooked);
}

function fromRowBooked(row: BookedRow): BookedMovement {
  return {
    kind: row.kind,
    id: row.id,
    accountId: row.account_id,
    gatewayPaymentId: row.gateway_payment_id,
    money: { amountMicros: row.amount_micros, currency: row.currency as CurrencyCode },
    isOverdue: row.is_overdue,
  };
}

const LINES_AT_ONCE = 500;

/** Writes what a comparison found, in place of what the one before it had found. */
export async function completeReport(
  trx: Transaction,
  report: Pick<SettlementReport, 'id' | 'gateway'>,
  { lines, at }: { readonly lines: readonly SettlementLine[]; readonly at: Instant },
): Promise<void> {
  await trx('settlement_lines').where({ report_id: report.id }).delete();
  const rows = lines.map((line, index) => toRowLine(line, { report, position: index + 1 }));
  await trx.batchInsert('settlement_lines', rows, LINES_AT_ONCE);
  await trx('settlement_reports')
    .where({ id: report.id })
    .update({ status: 'complete', completed_at: at });
}

function toRowLine(
  line: SettlementLine,
  {
    report,
    position,
  }: { readonly report: Pick<SettlementReport, 'id' | 'gateway'>; readonly position: number },
) {
  return {
    report_id: report.id,
    position,
    verdict: line.verdict,
    ...toRowSides(line),
    reason: describeLine(line, report.gateway),
  };
}

/** Null on the side that has no such movement. */
function toRowSides({ settled, booked }: SettlementLine) {
  const theirs = settled === null ? NOT_SETTLED : toRowSettled(settled);
  const ours = {
    booked_id: booked?.id ?? null,
    account_id: booked?.accountId ?? null,
    booked_micros: booked?.money.amountMicros.toString() ?? null,
  };
  const { kind, gatewayPaymentId, money } = settled ?? booked;
  const named = { kind, gateway_payment_id: gatewayPaymentId, currency: money.currency };
  return { ...theirs, ...ours, ...named };
}

type SettledColumns = Readonly<
  Record<'entry_id' | 'settled_micros' | 'fee_micros' | 'settled_at', string | null>
>;

const NOT_SETTLED: SettledColumns = {
  entry_id: null,
  settled_micros: null,
  fee_micros: null,
  settled_at: null,
};

/** A fee in another currency than the movement's is not summed with it. */
function toRowSettled({ entryId, money, fee, settledAt }: SettledMovement): SettledColumns {
  return {
    entry_id: entryId,
    settled_micros: money.amountMicros.toString(),
    fee_micros: fee.currency === money.currency ? fee.amountMicros.toString() : null,
    settled_at: settledAt,
  };
}

/** A line as it is stored. */
export interface StoredLine {
  readonly position: number;
  readonly verdict: Verdict;
  readonly kind: SettledKind;
  readonly entryId: string | null;
  readonly gatewayPaymentId: string | null;
  readonly bookedId: string | null;
  readonly accountId: string | null;
  readonly settled: Money | null;
  readonly fee: Money | null;
  readonly booked: Money | null;
  readonly settledAt: Instant | null;
  readonly reason: string | null;
}

interface LineRow {
  readonly position: number;
  readonly verdict: Verdict;
  readonly kind: SettledKind;
  readonly entry_id: string | null;
  readonly gateway_payment_id: string | null;
  readonly booked_id: string | null;
  readonly account_id: string | null;
  readonly settled_micros: bigint | null;
  readonly fee_micros: bigint | null;
  readonly booked_micros: bigint | null;
  readonly currency: string;
  readonly settled_at: Instant | null;
  readonly reason: string | null;
}

/** Lines of a report in their order. */
export async function listLines(
  trx: Transaction,
  query: {
    readonly reportId: string;
    readonly limit: number;
    readonly afterPosition: number;
    readonly verdict?: Verdict | undefined;
  },
): Promise<StoredLine[]> {
  const { reportId, limit, afterPosition, verdict } = query;
  const rows: LineRow[] = await trx('settlement_lines')
    .where({ report_id: reportId })
    .where('position', '>', afterPosition)
    .modify((builder) => {
      if (verdict !== undefined) builder.where({ verdict });
    })
    .orderBy('position')
    .limit(limit)
    .select<LineRow[]>();
  return rows.map(fromRowLine);
}

export interface SettlementTotals {
  readonly counts: Readonly<Partial<Record<Verdict, number>>>;
  /** Per currency, by its code: what was settled before fees, and the fees. */
  readonly sums: readonly { readonly settled: Money; readonly fees: Money }[];
}

/** How many lines of each verdict reports have, and what was settled in all. */
export async function sumLines(
  trx: Transaction,
  reportIds: readonly string[],
): Promise<ReadonlyMap<string, SettlementTotals>> {
  const counted: { report_id: string; verdict: Verdict; lines: bigint }[] = await trx(
    'settlement_lines',
  )
    .whereIn('report_id', [...reportIds])
    .groupBy('report_id', 'verdict')
    .select('report_id', 'verdict', trx.raw('count(*) as lines'));
  const summed: { report_id: string; currency: string; settled: string; fees: string }[] =
    await trx('settlement_lines')
      .whereIn('report_id', [...reportIds])
      .whereNotNull('entry_id')
      .groupBy('report_id', 'currency')
      .orderBy('currency')
      .select(
        'report_id',
        'currency',
        trx.raw('sum(settled_micros)::text as settled'),
        trx.raw('coalesce(sum(fee_micros), 0)::text as fees'),
      );
  return new Map(
    reportIds.map((id) => {
      const counts = counted.filter(({ report_id }) => report_id === id);
      const sums = summed.filter(({ report_id }) => report_id === id);
      return [
        id,
        {
          counts: Object.fromEntries(counts.map(({ verdict, lines }) => [verdict, Number(lines)])),
          sums: sums.map(fromRowSum),
        },
      ];
    }),
  );
}

function fromRowSum(row: {
  readonly currency: string;
  readonly settled: string;
  readonly fees: string;
}): SettlementTotals['sums'][number] {
  const currency = row.currency as CurrencyCode;
  return {
    settled: { amountMicros: BigInt(row.settled), currency },
    fees: { amountMicros: BigInt(row.fees), currency },
  };
}

function fromRowReport(row: ReportRow): SettlementReport {
  return {
    id: row.id,
    gateway: row.gateway,
    day: row.day,
    status: row.status,
    createdAt: row.created_at,
    completedAt: row.completed_at,
  };
}

function fromRowLine(row: LineRow): StoredLine {
  const moneyOf = (amountMicros: bigint | null): Money | null =>
    amountMicros === null ? null : { amountMicros, currency: row.currency as CurrencyCode };
  return {
    position: row.position,
    verdict: row.verdict,
    kind: row.kind,
    entryId: row.entry_id,
    gatewayPaymentId: row.gateway_payment_id,
    bookedId: row.booked_id,
    accountId: row.account_id,
    settled: moneyOf(row.settled_micros),
    fee: moneyOf(row.fee_micros),
    booked: moneyOf(row.booked_micros),
    settledAt: row.settled_at,
    reason: row.reason,
  };
}
