import { getAccount } from '../../db/repositories/account.repository';
import {
  findPhoneNumber,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { WorkflowCommand } from '../../domain/command';
import type { Instant } from '../../domain/instant';
import type { PhoneNumber } from '../../domain/phone-number/phone-number';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { phoneNumberWorkflowId } from '../../workflows/phone-number.messages';
import { findAccountNow } from '../account-time';
import { accepted, ok, type Answer } from '../answer';
import { assertDone } from '../command-answer';
import type { ApiDependencies } from '../dependencies';
import type { RepeatableRequest } from '../idempotency';
import { loadOutlook } from '../load-outlook';
import { toApiPhoneNumber } from '../presenters/phone-number.presenter';
import { runCommand, type PresentContext } from './run-command';

type NumberRequest = RepeatableRequest & {
  readonly params: { readonly phone_number_id: string };
};

/** Sends a phone number's workflow the update that `say` names; answers the number after it. */
export function tellNumber(
  request: NumberRequest,
  dependencies: ApiDependencies,
  say: (
    phoneNumber: PhoneNumber,
    transaction: Transaction,
  ) => Promise<Pick<WorkflowCommand, 'update' | 'args'>>,
): Promise<Answer> {
  const id = request.params.phone_number_id;
  const show = ({ transaction }: PresentContext) => showNumber(id, transaction, request.receivedAt);
  return runCommand<CommandAnswer>(request, dependencies, {
    resourceKind: null,
    build: async (_, transaction) => {
      const { phoneNumber } = await getNumber(id, transaction);
      const { update, args } = await say(phoneNumber, transaction);
      const workflowId = phoneNumberWorkflowId(id);
      return { workflow: 'phone_number', workflowId, update, args, start: null };
    },
    present: async (answer, context) => {
      assertDone(answer);
      return ok(await show(context));
    },
    presentAccepted: async (context) => accepted(await show(context)),
    presentNotRunning: async ({ transaction }) => {
      const { status } = (await getNumber(id, transaction)).phoneNumber;
      if (status === 'released' || status === 'failed') {
        throw new BillingError('invalid_state', `The phone number is ${status}.`);
      }
      // Its workflow is gone, which no customer may suffer from: the sweeper starts it and asks it.
      const message = 'It is being started again. Ask again with the same Idempotency-Key.';
      throw new BillingError('unavailable', message);
    },
  });
}

/** A phone number of the caller as JSON, beside all that its account pays. Throws `not_found`. */
export async function showNumber(id: string, transaction: Transaction, receivedAt: Instant) {
  const record = await getNumber(id, transaction);
  const account = await getAccount(transaction, record.phoneNumber.accountId);
  const at = await findAccountNow(account, { transaction, receivedAt });
  const { standings } = await loadOutlook(transaction, account, at);
  return toApiPhoneNumber(record, standings.get(id) ?? null);
}

async function getNumber(id: string, transaction: Transaction): Promise<PhoneNumberRecord> {
  const record = await findPhoneNumber(transaction, id);
  if (record === null) throw new BillingError('not_found', 'There is no such phone number.');
  return record;
}
