import type { UsageReport, UsageReportRow } from '../../db/repositories/usage-report.repository';
import type { CurrencyCode } from '../../domain/currency';
import { formatAmount } from '../../domain/money';
import type { DayRange } from '../../domain/usage/report-range';
import type { Trend } from '../../domain/usage/usage-trend';
import { REPORT_COLUMNS } from '../schemas/usage-report.schema';

/** The trend with a point for every day. */
export function toApiTrend(
  series: readonly Trend[],
  { from, to, currency }: DayRange & { readonly currency: CurrencyCode },
) {
  return {
    from,
    to,
    currency,
    documentation_url: '/docs#/Usage/getUsageTrend',
    series: series.map(({ name, colour, points }) => ({
      name,
      colour,
      points: points.map(({ date, value, amountMicros }) => ({
        date,
        value: Number(value),
        amount: formatAmount({ amountMicros, currency }),
      })),
    })),
  };
}

type Cell = string | number | null;

/** The cells of a line as CSV has them: a download has a million lines, and needs no object for each. */
export function toReportLine(
  report: UsageReport,
  row: UsageReportRow,
  currency: CurrencyCode,
): string[] {
  const cells = toCells(row, currency);
  return Object.keys(REPORT_COLUMNS[report]).map((column) => String(cells[column] ?? ''));
}

/** A line of a report: its columns, in the order of the CSV. */
export function toApiReportRow(
  report: UsageReport,
  row: UsageReportRow,
  currency: CurrencyCode,
): Record<string, Cell> {
  const cells = toCells(row, currency);
  return Object.fromEntries(
    Object.keys(REPORT_COLUMNS[report]).map((column) => [column, cells[column] ?? null]),
  );
}

function toCells(row: UsageReportRow, currency: CurrencyCode): Readonly<Record<string, Cell>> {
  const toAmount = (amountMicros: bigint): string => formatAmount({ amountMicros, currency });
  return {
    occurred_at: row.occurredAt,
    date: row.localDate,
    event_id: row.eventId,
    broadcast_id: row.broadcast,
    broadcast_name: row.broadcastName,
    contact: row.contact,
    visitor: row.visitor,
    type: row.type,
    category: row.category,
    market: row.market,
    quantity: Number(row.quantity),
    unit_rate: row.rate,
    fee: toAmount(row.feeMicros),
    amount: toAmount(row.amountMicros),
    tax: toAmount(row.taxMicros),
    from_initial: toAmount(row.initialMicros),
    from_additional: toAmount(row.additionalMicros),
    currency,
    zero_reason: row.zeroReason,
    corrected_by: row.correctedBy,
  };
}
