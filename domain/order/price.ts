/**
 * Owns: what a purchase costs: its lines, its total as the customer reads it, what the wallet pays for it,
 * what its receipt and its invoice say, and which part of it one item is.
 * Does not own: the prices (the catalogue and the carrier tell them), tax sums (../tax/).
 * Rules: R2.09, ADR 0013, ADR 0022. Tax is taken once, at the seller's tax point: with `top_up` the payment
 * bears it and the invoice says so; with `consumption` the payment is untaxed money and the invoice bears it.
 * Parts of items sum to the whole. Minutes and numbers are telecom services, messages are not.
 * Example: 500.00 a month and 100.00 up front are 600.00; with GST of 18 % 708.00, tax 108.00.
 */
import { allocate, chargeStepMicros, type Money } from '../money';
import { computeTax, weighLine, type SaleLine, type TaxedSale } from '../tax/compute-tax';
import { alreadyTaxed, notYetTaxed, taxationAt, type Taxation } from '../tax/taxation';
import type { OrderItem } from './item';

/** A sale with the rules it was taxed by: what documents are made of. */
export interface SaleTerms {
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
}

/** The money side of an order. A payment must be exactly its total. */
export interface PurchaseTerms extends SaleTerms {
  readonly total: Money;
}

/** What a gateway is asked for: the items with the tax of the seller (R2.09). */
export function buildPurchaseTerms(taxation: Taxation, items: readonly OrderItem[]): PurchaseTerms {
  const sale = computeTax(taxation, buildLines(items));
  return { sale, taxation, total: sale.total };
}

/** What a gateway is asked for unique visitors, with the tax of the seller. */
export function buildVisitorTerms(
  taxation: Taxation,
  { visitors, amount }: { readonly visitors: number; readonly amount: Money },
): PurchaseTerms {
  const description = `Unique visitors, ${visitors} for the month of payment`;
  const sale = computeTax(taxation, [{ description, quantity: 1n, unitAmount: amount, amount }]);
  return { sale, taxation, total: sale.total };
}

/** What the wallet is charged: its money may have been taxed when it came in. */
export function buildWalletTerms(taxation: Taxation, items: readonly OrderItem[]): PurchaseTerms {
  return buildPurchaseTerms(taxationAt('consumption', taxation), items);
}

/** What the receipt of a gateway's payment says; the wallet is granted its subtotal. */
export function buildReceiptTerms({
  id,
  sale,
  taxation,
}: SaleTerms & { readonly id: string }): SaleTerms {
  if (taxation.taxPoint === 'top_up') return { sale, taxation };
  const amount = sale.total;
  const line = { description: `Payment of order ${id}`, quantity: 1n, unitAmount: amount, amount };
  const untaxed = notYetTaxed(taxation);
  return { sale: computeTax(untaxed, [line]), taxation: untaxed };
}

/**
 * What the invoice of an order says that a gateway's payment pays for. Its total is what the payment's
 * receipt granted, so that nothing of it is left in the wallet.
 */
export function buildInvoiceTerms(order: SaleTerms): SaleTerms {
  const { sale, taxation } = order;
  if (taxation.taxPoint !== 'top_up') return { sale, taxation };
  const net = alreadyTaxed(taxation);
  const lines = taxation.includesTax ? allotToLines(sale.subtotal, sale.lines) : sale.lines;
  return { sale: computeTax(net, lines), taxation: net };
}

/** The part of what was charged for an order that one of its items is, in micros, as it was taxed. */
export function partOfItem(
  items: readonly OrderItem[],
  itemId: string,
  { money, taxation }: { readonly money: Money; readonly taxation: Taxation },
): bigint {
  const weights = items.map((item) =>
    buildLines([item]).reduce((sum, line) => sum + weighLine(taxation, line), 0n),
  );
  const place = items.findIndex(({ id }) => id === itemId);
  return shareOut(money, weights)[place] ?? 0n;
}

/** Each line with its share of `total`: where prices include the tax, what it costs without. */
export function allotToLines(total: Money, lines: readonly SaleLine[]): SaleLine[] {
  const shares = shareOut(
    total,
    lines.map(({ amount }) => amount.amountMicros),
  );
  return lines.map((line, index) => {
    const amount = { ...line.amount, amountMicros: shares[index] ?? 0n };
    return { ...line, unitAmount: amount, amount };
  });
}

/** Shares of a total by weight, in micros: in steps that can be paid where the total can. */
function shareOut({ amountMicros, currency }: Money, weights: readonly bigint[]): bigint[] {
  const stepMicros = chargeStepMicros(currency);
  const unit = amountMicros % stepMicros === 0n ? stepMicros : 1n;
  return allocate(amountMicros / unit, weights).map((share) => share * unit);
}

/** A line for each price and one for each fee; where nothing costs anything, the price alone. */
function buildLines(items: readonly OrderItem[]): SaleLine[] {
  return items.flatMap((item) => {
    const price = buildLine(item, describeItem(item), item.price);
    if (item.upFrontFee.amountMicros === 0n) return [price];
    return [price, buildLine(item, `${item.name}, up-front fee`, item.upFrontFee)];
  });
}

function buildLine({ kind }: OrderItem, description: string, amount: Money): SaleLine {
  const line = { description, quantity: 1n, unitAmount: amount, amount };
  return kind === 'message_package' ? line : { ...line, isTelecom: true };
}

function describeItem(item: OrderItem): string {
  switch (item.kind) {
    case 'message_package':
      return `${item.name}, ${item.units} messages`;
    case 'minute_bundle':
      return `${item.name}, ${item.units} minutes`;
    case 'phone_number':
      return `${item.name}, first month`;
  }
}
