/**
 * A test clock: each account's due instants are walked in order, accounts side by side. When a walk
 * cannot go on, the clock says "failed" with the reason and stays where it was.
 */
import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { TestClockActivities } from '../activities/operations/test-clock.activities';
import type { Instant } from '../domain/instant';
import { DATABASE, LONG_WALK, walkTaskQueue } from './activity-options';
import { createCommandQueue } from './command-queue';
import type { CommandAnswer } from './lifecycle.messages';
import { advanceTo, type AdvanceRequest, type TestClockInput } from './test-clock.messages';
import { createAlarm } from './wait-until';

const { beginAdvance, findAccountsOnClock, finishAdvance, failAdvance } =
  proxyActivities<TestClockActivities>(DATABASE);

const ACCOUNTS_AT_ONCE = 50;
const ADVANCES_PER_RUN_MAX = 100;
const RUN_LASTS_MS = 31 * 86_400_000;

export async function testClock(input: TestClockInput): Promise<void> {
  const commands = createCommandQueue<AdvanceRequest, CommandAnswer>();
  const refreshesAtMs = workflowInfo().runStartTime.getTime() + RUN_LASTS_MS;
  const alarm = createAlarm();
  const { pending } = commands;
  let advancesDone = 0;
  setHandler(advanceTo, (request) => commands.submit(request), {
    description: 'Moves the clock forward; answers once nothing is due on the way.',
  });
  for (;;) {
    const asked = pending.shift();
    if (asked !== undefined) {
      await advance(input.clockId, asked.command.to).then(asked.resolve, asked.reject);
      advancesDone += 1;
      continue;
    }
    const isWorn = advancesDone >= ADVANCES_PER_RUN_MAX || Date.now() >= refreshesAtMs;
    if (isWorn || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      if (pending.length === 0) await continueAsNew<typeof testClock>(input);
      continue;
    }
    await alarm.waitUntil(refreshesAtMs, () => pending.length > 0, 'refresh');
  }
}

async function advance(clockId: string, to: Instant): Promise<CommandAnswer> {
  const taskQueue = walkTaskQueue(workflowInfo().taskQueue);
  const { walkAccount, walkShares } = proxyActivities<TestClockActivities>({
    ...LONG_WALK,
    taskQueue,
  });
  const begun = await beginAdvance({ clockId, to });
  if (begun.kind === 'refused') return begun;
  try {
    const accountIds = await findAccountsOnClock({ clockId });
    for (let first = 0; first < accountIds.length; first += ACCOUNTS_AT_ONCE) {
      setCurrentDetails(`Walking to ${to}: ${first} of ${accountIds.length} accounts are there.`);
      const chunk = accountIds.slice(first, first + ACCOUNTS_AT_ONCE);
      await Promise.all(chunk.map((accountId) => walkAccount({ accountId, to })));
    }
    await walkShares({ clockId, to });
    await finishAdvance({ clockId, to });
    setCurrentDetails(`At ${to}: nothing is due any more.`);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const reason = error.cause?.message ?? error.message;
    setCurrentDetails(`Stopped on the way to ${to}: ${reason}.`);
    await failAdvance({ clockId, reason });
  }
  return begun;
}
