/**
 * Owns: how an amount that is given back splits into net, each tax and round-off.
 * Does not own: whether it may be given back (refund.ts), the tax of a sale (tax/compute-tax.ts).
 * Rules: docs/domain/refunds.md. Tax goes back as it was taken: nothing is computed anew with today's rates.
 * Taxes of equal amount stay equal; the part that is last takes what is left of each, so that all parts
 * sum to the sale exactly. The round-off goes back after the net amount.
 * Example: 1 180.00 INR with CGST 90.00 and SGST 90.00: of 100.00 given back 7.63 are each tax and 84.74
 * are net; the 1 080.00 that are left are 915.26 net and twice 82.37.
 */
import { invariant } from '../invariant';
import { allocate, chargeStepMicros, multiplyByRatio, type Money } from '../money';
import type { SaleLine, TaxedSale, TaxLine } from '../tax/compute-tax';

/** What is left of a sale once these parts of it were taken back; null: nothing. It has no lines. */
export function computeLeft(sale: TaxedSale, taken: readonly TaxedSale[]): TaxedSale | null {
  const sumOf = (amountOf: (part: TaxedSale) => bigint): bigint =>
    taken.reduce((sum, part) => sum + amountOf(part), 0n);
  const totalMicros = sale.total.amountMicros - sumOf(({ total }) => total.amountMicros);
  if (totalMicros <= 0n) return null;
  const taxLines = sale.taxLines.map((line) => leftOfTax(line, taken));
  const taxMicros = sumOfTaxes(taxLines);
  const roundOffMicros =
    sale.roundOff.amountMicros - sumOf(({ roundOff }) => roundOff.amountMicros);
  const subtotalMicros = totalMicros - taxMicros - roundOffMicros;
  const isSound = subtotalMicros >= 0n && subtotalMicros + roundOffMicros >= 0n;
  // Credits of another make-up were given, for a change of plan perhaps: the sale's own shares count.
  if (!isSound) return { ...takePart(sale, totalMicros), lines: [] };
  const money = (amountMicros: bigint): Money => ({ ...sale.total, amountMicros });
  return {
    lines: [],
    taxLines,
    subtotal: money(subtotalMicros),
    taxTotal: money(taxMicros),
    roundOff: money(roundOffMicros),
    total: money(totalMicros),
  };
}

/**
 * The part of a sale that `totalMicros` are, above zero and not above the sale's total. It has no lines.
 * All of its amounts are zero or more and none is above the sale's; of all of it, it is the sale itself.
 */
export function takePart(sale: TaxedSale, totalMicros: bigint): TaxedSale {
  const wholeMicros = sale.total.amountMicros;
  invariant(
    0n < totalMicros && totalMicros <= wholeMicros,
    'a part is above zero, within its sale',
  );
  if (totalMicros === wholeMicros) return { ...sale, lines: [] };
  const { netMicros, taxes } = split(sale, totalMicros);
  const subtotalMicros =
    netMicros < sale.subtotal.amountMicros ? netMicros : sale.subtotal.amountMicros;
  const money = (amountMicros: bigint): Money => ({ ...sale.total, amountMicros });
  const taxLines = sale.taxLines.map((line, index) => ({
    ...line,
    taxable: money(takeTaxable(line, sale.subtotal, subtotalMicros)),
    amount: money(taxes[index] ?? 0n),
  }));
  return {
    lines: [],
    taxLines,
    subtotal: money(subtotalMicros),
    taxTotal: money(sumOfTaxes(taxLines)),
    roundOff: money(netMicros - subtotalMicros),
    total: money(totalMicros),
  };
}

/**
 * The part of a sale from one amount of its total to another one, so that parts which follow each other sum
 * to what they span, tax by tax.
 */
export function takeStretch(sale: TaxedSale, fromMicros: bigint, toMicros: bigint): TaxedSale {
  const part = takePart(sale, toMicros);
  if (fromMicros === 0n) return part;
  const rest = computeLeft(part, [takePart(sale, fromMicros)]);
  invariant(rest !== null, 'a stretch ends after it begins');
  return rest;
}

/** A sale with one line that stands for all of it, in the prices the sale was made in. */
export function withLine(
  sale: TaxedSale,
  line: {
    readonly description: string;
    readonly includesTax: boolean;
    readonly sac: string | undefined;
  },
): TaxedSale {
  const { description, includesTax, sac } = line;
  const amount = includesTax ? sale.total : sale.subtotal;
  const only: SaleLine = {
    description,
    quantity: 1n,
    unitAmount: amount,
    amount,
    ...(sac === undefined ? {} : { sac }),
  };
  return { ...sale, lines: [only] };
}

