import fc from 'fast-check';
import { diffVersions } from '../../../domain/rating/card-diff';
import type { RateRow } from '../../../domain/rating/rate-card';
import { draftOf, priced } from '../../support/rate-cards';

const INDIA_2025 = [
  priced('marketing', 'IN', '0.7846'),
  priced('utility', 'IN', '0.115'),
  priced('service', 'IN', '0'),
];
const INDIA_2026 = [
  priced('marketing', 'IN', '0.8631'),
  priced('utility', 'IN', '0.115'),
  priced('authentication_international', 'IN', '2.30'),
];

describe('what a version changes', () => {
  it('R3.27 is told exactly: India from 0.7846 to 0.8631', () => {
    const diff = diffVersions(draftOf({ rows: INDIA_2025 }), draftOf({ rows: INDIA_2026 }));
    expect(diff).toEqual({
      added: [priced('authentication_international', 'IN', '2.30')],
      removed: [priced('service', 'IN', '0')],
      changed: [
        {
          before: priced('marketing', 'IN', '0.7846'),
          after: priced('marketing', 'IN', '0.8631'),
          changedBy: { rate: 785_000_000n, fixedFee: 0n, percentFee: 0n },
        },
      ],
      unchanged: 1,
      addedMarkets: [],
      removedMarkets: [],
    });
  });

  it('R3.28 is told of the fee, of tiers, and of a price that falls', () => {
    const [before] = INDIA_2025;
    if (before === undefined) throw new Error('it has a price');
    const dearer: RateRow = { ...before, fee: { fixed: 5n, percent: 100_000_000_000n } };
    const tiered: RateRow = { ...before, tiers: [{ fromQuantity: 1_000n, rate: 1n }] };
    const cheaper = priced('marketing', 'IN', '0.7');
    const changeTo = (after: RateRow) =>
      diffVersions(draftOf({ rows: [before] }), draftOf({ rows: [after] })).changed;
    expect(changeTo(dearer)).toMatchObject([
      { changedBy: { rate: 0n, fixedFee: 5n, percentFee: 100_000_000_000n } },
    ]);
    expect(changeTo(tiered)).toMatchObject([{ changedBy: { rate: 0n }, after: tiered }]);
    expect(changeTo(cheaper)).toMatchObject([{ changedBy: { rate: -846_000_000n } }]);
  });

  it('R3.26 is told of markets: a prefix that leads elsewhere is removed and added', () => {
    const before = draftOf({
      markets: [
        { prefix: '380', market: 'Rest of Central and Eastern Europe' },
        { prefix: '62', market: 'ID' },
      ],
    });
    const after = draftOf({
      markets: [
        { prefix: '62', market: 'ID' },
        { prefix: '380', market: 'UA' },
      ],
    });
    expect(diffVersions(before, after)).toMatchObject({
      addedMarkets: [{ prefix: '380', market: 'UA' }],
      removedMarkets: [{ prefix: '380', market: 'Rest of Central and Eastern Europe' }],
    });
  });

  it('is everything where there was nothing', () => {
    const diff = diffVersions(null, draftOf({ rows: INDIA_2026 }));
    expect([diff.added, diff.unchanged, diff.removed]).toEqual([INDIA_2026, 0, []]);
  });

  it('leads from one to the other, whatever they are', () => {
    const row = fc
      .record({
        category: fc.constantFrom('marketing', 'utility'),
        market: fc.constantFrom('ID', 'IN', '*'),
        rate: fc.constantFrom('0', '1', '2.5'),
      })
      .map(({ category, market, rate }) => priced(category, market, rate));
    const rows = fc.uniqueArray(row, { selector: (each) => `${each.category}/${each.market}` });
    const sorted = (all: readonly RateRow[]) =>
      all.map((each) => `${each.category}/${each.market} ${each.rate}`).toSorted();
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const diff = diffVersions(draftOf({ rows: before }), draftOf({ rows: after }));
        const gone = [...diff.removed, ...diff.changed.map((change) => change.before)];
        const kept = before.filter((each) => !gone.includes(each));
        expect(kept).toHaveLength(diff.unchanged);
        const reached = [...kept, ...diff.added, ...diff.changed.map((change) => change.after)];
        expect(sorted(reached)).toEqual(sorted(after));
      }),
    );
  });
});
