/**
 * Owns: the sale of a change, a pause or an end: what it credits and charges, taxed, and the invoices it takes back.
 * Does not own: its lines (decide-change.ts, credit.ts), what an invoice has left (db/), the tax itself (tax/).
 * Rules: ADR 0031 and 0037. A credit bears the tax of the invoices it takes back, and is never above what they
 * have left; a charge bears the tax of its day. Taxed alike they are one document, else a credit note and an invoice.
 * Example: 2 499.50 were invoiced without tax, then the seller registers for GST of 18 %; Growth for the same days
 * is 499.50: a credit note of 2 499.50 and an invoice of 589.00, so 1 910.50 come into the wallet.
 */
import { allocateCredit, type CreditableInvoice } from '../document/allocate-credit';
import { findTakenBack } from '../document/taken-back';
import { chargeStepMicros } from '../money';
import { computeTax } from '../tax/compute-tax';
import { exempt, isSameTaxation } from '../tax/taxation';
import type { Funds } from './funds';
import { buildSale, type SalePart, type SubscriptionSale, type SubscriptionSaleLine } from './sale';
import type { Subscription } from './subscription';

/** A foresight that only counts what is charged may leave out what can be credited: it bears the tax of its day. */
export type SaleTaxes = Pick<Funds, 'taxation'> & Partial<Pick<Funds, 'creditable'>>;

/** The sale of these lines, under a name no other change has; null: there is nothing to sell or to credit. */
export function buildChangeSale(
  changed: Subscription,
  asked: readonly SubscriptionSaleLine[],
  { taxation: ofSeller, creditable = null }: SaleTaxes,
): SubscriptionSale | null {
  const today = changed.bearsTax ? ofSeller : exempt(ofSeller);
  const asCredit = asked.filter(({ amount }) => amount.amountMicros < 0n);
  // A credit of 0.00 takes no invoice back: it stands with the charges and says why it is not more.
  const charges = asked.filter(({ amount }) => amount.amountMicros >= 0n);
  const invoices = creditable === null ? null : findTaxedAlike(creditable);
  const taxation = invoices?.[0]?.taxation ?? today;
  const credits = invoices === null ? asCredit : asCredit.flatMap((line) => fit(line, invoices));
  const groups = isSameTaxation(taxation, today)
    ? [{ taxation, lines: [...credits, ...charges] }]
    : [
        { taxation, lines: credits },
        { taxation: today, lines: charges },
      ];
  const [first, ...others] = groups
    .filter(({ lines }) => lines.length > 0)
    .map((group) => buildPart(group, invoices ?? []));
  if (first === undefined) return null;
  const name = {
    reference: `subscription/${changed.id}/change/${changed.changesMade}`,
    reason: `change ${changed.changesMade} to ${changed.planCode} ${changed.cycle}`,
  };
  return buildSale(name, [first, ...others]);
}

/** The newest invoice that has any left, and those before it that were taxed like it. */
function findTaxedAlike(newestFirst: readonly CreditableInvoice[]): readonly CreditableInvoice[] {
  const open = newestFirst.filter(({ leftMicros }) => leftMicros > 0n);
  return open.filter(({ taxation }) => isSameTaxation(taxation, open[0]?.taxation ?? taxation));
}

function buildPart(
  { taxation, lines }: Pick<SalePart, 'taxation' | 'lines'>,
  invoices: readonly CreditableInvoice[],
): SalePart {
  const taxed = computeTax(taxation, lines);
  const takenBack = findTakenBack(taxed, taxation);
  const takesBack =
    takenBack === null ? [] : allocateCredit(takenBack.total.amountMicros, invoices);
  return { lines, taxation, taxed, takesBack };
}

/** As much of a credit as its invoices have left, tax and rounding included: that line, or none. */
function fit(
  credit: SubscriptionSaleLine,
  invoices: readonly CreditableInvoice[],
): readonly SubscriptionSaleLine[] {
  const [newest] = invoices;
  if (newest === undefined) return [];
  const leftMicros = invoices.reduce((sum, invoice) => sum + invoice.leftMicros, 0n);
  const creditedMicros = (line: SubscriptionSaleLine) =>
    -computeTax(newest.taxation, [line]).total.amountMicros;
  const wholeMicros = creditedMicros(credit);
  if (wholeMicros <= leftMicros) return [credit];
  const { amountMicros, currency } = credit.amount;
  const step = chargeStepMicros(currency);
  const shareMicros = (amountMicros * leftMicros) / wholeMicros;
  // Tax is rounded, and so is a total: the share, rounded up, or a few steps less fit.
  for (let steps = shareMicros / step - 1n; steps < 0n; steps += 1n) {
    const amount = { amountMicros: steps * step, currency };
    const line = { ...credit, amount, unitAmount: amount };
    if (creditedMicros(line) <= leftMicros) return [line];
  }
  return [];
}
