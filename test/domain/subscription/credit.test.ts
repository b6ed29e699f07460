import fc from 'fast-check';
import { addCalendarDays, monthOf } from '../../../domain/calendar';
import { DEFAULT_CHANGE_POLICY } from '../../../domain/change-policy';
import { fromEpochMs, toEpochMs } from '../../../domain/instant';
import { formatAmount } from '../../../domain/money';
import type { Allowances, PlanTerms } from '../../../domain/plan';
import type { AllowanceAsset } from '../../../domain/subscription/allowances-left';
import { decideChange } from '../../../domain/subscription/decide-change';
import {
  decideCancel,
  decideResume,
  decideStart,
  type StartTerms,
} from '../../../domain/subscription/decide-command';
import { decidePause } from '../../../domain/subscription/decide-pause';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED } from '../../../domain/tax/taxation';
import { createWorld, type World } from '../../support/subscription-in-memory';
import { growth, inr } from './subscription-walk';

const TIME_ZONE = 'Europe/Istanbul';

/** Midnight in Istanbul. */
function day(date: string): string {
  return new Date(`${date}T00:00:00+03:00`).toISOString();
}

const GROWTH: Allowances = { messages: 10_000, minutes: 500, wa_conversations: 1_000 };
const ALLOWANCES: Readonly<Record<string, Allowances>> = {
  growth: GROWTH,
  large: { messages: 30_000, minutes: 1_500, wa_conversations: 3_000 },
  support: {},
  money: { whatsapp_balance: { INR: '999.00' } },
  more_money: { whatsapp_balance: { INR: '2997.00' } },
};

function begin(terms: Partial<StartTerms> = {}, startsAt = day('2026-02-01')): World {
  const world = createWorld({
    timeZone: TIME_ZONE,
    startsAt,
    taxation: UNTAXED,
    allowancesOf: (code) => ALLOWANCES[code] ?? {},
  });
  world.topUp(100_000_000_000n, startsAt);
  const start = growth(terms);
  expect(
    world.command(startsAt, (funds) => decideStart(start, { now: startsAt, funds })),
  ).toBeNull();
  return world;
}

function of(world: World): Subscription {
  const subscription = world.subscription();
  if (subscription === null) throw new Error('nothing was started');
  return subscription;
}

/** What it gave back, "499.50"; and the sentence of its line. */
interface Given {
  readonly credited: string;
  readonly line: string | undefined;
}

function give(world: World, act: () => unknown): Given {
  const [linesBefore, documentsBefore] = [world.lines.length, world.documents.length];
  expect(act()).toBeNull();
  const totalMicros = world.documents
    .slice(documentsBefore)
    .reduce((sum, document) => sum + document.totalMicros, 0n);
  const credited = formatAmount({ amountMicros: -totalMicros, currency: 'INR' });
  const lines = world.lines.slice(linesBefore);
  return { credited, line: lines.find(({ kind }) => kind === 'proration_credit')?.description };
}

function pauseNow(world: World, at: string): Given {
  const request = { at: 'now', resumesAt: null } as const;
  return give(world, () =>
    world.command(at, (funds) => decidePause(of(world), request, { now: at, funds })),
  );
}

function cancelNow(world: World, at: string): Given {
  const request = { at: 'now', reason: 'moved' } as const;
  return give(world, () =>
    world.command(at, (funds) => decideCancel(of(world), request, { now: at, funds })),
  );
}

function performDue(world: World, until: string): void {
  for (let due = world.nextDue(); due !== null && due.at <= until;) {
    world.perform(due);
    due = world.nextDue();
  }
}

function resume(world: World, at: string): void {
  expect(world.command(at, (funds) => decideResume(of(world), { now: at, funds }))).toBeNull();
}

function terms(change: Partial<PlanTerms> = {}): PlanTerms {
  const { planCode, planName, planVersion, cycle, price, bearsTax, dunning } = growth();
  const own = { planCode, planName, planVersion, cycle, price, bearsTax, dunning };
  return { ...own, changePolicy: DEFAULT_CHANGE_POLICY, ...change };
}

const LARGE = terms({ planCode: 'large', planName: 'Large', price: inr('2997.00') });

