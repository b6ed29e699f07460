/**
 * Owns: the rate cards that this process remembers, and when they are read again.
 * Does not own: the query (repositories/rate-card.repository.ts), what is rated by them.
 * Every change of cards moves one number, the generation. A batch of usage reads it with its locks
 * (`share_rate_cards`), so a version that another process published counts with the next batch here: no poll,
 * no time to live. A version is read once and kept; it never changes.
 */
import type { RateCardVersion } from '../domain/rating/rate-card';
import { loadRateCards, type RateCards } from './repositories/rate-card.repository';
import type { Transaction } from './transaction';

export interface RateCardCache {
  /** What is known, to price an event before its account is locked; null before the first `getRateCards`. */
  readonly peekRateCards: () => RateCards | null;
  /**
   * The cards of this generation or a later one; of exactly this one when `trx` holds the lock it was read with.
   * Never within a transaction that changes cards: what that rolls back would be remembered.
   */
  readonly getRateCards: (trx: Transaction, generation: bigint) => Promise<RateCards>;
}

/** One per process. */
export function createRateCardCache(): RateCardCache {
  let known: RateCards | null = null;
  return {
    peekRateCards: () => known,
    async getRateCards(trx, generation) {
      if (known !== null && known.generation === generation) return known;
      const loaded = await loadRateCards(trx, versionsOf(known));
      // Two batches may have loaded at once: the older answer must not come last.
      if (known === null || known.generation < loaded.generation) known = loaded;
      return loaded;
    },
  };
}

function versionsOf(known: RateCards | null): ReadonlyMap<number, RateCardVersion> {
  const versions = (known?.cards ?? []).flatMap((dated) => dated.versions);
  return new Map(versions.map((version) => [version.id, version]));
}
