import { z } from 'zod';
import {
  getAccount,
  listAccounts,
  updateAccount,
  type Account,
} from '../../db/repositories/account.repository';
import { newId } from '../../db/new-id';
import { findPartner } from '../../db/repositories/partner.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { parseCurrency } from '../../domain/currency';
import { formatAmount } from '../../domain/money';
import type { WantedOffer } from '../../domain/offer';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { accepted, created, ok } from '../answer';
import type { Caller } from '../caller';
import { assertDone } from '../command-answer';
import { runCommand } from '../commands/run-command';
import { buildSubscriptionStart, getOfferedTerms } from '../commands/start-subscription';
import { getLifecycleOwner } from '../lifecycle-owner';
import { findClockFor, openAccount } from '../open-account';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiAccount } from '../presenters/account.presenter';
import type { ApiRequest } from '../request';
import { commandRoute, readRoute, writeRoute, type Route } from '../route';
import {
  accountChangeSchema,
  accountParams,
  accountSchema,
  newAccountSchema,
} from '../schemas/account.schema';
import { idText, text } from '../schemas/common.schema';

const tag = 'Accounts';

type NewAccountRequest = ApiRequest<unknown, unknown, z.output<typeof newAccountSchema>>;

const createAccount = commandRoute({
  method: 'post',
  path: '/v1/accounts',
  operation: 'createAccount',
  summary: 'Make an account with its empty ledger',
  description:
    'A partner makes accounts under itself. An account on a test clock lives in the time of that clock. With `plan_code`, a plan that costs nothing starts with it; a paid one is started once there is money.',
  tag,
  roles: ['operator', 'partner'],
  body: newAccountSchema,
  responses: {
    201: { description: 'The account.', schema: accountSchema },
    202: { description: 'The account; its plan is still being started.', schema: accountSchema },
  },
  refusals: ['not_found', 'already_exists', 'unknown_plan', 'insufficient_balance'],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: 'account',
      build: async (id, trx) => {
        const account = await openAskedAccount(id, request, trx);
        const { plan_code } = request.body;
        if (plan_code === undefined) return null;
        const { currency } = account;
        const wanted = { planCode: plan_code, cycle: 'monthly', currency } as const;
        await assertFree(trx, wanted);
        const { owner } = await getLifecycleOwner(trx, id);
        return buildSubscriptionStart(newId('subscription'), owner, wanted);
      },
      present: async (answer, { resourceId, trx }) => {
        assertDone(answer);
        const account = toApiAccount(await getAccount(trx, resourceId));
        return created(account, `/v1/accounts/${resourceId}`);
      },
      presentAccepted: async ({ resourceId, trx }) =>
        accepted(toApiAccount(await getAccount(trx, resourceId))),
    }),
});

async function openAskedAccount(
  id: string,
  { body, caller, receivedAt }: NewAccountRequest,
  trx: Transaction,
): Promise<Account> {
  const partnerId = await findOwner(body.partner_id, { caller, trx });
  return openAccount(trx, {
    id,
    partnerId,
    clock: await findClockFor(trx, { id: body.test_clock_id, partnerId }),
    externalId: body.external_id ?? null,
    name: body.name,
    country: body.country,
    currency: parseCurrency(body.currency),
    timeZone: body.time_zone,
    createdAt: receivedAt,
  });
}

/** A new wallet is empty: only what costs nothing can start with it. */
async function assertFree(trx: Transaction, wanted: WantedOffer): Promise<void> {
  const { price } = await getOfferedTerms(trx, wanted);
  if (price.amountMicros === 0n) return;
  const required = formatAmount(price);
  throw new BillingError(
    'insufficient_balance',
    `"${wanted.planCode}" costs ${required} ${price.currency} and a new wallet is empty: make the account, top up, then subscribe.`,
    { required, available: '0.00', missing: required, currency: price.currency },
  );
}

const listAllAccounts = readRoute({
  method: 'get',
  path: '/v1/accounts',
  operation: 'listAccounts',
  summary: 'List accounts',
  tag,
  roles: ['operator', 'partner', 'account'],
  query: z.strictObject({
    ...pageFields,
    partner_id: idText.optional(),
    external_id: text().optional(),
    test_clock_id: idText.optional(),
  }),
  responses: { 200: { description: 'Accounts, newest first.', schema: pageOf(accountSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor, partner_id, external_id, test_clock_id } = query;
    const rows = await listAccounts(trx, {
      limit: limit + 1,
      before: readCreatedCursor(cursor),
      partnerId: partner_id,
      externalId: external_id,
      testClockId: test_clock_id,
    });
    return ok(
      toApiPage(rows, {
        limit,
        present: toApiAccount,
        cursorOf: ({ createdAt, id }) => [createdAt, id],
      }),
    );
  },
});

const showAccount = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}',
  operation: 'getAccount',
  summary: 'Show an account',
  tag,
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  responses: { 200: { description: 'The account.', schema: accountSchema } },
  handler: async ({ params }, trx) => ok(toApiAccount(await getAccount(trx, params.account_id))),
});

const changeAccount = writeRoute({
  method: 'patch',
  path: '/v1/accounts/{account_id}',
  operation: 'changeAccount',
  summary: 'Change an account',
  description: 'Currency, time zone and partner are for ever: the ledger is kept in them.',
  tag,
  roles: ['operator', 'partner'],
  params: accountParams,
  body: accountChangeSchema,
  responses: { 200: { description: 'The account as it is now.', schema: accountSchema } },
  refusals: ['already_exists'],
  async handler({ params, body, receivedAt }, trx) {
    const account = await updateAccount(trx, {
      id: params.account_id,
      change: { name: body.name, country: body.country, externalId: body.external_id },
      updatedAt: receivedAt,
    });
    return ok(toApiAccount(account));
  },
});

/** Whose account it becomes: a partner's own, or the one an operator names. */
async function findOwner(
  named: string | undefined,
  { caller, trx }: { readonly caller: Caller; readonly trx: Transaction },
): Promise<string | null> {
  if (caller.role === 'operator') {
    if (named === undefined) return null;
    const partner = await findPartner(trx, named);
    if (partner !== null) return partner.id;
    throw new BillingError('not_found', 'There is no such partner.', { field: 'partner_id' });
  }
  if (named !== undefined && named !== caller.partnerId) {
    throw new BillingError('forbidden', 'A partner makes accounts for itself only.');
  }
  return caller.partnerId;
}

export const accountRoutes: readonly Route[] = [
  createAccount,
  listAllAccounts,
  showAccount,
  changeAccount,
];
