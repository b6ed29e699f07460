import type { Account } from '../db/repositories/account.repository';
import { findTestClock } from '../db/repositories/test-clock.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';

/** What time it is for an account: its test clock's, or ours. */
export async function findAccountNow(
  { testClockId }: Account,
  { transaction, receivedAt }: { readonly transaction: Transaction; readonly receivedAt: Instant },
): Promise<Instant> {
  if (testClockId === null) return receivedAt;
  const clock = await findTestClock(transaction, testClockId);
  return clock?.now ?? receivedAt;
}
