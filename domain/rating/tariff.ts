/**
 * Owns: by what an event will be priced: whose price it is, in which version, per market; before any lock.
 * Does not own: what depends on what happened before (rate-event.ts), the amounts (price.ts).
 * Rules: R3.25, R3.26, R3.30 to R3.32: the account's card, else the default one of channel and currency, else
 * the plan's unit price, else units alone. The version is that of the instant it happened.
 * Example: a marketing message to 628… of 2025-07-01 in Jakarta → card `whatsapp-idr`, its version of that
 * day, one message at the price of market ID.
 */
import { type CallIncrement, computeBillableSeconds } from '../call-duration';
import { toEpochMs } from '../instant';
import type {
  CallFacts,
  MessageFacts,
  Rating,
  UsageEvent,
  WhatsAppMessageFacts,
} from '../usage/usage-event';
import { findVersion } from './find-version';
import type { UsageTax, UsageTaxes } from '../tax/usage-tax';
import { findMarket, findRateRow } from './market';
import type {
  CardChannel,
  DatedRateCard,
  RateCardVersion,
  RateRow,
  RatingRule,
  WhatsAppCategory,
} from './rate-card';
import type { Meter, MeterTerms, RatingTerms } from './rating-terms';

/** All cards of one generation, by what an event looks for, and how usage is taxed. */
export interface CardIndex {
  readonly byCode: ReadonlyMap<string, DatedRateCard>;
  /** By channel and currency. */
  readonly defaults: ReadonlyMap<string, DatedRateCard>;
  readonly byVersionId: ReadonlyMap<number, RateCardVersion>;
  readonly taxOf: UsageTaxes;
}

export function indexCards(cards: readonly DatedRateCard[], taxOf: UsageTaxes): CardIndex {
  const defaults = cards.filter(({ card }) => card.isDefault);
  return {
    byCode: new Map(cards.map((dated) => [dated.card.code, dated])),
    defaults: new Map(defaults.map((dated) => [defaultKey(dated.card), dated])),
    byVersionId: new Map(cards.flatMap(({ versions }) => versions.map((one) => [one.id, one]))),
    taxOf,
  };
}

function defaultKey(card: { readonly channel: CardChannel; readonly currency: string }): string {
  return `${card.channel}/${card.currency}`;
}

/** How a rating names the version that priced it. */
export function cardOf(version: RateCardVersion): NonNullable<Rating['card']> {
  const { cardCode: code, id: versionId, effectiveFrom } = version;
  return { code, version: version.version, versionId, effectiveFrom };
}

/** What is priced alike: so many units of one market. */
export interface TariffLine {
  readonly market: string | null;
  readonly quantity: bigint;
  readonly row: RateRow;
}

export interface Tariff {
  readonly kind: 'tariff';
  /** When it happened. */
  readonly atMs: number;
  readonly card: Rating['card'];
  /** What it is priced as: a group message may have the price of another category. */
  readonly category: string;
  readonly unit: Rating['unit'];
  readonly asset: Meter;
  /** Units of the asset that are counted. */
  readonly quantity: bigint;
  /** A rate is for so many of the asset: 60 seconds of a call. */
  readonly ratePer: bigint;
  /** Null: no money pays for it. */
  readonly lines: readonly TariffLine[] | null;
  /** Whether units pay before money does, and what becomes of it when they do not cover it. */
  readonly units: 'none' | 'first';
  readonly onExhausted: 'charge' | 'quota_exhausted' | 'no_rate';
  readonly rule: RatingRule;
  /** What somebody costs who is counted with it for the first time this month. */
  readonly visitor: MeterTerms;
  /** Of what money pays. */
  readonly tax: UsageTax;
}

export interface TariffRefusal {
  readonly kind: 'refused';
  readonly reason: 'no_rate' | 'group_too_large';
}

/** Calls without a card of their own. */
const PLAN_ROUNDING: CallIncrement = { initialSeconds: 60, incrementSeconds: 60 };
const SECONDS_PER_MINUTE = 60n;
const NO_FEE = { fixed: 0n, percent: 0n };

