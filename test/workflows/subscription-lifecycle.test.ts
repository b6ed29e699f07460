import { WorkflowNotFoundError } from '@temporalio/client';
import { openStage, type Stage } from './stage';
import { createSubscriptionBooks, type SubscriptionBooks } from './subscription-books';
import {
  openSubscription,
  openSubscriptionOn,
  type SubscriptionOnStage,
} from './subscription-on-stage';

const INSUFFICIENT = expect.objectContaining({ kind: 'refused', code: 'insufficient_balance' });
const INVALID_STATE = expect.objectContaining({ kind: 'refused', code: 'invalid_state' });
const DONE = { kind: 'done' };

jest.setTimeout(30_000);

describe('subscriptionLifecycle', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  /** A monthly subscription for 999.00, started at noon of the day with that much in the wallet. */
  async function begin(
    monthAndDay: string,
    wallet: string,
  ): Promise<{ books: SubscriptionBooks; subscription: SubscriptionOnStage }> {
    const books = createSubscriptionBooks(wallet);
    stage.use(books.activities);
    const subscription = await openSubscriptionOn(stage, monthAndDay);
    expect(await subscription.start()).toEqual(DONE);
    return { books, subscription };
  }

  async function statusOf({ handle }: SubscriptionOnStage): Promise<string> {
    return (await handle.describe()).status.name;
  }

  it('renews at the end of each period, counted from the anchor: the 31st comes back', async () => {
    const { books } = await begin('08-31', '9000.00');
    await stage.passUntil('02-01');
    expect(books.deeds).toEqual([
      '08-31 start active',
      '09-30 renew active',
      '10-31 renew active',
      '11-30 renew active',
      '12-31 renew active',
      '01-31 renew active',
    ]);
  });

  it('R1.08 tries an unpaid renewal on the days of the retry schedule, then suspends and ends it', async () => {
    const { books, subscription } = await begin('03-10', '1998.00');
    await stage.passUntil('07-01');
    expect(books.deeds).toEqual([
      '03-10 start active',
      '04-10 renew active',
      '05-10 renew past_due',
      '05-11 retry_payment past_due',
      '05-13 retry_payment past_due',
      '05-15 retry_payment past_due',
      '05-17 retry_payment suspended',
      '06-16 end_unpaid ended',
    ]);
    expect(await statusOf(subscription)).toBe('COMPLETED');
    expect(await subscription.handle.result()).toEqual(books.stepOf(subscription.id));
  });

  it('R1.08 pays at once when money comes between two retries, and keeps the renewal day', async () => {
    const { books, subscription } = await begin('03-10', '999.00');
    await stage.passUntil('04-12');
    expect(books.topUp('1998.00', await stage.now())).toEqual([`subscription/${subscription.id}`]);
    await subscription.moneyArrived('order/ord_1');
    await stage.settle();
    expect(books.deeds.slice(1)).toEqual([
      '04-10 renew past_due',
      '04-11 retry_payment past_due',
      '04-12 retry_after_top_up active',
    ]);
    await stage.passUntil('05-11');
    expect(books.deeds.at(-1)).toBe('05-10 renew active');
  });

  it('R1.08 takes up a suspended subscription when money comes', async () => {
    const { books, subscription } = await begin('03-10', '999.00');
    await stage.passUntil('04-20');
    books.topUp('999.00', await stage.now());
    await subscription.moneyArrived('order/ord_1');
    await stage.settle();
    expect(books.deeds.slice(-2)).toEqual([
      '04-17 retry_payment suspended',
      '04-20 retry_after_top_up active',
    ]);
  });

  it('goes on with the retry schedule when the money that came is too little', async () => {
    const { books, subscription } = await begin('03-10', '999.00');
    await stage.passUntil('04-12');
    books.topUp('998.00', await stage.now());
    await subscription.moneyArrived('order/ord_1');
    await stage.passUntil('04-14');
    expect(books.deeds.slice(-2)).toEqual([
      '04-12 retry_after_top_up past_due',
      '04-13 retry_payment past_due',
    ]);
  });

  it('does nothing when money comes and nothing is owed', async () => {
    const { books, subscription } = await begin('03-10', '999.00');
    await subscription.moneyArrived('order/ord_1');
    await stage.settle();
    expect(books.deeds).toEqual(['03-10 start active']);
    expect(await statusOf(subscription)).toBe('RUNNING');
  });

  describe('when something comes in the middle of an activity', () => {
    it('retries at once when money comes after the unpaid renewal was committed', async () => {
      const { books, subscription } = await begin('03-10', '999.00');
      const gate = books.holdAfterCommit();
      const passing = stage.pass('32 days');
      await gate.reached;
      books.topUp('999.00', await stage.now());
      await subscription.moneyArrived('order/ord_1');
      gate.open();
      await passing;
      expect(books.deeds.slice(1)).toEqual([
        '04-10 renew past_due',
        '04-10 retry_after_top_up active',
      ]);
      expect(books.atOnceMax()).toBe(1);
    });

    it('renews once when money comes before the renewal looks at the wallet', async () => {
      const { books, subscription } = await begin('03-10', '999.00');
      const gate = books.holdBeforeCommit();
      const passing = stage.pass('32 days');
      await gate.reached;
      expect(books.topUp('999.00', await stage.now())).toEqual([]);
      await subscription.moneyArrived('order/ord_1');
      gate.open();
      await passing;
      expect(books.deeds.slice(1)).toEqual(['04-10 renew active']);
      expect(books.wallet()).toBe(0n);
    });

    it('answers a cancellation after the renewal that was running', async () => {
      const { books, subscription } = await begin('03-10', '1998.00');
      const gate = books.holdBeforeCommit();
      const passing = stage.pass('32 days');
      await gate.reached;
      const cancelled = subscription.cancel('now');
      await subscription.handle.query('__stack_trace');
      gate.open();
      expect(await cancelled).toEqual(DONE);
      await passing;
      expect(books.deeds.slice(1)).toEqual(['04-10 renew active', '04-10 cancel ended']);
      expect(books.atOnceMax()).toBe(1);
    });
  });

  describe('changing the plan', () => {
    const planOf = async ({ handle }: SubscriptionOnStage) =>
      (await handle.describe()).searchAttributes['PlanCode'];

    it('R1.12 now is shown to who filters by plan, and renews at the new price', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      await stage.passUntil('03-25');
      expect(await planOf(subscription)).toEqual(['growth']);
      expect(await subscription.change()).toEqual(DONE);
      await stage.settle();
      expect(await planOf(subscription)).toEqual(['enterprise']);
      await stage.passUntil('04-11');
      expect(books.deeds.slice(1)).toEqual(['03-25 change active', '04-10 renew active']);
      expect(books.wallet()).toBe(937_480_000n);
    });

    it('R1.13 by the schedule wakes on its day', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      const year = (await stage.now()).slice(0, 4);
      expect(await subscription.schedule(`${year}-03-20T12:00:00.000Z`)).toEqual(DONE);
      expect(await subscription.schedule(`${year}-03-22T12:00:00.000Z`)).toEqual(DONE);
      await stage.passUntil('03-23');
      expect(books.deeds.slice(1)).toEqual([
        '03-10 schedule active',
        '03-10 schedule active',
        '03-22 apply_scheduled_change active',
      ]);
      expect(await planOf(subscription)).toEqual(['enterprise']);
    });

    it('R1.13 taken off the schedule does not come', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      const year = (await stage.now()).slice(0, 4);
      await subscription.schedule(`${year}-03-20T12:00:00.000Z`);
      expect(await subscription.unschedule()).toEqual(DONE);
      expect(await subscription.unschedule()).toEqual(INVALID_STATE);
      await stage.passUntil('04-11');
      expect(books.deeds.slice(2)).toEqual([
        '03-10 unschedule active',
        '03-10 unschedule refused: invalid_state',
        '04-10 renew active',
      ]);
    });

    it('R1.12 asked for in the middle of a renewal comes after it', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      const gate = books.holdBeforeCommit();
      const passing = stage.pass('32 days');
      await gate.reached;
      const changed = subscription.change();
      await subscription.handle.query('__stack_trace');
      gate.open();
      expect(await changed).toEqual(DONE);
      await passing;
      expect(books.deeds.slice(1)).toEqual(['04-10 renew active', '04-10 change active']);
    });
  });

  describe('pausing', () => {
    it('rests until somebody resumes, and charges nothing', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      await stage.passUntil('03-20');
      expect(await subscription.pause('now')).toEqual(DONE);
      await stage.passUntil('06-01');
      expect(await subscription.resume()).toEqual(DONE);
      await stage.passUntil('07-02');
      expect(books.deeds.slice(1)).toEqual([
        '03-20 pause paused',
        '06-01 resume active',
        '07-01 renew active',
      ]);
    });

    it('at the period’s end goes on by itself on its day', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      const year = (await stage.now()).slice(0, 4);
      expect(await subscription.pause('period_end', `${year}-05-01T12:00:00.000Z`)).toEqual(DONE);
      await stage.passUntil('05-02');
      expect(books.deeds.slice(1)).toEqual([
        '03-10 pause active',
        '04-10 pause_at_period_end paused',
        '05-01 resume_after_pause active',
      ]);
    });
  });

  describe('cancelling', () => {
    it('ends an active subscription now', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      await stage.passUntil('04-20');
      expect(await subscription.cancel('now')).toEqual(DONE);
      await stage.pass('60 days');
      expect(books.deeds.slice(1)).toEqual(['04-10 renew active', '04-20 cancel ended']);
      expect(await statusOf(subscription)).toBe('COMPLETED');
    });

    it('serves to the end of the paid period when asked for that', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      await stage.passUntil('04-01');
      expect(await subscription.cancel('period_end')).toEqual(DONE);
      await stage.passUntil('06-01');
      expect(books.deeds.slice(1)).toEqual([
        '04-01 cancel active',
        '04-10 end_at_period_end ended',
      ]);
      expect(await statusOf(subscription)).toBe('COMPLETED');
    });

    it('is withdrawn by a resume before the period ends', async () => {
      const { books, subscription } = await begin('03-10', '9000.00');
      await stage.passUntil('04-01');
      await subscription.cancel('period_end');
      await stage.passUntil('04-05');
      expect(await subscription.resume()).toEqual(DONE);
      await stage.passUntil('05-01');
      expect(books.deeds.slice(1)).toEqual([
        '04-01 cancel active',
        '04-05 resume active',
        '04-10 renew active',
      ]);
    });

    it.each(['now', 'period_end'] as const)(
      'ends a past due one at once, asked for %s',
      async (at) => {
        const { books, subscription } = await begin('03-10', '999.00');
        await stage.passUntil('04-12');
        expect(await subscription.cancel(at)).toEqual(DONE);
        expect(books.deeds.at(-1)).toBe('04-12 cancel ended');
        await stage.settle();
        expect(await statusOf(subscription)).toBe('COMPLETED');
      },
    );

    it('ends a suspended one at once', async () => {
      const { books, subscription } = await begin('03-10', '999.00');
      await stage.passUntil('04-20');
      expect(await subscription.cancel('period_end')).toEqual(DONE);
      expect(books.deeds.at(-1)).toBe('04-20 cancel ended');
      await stage.settle();
      expect(await statusOf(subscription)).toBe('COMPLETED');
    });
  });

  it('resumes a suspended subscription once the wallet covers the price, not before', async () => {
    const { books, subscription } = await begin('03-10', '999.00');
    await stage.passUntil('04-20');
    expect(await subscription.resume()).toEqual(INSUFFICIENT);
    books.topUp('999.00', await stage.now());
    expect(await subscription.resume()).toEqual(DONE);
    expect(books.deeds.slice(-2)).toEqual([
      '04-20 resume refused: insufficient_balance',
      '04-20 resume active',
    ]);
  });

  it('completes after a refused start, and has done nothing', async () => {
    const books = createSubscriptionBooks('998.00');
    stage.use(books.activities);
    const subscription = await openSubscription(stage);
    expect(await subscription.start()).toEqual(INSUFFICIENT);
    await stage.settle();
    expect(await statusOf(subscription)).toBe('COMPLETED');
    expect(books.wallet()).toBe(998_000_000n);
  });

  it('answers the same command once, however often it is sent', async () => {
    const { books, subscription } = await begin('03-10', '9000.00');
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => subscription.cancel('period_end', 'idem-same')),
    );
    expect(answers).toEqual([DONE, DONE, DONE, DONE]);
    expect(books.deeds).toEqual(['03-10 start active', '03-10 cancel active']);
  });

  it('answers the commands that stand behind its end before it closes', async () => {
    const { books, subscription } = await begin('03-10', '9000.00');
    const gate = books.holdBeforeCommit();
    const ended = subscription.cancel('now');
    await gate.reached;
    const behind = [subscription.cancel('now'), subscription.resume()];
    await subscription.handle.query('__stack_trace');
    gate.open();
    expect(await ended).toEqual(DONE);
    expect(await Promise.all(behind)).toEqual([INVALID_STATE, INVALID_STATE]);
    await stage.settle();
    expect(await statusOf(subscription)).toBe('COMPLETED');
    await expect(subscription.resume()).rejects.toBeInstanceOf(WorkflowNotFoundError);
    expect(books.deeds.filter((deed) => deed.endsWith('ended'))).toEqual(['03-10 cancel ended']);
  });
});
