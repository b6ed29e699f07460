/**
 * Owns: what a subscription sells and takes back: the lines of a period's price, of a change of plan,
 * of a pause, with tax on their sum.
 * Does not own: when it happens (the decisions), the tax itself (tax/), the document (document/).
 * Rules: R1.12; one sale has one total: above zero it is charged and invoiced, below zero it is
 * credited to the wallet with a credit note, at zero no money moves.
 * Example: Growth 999.00 to Enterprise 4 999.00 with half of the period left: a credit line of
 * -499.50, a charge line of 2 499.50, total 2 000.00 before tax.
 */
import type { BillingPeriod } from '../billing-period';
import { localDateOf } from '../calendar';
import type { CurrencyCode } from '../currency';
import { formatAmount, type Money } from '../money';
import { computeTax, type SaleLine, type TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import type { Subscription } from './subscription';

export type SaleLineKind = 'proration_credit' | 'proration_charge' | 'plan_charge';

export interface SubscriptionSaleLine extends SaleLine {
  readonly kind: SaleLineKind;
  /** What the amount is for. */
  readonly period: Pick<BillingPeriod, 'startsAt' | 'endsAt'>;
}

export interface SubscriptionSale {
  /** Names it in the ledger, so that it is posted once: `subscription/sub_1/period/2`. */
  readonly reference: string;
  /** For the ledger: one sentence. */
  readonly reason: string;
  readonly lines: readonly SubscriptionSaleLine[];
  readonly taxation: Taxation;
  readonly taxed: TaxedSale;
}

/** What names a subscription's sales and lines. */
export type SaleTerms = Pick<
  Subscription,
  'id' | 'planName' | 'planCode' | 'cycle' | 'timeZone' | 'periodsBefore'
>;

/** The price of one whole period. */
export function buildPeriodSale(
  terms: SaleTerms & Pick<Subscription, 'price'>,
  period: BillingPeriod,
  taxation: Taxation,
): SubscriptionSale {
  const ordinal = terms.periodsBefore + period.number + 1;
  const line = buildSaleLine(terms, { kind: 'plan_charge', amount: terms.price, period });
  return {
    reference: `subscription/${terms.id}/period/${ordinal}`,
    reason: `${terms.planCode} ${terms.cycle}, period ${ordinal}`,
    lines: [line],
    taxation,
    taxed: computeTax(taxation, [line]),
  };
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
  if (sale === null) return [];
  const { taxLines, roundOff } = sale.taxed;
  const { currency } = roundOff;
  const isIncluded = sale.taxed.total.amountMicros === sumOf(sale.lines);
  return [
    ...sale.lines.map(({ kind, description, amount, period }) => ({
      kind,
      description,
      amount: formatAmount(amount),
      currency,
      period,
    })),
    ...(isIncluded ? [] : taxLines).map(({ component, rate, amount }) => ({
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

function sumOf(lines: readonly SubscriptionSaleLine[]): bigint {
  return lines.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
}

const REMARKS: Readonly<Record<SaleLineKind, string>> = {
  plan_charge: '',
  proration_charge: ', rest of the period',
  proration_credit: ', not used',
};