function change(world: World, target: PlanTerms, at: string): Given {
  const request = { target, isForced: true };
  return give(world, () =>
    world.command(at, (funds) => decideChange(of(world), request, { now: at, funds })),
  );
}

describe('what a pause now gives back of 999.00 for 10 000 messages', () => {
  it.each([
    ['all are used, on the second day', '2026-02-02', 10_000n, '0.00'],
    ['half are used, and a quarter of the time', '2026-02-08', 5_000n, '499.50'],
    ['less is used than time has passed', '2026-02-15', 1_000n, '499.50'],
    ['as much is used as time has passed', '2026-02-15', 5_000n, '499.50'],
    ['one more is used than time has passed', '2026-02-15', 5_001n, '499.40'],
    ['nothing is used, on the day itself', '2026-02-01', 0n, '999.00'],
    ['one message is left', '2026-02-02', 9_999n, '0.10'],
  ])('when %s', (_, on, used, credited) => {
    const world = begin();
    world.use(used, day(on));
    expect(pauseNow(world, day(on)).credited).toBe(credited);
    expect(world.left('message', day(on))).toBe(0n);
  });

  it('of nothing is explained by the event', () => {
    const world = begin();
    const now = day('2026-02-02');
    world.use(10_000n, now);
    world.command(now, (funds) => {
      const paused = decidePause(of(world), { at: 'now', resumesAt: null }, { now, funds });
      expect(paused).toMatchObject({
        sale: null,
        events: [
          {
            reason:
              'paused until somebody resumes it; nothing is credited: 0 of 10,000 messages are left',
          },
        ],
      });
      return paused;
    });
  });

  it('says why it is less than the days that are left', () => {
    const world = begin();
    world.use(7_500n, day('2026-02-08'));
    expect(pauseNow(world, day('2026-02-08'))).toEqual({
      credited: '249.75',
      line: 'Growth, monthly, not used, from 2026-02-08 until 2026-03-01: 2,500 of 10,000 messages are left',
    });
    const unbound = pauseNow(begin(), day('2026-02-08'));
    expect(unbound.line).toBe('Growth, monthly, not used, from 2026-02-08 until 2026-03-01');
  });

  it.each([
    ['call_second', 24_000n, '199.80', '100 of 500 minutes are left'],
    ['wa_conversation', 900n, '99.90', '100 of 1,000 WhatsApp conversations are left'],
  ] as const)('counts the allowance with the least left: %s', (asset, used, credited, why) => {
    const world = begin();
    const at = day('2026-02-08');
    world.use(5_000n, at);
    world.use(used, at, asset);
    const given = pauseNow(world, at);
    expect(given.credited).toBe(credited);
    expect(given.line).toContain(why);
  });

  it('counts what is held as used', () => {
    const world = begin();
    const held = world.ledger.buckets.find(({ asset }) => asset === 'message');
    if (held !== undefined) held.held = 8_000n;
    expect(pauseNow(world, day('2026-02-02')).credited).toBe('199.80');
  });

  it('by time alone where a plan grants nothing', () => {
    const world = begin({ planCode: 'support', track: 'support' });
    world.use(10_000n, day('2026-02-02'));
    expect(pauseNow(world, day('2026-02-15')).credited).toBe('499.50');
  });

  it('of a yearly plan binds this month only: the months to come were not used', () => {
    const yearly = { cycle: 'yearly', price: inr('3650.00') } as const;
    const world = begin(yearly);
    world.use(10_000n, day('2026-02-02'));
    // 337 of 365 days lie beyond 1 March.
    expect(pauseNow(world, day('2026-02-02')).credited).toBe('3370.00');
    const half = begin(yearly);
    half.use(5_000n, day('2026-02-02'));
    expect(pauseNow(half, day('2026-02-02')).credited).toBe('3510.00');
  });

  it('counts what was used of conversations before the calendar month turned', () => {
    const world = begin({}, day('2026-01-31'));
    world.use(1_000n, day('2026-01-31'), 'wa_conversation');
    expect(pauseNow(world, day('2026-02-01')).credited).toBe('0.00');
  });

  it('counts conversations of a month that began with the fee', () => {
    const world = begin();
    performDue(world, day('2026-03-01'));
    world.use(1_000n, day('2026-03-02'), 'wa_conversation');
    expect(pauseNow(world, day('2026-03-02')).credited).toBe('0.00');
  });

  it('does not count conversations that came with an earlier fee', () => {
    const world = begin({}, day('2026-01-15'));
    world.use(1_000n, day('2026-02-10'), 'wa_conversation');
    performDue(world, day('2026-02-16'));
    // 27 of 28 days from 15 February.
    expect(pauseNow(world, day('2026-02-16')).credited).toBe('963.32');
  });
});