/** How usage without a card is counted: WhatsApp by conversations, which the plan's quota pays for. */
const PLAN_RULE: RatingRule = {
  unit: 'conversation',
  chargeOn: 'opened',
  conversationHours: 24,
  serviceWindow: {
    marketing: 'charge',
    utility: 'charge',
    authentication: 'charge',
    authentication_international: 'charge',
    service: 'charge',
  },
  freeEntryPoint: 'free',
  group: { membersMax: 8, pricedAs: null, inWindow: 'charge' },
  freeAllowance: null,
  coveredByQuota: [
    'marketing',
    'utility',
    'authentication',
    'authentication_international',
    'service',
  ],
  tierMode: null,
  rounding: null,
};

/** An account's terms and an instant, and what follows from them. */
interface Basis {
  readonly terms: RatingTerms;
  readonly cards: CardIndex;
  readonly atMs: number;
  readonly tax: UsageTax;
}

/** By what an event is priced and taxed, or why it cannot be. What comes in and who visits has no card. */
export function findTariff(
  terms: RatingTerms,
  cards: CardIndex,
  event: UsageEvent,
): Tariff | TariffRefusal {
  const { facts } = event;
  const atMs = toEpochMs(event.occurredAt);
  const basis = { terms, cards, atMs, tax: cards.taxOf(terms.buyer, atMs) };
  switch (facts.type) {
    case 'message':
      return tariffOfMessage(basis, facts);
    case 'wa_message':
      return tariffOfWhatsApp(basis, facts);
    case 'call':
      return tariffOfCall(basis, facts);
    case 'wa_inbound':
      return buildUnpriced(basis, {
        category: 'inbound',
        unit: PLAN_RULE.unit,
        asset: 'wa_conversation',
      });
    case 'visitor':
      return buildUnpriced(basis, {
        category: 'unique_visitor',
        unit: 'visitor',
        asset: 'unique_visitor',
      });
  }
}

/** For how many of an asset a rate is. */
export function ratePerOf(asset: string): bigint {
  return asset === 'call_second' ? SECONDS_PER_MINUTE : 1n;
}

/** The unit an event of an asset was counted in; `unitOfRule`: that of the version that priced it, if one did. */
export function unitOf(asset: Meter, unitOfRule: RatingRule['unit'] | null): Rating['unit'] {
  switch (asset) {
    case 'message':
      return 'message';
    case 'call_second':
      return 'minute';
    case 'unique_visitor':
      return 'visitor';
    case 'wa_conversation':
      return unitOfRule ?? PLAN_RULE.unit;
  }
}

function buildUnpriced(
  { terms, atMs, tax }: Basis,
  { category, unit, asset }: Pick<Tariff, 'category' | 'unit' | 'asset'>,
): Tariff {
  return {
    kind: 'tariff',
    atMs,
    card: null,
    category,
    unit,
    asset,
    quantity: 0n,
    ratePer: 1n,
    lines: null,
    units: 'none',
    onExhausted: 'charge',
    rule: PLAN_RULE,
    visitor: terms.meters.unique_visitor,
    tax,
  };
}

/** A card's version, or the plan's price of a unit. */
interface PriceList {
  readonly version: RateCardVersion | null;
  readonly rule: RatingRule;
}

function findPriceList({ cards, terms, atMs }: Basis, channel: CardChannel): PriceList {
  const own = terms.cards[channel];
  const candidates = [
    own === undefined ? undefined : cards.byCode.get(own),
    cards.defaults.get(defaultKey({ channel, currency: terms.currency })),
  ];
  for (const candidate of candidates) {
    // A price in another currency is none: the wallet has one.
    if (candidate?.card.currency !== terms.currency) continue;
    const version = findVersion(candidate.versions, atMs);
    if (version !== null) return { version, rule: version.rule };
  }
  return { version: null, rule: PLAN_RULE };
}

function tariffOfMessage(basis: Basis, { quantity, to }: MessageFacts): Tariff | TariffRefusal {
  return buildTariff(basis, findPriceList(basis, 'message'), {
    asset: 'message',
    category: 'message',
    unit: 'message',
    recipients: [{ to, quantity }],
    isCovered: true,
  });
}

