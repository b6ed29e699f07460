/**
 * Owns: by what a use is priced, at first and since it was rated again.
 * Does not own: what it costs (rating/price.ts), rating it again (rate-again.ts).
 * Example: version 12 of a card, market ID, 597.32 a message.
 */

export interface UsePrice {
  /** Of a card; null: the plan's price. */
  readonly versionId: number | null;
  /** Null: of several, or of none. */
  readonly market: string | null;
  /** 1e-10 of the currency per unit, without the fee; null: several, or none. */
  readonly unitRate: bigint | null;
}

/** The re-rating that priced a use again, by what, and under which taxation, by the row. */
export interface Rerated extends UsePrice {
  readonly reratingId: string;
  readonly taxationId: number;
}
