import { findNextRetryDay } from '../../domain/dunning';

const LADDER = { retryAfterDays: [1, 3, 5, 7], final: 'end', endsAfterDays: 30 } as const;

describe('the retry ladder', () => {
  it.each([
    [0, 1],
    [1, 3],
    [2, 5],
    [3, 7],
    [4, null],
    [9, null],
  ])('R1.08 after %i retries comes day %p, counted from the due date', (retriesMade, day) => {
    expect(findNextRetryDay(LADDER, retriesMade)).toBe(day);
  });

  it('that is empty has no first rung', () => {
    expect(findNextRetryDay({ ...LADDER, retryAfterDays: [] }, 0)).toBeNull();
  });
});
