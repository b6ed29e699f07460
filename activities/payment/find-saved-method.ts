import { findDefaultMethod } from '../../db/repositories/payment-method.repository';
import type { Transaction } from '../../db/transaction';
import type { SavedMethod } from '../../domain/collection/collection';
import { parseCurrency } from '../../domain/currency';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { ActivityDependencies } from '../dependencies';

interface MethodOwner {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  readonly request: { readonly accountId: string };
  readonly gateways: ActivityDependencies['gateways'];
}

/** The account's default method, with what its gateway says about charging it; null: nothing is charged. */
export async function findSavedMethod({
  trx,
  ledger,
  request,
  gateways,
}: MethodOwner): Promise<SavedMethod | null> {
  const method = await findDefaultMethod(trx, request.accountId);
  if (method === null) return null;
  const capabilities = gateways.get(method.gateway)?.capabilities;
  const offer = capabilities?.offerIn(parseCurrency(ledger.currency)) ?? null;
  if (capabilities === undefined || offer === null || !offer.modes.includes(method.kind)) {
    return null;
  }
  const { id, gateway, kind } = method;
  const noticeHours = capabilities.preDebitNoticeHours[kind];
  return { id, gateway, kind, noticeHours, min: offer.min, max: offer.max };
}
