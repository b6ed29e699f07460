/**
 * Owns: the WhatsApp cards a fresh platform rates by: Meta's rules of five dates, in INR, IDR, TRY and USD.
 * Does not own: what a rule means (docs/domain/rating.md), the cards an operator makes or imports.
 * Rules and dates are as Meta published them. Prices are here to look around with: "published" marks those that
 * were reported of Meta's rate cards, all others and all tiers are examples. Each version says so in its note; an
 * operator imports the prices that count. Meta bills no account in TRY, so that card has none of its prices.
 * No card is seeded for messages and calls: there the plans' unit prices count.
 */
import { findDefaultRateCards } from '../db/repositories/account-rate-card.repository';
import {
  findRateCard,
  insertRateCard,
  insertRateCardVersion,
  lockRateCards,
} from '../db/repositories/rate-card.repository';
import type { Transaction } from '../db/transaction';
import type { CurrencyCode } from '../domain/currency';
import type { Instant } from '../domain/instant';
import { parseRate } from '../domain/money';
import {
  ANY_MARKET,
  type MarketPrefix,
  type RateCard,
  type RateCardVersionDraft,
  type RateRow,
  type RateTier,
  type RatingRule,
  type WhatsAppCategory,
} from '../domain/rating/rate-card';

/** Enough to look around: Meta's regions are finer. All numbers of +1 are priced like the US here. */
const MARKETS: readonly MarketPrefix[] = [
  { prefix: '62', market: 'ID' },
  { prefix: '91', market: 'IN' },
  { prefix: '90', market: 'TR' },
  { prefix: '1', market: 'US' },
];

const ALL_CHARGED: RatingRule['serviceWindow'] = {
  marketing: 'charge',
  utility: 'charge',
  authentication: 'charge',
  authentication_international: 'charge',
  service: 'charge',
};
const FREE_ENTRY_AND_GROUPS: Pick<RatingRule, 'freeEntryPoint' | 'group'> = {
  freeEntryPoint: 'free',
  group: { membersMax: 8, pricedAs: 'utility', inWindow: 'charge' },
};
const CONVERSATIONS: RatingRule = {
  ...FREE_ENTRY_AND_GROUPS,
  unit: 'conversation',
  chargeOn: 'opened',
  conversationHours: 24,
  serviceWindow: ALL_CHARGED,
  freeAllowance: { category: 'service', quantity: 1_000n, per: 'account' },
  coveredByQuota: ['service'],
  tierMode: null,
  rounding: null,
};
const FREE_SERVICE: RatingRule = {
  ...CONVERSATIONS,
  serviceWindow: { ...ALL_CHARGED, service: 'free' },
  freeAllowance: null,
};
const MESSAGES: RatingRule = {
  ...FREE_SERVICE,
  unit: 'message',
  chargeOn: 'delivered',
  serviceWindow: { ...ALL_CHARGED, utility: 'free', service: 'free' },
  tierMode: 'graduated',
};
const CHARGED_SERVICE: RatingRule = {
  ...MESSAGES,
  serviceWindow: ALL_CHARGED,
  freeAllowance: { category: 'service', quantity: 1_000n, per: 'number' },
};

/** Service is free from 2024-11-01 on, and costs as much as utility from 2026-10-01 on. */
type Prices = readonly [
  marketing: string,
  utility: string,
  authentication: string,
  international: string,
  service?: string,
];
type PricesByMarket = Readonly<Record<string, Prices>>;

const IDR_PRICES: PricesByMarket = {
  ID: ['597.32', '356.65', '356.65', '1976.28', '276.10'], // published: marketing
  [ANY_MARKET]: ['1250.00', '620.00', '620.00', '2400.00', '480.00'],
};
const INR_2023: PricesByMarket = {
  IN: ['0.7265', '0.3082', '0.3082', '2.30', '0.29'], // published: marketing, utility
  [ANY_MARKET]: ['6.00', '3.00', '3.00', '9.00', '2.40'],
};
const INR_2024: PricesByMarket = {
  IN: ['0.7846', '0.115', '0.115', '2.30'], // published: all
  [ANY_MARKET]: ['6.00', '1.60', '1.60', '9.00'],
};
const INR_2026: PricesByMarket = {
  ...INR_2024,
  IN: ['0.8631', '0.115', '0.115', '2.30'], // published: all
};
const TRY_PRICES: PricesByMarket = {
  TR: ['0.45', '0.22', '0.34', '1.20', '0.20'],
  [ANY_MARKET]: ['2.60', '0.45', '0.45', '4.80', '0.40'],
};
const USD_2023: PricesByMarket = {
  ID: ['0.0411', '0.0200', '0.0300', '0.1360', '0.0190'], // published: all
  IN: ['0.0099', '0.0042', '0.0014', '0.0280', '0.0040'], // published: all
  TR: ['0.0109', '0.0053', '0.0083', '0.0300', '0.0050'],
  US: ['0.0250', '0.0150', '0.0135', '0.0300', '0.0088'],
  [ANY_MARKET]: ['0.0604', '0.0338', '0.0304', '0.1300', '0.0145'],
};
const USD_2024: PricesByMarket = {
  ...USD_2023,
  IN: ['0.0107', '0.0014', '0.0014', '0.0280'], // published: all
  US: ['0.0250', '0.0040', '0.0135', '0.0300'],
};

