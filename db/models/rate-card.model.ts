import { Model } from 'objection';
import type { MarketPrefix } from '../../domain/rating/rate-card';
import type { StoredRow, StoredRule } from '../rate-card-rows';

/** A row of `rate_cards`. */
export class RateCardModel extends Model {
  static override readonly tableName = 'rate_cards';
  static override readonly idColumn = 'code';
  static override readonly jsonAttributes = ['markets'];
  declare code: string;
  declare name: string;
  declare channel: string;
  declare currency: string;
  declare time_zone: string;
  declare markets: readonly MarketPrefix[];
  declare is_default: boolean;
  declare rated_until: string | null;
  declare created_at: string;
}

/** A row of `rate_card_versions`: immutable. */
export class RateCardVersionModel extends Model {
  static override readonly tableName = 'rate_card_versions';
  static override readonly jsonAttributes = ['rule', 'markets', 'prices'];
  declare id: number;
  declare card_code: string;
  declare version: number;
  declare effective_from: string;
  declare starts_at: string;
  declare corrects: number | null;
  declare note: string | null;
  declare rule: StoredRule;
  declare markets: readonly MarketPrefix[];
  declare prices: readonly StoredRow[];
  declare created_at: string;
}

/** A row of `account_rate_cards`. */
export class AccountRateCardModel extends Model {
  static override readonly tableName = 'account_rate_cards';
  static override readonly idColumn = ['account_id', 'channel'];
  declare account_id: string;
  declare channel: string;
  declare card_code: string;
}
