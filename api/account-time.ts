import type { Account } from '../db/repositories/account.repository';
import { findTestClock } from '../db/repositories/test-clock.repository';
import type { Transaction } from '../db/transaction';
import { BillingError } from '../domain/billing-error';
import type { Instant } from '../domain/instant';

/** What time it is for an account: its test clock's, or ours. */
export async function findAccountNow(
  { testClockId }: Account,
  { trx, receivedAt }: { readonly trx: Transaction; readonly receivedAt: Instant },
): Promise<Instant> {
  if (testClockId === null) return receivedAt;
  const clock = await findTestClock(trx, testClockId);
  return clock?.now ?? receivedAt;
}

/** Throws `unprocessable` for two accounts of different clocks: what moves between them would happen at two times. */
export function assertSameTime(one: Account, other: Account): void {
  if (one.testClockId === other.testClockId) return;
  const message = 'The reseller and its customer must follow the same clock.';
  throw new BillingError('unprocessable', message);
}
