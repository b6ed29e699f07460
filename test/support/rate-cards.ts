import type { Database } from '../../db/connection';
import {
  insertRateCard,
  insertRateCardVersion,
  lockRateCards,
} from '../../db/repositories/rate-card.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseRate } from '../../domain/money';
import type {
  RateCard,
  RateCardVersion,
  RateCardVersionDraft,
  RateRow,
  RatingRule,
} from '../../domain/rating/rate-card';

/** Made and published then. */
const AT = '2026-01-01T00:00:00.000Z';

export const JAKARTA_CARD: RateCard = {
  code: 'wa-jakarta',
  name: 'WhatsApp, Jakarta',
  channel: 'whatsapp',
  currency: 'IDR',
  timeZone: 'Asia/Jakarta',
  firstMarkets: [
    { prefix: '62', market: 'ID' },
    { prefix: '91', market: 'IN' },
  ],
  isDefault: false,
};

/** Per delivered message, utility free within the window: the rule of 2025-07-01. */
export const MESSAGE_RULE: RatingRule = {
  unit: 'message',
  chargeOn: 'delivered',
  conversationHours: 24,
  serviceWindow: {
    marketing: 'charge',
    utility: 'free',
    authentication: 'charge',
    authentication_international: 'charge',
    service: 'free',
  },
  freeEntryPoint: 'free',
  group: { membersMax: 8, pricedAs: 'utility', inWindow: 'charge' },
  freeAllowance: null,
  coveredByQuota: [],
  tierMode: null,
  rounding: null,
};

/** A price without fee and tiers: `priced('marketing', 'ID', '597.32')`. */
export function priced(category: string, market: string, rate: string): RateRow {
  return {
    category,
    market,
    rate: parseRate(rate),
    fee: { fixed: 0n, percent: 0n },
    tiers: [],
  };
}

/** A version that charges 597.32 IDR for marketing in Indonesia from 2025-07-01, but for what is given. */
export function draftOf(given: Partial<RateCardVersionDraft> = {}): RateCardVersionDraft {
  return {
    effectiveFrom: '2025-07-01',
    corrects: null,
    note: null,
    rule: MESSAGE_RULE,
    markets: JAKARTA_CARD.firstMarkets,
    rows: [priced('marketing', 'ID', '597.32')],
    ...given,
  };
}

/** A card as an operator makes it. */
export async function makeRateCard(
  database: Database,
  given: Partial<RateCard> = {},
): Promise<RateCard> {
  const card = { ...JAKARTA_CARD, ...given };
  await withTransaction(database, SYSTEM, async (trx) => {
    await lockRateCards(trx);
    await insertRateCard(trx, card, AT);
  });
  return card;
}

/** A version as an operator publishes it. */
export async function publish(
  database: Database,
  card: RateCard,
  given: Partial<RateCardVersionDraft> = {},
): Promise<RateCardVersion> {
  return withTransaction(database, SYSTEM, async (trx) => {
    await lockRateCards(trx);
    const draft = draftOf({ markets: card.firstMarkets, ...given });
    return (await insertRateCardVersion(trx, { card, draft }, AT)).version;
  });
}
