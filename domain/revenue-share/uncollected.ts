/**
 * Owns: which charges of a customer were not collected after all, once its bank took a payment back for good.
 * Does not own: what of a reseller's share goes back with them (share.ts), the dispute (dispute/).
 * Rules: R4.10, ADR 0048. Money goes through the wallet, so no charge was paid with one payment. What counts is the
 * debt that the lost payment leaves: it is laid on the newest shared charges since that payment, one after the other.
 * Example: 2 000.00 were paid, charges of 999.00 in March and April followed, all is lost and the wallet owes 1 998.00:
 * both were not collected. Had another 1 500.00 been paid in, it would owe 498.00: that much of April's.
 */
import { chargeStepMicros, multiplyByRatio } from '../money';
import type { CurrencyCode } from '../currency';
import type { SharedAmounts } from './share';

export interface OpenCharge {
  readonly invoiceId: string;
  readonly currency: CurrencyCode;
  readonly charge: SharedAmounts;
  /** What went back of it before. */
  readonly takenBack: SharedAmounts;
}

/** A part of a charge that was not collected. */
export interface Uncollected {
  readonly invoiceId: string;
  readonly collectedMicros: bigint;
  readonly taxMicros: bigint;
  readonly totalMicros: bigint;
}

/** Lays what was not collected on charges, newest first, each up to what is left of it. */
export function allocateUncollected(
  charges: readonly OpenCharge[],
  uncollectedMicros: bigint,
): Uncollected[] {
  const parts: Uncollected[] = [];
  let remaining = uncollectedMicros;
  for (const open of charges) {
    const leftMicros = open.charge.totalMicros - open.takenBack.totalMicros;
    const totalMicros = remaining < leftMicros ? remaining : leftMicros;
    if (totalMicros <= 0n) continue;
    parts.push(splitCharge(open, { leftMicros, totalMicros }));
    remaining -= totalMicros;
  }
  return parts;
}

/** Net and tax of a part, in proportion to what is left of either. */
function splitCharge(
  { invoiceId, currency, charge, takenBack }: OpenCharge,
  part: { readonly leftMicros: bigint; readonly totalMicros: bigint },
): Uncollected {
  const { leftMicros, totalMicros } = part;
  const netLeftMicros = charge.collectedMicros - takenBack.collectedMicros;
  if (totalMicros === leftMicros) {
    const taxMicros = charge.taxMicros - takenBack.taxMicros;
    return { invoiceId, collectedMicros: netLeftMicros, taxMicros, totalMicros };
  }
  const step = chargeStepMicros(currency);
  const steps = multiplyByRatio({
    amountMicros: netLeftMicros,
    numerator: totalMicros,
    denominator: leftMicros * step,
    rounding: 'half_up',
  });
  const collectedMicros = steps * step < totalMicros ? steps * step : totalMicros;
  return { invoiceId, collectedMicros, taxMicros: totalMicros - collectedMicros, totalMicros };
}
