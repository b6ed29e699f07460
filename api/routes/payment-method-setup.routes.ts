import { z } from 'zod';
import { getAccount, type Account } from '../../db/repositories/account.repository';
import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { setups } from '../../db/repositories/setup.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import {
  compareMoney,
  formatAmount,
  parseMoney,
  roundToChargeStep,
  type Money,
} from '../../domain/money';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { beginSetup } from '../../workflows/setup.messages';
import { accepted, created, ok } from '../answer';
import { chooseGateway, refuseCurrency } from '../choose-gateway';
import { assertDone } from '../command-answer';
import { runCommand } from '../commands/run-command';
import { startWith } from '../commands/start-lifecycle';
import { cursorOfRecord } from '../get-record';
import { getLifecycleOwner } from '../lifecycle-owner';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiSetup } from '../presenters/payment-method.presenter';
import { commandRoute, readRoute } from '../route';
import { idText } from '../schemas/common.schema';
import { startedSchema } from '../schemas/lifecycle.schema';
import { newSetupSchema, setupSchema } from '../schemas/payment-method.schema';

const tag = 'Payments';
const ANYONE = ['operator', 'partner', 'account'] as const;
const accountParams = z.strictObject({ account_id: idText });

const createRoute = commandRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/payment_method_setups',
  operation: 'createPaymentMethodSetup',
  summary: 'Save a payment method, or agree to a mandate, without paying',
  description:
    'Send the customer to `setup_url`: nothing is charged there. Once the gateway itself confirms it, the method ' +
    'is in the account’s list and is the default. What the wallet lacks is charged to it, each charge up to ' +
    '`max_amount`; what is above that becomes a payment link (`payment.action_required`).',
  tag,
  roles: ANYONE,
  params: accountParams,
  body: newSetupSchema,
  responses: {
    201: { description: 'Send the customer to `setup_url`.', schema: setupSchema },
    202: {
      description: 'Accepted; ask for the setup until it has a `setup_url`.',
      schema: startedSchema,
    },
  },
  refusals: [
    'amount_out_of_range',
    'billing_address_required',
    'invalid_amount',
    'payment_mode_not_offered',
  ],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: 'payment_method_setup',
      build: async (id, trx) => {
        const { body, params } = request;
        const { account, owner } = await getLifecycleOwner(trx, params.account_id);
        const gateway = chooseGateway(dependencies, body, account);
        assertKept(gateway, body, account);
        if (gateway.setupNeedsContact) await assertReachable(trx, account);
        const { mode, max_amount: maxAmount = null } = body;
        const wish = { gateway: gateway.name, mode, currency: account.currency, maxAmount };
        return startWith({ update: beginSetup.name, args: [wish] }, { kind: 'setup', id, owner });
      },
      present: async (answer, { resourceId, trx }) => {
        assertDone(answer);
        const shown = await showSetup(resourceId, trx);
        return created(shown, `/v1/payment_method_setups/${resourceId}`);
      },
      presentAccepted: async ({ resourceId }) =>
        accepted({ id: resourceId, status: 'pending' }, `/v1/payment_method_setups/${resourceId}`),
    }),
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/payment_method_setups',
  operation: 'listPaymentMethodSetups',
  summary: 'List an account’s payment method setups, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(setupSchema) } },
  handler: async ({ params, query }, trx) => {
    await getAccount(trx, params.account_id);
    const rows = await setups.page(trx, {
      accountId: params.account_id,
      limit: query.limit + 1,
      before: readCreatedCursor(query.cursor),
    });
    const presenting = { limit: query.limit, present: toApiSetup, cursorOf: cursorOfRecord };
    return ok(toApiPage(rows, presenting));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/payment_method_setups/{setup_id}',
  operation: 'getPaymentMethodSetup',
  summary: 'Show a payment method setup',
  tag,
  roles: ANYONE,
  params: z.strictObject({ setup_id: idText }),
  responses: { 200: { description: 'The setup.', schema: setupSchema } },
  handler: async ({ params }, trx) => ok(await showSetup(params.setup_id, trx)),
});

export const paymentMethodSetupRoutes = [createRoute, listRoute, showRoute];

async function showSetup(id: string, trx: Transaction) {
  const record = await setups.find(trx, id);
  if (record === null) throw new BillingError('not_found', 'There is no such setup.');
  return toApiSetup(record);
}

/** The gateway keeps methods of the mode without a payment, and charges up to the ceiling (R2.11). */
function assertKept(
  gateway: PaymentGateway,
  { mode, max_amount: amount }: z.output<typeof newSetupSchema>,
  { currency }: Account,
): void {
  const modes = gateway.setupModes(currency);
  if (!modes.includes(mode)) {
    const offered = modes.length === 0 ? 'only by paying' : `for ${modes.join(', ')}`;
    const message = `A payment method in ${currency} can be saved here ${offered}.`;
    throw new BillingError('payment_mode_not_offered', message, { field: 'mode' });
  }
  if (amount !== undefined) assertCharged(gateway, parseMoney({ amount, currency }));
}

/** The gateway wants to know whose method it is. */
async function assertReachable(trx: Transaction, { id }: Account): Promise<void> {
  const address = await findBillingAddress(trx, id);
  if (address !== null && address.phone !== null) return;
  const message =
    'Saving a payment method here takes a phone number. Add it to the billing address first.';
  throw new BillingError('billing_address_required', message);
}

function assertCharged({ capabilities }: PaymentGateway, ceiling: Money): void {
  const { currency } = ceiling;
  const field = 'max_amount';
  if (roundToChargeStep(ceiling, 'down').amountMicros !== ceiling.amountMicros) {
    const message = `${currency} cannot be paid in such small parts.`;
    throw new BillingError('invalid_amount', message, { field });
  }
  const { min, max } = capabilities.offerIn(currency) ?? refuseCurrency(currency);
  if (compareMoney(ceiling, min) >= 0 && compareMoney(ceiling, max) <= 0) return;
  const limits = { min: formatAmount(min), max: formatAmount(max) };
  const message = `The amount must be ${limits.min} to ${limits.max} ${currency}.`;
  throw new BillingError('amount_out_of_range', message, { field, ...limits });
}
