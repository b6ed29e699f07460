import fc from 'fast-check';
import { BILLING_CYCLES } from '../../../domain/billing-period';
import { fromEpochMs, isAtOrBefore, toEpochMs } from '../../../domain/instant';
import { formatAmount } from '../../../domain/money';
import { isDueAction } from '../../../domain/next-action';
import {
  growth,
  RETRY_SCHEDULE,
  chargedBy,
  paidPeriodOf,
  startWalk,
  type Walk,
} from './subscription-walk';

/** One thing that comes from outside, some time after the one before. */
interface Visit {
  readonly kind:
    'wait' | 'top_up' | 'unseen_top_up' | 'spend' | 'cancel_now' | 'cancel_later' | 'resume';
  readonly afterMs: number;
  readonly rupees: number;
}

const CUSTOMERS_WORDS = 'Ayşe said so';
const HOUR_MS = 3_600_000;
const visits: fc.Arbitrary<Visit> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('wait', 'top_up', 'unseen_top_up', 'spend') },
    { weight: 1, arbitrary: fc.constantFrom('cancel_now', 'cancel_later', 'resume') },
  ),
  // From the same instant to half a year later: months of silence are a worker that was away.
  afterMs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 4_400 }).map((hours) => hours * HOUR_MS),
  ),
  rupees: fc.integer({ min: 1, max: 2_500 }),
});

const terms = fc.record({
  cycle: fc.constantFrom(...BILLING_CYCLES),
  timeZone: fc.constantFrom('Europe/Istanbul', 'Asia/Kolkata', 'America/New_York', 'Pacific/Apia'),
  price: fc.constantFrom(0n, 1n, 999_000_000n).map((amountMicros) => ({
    amountMicros,
    currency: 'INR' as const,
  })),
  dunning: fc
    .record({
      retryAfterDays: fc
        .uniqueArray(fc.integer({ min: 1, max: 45 }), { maxLength: 5 })
        .map((days) => days.toSorted((left, right) => left - right)),
      final: fc.constantFrom('end' as const, 'keep' as const),
      endsAfterDays: fc.integer({ min: 0, max: 60 }),
    })
    .map((drawn) => ({ ...RETRY_SCHEDULE, ...drawn })),
});

const lives = fc.record({
  terms,
  startsAtMs: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }),
  visits: fc.array(visits, { maxLength: 14 }),
});
type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;

/** Lives a life to its last visit. */
function live(life: Life): Walk {
  const walk = startWalk(growth(life.terms), fromEpochMs(life.startsAtMs), '999.00');
  let nowMs = life.startsAtMs;
  for (const visit of life.visits) {
    nowMs += visit.afterMs;
    receive(walk, visit, fromEpochMs(nowMs));
  }
  return walk.advanceTo(fromEpochMs(nowMs));
}

function receive(walk: Walk, { kind, rupees }: Visit, at: string): void {
  const amount = formatAmount({ amountMicros: BigInt(rupees) * 1_000_000n, currency: 'INR' });
  switch (kind) {
    case 'wait':
      walk.advanceTo(at);
      return;
    case 'top_up':
      walk.topUp(amount, at);
      return;
    case 'unseen_top_up':
      walk.topUpUnseen(amount, at);
      return;
    case 'spend':
      walk.advanceTo(at).changeWallet(`-${amount}`);
      return;
    case 'cancel_now':
      walk.cancel({ at: 'now', reason: CUSTOMERS_WORDS }, at);
      return;
    case 'cancel_later':
      walk.cancel({ at: 'period_end', reason: CUSTOMERS_WORDS }, at);
      return;
    case 'resume':
      walk.resume(at);
  }
}

/** What every life must keep, whatever comes. */
function expectOfEveryLife(judge: (walk: Walk) => void): void {
  fc.assert(
    fc.property(lives, (life) => judge(live(life))),
    { numRuns: 60 },
  );
}

