import { BillingError } from '../../../domain/billing-error';
import { buildDayRange, instantsOf, listDays } from '../../../domain/usage/report-range';

const TODAY = '2026-11-28';

function codeOf(from: string, to: string): string {
  try {
    buildDayRange({ from, to, today: TODAY });
    return 'ok';
  } catch (error) {
    return error instanceof BillingError ? error.code : 'another error';
  }
}

describe('the days of a trend or report', () => {
  it.each([
    ['2026-08-21', '2026-11-21', 'ok'],
    ['2026-08-20', '2026-11-21', 'range_too_long'],
    ['2026-11-30', '2027-02-28', 'ok'],
    ['2026-11-30', '2027-03-01', 'range_too_long'],
    ['2026-08-31', '2026-11-30', 'ok'],
    ['2026-11-28', '2026-11-28', 'ok'],
    ['2026-11-28', '2026-11-27', 'unprocessable'],
  ])('R3.20 from %s to %s: %s', (from, to, code) => {
    expect(codeOf(from, to)).toBe(code);
  });

  it('end today and begin a month before, when nothing is said', () => {
    expect(buildDayRange({ today: '2026-03-31' })).toEqual({
      from: '2026-02-28',
      to: '2026-03-31',
    });
    expect(buildDayRange({ to: '2026-10-15', today: TODAY })).toEqual({
      from: '2026-09-15',
      to: '2026-10-15',
    });
  });

  it('R3.22 begin and end at midnight of the account, also where the clocks change', () => {
    expect(instantsOf({ from: '2026-10-31', to: '2026-11-01' }, 'America/New_York')).toEqual({
      startsAt: '2026-10-31T04:00:00.000Z',
      endsAt: '2026-11-02T05:00:00.000Z',
    });
    // In Asuncion 1 October 2023 began at 01:00.
    expect(instantsOf({ from: '2023-10-01', to: '2023-10-01' }, 'America/Asuncion')).toEqual({
      startsAt: '2023-10-01T04:00:00.000Z',
      endsAt: '2023-10-02T03:00:00.000Z',
    });
  });

  it('are listed one by one', () => {
    expect(listDays({ from: '2027-02-27', to: '2027-03-01' })).toEqual([
      '2027-02-27',
      '2027-02-28',
      '2027-03-01',
    ]);
  });
});
