/**
 * Owns: what a rate card is: dated versions, each of one rule and rows of prices.
 * Does not own: which version an event is priced by (tariff.ts), what the rule makes of windows and
 * conversations (rate-event.ts), rows in the database.
 * Rules: R3.25 to R3.29. A version never changes; it counts from 00:00 of a day in the card's zone until the
 * next one begins, so usage is priced by the version of the instant it happened.
 * Example: the card `whatsapp-idr` charges 597.32 IDR for a marketing message to Indonesia from
 * 2025-07-01; a message of 2025-06-30T23:59:59+07:00 is still priced by the version before it.
 */
import type { CallIncrement } from '../call-duration';
import type { LocalDate } from '../calendar';
import type { CurrencyCode } from '../currency';

export const CARD_CHANNELS = ['whatsapp', 'message', 'call'] as const;
export type CardChannel = (typeof CARD_CHANNELS)[number];

export const WHATSAPP_CATEGORIES = [
  'marketing',
  'utility',
  'authentication',
  'authentication_international',
  'service',
] as const;
export type WhatsAppCategory = (typeof WHATSAPP_CATEGORIES)[number];

/** What a card prices: WhatsApp's categories, elsewhere the one that is called like its channel. */
export function categoriesOf(channel: CardChannel): readonly string[] {
  return channel === 'whatsapp' ? WHATSAPP_CATEGORIES : [channel];
}

/** The market of every number that no other prefix of the card names. */
export const ANY_MARKET = '*';

/** Who begins so is of that market; of several prefixes that fit, the longest counts. */
export interface MarketPrefix {
  /** A calling code and what may follow it, digits without "+"; or a country and a dot, of user ids: `MY.`. */
  readonly prefix: string;
  readonly market: string;
}

export interface RateCard {
  readonly code: string;
  readonly name: string;
  readonly channel: CardChannel;
  readonly currency: CurrencyCode;
  /** Versions begin at 00:00 here. */
  readonly timeZone: string;
  /** Of its first version, unless that brings its own; what counts is the version's. */
  readonly firstMarkets: readonly MarketPrefix[];
  /** The card of every account of its currency that names no other. One per channel and currency. */
  readonly isDefault: boolean;
}

export type Charging = 'charge' | 'free';

/** What a version does with what it counts. Fields that only WhatsApp has are `null` on other cards. */
export interface RatingRule {
  readonly unit: 'conversation' | 'message' | 'minute';
  readonly chargeOn: 'opened' | 'sent' | 'delivered';
  /** How long a conversation stays open. */
  readonly conversationHours: number;
  /** Per category: is a message within the customer service window charged? */
  readonly serviceWindow: Readonly<Record<WhatsAppCategory, Charging>>;
  /** Within the 72 hours after the first reply to a customer who came by an ad or a page button. */
  readonly freeEntryPoint: Charging;
  readonly group: {
    readonly membersMax: number;
    /** The category whose price a group message has; null: its own. */
    readonly pricedAs: WhatsAppCategory | null;
    readonly inWindow: Charging;
  };
  /** So many of a category are free, per account or business number and local month. */
  readonly freeAllowance: {
    readonly category: string;
    readonly quantity: bigint;
    readonly per: 'account' | 'number';
  } | null;
  /** Categories that the WhatsApp conversation quota pays for before money does (R3.13). */
  readonly coveredByQuota: readonly string[];
  /** graduated: each unit at its own tier's rate; volume: all at that of the tier reached. */
  readonly tierMode: 'graduated' | 'volume' | null;
  /** Of calls; null on cards that count no calls. */
  readonly rounding: CallIncrement | null;
}

/** Counts once so many units of the month have been used: from 1 000 on means, from the 1 001st. */
export interface RateTier {
  /** 0 or more. Before the first tier the row's own rate counts. */
  readonly fromQuantity: bigint;
  readonly rate: bigint;
}

/** All rates in 1e-10 of the currency: 597.32 is 5_973_200_000_000n. */
export interface RateRow {
  readonly category: string;
  readonly market: string;
  /** Per unit: a message, a conversation, a minute. */
  readonly rate: bigint;
  /** The management fee (R3.28), stored apart from the price. */
  readonly fee: {
    readonly fixed: bigint;
    /** In 1e-10 of a percent: "10" is 100_000_000_000n and adds a tenth of the price. */
    readonly percent: bigint;
  };
  /** By the month's quantity of this category and market; ascending. Empty: `rate` alone. */
  readonly tiers: readonly RateTier[];
}

export interface RateCardVersion {
  /** Of the row: what a usage event keeps. */
  readonly id: number;
  readonly cardCode: string;
  /** 1, 2, 3 … per card, in the order of their making. */
  readonly version: number;
  readonly effectiveFrom: LocalDate;
  /** 00:00 of that day in the card's zone. */
  readonly startsAtMs: number;
  /** The version whose prices were wrong from that day on: usage rated by it may be rated again. Null: none. */
  readonly corrects: number | null;
  readonly note: string | null;
  readonly rule: RatingRule;
  readonly markets: readonly MarketPrefix[];
  readonly rows: readonly RateRow[];
}

/** A version that has yet to be published. */
export type RateCardVersionDraft = Pick<
  RateCardVersion,
  'effectiveFrom' | 'corrects' | 'note' | 'rule' | 'markets' | 'rows'
>;

/** A card with its versions, the earliest start first; of two that start together the later made counts. */
export interface DatedRateCard {
  readonly card: RateCard;
  readonly versions: readonly RateCardVersion[];
}
