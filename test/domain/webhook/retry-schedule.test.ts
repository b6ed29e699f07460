import fc from 'fast-check';
import { findReasonToDisable } from '../../../domain/webhook/endpoint-health';
import { findNextTry, RETRY_SECONDS } from '../../../domain/webhook/retry-schedule';
import { toEpochMs } from '../../../domain/instant';

const AT = '2026-11-28T10:00:00.000Z';
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: RETRY_SECONDS.length,
  maxLength: RETRY_SECONDS.length,
});

function secondsAfter(failures: number, chance: number): number | null {
  const next = findNextTry({ failures, failedAt: AT, chance });
  return next === null ? null : (toEpochMs(next) - toEpochMs(AT)) / 1_000;
}

describe('the schedule of retries', () => {
  it('begins within 30 seconds and ends a day later', () => {
    expect(findNextTry({ failures: 1, failedAt: AT, chance: 0 })).toBe('2026-11-28T10:00:15.000Z');
    expect(findNextTry({ failures: 2, failedAt: AT, chance: 0.5 })).toBe(
      '2026-11-28T10:01:06.000Z',
    );
    expect(findNextTry({ failures: 9, failedAt: AT, chance: 0 })).toBe('2026-11-28T21:00:00.000Z');
    expect(findNextTry({ failures: 10, failedAt: AT, chance: 0 })).toBeNull();
  });

  it('grows whatever the jitter, and takes 24 to 30 hours in all', () => {
    fc.assert(
      fc.property(chances, (drawn) => {
        const waits = drawn.map((chance, index) => secondsAfter(index + 1, chance) ?? 0);
        const total = waits.reduce((sum, wait) => sum + wait, 0);
        expect(waits[0]).toBeLessThanOrEqual(30);
        expect(waits.slice(1).every((wait, index) => wait > (waits[index] ?? 0))).toBe(true);
        expect(total).toBeGreaterThanOrEqual(24 * 3_600);
        expect(total).toBeLessThan(30 * 3_600);
      }),
    );
  });
});

describe('an endpoint that fails', () => {
  const since = '2026-11-25T10:00:00.000Z';

  it.each([
    ['after three days and ten failures', { httpStatus: 500, failures: 10, failingSince: since }],
    ['at once when it is gone', { httpStatus: 410, failures: 1, failingSince: AT }],
  ])('is disabled %s', (_when, failed) => {
    expect(findReasonToDisable({ at: AT, ...failed })).not.toBeNull();
  });

  it.each([
    [
      'a second too early',
      { httpStatus: 500, failures: 99, failingSince: '2026-11-25T10:00:01.000Z' },
    ],
    ['with nine failures', { httpStatus: null, failures: 9, failingSince: since }],
  ])('goes on %s', (_when, failed) => {
    expect(findReasonToDisable({ at: AT, ...failed })).toBeNull();
  });
});
