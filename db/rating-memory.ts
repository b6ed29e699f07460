/**
 * Owns: what one process remembers to rate by: accounts' terms, the cards, the seller's tax registrations, and the
 * days noted as rated.
 * Does not own: the queries (load-rating-terms.ts, rate-card-cache.ts), the rating, the locks.
 * Nothing here is believed: a batch takes what it rates by, and under its locks the number of the cards and of each
 * account's terms are compared with it. What has moved is loaded anew before anything is decided.
 */
import { addDays, localDateOf, startOfDay } from '../domain/calendar';
import { fromEpochMs, toEpochMs } from '../domain/instant';
import { invariant } from '../domain/invariant';
import type { RatingTerms } from '../domain/rating/rating-terms';
import { type CardIndex, indexCards } from '../domain/rating/tariff';
import { createUsageTaxes } from '../domain/tax/usage-tax';
import { loadRatingTerms } from './load-rating-terms';
import type { RateCardCache } from './rate-card-cache';
import type { RatedDay } from './repositories/rate-card.repository';
import { listSellerRegistrations } from './repositories/tax-registration.repository';
import type { Transaction } from './transaction';

/** Bounds the memory, at about 500 bytes each. */
const TERMS_MAX = 100_000;
/** Cards never have this one: whatever they have is loaded. */
const NO_GENERATION = -1n;
const NO_CARDS: RatingBasis['cards'] = {
  generation: NO_GENERATION,
  index: indexCards([], createUsageTaxes([])),
};

/** What one batch is rated by. Other batches of this process never change it. */
export interface RatingBasis {
  /** Accounts without a ledger have none. */
  readonly terms: ReadonlyMap<string, RatingTerms>;
  readonly cards: { readonly generation: bigint; readonly index: CardIndex };
}

/** The numbers that stand in the database, read with the locks. */
export interface LockedVersions {
  readonly generation: bigint;
  readonly ofTerms: ReadonlyMap<string, bigint>;
}

export interface RatedUse {
  readonly versionId: number;
  readonly atMs: number;
}

export interface RatingMemory {
  /** What is known; accounts that are not are looked up. Before any lock. */
  readonly takeBasis: (trx: Transaction, accountIds: ReadonlySet<string>) => Promise<RatingBasis>;
  /** The basis that counts under the locks: the same object when nothing has moved. */
  readonly renewBasis: (
    trx: Transaction,
    basis: RatingBasis,
    locked: LockedVersions,
  ) => Promise<RatingBasis>;
  /** The last day of these uses, per card, where it is later than what is known to be noted. */
  readonly findRatedDays: (cards: CardIndex, uses: readonly RatedUse[]) => RatedDay[];
  /** Once they are committed. */
  readonly rememberRatedDays: (days: readonly RatedDay[]) => void;
}

export function createRatingMemory(rateCards: RateCardCache): RatingMemory {
  const known = new Map<string, RatingTerms>();
  const ratedDays = createRatedDays();
  let cards = NO_CARDS;

  return {
    ...ratedDays,
    async takeBasis(trx, accountIds) {
      const unknown = [...accountIds].filter((accountId) => !known.has(accountId));
      if (unknown.length > 0) await loadTerms(trx, unknown);
      if (cards === NO_CARDS) await loadCards(trx, NO_GENERATION);
      const terms = new Map<string, RatingTerms>();
      for (const accountId of accountIds) {
        const ofAccount = known.get(accountId);
        if (ofAccount !== undefined) terms.set(accountId, ofAccount);
      }
      return { terms, cards };
    },
    async renewBasis(trx, basis, { generation, ofTerms }) {
      const moved = [...ofTerms].filter(
        ([id, version]) => basis.terms.get(id)?.version !== version,
      );
      const hasSameCards = basis.cards.generation === generation;
      if (moved.length === 0 && hasSameCards) return basis;
      const loaded = await loadTerms(
        trx,
        moved.map(([accountId]) => accountId),
      );
      return {
        terms: new Map([
          ...basis.terms,
          ...loaded.map((terms) => [terms.accountId, terms] as const),
        ]),
        cards: hasSameCards ? basis.cards : await loadCards(trx, generation),
      };
    },
  };

  async function loadTerms(
    trx: Transaction,
    accountIds: readonly string[],
  ): Promise<readonly RatingTerms[]> {
    if (accountIds.length === 0) return [];
    const loaded = await loadRatingTerms(trx, accountIds);
    if (known.size + loaded.length > TERMS_MAX) known.clear();
    for (const terms of loaded) known.set(terms.accountId, terms);
    return loaded;
  }

  async function loadCards(trx: Transaction, generation: bigint): Promise<RatingBasis['cards']> {
    if (cards.generation === generation && cards !== NO_CARDS) return cards;
    const loaded = await rateCards.getRateCards(trx, generation);
    const indexed = {
      generation: loaded.generation,
      index: indexCards(loaded.cards, createUsageTaxes(await listSellerRegistrations(trx))),
    };
    // Two batches may have loaded at once: the older answer must not come last.
    if (cards.generation < indexed.generation) cards = indexed;
    return indexed;
  }
}

/** From when on nothing of a card is known to be noted as rated. */
function createRatedDays(): Pick<RatingMemory, 'findRatedDays' | 'rememberRatedDays'> {
  const untilMs = new Map<string, number>();
  const zones = new Map<string, string>();
  return {
    findRatedDays({ byVersionId, byCode }, uses) {
      const latest = new Map<string, number>();
      for (const { versionId, atMs } of uses) {
        const code = byVersionId.get(versionId)?.cardCode;
        if (code === undefined || atMs < (untilMs.get(code) ?? -Infinity)) continue;
        latest.set(code, Math.max(latest.get(code) ?? -Infinity, atMs));
      }
      return [...latest].map(([cardCode, atMs]) => {
        const dated = byCode.get(cardCode);
        invariant(dated !== undefined, 'cards are never deleted');
        zones.set(cardCode, dated.card.timeZone);
        return { cardCode, day: localDateOf(fromEpochMs(atMs), dated.card.timeZone) };
      });
    },
    rememberRatedDays(days) {
      for (const { cardCode, day } of days) {
        const zone = zones.get(cardCode);
        invariant(zone !== undefined, 'a day is remembered after it was found');
        const endMs = toEpochMs(startOfDay(addDays(day, 1), zone));
        untilMs.set(cardCode, Math.max(untilMs.get(cardCode) ?? -Infinity, endMs));
      }
    },
  };
}