function tariffOfCall(basis: Basis, { durationSeconds, to }: CallFacts): Tariff | TariffRefusal {
  const prices = findPriceList(basis, 'call');
  const rounding = prices.rule.rounding ?? PLAN_ROUNDING;
  const quantity = BigInt(computeBillableSeconds(durationSeconds, rounding));
  return buildTariff(basis, prices, {
    asset: 'call_second',
    category: 'call',
    unit: 'minute',
    recipients: [{ to, quantity }],
    isCovered: true,
  });
}

function tariffOfWhatsApp(basis: Basis, facts: WhatsAppMessageFacts): Tariff | TariffRefusal {
  const prices = findPriceList(basis, 'whatsapp');
  const { rule } = prices;
  const recipients = recipientsOf(facts);
  if (facts.group !== null && sizeOf(recipients) > BigInt(rule.group.membersMax)) {
    return { kind: 'refused', reason: 'group_too_large' };
  }
  const category = pricedCategory(rule, facts);
  return buildTariff(basis, prices, {
    asset: 'wa_conversation',
    category,
    unit: rule.unit,
    recipients,
    isCovered: rule.coveredByQuota.includes(category),
  });
}

function pricedCategory(
  rule: RatingRule,
  { group, category }: WhatsAppMessageFacts,
): WhatsAppCategory {
  return group === null ? category : (rule.group.pricedAs ?? category);
}

interface Recipient {
  readonly to: string | null;
  readonly quantity: bigint;
}

function recipientsOf({ to, group }: WhatsAppMessageFacts): readonly Recipient[] {
  if (group === null) return [{ to, quantity: 1n }];
  if (group.members === null) return [{ to, quantity: group.quantity }];
  return group.members.map((member) => ({ to: member, quantity: 1n }));
}

function sizeOf(recipients: readonly Recipient[]): bigint {
  return recipients.reduce((sum, { quantity }) => sum + quantity, 0n);
}

interface Priced {
  readonly asset: Exclude<Meter, 'unique_visitor'>;
  readonly category: string;
  readonly unit: Rating['unit'];
  readonly recipients: readonly Recipient[];
  /** Units of the asset pay first. */
  readonly isCovered: boolean;
}

function buildTariff(
  { terms, atMs, tax }: Basis,
  { version, rule }: PriceList,
  priced: Priced,
): Tariff | TariffRefusal {
  const { asset, category, unit, recipients, isCovered } = priced;
  const meter = terms.meters[asset];
  const lines =
    version === null ? linesOfPlan(meter.unitPrice, priced) : linesOfCard(version, priced);
  if (lines === null && !isCovered) return { kind: 'refused', reason: 'no_rate' };
  return {
    kind: 'tariff',
    atMs,
    card: version && lines && cardOf(version),
    category,
    unit,
    asset,
    quantity: sizeOf(recipients),
    ratePer: ratePerOf(asset),
    lines,
    units: isCovered ? 'first' : 'none',
    onExhausted: isCovered ? exhaustionOf(meter, lines !== null) : 'charge',
    rule,
    visitor: terms.meters.unique_visitor,
    tax,
  };
}

/** What becomes of what units do not cover. Without a price there must be an allowance to be exhausted. */
function exhaustionOf(
  { onExhausted, hasAllowance }: MeterTerms,
  hasPrice: boolean,
): Tariff['onExhausted'] {
  if (onExhausted === 'block') return 'quota_exhausted';
  if (hasPrice) return 'charge';
  return hasAllowance ? 'quota_exhausted' : 'no_rate';
}

/** A line per market; null when one has no price. */
function linesOfCard(
  version: RateCardVersion,
  { category, recipients }: Priced,
): readonly TariffLine[] | null {
  const quantities = new Map<string, bigint>();
  for (const { to, quantity } of recipients) {
    const market = findMarket(version.markets, to);
    quantities.set(market, (quantities.get(market) ?? 0n) + quantity);
  }
  const lines: TariffLine[] = [];
  for (const [market, quantity] of quantities) {
    const row = findRateRow(version, { category, market });
    if (row === null) return null;
    lines.push({ market, quantity, row });
  }
  return lines;
}

function linesOfPlan(
  unitPrice: bigint | null,
  { category, recipients }: Priced,
): readonly TariffLine[] | null {
  if (unitPrice === null) return null;
  const row: RateRow = { category, market: '*', rate: unitPrice, fee: NO_FEE, tiers: [] };
  return [{ market: null, quantity: sizeOf(recipients), row }];
}
