import { activityInfo, heartbeat, cancellationSignal } from '@temporalio/activity';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/connection';
import { listAccountIdsOnClock } from '../../db/repositories/account.repository';
import {
  findEarliestDue,
  findLifecycle,
  listOpenLifecycles,
} from '../../db/repositories/lifecycle.repository';
import {
  lockTestClock,
  updateTestClock,
  type TestClock,
} from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { isBefore, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { advanceClock, type CommandAnswer } from '../../workflows/lifecycle.messages';
import type { ActivityDependencies } from '../dependencies';
import { withApplicationFailures } from '../to-application-failure';

export type TestClockActivities = ReturnType<typeof createTestClockActivities>;

interface Advance {
  readonly clockId: string;
  readonly to: Instant;
}
interface Failure {
  readonly clockId: string;
  readonly reason: string;
}

/** Ten years of daily actions of ten lifecycles; more in one advance is a loop, not a life. */
const STEPS_MAX = 40_000;
const HEARTBEAT_EVERY_MS = 5_000;

/** Walks the lifecycles of accounts on a test clock. */
export function createTestClockActivities({ database, client }: ActivityDependencies) {
  return withApplicationFailures({
    /** Says "advancing", or refuses to go back in time. */
    async beginAdvance({ clockId, to }: Advance): Promise<CommandAnswer> {
      return withTransaction(database, SYSTEM, async (trx) => {
        const clock = await lockTestClock(trx, clockId);
        invariant(clock !== null, `test clock ${clockId} has no row`);
        if (isBefore(to, clock.now)) {
          const message = `the clock is at ${clock.now} already; it only moves forward`;
          return { kind: 'refused', code: 'unprocessable', message, details: { now: clock.now } };
        }
        const { now } = clock;
        await updateTestClock(trx, clockId, {
          now,
          status: 'advancing',
          advancingTo: to,
          failure: null,
        });
        return { kind: 'done' };
      });
    },

    async findAccountsOnClock({ clockId }: { readonly clockId: string }): Promise<string[]> {
      return withTransaction(database, SYSTEM, (trx) => listAccountIdsOnClock(trx, clockId));
    },

    /**
     * Moves all that one account has to `to`: again and again the lifecycle that is due first, so that
     * a top-up of the 3rd is there for a renewal of the 5th. Safe to repeat: it looks at the rows.
     */
    async walkAccount(request: {
      readonly accountId: string;
      readonly to: Instant;
    }): Promise<void> {
      const beat = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        await walk(database, client, request);
      } finally {
        clearInterval(beat);
      }
    },

    async finishAdvance({ clockId, to }: Advance): Promise<void> {
      await changeClock(database, clockId, () => ({
        now: to,
        status: 'ready',
        advancingTo: null,
        failure: null,
      }));
    },

    async failAdvance({ clockId, reason }: Failure): Promise<void> {
      await changeClock(database, clockId, (clock) => ({
        now: clock.now,
        status: 'failed',
        advancingTo: clock.advancingTo,
        failure: reason,
      }));
    },
  });
}

async function walk(
  database: Database,
  client: Client,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<void> {
  for (let steps = 0; steps < STEPS_MAX; steps += 1) {
    cancellationSignal().throwIfAborted();
    const due = await withTransaction(database, SYSTEM, (trx) =>
      findEarliestDue(trx, { accountId, to }),
    );
    if (due === null || due.nextActionAt === null)
      return moveRest(database, client, { accountId, to });
    await moveTo({ database, client }, due.workflowId, due.nextActionAt);
  }
  throw ApplicationFailure.nonRetryable(
    `account ${accountId} still has something due after ${STEPS_MAX} steps (attempt ${activityInfo().attempt})`,
    'walk_too_long',
  );
}

/** Nothing is due any more: every lifecycle learns the time, or its next command would be answered in the past. */
async function moveRest(
  database: Database,
  client: Client,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<void> {
  const open = await withTransaction(database, SYSTEM, (trx) => listOpenLifecycles(trx, accountId));
  await Promise.all(open.map(({ workflowId }) => moveTo({ database, client }, workflowId, to)));
}

/** No update id on purpose: a second due at the same instant must not get the first one's stored answer. */
async function moveTo(
  { database, client }: Pick<ActivityDependencies, 'database' | 'client'>,
  workflowId: string,
  now: Instant,
): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).executeUpdate(advanceClock, { args: [{ now }] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw ApplicationFailure.nonRetryable(
        `${workflowId}: ${error.cause?.message ?? error.message}`,
        'lifecycle_blocked',
      );
    }
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const row = await withTransaction(database, SYSTEM, (trx) => findLifecycle(trx, workflowId));
    // A payment or a cancellation may have ended it since we looked: then there is nothing to move.
    if (row?.next.kind === 'end') return;
    throw ApplicationFailure.nonRetryable(`${workflowId} does not run`, 'lifecycle_gone');
  }
}

async function changeClock(
  database: Database,
  clockId: string,
  change: (clock: TestClock) => Parameters<typeof updateTestClock>[2],
): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    const clock = await lockTestClock(trx, clockId);
    invariant(clock !== null, `test clock ${clockId} has no row`);
    await updateTestClock(trx, clockId, change(clock));
  });
}
