/**
 * Owns: what priced units cost: the base by rate and tier, and the management fee on top.
 * Does not own: which units are priced (rate-event.ts, decide-usage.ts), taxes.
 * Rules: R3.28. Rates are 1e-10 of the currency. Base and fee are added up exactly and rounded to micros once
 * each, half up.
 * Example: 90 seconds at 0.75 a minute with a fee of 10 % → base 1.125, fee 0.1125.
 */
import type { RateRow, RatingRule } from './rate-card';

/** So many units of one row, after so many of the month. */
export interface PricedUnits {
  readonly row: RateRow;
  readonly quantity: bigint;
  readonly usedBefore: bigint;
}

export interface Price {
  readonly baseMicros: bigint;
  readonly feeMicros: bigint;
  /** The rate all units have; null: they have different ones. */
  readonly unitRate: bigint | null;
}

const E10_PER_MICRO = 10_000n;
/** 1e-10 of a percent in the whole. */
const PERCENT_SCALE = 1_000_000_000_000n;

/** What the units cost. `ratePer`: how many of them a rate is for. */
export function computePrice(
  units: readonly PricedUnits[],
  { tierMode, ratePer }: { readonly tierMode: RatingRule['tierMode']; readonly ratePer: bigint },
): Price {
  let base = 0n;
  let fee = 0n;
  let unitRate: bigint | null = null;
  let isMixed = false;
  for (const { row, quantity, usedBefore } of units) {
    let ofRow = 0n;
    for (const step of stepsOf(row, { quantity, usedBefore, tierMode, ratePer })) {
      ofRow += step.rate * step.quantity;
      isMixed ||= unitRate !== null && unitRate !== step.rate;
      unitRate = step.rate;
    }
    base += ofRow;
    fee += row.fee.fixed * quantity * PERCENT_SCALE + ofRow * row.fee.percent;
  }
  return {
    baseMicros: divideHalfUp(base, ratePer * E10_PER_MICRO),
    feeMicros: divideHalfUp(fee, ratePer * E10_PER_MICRO * PERCENT_SCALE),
    unitRate: isMixed ? null : unitRate,
  };
}

interface Step {
  readonly rate: bigint;
  readonly quantity: bigint;
}

/** The units by the rate they have. Tiers count the card's units: minutes, where seconds are counted. */
function stepsOf(
  row: RateRow,
  units: {
    readonly quantity: bigint;
    readonly usedBefore: bigint;
    readonly tierMode: RatingRule['tierMode'];
    readonly ratePer: bigint;
  },
): Step[] {
  const { quantity, usedBefore, tierMode, ratePer } = units;
  if (row.tiers.length === 0 || tierMode === null) return [{ rate: row.rate, quantity }];
  const end = usedBefore + quantity;
  if (tierMode === 'volume') {
    const reached = row.tiers.findLast((tier) => tier.fromQuantity * ratePer < end);
    return [{ rate: reached?.rate ?? row.rate, quantity }];
  }
  const steps: Step[] = [];
  let from = usedBefore;
  let rate = row.rate;
  for (const tier of row.tiers) {
    const begins = tier.fromQuantity * ratePer;
    if (begins >= end) break;
    if (begins > from) {
      steps.push({ rate, quantity: begins - from });
      from = begins;
    }
    ({ rate } = tier);
  }
  return [...steps, { rate, quantity: end - from }];
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}
