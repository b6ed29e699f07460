/**
 * Owns: what a use costs by another version of a card, and what that differs from what it costs by now.
 * Does not own: what pays the difference (post-rerating.ts), which uses are asked about (db/).
 * Rules: R3.27 and ADR 0042. Only the price is decided again: rate, fee and tax. What was free, what units paid for,
 * how much was counted and in which market stays as it was rated. Tiers are refused: they go by the order of events.
 * Example: a marketing message of 597.32 IDR by version 1, 500.00 by version 2 that corrects it: 97.32 less.
 */
import { BillingError } from '../billing-error';
import { toEpochMs, type Instant } from '../instant';
import { invariant } from '../invariant';
import { findVersion } from '../rating/find-version';
import { findRateRow, hasSameMarkets } from '../rating/market';
import { computePrice, type Price } from '../rating/price';
import {
  ANY_MARKET,
  type DatedRateCard,
  type RateCardVersion,
  type RateRow,
} from '../rating/rate-card';
import type { Meter, RatingTerms } from '../rating/rating-terms';
import { type CardIndex, ratePerOf, unitOf } from '../rating/tariff';
import type { Taxation } from '../tax/taxation';
import { type TaxedPrice, taxUsage, type UsageTax } from '../tax/usage-tax';
import { findTakenBack, type StoredUse, sumOf } from './correction';
import type { UsePrice } from './use-price';

/** A use that money paid for, or might have. */
export interface PricedUse extends StoredUse {
  readonly asset: Meter;
  readonly occurredAt: Instant;
  /** At first. */
  readonly price: UsePrice;
}

/** Why a use keeps its price, though a version was asked for that might have another one. */
export const LEFT_OUT_REASONS = [
  'several_markets',
  'unknown_market',
  'counted_otherwise',
  'no_price',
  'unknown_units',
] as const;
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

/** By what uses of an account are rated again. */
export interface RerateBasis {
  readonly terms: RatingTerms;
  readonly cards: CardIndex;
  /** Under which uses were charged, by their rows. */
  readonly taxations: ReadonlyMap<number, UsageTax>;
  /** Null: each use by the card that rated it. */
  readonly cardCode: string | null;
}

export type RatedAgain =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'left_out'; readonly reason: LeftOutReason }
  | RepricedUse;

/** A use that costs something else. Figures of money are differences. */
export interface RepricedUse {
  readonly kind: 'repriced';
  readonly use: PricedUse;
  readonly price: UsePrice;
  /** What it has cost, with the fee and without tax. */
  readonly beforeMicros: bigint;
  readonly netMicros: bigint;
  readonly feeMicros: bigint;
  readonly taxMicros: bigint;
  /** Units that money pays for now and did not before; below zero: the other way round. */
  readonly paidQuantity: bigint;
  readonly taxation: Taxation;
}

const UNCHANGED = { kind: 'unchanged' } as const;

/** Rates a use again. Throws `unprocessable` where its price was, or would be, by tiers. */
export function rateAgain(use: PricedUse, basis: RerateBasis): RatedAgain {
  const now = priceOf(use);
  const before = findPricing(now, use, basis);
  const dated = findDatedCard(before, basis);
  if (dated === undefined || findTakenBack(use) !== null) return UNCHANGED;
  const version = findVersion(dated.versions, toEpochMs(use.occurredAt));
  if (version === null) return leaveOut('no_price');
  if (version === before.version) return UNCHANGED;
  if (before.row === null) return leaveOutUnpriced(before);
  const after = findNewPricing(use, { before, market: now.market, version });
  if (typeof after === 'string') return leaveOut(after);
  refuseTiers(use, [before, after]);
  const units = findPaidUnits(use, { ...before, row: before.row });
  if (units === null) return leaveOut('unknown_units');
  return compare(use, basis, { units, after });
}

/** The card to rate by; undefined: what the plan has priced keeps its price. */
function findDatedCard(
  { version }: Pricing,
  { cards, cardCode }: RerateBasis,
): DatedRateCard | undefined {
  const code = cardCode ?? version?.cardCode;
  return code === undefined ? undefined : cards.byCode.get(code);
}

function leaveOutUnpriced({ version }: Pricing): RatedAgain {
  return leaveOut(version === null ? 'unknown_units' : 'several_markets');
}

/** By what a use is priced by now: the re-rating that came last, or as it was at first. */
function priceOf({ price, corrections }: PricedUse): UsePrice {
  return corrections.findLast(({ rerated }) => rerated !== null)?.rerated ?? price;
}

interface Pricing {
  readonly version: RateCardVersion | null;
  readonly row: RateRow | null;
}

function findPricing(price: UsePrice, { category }: PricedUse, { cards }: RerateBasis): Pricing {
  const { versionId, market, unitRate } = price;
  if (versionId === null) {
    return { version: null, row: unitRate === null ? null : planRow(category, unitRate) };
  }
  const version = cards.byVersionId.get(versionId);
  invariant(version !== undefined, 'versions of cards are never deleted');
  return { version, row: market === null ? null : findRateRow(version, { category, market }) };
}

