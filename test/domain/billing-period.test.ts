import fc from 'fast-check';
import {
  BILLING_CYCLES,
  computePeriod,
  findPeriodAt,
  type BillingCycle,
  type BillingSchedule,
} from '../../domain/billing-period';
import { localDateOf } from '../../domain/calendar';
import { fromEpochMs, toEpochMs } from '../../domain/instant';
import { InvariantViolation } from '../../domain/invariant';

const schedules: fc.Arbitrary<BillingSchedule> = fc.record({
  anchorAt: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2036, 0, 1) }).map(fromEpochMs),
  cycle: fc.constantFrom(...BILLING_CYCLES),
  timeZone: fc.constantFrom(
    'UTC',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Europe/Istanbul',
    'America/New_York',
    'America/Asuncion',
    'America/Havana',
    'Asia/Beirut',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Pacific/Kiritimati',
    'Etc/GMT+12',
  ),
});
const numbers = fc.integer({ min: 0, max: 240 });

function startDates(schedule: BillingSchedule, count: number): string[] {
  return Array.from({ length: count }, (_, number) =>
    localDateOf(computePeriod({ ...schedule, number }).startsAt, schedule.timeZone),
  );
}

describe('periods from an anchor at a month end', () => {
  it.each<[string, BillingCycle, string, string[]]>([
    [
      '2026-01-30T18:30:00.000Z',
      'monthly',
      'Asia/Kolkata',
      ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'],
    ],
    [
      '2024-02-28T21:00:00.000Z',
      'yearly',
      'Europe/Istanbul',
      ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29'],
    ],
    [
      '2025-11-30T00:00:00.000Z',
      'quarterly',
      'UTC',
      ['2025-11-30', '2026-02-28', '2026-05-30', '2026-08-30', '2026-11-30'],
    ],
  ])('%s, %s, in %s never drift', (anchorAt, cycle, timeZone, dates) => {
    expect(startDates({ anchorAt, cycle, timeZone }, 5)).toEqual(dates);
  });
});

describe('a period', () => {
  it('is half-open, from its own start to the start of the next', () => {
    const schedule = {
      anchorAt: '2026-01-30T18:30:00.000Z',
      cycle: 'monthly',
      timeZone: 'Asia/Kolkata',
    } as const;
    expect(computePeriod({ ...schedule, number: 1 })).toEqual({
      number: 1,
      startsAt: '2026-02-27T18:30:00.000Z',
      endsAt: '2026-03-30T18:30:00.000Z',
    });
  });

  it('keeps the time of day of the anchor in the zone, over a change of clocks', () => {
    const schedule = {
      anchorAt: '2026-02-10T15:20:30.123Z',
      cycle: 'monthly',
      timeZone: 'America/New_York',
    } as const;
    // 10:20:30.123 there: -05:00 in February, -04:00 in March.
    expect(computePeriod({ ...schedule, number: 1 }).startsAt).toBe('2026-03-10T14:20:30.123Z');
  });

  it.each([-1, 0.5, Number.NaN, 1_201])('has no number like %p', (number) => {
    const schedule = { anchorAt: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' };
    expect(() => computePeriod({ ...schedule, cycle: 'monthly', number })).toThrow(
      InvariantViolation,
    );
  });

  it('starts at the anchor when it is the first', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(computePeriod({ ...schedule, number: 0 }).startsAt).toBe(schedule.anchorAt);
      }),
    );
  });

  it('meets the next one without gap or overlap, whatever the anchor, cycle and zone', () => {
    fc.assert(
      fc.property(schedules, numbers, (schedule, number) => {
        const period = computePeriod({ ...schedule, number });
        const next = computePeriod({ ...schedule, number: number + 1 });
        expect(period.endsAt).toBe(next.startsAt);
        expect(toEpochMs(period.startsAt)).toBeLessThan(toEpochMs(period.endsAt));
      }),
    );
  });
});

describe('finding the period of an instant', () => {
  const schedule = {
    anchorAt: '2026-01-30T18:30:00.000Z',
    cycle: 'monthly',
    timeZone: 'Asia/Kolkata',
  } as const;

  it.each([
    ['2026-01-30T18:29:59.999Z', undefined],
    ['2026-01-30T18:30:00.000Z', 0],
    ['2026-02-27T18:29:59.999Z', 0],
    ['2026-02-27T18:30:00.000Z', 1],
    ['2026-03-30T18:29:59.999Z', 1],
    ['2026-03-30T18:30:00.000Z', 2],
  ])('at %s answers period %p', (at, number) => {
    expect(findPeriodAt(schedule, at)?.number).toBe(number);
  });

  // On 1 November 2009 clocks in Newfoundland went from 00:01 back to 23:01 of 31 October, so at
  // 02:40Z the wall shows the month before although the period of November has begun.
  it.each([
    ['2009-10-01T02:30:00.000Z', 1],
    ['2009-11-01T02:30:00.000Z', 0],
  ])('from %s is %i when the wall falls back into the month before', (anchorAt, number) => {
    const newfoundland = { anchorAt, cycle: 'monthly', timeZone: 'America/St_Johns' } as const;
    expect(findPeriodAt(newfoundland, '2009-11-01T02:40:00.000Z')?.number).toBe(number);
  });

  it('is the inverse of computing it: the first and the last instant find the period again', () => {
    fc.assert(
      fc.property(schedules, numbers, (schedule, number) => {
        const period = computePeriod({ ...schedule, number });
        const lastInstant = fromEpochMs(toEpochMs(period.endsAt) - 1);
        expect(findPeriodAt(schedule, period.startsAt)).toEqual(period);
        expect(findPeriodAt(schedule, lastInstant)).toEqual(period);
      }),
    );
  });

  it('finds a period that holds the instant, for any instant from the anchor on', () => {
    const century = fc.integer({ min: 0, max: 60 * 365 * 86_400_000 });
    fc.assert(
      fc.property(schedules, century, (schedule, laterMs) => {
        const atMs = toEpochMs(schedule.anchorAt) + laterMs;
        const period = findPeriodAt(schedule, fromEpochMs(atMs));
        expect(toEpochMs(period?.startsAt ?? '')).toBeLessThanOrEqual(atMs);
        expect(toEpochMs(period?.endsAt ?? '')).toBeGreaterThan(atMs);
      }),
    );
  });
});
