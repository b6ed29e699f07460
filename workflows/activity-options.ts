/** Every timeout and retry policy of the activities, in one table. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/** One transaction on PostgreSQL. Retried for ever: while the database is away, everything waits. */
export const DATABASE: ActivityOptions = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '15 seconds' },
};

/**
 * The same transaction's first try, inside the workflow's task. A command is written to history only when
 * that task is done, the wait for a slot included: it must end well before the API stops waiting for that
 * (ACCEPT_WITHIN_MS in gateways/workflow-commands.ts).
 */
export const AT_ONCE: LocalActivityOptions = {
  startToCloseTimeout: '1 second',
  scheduleToCloseTimeout: '1500 milliseconds',
  retry: { maximumAttempts: 1 },
};

/**
 * Activities that call the outside have a queue and slots of their own, so that a gateway that hangs
 * never keeps a renewal waiting.
 */
export function gatewayTaskQueue(taskQueue: string): string {
  return `${taskQueue}-gateway`;
}

/**
 * So have the walks of test clocks: each holds its slot until the activities of the lifecycles it
 * moves are done. Sharing their slots, ten accounts on one clock would stop all billing: every slot
 * waiting, none left for what is waited for.
 */
export function walkTaskQueue(taskQueue: string): string {
  return `${taskQueue}-walks`;
}

/** A gateway or carrier. After two minutes the row says when to try again: visible and interruptible. */
export const OUTSIDE: ActivityOptions = {
  startToCloseTimeout: '20 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '20 seconds' },
};

/** A person waits for the answer, so the outside gets a few seconds before the row takes over. */
export const OUTSIDE_WHILE_ASKED: ActivityOptions = {
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '8 seconds',
  retry: { initialInterval: '250 milliseconds', maximumInterval: '2 seconds' },
};

/** Walks or sweeps many rows; says how far it is. */
export const LONG_WALK: ActivityOptions = {
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds', maximumAttempts: 20 },
};

/** The same where giving up would leave accounts behind: while the database is away, it waits. */
export const LONG_WALK_FOR_EVER: ActivityOptions = {
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
};
