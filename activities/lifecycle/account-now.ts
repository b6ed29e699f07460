import { getAccount } from '../../db/repositories/account.repository';
import { keepTestClock } from '../../db/repositories/test-clock.repository';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { Locked } from './locked';

/**
 * What time it is for the account now: its test clock's, which stands still until the transaction ends, or
 * the wall's. What the outside answers counts from then; it may have been asked long before.
 */
export async function findAccountNow({
  trx,
  request,
  recordedAt,
}: Pick<Locked<unknown>, 'trx' | 'request' | 'recordedAt'>): Promise<Instant> {
  const { testClockId } = await getAccount(trx, request.accountId);
  if (testClockId === null) return recordedAt;
  const clock = await keepTestClock(trx, testClockId);
  invariant(clock !== null, `test clock ${testClockId} has no row`);
  return clock.now;
}
