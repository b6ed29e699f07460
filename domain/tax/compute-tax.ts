/**
 * Owns: the sums of a sale: net, each tax, round-off and total.
 * Does not own: which taxes apply (resolve-taxation.ts) or what is sold.
 * Rules: domain-wide half-up away from zero unless the tax says otherwise; each tax is computed once,
 * from the sum of the lines that bear it, to the smallest payable step; no tax is taken of another one
 * (ÖİV is no part of the KDV base, law 6802 art. 39); only the total is rounded to whole rupees,
 * and what that adds is a line of its own (CGST Act s.170). A credit mirrors its debit.
 * Example: 99.99 INR at CGST 9 % and SGST 9 %: two taxes of 9.00, 117.99, round-off 0.01, total 118.00.
 */
import type { CurrencyCode } from '../currency';
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
  /** A telecom service: some countries take a further tax of it. */
  readonly isTelecom?: true;
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
  const { currency } = first.amount;
  const price = lines.slice(1).reduce((sum, { amount }) => addMoney(sum, amount), first.amount);
  const taxes = computeTaxes(taxation, lines, currency);
  const taxTotalMicros = taxes.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const netMicros = taxation.includesTax ? price.amountMicros - taxTotalMicros : price.amountMicros;
  const roundOffMicros = computeRoundOff(taxation, netMicros + taxTotalMicros);
  const money = (amountMicros: bigint): Money => ({ amountMicros, currency });
  return {
    lines,
    taxLines: taxes.map(({ component, bearingMicros, amountMicros }) => ({
      component: component.component,
      rate: component.rate,
      taxable: money(computeTaxable(component, money(bearingMicros ?? netMicros))),
      amount: money(amountMicros),
    })),
    subtotal: money(netMicros),
    taxTotal: money(taxTotalMicros),
    roundOff: money(roundOffMicros),
    total: money(netMicros + taxTotalMicros + roundOffMicros),
  };
}

/** What a line costs with its taxes, in a unit that all lines taxed in the same way share: never rounded. */
export function weighLine(taxation: Taxation, line: SaleLine): bigint {
  const { net, grossOf } = findShares(taxation.components);
  return line.amount.amountMicros * (taxation.includesTax ? net : grossOf(line));
}

/** A part of a price. */
export interface TaxShare {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** All taxes of a line as a part of its price: on top of a net one, inside a gross one. */
export function computeTaxShare(taxation: Taxation, line: TaxedLine): TaxShare {
  const { net, grossOf } = findShares(taxation.components);
  const gross = grossOf(line);
  return { numerator: gross - net, denominator: taxation.includesTax ? gross : net };
}

interface ComputedTax {
  readonly component: TaxComponent;
  /** The net amount of the lines that bear it; null: all lines do. */
  readonly bearingMicros: bigint | null;
  readonly amountMicros: bigint;
}

/**
 * Each tax by itself from the price of all lines that bear it, so that two halves of the same rate are always
 * equal: price × r on top of a net price, price × r / (1 + all rates of the line) inside a gross one.
 */
function computeTaxes(
  { components, includesTax, rounding }: Taxation,
  lines: readonly SaleLine[],
  currency: CurrencyCode,
): readonly ComputedTax[] {
  const { net, shareOf, grossOf } = findShares(components);
  const wholeOf = (line: TaxedLine) => (includesTax ? grossOf(line) : net);
  const divisor = wholeOf({}) * wholeOf({ isTelecom: true });
  const sumShares = (bearing: readonly SaleLine[], share: bigint) =>
    bearing.reduce(
      (sum, line) => sum + line.amount.amountMicros * share * (divisor / wholeOf(line)),
      0n,
    );
  return components.flatMap((component) => {
    const bearing = lines.filter((line) => bears(line, component));
    if (bearing.length === 0) return [];
    const tax = { dividend: sumShares(bearing, shareOf(component)), divisor, rounding };
    const ofSome = { dividend: sumShares(bearing, net), divisor, rounding: 'half_up' } as const;
    const bearingMicros = bearing.length === lines.length ? null : roundToStep(ofSome, currency);
    return [{ component, bearingMicros, amountMicros: roundToStep(tax, currency) }];
  });
}

type TaxedLine = Pick<SaleLine, 'isTelecom'>;

function bears({ isTelecom }: TaxedLine, { isTelecomOnly }: TaxComponent): boolean {
  return isTelecomOnly !== true || isTelecom === true;
}

/** Rates as shares of one number, the net amount's. */
function findShares(components: readonly TaxComponent[]) {
  const scale = PERCENT * RATE_SCALE;
  const net = components.reduce((product, { baseDenominator }) => product * baseDenominator, scale);
  const shareOf = ({ rate, baseNumerator, baseDenominator }: TaxComponent) =>
    parseRate(rate) * baseNumerator * (net / (baseDenominator * scale));
  const grossOf = (line: TaxedLine) =>
    components
      .filter((component) => bears(line, component))
      .reduce((sum, component) => sum + shareOf(component), net);
  return { net, shareOf, grossOf };
}

/** What the rate is said to be taken of. The tax itself comes from the price, not from this sum. */
function computeTaxable({ baseNumerator, baseDenominator }: TaxComponent, net: Money): bigint {
  if (baseNumerator === baseDenominator) return net.amountMicros;
  const dividend = net.amountMicros * baseNumerator;
  return roundToStep({ dividend, divisor: baseDenominator, rounding: 'half_up' }, net.currency);
}

/** Rounded once, to the smallest step that can be paid in the currency. */
function roundToStep(
  {
    dividend,
    divisor,
    rounding,
  }: { readonly dividend: bigint; readonly divisor: bigint; readonly rounding: Rounding },
  currency: CurrencyCode,
): bigint {
  const stepMicros = chargeStepMicros(currency);
  const denominator = divisor * stepMicros;
  const steps = multiplyByRatio({ amountMicros: dividend, numerator: 1n, denominator, rounding });
  return steps * stepMicros;
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
