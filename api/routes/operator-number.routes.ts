import { insertCommandNote } from '../../db/repositories/command-note.repository';
import type { Transaction } from '../../db/transaction';
import {
  extendGrace,
  forceRenewal,
  releaseNow,
  waiveRent,
} from '../../workflows/phone-number.messages';
import type { Caller } from '../caller';
import type { OperatorRequest } from '../../workflows/lifecycle.messages';
import { sendToNumber } from '../commands/send-to-number';
import { commandRoute, type Route } from '../route';
import type { Instant } from '../../domain/instant';
import {
  extendGraceSchema,
  operatorActionSchema,
  phoneNumberParams,
  phoneNumberSchema,
} from '../schemas/phone-number.schema';

/**
 * What operators do to a phone number. Each asks for a reason; it is kept, with the operator's key, in the
 * event of the action, and in no workflow's history.
 */
const common = {
  tag: 'Phone numbers',
  roles: ['operator'],
  params: phoneNumberParams,
  responses: {
    200: { description: 'The phone number as it is now.', schema: phoneNumberSchema },
    202: { description: 'Accepted; the phone number as it was.', schema: phoneNumberSchema },
  },
} as const;

const extendGraceRoute = commandRoute({
  ...common,
  method: 'post',
  path: '/v1/phone_numbers/{phone_number_id}/extend_grace',
  operation: 'extendPhoneNumberGrace',
  summary: 'Keep a number that is on hold until later',
  body: extendGraceSchema,
  refusals: ['invalid_state', 'scheduled_in_past', 'unprocessable'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async ({ accountId }, trx) => {
      const { until } = request.body;
      const asked = await noteRequest(trx, { accountId, request });
      return { update: extendGrace.name, args: [{ ...asked, until }] };
    }),
});

const waiveRentRoute = commandRoute({
  ...common,
  method: 'post',
  path: '/v1/phone_numbers/{phone_number_id}/waive_rent',
  operation: 'waivePhoneNumberRent',
  summary: 'Waive the rent that is owed: this month is free, the next is due as usual',
  body: operatorActionSchema,
  refusals: ['invalid_state'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async ({ accountId }, trx) => ({
      update: waiveRent.name,
      args: [await noteRequest(trx, { accountId, request })],
    })),
});

const forceRenewalRoute = commandRoute({
  ...common,
  method: 'post',
  path: '/v1/phone_numbers/{phone_number_id}/force_renewal',
  operation: 'forcePhoneNumberRenewal',
  summary: 'Charge what is owed, or the coming month, now',
  body: operatorActionSchema,
  refusals: ['insufficient_balance', 'invalid_state'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async ({ accountId }, trx) => ({
      update: forceRenewal.name,
      args: [await noteRequest(trx, { accountId, request })],
    })),
});

const releaseNowRoute = commandRoute({
  ...common,
  method: 'post',
  path: '/v1/phone_numbers/{phone_number_id}/release_now',
  operation: 'releasePhoneNumberNow',
  summary: 'Release a number permanently, even within its grace period',
  body: operatorActionSchema,
  refusals: ['invalid_state'],
  handler: (request, dependencies) =>
    sendToNumber(request, dependencies, async ({ accountId }, trx) => ({
      update: releaseNow.name,
      args: [await noteRequest(trx, { accountId, request })],
    })),
});

export const operatorNumberRoutes: readonly Route[] = [
  extendGraceRoute,
  waiveRentRoute,
  forceRenewalRoute,
  releaseNowRoute,
];

/** Keeps the operator's reason and answers what a history may carry of it. */
async function noteRequest(
  trx: Transaction,
  {
    accountId,
    request: { caller, body, receivedAt },
  }: {
    readonly accountId: string;
    readonly request: {
      readonly caller: Caller;
      readonly body: { readonly reason: string };
      readonly receivedAt: Instant;
    };
  },
): Promise<OperatorRequest> {
  const note = { accountId, words: body.reason, createdAt: receivedAt };
  return { keyId: caller.keyId, noteId: await insertCommandNote(trx, note) };
}
