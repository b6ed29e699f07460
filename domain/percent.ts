/**
 * Owns: a part of a whole as people read it: percent with two decimals.
 * Does not own: what the part and the whole are (minutes.ts, package/package-offer.ts).
 * Rules: R2.05: a part of nothing is "0.00", never a division by zero; more than the whole is told as it is.
 * Example: 15 636 of 60 000 seconds: `computePercent({ part: 15_636n, whole: 60_000n }) === '26.06'`.
 */
import { multiplyByRatio } from './money';

/** In percent with two decimals, half up. Both in the same unit; the whole is zero or more. */
export function computePercent(of: { readonly part: bigint; readonly whole: bigint }): string {
  const { part, whole } = of;
  if (whole === 0n) return '0.00';
  const hundredths = multiplyByRatio({
    amountMicros: part,
    numerator: 10_000n,
    denominator: whole,
    rounding: 'half_up',
  });
  const magnitude = hundredths < 0n ? -hundredths : hundredths;
  const sign = hundredths < 0n ? '-' : '';
  return `${sign}${magnitude / 100n}.${(magnitude % 100n).toString().padStart(2, '0')}`;
}
