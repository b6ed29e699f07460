import { buildTrend, TREND_SERIES, type UsageDay } from '../../../domain/usage/usage-trend';

const RANGE = { from: '2026-11-01', to: '2026-11-03' };

function day(date: string, category: string, quantity: number, visitors = 0): UsageDay {
  return {
    date,
    category,
    quantity: BigInt(quantity),
    visitors: BigInt(visitors),
    amountMicros: BigInt(quantity) * 500_000n,
  };
}

describe('the usage trend', () => {
  it('R3.18 R3.23 R3.24 tells service, business initiated, its three parts, and visitors apart', () => {
    const days = [
      day('2026-11-01', 'service', 7, 3),
      day('2026-11-01', 'marketing', 3, 1),
      day('2026-11-01', 'utility', 2),
      day('2026-11-01', 'authentication', 1),
      day('2026-11-01', 'authentication_international', 4),
      day('2026-11-01', 'message', 100, 2),
    ];
    const trend = buildTrend(days, { from: '2026-11-01', to: '2026-11-01' }, TREND_SERIES);
    expect(trend.map(({ name, points }) => [name, points[0]?.value])).toEqual([
      ['service_conversation', 7n],
      ['bi_conversation', 10n],
      ['marketing', 3n],
      ['utility', 2n],
      ['authentication', 5n],
      ['unique_visitor', 6n],
    ]);
    expect(trend[1]?.points[0]?.amountMicros).toBe(5_000_000n);
  });

  it('has a point for every day, and only of the series asked for', () => {
    const trend = buildTrend([day('2026-11-02', 'service', 5)], RANGE, ['service_conversation']);
    expect(trend).toHaveLength(1);
    expect(trend[0]?.points).toEqual([
      { date: '2026-11-01', value: 0n, amountMicros: 0n },
      { date: '2026-11-02', value: 5n, amountMicros: 2_500_000n },
      { date: '2026-11-03', value: 0n, amountMicros: 0n },
    ]);
  });

  it('R3.19 colours them as the product does: service blue, business purple, visitors green', () => {
    const colours = buildTrend([], RANGE, TREND_SERIES).map(({ name, colour }) => [name, colour]);
    expect(Object.fromEntries(colours)).toMatchObject({
      service_conversation: 'blue',
      bi_conversation: 'purple',
      unique_visitor: 'green',
    });
  });
});