describe('a cancellation now', () => {
  it.each([0n, 6_000n, 10_000n])(
    'gives what a pause and then a cancellation give: %s used',
    (used) => {
      const at = day('2026-02-08');
      const [cancelled, paused] = [begin(), begin()];
      for (const world of [cancelled, paused]) world.use(used, at);
      const { credited } = cancelNow(cancelled, at);
      expect(pauseNow(paused, at).credited).toBe(credited);
      expect(cancelNow(paused, at).credited).toBe('0.00');
      expect(cancelled.walletMicros(at)).toBe(paused.walletMicros(at));
    },
  );

  it('leaves no quota of the calendar month behind', () => {
    const world = begin();
    world.use(100n, day('2026-02-08'), 'wa_conversation');
    cancelNow(world, day('2026-02-08'));
    expect(world.left('wa_conversation', day('2026-02-08'))).toBe(0n);
  });
});

describe('a resumption in the same month', () => {
  it('has the conversations again that the pause gave up, and no more', () => {
    const world = begin();
    world.use(400n, day('2026-02-02'), 'wa_conversation');
    expect(pauseNow(world, day('2026-02-02')).credited).toBe('599.40');
    resume(world, day('2026-02-03'));
    expect(world.left('wa_conversation', day('2026-02-03'))).toBe(600n);
    // Of the second fee nothing is used: it comes back whole.
    expect(pauseNow(world, day('2026-02-03')).credited).toBe('999.00');
  });
});

describe('R1.12 a change of plan', () => {
  it('after all is used credits nothing, takes nothing, and says so in a line of 0.00', () => {
    const world = begin();
    world.use(10_000n, day('2026-02-15'));
    const given = change(world, LARGE, day('2026-02-15'));
    expect(given).toEqual({
      credited: '-1498.50',
      line: 'Growth, monthly, not used, from 2026-02-15 until 2026-03-01: 0 of 10,000 messages are left',
    });
    expect(world.left('message', day('2026-02-15'))).toBe(15_000n);
  });

  it('there and back at once pays for what was used once, and gives no unit free', () => {
    const world = begin();
    const at = day('2026-02-15');
    world.use(10_000n, at);
    change(world, LARGE, at);
    expect(change(world, terms(), at).credited).toBe('999.00');
    // 999.00 for 10 000 used, 499.50 for 5 000 left.
    expect(world.left('message', at)).toBe(5_000n);
    expect(world.walletMicros(at)).toBe(100_000_000_000n - 1_498_500_000n);
  });

  it('upwards and downwards leaves this month’s conversations as they were', () => {
    const world = begin();
    const at = day('2026-02-15');
    change(world, LARGE, at);
    expect(world.left('wa_conversation', at)).toBe(3_000n);
    change(world, terms(), at);
    expect(world.left('wa_conversation', at)).toBe(1_000n);
  });

  it('that settled no days leaves what was used before it in the count', () => {
    const world = begin();
    const at = day('2026-02-15');
    world.use(10_000n, at);
    const unsettled = { ...DEFAULT_CHANGE_POLICY, proration: 'none' } as const;
    change(world, { ...LARGE, changePolicy: unsettled }, at);
    world.use(6_000n, at);
    // 4 000 are left of the 20 000 that the fee has brought.
    expect(pauseNow(world, at).credited).toBe('199.80');
  });

  it('of the cycle credits what is left of the month, and the new fee starts afresh', () => {
    const world = begin();
    const at = day('2026-02-08');
    world.use(7_500n, at);
    world.use(1_000n, at, 'wa_conversation');
    const yearly = terms({ cycle: 'yearly', price: inr('9990.00') });
    expect(change(world, yearly, at).credited).toBe('-9990.00');
    expect(pauseNow(world, at).credited).toBe('9990.00');
  });
});