function planRow(category: string, rate: bigint): RateRow {
  return { category, market: ANY_MARKET, rate, fee: { fixed: 0n, percent: 0n }, tiers: [] };
}

interface NewPricing extends Pricing {
  readonly version: RateCardVersion;
  readonly row: RateRow;
  readonly market: string;
}

/** The row that prices the use now. Numbers are not kept, so a market is known only where both have the same ones. */
function findNewPricing(
  { asset, category }: PricedUse,
  {
    before,
    market: known,
    version,
  }: {
    readonly before: Pricing;
    readonly market: string | null;
    readonly version: RateCardVersion;
  },
): NewPricing | LeftOutReason {
  const unit = unitOf(asset, before.version?.rule.unit ?? null);
  if (unitOf(asset, version.rule.unit) !== unit) return 'counted_otherwise';
  const isSame = before.version !== null && hasSameMarkets(before.version.markets, version.markets);
  const market = version.markets.length === 0 ? ANY_MARKET : isSame ? known : null;
  if (market === null) return 'unknown_market';
  const row = findRateRow(version, { category, market });
  return row === null ? 'no_price' : { version, row, market };
}

function refuseTiers({ category }: PricedUse, pricings: readonly Pricing[]): void {
  for (const { version, row } of pricings) {
    if (version === null || version.rule.tierMode === null || !row?.tiers.length) continue;
    const message =
      `Version ${version.version} of ${version.cardCode} has tiers for ${category}: what an event costs by them ` +
      'depends on all events before it, so it cannot be rated again alone.';
    throw new BillingError('unprocessable', message, { field: 'card' });
  }
}

/**
 * How many units money pays for: what neither units nor a free allowance covered. Of a use that cost nothing that is not
 * kept. Null: nobody can tell, because some of it may have been free by an allowance.
 */
function findPaidUnits(
  use: PricedUse,
  { version, row }: Pricing & { readonly row: RateRow },
): bigint | null {
  const { paidQuantity } = sumOf(use);
  if (paidQuantity > 0n) return paidQuantity;
  const covered = use.paid.reduce(
    (sum, { asset, amount }) => (asset === use.asset ? sum + amount : sum),
    0n,
  );
  const uncovered = use.quantity - covered;
  const { baseMicros, feeMicros } = priceUnits(row, use, uncovered);
  // It had a price and was for nothing all the same: a plan that blocks never takes money for it.
  if (baseMicros + feeMicros > 0n) return 0n;
  const allowance = version?.rule.freeAllowance ?? null;
  const mayBeFree = allowance?.category === use.category && allowance.quantity > 0n;
  return mayBeFree && uncovered > 1n ? null : uncovered;
}

function priceUnits(row: RateRow, { asset }: PricedUse, quantity: bigint): Price {
  const units = [{ row, quantity, usedBefore: 0n }];
  return computePrice(units, { tierMode: null, ratePer: ratePerOf(asset) });
}

/** What the use costs by now, without the visitor it brought. */
function costOf(use: StoredUse): TaxedPrice & { readonly feeMicros: bigint } {
  const { amountMicros, feeMicros, taxMicros, visitorTaxMicros } = sumOf(use);
  return { netMicros: amountMicros, taxMicros: taxMicros - visitorTaxMicros, feeMicros };
}

function compare(
  use: PricedUse,
  basis: RerateBasis,
  { units, after }: { readonly units: bigint; readonly after: NewPricing },
): RatedAgain {
  const cost = costOf(use);
  // What a plan blocks and what happened all the same has never been for money.
  if (isFree(cost) && basis.terms.meters[use.asset].onExhausted === 'block') return UNCHANGED;
  const { baseMicros, feeMicros, unitRate } = priceUnits(after.row, use, units);
  const tax = taxOf(use, basis);
  const isTelecom = use.asset === 'call_second';
  const money = taxUsage(tax, { priceMicros: baseMicros + feeMicros, isTelecom });
  const differences = {
    netMicros: money.netMicros - cost.netMicros,
    feeMicros: feeMicros - cost.feeMicros,
    taxMicros: money.taxMicros - cost.taxMicros,
  };
  if (Object.values(differences).every((micros) => micros === 0n)) return UNCHANGED;
  return {
    kind: 'repriced',
    use,
    price: { versionId: after.version.id, market: after.market, unitRate },
    beforeMicros: cost.netMicros,
    ...differences,
    paidQuantity: (isFree(money) ? 0n : units) - sumOf(use).paidQuantity,
    taxation: tax.taxation,
  };
}

function isFree({ netMicros, taxMicros }: TaxedPrice): boolean {
  return netMicros === 0n && taxMicros === 0n;
}

/** As it was taxed; of a use that cost nothing, as the buyer is taxed of its instant. */
function taxOf(
  { taxationId, occurredAt }: PricedUse,
  { cards, terms, taxations }: RerateBasis,
): UsageTax {
  const known = taxationId === null ? undefined : taxations.get(taxationId);
  return known ?? cards.taxOf(terms.buyer, toEpochMs(occurredAt));
}

function leaveOut(reason: LeftOutReason): RatedAgain {
  return { kind: 'left_out', reason };
}
