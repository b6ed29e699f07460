import { z } from 'zod';
import { sumDisputed } from '../../db/repositories/dispute.repository';
import { findPurchaseIds } from '../../db/repositories/order.repository';
import { listPayments, type Payment } from '../../db/repositories/payment.repository';
import { sumRefunded } from '../../db/repositories/refund.repository';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiPayment } from '../presenters/top-up.presenter';
import { readRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { paymentSchema } from '../schemas/top-up.schema';

const tag = 'Payments';
const ANYONE = ['operator', 'partner', 'account'] as const;

const listRoute = readRoute({
  method: 'get',
  path: '/v1/payments',
  operation: 'listPayments',
  summary: 'List payments, newest first',
  tag,
  roles: ANYONE,
  query: z.strictObject({
    ...pageFields,
    account_id: idText.optional(),
    status: z.enum(['succeeded', 'failed', 'mismatched']).optional(),
  }),
  responses: { 200: { description: 'A page.', schema: pageOf(paymentSchema) } },
  handler: async ({ query, caller }, trx) => {
    const rows = await listPayments(trx, {
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
      accountId: query.account_id,
      status: query.status,
    });
    const ids = rows.map(({ id }) => id);
    const refunded = await sumRefunded(trx, ids);
    const disputed = await sumDisputed(trx, ids);
    const orderIds = rows.flatMap(({ payer: { kind, id } }) => (kind === 'order' ? [id] : []));
    const purchases = await findPurchaseIds(trx, orderIds);
    const present = (row: Payment) =>
      toApiPayment(row, {
        refundedMicros: refunded.get(row.id) ?? 0n,
        disputedMicros: disputed.get(row.id) ?? 0n,
        isOfPurchase: purchases.has(row.payer.id),
        showsFee: caller.role === 'operator',
      });
    const cursorOf = (row: Payment) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present, cursorOf }));
  },
});

export const paymentRoutes: readonly Route[] = [listRoute];
