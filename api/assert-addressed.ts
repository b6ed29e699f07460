import { findBillingAddress } from '../db/repositories/billing-address.repository';
import type { Transaction } from '../db/transaction';
import { BillingError } from '../domain/billing-error';

/** Throws `billing_address_required`: nobody pays before a valid address is saved, for a receipt is made out to it (R1.06). */
export async function assertAddressed(trx: Transaction, accountId: string): Promise<void> {
  if ((await findBillingAddress(trx, accountId)) !== null) return;
  const message = 'Save a billing address first: PUT /v1/accounts/{id}/billing_address.';
  throw new BillingError('billing_address_required', message);
}
