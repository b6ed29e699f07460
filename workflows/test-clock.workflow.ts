/**
 * Moves a test clock: each account's due instants are walked in order, accounts side by side. When a
 * walk cannot go on, the clock says "failed" with the reason and stays where it was.
 */
import { ActivityFailure, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { TestClockActivities } from '../activities/test-clock.activities';
import { DATABASE, LONG_WALK } from './activity-options';
import type { AdvanceTestClockInput } from './test-clock.messages';

const { findAccountsOnClock, finishAdvance, failAdvance } =
  proxyActivities<TestClockActivities>(DATABASE);
const { walkAccount } = proxyActivities<TestClockActivities>(LONG_WALK);

const ACCOUNTS_AT_ONCE = 50;

export async function advanceTestClock({ clockId, to }: AdvanceTestClockInput): Promise<void> {
  try {
    const accountIds = await findAccountsOnClock({ clockId });
    for (let first = 0; first < accountIds.length; first += ACCOUNTS_AT_ONCE) {
      setCurrentDetails(`Walking to ${to}: ${first} of ${accountIds.length} accounts are there.`);
      const chunk = accountIds.slice(first, first + ACCOUNTS_AT_ONCE);
      await Promise.all(chunk.map((accountId) => walkAccount({ accountId, to })));
    }
    await finishAdvance({ clockId, to });
    setCurrentDetails(`At ${to}: nothing is due any more.`);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const reason = error.cause?.message ?? error.message;
    setCurrentDetails(`Stopped on the way to ${to}: ${reason}.`);
    await failAdvance({ clockId, reason });
  }
}
