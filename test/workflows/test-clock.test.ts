import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReconciliationActivities } from '../../activities/operations/reconciliation.activities';
import type { TestClockActivities } from '../../activities/operations/test-clock.activities';
import { RECONCILIATION_WORKFLOW_TYPE } from '../../workflows/reconciliation.messages';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import {
  advanceTo,
  buildTestClockStart,
  testClockWorkflowId,
} from '../../workflows/test-clock.messages';
import { createGate, type Gate } from './gate';
import { readDetails } from './history-facts';
import { openStage, type Stage } from './stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };
const FEBRUARY = '2026-02-01T00:00:00.000Z';
const MARCH = '2026-03-01T00:00:00.000Z';

interface ClockBooks {
  readonly activities: TestClockActivities;
  /** What was written and walked, in its order. */
  readonly deeds: string[];
  /** The most accounts that were walked at the same time. */
  atOnceMax(): number;
  failWalks(message: string | null): void;
  /** Stops the next walk until it is opened. */
  holdWalk(): Gate;
}

/** A clock that stands at 1 January 2026 with that many accounts on it. */
function createClockBooks(accounts: number): ClockBooks {
  const deeds: string[] = [];
  const accountIds = Array.from({ length: accounts }, (_, index) => `acct_${index + 1}`);
  let clockNow = '2026-01-01T00:00:00.000Z';
  let failure: string | null = null;
  let gate: Gate | null = null;
  let walking = 0;
  let atOnceMax = 0;
  return {
    deeds,
    atOnceMax: () => atOnceMax,
    failWalks: (message) => void (failure = message),
    holdWalk() {
      gate = createGate();
      return gate;
    },
    activities: {
      async beginAdvance({ to }) {
        if (to < clockNow) {
          const details = { now: clockNow };
          return { kind: 'refused', code: 'unprocessable', message: 'only forward', details };
        }
        deeds.push(`begin ${to}`);
        return DONE_ANSWER;
      },
      findAccountsOnClock: async () => accountIds,
      async walkAccount({ accountId, to }) {
        walking += 1;
        atOnceMax = Math.max(atOnceMax, walking);
        const held = gate;
        gate = null;
        await held?.pass();
        await new Promise((resolve) => setImmediate(resolve));
        walking -= 1;
        if (failure !== null) throw ApplicationFailure.nonRetryable(failure, 'lifecycle_blocked');
        deeds.push(`walk ${accountId} ${to}`);
      },
      async walkShares({ to }) {
        deeds.push(`shares ${to}`);
      },
      async finishAdvance({ to }) {
        clockNow = to;
        deeds.push(`ready ${to}`);
      },
      async failAdvance({ reason }) {
        deeds.push(`failed: ${reason}`);
      },
    },
  };
}

const DONE_ANSWER: CommandAnswer = { kind: 'done' };

