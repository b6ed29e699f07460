import { loadOutlook } from '../../db/load-outlook';
import { getAccount } from '../../db/repositories/account.repository';
import { phoneNumbers } from '../../db/repositories/phone-number.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { PhoneNumber } from '../../domain/phone-number/phone-number';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { findAccountNow } from '../account-time';
import type { Answer } from '../answer';
import type { ApiDependencies } from '../dependencies';
import { getRecord } from '../get-record';
import type { RepeatableRequest } from '../idempotency';
import { toApiPhoneNumber } from '../presenters/phone-number.presenter';
import { sendToLifecycle, type Sending } from './send-to-lifecycle';

type NumberRequest = RepeatableRequest & {
  readonly params: { readonly phone_number_id: string };
};

/** Sends a phone number's workflow the update that `say` names; answers the number after it. */
export function sendToNumber(
  request: NumberRequest,
  dependencies: ApiDependencies,
  say: Sending<PhoneNumber, CommandAnswer>['say'],
): Promise<Answer> {
  const id = request.params.phone_number_id;
  return sendToLifecycle(request, dependencies, {
    kind: 'phone_number',
    get: (trx) => getRecord(phoneNumbers, id, trx),
    say,
    show: (trx) => showNumber(id, trx, request.receivedAt),
  });
}

/** A phone number of the caller as JSON, beside all that its account pays. Throws `not_found`. */
export async function showNumber(id: string, trx: Transaction, receivedAt: Instant) {
  const record = await getRecord(phoneNumbers, id, trx);
  const account = await getAccount(trx, record.state.accountId);
  const at = await findAccountNow(account, { trx, receivedAt });
  const outlook = await loadOutlook(trx, { accountId: account.id, at });
  return toApiPhoneNumber(record, outlook);
}
