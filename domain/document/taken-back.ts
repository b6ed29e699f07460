/**
 * Owns: what a document takes back of earlier invoices, as a sale, and what an invoice was for in all.
 * Does not own: which invoices these are (allocate-credit.ts), the split of a part (refund/split-refund.ts).
 * Rules: ADR 0031. A credit note takes its total back. An invoice that nets a credit takes back what it sells
 * less what it charges, tax by tax: the customer paid for all it sells, partly with the earlier invoices.
 * Example: 9 990.00 for a year less 499.50 for half a month: the invoice over 9 490.50 takes 499.50 back, and up
 * to 9 990.00 of it can be credited.
 */
import { computeLeft, mirrorSale, takePart, takeStretch } from '../refund/split-refund';
import { computeTax, type TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import type { CreditedPart } from './allocate-credit';
import type { TakenBack } from './document';

/** What a sale takes back, as amounts above zero; null: nothing. */
export function findTakenBack(sale: TaxedSale, taxation: Taxation): TaxedSale | null {
  if (sale.total.amountMicros < 0n) return mirrorSale(sale);
  const sold = sale.lines.filter(({ amount }) => amount.amountMicros > 0n);
  if (sold.length === 0 || sold.length === sale.lines.length) return null;
  return computeLeft(computeTax(taxation, sold), [sale]);
}

/** What an invoice was for: what it charges and what it took back of the invoices that it names. */
export function findSold({
  sale,
  taxation,
  references,
}: {
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  readonly references: readonly Pick<TakenBack, 'amount'>[];
}): TaxedSale {
  const namedMicros = references.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
  const takenBack = namedMicros === 0n ? null : findTakenBack(sale, taxation);
  if (takenBack === null) return sale;
  const sold = computeLeft(sale, [mirrorSale(takePart(takenBack, namedMicros))]);
  return { ...(sold ?? sale), lines: sale.lines };
}

/**
 * What a document takes back of each invoice it names, newest first, as amounts above zero: stretches that follow
 * each other, so that they sum to all that it takes back, tax by tax.
 */
export function splitTakenBack(
  { sale, taxation }: { readonly sale: TaxedSale; readonly taxation: Taxation },
  parts: readonly CreditedPart[],
): { readonly id: string; readonly sale: TaxedSale }[] {
  const takenBack = parts.length === 0 ? null : findTakenBack(sale, taxation);
  if (takenBack === null) return [];
  let before = 0n;
  return parts.map(({ id, amountMicros }) => {
    const part = takeStretch(takenBack, before, before + amountMicros);
    before += amountMicros;
    return { id, sale: part };
  });
}