export interface SeededCard {
  readonly card: RateCard;
  readonly versions: readonly RateCardVersionDraft[];
}

/** In the order of their versions' starts. */
export const RATE_CARDS: readonly SeededCard[] = [
  {
    card: defaultCard({ code: 'whatsapp-idr', currency: 'IDR', timeZone: 'Asia/Jakarta' }),
    versions: [
      conversations(IDR_PRICES),
      freeService(IDR_PRICES),
      messages('2025-07-01', IDR_PRICES),
      chargedService(IDR_PRICES),
    ],
  },
  {
    card: defaultCard({ code: 'whatsapp-inr', currency: 'INR', timeZone: 'Asia/Kolkata' }),
    versions: [
      conversations(INR_2023),
      freeService(INR_2024),
      messages('2025-07-01', INR_2024),
      messages('2026-01-01', INR_2026),
      chargedService(INR_2026),
    ],
  },
  {
    card: defaultCard({ code: 'whatsapp-try', currency: 'TRY', timeZone: 'Europe/Istanbul' }),
    versions: [
      conversations(TRY_PRICES),
      freeService(TRY_PRICES),
      messages('2025-07-01', TRY_PRICES),
      chargedService(TRY_PRICES),
    ],
  },
  {
    card: defaultCard({ code: 'whatsapp-usd', currency: 'USD', timeZone: 'UTC' }),
    versions: [
      conversations(USD_2023),
      freeService(USD_2024),
      messages('2025-07-01', USD_2024),
      chargedService(USD_2024),
    ],
  },
];

/** Puts in the cards that are missing. One that is there, and another default of its currency, are left alone. */
export async function seedRateCards(trx: Transaction, at: Instant): Promise<void> {
  const missing: SeededCard[] = [];
  for (const seeded of RATE_CARDS) {
    if ((await findRateCard(trx, seeded.card.code)) === null) missing.push(seeded);
  }
  if (missing.length === 0) return;
  await lockRateCards(trx);
  for (const { card, versions } of missing) {
    const others = await findDefaultRateCards(trx, card.currency);
    const isDefault = others.whatsapp === undefined;
    await insertRateCard(trx, { ...card, isDefault }, at);
    for (const draft of versions) await insertRateCardVersion(trx, { card, draft }, at);
  }
}

function defaultCard(
  card: { readonly code: string } & {
    readonly currency: CurrencyCode;
    readonly timeZone: string;
  },
): RateCard {
  const name = `WhatsApp, ${card.currency}`;
  return { ...card, name, channel: 'whatsapp', firstMarkets: MARKETS, isDefault: true };
}

function conversations(prices: PricesByMarket): RateCardVersionDraft {
  const told = 'Per conversation of 24 hours, 1,000 of service free a month.';
  return draft(
    '2023-06-01',
    told,
    CONVERSATIONS,
    rowsOf(prices, (own) => own[4] ?? '0'),
  );
}

function freeService(prices: PricesByMarket): RateCardVersionDraft {
  const told = 'Per conversation of 24 hours, service free.';
  return draft(
    '2024-11-01',
    told,
    FREE_SERVICE,
    rowsOf(prices, () => '0'),
  );
}

function messages(effectiveFrom: string, prices: PricesByMarket): RateCardVersionDraft {
  const told = 'Per delivered message; service, and utility within the window, free.';
  return draft(effectiveFrom, told, MESSAGES, rowsOf(prices, () => '0').map(tiered));
}

function chargedService(prices: PricesByMarket): RateCardVersionDraft {
  const told = 'Per delivered message; 1,000 of service free per number and month.';
  const rows = rowsOf(prices, ([, utility]) => utility).map(tiered);
  return draft('2026-10-01', told, CHARGED_SERVICE, rows);
}

function draft(
  effectiveFrom: string,
  told: string,
  rule: RatingRule,
  rows: readonly RateRow[],
): RateCardVersionDraft {
  const note = `${told} The rule is Meta's; the prices are examples, to be replaced by an import.`;
  return { effectiveFrom, corrects: null, note, rule, markets: MARKETS, rows };
}

function rowsOf(prices: PricesByMarket, serviceOf: (prices: Prices) => string): readonly RateRow[] {
  return Object.entries(prices).flatMap(([market, own]) => {
    const [marketing, utility, authentication, international] = own;
    const rates: Readonly<Record<WhatsAppCategory, string>> = {
      marketing,
      utility,
      authentication,
      authentication_international: international,
      service: serviceOf(own),
    };
    return Object.entries(rates).map(([category, rate]) => ({
      category,
      market,
      rate: parseRate(rate),
      fee: { fixed: 0n, percent: 0n },
      tiers: [],
    }));
  });
}

/** The first bound is one that Meta names; the rates are examples: 5 and 10 percent less. */
function tiered(row: RateRow): RateRow {
  if (row.category !== 'utility' && row.category !== 'authentication') return row;
  const tiers: readonly RateTier[] = [
    { fromQuantity: 25_000_000n, rate: (row.rate * 95n) / 100n },
    { fromQuantity: 50_000_000n, rate: (row.rate * 90n) / 100n },
  ];
  return { ...row, tiers };
}
