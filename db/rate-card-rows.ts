/**
 * Owns: rate cards as they lie in the database, and the way to the domain's and back.
 * Does not own: queries (repositories/rate-card.repository.ts), which cards this process remembers.
 * In the rows rates are decimal text, so that a person who looks reads prices.
 */
import type { CurrencyCode } from '../domain/currency';
import { toEpochMs } from '../domain/instant';
import { formatRate, parseRate } from '../domain/money';
import type {
  CardChannel,
  MarketPrefix,
  RateCard,
  RateCardVersion,
  RateRow,
  RatingRule,
} from '../domain/rating/rate-card';
import type { RateCardModel, RateCardVersionModel } from './models/rate-card.model';

export interface StoredRow {
  readonly category: string;
  readonly market: string;
  readonly rate: string;
  readonly fee_fixed: string;
  readonly fee_percent: string;
  readonly tiers: readonly { readonly from_quantity: string; readonly rate: string }[];
}

type Allowance = NonNullable<RatingRule['freeAllowance']>;

/** The rule as the domain has it, with its one bigint as text. */
export interface StoredRule extends Omit<RatingRule, 'freeAllowance'> {
  readonly freeAllowance: (Omit<Allowance, 'quantity'> & { readonly quantity: string }) | null;
}

/** What is read of a card to rate by it. */
export type CardRow = Omit<RateCardModelRow, 'rated_until' | 'created_at'>;
type RateCardModelRow = Pick<
  RateCardModel,
  | 'code'
  | 'name'
  | 'channel'
  | 'currency'
  | 'time_zone'
  | 'markets'
  | 'is_default'
  | 'rated_until'
  | 'created_at'
>;

export type VersionRow = Pick<
  RateCardVersionModel,
  | 'id'
  | 'card_code'
  | 'version'
  | 'effective_from'
  | 'starts_at'
  | 'corrects'
  | 'note'
  | 'rule'
  | 'markets'
  | 'prices'
>;

export function fromRowRateCard(row: CardRow): RateCard {
  return {
    code: row.code,
    name: row.name,
    channel: row.channel as CardChannel,
    currency: row.currency as CurrencyCode,
    timeZone: row.time_zone,
    firstMarkets: row.markets,
    isDefault: row.is_default,
  };
}

export function fromRowRateCardVersion(row: VersionRow): RateCardVersion {
  const { freeAllowance, ...rule } = row.rule;
  return {
    id: row.id,
    cardCode: row.card_code,
    version: row.version,
    effectiveFrom: row.effective_from,
    startsAtMs: toEpochMs(row.starts_at),
    corrects: row.corrects,
    note: row.note,
    rule: {
      ...rule,
      freeAllowance: freeAllowance && {
        ...freeAllowance,
        quantity: BigInt(freeAllowance.quantity),
      },
    },
    markets: row.markets,
    rows: row.prices.map(fromRowRateRow),
  };
}

function fromRowRateRow(row: StoredRow): RateRow {
  return {
    category: row.category,
    market: row.market,
    rate: parseRate(row.rate),
    fee: { fixed: parseRate(row.fee_fixed), percent: parseRate(row.fee_percent) },
    tiers: row.tiers.map((tier) => ({
      fromQuantity: BigInt(tier.from_quantity),
      rate: parseRate(tier.rate),
    })),
  };
}

export function toRowRule(rule: RatingRule): StoredRule {
  const { freeAllowance } = rule;
  return {
    ...rule,
    freeAllowance: freeAllowance && {
      ...freeAllowance,
      quantity: String(freeAllowance.quantity),
    },
  };
}

export function toRowMarkets(markets: readonly MarketPrefix[]): MarketPrefix[] {
  return markets.map(({ prefix, market }) => ({ prefix, market }));
}

export function toRowRateRow(row: RateRow): StoredRow {
  return {
    category: row.category,
    market: row.market,
    rate: formatRate(row.rate),
    fee_fixed: formatRate(row.fee.fixed),
    fee_percent: formatRate(row.fee.percent),
    tiers: row.tiers.map(({ fromQuantity, rate }) => ({
      from_quantity: String(fromQuantity),
      rate: formatRate(rate),
    })),
  };
}
