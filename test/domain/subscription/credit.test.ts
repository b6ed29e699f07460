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
  engage: { whatsapp_balance: { INR: '750.00' } },
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

function resume(world: World, at: string): void {
  expect(world.command(at, (funds) => decideResume(of(world), { now: at, funds }))).toBeNull();
}

function terms(change: Partial<PlanTerms> = {}): PlanTerms {
  const { planCode, planName, planVersion, cycle, price, dunning } = growth();
  const own = { planCode, planName, planVersion, cycle, price, dunning };
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

  it('does not count conversations that came with an earlier fee', () => {
    const world = begin({}, day('2026-01-15'));
    world.use(1_000n, day('2026-02-10'), 'wa_conversation');
    for (let due = world.nextDue(); due !== null && due.at <= day('2026-02-16');) {
      world.perform(due);
      due = world.nextDue();
    }
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

describe('a WhatsApp balance of 750.00', () => {
  const engage = { planCode: 'engage', planName: 'Engage' } as const;
  const rupees = (amount: number) => BigInt(amount * 1_000_000);

  it.each([
    ['unused', '2026-02-15', 0, '499.50'],
    ['used by half on the second day', '2026-02-02', 375, '499.50'],
    ['used up on the second day', '2026-02-02', 750, '0.00'],
  ])('R3.14 binds what a pause gives back: %s', (_, on, used, credited) => {
    const world = begin(engage);
    if (used > 0) world.use(rupees(used), day(on), 'INR');
    expect(pauseNow(world, day(on)).credited).toBe(credited);
    // 100,000.00 less the fee, with what came back; nothing is left of the balance.
    expect(world.walletMicros(day(on))).toBe(rupees(99_001) + rupees(Number(credited)));
  });

  it('R3.14 that was taken back is granted again, and no more than that', () => {
    const world = begin(engage);
    world.use(rupees(375), day('2026-02-02'), 'INR');
    const { line } = pauseNow(world, day('2026-02-02'));
    expect(line).toContain('375.00 of 750.00 INR of the WhatsApp balance are left');
    resume(world, day('2026-02-03'));
    expect(world.walletMicros(day('2026-02-03'))).toBe(rupees(99_500.5 - 999 + 375));
    pauseNow(world, day('2026-02-03'));
    resume(world, day('2026-02-03'));
    world.use(rupees(375), day('2026-02-04'), 'INR');
    expect(pauseNow(world, day('2026-02-04')).credited).toBe('0.00');
  });
});

type Step =
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'use'; readonly part: number; readonly asset: AllowanceAsset }
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }
  | { readonly do: 'change'; readonly to: 'growth' | 'large'; readonly by: 'days' | 'seconds' };

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
const anything: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: pausing },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('change'),
      to: fc.constantFrom('growth', 'large'),
      by: fc.constantFrom('days', 'seconds'),
    }),
  },
);

/** A unit of an allowance when it is the whole fee that bought it: the same in both plans. */
const WORTH_MICROS: Readonly<Record<AllowanceAsset, bigint>> = {
  message: 99_900n,
  call_second: 33_300n,
  wa_conversation: 999_000n,
  unique_visitor: 0n,
  whatsapp_balance: 0n,
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
function ask(world: World, step: Exclude<Step, { readonly do: 'wait' | 'use' }>, now: string) {
  const subscription = of(world);
  world.command(now, (funds) => {
    const moment = { now, funds };
    if (step.do === 'resume') return decideResume(subscription, moment);
    if (step.do === 'pause')
      return decidePause(subscription, { at: 'now', resumesAt: null }, moment);
    const changePolicy = { ...DEFAULT_CHANGE_POLICY, proration: step.by } as const;
    const target = step.to === 'large' ? LARGE : terms();
    return decideChange(
      subscription,
      { target: { ...target, changePolicy }, isForced: false },
      moment,
    );
  });
}

describe('an allowance cannot be milked', () => {
  it('R1.12 no pause, resumption, change or use within a period leaves anybody richer in money and units', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 25 }), (steps) => {
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
