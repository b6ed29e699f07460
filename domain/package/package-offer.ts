/**
 * Owns: what a message package or a minute bundle is sold as: units, price, life; its price per unit and
 * whether that is less than a plan asks for the same unit.
 * Does not own: orders and taxes (order/), what was bought (package.ts), what a message costs (rating).
 * Rules: R0.01 (price per unit), R0.02 (cheaper than the plan), R2.07 (Nexus, Pro, Elite), ADR 0024.
 * Example: 10 000 messages at 4 500.00 INR cost 0.45 each; a plan that asks 0.60 makes that a saving of
 * 0.15 a message, 25.00 percent.
 */
import { multiplyByRatio, multiplyRate, type Money } from '../money';
import { computePercent } from '../percent';
import type { UnitName } from '../plan';

export type PackageKind = 'message_package' | 'minute_bundle';

/** One package on sale in one currency. */
export interface PackageOffer {
  readonly kind: PackageKind;
  readonly code: string;
  readonly name: string;
  /** Messages or minutes. */
  readonly units: number;
  readonly price: Money;
  readonly upFrontFee: Money;
  /** Null: it ends with the plan's paid period. */
  readonly validityDays: number | null;
  /** Whose messages it pays for; null: those of every channel, and all a bundle is for. */
  readonly channels: readonly string[] | null;
}

/** What a plan asks for one unit beyond its allowance, in the offer's currency. */
export interface PlanUnitPrice {
  readonly planCode: string;
  /** A decimal string in major units: "0.60". */
  readonly rate: string;
}

export interface Saving {
  readonly planCode: string;
  readonly planUnitPrice: string;
  /** Decimal string; below zero when the offer is dearer. */
  readonly perUnit: string;
  /** Of the plan's price, two decimals. */
  readonly percent: string;
  readonly isCheaper: boolean;
}

/** The unit of a plan that a package stands in for. */
export function unitOfPackage(kind: PackageKind): UnitName {
  return kind === 'message_package' ? 'message' : 'call_minute';
}

/** The price of one unit as a decimal string, to ten decimals, half up: "0.45" (R0.01). */
export function computeUnitPrice(offer: PackageOffer): string {
  return formatRate(unitPriceE10(offer));
}

/** What a unit of the offer saves against a plan's (R0.02). Equal is not cheaper. */
export function computeSaving(offer: PackageOffer, plan: PlanUnitPrice): Saving {
  const planE10 = rateE10(plan.rate);
  const perUnitE10 = planE10 - unitPriceE10(offer);
  return {
    planCode: plan.planCode,
    planUnitPrice: formatRate(planE10),
    perUnit: formatRate(perUnitE10),
    percent: computePercent({ part: perUnitE10, whole: planE10 }),
    // Compared as wholes: a rounded price per unit could make a dearer package look cheaper.
    isCheaper: offer.price.amountMicros * E10_PER_MICRO < planE10 * BigInt(offer.units),
  };
}

/** The plans whose units the offer does not undercut, in the order given. */
export function findNotCheaper(
  offer: PackageOffer,
  plans: readonly PlanUnitPrice[],
): readonly string[] {
  return plans
    .filter((plan) => !computeSaving(offer, plan).isCheaper)
    .map(({ planCode }) => planCode);
}

const E10_PER_MICRO = 10_000n;
const RATE_DECIMALS = 10;
const DECIMALS_MIN = 2;

function unitPriceE10({ price, units }: PackageOffer): bigint {
  return multiplyByRatio({
    amountMicros: price.amountMicros,
    numerator: E10_PER_MICRO,
    denominator: BigInt(units),
    rounding: 'half_up',
  });
}

/** A rate in 1e-10 of the currency: micros for 10 000 units are exactly that. */
function rateE10(rate: string): bigint {
  return multiplyRate({ rate, quantity: E10_PER_MICRO });
}

function formatRate(e10: bigint): string {
  const magnitude = e10 < 0n ? -e10 : e10;
  const scale = 10n ** BigInt(RATE_DECIMALS);
  const fraction = (magnitude % scale)
    .toString()
    .padStart(RATE_DECIMALS, '0')
    .replace(/0+$/, '')
    .padEnd(DECIMALS_MIN, '0');
  return `${e10 < 0n ? '-' : ''}${magnitude / scale}.${fraction}`;
}