describe('testClock', () => {
  let stage: Stage;
  let clock: WorkflowHandle;
  let clocksMade = 0;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function begin(accounts: number): Promise<ClockBooks> {
    const books = createClockBooks(accounts);
    stage.use(books.activities);
    clocksMade += 1;
    const clockId = `clk_${clocksMade}`;
    clock = await stage.start(testClockWorkflowId(clockId), buildTestClockStart(clockId));
    return books;
  }

  function advance(to: string): Promise<CommandAnswer> {
    return clock.executeUpdate(advanceTo, { args: [{ to }] });
  }

  it('walks every account on the clock, then says that it is there', async () => {
    const books = await begin(2);
    expect(await advance(FEBRUARY)).toEqual(DONE);
    expect([...books.deeds].sort()).toEqual([
      `begin ${FEBRUARY}`,
      `ready ${FEBRUARY}`,
      `shares ${FEBRUARY}`,
      `walk acct_1 ${FEBRUARY}`,
      `walk acct_2 ${FEBRUARY}`,
    ]);
    expect(books.deeds.at(-1)).toBe(`ready ${FEBRUARY}`);
    expect(await readDetails(clock)).toBe(`At ${FEBRUARY}: nothing is due any more.`);
  });

  it('refuses to go back, and is where it was', async () => {
    const books = await begin(1);
    await advance(MARCH);
    expect(await advance(FEBRUARY)).toEqual({
      kind: 'refused',
      code: 'unprocessable',
      message: 'only forward',
      details: { now: MARCH },
    });
    expect(books.deeds).toEqual([
      `begin ${MARCH}`,
      `walk acct_1 ${MARCH}`,
      `shares ${MARCH}`,
      `ready ${MARCH}`,
    ]);
  });

  it('says that it failed and why when a walk cannot go on, and takes the next advance', async () => {
    const books = await begin(1);
    books.failWalks('subscription/sub_1: renew is blocked');
    expect(await advance(FEBRUARY)).toEqual(DONE);
    expect(books.deeds).toEqual([
      `begin ${FEBRUARY}`,
      'failed: subscription/sub_1: renew is blocked',
    ]);
    expect(await readDetails(clock)).toBe(
      `Stopped on the way to ${FEBRUARY}: subscription/sub_1: renew is blocked.`,
    );
    books.failWalks(null);
    expect(await advance(FEBRUARY)).toEqual(DONE);
    expect(books.deeds.at(-1)).toBe(`ready ${FEBRUARY}`);
  });

  it('does one advance after the other: a second one waits its turn', async () => {
    const books = await begin(1);
    const gate = books.holdWalk();
    const first = advance(FEBRUARY);
    await gate.reached;
    const second = advance(MARCH);
    await clock.query('__stack_trace');
    gate.open();
    expect(await Promise.all([first, second])).toEqual([DONE, DONE]);
    expect(books.deeds).toEqual([
      `begin ${FEBRUARY}`,
      `walk acct_1 ${FEBRUARY}`,
      `shares ${FEBRUARY}`,
      `ready ${FEBRUARY}`,
      `begin ${MARCH}`,
      `walk acct_1 ${MARCH}`,
      `shares ${MARCH}`,
      `ready ${MARCH}`,
    ]);
  });

  it('walks fifty accounts at a time', async () => {
    const books = await begin(60);
    await advance(FEBRUARY);
    expect(books.deeds.filter((deed) => deed.startsWith('walk'))).toHaveLength(60);
    expect(books.atOnceMax()).toBeLessThanOrEqual(50);
  });

  it('is continued as new after 31 days and goes on where it was', async () => {
    const books = await begin(1);
    await advance(FEBRUARY);
    const { runId } = await clock.describe();
    await stage.pass('32 days');
    expect((await clock.describe()).runId).not.toBe(runId);
    expect(await advance(MARCH)).toEqual(DONE);
    expect(books.deeds.at(-1)).toBe(`ready ${MARCH}`);
  });

  describe('reconcile', () => {
    it('repairs all that drifted side by side, and reports how much it was', async () => {
      const activities: ReconciliationActivities = {
        resendCommands: async () => 3,
        forwardWebhooks: async () => 2,
        restartLifecycles: async () => 1,
        forgetRequests: async () => 400,
        forgetMethods: async () => 5,
        watchMethods: async () => 6,
        startQuotaResets: async () => 4,
        releaseHolds: async () => 6,
        makePartitions: async () => 7,
        wakeRecharges: async () => 8,
      };
      stage.use(activities);
      const run = await startReconciliation();
      expect(await run.result()).toEqual({
        commandsResent: 3,
        webhooksForwarded: 2,
        lifecyclesRestarted: 1,
        requestsForgotten: 400,
        methodsForgotten: 5,
        methodsWatched: 6,
        zonesConducted: 4,
        holdsReleased: 6,
        partitionsMade: 7,
        rechargesWoken: 8,
      });
      expect(await readDetails(run)).toBe(
        '3 commands sent again, 2 webhooks forwarded, 1 lifecycles restarted.',
      );
    });

    it('does the rest of its work when one part cannot go on, then fails for all to see', async () => {
      const deeds: string[] = [];
      const activities: ReconciliationActivities = {
        async resendCommands() {
          throw ApplicationFailure.nonRetryable('no such command', 'invariant_violated');
        },
        async forwardWebhooks() {
          deeds.push('forward');
          return 2;
        },
        async restartLifecycles() {
          deeds.push('restart');
          return 1;
        },
        async forgetRequests() {
          deeds.push('forget');
          return 0;
        },
        async forgetMethods() {
          deeds.push('forget methods');
          return 0;
        },
        watchMethods: async () => 0,
        async startQuotaResets() {
          deeds.push('zones');
          return 0;
        },
        async releaseHolds() {
          deeds.push('holds');
          return 0;
        },
        async makePartitions() {
          deeds.push('partitions');
          return 0;
        },
        async wakeRecharges() {
          deeds.push('wake');
          return 0;
        },
      };
      stage.use(activities);
      const run = await startReconciliation();
      await expect(run.result()).rejects.toMatchObject({
        cause: { cause: { message: 'no such command' } },
      });
      expect(deeds.sort()).toEqual([
        'forget',
        'forget methods',
        'forward',
        'holds',
        'partitions',
        'restart',
        'wake',
        'zones',
      ]);
    });

    function startReconciliation(): Promise<WorkflowHandle> {
      return stage.start(`reconciliation/${(clocksMade += 1)}`, {
        workflowType: RECONCILIATION_WORKFLOW_TYPE,
        args: [],
        summary: 'repairs what drifted',
        searchAttributes: [],
      });
    }
  });
});
