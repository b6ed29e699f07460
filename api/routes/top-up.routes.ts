import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import { listOrders, orders } from '../../db/repositories/order.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import {
  compareMoney,
  formatAmount,
  parseMoney,
  roundToChargeStep,
  toWireMoney,
  type Money,
} from '../../domain/money';
import { priceTopUp } from '../../domain/order/place';
import { offerTopUp, type TopUpTarget } from '../../domain/payment/top-up-policy';
import type { Taxation } from '../../domain/tax/taxation';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import { type CommandAnswer } from '../../workflows/lifecycle.messages';
import { placeOrder } from '../../workflows/order.messages';
import { findAccountNow } from '../account-time';
import { accepted, created, ok } from '../answer';
import { chooseGateway, refuseCurrency } from '../choose-gateway';
import { assertAddressed } from '../assert-addressed';
import { assertDone } from '../command-answer';
import { runCommand } from '../commands/run-command';
import { getLifecycleOwner } from '../lifecycle-owner';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiTopUp } from '../presenters/top-up.presenter';
import { commandRoute, readRoute } from '../route';
import { idText } from '../schemas/common.schema';
import { startedSchema } from '../schemas/lifecycle.schema';
import { newTopUpSchema, topUpSchema } from '../schemas/top-up.schema';
import { startWith } from '../commands/start-lifecycle';
import { cursorOfRecord } from '../get-record';

const tag = 'Top-ups';
const ANYONE = ['operator', 'partner', 'account'] as const;
const accountParams = z.strictObject({ account_id: idText });

type NewTopUp = z.output<typeof newTopUpSchema>;

const createRoute = commandRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/top_ups',
  operation: 'createTopUp',
  summary: 'Start a top-up and get the page to pay it on',
  description:
    'Needs a billing address. The balance grows only when the gateway itself confirms the payment. Where ' +
    'the seller taxes top-ups, the customer pays the tax on top and the balance grows by the amount. A debt is ' +
    'paid first: it is the balance below zero. Unique visitors are a sale: they are there with the payment, ' +
    'which is invoiced, and also when it comes after the order expired; they count for its month.',
  tag,
  roles: ANYONE,
  params: accountParams,
  body: newTopUpSchema,
  responses: {
    201: { description: 'Send the customer to `checkout_url`.', schema: topUpSchema },
    202: {
      description: 'Accepted; ask for the top-up until it has a `checkout_url`.',
      schema: startedSchema,
    },
  },
  refusals: [
    'billing_address_required',
    'currency_mismatch',
    'amount_out_of_range',
    'invalid_amount',
    'payment_mode_not_offered',
    'unprocessable',
  ],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: 'top_up',
      build: async (id, trx) => {
        const { body, params } = request;
        const { account, owner } = await getLifecycleOwner(trx, params.account_id);
        await assertAddressed(trx, account.id);
        const now = await findAccountNow(account, { trx, receivedAt: request.receivedAt });
        const taxation = await findTaxation(trx, { accountId: account.id, at: now });
        const wanted = readWish(body, account.currency);
        const gateway = chooseGateway(dependencies, body, account);
        assertPayable(gateway, body, { wanted, taxation });
        const { target, visitors, note } = wanted;
        const { mode = null } = body;
        const how = { gateway: gateway.name, mode };
        const wish = { target, visitors, note, ...toWireMoney(wanted.amount), ...how };
        return startWith({ update: placeOrder.name, args: [wish] }, { kind: 'order', id, owner });
      },
      present: async (answer, { resourceId, trx }) => {
        assertDone(answer);
        return created(await showTopUp(resourceId, trx), `/v1/top_ups/${resourceId}`);
      },
      presentAccepted: async ({ resourceId }) =>
        accepted({ id: resourceId, status: 'pending' }, `/v1/top_ups/${resourceId}`),
    }),
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/top_ups',
  operation: 'listTopUps',
  summary: 'List an account’s top-ups, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(topUpSchema) } },
  handler: async ({ params, query }, trx) => {
    await getAccount(trx, params.account_id);
    const rows = await listOrders(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
      kind: 'top_up',
    });
    return ok(
      toApiPage(rows, { limit: query.limit, present: toApiTopUp, cursorOf: cursorOfRecord }),
    );
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/top_ups/{top_up_id}',
  operation: 'getTopUp',
  summary: 'Show a top-up',
  tag,
  roles: ANYONE,
  params: z.strictObject({ top_up_id: idText }),
  responses: { 200: { description: 'The top-up.', schema: topUpSchema } },
  handler: async ({ params }, trx) => ok(await showTopUp(params.top_up_id, trx)),
});

export const topUpRoutes = [createRoute, listRoute, showRoute];

async function showTopUp(id: string, trx: Transaction) {
  const record = await orders.find(trx, id);
  if (record?.state.kind !== 'top_up') {
    throw new BillingError('not_found', 'There is no such top-up.');
  }
  return toApiTopUp(record);
}

/** What is wanted and costs, by the policy of the currency (R3.05). */
interface WantedTopUp {
  readonly target: TopUpTarget;
  readonly visitors: number | null;
  readonly amount: Money;
  readonly note: string | null;
}

function readWish(body: NewTopUp, accountCurrency: CurrencyCode): WantedTopUp {
  const { currency = accountCurrency, target = 'wallet' } = body;
  if (currency !== accountCurrency) {
    const message = `The account is kept in ${accountCurrency}.`;
    throw new BillingError('currency_mismatch', message, { field: 'currency' });
  }
  const visitors = 'quantity' in body ? body.quantity : null;
  const asked = 'amount' in body ? readAmount(body.amount, accountCurrency) : null;
  const offer = offerTopUp({ target, amount: asked, quantity: visitors }, accountCurrency);
  if (offer.kind === 'refused') {
    throw new BillingError('unprocessable', offer.message, { field: offer.field });
  }
  return { target, visitors, amount: offer.amount, note: offer.note };
}

function readAmount(amount: string, currency: CurrencyCode): Money {
  const money = parseMoney({ amount, currency });
  if (roundToChargeStep(money, 'down').amountMicros === money.amountMicros) return money;
  const message = `${currency} cannot be paid in such small parts.`;
  throw new BillingError('invalid_amount', message, { field: 'amount' });
}

/** Amount with its tax and mode are ones the gateway takes (R1.04, R2.11). */
function assertPayable(
  gateway: PaymentGateway,
  { mode }: NewTopUp,
  { wanted, taxation }: { readonly wanted: WantedTopUp; readonly taxation: Taxation },
): void {
  const { amount, visitors } = wanted;
  const { currency } = amount;
  const offer = gateway.capabilities.offerIn(currency) ?? refuseCurrency(currency);
  const { total } = priceTopUp({ ...wanted, taxation });
  if (compareMoney(total, offer.min) < 0 || compareMoney(total, offer.max) > 0) {
    const range = `${formatAmount(offer.min)} to ${formatAmount(offer.max)} ${currency}`;
    const taxed = total.amountMicros === amount.amountMicros ? '' : ' with its tax';
    throw new BillingError('amount_out_of_range', `The amount${taxed} must be ${range}.`, {
      field: visitors === null ? 'amount' : 'quantity',
      min: formatAmount(offer.min),
      max: formatAmount(offer.max),
    });
  }
  if (mode !== undefined && !offer.modes.includes(mode)) {
    const message = `Payments in ${currency} can be made by ${offer.modes.join(', ')}.`;
    throw new BillingError('payment_mode_not_offered', message, { field: 'mode' });
  }
}
