/**
 * Owns: what a version changes compared with the one it follows.
 * Does not own: which one that is (find-version.ts), how it is told (api/presenters).
 * Rules: R3.27 and R3.28: before prices are published, an operator sees what changes by how much, exactly.
 * Example: marketing in India from 0.7846 to 0.8631 is changed by a rate of 785_000_000n, which is 0.0785.
 */
import type { MarketPrefix, RateCardVersionDraft, RateRow } from './rate-card';

export interface PriceChange {
  readonly before: RateRow;
  readonly after: RateRow;
  /** After less before, in the units of the rows. */
  readonly changedBy: {
    readonly rate: bigint;
    readonly fixedFee: bigint;
    readonly percentFee: bigint;
  };
}

export interface CardDiff {
  readonly added: readonly RateRow[];
  readonly removed: readonly RateRow[];
  readonly changed: readonly PriceChange[];
  readonly unchanged: number;
  /** A prefix that leads elsewhere now is removed and added. */
  readonly addedMarkets: readonly MarketPrefix[];
  readonly removedMarkets: readonly MarketPrefix[];
}

type Priced = Pick<RateCardVersionDraft, 'markets' | 'rows'>;

/** What `after` changes of `before`; everything is added when there is nothing before. */
export function diffVersions(before: Priced | null, after: Priced): CardDiff {
  const earlier = new Map((before?.rows ?? []).map((row) => [keyOf(row), row]));
  const later = new Set(after.rows.map(keyOf));
  const pairs = after.rows.map((row) => ({ before: earlier.get(keyOf(row)) ?? null, after: row }));
  const changed = pairs.flatMap((pair) =>
    pair.before === null || isSamePrice(pair.before, pair.after)
      ? []
      : [toChange(pair.before, pair.after)],
  );
  const added = pairs.filter((pair) => pair.before === null).map((pair) => pair.after);
  return {
    added,
    removed: (before?.rows ?? []).filter((row) => !later.has(keyOf(row))),
    changed,
    unchanged: pairs.length - added.length - changed.length,
    addedMarkets: without(after.markets, before?.markets ?? []),
    removedMarkets: without(before?.markets ?? [], after.markets),
  };
}

function keyOf({ category, market }: RateRow): string {
  return `${category}/${market}`;
}

function isSamePrice(before: RateRow, after: RateRow): boolean {
  return (
    before.rate === after.rate &&
    before.fee.fixed === after.fee.fixed &&
    before.fee.percent === after.fee.percent &&
    before.tiers.length === after.tiers.length &&
    before.tiers.every(
      ({ fromQuantity, rate }, index) =>
        fromQuantity === after.tiers[index]?.fromQuantity && rate === after.tiers[index].rate,
    )
  );
}

function toChange(before: RateRow, after: RateRow): PriceChange {
  return {
    before,
    after,
    changedBy: {
      rate: after.rate - before.rate,
      fixedFee: after.fee.fixed - before.fee.fixed,
      percentFee: after.fee.percent - before.fee.percent,
    },
  };
}

function without(
  markets: readonly MarketPrefix[],
  others: readonly MarketPrefix[],
): readonly MarketPrefix[] {
  const known = new Map(others.map(({ prefix, market }) => [prefix, market]));
  return markets.filter(({ prefix, market }) => known.get(prefix) !== market);
}
