import {
  listPhoneNumbersOfAccount,
  listUnpaidNumbers,
  lockPhoneNumber,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import { listOpenSubscriptions } from '../../db/repositories/subscription.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { availableMoney } from '../../domain/ledger/charge';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { decideNextAction } from '../../domain/phone-number/decide-next';
import type { NumberFunds, UnpaidNumber } from '../../domain/phone-number/decision';
import { toUnpaid } from '../../domain/phone-number/sale';
import { findShareOfRent } from '../../domain/phone-number/standing';
import { findNextCharge } from '../../domain/subscription/next-charge';
import { taxationAt, type Taxation } from '../../domain/tax/taxation';
import type { PhoneNumberStep } from '../../workflows/phone-number.messages';
import type { ActivityDependencies } from '../dependencies';
import { findSavedMethod } from '../collection/find-saved-method';
import { lockLedger } from '../lock-ledger';

/** Which phone number an operation is about, and the key that makes it happen once. */
export interface NumberTarget {
  readonly id: string;
  readonly accountId: string;
  readonly operationKey: string;
}

/** What one transaction about a phone number has locked and was asked for. */
export interface NumberUnit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  readonly record: PhoneNumberRecord;
  readonly request: NumberTarget;
  /** Stored with the operation: the same key must ask for the same. */
  readonly asked: unknown;
  readonly recordedAt: Instant;
  readonly gateways: ActivityDependencies['gateways'];
}

/** One transaction about a phone number. Locks the account's ledger first, then the row. */
export function inNumberUnit<T>(
  { database, now, gateways }: Pick<ActivityDependencies, 'database' | 'now' | 'gateways'>,
  { request, asked }: { readonly request: NumberTarget; readonly asked: unknown },
  work: (unit: NumberUnit) => Promise<T>,
): Promise<T> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledger = await lockLedger(trx, request.accountId);
    const record = await lockPhoneNumber(trx, request.id);
    invariant(record !== null, `phone number ${request.id} has no row`);
    return work({ trx, ledger, record, request, asked, recordedAt: now(), gateways });
  });
}

/** The step of a number, for its workflow: no number in it, only what happens next. */
export function stepOfNumber({ phoneNumber, revision }: PhoneNumberRecord): PhoneNumberStep {
  const { status, autoPay, operatorNote } = phoneNumber;
  const next = decideNextAction(phoneNumber);
  const note = operatorNote === null ? {} : { note: operatorNote };
  return { status, revision, next, autoPay, ...note };
}

/**
 * What a decision at an instant may count on: the wallet, how it is taxed, who else pays, and which
 * numbers of the account want the same money. The ledger is locked, so two numbers never both count on it.
 */
export async function findNumberFunds(unit: NumberUnit, at: Instant): Promise<NumberFunds> {
  const { trx, ledger, request } = unit;
  const { accountId } = request;
  const found = await findTaxation(trx, { accountId, at });
  const taxation = taxationAt('consumption', found);
  return {
    availableMicros: availableMoney(ledger, at),
    taxation,
    savedMethod: await findSavedMethod(unit),
    topUpTaxation: taxationAt('top_up', found),
    unpaid: await findUnpaid(trx, { accountId, at, taxation }),
  };
}

/**
 * What a reminder may count on: what the wallet has left once everything that is due before this rent was
 * paid, other numbers' rents and subscriptions alike (R2.20).
 */
export async function findReminderFunds(unit: NumberUnit, at: Instant): Promise<NumberFunds> {
  const { trx, request, record } = unit;
  const { accountId } = request;
  const funds = await findNumberFunds(unit, at);
  const { taxation, availableMicros } = funds;
  const subscriptions = await listOpenSubscriptions(trx, accountId);
  const numbers = await listPhoneNumbersOfAccount(trx, { accountId, isOpen: true });
  const share = findShareOfRent(
    numbers.map(({ phoneNumber }) => phoneNumber),
    record.phoneNumber.id,
    {
      at,
      availableMicros,
      taxation,
      keepsMethod: funds.savedMethod !== null,
      otherCharges: subscriptions.flatMap(
        ({ subscription }) => findNextCharge(subscription, taxation) ?? [],
      ),
    },
  );
  return { ...funds, availableMicros: share };
}

async function findUnpaid(
  trx: Transaction,
  { accountId, at, taxation }: { accountId: string; at: Instant; taxation: Taxation },
): Promise<UnpaidNumber[]> {
  const unpaid = await listUnpaidNumbers(trx, { accountId, at });
  return unpaid.map((phoneNumber) => toUnpaid(phoneNumber, { at, taxation }));
}
