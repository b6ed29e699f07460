import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Step } from '../../domain/lifecycle';
import { pollUntil } from '../../scripts/servers/poll-until';
import { advanceClock, type Clock } from '../../workflows/lifecycle.messages';
import {
  countEvents,
  readActivitySummaries,
  readDetails,
  readTimerSummaries,
} from './history-facts';
import { due, ended, scriptSteps } from './scripted-steps';
import { openStage, type Stage } from './stage';
import { createSubscriptionBooks } from './subscription-books';
import {
  openSubscription,
  openSubscriptionOn,
  type SubscriptionOnStage,
} from './subscription-on-stage';

jest.setTimeout(30_000);

const DONE = { kind: 'done' };

function testClock(now: string): Clock {
  return { kind: 'test', now };
}

function advance({ handle }: SubscriptionOnStage, now: string): Promise<Step> {
  return handle.executeUpdate(advanceClock, { args: [{ now }] });
}

describe('the lifecycle loop', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function runsOf({
    handle,
  }: SubscriptionOnStage): Promise<{ runId: string; status: string }> {
    const { runId, status } = await handle.describe();
    return { runId, status: status.name };
  }

  describe('on a test clock', () => {
    it('walks every instant that is due, in order, and answers when nothing is due any more', async () => {
      const books = createSubscriptionBooks('2997.00');
      stage.use(books.activities);
      const clock = testClock('2026-01-31T10:00:00.000Z');
      const subscription = await openSubscription(stage, { clock });
      await subscription.start();
      const step = await advance(subscription, '2026-05-03T00:00:00.000Z');
      expect(books.deeds).toEqual([
        '01-31 start active',
        '02-28 renew active',
        '03-31 renew active',
        '04-30 renew past_due',
        '05-01 retry_payment past_due',
      ]);
      expect(step).toEqual({
        status: 'past_due',
        attributes: { PlanCode: 'growth' },
        revision: 5,
        next: {
          kind: 'retry_payment',
          at: '2026-05-03T10:00:00.000Z',
          reason: 'unpaid since 2026-04-30T10:00:00.000Z; retry 2 of 4',
        },
      });
    });

    it('answers commands at the time of the clock', async () => {
      const books = createSubscriptionBooks('2997.00');
      stage.use(books.activities);
      const clock = testClock('2026-01-31T10:00:00.000Z');
      const subscription = await openSubscription(stage, { clock });
      await subscription.start();
      await advance(subscription, '2026-02-10T00:00:00.000Z');
      await subscription.cancel('now');
      expect(books.deeds).toEqual(['01-31 start active', '02-10 cancel ended']);
    });

    it('never goes back: an earlier instant is answered and changes nothing', async () => {
      const books = createSubscriptionBooks('2997.00');
      stage.use(books.activities);
      const clock = testClock('2026-01-31T10:00:00.000Z');
      const subscription = await openSubscription(stage, { clock });
      await subscription.start();
      await advance(subscription, '2026-02-10T00:00:00.000Z');
      await advance(subscription, '2026-02-01T00:00:00.000Z');
      await subscription.cancel('now');
      expect(books.deeds.at(-1)).toBe('02-10 cancel ended');
    });

    it('does not live by the wall clock: a year passes and nothing happens', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
      });
      await subscription.start();
      await stage.pass('365 days');
      expect(books.deeds).toEqual(['01-31 start active']);
      await advance(subscription, '2026-03-01T00:00:00.000Z');
      expect(books.deeds.at(-1)).toBe('02-28 renew active');
    });

    it('performs both of two actions that are due at one instant', async () => {
      const at = '2026-03-01T00:00:00.000Z';
      const script = scriptSteps([
        due('grant_allowances', at, 1),
        due('renew', at, 2),
        due('renew', '2026-04-01T00:00:00.000Z', 3),
      ]);
      stage.use(script.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-02-01T00:00:00.000Z'),
        step: due('grant_allowances', at, 1),
      });
      const step = await advance(subscription, at);
      expect(script.deeds).toEqual([`grant_allowances ${at}`, `renew ${at}`]);
      expect(step.revision).toBe(3);
    });

    it('performs the same action at the same instant again when the row has changed', async () => {
      const at = '2026-03-01T00:00:00.000Z';
      const script = scriptSteps([
        due('retry_after_top_up', at, 1),
        due('retry_after_top_up', at, 2),
        ended(3),
      ]);
      stage.use(script.activities);
      const subscription = await openSubscription(stage, {
        id: 'sub_same',
        clock: testClock(at),
        step: due('retry_after_top_up', at, 1),
      });
      await stage.settle();
      expect(script.keys).toEqual([
        `subscription/sub_same/retry_after_top_up/${at}/1`,
        `subscription/sub_same/retry_after_top_up/${at}/2`,
      ]);
      expect((await runsOf(subscription)).status).toBe('COMPLETED');
    });

    it('answers everyone who waits for the clock at once', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
      });
      await subscription.start();
      const gate = books.holdAfterCommit();
      const first = advance(subscription, '2026-03-01T00:00:00.000Z');
      await gate.reached;
      const second = advance(subscription, '2026-04-01T00:00:00.000Z');
      await subscription.handle.query('__stack_trace');
      gate.open();
      const steps = await Promise.all([first, second]);
      expect(steps.map(({ revision }) => revision)).toEqual([3, 3]);
      expect(books.deeds.slice(1)).toEqual(['02-28 renew active', '03-31 renew active']);
    });

    it.each([
      ['on the wall clock', undefined, '2026-03-01T00:00:00.000Z'],
      ['with a text that is no instant', testClock('2026-01-01T00:00:00.000Z'), 'tomorrow'],
    ])('refuses to be advanced %s', async (_, clock, now) => {
      stage.use(createSubscriptionBooks('0.00').activities);
      const subscription = await openSubscription(stage, clock ? { clock } : {});
      const refused: unknown = await advance(subscription, now).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
      expect(refused).toMatchObject({ cause: { type: 'invalid_state' } });
    });
  });

  describe('when an action cannot be performed', () => {
    it('says so, stays running, answers commands, and tries again an hour later', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscriptionOn(stage, '03-10');
      await subscription.start();
      books.breakPerforming('no ledger');
      await stage.passUntil('04-10', '12:30');
      const blockedUntil = (await stage.now()).slice(0, 11);
      expect(await readDetails(subscription.handle)).toContain(
        `**BLOCKED** until ${blockedUntil}13:0`,
      );
      expect((await runsOf(subscription)).status).toBe('RUNNING');
      expect(await subscription.cancel('period_end')).toEqual(DONE);
      expect(await subscription.resume()).toEqual(DONE);
      expect(books.deeds.slice(1)).toEqual(['04-10 cancel active', '04-10 resume active']);
      books.repair();
      await stage.pass('1 hours');
      expect(books.deeds.at(-1)).toBe('04-10 renew active');
      expect(await readDetails(subscription.handle)).not.toContain('BLOCKED');
      expect(await readTimerSummaries(subscription.handle)).toContain('blocked: renew');
    });

    it('tries again at once when an operator says so', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscriptionOn(stage, '03-10');
      await subscription.start();
      books.breakPerforming('no ledger');
      await stage.passUntil('04-10', '12:30');
      books.repair();
      await subscription.retryBlocked();
      await stage.settle();
      expect(books.deeds.slice(1)).toEqual(['04-10 renew active']);
    });

    it('fails the walk of a test clock loudly, and tries again with the next one', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
      });
      await subscription.start();
      books.breakPerforming('no ledger');
      const walk = advance(subscription, '2026-03-01T00:00:00.000Z');
      await expect(walk).rejects.toMatchObject({
        cause: { type: 'blocked', message: 'renew is blocked: no ledger' },
      });
      books.repair();
      await advance(subscription, '2026-03-01T00:00:00.000Z');
      expect(books.deeds.slice(1)).toEqual(['02-28 renew active']);
    });

    it('tells the sender when a command could not be answered, and goes on', async () => {
      const { activities } = createSubscriptionBooks('9000.00');
      stage.use({
        ...activities,
        answerSubscriptionCommand: async () => {
          throw ApplicationFailure.nonRetryable('no ledger', 'invariant_violated');
        },
      });
      const subscription = await openSubscription(stage);
      await expect(subscription.start('idem-broken')).rejects.toMatchObject({
        cause: { type: 'invariant_violated', message: 'no ledger' },
      });
      stage.use(activities);
      expect(await subscription.start()).toEqual(DONE);
    });
  });

  describe('continued as new', () => {
    it('loses nothing and does nothing twice when its runs are short', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
        stepsPerRunMax: 2,
      });
      await subscription.start('idem-start');
      const { runId } = await runsOf(subscription);
      await advance(subscription, '2026-07-01T00:00:00.000Z');
      await stage.settle();
      const after = await runsOf(subscription);
      expect(after.runId).not.toBe(runId);
      expect(after.status).toBe('RUNNING');
      expect(await subscription.start('idem-start')).toEqual(DONE);
      expect(books.deeds).toEqual([
        '01-31 start active',
        '02-28 renew active',
        '03-31 renew active',
        '04-30 renew active',
        '05-31 renew active',
        '06-30 renew active',
      ]);
    });

    it('answers commands sent around it, each once', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
        stepsPerRunMax: 1,
      });
      await subscription.start();
      const answers: unknown[] = [];
      for (let round = 0; round < 5; round += 1) {
        answers.push(await subscription.cancel('period_end'), await subscription.resume());
      }
      expect(answers).toEqual(Array.from({ length: 10 }, () => DONE));
      expect(books.deeds).toHaveLength(11);
      expect(books.stepOf(subscription.id).revision).toBe(11);
      expect((await runsOf(subscription)).status).toBe('RUNNING');
    });

    it('keeps the clock, the details and the search attributes', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
        stepsPerRunMax: 1,
        partnerId: 'prt_00000001',
      });
      await subscription.start();
      await advance(subscription, '2026-03-05T00:00:00.000Z');
      await stage.settle();
      expect(await readDetails(subscription.handle)).toBe(
        [
          '**active**. Next: **renew** at 2026-03-31T10:00:00.000Z, because period 3 begins.',
          'Follows a test clock, now at 2026-03-05T00:00:00.000Z.',
        ].join('\n\n'),
      );
      const { searchAttributes } = await subscription.handle.describe();
      expect(searchAttributes).toMatchObject({
        AccountId: ['acct_00000001'],
        PartnerId: ['prt_00000001'],
        LifecycleKind: ['subscription'],
        LifecycleState: ['active'],
        PlanCode: ['growth'],
        NextActionAt: [new Date('2026-03-31T10:00:00.000Z')],
      });
    });

    it('happens at the latest after 31 days, so that no run of old code is left', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
      });
      await subscription.start();
      const { runId } = await runsOf(subscription);
      await stage.pass('30 days');
      expect((await runsOf(subscription)).runId).toBe(runId);
      await stage.pass('2 days');
      const refreshed = await runsOf(subscription);
      expect(refreshed.runId).not.toBe(runId);
      expect(refreshed.status).toBe('RUNNING');
      expect(books.deeds).toEqual(['01-31 start active']);
      expect(await subscription.cancel('now')).toEqual(DONE);
    });
  });

  describe('in the Temporal UI', () => {
    it('tells in plain words what happens next, when and why', async () => {
      const books = createSubscriptionBooks('999.00');
      stage.use(books.activities);
      const subscription = await openSubscriptionOn(stage, '03-10');
      expect(await readDetails(subscription.handle)).toBe(
        '**new**. Next: **rest**, because waiting for the first command.',
      );
      await subscription.start();
      const year = (await stage.now()).slice(0, 4);
      expect(await readDetails(subscription.handle)).toMatch(
        new RegExp(
          String.raw`^\*\*active\*\*\. Next: \*\*renew\*\* at ${year}-04-10T12:00:0.*Z, because period 2 begins\.$`,
        ),
      );
      await stage.passUntil('04-10');
      expect(await readDetails(subscription.handle)).toMatch(
        /^\*\*past_due\*\*\. Next: \*\*retry_payment\*\* at .*-04-11T12:00:0.*, because unpaid since .*; retry 1 of 4\.$/,
      );
    });

    it('names each timer after what it waits for and each activity after what it does', async () => {
      const books = createSubscriptionBooks('999.00');
      stage.use(books.activities);
      const subscription = await openSubscriptionOn(stage, '06-10');
      await subscription.start();
      await subscription.cancel('period_end');
      await stage.settle();
      const year = (await stage.now()).slice(0, 4);
      expect(await readTimerSummaries(subscription.handle)).toEqual([
        'refresh',
        `renew ${year}-07-10`,
        `end_at_period_end ${year}-07-10`,
      ]);
      expect(await readActivitySummaries(subscription.handle)).toEqual([
        'start (answerSubscriptionCommand)',
        'cancel (answerSubscriptionCommand)',
      ]);
    });

    it('calls a timer "refresh" when the next action is further off than a run lasts', async () => {
      const script = scriptSteps([]);
      stage.use(script.activities);
      const inSixtyDays = new Date(Date.parse(await stage.now()) + 60 * 86_400_000).toISOString();
      const subscription = await openSubscription(stage, { step: due('renew', inSixtyDays, 1) });
      await stage.settle();
      expect(await readTimerSummaries(subscription.handle)).toEqual(['refresh']);
    });

    it('writes search attributes only when they say something new', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscription(stage, {
        clock: testClock('2026-01-31T10:00:00.000Z'),
      });
      await subscription.start();
      for (const day of ['01', '02', '03', '04']) {
        await advance(subscription, `2026-02-${day}T00:00:00.000Z`);
      }
      const upserts = await countEvents(subscription.handle, (event) =>
        Boolean(event.upsertWorkflowSearchAttributesEventAttributes),
      );
      expect(upserts).toBe(1);
    });

    it('keeps its timer while commands come that move nothing', async () => {
      const books = createSubscriptionBooks('9000.00');
      stage.use(books.activities);
      const subscription = await openSubscriptionOn(stage, '06-10');
      await subscription.start();
      for (const order of ['order/ord_1', 'order/ord_2', 'order/ord_3']) {
        await subscription.moneyArrived(order);
      }
      await stage.settle();
      const summaries = await readTimerSummaries(subscription.handle);
      expect(summaries).toEqual(['refresh', expect.stringMatching(/^renew .*-07-10$/)]);
    });
  });

  it('stops the task, not the workflow, when an action makes no progress', async () => {
    const at = '2026-03-01T00:00:00.000Z';
    const script = scriptSteps([due('renew', at, 1), due('renew', at, 1)]);
    stage.use(script.activities);
    const subscription = await openSubscription(stage, {
      clock: testClock(at),
      step: due('renew', at, 1),
    });
    const stacks: string[] = [];
    const isFailed = async (): Promise<boolean> =>
      (await countEvents(subscription.handle, ({ workflowTaskFailedEventAttributes: failed }) => {
        const isWanted = failed?.failure?.message?.includes(`no progress: renew at ${at}`) ?? false;
        if (isWanted) stacks.push(failed?.failure?.stackTrace ?? '');
        return isWanted;
      })) > 0;
    await expectSoon(isFailed);
    // One frame, because the SDK takes a stack of every promise: it says where.
    const frames = stacks[0]?.split('\n').filter((line) => line.startsWith('    at '));
    expect(frames).toEqual([
      expect.stringMatching(/ performDue \(.*workflows\/lifecycle\.ts:\d+:\d+\)$/),
    ]);
    expect((await runsOf(subscription)).status).toBe('RUNNING');
    // Each task that fails takes what it did out of history again, so it is asked for once more: by its key.
    expect(new Set(script.deeds)).toEqual(new Set([`renew ${at}`]));
    expect(new Set(script.keys).size).toBe(1);
  });
});

/** Asks until it is so, for ten seconds at most. */
async function expectSoon(isSo: () => Promise<boolean>): Promise<void> {
  expect(await pollUntil(isSo, { deadlineMs: 10_000, waitingFor: 'fact' })).toBe(true);
}
