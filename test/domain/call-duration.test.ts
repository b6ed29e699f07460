import { computeBillableSeconds, parseCallIncrement } from '../../domain/call-duration';

describe('the seconds that are billed of a call', () => {
  it.each([
    ['60/60', 1, 60],
    ['60/60', 60, 60],
    ['60/60', 61, 120],
    ['60/60', 80, 120],
    ['30/6', 1, 30],
    ['30/6', 30, 30],
    ['30/6', 31, 36],
    ['30/6', 36, 36],
    ['30/6', 45, 48],
    ['6/6', 10, 12],
    ['6/6', 56, 60],
    ['1/1', 80, 80],
    ['60/1', 59, 60],
    ['60/1', 61, 61],
  ])('R2.03 by %s, %i seconds count %i', (notation, seconds, billed) => {
    expect(computeBillableSeconds(seconds, parseCallIncrement(notation))).toBe(billed);
  });

  it.each(['60/60', '30/6', '1/1'])('R2.03 of an unanswered call are none, by %s', (notation) => {
    expect(computeBillableSeconds(0, parseCallIncrement(notation))).toBe(0);
  });

  it('are never fewer than the call had, nor a step more', () => {
    const increment = parseCallIncrement('30/6');
    for (let seconds = 1; seconds <= 600; seconds += 1) {
      const billed = computeBillableSeconds(seconds, increment);
      expect(billed).toBeGreaterThanOrEqual(seconds);
      expect(billed - Math.max(seconds, 30)).toBeLessThan(6);
    }
  });

  it.each(['', '60', '0/60', '60/0', '6.5/6', '60/60/60', '-6/6', '99999/1'])(
    'refuses the increment "%s"',
    (notation) => {
      expect(() => parseCallIncrement(notation)).toThrow(
        expect.objectContaining({ code: 'unprocessable', details: { increment: notation } }),
      );
    },
  );

  it.each([-1, 1.5, Number.NaN])('cannot be told of %d seconds', (seconds) => {
    expect(() => computeBillableSeconds(seconds, parseCallIncrement('60/60'))).toThrow(
      'a call lasts whole seconds',
    );
  });
});
