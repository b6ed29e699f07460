/**
 * Owns: what the sandbox keeps of a payment: a part of it and a fixed amount, as its settings say.
 * Does not own: when it is known (with the success of the payment: payments.ts).
 * Example: 2 % of 1 180.00 INR are 23.60.
 */
import {
  formatAmount,
  multiplyByRatio,
  parseMoney,
  roundToChargeStep,
  type WireMoney,
} from '../../../domain/money';

export interface FeeRate {
  /** In hundredths of a per cent: 200 is 2 %. */
  readonly basisPoints: number;
}

const BASIS_POINTS = 10_000n;

export function feeOf(payment: WireMoney, { basisPoints }: FeeRate): string {
  const money = parseMoney({ amount: payment.amount, currency: payment.currency });
  const amountMicros = multiplyByRatio({
    amountMicros: money.amountMicros,
    numerator: BigInt(basisPoints),
    denominator: BASIS_POINTS,
    rounding: 'half_up',
  });
  return formatAmount(roundToChargeStep({ ...money, amountMicros }, 'half_up'));
}
