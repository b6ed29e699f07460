import { z } from 'zod';
import { getAccount, type Account } from '../../db/repositories/account.repository';
import {
  listUsageDays,
  listUsageReport,
  USAGE_REPORTS,
  type UsageReport,
  type UsageReportRow,
} from '../../db/repositories/usage-report.repository';
import type { Database } from '../../db/connection';
import type { Tenant } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { localDateOf, type LocalDate } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import { buildDayRange, instantsOf, type DayRange } from '../../domain/usage/report-range';
import { buildTrend, TREND_SERIES } from '../../domain/usage/usage-trend';
import { findAccountNow } from '../account-time';
import { download, ok } from '../answer';
import { CSV_TYPE, toCsv } from '../csv';
import { pageOf, readInstantCursor, toApiPage } from '../page';
import { toApiReportRow, toApiTrend, toReportLine } from '../presenters/usage-report.presenter';
import { readRoute, type Route } from '../route';
import {
  downloadQuery,
  REPORT_COLUMNS,
  reportParams,
  reportQuery,
  trendQuery,
  trendSchema,
} from '../schemas/usage-report.schema';

const tag = 'Usage';
const roles = ['operator', 'partner', 'account'] as const;
/** Twice as many are held at once while a table is written: a megabyte or two. */
const ROWS_AT_ONCE = 1_000;

const trendRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/usage_trend',
  operation: 'getUsageTrend',
  summary: 'Show what was used day by day',
  description: 'From the roll-up of the ledger: a point for every day of at most three months.',
  tag,
  roles,
  params: reportParams,
  query: trendQuery,
  responses: { 200: { description: 'The series.', schema: trendSchema } },
  refusals: ['range_too_long', 'unprocessable'],
  async handler({ params, query, receivedAt }, trx) {
    const { account, range } = await findRange(trx, { id: params.account_id, receivedAt, query });
    const days = await listUsageDays(trx, { accountId: account.id, ...range });
    const series = buildTrend(days, range, query.series ?? TREND_SERIES);
    return ok(toApiTrend(series, { ...range, currency: account.currency }));
  },
});

const TITLES: Readonly<Record<UsageReport, string>> = {
  broadcast: 'messages of broadcasts',
  whatsapp_usage: 'WhatsApp messages',
  whatsapp_balance: 'WhatsApp messages that the balance paid for',
  unique_visitors: 'unique visitors',
};

function viewRoute(report: UsageReport): Route {
  const row = z.strictObject(REPORT_COLUMNS[report]).meta({ id: `${toTypeName(report)}ReportRow` });
  return readRoute({
    method: 'get',
    path: `/v1/accounts/{account_id}/reports/${report}`,
    operation: `get${toTypeName(report)}Report`,
    summary: `List the ${TITLES[report]} of some days, the oldest first`,
    tag,
    roles,
    params: reportParams,
    query: reportQuery,
    responses: { 200: { description: 'A page.', schema: pageOf(row) } },
    refusals: ['range_too_long', 'unprocessable'],
    async handler({ params, query, receivedAt }, trx) {
      const { account, range } = await findRange(trx, { id: params.account_id, receivedAt, query });
      const { limit, cursor } = query;
      const rows = await listUsageReport(trx, {
        report,
        accountId: account.id,
        ...instantsOf(range, account.timeZone),
        after: readInstantCursor(cursor),
        limit: limit + 1,
      });
      const present = (one: UsageReportRow) => toApiReportRow(report, one, account.currency);
      const cursorOf = ({ occurredAt, key }: UsageReportRow) => [occurredAt, key];
      return ok(toApiPage(rows, { limit, present, cursorOf }));
    },
  });
}

function downloadRoute(report: UsageReport): Route {
  const columns = Object.keys(REPORT_COLUMNS[report]);
  return readRoute({
    method: 'get',
    path: `/v1/accounts/{account_id}/reports/${report}.csv`,
    operation: `download${toTypeName(report)}Report`,
    summary: `Download the ${TITLES[report]} of some days as CSV`,
    description:
      `The columns are ${columns.map((column) => `\`${column}\``).join(', ')}, named in the first line. UTF-8 with a byte ` +
      'order mark, CRLF. A cell that a spreadsheet would take for a formula begins with an apostrophe.',
    tag,
    roles,
    params: reportParams,
    query: downloadQuery,
    responses: { 200: { description: 'The table.', contentType: CSV_TYPE } },
    refusals: ['range_too_long', 'unprocessable'],
    async handler({ params, query, receivedAt, tenant }, trx, { database }) {
      const { account, range } = await findRange(trx, { id: params.account_id, receivedAt, query });
      const parts = readParts(database, tenant, { report, account, range });
      const fileName = `${report}_${range.from}_${range.to}.csv`;
      return download(CSV_TYPE, fileName, toCsv(columns, parts));
    },
  });
}

/** Part by part, each in a transaction of its own: none is open while a slow client reads. */
async function* readParts(
  database: Database,
  tenant: Tenant,
  table: { readonly report: UsageReport; readonly account: Account; readonly range: DayRange },
): AsyncGenerator<string[][]> {
  const { report, account, range } = table;
  const instants = instantsOf(range, account.timeZone);
  const readPart = (after: UsageReportRow | null): Promise<UsageReportRow[]> => {
    const query = { report, accountId: account.id, ...instants, after, limit: ROWS_AT_ONCE };
    return withTransaction(database, tenant, (trx) => listUsageReport(trx, query));
  };
  let next: Promise<UsageReportRow[]> | null = readPart(null);
  while (next !== null) {
    const rows: UsageReportRow[] = await next;
    const last = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1);
    // Read while this one is written. Whoever hangs up meanwhile does not wait for it, nor for its failure.
    next = last === undefined ? null : readPart(last);
    next?.catch(() => undefined);
    yield rows.map((row) => toReportLine(report, row, account.currency));
  }
}

async function findRange(
  trx: Transaction,
  asked: {
    readonly id: string;
    readonly receivedAt: Instant;
    readonly query: { readonly from?: LocalDate | undefined; readonly to?: LocalDate | undefined };
  },
): Promise<{ readonly account: Account; readonly range: DayRange }> {
  const { id, receivedAt, query } = asked;
  const account = await getAccount(trx, id);
  const now = await findAccountNow(account, { trx, receivedAt });
  const { from, to } = query;
  return { account, range: buildDayRange({ from, to, today: localDateOf(now, account.timeZone) }) };
}

/** `whatsapp_usage` → `WhatsappUsage`. */
function toTypeName(report: UsageReport): string {
  return report.replace(/(^|_)([a-z])/g, (_all, _line, letter: string) => letter.toUpperCase());
}

// A path with `.csv` also fits the one without it, so it comes first.
export const usageReportRoutes: readonly Route[] = [
  trendRoute,
  ...USAGE_REPORTS.flatMap((report) => [downloadRoute(report), viewRoute(report)]),
];
