import { z } from 'zod';
import {
  getReport,
  listLines,
  listReports,
  requestReport,
  sumLines,
  type SettlementReport,
} from '../../db/repositories/settlement.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { localDateOf } from '../../domain/calendar';
import { buildSettlementStart, settlementWorkflowId } from '../../workflows/settlement.messages';
import { created, ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, readNumberCursor, toApiPage } from '../page';
import { toApiSettlementLine, toApiSettlementReport } from '../presenters/settlement.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import {
  linesQuery,
  newReportSchema,
  settlementLineSchema,
  settlementReportSchema,
} from '../schemas/settlement.schema';

const tag = 'Settlements';
const roles = ['operator'] as const;
const params = z.strictObject({ report_id: idText });

const requestRoute = writeRoute({
  method: 'post',
  path: '/v1/settlement_reports',
  operation: 'createSettlementReport',
  summary: 'Compare what a gateway settled on a day with our books, now',
  description:
    'By itself that happens every morning for each day that is over. A day that is compared again is the same report. ' +
    'What the gateway settled and we do not have is asked about first, so the report may take some minutes.',
  tag,
  roles,
  body: newReportSchema,
  responses: { 201: { description: 'The report, being made.', schema: settlementReportSchema } },
  refusals: ['not_found', 'unprocessable'],
  async handler({ body, receivedAt }, trx, { gateways }) {
    const { gateway, date: day } = body;
    if (!gateways.has(gateway)) throw new BillingError('not_found', 'There is no such gateway.');
    if (day > localDateOf(receivedAt, 'UTC')) {
      throw new BillingError('unprocessable', 'That day has not begun.', { field: 'date' });
    }
    const report = await requestReport(trx, { gateway, day }, receivedAt);
    return created(await showReport(trx, report), `/v1/settlement_reports/${report.id}`);
  },
  async hint({ body }, { commands }) {
    const of = { gateway: body.gateway, day: body.date };
    await commands.restart(settlementWorkflowId(of), buildSettlementStart(of));
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/settlement_reports',
  operation: 'listSettlementReports',
  summary: 'List settlement reports, newest first',
  tag,
  roles,
  query: z.strictObject({ ...pageFields, gateway: idText.optional() }),
  responses: { 200: { description: 'A page.', schema: pageOf(settlementReportSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor, gateway } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listReports(trx, { limit: limit + 1, before, gateway });
    const totals = await sumLines(
      trx,
      rows.map(({ id }) => id),
    );
    const present = (row: SettlementReport) => toApiSettlementReport(row, totals.get(row.id));
    const cursorOf = ({ createdAt, id }: SettlementReport) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present, cursorOf }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/settlement_reports/{report_id}',
  operation: 'getSettlementReport',
  summary: 'Show a settlement report: how many movements match, what was settled, what it cost',
  tag,
  roles,
  params,
  responses: { 200: { description: 'The report.', schema: settlementReportSchema } },
  handler: async (request, trx) =>
    ok(await showReport(trx, await getReport(trx, request.params.report_id))),
});

const linesRoute = readRoute({
  method: 'get',
  path: '/v1/settlement_reports/{report_id}/lines',
  operation: 'listSettlementLines',
  summary: 'List the movements of a settlement report, each with its verdict',
  tag,
  roles,
  params,
  query: z.strictObject({ ...pageFields, ...linesQuery }),
  responses: { 200: { description: 'A page.', schema: pageOf(settlementLineSchema) } },
  async handler(request, trx) {
    const { limit, cursor, verdict } = request.query;
    const { id: reportId } = await getReport(trx, request.params.report_id);
    const afterPosition = Number(readNumberCursor(cursor) ?? 0n);
    const rows = await listLines(trx, { reportId, limit: limit + 1, afterPosition, verdict });
    const present = toApiSettlementLine;
    return ok(toApiPage(rows, { limit, present, cursorOf: ({ position }) => [String(position)] }));
  },
});

export const settlementRoutes: readonly Route[] = [requestRoute, listRoute, showRoute, linesRoute];

async function showReport(trx: Transaction, report: SettlementReport) {
  const totals = await sumLines(trx, [report.id]);
  return toApiSettlementReport(report, totals.get(report.id));
}
