import type { Account } from '../db/repositories/account.repository';
import { readLedger } from '../db/repositories/ledger.repository';
import { findDefaultMethod } from '../db/repositories/payment-method.repository';
import {
  listPhoneNumbersOfAccount,
  type PhoneNumberRecord,
} from '../db/repositories/phone-number.repository';
import {
  listOpenSubscriptions,
  type SubscriptionRecord,
} from '../db/repositories/subscription.repository';
import { findTaxation } from '../db/repositories/tax-registration.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { availableMoney } from '../domain/ledger/charge';
import { assessNumbers, type NumberStanding } from '../domain/phone-number/standing';
import { findNextCharge, type NextCharge } from '../domain/subscription/next-charge';
import { taxationAt } from '../domain/tax/taxation';

/** What an account will be charged, and what it has to pay that with. */
export interface Outlook {
  readonly availableMicros: bigint;
  readonly keepsMethod: boolean;
  readonly subscriptions: readonly SubscriptionRecord[];
  /** Of the subscriptions. */
  readonly charges: readonly NextCharge[];
  /** Those that have not ended, in the account's own order. */
  readonly numbers: readonly PhoneNumberRecord[];
  readonly standings: ReadonlyMap<string, NumberStanding>;
}

/**
 * Looks ahead for an account at `at`. Numbers and subscriptions are paid from one wallet, so each is
 * looked at beside the others: a number alone cannot say whether its rent is covered.
 */
export async function loadOutlook(
  transaction: Transaction,
  { id: accountId }: Account,
  at: Instant,
): Promise<Outlook> {
  const subscriptions = await listOpenSubscriptions(transaction, accountId);
  const numbers = await listPhoneNumbersOfAccount(transaction, { accountId, isOpen: true });
  const sold = await findTaxation(transaction, { accountId, at });
  const taxation = taxationAt('consumption', sold);
  const keepsMethod = (await findDefaultMethod(transaction, accountId)) !== null;
  const availableMicros = availableMoney(await readLedger(transaction, accountId), at);
  const charges = subscriptions.flatMap(({ state }) => findNextCharge(state, taxation) ?? []);
  const standings = assessNumbers(
    numbers.map(({ state }) => state),
    { at, availableMicros, taxation, keepsMethod, otherCharges: charges },
  );
  return { availableMicros, keepsMethod, subscriptions, charges, numbers, standings };
}
