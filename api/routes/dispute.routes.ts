import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import {
  disputes,
  listDisputes,
  type DisputeRecord,
} from '../../db/repositories/dispute.repository';
import { DISPUTE_STATUSES } from '../../domain/dispute/dispute';
import { ok } from '../answer';
import { cursorOfRecord, getRecord } from '../get-record';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiDispute } from '../presenters/dispute.presenter';
import { readRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { disputeSchema } from '../schemas/dispute.schema';

const tag = 'Disputes';
const ANYONE = ['operator', 'partner', 'account'] as const;
const status = z.enum(DISPUTE_STATUSES).optional();

const listRoute = readRoute({
  method: 'get',
  path: '/v1/disputes',
  operation: 'listDisputes',
  summary: 'List disputed payments, newest first',
  description: 'Evidence is handed in at the gateway; what it decides arrives here by itself.',
  tag,
  roles: ANYONE,
  query: z.strictObject({ ...pageFields, payment_id: idText.optional(), status }),
  responses: { 200: { description: 'A page.', schema: pageOf(disputeSchema) } },
  handler: async ({ query }, trx) => {
    const { limit, cursor, payment_id: paymentId, status: ofStatus } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listDisputes(trx, { limit: limit + 1, before, paymentId, status: ofStatus });
    return ok(toPage(rows, limit));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/disputes/{dispute_id}',
  operation: 'getDispute',
  summary: 'Show a disputed payment and what happens to it next',
  tag,
  roles: ANYONE,
  params: z.strictObject({ dispute_id: idText }),
  responses: { 200: { description: 'The dispute.', schema: disputeSchema } },
  handler: async ({ params }, trx) =>
    ok(toApiDispute(await getRecord(disputes, params.dispute_id, trx))),
});

const listOfAccountRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/disputes',
  operation: 'listAccountDisputes',
  summary: 'List an account’s disputed payments, newest first',
  tag,
  roles: ANYONE,
  params: z.strictObject({ account_id: idText }),
  query: z.strictObject({ ...pageFields, status }),
  responses: { 200: { description: 'A page.', schema: pageOf(disputeSchema) } },
  handler: async ({ params, query }, trx) => {
    const { id: accountId } = await getAccount(trx, params.account_id);
    const { limit, cursor, status: ofStatus } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listDisputes(trx, { limit: limit + 1, before, accountId, status: ofStatus });
    return ok(toPage(rows, limit));
  },
});

function toPage(rows: readonly DisputeRecord[], limit: number) {
  return toApiPage(rows, { limit, present: toApiDispute, cursorOf: cursorOfRecord });
}

export const disputeRoutes: readonly Route[] = [listRoute, showRoute, listOfAccountRoute];
