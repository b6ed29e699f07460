import {
  insertRateCard,
  insertRateCardVersion,
  lockRateCards,
} from '../../db/repositories/rate-card.repository';
import type { Database } from '../../db/connection';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { CurrencyCode } from '../../domain/currency';
import { parseRate } from '../../domain/money';
import { ANY_MARKET, type CardChannel, type RatingRule } from '../../domain/rating/rate-card';

/** Per message: what was written within the service window is free but for marketing and authentication. */
const RULE: Omit<RatingRule, 'chargeOn'> = {
  unit: 'message',
  conversationHours: 24,
  serviceWindow: {
    marketing: 'charge',
    utility: 'free',
    authentication: 'charge',
    authentication_international: 'charge',
    service: 'free',
  },
  freeEntryPoint: 'free',
  group: { membersMax: 8, pricedAs: null, inWindow: 'charge' },
  freeAllowance: null,
  coveredByQuota: [],
  tierMode: null,
  rounding: null,
};

/** Makes the default card of a channel and currency: one price for each category, in all markets. */
export async function prepareRateCard(
  database: Database,
  of: {
    readonly channel: CardChannel;
    readonly currency: CurrencyCode;
    readonly timeZone: string;
    readonly categories: readonly string[];
    readonly rate: string;
  },
): Promise<void> {
  const { channel, currency, timeZone, categories, rate } = of;
  const code = `bench-${channel}`;
  const at = new Date().toISOString();
  const card = { code, name: code, channel, currency, timeZone, firstMarkets: [], isDefault: true };
  const chargeOn = channel === 'whatsapp' ? 'delivered' : 'sent';
  const rows = categories.map((category) => ({
    category,
    market: ANY_MARKET,
    rate: parseRate(rate),
    fee: { fixed: 0n, percent: 0n },
    tiers: [],
  }));
  const rule = { ...RULE, chargeOn } as const;
  const draft = {
    effectiveFrom: '2025-01-01',
    corrects: null,
    note: null,
    markets: [],
    rule,
    rows,
  };
  await withTransaction(database, SYSTEM, async (trx) => {
    await lockRateCards(trx);
    await insertRateCard(trx, card, at);
    await insertRateCardVersion(trx, { card, draft }, at);
  });
}
