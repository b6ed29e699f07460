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
import { tellLifecycle, type Telling } from './tell-lifecycle';

type NumberRequest = RepeatableRequest & {
  readonly params: { readonly phone_number_id: string };
};

/** Sends a phone number's workflow the update that `say` names; answers the number after it. */
export function tellNumber(
  request: NumberRequest,
  dependencies: ApiDependencies,
  say: Telling<PhoneNumber, CommandAnswer>['say'],
): Promise<Answer> {
  const id = request.params.phone_number_id;
  return tellLifecycle(request, dependencies, {
    kind: 'phone_number',
    get: (transaction) => getRecord(phoneNumbers, id, transaction),
    say,
    show: (transaction) => showNumber(id, transaction, request.receivedAt),
  });
}

/** A phone number of the caller as JSON, beside all that its account pays. Throws `not_found`. */
export async function showNumber(id: string, transaction: Transaction, receivedAt: Instant) {
  const record = await getRecord(phoneNumbers, id, transaction);
  const account = await getAccount(transaction, record.state.accountId);
  const at = await findAccountNow(account, { transaction, receivedAt });
  const outlook = await loadOutlook(transaction, { accountId: account.id, at });
  return toApiPhoneNumber(record, outlook);
}
