import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import {
  listPaymentMethods,
  listPayments,
  type Payment,
  type PaymentMethod,
} from '../../db/repositories/payment.repository';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiPayment, toApiPaymentMethod } from '../presenters/top-up.presenter';
import { readRoute } from '../route';
import { idText } from '../schemas/common.schema';
import { paymentMethodSchema, paymentSchema } from '../schemas/top-up.schema';

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
  handler: async ({ query }, transaction) => {
    const rows = await listPayments(transaction, {
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
      accountId: query.account_id,
      status: query.status,
    });
    const cursorOf = (row: Payment) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present: toApiPayment, cursorOf }));
  },
});

const methodsRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/payment_methods',
  operation: 'listPaymentMethods',
  summary: 'List the payment methods an account keeps',
  tag,
  roles: ANYONE,
  params: z.strictObject({ account_id: idText }),
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(paymentMethodSchema) } },
  handler: async ({ params, query }, transaction) => {
    await getAccount(transaction, params.account_id);
    const rows = await listPaymentMethods(transaction, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
    });
    const cursorOf = (row: PaymentMethod) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present: toApiPaymentMethod, cursorOf }));
  },
});

export const paymentRoutes = [listRoute, methodsRoute];
