import type { Instant } from '../domain/instant';
import { availableMoney } from '../domain/ledger/charge';
import { buildOutlook, type Outlook } from '../domain/outlook/outlook';
import { taxationAt } from '../domain/tax/taxation';
import { readLedger } from './repositories/ledger.repository';
import { findDefaultMethod } from './repositories/payment-method.repository';
import {
  listPhoneNumbersOfAccount,
  type PhoneNumberRecord,
} from './repositories/phone-number.repository';
import {
  listOpenSubscriptions,
  type SubscriptionRecord,
} from './repositories/subscription.repository';
import { findTaxation } from './repositories/tax-registration.repository';
import type { Transaction } from './transaction';

/** An outlook beside the rows it was made from: those that have not ended. */
export interface LoadedOutlook extends Outlook {
  readonly subscriptionRows: readonly SubscriptionRecord[];
  /** In the account's own order. */
  readonly numberRows: readonly PhoneNumberRecord[];
}

/** Looks ahead for an account at `at`. Throws `unknown_account` for one without a ledger. */
export async function loadOutlook(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: Instant },
): Promise<LoadedOutlook> {
  const subscriptionRows = await listOpenSubscriptions(trx, accountId);
  const numberRows = await listPhoneNumbersOfAccount(trx, { accountId, isOpen: true });
  const outlook = buildOutlook({
    at,
    availableMicros: availableMoney(await readLedger(trx, accountId), at),
    taxation: taxationAt('consumption', await findTaxation(trx, { accountId, at })),
    keepsMethod: (await findDefaultMethod(trx, accountId)) !== null,
    subscriptions: subscriptionRows.map(({ state }) => state),
    numbers: numberRows.map(({ state }) => state),
  });
  return { ...outlook, subscriptionRows, numberRows };
}
