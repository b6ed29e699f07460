/**
 * Owns: which market a number belongs to, and which row of a version prices a category in it.
 * Does not own: which version counts (find-version.ts), what of the row is charged (rate-event.ts).
 * Rules: R3.26: the longest prefix that fits says the market; a number that none fits, and a market that has
 * no price of its own for a category, are priced at `*`. A business-scoped user id of WhatsApp, which hides the
 * number, begins with its country: that of a prefix `MY.`, else of the market that is called like the country.
 * Example: with 1 → US and 1242 → BS, 12425550100 is of the market BS, 13105550100 and US.13f0… of US.
 */
import { ANY_MARKET, type MarketPrefix, type RateCardVersion, type RateRow } from './rate-card';

/** The market of a number, digits without "+", or of a user id; `*` when no prefix fits or there is neither. */
export function findMarket(markets: readonly MarketPrefix[], person: string | null): string {
  if (person === null) return ANY_MARKET;
  const { byPrefix, longest, names } = indexOf(markets);
  for (let length = Math.min(longest, person.length); length > 0; length -= 1) {
    const market = byPrefix.get(person.slice(0, length));
    if (market !== undefined) return market;
  }
  const country = COUNTRY_OF_ID.exec(person)?.[1] ?? '';
  return names.has(country) ? country : ANY_MARKET;
}

const COUNTRY_OF_ID = /^([A-Z]{2})\./;

/** Whether every number is of the same market in both. */
export function hasSameMarkets(
  left: readonly MarketPrefix[],
  right: readonly MarketPrefix[],
): boolean {
  if (left === right) return true;
  const { byPrefix } = indexOf(left);
  return (
    left.length === right.length &&
    right.every(({ prefix, market }) => byPrefix.get(prefix) === market)
  );
}

/** What a category costs in a market: its own row, or that of `*`; null: it has no price. */
export function findRateRow(
  version: RateCardVersion,
  priced: { readonly category: string; readonly market: string },
): RateRow | null {
  const { category, market } = priced;
  const rows = rowsOf(version).get(category);
  return rows?.get(market) ?? rows?.get(ANY_MARKET) ?? null;
}

interface MarketIndex {
  readonly byPrefix: ReadonlyMap<string, string>;
  readonly longest: number;
  readonly names: ReadonlySet<string>;
}

type RowsByMarket = Map<string, RateRow>;

// Each event looks for its market and its row, and versions never change.
const marketIndexes = new WeakMap<readonly MarketPrefix[], MarketIndex>();
const rowIndexes = new WeakMap<RateCardVersion, ReadonlyMap<string, RowsByMarket>>();

function indexOf(markets: readonly MarketPrefix[]): MarketIndex {
  const known = marketIndexes.get(markets);
  if (known !== undefined) return known;
  const index = {
    byPrefix: new Map(markets.map(({ prefix, market }) => [prefix, market])),
    longest: Math.max(0, ...markets.map(({ prefix }) => prefix.length)),
    names: new Set(markets.map(({ market }) => market)),
  };
  marketIndexes.set(markets, index);
  return index;
}

function rowsOf(version: RateCardVersion): ReadonlyMap<string, RowsByMarket> {
  const known = rowIndexes.get(version);
  if (known !== undefined) return known;
  const index = new Map<string, RowsByMarket>();
  for (const row of version.rows) {
    const ofCategory = index.get(row.category) ?? new Map<string, RateRow>();
    index.set(row.category, ofCategory.set(row.market, row));
  }
  rowIndexes.set(version, index);
  return index;
}