describe('any life of a subscription', () => {
  it('R1.08 never charges a period twice, and charges periods in order', () => {
    expectOfEveryLife(({ steps }) => {
      const numbers = steps.flatMap(({ decision }) => paidPeriodOf(decision) ?? []);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((left, right) => left - right));
    });
  });

  it('R1.08 never charges more than the wallet holds, and never anything but the price', () => {
    expectOfEveryLife(({ steps }) => {
      for (const { decision, availableMicros } of steps) {
        const amountMicros = chargedBy(decision);
        if (amountMicros === null) continue;
        expect(amountMicros).toBe(decision.subscription.price.amountMicros);
        expect(amountMicros === 0n || amountMicros <= availableMicros).toBe(true);
      }
    });
  });

  it('charges a period only from its start on and before its end', () => {
    expectOfEveryLife(({ steps }) => {
      for (const { at, decision } of steps) {
        if (chargedBy(decision) === null) continue;
        const { startsAt, endsAt } = decision.subscription.period;
        expect(isAtOrBefore(startsAt, at) && !isAtOrBefore(endsAt, at)).toBe(true);
      }
    });
  });

  it('grants each month once, in order, and only within a paid period', () => {
    expectOfEveryLife(({ steps }) => {
      const granting = steps.filter(({ decision }) => decision.grantsMonth !== null);
      const months = granting.map(({ decision }) => decision.grantsMonth ?? -1);
      expect(months).toEqual([...new Set(months)].toSorted((left, right) => left - right));
      for (const { at, decision } of granting) {
        const { period, status } = decision.subscription;
        expect(status).toBe('active');
        expect(isAtOrBefore(period.startsAt, at) && !isAtOrBefore(period.endsAt, at)).toBe(true);
      }
    });
  });

  it('never plans anything before what was done last', () => {
    expectOfEveryLife((walk) => {
      const instants = walk.steps.map(({ at }) => toEpochMs(at));
      expect(instants).toEqual(instants.toSorted((left, right) => left - right));
      const next = walk.next();
      if (isDueAction(next)) {
        expect(toEpochMs(next.at)).toBeGreaterThanOrEqual(instants.at(-1) ?? NaN);
      }
    });
  });

  it('never acts again once it has ended', () => {
    expectOfEveryLife(({ steps }) => {
      const endsAt = steps.findIndex(({ decision }) => decision.subscription.status === 'ended');
      expect(endsAt === -1 || endsAt === steps.length - 1).toBe(true);
    });
  });

  it('always has a next action with an instant, or rests or ends, and says why', () => {
    expectOfEveryLife((walk) => {
      const next = walk.next();
      const { status, dunning } = walk.subscription();
      expect(next.reason).not.toBe('');
      expect(next.kind === 'end').toBe(status === 'ended');
      const isResting = status === 'suspended' && dunning.final === 'keep';
      expect(next.kind === 'rest').toBe(isResting);
      expect(isDueAction(next)).toBe(status !== 'ended' && !isResting);
    });
  });

  it('shows in its next action no word of a customer: Temporal keeps it', () => {
    expectOfEveryLife((walk) => expect(walk.next().reason).not.toContain(CUSTOMERS_WORDS));
  });

  it('says in each event what happened, and stays silent only when nothing did', () => {
    expectOfEveryLife(({ steps }) => {
      for (const { decision } of steps) {
        expect(decision.events.length).toBe(1);
        expect(decision.events[0]?.reason).not.toBe('');
      }
    });
  });

  it('keeps anchor, price and terms as they were at the start', () => {
    expectOfEveryLife((walk) => {
      const { anchorAt, price, planVersion, dunning } = walk.subscription();
      const [first] = walk.steps;
      expect({ anchorAt, price, planVersion, dunning }).toEqual({
        anchorAt: first?.at,
        price: first?.decision.subscription.price,
        planVersion: 1,
        dunning: first?.decision.subscription.dunning,
      });
    });
  });
});

describe('a worker that was away', () => {
  it('R1.08 does to one late top-up exactly what it would have done in time', () => {
    fc.assert(
      fc.property(terms, fc.integer({ min: 0, max: 2_400 }), (changes, hours) => {
        const build = (): Walk => {
          const walk = startWalk(growth(changes), '2026-01-31T07:00:00.000Z', '999.00');
          walk.changeWallet(`-${walk.wallet()}`);
          return walk.advanceTo(walk.subscription().period.endsAt);
        };
        // At half past: of two things at one instant either may come first.
        const arrivesAt = fromEpochMs(
          toEpochMs(build().subscription().period.endsAt) + (hours + 0.5) * HOUR_MS,
        );
        const later = fromEpochMs(toEpochMs(arrivesAt) + 10 * 24 * HOUR_MS);
        const inTime = build().topUp('1500.00', arrivesAt).advanceTo(later);
        const late = build().topUpUnseen('1500.00', arrivesAt).advanceTo(later);
        expect(late.story()).toEqual(inTime.story());
        expect(late.wallet()).toBe(inTime.wallet());
      }),
      { numRuns: 60 },
    );
  });
});
