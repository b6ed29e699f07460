import { z } from 'zod';
import { getAccount, type Account } from '../../db/repositories/account.repository';
import { listOrders, orders, type OrderRecord } from '../../db/repositories/order.repository';
import { findPackageOffer } from '../../db/repositories/package-offer.repository';
import { withTransaction, type Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { purchaseOf, type Order, type Purchase } from '../../domain/order/order';
import { findUnconfirmed } from '../../domain/order/capabilities';
import { isNumberItem, type OrderItem } from '../../domain/order/item';
import { findNumberRefusal } from '../../domain/order/place';
import type { PaymentMode } from '../../domain/payment/payment';
import {
  findGateway,
  listOffers,
  nameGateway,
  type PaymentDesk,
} from '../../gateways/offer-payments';
import { type CommandAnswer } from '../../workflows/lifecycle.messages';
import { openPurchase, payOrder } from '../../workflows/order.messages';
import { findAccountNow } from '../account-time';
import { accepted, created, ok } from '../answer';
import { assertDone } from '../command-answer';
import { lookUpNumbers, offeredOf, type NumberLookUp } from '../commands/look-up-numbers';
import { writeDraft } from '../commands/place-order';
import { runCommand } from '../commands/run-command';
import type { ApiDependencies } from '../dependencies';
import { getLifecycleOwner } from '../lifecycle-owner';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiHistoryEntry, toApiOrder } from '../presenters/order.presenter';
import { commandRoute, readRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import {
  historyEntrySchema,
  newOrderSchema,
  orderSchema,
  payOrderSchema,
} from '../schemas/order.schema';
import { startWith } from '../commands/start-lifecycle';
import { sendToLifecycle } from '../commands/send-to-lifecycle';
import { cursorOfRecord } from '../get-record';

const tag = 'Orders';
const ANYONE = ['operator', 'partner', 'account'] as const;
const accountParams = z.strictObject({ account_id: idText });
const orderParams = z.strictObject({ order_id: idText });

const placeRoute = commandRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/orders',
  operation: 'placeOrder',
  summary: 'Order packages, minute bundles and phone numbers in one checkout',
  description:
    'Prices everything at the catalogue and the carrier and answers a draft. Nothing is owed or reserved: a ' +
    'number may be gone when the order is paid. A draft nobody pays expires after a day.',
  tag,
  roles: ANYONE,
  params: accountParams,
  body: newOrderSchema,
  responses: {
    201: { description: 'The draft, priced.', schema: orderSchema },
    202: { description: 'The draft is written; it can be paid in a moment.', schema: orderSchema },
  },
  refusals: [
    'unknown_item',
    'number_unavailable',
    'missing_capability',
    'currency_mismatch',
    'limit_reached',
    'unprocessable',
  ],
  async handler(request, dependencies) {
    const { items } = request.body;
    const lookUp = await lookUpNumbers(
      dependencies,
      items.flatMap((item) => (item.kind === 'phone_number' ? [item.number] : [])),
    );
    return runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: 'order',
      build: async (id, trx) => {
        const { account, owner } = await getLifecycleOwner(trx, request.params.account_id);
        const { receivedAt } = request;
        const now = await findAccountNow(account, { trx, receivedAt });
        const gateway = nameGateway(dependencies, payerOf(account));
        const to = { id, account, gateway };
        const wanted = { ...to, items, lookUp, now, recordedAt: dependencies.now() };
        await writeDraft(trx, wanted);
        return startWith({ update: openPurchase.name, args: [] }, { kind: 'order', id, owner });
      },
      present: async (answer, { resourceId, trx }) => {
        assertDone(answer);
        const order = await showOrder(resourceId, trx, dependencies);
        return created(order, `/v1/orders/${resourceId}`);
      },
      presentAccepted: async ({ resourceId, trx }) =>
        accepted(await showOrder(resourceId, trx, dependencies), `/v1/orders/${resourceId}`),
    });
  },
});

