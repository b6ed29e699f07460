import {
  completePolicy,
  DEFAULT_DUNNING_POLICY,
  findNextRetryDay,
  type DunningPolicy,
} from '../../domain/dunning';

const RETRY_SCHEDULE: DunningPolicy = { ...DEFAULT_DUNNING_POLICY, retryAfterDays: [1, 3, 5, 7] };

describe('the retry schedule', () => {
  it.each([
    [0, 1],
    [1, 3],
    [2, 5],
    [3, 7],
    [4, null],
    [9, null],
  ])('R1.08 after %i retries comes day %p, counted from the due date', (retriesMade, day) => {
    expect(findNextRetryDay(RETRY_SCHEDULE, retriesMade)).toBe(day);
  });

  it('that is empty has no first rung', () => {
    expect(findNextRetryDay({ ...RETRY_SCHEDULE, retryAfterDays: [] }, 0)).toBeNull();
  });
});

describe('a stored policy', () => {
  it('from before saved methods keeps its retry schedule and gets the other defaults', () => {
    const stored = { retryAfterDays: [2], final: 'keep', endsAfterDays: 0 } as const;
    expect(completePolicy(stored)).toEqual({
      retryAfterDays: [2],
      stopsOnHardDecline: true,
      collection: 'missing_part',
      noticeDaysBefore: [],
      final: 'keep',
      endsAfterDays: 0,
      downgradesTo: null,
    });
  });

  it('that is whole stays as it is', () => {
    const whole: DunningPolicy = {
      retryAfterDays: [1],
      stopsOnHardDecline: false,
      collection: 'whole_price',
      noticeDaysBefore: [7, 3],
      final: 'downgrade',
      endsAfterDays: 10,
      downgradesTo: 'basic',
    };
    expect(completePolicy(whole)).toEqual(whole);
  });
});
