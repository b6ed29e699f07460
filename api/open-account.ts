import { insertAccount, type Account } from '../db/repositories/account.repository';
import { createLedger } from '../db/repositories/ledger.repository';
import { findTestClock, type TestClock } from '../db/repositories/test-clock.repository';
import type { Transaction } from '../db/transaction';
import { BillingError } from '../domain/billing-error';

/** Writes an account with its empty ledger, in the time of its clock. Throws `already_exists` for a taken external id. */
export async function openAccount(
  trx: Transaction,
  {
    clock,
    ...account
  }: Omit<Account, 'testClockId' | 'updatedAt'> & {
    readonly clock: TestClock | null;
  },
): Promise<Account> {
  const opened = await insertAccount(trx, { ...account, testClockId: clock?.id ?? null });
  await createLedger(trx, {
    accountId: opened.id,
    timeZone: opened.timeZone,
    currency: opened.currency,
    at: clock?.now ?? opened.createdAt,
  });
  return opened;
}

/**
 * The clock an account is to live on: of its own partner, or of the operator, whose clocks serve everybody it lets on
 * them: a partner sees those that its accounts live on already. Throws `not_found`.
 */
export async function findClockFor(
  trx: Transaction,
  { id, partnerId }: { readonly id: string | undefined; readonly partnerId: string | null },
): Promise<TestClock | null> {
  if (id === undefined) return null;
  const clock = await findTestClock(trx, id);
  if (clock !== null && (clock.partnerId === null || clock.partnerId === partnerId)) return clock;
  throw new BillingError('not_found', 'There is no such test clock.', { field: 'test_clock_id' });
}
