import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { RechargeFunds } from '../../domain/auto-recharge/collect';
import type { Instant } from '../../domain/instant';
import { findBalance } from '../../domain/ledger/charge';
import { taxationAt } from '../../domain/tax/taxation';
import type { Locked } from '../lifecycle/locked';
import { findNamedMethod, findSavedMethod } from '../payment/find-saved-method';

/**
 * What a decision at an instant may count on: the balance less what holds reserve, and the method that is named or the
 * default. A top-up that somebody has opened counts nothing: nobody may ever pay it.
 */
export async function findRechargeFunds(
  locked: Pick<Locked<unknown>, 'trx' | 'ledger' | 'request' | 'gateways'>,
  at: Instant,
  paymentMethodId: string | null,
): Promise<RechargeFunds> {
  const { trx, ledger, request } = locked;
  const taxation = await findTaxation(trx, { accountId: request.accountId, at });
  return {
    balanceMicros: findBalance(ledger, at),
    savedMethod:
      paymentMethodId === null
        ? await findSavedMethod(locked)
        : await findNamedMethod(locked, paymentMethodId),
    topUpTaxation: taxationAt('top_up', taxation),
  };
}
