import { loadClaimFacts } from '../../db/load-claims';
import type { PhoneNumberRecord } from '../../db/repositories/phone-number.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import { listClaims, listClaimsOnArrival } from '../../domain/outlook/claims';
import type { NumberFunds } from '../../domain/phone-number/decision';
import { taxationAt } from '../../domain/tax/taxation';
import type { Locked } from '../lifecycle/locked';
import { findSavedMethod } from '../payment/find-saved-method';

export type LockedNumber = Locked<PhoneNumberRecord>;

/**
 * What a decision at an instant may count on: the wallet, how it is taxed, who else pays, and which
 * numbers of the account want the same money. The ledger is locked, so two numbers never both count on it.
 */
export async function findNumberFunds(locked: LockedNumber, at: Instant): Promise<NumberFunds> {
  const { trx, ledger, request } = locked;
  const { id, accountId } = request;
  const found = await findTaxation(trx, { accountId, at });
  const taxation = taxationAt('consumption', found);
  const facts = await loadClaimFacts(trx, { accountId, at, taxation });
  return {
    availableMicros: availableMoney(ledger, at),
    taxation,
    savedMethod: await findSavedMethod(locked),
    topUpTaxation: taxationAt('top_up', found),
    claims: listClaims(facts, { kind: 'phone_number', id }),
    claimsOnArrival: listClaimsOnArrival(facts),
  };
}
