import {
  findDefaultMethod,
  findPaymentMethod,
} from '../../db/repositories/payment-method.repository';
import type { Transaction } from '../../db/transaction';
import type { SavedMethod } from '../../domain/collection/collection';
import { findCeiling } from '../../domain/collection/pay-link';
import { parseCurrency, type CurrencyCode } from '../../domain/currency';
import { isChargeable, type PaymentMethod } from '../../domain/payment-method/payment-method';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { Money } from '../../domain/money';
import type { ActivityDependencies } from '../dependencies';

interface MethodOwner {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  readonly request: { readonly accountId: string };
  readonly gateways: ActivityDependencies['gateways'];
}

/** The account's default method, with what its gateway says about charging it; null: nothing is charged. */
export async function findSavedMethod(owner: MethodOwner): Promise<SavedMethod | null> {
  const method = await findDefaultMethod(owner.trx, owner.request.accountId);
  return method === null ? null : describeMethod(owner, method);
}

/** The same of a method that is named; null also when it may not be charged now, or is another account's. */
export async function findNamedMethod(owner: MethodOwner, id: string): Promise<SavedMethod | null> {
  const method = await findPaymentMethod(owner.trx, id);
  if (method?.accountId !== owner.request.accountId) return null;
  return isChargeable(method) ? describeMethod(owner, method) : null;
}

function describeMethod(
  { ledger, gateways }: MethodOwner,
  { id, gateway, kind, mandate }: PaymentMethod,
): SavedMethod | null {
  const capabilities = gateways.get(gateway)?.capabilities;
  const currency = parseCurrency(ledger.currency);
  const offer = capabilities?.offerIn(currency) ?? null;
  if (capabilities === undefined || offer === null || !offer.modes.includes(kind)) return null;
  const noticeHours = capabilities.preDebitNoticeHours[kind];
  const bound = capabilities.unattendedMax(kind, currency);
  const ceiling = findCeiling(bound, inCurrency(mandate?.ceiling ?? null, currency));
  return { id, gateway, kind, noticeHours, min: offer.min, max: offer.max, ceiling };
}

/** A mandate in another currency says nothing about this one. */
function inCurrency(ceiling: Money | null, currency: CurrencyCode): Money | null {
  return ceiling?.currency === currency ? ceiling : null;
}
