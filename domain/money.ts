/**
 * Owns: money as a value: exact amounts, their decimal spelling, rounding, rates and splitting.
 * Does not own: which currencies exist (currency.ts), balances (ledger/), taxes or prices.
 * Rule: one scale in every currency, 1 major unit = 1 000 000 micros, held in a bigint; on every
 * wire a decimal string plus a currency. Nothing rounds without naming its rounding.
 * Example: 1 000 000 messages at a rate of 0.0034 USD are exactly 3 400.00 USD:
 * `multiplyRate({ rate: '0.0034', quantity: 1_000_000n }) === 3_400_000_000n`.
 */
import { BillingError } from './billing-error';
import { currencyFacts, parseCurrency, type CurrencyCode } from './currency';
import { invariant } from './invariant';

export interface Money {
  readonly amountMicros: bigint;
  readonly currency: CurrencyCode;
}

/** Money on a wire: `{"amount": "600.00", "currency": "INR"}`. */
export interface WireMoney {
  readonly amount: string;
  readonly currency: string;
}

/** All modes look at the distance from zero, so that a credit always mirrors its debit. */
export type Rounding = 'half_up' | 'down' | 'up' | 'half_even';

const MICROS_PER_MAJOR_UNIT = 1_000_000n;
const MICROS_DECIMALS = 6;

/** Twelve digits before the point: nine such amounts in micros still sum within a PostgreSQL bigint. */
const AMOUNT_PATTERN = /^(-?)(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,6}))?$/;

/** NUMERIC(20,10), the column every unit rate is stored in. */
const RATE_PATTERN = /^(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,10}))?$/;
const RATE_DECIMALS = 10;
const RATE_UNITS_PER_MICRO = 10n ** BigInt(RATE_DECIMALS - MICROS_DECIMALS);

/**
 * Money of its wire form. `path` prefixes the field named in the error (`prices.0` → `prices.0.amount`).
 * Throws BillingError `invalid_amount` or `invalid_currency`.
 */
export function parseMoney(wire: WireMoney, path = ''): Money {
  const prefix = path === '' ? '' : `${path}.`;
  const currency = parseCurrency(wire.currency, `${prefix}currency`);
  return { amountMicros: parseAmount(wire.amount, `${prefix}amount`), currency };
}

/**
 * Micros of a decimal string: an optional minus, up to 12 digits, up to 6 decimals. No plus sign,
 * no exponent, no grouping, no leading zero, no blank. Throws BillingError `invalid_amount`.
 */
export function parseAmount(amount: string, field = 'amount'): bigint {
  const match = AMOUNT_PATTERN.exec(amount);
  if (match === null) {
    const message =
      'an amount is a decimal string of at most 12 digits and 6 decimals, like "600.00"';
    throw new BillingError('invalid_amount', message, { field });
  }
  const [, sign, whole = '', fraction = ''] = match;
  const magnitude = BigInt(whole + fraction.padEnd(MICROS_DECIMALS, '0'));
  return sign === '-' ? -magnitude : magnitude;
}

