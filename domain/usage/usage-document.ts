/**
 * Owns: the document of what usage took from money in a month: its lines, its total, and what makes books and
 * document agree.
 * Does not own: the tax of each use (tax/usage-tax.ts), numbers and rows of documents (db/).
 * Rules: ADR 0035. Usage is charged in micros, a document speaks in amounts that can be paid. Its total is what the
 * wallets paid, rounded down, and the rest goes back to the wallet: closing a month takes nothing from anybody. Each
 * tax is computed on the lines, as on every document, and what that differs from the taxes charged moves
 * between revenue and the state. The total is not brought to whole rupees: it is paid already.
 * Example: 3 messages of 0.8631 INR with IGST 18 % took 3.055374. Document: 2.59, IGST 0.47, round-off -0.01, total
 * 3.05; 0.005374 goes back to the wallet, and 0.003926 from revenue to the state.
 */
import type { MonthKey } from '../calendar';
import type { CurrencyCode } from '../currency';
import type { DocumentKind } from '../document/document';
import type { Instant } from '../instant';
import { grantMoney } from '../ledger/grant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import { postTax } from '../ledger/tax';
import { chargeStepMicros, type Money, multiplyByRatio } from '../money';
import { computeTax, type SaleLine, type TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';

/** What usage of a month and category took from money under one taxation. */
export interface UsageCharges {
  readonly month: MonthKey;
  readonly category: string;
  /** Units that money paid for: messages, conversations, seconds of calls, visitors. */
  readonly quantity: bigint;
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
}

export interface UsageDocument {
  readonly kind: Extract<DocumentKind, 'invoice' | 'statement'>;
  readonly taxation: Taxation;
  readonly sale: TaxedSale;
  /** What the wallets paid beyond the total: less than the smallest amount that can be paid. */
  readonly backMicros: bigint;
  /** What the document's tax is above the taxes charged; negative: below. */
  readonly taxDifferenceMicros: bigint;
}

/**
 * The document of these charges, which have one taxation. Null while they are less than the smallest amount that
 * can be paid: they wait for the next month's.
 */
export function buildUsageDocument(
  charges: readonly UsageCharges[],
  { taxation, currency }: { readonly taxation: Taxation; readonly currency: CurrencyCode },
): UsageDocument | null {
  const stepMicros = chargeStepMicros(currency);
  const taxMicros = charges.reduce((sum, charge) => sum + charge.taxMicros, 0n);
  const paidMicros = charges.reduce((sum, { netMicros }) => sum + netMicros, taxMicros);
  if (paidMicros < stepMicros) return null;
  const totalMicros = paidMicros - (paidMicros % stepMicros);
  const taxed = documentTaxation(taxation);
  const lines = charges.map((charge) => buildUsageLine(charge, { taxation: taxed, currency }));
  const sale = settleTotal(computeTax(taxed, lines), totalMicros);
  return {
    kind: taxation.taxPoint === 'top_up' ? 'statement' : 'invoice',
    taxation: taxed,
    sale,
    backMicros: paidMicros - totalMicros,
    taxDifferenceMicros: sale.taxTotal.amountMicros - taxMicros,
  };
}

/** What was taxed as it came in bears no tax, not even one of 0 %. */
export function documentTaxation(taxation: Taxation): Taxation {
  return taxation.taxPoint === 'top_up' ? { ...taxation, components: [] } : taxation;
}

/** Posts what makes the books agree with a document, once under its reference. */
export function postUsageDocument(
  plan: LedgerPlan,
  ledger: LedgerState,
  posting: { readonly document: UsageDocument; readonly reference: string; readonly at: Instant },
): void {
  const { document, reference, at } = posting;
  postTax(plan, ledger, { reference, taxMicros: document.taxDifferenceMicros, at });
  if (document.backMicros === 0n) return;
  grantMoney(plan, ledger, {
    source: 'wallet_additional',
    amountMicros: document.backMicros,
    at,
    kind: 'refund',
    reference,
    from: 'revenue',
    reason: "the month's usage, rounded down",
  });
}

/** The total is what was paid; what rounding the lines and taxes made of it is the round-off. */
function settleTotal(sale: TaxedSale, totalMicros: bigint): TaxedSale {
  const { currency } = sale.total;
  const summedMicros = sale.subtotal.amountMicros + sale.taxTotal.amountMicros;
  return {
    ...sale,
    roundOff: { amountMicros: totalMicros - summedMicros, currency },
    total: { amountMicros: totalMicros, currency },
  };
}

/** The line of a month and category. */
export function buildUsageLine(
  { month, category, quantity, netMicros, taxMicros }: UsageCharges,
  { taxation, currency }: { readonly taxation: Taxation; readonly currency: CurrencyCode },
): SaleLine {
  const priceMicros = taxation.includesTax ? netMicros + taxMicros : netMicros;
  const toMoney = (denominator: bigint): Money => {
    const rounded = { amountMicros: priceMicros, numerator: 1n, denominator };
    return { amountMicros: multiplyByRatio({ ...rounded, rounding: 'half_up' }), currency };
  };
  const stepMicros = chargeStepMicros(currency);
  return {
    description: `${NAMES[category] ?? `WhatsApp ${category.replaceAll('_', ' ')}`}, ${month}`,
    quantity,
    // The average: prices differ by market, day and tier.
    unitAmount: quantity === 0n ? toMoney(1n) : toMoney(quantity),
    amount: { amountMicros: toMoney(stepMicros).amountMicros * stepMicros, currency },
    ...(TELECOM.has(category) ? { isTelecom: true } : {}),
  };
}

const NAMES: Readonly<Record<string, string>> = {
  message: 'Messages',
  call: 'Calls, in seconds',
  unique_visitor: 'Unique visitors',
  held_broadcast: 'Broadcasts, captured from holds',
  held_group_message: 'Group messages, captured from holds',
  held_call: 'Calls, captured from holds',
};

const TELECOM: ReadonlySet<string> = new Set(['call', 'held_call']);
