/**
 * Owns: what a reseller earns of a charge, and what of that goes back when the charge is taken back.
 * Does not own: which charges are shared (activities/revenue-share/), the month (statement.ts), the postings
 * (post-share.ts).
 * Rules: R4.10, ADR 0043. The base is what a customer paid for its plan, net of tax and of the gateway's fee. The
 * share is rounded once, half up, to what can be paid; the owner's part is the rest, so both sum to the base. What
 * is taken back is counted from the charge on: all that was taken so far, less what went back before.
 * Example: 999.00 INR at 20 % accrue 199.80. Of it 333.33 are given back: 66.67 are clawed back; then the other
 * 665.67: 133.13, so that all 199.80 are back.
 */
import type { CurrencyCode } from '../currency';
import { chargeStepMicros, multiplyByRatio } from '../money';
import { SHARE_BPS_MAX } from '../partner-plan/partner-plan';
import type { TaxedSale } from '../tax/compute-tax';

/** What one document collected, or gave back, and the reseller's part of it. Micros, never below zero. */
export interface SharedAmounts {
  /** Net of tax. */
  readonly collectedMicros: bigint;
  readonly taxMicros: bigint;
  /** With tax and rounding. */
  readonly totalMicros: bigint;
  /** What the gateway keeps of it, by the partner's terms. */
  readonly feeMicros: bigint;
  readonly shareMicros: bigint;
}

export interface ShareRate {
  /** The reseller's part of the base, of the version of the plan. */
  readonly shareBps: number;
  readonly gatewayFeeBps: number;
}

/** What a partner's share is taken of. */
export function baseOf({
  collectedMicros,
  feeMicros,
}: Pick<SharedAmounts, 'collectedMicros' | 'feeMicros'>): bigint {
  return collectedMicros - feeMicros;
}

/** What a reseller earns of a sale that was charged. */
export function computeShare(
  { subtotal, taxTotal, total }: Pick<TaxedSale, 'subtotal' | 'taxTotal' | 'total'>,
  { shareBps, gatewayFeeBps }: ShareRate,
): SharedAmounts {
  const { currency } = total;
  const collectedMicros = subtotal.amountMicros;
  const feeMicros = partOf({ amountMicros: collectedMicros, bps: gatewayFeeBps, currency });
  const baseMicros = collectedMicros - feeMicros;
  return {
    collectedMicros,
    taxMicros: taxTotal.amountMicros,
    totalMicros: total.amountMicros,
    feeMicros,
    shareMicros: partOf({ amountMicros: baseMicros, bps: shareBps, currency }),
  };
}

const NOTHING_TAKEN: SharedAmounts = {
  collectedMicros: 0n,
  taxMicros: 0n,
  totalMicros: 0n,
  feeMicros: 0n,
  shareMicros: 0n,
};

/** All that was taken back of one charge so far. */
export function sumShared(taken: readonly SharedAmounts[]): SharedAmounts {
  return taken.reduce(
    (sum, one) => ({
      collectedMicros: sum.collectedMicros + one.collectedMicros,
      taxMicros: sum.taxMicros + one.taxMicros,
      totalMicros: sum.totalMicros + one.totalMicros,
      feeMicros: sum.feeMicros + one.feeMicros,
      shareMicros: sum.shareMicros + one.shareMicros,
    }),
    NOTHING_TAKEN,
  );
}

/**
 * What goes back when part of a charge is taken back, for whatever reason, at the rate at which it was earned. All
 * of it once nothing is left of the charge, and never more.
 */
export function computeClawback(
  charge: SharedAmounts & { readonly currency: CurrencyCode },
  before: SharedAmounts,
  taken: Pick<TaxedSale, 'subtotal' | 'taxTotal' | 'total'>,
): SharedAmounts {
  const collectedMicros = taken.subtotal.amountMicros;
  const totalMicros = taken.total.amountMicros;
  const isAll = before.totalMicros + totalMicros >= charge.totalMicros;
  const cumulated = before.collectedMicros + collectedMicros;
  const backOf = (whole: bigint, wentBack: bigint): bigint => {
    if (isAll || cumulated >= charge.collectedMicros) return whole - wentBack;
    const step = chargeStepMicros(charge.currency);
    const steps = multiplyByRatio({
      amountMicros: whole,
      numerator: cumulated,
      denominator: charge.collectedMicros * step,
      rounding: 'half_up',
    });
    const back = lesserOf(steps * step, whole) - wentBack;
    return back > 0n ? back : 0n;
  };
  return {
    collectedMicros,
    taxMicros: taken.taxTotal.amountMicros,
    totalMicros,
    feeMicros: lesserOf(backOf(charge.feeMicros, before.feeMicros), collectedMicros),
    shareMicros: backOf(charge.shareMicros, before.shareMicros),
  };
}

/** A part of an amount, rounded half up to what can be paid. */
export function partOf({
  amountMicros,
  bps,
  currency,
}: {
  readonly amountMicros: bigint;
  readonly bps: number;
  readonly currency: CurrencyCode;
}): bigint {
  const step = chargeStepMicros(currency);
  const steps = multiplyByRatio({
    amountMicros,
    numerator: BigInt(bps),
    denominator: BigInt(SHARE_BPS_MAX) * step,
    rounding: 'half_up',
  });
  return lesserOf(steps * step, amountMicros);
}

function lesserOf(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
