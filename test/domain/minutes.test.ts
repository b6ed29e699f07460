import { computeMinutes } from '../../domain/minutes';
import { computePercent } from '../../domain/percent';

describe('call minutes as their owner sees them', () => {
  it.each([
    ['15 636 of 60 000 seconds', [60_000n, 44_364n], [1_000n, 739n, '26.06']],
    ['1 303 of 5 000 minutes', [300_000n, 221_820n], [5_000n, 3_697n, '26.06']],
    ['nothing of 300 minutes', [18_000n, 18_000n], [300n, 300n, '0.00']],
    ['one second of 300 minutes', [18_000n, 17_999n], [300n, 299n, '0.01']],
    ['all of 300 minutes', [18_000n, 0n], [300n, 0n, '100.00']],
    ['nothing of nothing', [0n, 0n], [0n, 0n, '0.00']],
    ['more than all', [6_000n, -1_500n], [100n, -25n, '125.00']],
  ] as const)('R2.05 tells what is used: %s', (_, [total, remaining], told) => {
    const { totalMinutes, remainingMinutes, usedPercent } = computeMinutes({ total, remaining });
    expect([totalMinutes, remainingMinutes, usedPercent]).toEqual(told);
  });

  it('R2.05 rounds half up at the second decimal', () => {
    expect(computePercent({ part: 1n, whole: 3n })).toBe('33.33');
    expect(computePercent({ part: 2n, whole: 3n })).toBe('66.67');
    expect(computePercent({ part: 5n, whole: 100_000n })).toBe('0.01');
    expect(computePercent({ part: -1n, whole: 4n })).toBe('-25.00');
  });
});
