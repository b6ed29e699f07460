import fc from 'fast-check';
import {
  addCalendarDays,
  addCalendarMonths,
  addDays,
  addMonthsToDate,
  daysBetween,
  isLocalDate,
  isMonthKey,
  isTimeZone,
  localDateOf,
  monthOf,
  nextMonth,
  previousMonth,
  startOfDay,
  startOfMonth,
} from '../../domain/calendar';
import { fromEpochMs, toEpochMs } from '../../domain/instant';
import { InvariantViolation } from '../../domain/invariant';

const HOUR_MS = 3_600_000;

const zones = fc.constantFrom(
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Europe/Istanbul',
  'Asia/Jakarta',
  'America/New_York',
  'America/Asuncion',
  'America/Havana',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Etc/GMT+12',
);
const instants = fc
  .integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2059, 0, 1) })
  .map(fromEpochMs);
const dates = fc.tuple(instants, zones).map(([instant, zone]) => localDateOf(instant, zone));

describe('time zones', () => {
  it.each([
    'UTC',
    'Asia/Kolkata',
    'Europe/Istanbul',
    'Asia/Kathmandu',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+12',
  ])('knows %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each([
    '',
    'local',
    'system',
    'utc',
    'Z',
    '+05:30',
    'UTC+5:30',
    'IST',
    'Mars/Olympus',
    'Asia/kolkata ',
    'Asia/Kolkata\n',
    '../etc/passwd',
  ])('knows no zone %j', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });

  it('refuses to reckon in a zone this host does not know', () => {
    expect(() => localDateOf('2026-01-01T00:00:00.000Z', 'Mars/Olympus')).toThrow(
      expect.objectContaining({ code: 'invalid_time_zone' }),
    );
  });
});

describe('civil dates and months', () => {
  it.each(['2026-01-31', '2024-02-29', '0001-01-01', '9999-12-31'])('%s is a date', (date) => {
    expect(isLocalDate(date)).toBe(true);
  });

  it.each(['2026-02-29', '2026-13-01', '2026-1-1', '20260101', '2026-01-01T00:00', '', '2026-W01'])(
    '%j is no date',
    (date) => {
      expect(isLocalDate(date)).toBe(false);
    },
  );

  it('knows a month from a date', () => {
    expect(['2026-01', '2026-12'].every(isMonthKey)).toBe(true);
    expect(['2026-00', '2026-13', '2026-1', '2026-01-01', ''].some(isMonthKey)).toBe(false);
  });

  it('treats a date that does not exist as a bug of the caller', () => {
    expect(() => addDays('2026-02-30', 1)).toThrow(InvariantViolation);
  });

  it.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-01-31', 2, '2026-03-31'],
    ['2024-02-29', 12, '2025-02-28'],
    ['2024-02-29', 48, '2028-02-29'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-11-15', 2, '2027-01-15'],
    ['2026-11-15', 0, '2026-11-15'],
  ])('%s moved by %i months is %s', (date, months, moved) => {
    expect(addMonthsToDate(date, months)).toBe(moved);
  });

  it('counts days over month ends and leap days', () => {
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(daysBetween('2026-01-31', '2026-02-28')).toBe(28);
    expect(daysBetween('2026-11-21', '2027-01-01')).toBe(41);
    expect(daysBetween('2026-03-01', '2026-02-01')).toBe(-28);
  });

  it('knows the months next to a month, over the new year too', () => {
    expect(nextMonth('2026-12')).toBe('2027-01');
    expect(nextMonth('2026-01')).toBe('2026-02');
    expect(previousMonth('2027-01')).toBe('2026-12');
  });

  it('finds the days between two dates again by adding them', () => {
    fc.assert(
      fc.property(dates, dates, (from, to) => {
        expect(addDays(from, daysBetween(from, to))).toBe(to);
      }),
    );
  });
});

