/**
 * Owns: what a subscription sells and takes back: its lines, and a period's price.
 * Does not own: when it happens (the decisions), how a change is taxed (change-sale.ts), the tax itself (tax/),
 * the document (document/).
 * Rules: R1.12; one sale has one total, which the wallet pays or gets. Each part of it is taxed in one way and is
 * one document: an invoice above zero, a credit note below, none at zero.
 * Example: Growth 999.00 to Enterprise 4 999.00 with half of the period left: a credit line of
 * -499.50, a charge line of 2 499.50, total 2 000.00 before tax.
 */
import type { BillingPeriod } from '../billing-period';
import { localDateOf } from '../calendar';
import type { CurrencyCode } from '../currency';
import type { CreditedPart } from '../document/allocate-credit';
import { addMoney, formatAmount, type Money } from '../money';
import { computeTax, type SaleLine, type TaxedSale } from '../tax/compute-tax';
import { exempt, type Taxation } from '../tax/taxation';
import type { Subscription } from './subscription';

export type SaleLineKind = 'proration_credit' | 'proration_charge' | 'plan_charge';

export interface SubscriptionSaleLine extends SaleLine {
  readonly kind: SaleLineKind;
  /** What the amount is for. */
  readonly period: Pick<BillingPeriod, 'startsAt' | 'endsAt'>;
}

/** What one document says. */
export interface SalePart {
  readonly lines: readonly SubscriptionSaleLine[];
  readonly taxation: Taxation;
  readonly taxed: TaxedSale;
  /** The invoices that it takes back, and how much of each. */
  readonly takesBack: readonly CreditedPart[];
}

export interface SubscriptionSale {
  /** Names it in the ledger, so that it is posted once: `subscription/sub_1/period/2`. */
  readonly reference: string;
  /** For the ledger: one sentence. */
  readonly reason: string;
  /** One, or a credit note and an invoice where what is credited was taxed differently. */
  readonly parts: readonly [SalePart, ...SalePart[]];
  /** Of all parts, with tax: above zero it is charged, below zero credited. */
  readonly total: Money;
  /** Of all documents. */
  readonly taxTotal: Money;
}

/** What names a subscription's sales and lines. */
export type SaleTerms = Pick<
  Subscription,
  'id' | 'planName' | 'planCode' | 'cycle' | 'timeZone' | 'periodsBefore'
>;

/** The price of one whole period. */
export function buildPeriodSale(
  terms: SaleTerms & Pick<Subscription, 'price' | 'bearsTax'>,
  period: BillingPeriod,
  ofSeller: Taxation,
): SubscriptionSale {
  const taxation = terms.bearsTax ? ofSeller : exempt(ofSeller);
  const ordinal = terms.periodsBefore + period.number + 1;
  const lines = [buildSaleLine(terms, { kind: 'plan_charge', amount: terms.price, period })];
  const name = {
    reference: `subscription/${terms.id}/period/${ordinal}`,
    reason: `${terms.planCode} ${terms.cycle}, period ${ordinal}`,
  };
  return buildSale(name, [{ lines, taxation, taxed: computeTax(taxation, lines), takesBack: [] }]);
}

/** A sale of these parts. What comes to nothing is on no document, so its crumbs of tax are owed to nobody. */
export function buildSale(
  name: Pick<SubscriptionSale, 'reference' | 'reason'>,
  parts: SubscriptionSale['parts'],
): SubscriptionSale {
  const total = parts.map(({ taxed }) => taxed.total).reduce(addMoney);
  const taxTotal = parts
    .filter(({ taxed }) => taxed.total.amountMicros !== 0n)
    .map(({ taxed }) => taxed.taxTotal)
    .reduce(addMoney, { ...total, amountMicros: 0n });
  return { ...name, parts, total, taxTotal };
}

/** One line of a sale: "Growth, monthly, from 2027-01-31 until 2027-02-28". */
export function buildSaleLine(
  { planName, cycle, timeZone }: SaleTerms,
  {
    kind,
    amount,
    period,
    because = null,
  }: {
    readonly kind: SaleLineKind;
    readonly amount: Money;
    readonly period: Pick<BillingPeriod, 'startsAt' | 'endsAt'>;
    /** Why the amount is not what the days say. */
    readonly because?: string | null;
  },
): SubscriptionSaleLine {
  const from = localDateOf(period.startsAt, timeZone);
  const until = localDateOf(period.endsAt, timeZone);
  const reason = because === null ? '' : `: ${because}`;
  return {
    kind,
    description: `${planName}, ${cycle}${REMARKS[kind]}, from ${from} until ${until}${reason}`,
    quantity: 1n,
    unitAmount: amount,
    amount,
    period: { startsAt: period.startsAt, endsAt: period.endsAt },
  };
}

/** A line as people see it before and after a change: amounts are decimal text. */
export interface ChangeLine {
  readonly kind: SaleLineKind | 'tax' | 'round_off';
  readonly description: string;
  readonly amount: string;
  readonly currency: CurrencyCode;
  readonly period: Pick<BillingPeriod, 'startsAt' | 'endsAt'> | null;
}

/** Every line of a sale, tax and round-off too: they sum to its total. No sale has no lines. */
export function listChangeLines(sale: SubscriptionSale | null): ChangeLine[] {
  return sale === null ? [] : sale.parts.flatMap(listLinesOf);
}

function listLinesOf({ lines, taxation, taxed }: SalePart): ChangeLine[] {
  const { taxLines, roundOff } = taxed;
  const { currency } = roundOff;
  return [
    ...lines.map(({ kind, description, amount, period }) => ({
      kind,
      description,
      amount: formatAmount(amount),
      currency,
      period,
    })),
    ...(taxation.includesTax ? [] : taxLines).map(({ component, rate, amount }) => ({
      kind: 'tax' as const,
      description: `${component} ${rate} %`,
      amount: formatAmount(amount),
      currency,
      period: null,
    })),
    ...(roundOff.amountMicros === 0n
      ? []
      : [
          {
            kind: 'round_off' as const,
            description: 'Rounding',
            amount: formatAmount(roundOff),
            currency,
            period: null,
          },
        ]),
  ];
}

const REMARKS: Readonly<Record<SaleLineKind, string>> = {
  plan_charge: '',
  proration_charge: ', rest of the period',
  proration_credit: ', not used',
};
