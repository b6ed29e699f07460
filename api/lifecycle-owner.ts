import { getAccount, type Account } from '../db/repositories/account.repository';
import { findTestClock } from '../db/repositories/test-clock.repository';
import type { Transaction } from '../db/transaction';
import { BillingError } from '../domain/billing-error';
import { invariant } from '../domain/invariant';
import type { LifecycleOwner } from '../workflows/lifecycle.messages';

/**
 * The account a new lifecycle belongs to, with the clock it will follow. Throws `not_found` when the
 * caller cannot see the account, and `invalid_state` while its test clock is moving: what starts then
 * would not know what time it is.
 */
export async function getLifecycleOwner(
  trx: Transaction,
  accountId: string,
): Promise<{ readonly account: Account; readonly owner: LifecycleOwner }> {
  const account = await getAccount(trx, accountId);
  const { partnerId, testClockId } = account;
  if (testClockId === null) return { account, owner: { accountId, partnerId, clock: WALL } };
  const clock = await findTestClock(trx, testClockId);
  invariant(clock !== null, `test clock ${testClockId} has no row`);
  if (clock.status === 'advancing') {
    throw new BillingError(
      'invalid_state',
      'The account’s test clock is advancing; ask again then.',
    );
  }
  return { account, owner: { accountId, partnerId, clock: { kind: 'test', now: clock.now } } };
}

const WALL = { kind: 'wall' } as const;