/** A sale by its total alone: what a part of something else takes of money that bore no tax. */
export function untaxed({ total }: TaxedSale): TaxedSale {
  const nothing = { ...total, amountMicros: 0n };
  return { lines: [], taxLines: [], subtotal: total, taxTotal: nothing, roundOff: nothing, total };
}

/** The same sale with every amount below zero, or back: what a document that takes back states. */
export function mirrorSale(sale: TaxedSale): TaxedSale {
  const mirror = (money: Money): Money => ({ ...money, amountMicros: -money.amountMicros });
  return {
    lines: sale.lines.map((line) => ({
      ...line,
      unitAmount: mirror(line.unitAmount),
      amount: mirror(line.amount),
    })),
    taxLines: sale.taxLines.map((line) => ({
      ...line,
      taxable: mirror(line.taxable),
      amount: mirror(line.amount),
    })),
    subtotal: mirror(sale.subtotal),
    taxTotal: mirror(sale.taxTotal),
    roundOff: mirror(sale.roundOff),
    total: mirror(sale.total),
  };
}

interface Split {
  /** Net and round-off. */
  readonly netMicros: bigint;
  readonly taxes: readonly bigint[];
}

/** Each tax by itself, so that equal ones stay equal; only crumbs that cannot be halved are allocated. */
function split(sale: TaxedSale, totalMicros: bigint): Split {
  const wholeMicros = sale.total.amountMicros;
  const amounts = sale.taxLines.map(({ amount }) => amount.amountMicros);
  const netLeftMicros = wholeMicros - sumOfTaxes(sale.taxLines);
  const unit = findUnit(sale.total, [totalMicros, netLeftMicros, ...amounts]);
  // Tax was taken of the price, never of a round-off: so it goes back as a share of the price.
  const pricedMicros = sale.subtotal.amountMicros + sumOfTaxes(sale.taxLines);
  const taxes = amounts.map((amountMicros) => {
    const share = multiplyByRatio({
      amountMicros,
      numerator: totalMicros,
      denominator: pricedMicros * unit,
      rounding: 'half_up',
    });
    return lesserOf(unit * share, amountMicros);
  });
  const netMicros = totalMicros - taxes.reduce((sum, tax) => sum + tax, 0n);
  if (0n <= netMicros && netMicros <= netLeftMicros) return { netMicros, taxes };
  const weights = [netLeftMicros, ...amounts].map((amount) => amount / unit);
  const [net = 0n, ...shares] = allocate(totalMicros / unit, weights);
  return { netMicros: net * unit, taxes: shares.map((share) => share * unit) };
}

function lesserOf(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

/** What can be paid, or a micro where an amount is finer than that. */
function findUnit({ currency }: Money, amounts: readonly bigint[]): bigint {
  const stepMicros = chargeStepMicros(currency);
  return amounts.every((amount) => amount % stepMicros === 0n) ? stepMicros : 1n;
}

function takeTaxable({ taxable }: TaxLine, subtotal: Money, partMicros: bigint): bigint {
  if (taxable.amountMicros === subtotal.amountMicros || subtotal.amountMicros === 0n) {
    return partMicros;
  }
  const unit = findUnit(subtotal, [taxable.amountMicros]);
  const steps = multiplyByRatio({
    amountMicros: taxable.amountMicros,
    numerator: partMicros,
    denominator: subtotal.amountMicros * unit,
    rounding: 'half_up',
  });
  return steps * unit;
}

/** Matched by what the tax is: a credit may carry another tax, which is none of this sale's. */
function leftOfTax(line: TaxLine, taken: readonly TaxedSale[]): TaxLine {
  const same = taken
    .flatMap(({ taxLines }) => taxLines)
    .filter(({ component, rate }) => component === line.component && rate === line.rate);
  return {
    ...line,
    taxable: same.reduce((left, { taxable }) => lessen(left, taxable), line.taxable),
    amount: same.reduce((left, { amount }) => lessen(left, amount), line.amount),
  };
}

function lessen(left: Money, taken: Money): Money {
  const amountMicros = left.amountMicros - taken.amountMicros;
  return { ...left, amountMicros: amountMicros > 0n ? amountMicros : 0n };
}

function sumOfTaxes(taxLines: readonly TaxLine[]): bigint {
  return taxLines.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
}
