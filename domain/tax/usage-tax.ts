/**
 * Owns: how usage of an instant is taxed, and which part of a price that is.
 * Does not own: which taxation an instant has (resolve-taxation.ts), the sums of a document (compute-tax.ts).
 * Rules: ADR 0013, 0035. Usage is charged from a wallet, so it bears tax only where the tax point is consumption.
 * A taxation changes at instants that are known ahead: when a registration begins, and at midnight of the first day
 * of a rate, in the seller's zone. So each account's are found once and looked up after that.
 * Example: 0.8631 INR of usage at IGST 18 %: 0.155358 tax on top, from the wallet in the same instant.
 */
import { startOfDay } from '../calendar';
import { fromEpochMs, toEpochMs } from '../instant';
import { multiplyByRatio } from '../money';
import { computeTaxShare, type TaxShare } from './compute-tax';
import { type Buyer, resolveTaxation, type SellerRegistration } from './resolve-taxation';
import { listRuleStarts } from './tax-rules';
import { type Taxation, taxationAt, UNTAXED } from './taxation';

/** How a use is taxed. */
export interface UsageTax {
  readonly taxation: Taxation;
  readonly share: TaxShare;
  /** Of calls, which are a telecom service. */
  readonly telecomShare: TaxShare;
}

/** How a buyer's usage of an instant is taxed. */
export type UsageTaxes = (buyer: Buyer, atMs: number) => UsageTax;

export const NO_USAGE_TAX = buildUsageTax(UNTAXED);

/** The taxes of all buyers, under these registrations. Remembers what it found for a buyer, by its object. */
export function createUsageTaxes(registrations: readonly SellerRegistration[]): UsageTaxes {
  if (registrations.length === 0) return () => NO_USAGE_TAX;
  const starts = listStarts(registrations);
  const known = new WeakMap<Buyer, readonly TaxPeriod[]>();
  const intern = createIntern();
  return (buyer, atMs) => {
    let periods = known.get(buyer);
    if (periods === undefined) {
      periods = starts.map((fromMs) => {
        const taxation = resolveTaxation({ registrations, buyer, at: fromEpochMs(fromMs) });
        return { fromMs, tax: intern(taxationAt('consumption', taxation)) };
      });
      known.set(buyer, periods);
    }
    return periods.findLast(({ fromMs }) => fromMs <= atMs)?.tax ?? NO_USAGE_TAX;
  };
}

interface TaxPeriod {
  readonly fromMs: number;
  readonly tax: UsageTax;
}

/** What money pays for a use: the price without tax, and the tax. Micros, each above or equal to zero. */
export interface TaxedPrice {
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
}

/**
 * Taxes one use, rounded once to whole micros by the rule of the tax. Where prices include the tax it comes out of
 * the price: nobody is charged more than they were told.
 */
export function taxUsage(
  { taxation, share, telecomShare }: UsageTax,
  { priceMicros, isTelecom }: { readonly priceMicros: bigint; readonly isTelecom: boolean },
): TaxedPrice {
  const { numerator, denominator } = isTelecom ? telecomShare : share;
  if (numerator === 0n || priceMicros === 0n) return { netMicros: priceMicros, taxMicros: 0n };
  const { includesTax, rounding } = taxation;
  const tax = { amountMicros: priceMicros, numerator, denominator, rounding };
  const taxMicros = multiplyByRatio(tax);
  return { netMicros: includesTax ? priceMicros - taxMicros : priceMicros, taxMicros };
}

/** The price and the tax that are in what was paid, whether prices include the tax or not. */
export function taxWithin(
  { taxation: { includesTax, rounding }, share, telecomShare }: UsageTax,
  { paidMicros, isTelecom }: { readonly paidMicros: bigint; readonly isTelecom: boolean },
): TaxedPrice {
  const { numerator, denominator } = isTelecom ? telecomShare : share;
  const whole = includesTax ? denominator : denominator + numerator;
  const tax = { amountMicros: paidMicros, numerator, denominator: whole, rounding };
  const taxMicros = multiplyByRatio(tax);
  return { netMicros: paidMicros - taxMicros, taxMicros };
}

/** Equal taxations are one object, whoever buys: a batch names each of them once. */
function createIntern(): (taxation: Taxation) => UsageTax {
  const known = new Map<string, UsageTax>();
  return (taxation) => {
    const text = JSON.stringify(taxation, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    let tax = known.get(text);
    if (tax === undefined) {
      tax = buildUsageTax(taxation);
      known.set(text, tax);
    }
    return tax;
  };
}

/** How usage is taxed by a taxation of the moment it is used. */
export function buildUsageTax(taxation: Taxation): UsageTax {
  return {
    taxation,
    share: computeTaxShare(taxation, {}),
    telecomShare: computeTaxShare(taxation, { isTelecom: true }),
  };
}

/** The instants at which any buyer's taxation may change, the earliest first. */
function listStarts(registrations: readonly SellerRegistration[]): number[] {
  const starts = registrations.flatMap(({ country, timeZone, validFrom }) => [
    toEpochMs(validFrom),
    ...listRuleStarts(country).map((day) => toEpochMs(startOfDay(day, timeZone))),
  ]);
  return [...new Set(starts)].toSorted((left, right) => left - right);
}
