/**
 * Owns: the sums of a sale: net, each tax, round-off and total.
 * Does not own: which taxes apply (resolve-taxation.ts) or what is sold.
 * Rules: domain-wide half-up away from zero unless the tax says otherwise; each tax is computed once,
 * from the sum of the lines, to the smallest payable step; only the total is rounded to whole rupees,
 * and what that adds is a line of its own (CGST Act s.170). A credit mirrors its debit.
 * Example: 99.99 INR at CGST 9 % and SGST 9 %: two taxes of 9.00, 117.99, round-off 0.01, total 118.00.
 */
import { invariant } from '../invariant';
import { addMoney, chargeStepMicros, multiplyByRatio, type Money, type Rounding } from '../money';
import type { TaxComponent, Taxation } from './taxation';

/** What is sold. `amount` is negative in a credit: for the unused part of a period, for example. */
export interface SaleLine {
  readonly description: string;
  readonly quantity: bigint;
  readonly unitAmount: Money;
  readonly amount: Money;
  /** Service accounting code, where the country has one. */
  readonly sac?: string;
}

export interface TaxLine {
  readonly component: string;
  /** Percent as a decimal string. */
  readonly rate: string;
  readonly taxable: Money;
  readonly amount: Money;
}

/** `total` is always `subtotal` + `taxTotal` + `roundOff`. `subtotal` is net of tax. */
export interface TaxedSale {
  readonly lines: readonly SaleLine[];
  readonly taxLines: readonly TaxLine[];
  readonly subtotal: Money;
  readonly taxTotal: Money;
  readonly roundOff: Money;
  readonly total: Money;
}

/**
 * Taxes a sale of at least one line, all in one currency. Where prices include the tax the total is
 * exactly their sum, so there is no round-off: nobody pays another amount than the one they saw.
 */
export function computeTax(taxation: Taxation, lines: readonly SaleLine[]): TaxedSale {
  const [first] = lines;
  invariant(first !== undefined, 'a sale has at least one line');
  const price = lines.slice(1).reduce((sum, { amount }) => addMoney(sum, amount), first.amount);
  const taxes = computeTaxes(taxation, price);
  const { currency } = price;
  const taxTotalMicros = taxes.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const netMicros = taxation.includesTax ? price.amountMicros - taxTotalMicros : price.amountMicros;
  const roundOffMicros = computeRoundOff(taxation, netMicros + taxTotalMicros);
  const money = (amountMicros: bigint): Money => ({ amountMicros, currency });
  return {
    lines,
    taxLines: taxes.map(({ component, amountMicros }) => ({
      component: component.component,
      rate: component.rate,
      taxable: money(computeTaxable(component, money(netMicros))),
      amount: money(amountMicros),
    })),
    subtotal: money(netMicros),
    taxTotal: money(taxTotalMicros),
    roundOff: money(roundOffMicros),
    total: money(netMicros + taxTotalMicros + roundOffMicros),
  };
}

interface ComputedTax {
  readonly component: TaxComponent;
  readonly amountMicros: bigint;
}

/**
 * Each tax by itself from the whole price, so that two halves of the same rate are always equal:
 * price × r on top of a net price, price × r / (1 + all rates) inside a gross one.
 */
function computeTaxes(taxation: Taxation, price: Money): readonly ComputedTax[] {
  const { components, includesTax, rounding } = taxation;
  const denominator = components.reduce(
    (product, { baseDenominator }) => product * baseDenominator,
    PERCENT * RATE_SCALE,
  );
  const shares = components.map((component) => ({
    component,
    numerator:
      parseRate(component.rate) *
      component.baseNumerator *
      (denominator / (component.baseDenominator * PERCENT * RATE_SCALE)),
  }));
  const allShares = shares.reduce((sum, { numerator }) => sum + numerator, 0n);
  const whole = includesTax ? denominator + allShares : denominator;
  return shares.map(({ component, numerator }) => ({
    component,
    amountMicros: multiplyToStep(price, { numerator, denominator: whole, rounding }),
  }));
}

/** What the rate is said to be taken of. The tax itself comes from the price, not from this sum. */
function computeTaxable({ baseNumerator, baseDenominator }: TaxComponent, net: Money): bigint {
  if (baseNumerator === baseDenominator) return net.amountMicros;
  const ratio = { numerator: baseNumerator, denominator: baseDenominator };
  return multiplyToStep(net, { ...ratio, rounding: 'half_up' });
}

/** Rounded once, to the smallest step that can be paid in the currency. */
function multiplyToStep(
  { amountMicros, currency }: Money,
  ratio: {
    readonly numerator: bigint;
    readonly denominator: bigint;
    readonly rounding: Rounding;
  },
): bigint {
  const stepMicros = chargeStepMicros(currency);
  const denominator = ratio.denominator * stepMicros;
  return multiplyByRatio({ ...ratio, amountMicros, denominator }) * stepMicros;
}

function computeRoundOff({ totalStepMicros, includesTax }: Taxation, amountMicros: bigint): bigint {
  if (totalStepMicros === null || includesTax) return 0n;
  const steps = multiplyByRatio({
    amountMicros,
    numerator: 1n,
    denominator: totalStepMicros,
    rounding: 'half_up',
  });
  return steps * totalStepMicros - amountMicros;
}

const PERCENT = 100n;
const RATE_DECIMALS = 4;
const RATE_SCALE = 10n ** BigInt(RATE_DECIMALS);
const RATE_PATTERN = /^(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,4}))?$/;

function parseRate(rate: string): bigint {
  const match = RATE_PATTERN.exec(rate);
  invariant(match !== null, `not a tax rate: ${rate}`);
  const [, whole = '', fraction = ''] = match;
  return BigInt(whole + fraction.padEnd(RATE_DECIMALS, '0'));
}
