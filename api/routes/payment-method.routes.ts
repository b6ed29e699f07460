import { z } from 'zod';
import { getAccount, type Account } from '../../db/repositories/account.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  detachPaymentMethod,
  findDefaultMethod,
  findPaymentMethod,
  listPaymentMethods,
  makeDefaultMethod,
} from '../../db/repositories/payment-method.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import { buildMethodEvents } from '../../domain/payment-method/build-method-events';
import { statusOfMethod, type PaymentMethod } from '../../domain/payment-method/payment-method';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiPaymentMethod, type MethodOwner } from '../presenters/payment-method.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { changedMethodSchema, paymentMethodSchema } from '../schemas/payment-method.schema';

const tag = 'Payments';
const ANYONE = ['operator', 'partner', 'account'] as const;
const methodParams = z.strictObject({ account_id: idText, payment_method_id: idText });

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/payment_methods',
  operation: 'listPaymentMethods',
  summary: 'List the payment methods an account keeps',
  description:
    'The one that was saved or chosen last and may be charged is the default. A method is kept by a payment ' +
    'method setup, or by paying a hosted page with “save” ticked.',
  tag,
  roles: ANYONE,
  params: z.strictObject({ account_id: idText }),
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(paymentMethodSchema) } },
  handler: async ({ params, query, receivedAt }, trx) => {
    const account = await getAccount(trx, params.account_id);
    const rows = await listPaymentMethods(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
    });
    const owner = await findOwner(account, { trx, receivedAt });
    const present = (row: PaymentMethod) => toApiPaymentMethod(row, owner);
    const cursorOf = (row: PaymentMethod) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present, cursorOf }));
  },
});

const changeRoute = writeRoute({
  method: 'patch',
  path: '/v1/accounts/{account_id}/payment_methods/{payment_method_id}',
  operation: 'changePaymentMethod',
  summary: 'Choose the payment method that is charged',
  description:
    'What the wallet lacks is charged to it from now on, until another one is chosen or saved. Refused for one ' +
    'that may not be charged.',
  tag,
  roles: ANYONE,
  params: methodParams,
  body: changedMethodSchema,
  responses: { 200: { description: 'The method, the default.', schema: paymentMethodSchema } },
  refusals: ['invalid_state'],
  handler: async ({ params, receivedAt }, trx) => {
    const account = await getAccount(trx, params.account_id);
    const method = await getMethod(trx, params);
    const at = await findAccountNow(account, { trx, receivedAt });
    const { timeZone } = account;
    const status = statusOfMethod(method, { at, timeZone });
    if (status !== 'active' && status !== 'expired') {
      throw new BillingError('invalid_state', `The payment method is ${status}.`);
    }
    const before = await findDefaultMethod(trx, account.id);
    if (before?.id !== method.id) {
      await makeDefaultMethod(trx, { id: method.id, at: receivedAt });
      const reason = 'it was chosen as the payment method that is charged first';
      const events = [{ type: 'payment_method.made_default', reason }] as const;
      await insertEvents(trx, buildMethodEvents(method, { events, timeZone, at }), receivedAt);
    }
    return ok(toApiPaymentMethod(method, { defaultId: method.id, at, timeZone }));
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
  params: methodParams,
  responses: { 200: { description: 'The method, detached.', schema: paymentMethodSchema } },
  handler: async ({ params, receivedAt }, trx) => {
    const account = await getAccount(trx, params.account_id);
    const method = await getMethod(trx, params);
    await detachPaymentMethod(trx, { id: method.id, at: receivedAt });
    const detachedAt = method.detachedAt ?? receivedAt;
    const owner = await findOwner(account, { trx, receivedAt });
    return ok(toApiPaymentMethod({ ...method, detachedAt }, owner));
  },
});

export const paymentMethodRoutes: readonly Route[] = [listRoute, changeRoute, detachRoute];

async function getMethod(
  trx: Transaction,
  { account_id: accountId, payment_method_id: id }: z.output<typeof methodParams>,
): Promise<PaymentMethod> {
  const method = await findPaymentMethod(trx, id);
  if (method?.accountId === accountId) return method;
  throw new BillingError('not_found', 'There is no such payment method.');
}

async function findOwner(
  account: Account,
  { trx, receivedAt }: { readonly trx: Transaction; readonly receivedAt: Instant },
): Promise<MethodOwner> {
  const at = await findAccountNow(account, { trx, receivedAt });
  const defaultId = (await findDefaultMethod(trx, account.id))?.id ?? null;
  return { defaultId, at, timeZone: account.timeZone };
}