describe('a plan that costs nothing', () => {
  const free = { planCode: 'growth', price: inr('0.00') } as const;

  it('grants its month once, however often it is paused and resumed', () => {
    const world = begin(free);
    world.use(10_000n, day('2026-02-02'));
    pauseNow(world, day('2026-02-02'));
    resume(world, day('2026-02-03'));
    expect(world.left('message', day('2026-02-03'))).toBe(0n);
  });

  it('grants it once, however often another plan is bought and given back', () => {
    const world = begin(free);
    const at = day('2026-02-02');
    world.use(10_000n, at);
    const yearly = { cycle: 'yearly', price: inr('9990.00') } as const;
    change(world, { ...LARGE, ...yearly }, at);
    expect(world.left('message', at)).toBe(30_000n);
    change(world, terms(free), at);
    expect(world.left('message', at)).toBe(0n);
    expect(world.walletMicros(at)).toBe(100_000_000_000n);
    const monthly = { planCode: 'large', price: inr('2997.00') } as const;
    change(world, terms(monthly), at);
    change(world, terms(free), at);
    expect(world.left('message', at)).toBe(0n);
  });

  it('grants it again with the next month', () => {
    const world = begin(free);
    world.use(10_000n, day('2026-02-02'));
    pauseNow(world, day('2026-02-02'));
    resume(world, day('2026-03-01'));
    expect(world.left('message', day('2026-03-01'))).toBe(10_000n);
  });

  it('grants nothing to who ends it and starts it again within its month', () => {
    const freeUntil = day('2026-03-01');
    const again = begin({ ...free, freeUntil }, day('2026-02-10'));
    expect(again.left('message', day('2026-02-10'))).toBe(0n);
    expect(begin({ freeUntil }, day('2026-02-10')).left('message', day('2026-02-10'))).toBe(
      10_000n,
    );
  });
});

/** What the initial wallet holds, and what of it was used. */
function balanceOf(world: World): string {
  const posted = world.ledger.buckets.find(({ code }) => code === 'wallet/initial')?.posted ?? 0n;
  return formatAmount({ amountMicros: posted, currency: 'INR' });
}

function spend(world: World, rupees: string, at: string): void {
  world.use(inr(rupees).amountMicros, at, 'INR');
}

const MONEY = { planCode: 'money' } as const;
const MORE_MONEY = terms({ planCode: 'more_money', planName: 'More', price: inr('2997.00') });

