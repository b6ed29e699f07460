import { randomUUID } from 'node:crypto';
import { activityInfo, heartbeat, cancellationSignal } from '@temporalio/activity';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/connection';
import { listAccountIdsOnClock } from '../../db/repositories/account.repository';
import {
  findEarliestDue,
  findLifecycle,
  listOpenLifecycles,
  listOpenShares,
} from '../../db/repositories/lifecycle.repository';
import {
  lockTestClock,
  updateTestClock,
  type TestClock,
} from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { earlierOf, isBefore, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { isDueAction } from '../../domain/next-action';
import { balanceFell } from '../../workflows/auto-recharge.messages';
import { advanceClock, type CommandAnswer } from '../../workflows/lifecycle.messages';
import { signalIfRunning } from '../../gateways/signal-if-running';
import type { ActivityDependencies } from '../dependencies';
import { expireHold, findExpiringHold } from '../hold/expire-holds';
import { restartLifecycle } from '../lifecycle/restart-lifecycle';
import { turnMonthOf } from '../month/turn-accounts';
import { findDueTell, tellExpiry } from '../payment-method/watch-method';
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
/** How long a walk waits for a gateway or carrier. Then the lifecycle that asks goes on without the walk. */
const OUTSIDE_WAIT_MS = 15_000;
/** And for each further one of the account's: whoever is silent to one is silent to all. */
const OUTSIDE_WAIT_AGAIN_MS = 1_000;

/** Of one lifecycle, before its walk fails: what ends as often as it is started needs people. */
const RESTARTS_MAX = 3;

/** Walks the lifecycles of accounts on a test clock. */
export function createTestClockActivities(dependencies: ActivityDependencies) {
  const { database } = dependencies;
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
     * a top-up of the 3rd is there for a renewal of the 5th. Safe to repeat: it looks at the rows. What a
     * gateway or carrier leaves unanswered is left behind; its lifecycle catches up once it is answered.
     */
    async walkAccount(request: {
      readonly accountId: string;
      readonly to: Instant;
    }): Promise<void> {
      await withHeartbeat(() => walk(dependencies, request));
    },

    /**
     * Moves what partners on the clock earn to `to`, once all of their customers are there: a month is closed when
     * nothing of it is to come.
     */
    async walkShares(request: Advance): Promise<void> {
      await withHeartbeat(() => moveShares(dependencies, request));
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

async function withHeartbeat(work: () => Promise<void>): Promise<void> {
  const beat = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(beat);
  }
}

async function moveShares(
  dependencies: ActivityDependencies,
  { clockId, to }: Advance,
): Promise<void> {
  const open = await withTransaction(dependencies.database, SYSTEM, (trx) =>
    listOpenShares(trx, clockId),
  );
  for (const workflowId of open) {
    await moveTo(dependencies, { workflowId, now: to, waitMs: OUTSIDE_WAIT_MS });
  }
}

async function walk(
  dependencies: ActivityDependencies,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<void> {
  const left: string[] = [];
  for (let steps = 0; steps < STEPS_MAX; steps += 1) {
    const due = await withTransaction(dependencies.database, SYSTEM, (trx) =>
      findEarliestDue(trx, { accountId, to, except: left }),
    );
    const dueAt = due?.nextActionAt ?? to;
    if (await passLedgerTime(dependencies, { accountId, to: dueAt })) continue;
    if (due === null || due.nextActionAt === null) return moveRest(dependencies, { accountId, to });
    const { workflowId, nextActionAt: now, kind } = due;
    // What took the money wrote its row, and leaves the hint only after this walk may have got there.
    if (kind === 'auto_recharge') {
      await signalIfRunning(dependencies.client, workflowId, balanceFell);
    }
    const waitMs = left.length === 0 ? OUTSIDE_WAIT_MS : OUTSIDE_WAIT_AGAIN_MS;
    if (!(await moveTo(dependencies, { workflowId, now, waitMs }))) left.push(workflowId);
  }
  throw ApplicationFailure.nonRetryable(
    `account ${accountId} still has something due after ${STEPS_MAX} steps (attempt ${activityInfo().attempt})`,
    'walk_too_long',
  );
}

/**
 * Turns a month, ends a hold, or tells that a card expires, whichever comes first by `to`; of one instant the month.
 * Answers whether there was something.
 */
async function passLedgerTime(
  dependencies: ActivityDependencies,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<boolean> {
  const hold = await findExpiringHold(dependencies, { accountId, to });
  const tell = await findDueTell(dependencies, { accountId, to });
  const first = earlierOf(hold?.deadlineAt ?? to, tell?.tellsAt ?? to);
  if (await turnMonthOf(dependencies, { accountId, to: first })) return true;
  if (tell !== null && tell.tellsAt === first) {
    await tellExpiry(dependencies, tell);
    return true;
  }
  if (hold === null) return false;
  await expireHold(dependencies, hold, hold.deadlineAt);
  return true;
}

/** Nothing is due any more: every lifecycle learns the time, or its next command would be answered in the past. */
async function moveRest(
  dependencies: ActivityDependencies,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<void> {
  const open = await withTransaction(dependencies.database, SYSTEM, (trx) =>
    listOpenLifecycles(trx, accountId),
  );
  const waitMs = OUTSIDE_WAIT_AGAIN_MS;
  await Promise.all(
    open.map(({ workflowId }) => moveTo(dependencies, { workflowId, now: to, waitMs })),
  );
}

interface Move {
  readonly workflowId: string;
  readonly now: Instant;
  /** How long a lifecycle that asks the outside is waited for. */
  readonly waitMs: number;
}

/**
 * Answers once nothing of the lifecycle is due any more; false: it has learnt the time, but the outside
 * keeps it waiting. An update id for each move: a second due at one instant must not get the first one's
 * stored answer. One whose workflow is gone is started again where its row stands.
 */
async function moveTo(
  dependencies: ActivityDependencies,
  { workflowId, now, waitMs }: Move,
): Promise<boolean> {
  const { database, client } = dependencies;
  const handle = client.workflow.getHandle(workflowId);
  const updateId = randomUUID();
  for (let restarts = 0; ;) {
    cancellationSignal().throwIfAborted();
    try {
      await client.withDeadline(Date.now() + waitMs, () =>
        handle.executeUpdate(advanceClock, { args: [{ now }], updateId }),
      );
      return true;
    } catch (error) {
      const row = await withTransaction(database, SYSTEM, (trx) => findLifecycle(trx, workflowId));
      invariant(row !== null, `${workflowId} has no row`);
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
        if (isDueAction(row.next) && row.next.outside !== undefined) return false;
        continue;
      }
      if (!(error instanceof WorkflowNotFoundError)) throw toWalkFailure(workflowId, error);
      // A payment or a cancellation may have ended it since we looked: then there is nothing to move.
      if (row.next.kind === 'end') return true;
      restarts += 1;
      if (restarts > RESTARTS_MAX) {
        throw ApplicationFailure.nonRetryable(`${workflowId} does not run`, 'lifecycle_gone');
      }
      await restartLifecycle(dependencies, row);
    }
  }
}

function toWalkFailure(workflowId: string, error: unknown): unknown {
  if (error instanceof WorkflowUpdateFailedError) {
    const message = `${workflowId}: ${error.cause?.message ?? error.message}`;
    return ApplicationFailure.nonRetryable(message, 'lifecycle_blocked');
  }
  return error;
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