const payRoute = commandRoute({
  method: 'post',
  path: '/v1/orders/{order_id}/pay',
  operation: 'payOrder',
  summary: 'Pay an order from the wallet, or get the page to pay it on',
  description:
    'Checks again that everything is still available. What was paid and cannot be delivered after all is ' +
    'refunded automatically: to the original payment method where possible, else to the wallet.',
  tag,
  roles: ANYONE,
  params: orderParams,
  body: payOrderSchema,
  responses: {
    200: { description: 'The order as it is now.', schema: orderSchema },
    202: { description: 'Accepted; the order as it was.', schema: orderSchema },
  },
  refusals: [
    'insufficient_balance',
    'invalid_state',
    'conflict',
    'payment_mode_not_offered',
    'amount_out_of_range',
    'missing_capability',
    'number_unavailable',
    'unknown_item',
    'limit_reached',
    'billing_address_required',
  ],
  async handler(request, dependencies) {
    const { mode, confirmed_capabilities: confirmed = null } = request.body;
    const id = request.params.order_id;
    const before = await withTransaction(dependencies.database, request.tenant, (trx) =>
      findPurchase(id, trx),
    );
    const lookUp = await lookUpNumbers(dependencies, numbersToPay(before?.state ?? null));
    return sendToLifecycle<Order>(request, dependencies, {
      kind: 'order',
      get: (trx) => getOrder(id, trx),
      say: async (order, trx) => {
        const asked = { lookUp, confirmed: confirmed ?? [] };
        await assertStillOnOffer(trx, purchaseOf(order), asked);
        const route = await routeOrder(order, mode, { trx, desk: dependencies });
        const args = [{ mode, ...route, confirmedCapabilities: confirmed }];
        return { update: payOrder.name, args };
      },
      show: (trx) => showOrder(id, trx, dependencies),
    });
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/orders/{order_id}',
  operation: 'getOrder',
  summary: 'Show an order, how far each item is, and what happens next',
  tag,
  roles: ANYONE,
  params: orderParams,
  responses: { 200: { description: 'The order.', schema: orderSchema } },
  handler: async ({ params }, trx, dependencies) =>
    ok(await showOrder(params.order_id, trx, dependencies)),
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/orders',
  operation: 'listOrders',
  summary: 'List an account’s orders, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(orderSchema) } },
  handler: async ({ params, query }, trx, dependencies) => {
    const account = await getAccount(trx, params.account_id);
    const rows = await listOrders(trx, {
      accountId: account.id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
      kind: 'purchase',
    });
    const offers = listOffers(dependencies, payerOf(account));
    const present = (row: OrderRecord) => toApiOrder(row, { offers });
    return ok(toApiPage(rows, { limit: query.limit, present, cursorOf: cursorOfRecord }));
  },
});

const historyRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/purchases',
  operation: 'listPurchaseHistory',
  summary: 'Show an account’s purchase history, newest first',
  description:
    'Every top-up and every order that was paid, whatever became of it: also what is used up, expired or ' +
    'refunded by now. What can be used now is under `packages` and `minute_bundles`.',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(historyEntrySchema) } },
  handler: async ({ params, query }, trx) => {
    await getAccount(trx, params.account_id);
    const rows = await listOrders(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
      statuses: ['paid', 'fulfilled', 'refunded'],
    });
    return ok(
      toApiPage(rows, { limit: query.limit, present: toApiHistoryEntry, cursorOf: cursorOfRecord }),
    );
  },
});

export const orderRoutes: readonly Route[] = [
  placeRoute,
  payRoute,
  showRoute,
  listRoute,
  historyRoute,
];

/** Null also for a top-up: that is an order, too, but has an address of its own. */
async function findPurchase(id: string, trx: Transaction): Promise<OrderRecord | null> {
  const record = await orders.find(trx, id);
  return record?.state.kind === 'purchase' ? record : null;
}

async function getOrder(id: string, trx: Transaction): Promise<OrderRecord> {
  const record = await findPurchase(id, trx);
  if (record === null) throw new BillingError('not_found', 'There is no such order.');
  return record;
}

async function showOrder(id: string, trx: Transaction, dependencies: ApiDependencies) {
  const record = await getOrder(id, trx);
  const account = await getAccount(trx, record.state.accountId);
  return toApiOrder(record, { offers: listOffers(dependencies, payerOf(account)) });
}

/** Who pays, and in what: routes go by that. */
function payerOf({ id: accountId, partnerId, currency }: Account) {
  return { accountId, partnerId, currency };
}

/** Who takes the payment of an order in a mode; nothing to say: it is paid from the wallet, or nobody takes it. */
async function routeOrder(
  { accountId }: Order,
  mode: PaymentMode | 'wallet',
  { trx, desk }: { readonly trx: Transaction; readonly desk: PaymentDesk },
): Promise<{ readonly gateway?: string }> {
  if (mode === 'wallet') return {};
  const gateway = findGateway(desk, { ...payerOf(await getAccount(trx, accountId)), mode });
  return gateway === null ? {} : { gateway: gateway.name };
}

/** The carrier is asked while an order is to be paid; its own numbers are rented to it after that. */
function numbersToPay(order: Order | null): string[] {
  if (order?.kind !== 'purchase') return [];
  if (order.status !== 'draft' || order.payAskedAt !== null) return [];
  return order.items.filter(isNumberItem).map(({ number }) => number);
}

/** What was on offer when the order was placed may be gone, or be less than it was (R2.10). */
async function assertStillOnOffer(
  trx: Transaction,
  order: Purchase,
  asked: {
    readonly lookUp: NumberLookUp;
    readonly confirmed: Parameters<typeof findUnconfirmed>[1];
  },
): Promise<void> {
  if (order.status !== 'draft' || order.payAskedAt !== null) return;
  const now: OrderItem[] = [];
  for (const [index, item] of order.items.entries()) {
    if (isNumberItem(item)) {
      const offered = offeredOf(asked.lookUp, item.number);
      const refusal = findNumberRefusal(item, offered);
      if (refusal !== null) {
        throw new BillingError(refusal.code, refusal.message, { field: `items.${index}.number` });
      }
      now.push({ ...item, capabilities: offered?.capabilities ?? [] });
      continue;
    }
    const { kind, code, price } = item;
    const wanted = { kind, code, currency: price.currency };
    if ((await findPackageOffer(trx, wanted)) === null) {
      const message = `The ${kind} "${code}" is not on sale any more.`;
      throw new BillingError('unknown_item', message, { field: `items.${index}.code` });
    }
  }
  const unconfirmed = findUnconfirmed(now, asked.confirmed);
  if (unconfirmed.length === 0) return;
  const message = `Not every number of the order has ${unconfirmed.join(', ')}.`;
  throw new BillingError('missing_capability', message, { field: 'confirmed_capabilities' });
}