describe('R3.14 the WhatsApp balance that came with a fee', () => {
  it.each([
    ['nothing of it is used', '2026-02-15', '0.00', '499.50', '499.50'],
    ['less is used than time has passed', '2026-02-15', '249.75', '499.50', '249.75'],
    ['more is used than time has passed', '2026-02-08', '749.25', '249.75', '0.00'],
    ['all is used', '2026-02-02', '999.00', '0.00', '0.00'],
    ['nothing is used on the first day', '2026-02-01', '0.00', '999.00', '0.00'],
  ])('goes as far as its days are credited: %s', (_, on, used, ...given) => {
    const world = begin(MONEY);
    if (used !== '0.00') spend(world, used, day(on));
    expect([pauseNow(world, day(on)).credited, balanceOf(world)]).toEqual(given);
  });

  it('says why it is less than the days that are left', () => {
    const world = begin(MONEY);
    spend(world, '749.25', day('2026-02-08'));
    expect(cancelNow(world, day('2026-02-08')).line).toBe(
      'Growth, monthly, not used, from 2026-02-08 until 2026-03-01: ' +
        '249.75 of 999.00 INR of the WhatsApp balance are left',
    );
  });

  it('counts what is held as used', () => {
    const world = begin(MONEY);
    const wallet = world.ledger.buckets.find(({ code }) => code === 'wallet/initial');
    if (wallet !== undefined) wallet.held = inr('799.20').amountMicros;
    expect(pauseNow(world, day('2026-02-02')).credited).toBe('199.80');
    expect(balanceOf(world)).toBe('799.20');
  });

  it('is taken back of both months that it brought, the oldest used first', () => {
    const world = begin(MONEY, day('2026-01-31'));
    spend(world, '499.50', day('2026-01-31'));
    // February's 999.00 came too; half of January's is left, so half of both goes.
    expect(pauseNow(world, day('2026-02-01')).credited).toBe('499.50');
    expect(balanceOf(world)).toBe('499.50');
  });

  it('of earlier fees stays: it adds up', () => {
    const world = begin(MONEY);
    performDue(world, day('2026-03-01'));
    expect(pauseNow(world, day('2026-03-01')).credited).toBe('999.00');
    expect(balanceOf(world)).toBe('999.00');
  });

  it('is there again after a resumption in that month, no more than once', () => {
    const world = begin(MONEY);
    pauseNow(world, day('2026-02-15'));
    resume(world, day('2026-02-15'));
    // 499.50 of the first fee's, and what the second one brought.
    expect(balanceOf(world)).toBe('999.00');
    expect(pauseNow(world, day('2026-02-15')).credited).toBe('999.00');
    expect(balanceOf(world)).toBe('499.50');
    resume(world, day('2026-03-02'));
    expect(balanceOf(world)).toBe('1498.50');
  });

  it('of a larger plan is that of the days ahead, as its price is; and goes with them again', () => {
    const world = begin(MONEY);
    const at = day('2026-02-15');
    expect(change(world, MORE_MONEY, at).credited).toBe('-999.00');
    // 999.00, less 499.50, and half of 2 997.00.
    expect(balanceOf(world)).toBe('1998.00');
    expect(change(world, terms(MONEY), at).credited).toBe('999.00');
    expect(balanceOf(world)).toBe('999.00');
  });

  it('begins whole with the next month after a change', () => {
    const world = begin(MONEY);
    change(world, MORE_MONEY, day('2026-02-15'));
    performDue(world, day('2026-03-01'));
    spend(world, '1.00', day('2026-03-01'));
    // 1 998.00 of February, 2 997.00 of March.
    expect(balanceOf(world)).toBe('4994.00');
  });

  it('is whole at once where the plan grants allowances in full', () => {
    const world = begin(MONEY);
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, allowances: 'full' } as const;
    change(world, { ...MORE_MONEY, changePolicy }, day('2026-02-15'));
    expect(balanceOf(world)).toBe('2997.00');
  });

  it('of a change that settled no days counts for the fee that goes on', () => {
    const world = begin(MONEY);
    const at = day('2026-02-15');
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, proration: 'none' } as const;
    change(world, { ...MORE_MONEY, changePolicy }, at);
    expect(balanceOf(world)).toBe('1998.00');
    spend(world, '1498.50', at);
    expect(pauseNow(world, at).credited).toBe('249.75');
    expect(balanceOf(world)).toBe('0.00');
  });
});

type Step =
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'use'; readonly part: number; readonly asset: AllowanceAsset }
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }
  | { readonly do: 'change'; readonly to: 'growth' | 'large'; readonly by: 'days' | 'seconds' };

type Asked = Exclude<Step, { readonly do: 'wait' | 'use' }>;

const pausing: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait'), hours: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('use'),
      part: fc.integer({ min: 1, max: 100 }),
      asset: fc.constantFrom('message', 'call_second', 'wa_conversation'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume') }) },
);
/** One measure a life: between plans that count days and plans that count seconds a part of a day can be won. */
const anything: fc.Arbitrary<Step[]> = fc.constantFrom('days', 'seconds').chain((by) =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: pausing },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('change'),
          to: fc.constantFrom('growth', 'large'),
          by: fc.constant(by),
        }),
      },
    ),
    { maxLength: 25 },
  ),
);

/** A unit of an allowance when it is the whole fee that bought it: the same in both plans. */
const WORTH_MICROS: Readonly<Record<AllowanceAsset, bigint>> = {
  message: 99_900n,
  call_second: 33_300n,
  wa_conversation: 999_000n,
  unique_visitor: 0n,
};
const ASSETS = ['message', 'call_second', 'wa_conversation'] as const;
/** Half a unit each way and half a paisa each way. */
const ROUNDING_MICROS = (asset: AllowanceAsset) => WORTH_MICROS[asset] + 10_000n;

function consumed(world: World, asset: AllowanceAsset): bigint {
  return world.sums.get(`${asset} consumption/${asset}`) ?? 0n;
}

