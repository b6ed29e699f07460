/**
 * Owns: which part of a price falls on what is left of a period.
 * Does not own: when a plan changes (decide-change.ts) or what becomes of allowances (carry-over.ts).
 * Rule: the day of a change belongs to the new plan, so the part is `remaining days / days of the
 * period`, counted on the account's calendar and rounded half up to what the currency can charge. Days
 * are what customers can recount; `seconds` is for sellers who bill by the hour.
 * Example: 999.00 for 1 February to 1 March, changed on 15 February: 14 of 28 days, 499.50.
 */
import type { BillingPeriod } from '../billing-period';
import { daysBetween, localDateOf } from '../calendar';
import type { ProrationMode } from '../change-policy';
import { isBefore, laterOf, toEpochMs, type Instant } from '../instant';
import { invariant } from '../invariant';
import { chargeStepMicros, type Money } from '../money';

/** A part of a whole. `numerator` runs from 0 to `denominator`, which is above 0. */
export interface Share {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

interface Measure {
  readonly mode: Exclude<ProrationMode, 'none'>;
  readonly timeZone: string;
}

/** How long a span is, in days of the account's calendar or in milliseconds; nothing when it is over. */
export function spanOf(
  { startsAt, endsAt }: Pick<BillingPeriod, 'startsAt' | 'endsAt'>,
  { mode, timeZone }: Measure,
): bigint {
  if (!isBefore(startsAt, endsAt)) return 0n;
  if (mode === 'seconds') return BigInt(toEpochMs(endsAt) - toEpochMs(startsAt));
  return BigInt(daysBetween(localDateOf(startsAt, timeZone), localDateOf(endsAt, timeZone)));
}

/** What is left of a period at an instant in it. Before it all is left, after it nothing. */
export function remainingShare(
  period: Pick<BillingPeriod, 'startsAt' | 'endsAt'>,
  at: Instant,
  measure: Measure,
): Share {
  const { startsAt, endsAt } = period;
  const whole = spanOf(period, measure);
  // Bought and left on the period's last day: by days there was nothing to pay for.
  return {
    numerator: spanOf({ startsAt: laterOf(at, startsAt), endsAt }, measure),
    denominator: whole === 0n ? 1n : whole,
  };
}

/** That part of a price of zero or more, half up to what can be charged: rounded once, never twice. */
export function prorate({ amountMicros, currency }: Money, share: Share): Money {
  invariant(amountMicros >= 0n, 'a price is not negative');
  const step = chargeStepMicros(currency);
  const divisor = share.denominator * step;
  const steps = (2n * amountMicros * share.numerator + divisor) / (2n * divisor);
  return { amountMicros: steps * step, currency };
}

/** Whole units of a quantity that fall on a share, half up. */
export function prorateUnits(quantity: bigint, { numerator, denominator }: Share): bigint {
  return (2n * quantity * numerator + denominator) / (2n * denominator);
}
