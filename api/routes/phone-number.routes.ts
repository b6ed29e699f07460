import { loadOutlook } from '../../db/load-outlook';
import { getAccount } from '../../db/repositories/account.repository';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import {
  listPhoneNumbersOfAccount,
  phoneNumbers,
  savePriority,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import type { Transaction } from '../../db/transaction';
import { findMisplaced, type Misplaced } from '../../domain/phone-number/priority';
import { payRent, releaseNumber, setAutoPay } from '../../workflows/phone-number.messages';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { showNumber, sendToNumber } from '../commands/send-to-number';
import { pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiPhoneNumber } from '../presenters/phone-number.presenter';
import { InvalidRequest } from '../problem';
import { commandRoute, readRoute, writeRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import {
  numberPrioritySchema,
  phoneNumberChangeSchema,
  phoneNumberParams,
  phoneNumberSchema,
  phoneNumbersQuery,
} from '../schemas/phone-number.schema';
import { cursorOfRecord } from '../get-record';

const tag = 'Phone numbers';
const ANYONE = ['operator', 'partner', 'account'] as const;

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/phone_numbers',
  operation: 'listPhoneNumbers',
  summary: 'List an account’s phone numbers, newest first, with what happens to them next',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: phoneNumbersQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(phoneNumberSchema) } },
  async handler({ params, query, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const { status, limit, cursor } = query;
    const page = { accountId: account.id, limit: limit + 1, before: readCreatedCursor(cursor) };
    const rows = await phoneNumbers.page(
      trx,
      page,
      (numbers) => status && numbers.where({ status }),
    );
    const outlook = await loadOutlook(trx, { accountId: account.id, at });
    const present = (row: PhoneNumberRecord) => toApiPhoneNumber(row, outlook);
    return ok(toApiPage(rows, { limit, present, cursorOf: cursorOfRecord }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/phone_numbers/{phone_number_id}',
  operation: 'getPhoneNumber',
  summary: 'Show a phone number, what it is charged next and what to warn of',
  tag,
  roles: ANYONE,
  params: phoneNumberParams,
  responses: { 200: { description: 'The phone number.', schema: phoneNumberSchema } },
  handler: async ({ params, receivedAt }, trx) =>
    ok(await showNumber(params.phone_number_id, trx, receivedAt)),
});

const changeRoute = commandRoute({
  method: 'patch',
  path: '/v1/phone_numbers/{phone_number_id}',
  operation: 'changePhoneNumber',
  summary: 'Turn auto-pay on or off',
  description:
    'Off, nothing is charged: the number goes on hold when its rent is due. Turned on while on hold, the ' +
    'rent is tried at once.',
  tag,
  roles: ANYONE,
  params: phoneNumberParams,
  body: phoneNumberChangeSchema,
  responses: changedResponses(),
  refusals: ['invalid_state'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async () => ({
      update: setAutoPay.name,
      args: [{ autoPay: request.body.auto_pay }],
    })),
});

const payRoute = commandRoute({
  method: 'post',
  path: '/v1/phone_numbers/{phone_number_id}/pay',
  operation: 'payPhoneNumber',
  summary: 'Pay the rent that is owed: the month that holds now, and nothing older',
  tag,
  roles: ANYONE,
  params: phoneNumberParams,
  responses: changedResponses(),
  refusals: ['insufficient_balance', 'invalid_state'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async () => ({ update: payRent.name, args: [] })),
});

const releaseRoute = commandRoute({
  method: 'post',
  path: '/v1/phone_numbers/{phone_number_id}/release',
  operation: 'releasePhoneNumber',
  summary: 'Release a phone number permanently',
  description:
    'Nothing is charged from now on. There is no way back: the carrier may rent it to others.',
  tag,
  roles: ANYONE,
  params: phoneNumberParams,
  responses: changedResponses(),
  refusals: ['invalid_state'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async () => ({ update: releaseNumber.name, args: [] })),
});

const priorityRoute = writeRoute({
  method: 'put',
  path: '/v1/accounts/{account_id}/phone_number_priority',
  operation: 'savePhoneNumberPriority',
  summary: 'Set which numbers are paid first when the balance does not cover them all',
  tag,
  roles: ANYONE,
  params: accountParams,
  body: numberPrioritySchema,
  responses: {
    200: { description: 'All numbers, in their order now.', schema: numberPrioritySchema },
  },
  async handler({ params, body }, trx) {
    const { id: accountId } = await getAccount(trx, params.account_id);
    // A renewal under way goes by one order or by the other.
    await lockLedgers(trx, [accountId]);
    const wanted = body.phone_number_ids;
    const misplaced = findMisplaced(wanted, await listOpenIds(trx, accountId));
    if (misplaced.length > 0) throw refuseOrder(misplaced);
    await savePriority(trx, { accountId, ids: wanted });
    return ok({ phone_number_ids: await listOpenIds(trx, accountId) });
  },
});

export const phoneNumberRoutes: readonly Route[] = [
  listRoute,
  showRoute,
  changeRoute,
  payRoute,
  releaseRoute,
  priorityRoute,
];

function changedResponses() {
  return {
    200: { description: 'The phone number as it is now.', schema: phoneNumberSchema },
    202: { description: 'Accepted; the phone number as it was.', schema: phoneNumberSchema },
  };
}

/** In the account's own order. */
async function listOpenIds(trx: Transaction, accountId: string): Promise<string[]> {
  const rows = await listPhoneNumbersOfAccount(trx, { accountId, isOpen: true });
  return rows.map(({ state }) => state.id);
}

const PLACE_PROBLEMS = {
  unknown: 'The account has no such phone number.',
  duplicate: 'This number has a place already.',
} as const;

function refuseOrder(misplaced: readonly Misplaced[]): InvalidRequest {
  return new InvalidRequest(
    'invalid_request',
    misplaced.map(({ index, problem }) => ({
      field: `phone_number_ids.${index}`,
      code: problem,
      message: PLACE_PROBLEMS[problem],
    })),
  );
}