/** Lives the steps within a period from `start`, and looks after each. */
function live(steps: readonly Step[], start: string, look: (world: World, at: string) => void) {
  const world = begin({}, start);
  const until = toEpochMs(addCalendarDays(start, 27, TIME_ZONE));
  let at = start;
  for (const step of steps) {
    if (step.do === 'wait') {
      at = fromEpochMs(Math.min(toEpochMs(at) + step.hours * 3_600_000, until));
    } else if (step.do === 'use') {
      const quantity = (world.left(step.asset, at) * BigInt(step.part)) / 100n;
      if (quantity > 0n) world.use(quantity, at, step.asset);
    } else {
      ask(world, step, at);
    }
    look(world, at);
  }
}

/** What is refused changes nothing. */
function ask(world: World, step: Asked, now: string, plans = { growth: terms(), large: LARGE }) {
  const subscription = of(world);
  world.command(now, (funds) => {
    const moment = { now, funds };
    if (step.do === 'resume') return decideResume(subscription, moment);
    if (step.do === 'pause')
      return decidePause(subscription, { at: 'now', resumesAt: null }, moment);
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, proration: step.by } as const;
    const target = plans[step.to];
    return decideChange(
      subscription,
      { target: { ...target, changePolicy }, isForced: false },
      moment,
    );
  });
}

describe('an allowance cannot be milked', () => {
  it('R3.14 no fee is worth more, in money credited and balance used or left, than was paid of it', () => {
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }).map((hours) => ({ hours })) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 100 }).map((part) => ({ part })) },
      {
        weight: 3,
        arbitrary: fc.constantFrom<Asked>(
          { do: 'pause' },
          { do: 'resume' },
          { do: 'change', to: 'large', by: 'days' },
          { do: 'change', to: 'growth', by: 'seconds' },
        ),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const world = begin(MONEY);
        const until = toEpochMs(day('2026-03-01')) - 1;
        const plans = { growth: terms(MONEY), large: MORE_MONEY };
        let at = day('2026-02-01');
        for (const next of steps) {
          if ('hours' in next) {
            at = fromEpochMs(Math.min(toEpochMs(at) + next.hours * 3_600_000, until));
          } else if ('part' in next) {
            const micros = (inr(balanceOf(world)).amountMicros * BigInt(next.part)) / 100n;
            if (micros > 0n) world.use(micros, at, 'INR');
          } else {
            ask(world, next, at, plans);
          }
          // A fee is worth its balance, in both plans: nobody is ever richer than before the first one.
          const wealth = world.walletMicros(at) + (world.sums.get('INR consumption/INR') ?? 0n);
          const slackMicros = 20_000n * BigInt(steps.length);
          expect(wealth <= 100_000_000_000n + slackMicros).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('R1.12 no pause, resumption, change or use within a period leaves anybody richer in money and units', () => {
    fc.assert(
      fc.property(anything, (steps) => {
        const start = day('2026-02-01');
        const wealth = new Map<AllowanceAsset, bigint>();
        live(steps, start, (world, at) => {
          // A raise of a calendar month's quota is granted whole, whatever is left of the month.
          for (const asset of ['message', 'call_second'] as const) {
            const units = world.left(asset, at) + consumed(world, asset);
            const now = world.walletMicros(at) + units * WORTH_MICROS[asset];
            const before = wealth.get(asset) ?? now;
            expect(now <= before + ROUNDING_MICROS(asset)).toBe(true);
            wealth.set(asset, now);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('what is kept of a fee is never less than the part of any allowance that was used of it', () => {
    fc.assert(
      fc.property(
        fc.array(pausing, { maxLength: 25 }),
        fc.integer({ min: 0, max: 27 }),
        (steps, shift) => {
          const start = addCalendarDays(day('2026-01-20'), shift, TIME_ZONE);
          live(steps, start, (world, at) => {
            const keptMicros = 100_000_000_000n - world.walletMicros(at);
            for (const asset of ASSETS) {
              const isTwoMonths = monthOf(at, TIME_ZONE) !== monthOf(start, TIME_ZONE);
              // Doing nothing brings two months' conversations to a period that touches two.
              const most = asset === 'wa_conversation' && isTwoMonths ? 2n : 1n;
              const worth = consumed(world, asset) * WORTH_MICROS[asset];
              const slack = ROUNDING_MICROS(asset) * BigInt(steps.length);
              expect(worth <= keptMicros * most + slack).toBe(true);
            }
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
