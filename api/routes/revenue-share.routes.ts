import { z } from 'zod';
import { findPayout, listPayouts } from '../../db/repositories/payout.repository';
import { agreeTerms } from '../../db/agree-terms';
import { findTerms, revenueShares } from '../../db/repositories/revenue-share.repository';
import {
  listLines,
  listStatements,
  type StatementRecord,
} from '../../db/repositories/revenue-share-statement.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { parseAmount } from '../../domain/money';
import type { RevenueShare } from '../../domain/revenue-share/revenue-share';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { approveStatement, payOut } from '../../workflows/revenue-share.messages';
import { findAccountNow } from '../account-time';
import { accepted, created, download, ok } from '../answer';
import { assertDone } from '../command-answer';
import { runCommand } from '../commands/run-command';
import { sendToLifecycle } from '../commands/send-to-lifecycle';
import { CSV_TYPE, toCsv } from '../csv';
import { getRecord } from '../get-record';
import { pageFields, pageOf, readCodeCursor, readCreatedCursor, toApiPage } from '../page';
import {
  toApiLine,
  toApiPayout,
  toApiRevenueShare,
  toApiStatement,
  toApiTerms,
} from '../presenters/revenue-share.presenter';
import { commandRoute, readRoute, writeRoute, type Route } from '../route';
import {
  LINE_COLUMNS,
  newPayoutSchema,
  partnerParams,
  payoutParams,
  payoutSchema,
  revenueShareSchema,
  statementParams,
  statementSchema,
  statementSummarySchema,
  termsInputSchema,
  termsSchema,
} from '../schemas/revenue-share.schema';
import { startedSchema } from '../schemas/lifecycle.schema';
import { getPartner } from '../../db/repositories/partner.repository';
import { getHouseAccount, readLines, readStatement } from '../statements';

const tag = 'Revenue share';
const RESELLERS = ['operator', 'partner'] as const;
const LINES_SHOWN_MAX = 1_000;

const showShare = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/revenue_share',
  operation: 'getRevenueShare',
  summary: 'Show what a partner’s revenue share waits for',
  description: '404 until the first charge of one of its customers was shared.',
  tag,
  roles: RESELLERS,
  params: partnerParams,
  responses: { 200: { description: 'The revenue share.', schema: revenueShareSchema } },
  handler: async ({ params }, trx) =>
    ok(toApiRevenueShare(await getRecord(revenueShares, params.partner_id, trx))),
});

const showTerms = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/revenue_share_terms',
  operation: 'getRevenueShareTerms',
  summary: 'Show what is agreed with a partner about its share',
  tag,
  roles: RESELLERS,
  params: partnerParams,
  responses: { 200: { description: 'The terms.', schema: termsSchema } },
  handler: async ({ params }, trx) => {
    const { currency } = await getHouseAccount(trx, params.partner_id);
    const terms = await findTerms(trx, params.partner_id);
    return ok(toApiTerms(terms, { partnerId: params.partner_id, currency }));
  },
});

const putTerms = writeRoute({
  method: 'put',
  path: '/v1/partners/{partner_id}/revenue_share_terms',
  operation: 'saveRevenueShareTerms',
  summary: 'Agree with a partner about reserve, gateway fee and least payout',
  description:
    'From now on: charges that were shared and months that were closed keep what they had.',
  tag,
  roles: ['operator'],
  params: partnerParams,
  body: termsInputSchema,
  responses: { 200: { description: 'The terms.', schema: termsSchema } },
  handler: async ({ params, body, receivedAt }, trx) => {
    const partnerId = params.partner_id;
    const house = await getHouseAccount(trx, partnerId);
    const { id: houseAccountId, currency } = house;
    const terms = {
      reserveBps: body.reserve_bps,
      reserveDays: body.reserve_days,
      gatewayFeeBps: body.gateway_fee_bps,
      payoutMinimumMicros: parseAmount(body.payout_minimum),
    };
    const at = await findAccountNow(house, { trx, receivedAt });
    const agreed = { partnerId, houseAccountId, currency, terms };
    await agreeTerms(trx, { ...agreed, at, recordedAt: receivedAt });
    return ok(toApiTerms(terms, { partnerId, currency }));
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/statements',
  operation: 'listRevenueShareStatements',
  summary: 'List the statements of a partner’s closed months, the newest first',
  tag,
  roles: RESELLERS,
  params: partnerParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(statementSummarySchema) } },
  handler: async ({ params, query }, trx) => {
    const { partner_id: partnerId } = params;
    await getPartner(trx, partnerId);
    const { limit, cursor } = query;
    const beforeMonth = readCodeCursor(cursor);
    const rows = await listStatements(trx, { partnerId, limit: limit + 1, beforeMonth });
    const present = (row: StatementRecord) => toApiStatement(partnerId, row);
    return ok(toApiPage(rows, { limit, present, cursorOf: ({ month }) => [month] }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/statements/{month}',
  operation: 'getRevenueShareStatement',
  summary: 'Show what a partner earned in a month; of the open one, so far',
  tag,
  roles: RESELLERS,
  params: statementParams,
  responses: { 200: { description: 'The statement.', schema: statementSchema } },
  handler: async ({ params }, trx) => ok(await showStatement(trx, params)),
});

const csvRoute = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/statements/{month}.csv',
  operation: 'downloadRevenueShareStatement',
  summary: 'Download the lines of a partner’s month as CSV',
  description:
    'UTF-8 with a byte order mark, CRLF. A cell that a spreadsheet would take for a formula begins with an apostrophe.',
  tag,
  roles: RESELLERS,
  params: statementParams,
  responses: { 200: { description: 'The table.', contentType: CSV_TYPE } },
  handler: async ({ params, tenant }, trx, { database }) => {
    const { entries } = await readStatement(trx, params);
    const parts = readLines(database, tenant, entries);
    const name = `revenue_share_${params.month}.csv`;
    return download(CSV_TYPE, name, toCsv(Object.keys(LINE_COLUMNS), parts));
  },
});