describe('the start of a month', () => {
  it.each([
    ['2026-08', 'Asia/Kolkata', '2026-07-31T18:30:00.000Z'],
    ['2026-08', 'Europe/Istanbul', '2026-07-31T21:00:00.000Z'],
    ['2026-08', 'Asia/Jakarta', '2026-07-31T17:00:00.000Z'],
    ['2026-08', 'Asia/Makassar', '2026-07-31T16:00:00.000Z'],
    ['2026-08', 'Asia/Jayapura', '2026-07-31T15:00:00.000Z'],
    ['2026-08', 'Asia/Kathmandu', '2026-07-31T18:15:00.000Z'],
    ['2026-08', 'UTC', '2026-08-01T00:00:00.000Z'],
    ['2026-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-01', 'Etc/GMT+12', '2026-01-01T12:00:00.000Z'],
    ['2023-10', 'America/Asuncion', '2023-10-01T04:00:00.000Z'],
  ])('of %s in %s is %s', (month, zone, instant) => {
    expect(startOfMonth(month, zone)).toBe(instant);
  });

  it.each([
    ['2026-11', 'America/New_York', 721],
    ['2026-03', 'America/New_York', 743],
    ['2026-03', 'Asia/Kolkata', 744],
  ])('makes %s in %s last %i hours', (month, zone, hours) => {
    const startMs = toEpochMs(startOfMonth(month, zone));
    expect((toEpochMs(startOfMonth(nextMonth(month), zone)) - startMs) / HOUR_MS).toBe(hours);
  });
});

describe('the month of an instant', () => {
  it.each([
    ['2026-07-31T18:29:59.999Z', 'Asia/Kolkata', '2026-07'],
    ['2026-07-31T18:30:00.000Z', 'Asia/Kolkata', '2026-08'],
    ['2026-07-31T18:14:59.999Z', 'Asia/Kathmandu', '2026-07'],
    ['2026-07-31T18:15:00.000Z', 'Asia/Kathmandu', '2026-08'],
    ['2026-03-31T18:30:00.000Z', 'Asia/Kolkata', '2026-04'],
    ['2026-01-01T11:59:59.999Z', 'Etc/GMT+12', '2025-12'],
    ['2025-12-31T10:00:00.000Z', 'Pacific/Kiritimati', '2026-01'],
  ])('%s in %s is %s', (instant, zone, month) => {
    expect(monthOf(instant, zone)).toBe(month);
  });

  it('starts no later than the instant, and the next month starts after it', () => {
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const month = monthOf(instant, zone);
        expect(toEpochMs(startOfMonth(month, zone))).toBeLessThanOrEqual(toEpochMs(instant));
        expect(toEpochMs(startOfMonth(nextMonth(month), zone))).toBeGreaterThan(toEpochMs(instant));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the start of a day', () => {
  it.each([
    // Clocks went from 00:00 to 01:00.
    ['2023-10-01', 'America/Asuncion', '2023-10-01T04:00:00.000Z'],
    ['2024-03-31', 'Asia/Beirut', '2024-03-30T22:00:00.000Z'],
    // Clocks went from 01:00 back to 00:00: midnight came twice, the day begins with the first.
    ['2023-11-05', 'America/Havana', '2023-11-05T04:00:00.000Z'],
    // Clocks went from 24:00 back to 23:00: the day before is the one that lasts 25 hours.
    ['2024-03-24', 'America/Asuncion', '2024-03-24T04:00:00.000Z'],
    // Half an hour of daylight saving, at 02:00.
    ['2026-04-05', 'Australia/Lord_Howe', '2026-04-04T13:00:00.000Z'],
    ['2026-04-06', 'Australia/Lord_Howe', '2026-04-05T13:30:00.000Z'],
    ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z'],
    ['2026-03-09', 'America/New_York', '2026-03-09T04:00:00.000Z'],
    // Samoa had no 30 December 2011: whatever was due that day is due when the 31st begins.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    // Clocks went from 23:30 to 00:30: the day begins in mid gap, at the change.
    ['1919-03-31', 'America/Toronto', '1919-03-31T04:30:00.000Z'],
  ])('of %s in %s is %s', (date, zone, instant) => {
    expect(startOfDay(date, zone)).toBe(instant);
  });

  it('is the first instant of that date', () => {
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const date = localDateOf(instant, zone);
        const startMs = toEpochMs(startOfDay(date, zone));
        expect(localDateOf(fromEpochMs(startMs), zone)).toBe(date);
        expect(localDateOf(fromEpochMs(startMs - 1), zone) < date).toBe(true);
        expect(startMs).toBeLessThanOrEqual(toEpochMs(instant));
      }),
      { numRuns: 300 },
    );
  });
});