/** The amount as a decimal string: at least the currency's minor units, and as many decimals as it needs. */
export function formatAmount(money: Money): string {
  const { exponent } = currencyFacts(money.currency);
  const magnitude = absolute(money.amountMicros);
  const whole = magnitude / MICROS_PER_MAJOR_UNIT;
  const fraction = (magnitude % MICROS_PER_MAJOR_UNIT)
    .toString()
    .padStart(MICROS_DECIMALS, '0')
    .replace(/0+$/, '')
    .padEnd(exponent, '0');
  const sign = money.amountMicros < 0n ? '-' : '';
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** Money in its wire form, the inverse of `parseMoney`. */
export function toWireMoney(money: Money): WireMoney {
  return { amount: formatAmount(money), currency: money.currency };
}

/** Throws an invariant violation when the currencies differ, like every function of two amounts here. */
export function addMoney(left: Money, right: Money): Money {
  assertSameCurrency(left, right);
  return { amountMicros: left.amountMicros + right.amountMicros, currency: left.currency };
}

export function subtractMoney(left: Money, right: Money): Money {
  assertSameCurrency(left, right);
  return { amountMicros: left.amountMicros - right.amountMicros, currency: left.currency };
}

/** Negative when `left` is less, positive when it is more: fit for `sort`. */
export function compareMoney(left: Money, right: Money): -1 | 0 | 1 {
  assertSameCurrency(left, right);
  if (left.amountMicros === right.amountMicros) return 0;
  return left.amountMicros < right.amountMicros ? -1 : 1;
}

/** An amount times numerator/denominator, rounded once to whole micros. The denominator is above zero. */
export function multiplyByRatio(ratio: {
  readonly amountMicros: bigint;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly rounding: Rounding;
}): bigint {
  const { amountMicros, numerator, denominator, rounding } = ratio;
  return divide({ dividend: amountMicros * numerator, divisor: denominator, rounding });
}

/**
 * Micros owed for `quantity` units at a decimal rate per unit in major units ("0.0034").
 * Exact until one rounding, half up, to whole micros; never round per unit and then multiply.
 * Throws BillingError `invalid_amount` when the rate is not a NUMERIC(20,10) of zero or more.
 */
export function multiplyRate(units: { readonly rate: string; readonly quantity: bigint }): bigint {
  const dividend = parseRate(units.rate) * units.quantity;
  return divide({ dividend, divisor: RATE_UNITS_PER_MICRO, rounding: 'half_up' });
}

/**
 * A decimal rate ("0.0034") in 1e-10 of a major unit, of zero or more. Throws BillingError
 * `invalid_amount` when it has more than 10 digits or 10 decimals.
 */
export function parseRate(rate: string, field = 'rate'): bigint {
  const match = RATE_PATTERN.exec(rate);
  if (match === null) {
    const message =
      'a rate is a decimal string of at most 10 digits and 10 decimals, like "0.0034"';
    throw new BillingError('invalid_amount', message, { field });
  }
  const [, whole = '', fraction = ''] = match;
  return BigInt(whole + fraction.padEnd(RATE_DECIMALS, '0'));
}

/** A rate, or the difference of two, as a decimal string: as many decimals as it needs, at least `decimalsMin`. */
export function formatRate(rate: bigint, decimalsMin = 0): string {
  const magnitude = absolute(rate)
    .toString()
    .padStart(RATE_DECIMALS + 1, '0');
  const whole = magnitude.slice(0, -RATE_DECIMALS);
  const fraction = magnitude.slice(-RATE_DECIMALS).replace(/0+$/, '').padEnd(decimalsMin, '0');
  const sign = rate < 0n ? '-' : '';
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** Rounded to the ISO minor unit of its currency: an order total or an invoice line. */
export function roundToMinorUnit(money: Money, rounding: Rounding): Money {
  return roundToStep(money, { stepMicros: minorUnitMicros(money.currency), rounding });
}

/** Rounded to what a gateway can charge: the minor unit, whole rupiah for IDR, 0.010 for KWD. */
export function roundToChargeStep(money: Money, rounding: Rounding): Money {
  return roundToStep(money, { stepMicros: chargeStepMicros(money.currency), rounding });
}

/** The smallest amount of a currency that is charged, in micros: 10 000 for INR, 1 000 000 for IDR. */
export function chargeStepMicros(currency: CurrencyCode): bigint {
  return minorUnitMicros(currency) * BigInt(currencyFacts(currency).chargeStepMinor);
}

/**
 * Splits a total over weights so that the parts sum to it exactly: everyone gets their share rounded
 * towards zero, the units left go to the largest remainders, the first one on a tie. A weight of zero
 * gets zero; a negative total mirrors the positive one. Weights are zero or more, not all zero.
 * The unit is the caller's: pass cents to get whole cents.
 */
export function allocate(totalMicros: bigint, weights: readonly bigint[]): bigint[] {
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0n);
  invariant(
    weightSum > 0n && weights.every((weight) => weight >= 0n),
    'weights to allocate by are zero or more, and not all zero',
  );
  const total = absolute(totalMicros);
  const shares = weights.map((weight, index) => ({
    index,
    quotient: (total * weight) / weightSum,
    remainder: (total * weight) % weightSum,
  }));
  const left = total - shares.reduce((sum, share) => sum + share.quotient, 0n);
  const luckiest = shares.toSorted(byLargestRemainder).slice(0, Number(left));
  const lucky = new Set(luckiest.map((share) => share.index));
  const sign = totalMicros < 0n ? -1n : 1n;
  return shares.map((share) => sign * (share.quotient + (lucky.has(share.index) ? 1n : 0n)));
}

interface Share {
  readonly index: number;
  readonly remainder: bigint;
}

function byLargestRemainder(left: Share, right: Share): number {
  if (left.remainder === right.remainder) return left.index - right.index;
  return left.remainder > right.remainder ? -1 : 1;
}

function roundToStep(
  money: Money,
  step: { readonly stepMicros: bigint; readonly rounding: Rounding },
): Money {
  const { stepMicros, rounding } = step;
  const steps = divide({ dividend: money.amountMicros, divisor: stepMicros, rounding });
  return { amountMicros: steps * stepMicros, currency: money.currency };
}

function minorUnitMicros(currency: CurrencyCode): bigint {
  return 10n ** BigInt(MICROS_DECIMALS - currencyFacts(currency).exponent);
}

function divide(division: {
  readonly dividend: bigint;
  readonly divisor: bigint;
  readonly rounding: Rounding;
}): bigint {
  const { dividend, divisor, rounding } = division;
  invariant(divisor > 0n, 'a divisor is above zero');
  const magnitude = absolute(dividend);
  const quotient = magnitude / divisor;
  const twiceRemainder = 2n * (magnitude % divisor);
  const rounded = quotient + (roundsAwayFromZero() ? 1n : 0n);
  return dividend < 0n ? -rounded : rounded;

  function roundsAwayFromZero(): boolean {
    switch (rounding) {
      case 'down':
        return false;
      case 'up':
        return twiceRemainder > 0n;
      case 'half_up':
        return twiceRemainder >= divisor;
      case 'half_even':
        return twiceRemainder > divisor || (twiceRemainder === divisor && quotient % 2n === 1n);
    }
  }
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function assertSameCurrency(left: Money, right: Money): void {
  invariant(
    left.currency === right.currency,
    `${left.currency} and ${right.currency} cannot be mixed`,
  );
}

/** Money for a sentence: "400.00 INR". */
export function describeMoney(money: Money): string {
  return `${formatAmount(money)} ${money.currency}`;
}
