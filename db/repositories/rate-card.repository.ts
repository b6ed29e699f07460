import { BillingError } from '../../domain/billing-error';
import { startOfDay, type LocalDate } from '../../domain/calendar';
import type { CurrencyCode } from '../../domain/currency';
import { toEpochMs, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { compareVersions } from '../../domain/rating/find-version';
import type {
  CardChannel,
  DatedRateCard,
  RateCard,
  RateCardVersion,
  RateCardVersionDraft,
} from '../../domain/rating/rate-card';
import { RateCardModel, RateCardVersionModel } from '../models/rate-card.model';
import {
  fromRowRateCard,
  fromRowRateCardVersion,
  toRowMarkets,
  toRowRateRow,
  toRowRule,
  type CardRow,
  type VersionRow,
} from '../rate-card-rows';
import type { Transaction } from '../transaction';

/** All cards with all their versions, as of one moment. */
export interface RateCards {
  /** Every change of cards moves it. */
  readonly generation: bigint;
  readonly cards: readonly DatedRateCard[];
}

interface LoadedRow {
  readonly generation: bigint;
  readonly cards: readonly CardRow[] | null;
  readonly versions: readonly VersionRow[] | null;
}

/**
 * All cards, read in one statement, so of one generation. Versions that are `known`, by their id, are not
 * read again: they never change.
 */
export async function loadRateCards(
  trx: Transaction,
  known: ReadonlyMap<number, RateCardVersion>,
): Promise<RateCards> {
  const { rows } = await trx.raw<{ rows: LoadedRow[] }>(
    `select g.generation,
            (select json_agg(c order by c.code) from rate_cards c) as cards,
            (select json_agg(v) from rate_card_versions v where v.id <> all (?::int[])) as versions
       from rate_card_generation g`,
    [[...known.keys()]],
  );
  const row = rows[0];
  invariant(row !== undefined, 'the generation of the cards is one row');
  const fresh = (row.versions ?? []).map(fromRowRateCardVersion);
  const versions = [...known.values(), ...fresh].toSorted(compareVersions);
  const cards = (row.cards ?? []).map((card) => ({
    card: fromRowRateCard(card),
    versions: versions.filter(({ cardCode }) => cardCode === card.code),
  }));
  return { generation: row.generation, cards };
}

/**
 * Waits until nothing is being rated, and lets nothing be rated before this transaction ends. Comes before any
 * other lock and before what the change is decided by is read.
 */
export async function lockRateCards(trx: Transaction): Promise<void> {
  await trx.raw('select lock_rate_cards()');
}

/** A card with what only the catalogue knows of it. */
export interface RateCardRecord {
  readonly card: RateCard;
  /** The newest day, in the card's zone, that usage was rated with it. */
  readonly ratedUntil: LocalDate | null;
  readonly createdAt: Instant;
}

export interface RateCardVersionRecord {
  readonly version: RateCardVersion;
  readonly createdAt: Instant;
}

export async function findRateCard(trx: Transaction, code: string): Promise<RateCardRecord | null> {
  const row = await RateCardModel.query(trx).findById(code);
  return row ? fromRowRateCardRecord(row) : null;
}

/** Cards in the order of their codes; `afterCode` is the last one of the page before. */
export async function listRateCards(
  trx: Transaction,
  query: {
    readonly limit: number;
    readonly afterCode: string | null;
    readonly channel?: CardChannel | undefined;
    readonly currency?: CurrencyCode | undefined;
  },
): Promise<RateCardRecord[]> {
  const { limit, afterCode, channel, currency } = query;
  const rows = await RateCardModel.query(trx)
    .modify((builder) => {
      if (afterCode !== null) builder.where('code', '>', afterCode);
      if (channel !== undefined) builder.where({ channel });
      if (currency !== undefined) builder.where({ currency });
    })
    .orderBy('code')
    .limit(limit);
  return rows.map(fromRowRateCardRecord);
}

/** Writes a new card. Throws BillingError `already_exists` when its code is taken, or there is another default. */
export async function insertRateCard(
  trx: Transaction,
  card: RateCard,
  at: Instant,
): Promise<RateCardRecord> {
  const { code, channel, currency } = card;
  const inserted = await trx('rate_cards')
    .insert({
      code,
      name: card.name,
      channel,
      currency,
      time_zone: card.timeZone,
      markets: JSON.stringify(toRowMarkets(card.firstMarkets)),
      is_default: card.isDefault,
      created_at: at,
    })
    .onConflict()
    .ignore()
    .returning<{ code: string }[]>('code');
  if (inserted.length > 0) return { card, ratedUntil: null, createdAt: at };
  if ((await findRateCard(trx, code)) !== null) {
    throw new BillingError('already_exists', `There is a rate card "${code}".`, { field: 'code' });
  }
  const other = await RateCardModel.query(trx).findOne({ channel, currency, is_default: true });
  const message = `The rate card "${other?.code ?? ''}" is the default for ${channel} in ${currency}.`;
  throw new BillingError('already_exists', message, { field: 'is_default' });
}

/**
 * Changes a card. One that becomes the default takes the place of the other of its channel and currency. The cards are
 * locked: no usage is rated in between. Throws `not_found`.
 */
export async function updateRateCard(
  trx: Transaction,
  code: string,
  change: { readonly name?: string | undefined; readonly isDefault?: boolean | undefined },
): Promise<RateCardRecord> {
  const before = await findRateCard(trx, code);
  if (before === null) throw new BillingError('not_found', 'There is no such rate card.');
  const { name = before.card.name, isDefault = before.card.isDefault } = change;
  const card = { ...before.card, name, isDefault };
  if (isDefault && !before.card.isDefault) {
    const { channel, currency } = card;
    const others = { channel, currency, is_default: true };
    await trx('rate_cards').where(others).update({ is_default: false });
  }
  await trx('rate_cards').where({ code }).update({ name, is_default: isDefault });
  return { ...before, card };
}

/** Writes the next version of a card. The cards are locked: two versions never get one number. */
export async function insertRateCardVersion(
  trx: Transaction,
  { card, draft }: { readonly card: RateCard; readonly draft: RateCardVersionDraft },
  at: Instant,
): Promise<RateCardVersionRecord> {
  const startsAt = startOfDay(draft.effectiveFrom, card.timeZone);
  const { rows } = await trx.raw<{ rows: { id: number; version: number }[] }>(
    `insert into rate_card_versions (card_code, version, effective_from, starts_at, corrects, note, rule, markets, prices, created_at)
     select ?, coalesce(max(version), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? from rate_card_versions where card_code = ?
     returning id, version`,
    [
      card.code,
      draft.effectiveFrom,
      startsAt,
      draft.corrects,
      draft.note,
      JSON.stringify(toRowRule(draft.rule)),
      JSON.stringify(toRowMarkets(draft.markets)),
      JSON.stringify(draft.rows.map(toRowRateRow)),
      at,
      card.code,
    ],
  );
  const row = rows[0];
  invariant(row !== undefined, 'an inserted version is answered');
  const version = { ...row, cardCode: card.code, startsAtMs: toEpochMs(startsAt), ...draft };
  return { version, createdAt: at };
}

/** All versions of a card in the order they count. */
export async function loadRateCardVersions(
  trx: Transaction,
  code: string,
): Promise<RateCardVersion[]> {
  const rows = await RateCardVersionModel.query(trx).where({ card_code: code });
  return rows.map(fromRowRateCardVersion).toSorted(compareVersions);
}

/** Versions of a card, the last made first; `before` is the number of the last one of the page before. */
export async function listRateCardVersions(
  trx: Transaction,
  query: { readonly code: string; readonly limit: number; readonly before: bigint | null },
): Promise<RateCardVersionRecord[]> {
  const { code, limit, before } = query;
  const rows = await RateCardVersionModel.query(trx)
    .where({ card_code: code })
    .modify((builder) => {
      if (before !== null) builder.whereRaw('version < ?::bigint', [String(before)]);
    })
    .orderBy('version', 'desc')
    .limit(limit);
  return rows.map(fromRowVersionRecord);
}

export async function findRateCardVersion(
  trx: Transaction,
  { code, version }: { readonly code: string; readonly version: number },
): Promise<RateCardVersionRecord | null> {
  const row = await RateCardVersionModel.query(trx).findOne({ card_code: code, version });
  return row ? fromRowVersionRecord(row) : null;
}

/** What of a day's usage was rated with a card. */
export interface RatedDay {
  readonly cardCode: string;
  /** In the card's zone. */
  readonly day: LocalDate;
}

/**
 * Notes that usage of these days was rated: no version may begin on or before them. For the first usage of a card's
 * day, not for each: the row is everybody's.
 */
export async function noteRatedDays(trx: Transaction, days: readonly RatedDay[]): Promise<void> {
  // In the order of their codes, so that two batches never wait for each other.
  for (const { cardCode, day } of days.toSorted(byCode)) {
    await trx.raw(
      `update rate_cards set rated_until = ?
        where code = ? and (rated_until is null or rated_until < ?)`,
      [day, cardCode, day],
    );
  }
}

function byCode(left: RatedDay, right: RatedDay): number {
  return left.cardCode < right.cardCode ? -1 : 1;
}

function fromRowRateCardRecord(row: RateCardModel): RateCardRecord {
  return {
    card: fromRowRateCard(row),
    ratedUntil: row.rated_until,
    createdAt: row.created_at,
  };
}

function fromRowVersionRecord(row: RateCardVersionModel): RateCardVersionRecord {
  return { version: fromRowRateCardVersion(row), createdAt: row.created_at };
}