describe('adding calendar months to an instant', () => {
  it.each([
    // 31 January, 10:15:30.250 in Kolkata.
    ['2026-01-31T04:45:30.250Z', 1, 'Asia/Kolkata', '2026-02-28T04:45:30.250Z'],
    ['2026-01-31T04:45:30.250Z', 2, 'Asia/Kolkata', '2026-03-31T04:45:30.250Z'],
    // 10:00 in New York, in winter -05:00, in summer -04:00.
    ['2026-02-15T15:00:00.000Z', 1, 'America/New_York', '2026-03-15T14:00:00.000Z'],
    ['2026-10-15T14:00:00.000Z', 1, 'America/New_York', '2026-11-15T15:00:00.000Z'],
    // 02:30 does not exist on 8 March 2026 there: the first moment after the gap, 03:00.
    ['2026-02-08T07:30:00.000Z', 1, 'America/New_York', '2026-03-08T07:00:00.000Z'],
    // 01:30 comes twice on 1 November 2026: the first, still -04:00.
    ['2026-10-01T05:30:00.000Z', 1, 'America/New_York', '2026-11-01T05:30:00.000Z'],
    // The second 01:30 of that day is itself when nothing is added.
    ['2026-11-01T06:30:00.000Z', 0, 'America/New_York', '2026-11-01T06:30:00.000Z'],
    ['2026-03-31T00:00:00.000Z', -1, 'UTC', '2026-02-28T00:00:00.000Z'],
  ])('%s plus %i in %s is %s', (instant, months, zone, moved) => {
    expect(addCalendarMonths(instant, months, zone)).toBe(moved);
  });

  it('answers in the one spelling of an instant', () => {
    expect(addCalendarMonths('2026-01-01T00:00:00Z', 0, 'UTC')).toBe('2026-01-01T00:00:00.000Z');
  });
});

describe('adding calendar days to an instant', () => {
  it.each([
    // 10:00 in New York, the day the clocks go forward lasts 23 hours, the day back 25.
    ['2026-03-07T15:00:00.000Z', 1, 'America/New_York', '2026-03-08T14:00:00.000Z'],
    ['2026-10-31T14:00:00.000Z', 1, 'America/New_York', '2026-11-01T15:00:00.000Z'],
    ['2026-11-02T15:00:00.000Z', -2, 'America/New_York', '2026-10-31T14:00:00.000Z'],
    ['2026-02-27T18:30:00.000Z', 3, 'Asia/Kolkata', '2026-03-02T18:30:00.000Z'],
    // Midnight in Paraguay, onto the day that has none.
    ['2023-09-30T04:00:00.000Z', 1, 'America/Asuncion', '2023-10-01T04:00:00.000Z'],
    ['2026-11-01T06:30:00.000Z', 0, 'America/New_York', '2026-11-01T06:30:00.000Z'],
  ])('%s plus %i in %s is %s', (instant, days, zone, moved) => {
    expect(addCalendarDays(instant, days, zone)).toBe(moved);
  });
});

describe('a date asked for again', () => {
  it('is what the calendar of the zone says, after more instants than are remembered', () => {
    const asked = ['America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'].flatMap((zone) => {
      const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
      // Two months of hours around the changes of March and April 2026: 4,320 answers.
      return Array.from({ length: 1_440 }, (_, hour) => {
        const epochMs = Date.UTC(2026, 2, 1) + hour * HOUR_MS;
        return { zone, instant: fromEpochMs(epochMs), date: calendar.format(epochMs) };
      });
    });
    for (const round of [1, 2]) {
      const answered = asked.map(({ zone, instant }) => localDateOf(instant, zone));
      expect({ round, answered }).toEqual({ round, answered: asked.map(({ date }) => date) });
    }
    const [first] = asked;
    const again = [1, 2].map(() => first && localDateOf(first.instant, first.zone));
    expect(again).toEqual([first?.date, first?.date]);
  });
});