const approveRoute = commandRoute({
  method: 'post',
  path: '/v1/partners/{partner_id}/statements/{month}/approve',
  operation: 'approveRevenueShareStatement',
  summary: 'Approve a statement, so that it can be paid out',
  description: 'Again is harmless.',
  tag,
  roles: ['operator'],
  params: statementParams,
  responses: {
    200: { description: 'The statement.', schema: statementSchema },
    202: { description: 'Accepted; the statement as it was.', schema: statementSchema },
  },
  refusals: ['invalid_state'],
  handler: (request, dependencies) => {
    const { params, caller } = request;
    return sendToLifecycle<RevenueShare>(request, dependencies, {
      kind: 'revenue_share',
      get: (trx) => getRecord(revenueShares, params.partner_id, trx),
      say: async () => ({
        update: approveStatement.name,
        args: [{ month: params.month, keyId: caller.keyId }],
      }),
      show: (trx) => showStatement(trx, params),
    });
  },
});

const listPayoutsRoute = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/payouts',
  operation: 'listPayouts',
  summary: 'List a partner’s payouts, the newest first',
  tag,
  roles: RESELLERS,
  params: partnerParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(payoutSchema) } },
  handler: async ({ params, query }, trx) => {
    const { partner_id: partnerId } = params;
    await getPartner(trx, partnerId);
    const { limit, cursor } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listPayouts(trx, { partnerId, limit: limit + 1, before });
    return ok(
      toApiPage(rows, {
        limit,
        present: toApiPayout,
        cursorOf: ({ createdAt, id }) => [createdAt, id],
      }),
    );
  },
});

const showPayoutRoute = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/payouts/{payout_id}',
  operation: 'getPayout',
  summary: 'Show a payout',
  tag,
  roles: RESELLERS,
  params: payoutParams,
  responses: { 200: { description: 'The payout.', schema: payoutSchema } },
  handler: async ({ params }, trx) => ok(await showPayout(trx, params)),
});

const payOutRoute = commandRoute({
  method: 'post',
  path: '/v1/partners/{partner_id}/payouts',
  operation: 'createPayout',
  summary: 'Pay out all approved and unpaid statements up to a month',
  description:
    'To the wallet of the partner’s own account at once, or to its bank: `status` is `sending` until the bank has ' +
    'said how it ended. What a bank does not pay is payable again.',
  tag,
  roles: ['operator'],
  params: partnerParams,
  body: newPayoutSchema,
  responses: {
    201: { description: 'The payout.', schema: payoutSchema },
    202: { description: 'Accepted; ask for the payout until it is there.', schema: startedSchema },
  },
  refusals: ['invalid_state', 'nothing_to_pay_out', 'payout_below_minimum'],
  handler: (request, dependencies) => {
    const { params, body } = request;
    const partnerId = params.partner_id;
    return runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: 'payout',
      build: async (payoutId, trx) => {
        const { workflowId } = await getRecord(revenueShares, partnerId, trx);
        const args = [{ payoutId, ...body }];
        return { workflow: 'revenue_share', workflowId, update: payOut.name, args, start: null };
      },
      present: async (answer, { resourceId, trx }) => {
        assertDone(answer);
        const payout = await showPayout(trx, { partner_id: partnerId, payout_id: resourceId });
        return created(payout, `/v1/partners/${partnerId}/payouts/${resourceId}`);
      },
      presentAccepted: async ({ resourceId }) => accepted({ id: resourceId, status: 'requested' }),
    });
  },
});

async function showStatement(trx: Transaction, params: z.output<typeof statementParams>) {
  const { statement, entries } = await readStatement(trx, params);
  const lines = await listLines(trx, { of: entries, after: null, limit: LINES_SHOWN_MAX });
  return { ...toApiStatement(params.partner_id, statement), lines: lines.map(toApiLine) };
}

async function showPayout(trx: Transaction, params: z.output<typeof payoutParams>) {
  const payout = await findPayout(trx, params.payout_id);
  if (payout?.partnerId !== params.partner_id) {
    throw new BillingError('not_found', 'There is no such payout.');
  }
  return toApiPayout(payout);
}

// A path with `.csv` also fits the one without it, so it comes first.
export const revenueShareRoutes: readonly Route[] = [
  showShare,
  showTerms,
  putTerms,
  listRoute,
  csvRoute,
  showRoute,
  approveRoute,
  listPayoutsRoute,
  showPayoutRoute,
  payOutRoute,
];
