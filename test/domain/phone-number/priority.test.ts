import { findMisplaced } from '../../../domain/phone-number/priority';

describe('the account’s own order of its numbers', () => {
  it('R2.15 may leave numbers out', () => {
    expect(findMisplaced(['num_2'], ['num_1', 'num_2'])).toEqual([]);
    expect(findMisplaced([], ['num_1'])).toEqual([]);
  });

  it('R2.15 names each number that is unknown or has a place already', () => {
    expect(findMisplaced(['num_2', 'num_2', 'num_9'], ['num_1', 'num_2'])).toEqual([
      { index: 1, problem: 'duplicate' },
      { index: 2, problem: 'unknown' },
    ]);
  });
});
