import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import {
  detachPaymentMethod,
  findDefaultMethod,
  findPaymentMethod,
  listPaymentMethods,
  type PaymentMethod,
} from '../../db/repositories/payment-method.repository';
import { findPurchaseIds } from '../../db/repositories/order.repository';
import { listPayments, type Payment } from '../../db/repositories/payment.repository';
import { sumRefunded } from '../../db/repositories/refund.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiPayment, toApiPaymentMethod } from '../presenters/top-up.presenter';
import { readRoute, writeRoute, type Route } from '../route';
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
  handler: async ({ query }, trx) => {
    const rows = await listPayments(trx, {
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
      accountId: query.account_id,
      status: query.status,
    });
    const ids = rows.map(({ id }) => id);
    const refunded = await sumRefunded(trx, ids);
    const orderIds = rows.flatMap(({ payer: { kind, id } }) => (kind === 'order' ? [id] : []));
    const purchases = await findPurchaseIds(trx, orderIds);
    const present = (row: Payment) =>
      toApiPayment(row, {
        refundedMicros: refunded.get(row.id) ?? 0n,
        isOfPurchase: purchases.has(row.payer.id),
      });
    const cursorOf = (row: Payment) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present, cursorOf }));
  },
});

const methodsRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/payment_methods',
  operation: 'listPaymentMethods',
  summary: 'List the payment methods an account keeps',
  description:
    'The newest that still pays is the default. A method is kept by paying a top-up’s hosted page with ' +
    '“save” ticked.',
  tag,
  roles: ANYONE,
  params: z.strictObject({ account_id: idText }),
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(paymentMethodSchema) } },
  handler: async ({ params, query }, trx) => {
    await getAccount(trx, params.account_id);
    const rows = await listPaymentMethods(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
    });
    const defaultId = await findDefaultId(trx, params.account_id);
    const present = (row: PaymentMethod) => toApiPaymentMethod(row, { defaultId });
    const cursorOf = (row: PaymentMethod) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present, cursorOf }));
  },
});

const detachRoute = writeRoute({
  method: 'delete',
  path: '/v1/accounts/{account_id}/payment_methods/{payment_method_id}',
  operation: 'detachPaymentMethod',
  summary: 'Forget a saved payment method',
  description:
    'From the answer on nothing more is charged to it; a charge that is under way may still succeed. ' +
    'The gateway forgets it within minutes. Asked again, the answer is the same.',
  tag,
  roles: ANYONE,
  params: z.strictObject({ account_id: idText, payment_method_id: idText }),
  responses: { 200: { description: 'The method, detached.', schema: paymentMethodSchema } },
  handler: async ({ params, receivedAt }, trx) => {
    const { id: accountId } = await getAccount(trx, params.account_id);
    const method = await findPaymentMethod(trx, params.payment_method_id);
    if (method?.accountId !== accountId) {
      throw new BillingError('not_found', 'There is no such payment method.');
    }
    await detachPaymentMethod(trx, { id: method.id, at: receivedAt });
    const detachedAt = method.detachedAt ?? receivedAt;
    const defaultId = await findDefaultId(trx, accountId);
    return ok(toApiPaymentMethod({ ...method, detachedAt }, { defaultId }));
  },
});

async function findDefaultId(trx: Transaction, accountId: string): Promise<string | null> {
  return (await findDefaultMethod(trx, accountId))?.id ?? null;
}

export const paymentRoutes: readonly Route[] = [listRoute, methodsRoute, detachRoute];
