import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { countEvents, readActivitySummaries, readLocalAttempts } from './history-facts';
import { openStage, type Stage } from './stage';
import { createSubscriptionBooks } from './subscription-books';
import { openSubscription, type SubscriptionOnStage } from './subscription-on-stage';

const DONE = { kind: 'done' };
type Answer = SubscriptionActivities['answerSubscriptionCommand'];

jest.setTimeout(30_000);

describe('a transaction of a lifecycle', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  function countScheduled({ handle }: SubscriptionOnStage): Promise<number> {
    return countEvents(handle, (event) => Boolean(event.activityTaskScheduledEventAttributes));
  }

  it('runs inside the task: history keeps one marker with its summary, and no activity', async () => {
    stage.use(createSubscriptionBooks('9000.00').activities);
    const subscription = await openSubscription(stage);
    expect(await subscription.start()).toEqual(DONE);
    await stage.settle();
    expect(await readActivitySummaries(subscription.handle)).toEqual([
      'start (answerSubscriptionCommand)',
    ]);
    expect(await countScheduled(subscription)).toBe(0);
  });

  it('that fails inside the task runs as an ordinary activity, which is retried', async () => {
    const failure = new Error('connect ECONNREFUSED 127.0.0.1:5432');
    const { activities, deeds } = createSubscriptionBooks('9000.00');
    let attempts = 0;
    const answerSubscriptionCommand: Answer = async (request) => {
      attempts += 1;
      if (attempts <= 2) throw attempts === 1 ? failure : new Error('still away');
      return activities.answerSubscriptionCommand(request);
    };
    stage.use({ ...activities, answerSubscriptionCommand });
    const subscription = await openSubscription(stage);
    const started = subscription.start();
    await stage.skip('1 seconds');
    expect(await started).toEqual(DONE);
    await stage.settle();
    expect(deeds).toHaveLength(1);
    expect(await readLocalAttempts(subscription.handle)).toEqual([
      `answerSubscriptionCommand: ${failure.message}`,
    ]);
    expect(await countScheduled(subscription)).toBe(1);
  });

  it('that takes too long inside the task runs as an ordinary activity; what both did is done once', async () => {
    const books = createSubscriptionBooks('9000.00');
    stage.use(books.activities);
    const subscription = await openSubscription(stage);
    const gate = books.holdInTask();
    const started = subscription.start('idem-start');
    await gate.reached;
    expect(await started).toEqual(DONE);
    gate.open();
    await stage.settle();
    expect(books.deeds).toHaveLength(1);
    expect(new Set(books.keys)).toEqual(
      new Set([`subscription/${subscription.id}/start/idem-start`]),
    );
    expect(await readLocalAttempts(subscription.handle)).toEqual([
      'answerSubscriptionCommand: Activity timed out',
    ]);
    expect(await countScheduled(subscription)).toBe(1);
  });

  it('whose task cannot be written, because a message came meanwhile, is asked for again by its key', async () => {
    const books = createSubscriptionBooks('9000.00');
    stage.use(books.activities);
    const subscription = await openSubscription(stage);
    await subscription.start();
    const gate = books.holdInTask();
    const cancelled = subscription.cancel('now', 'idem-cancel');
    await gate.reached;
    await subscription.moneyArrived('pay_1'); // A run must not end before it has seen this.
    gate.open();
    expect(await cancelled).toEqual(DONE);
    await stage.settle();
    expect(books.deeds.slice(1)).toEqual([expect.stringMatching(/^..-.. cancel ended$/)]);
    const key = `subscription/${subscription.id}/cancel/idem-cancel`;
    expect(books.keys.filter((seen) => seen === key)).toEqual([key, key]);
    expect((await subscription.handle.describe()).status.name).toBe('COMPLETED');
  });
});
