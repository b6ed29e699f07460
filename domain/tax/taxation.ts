/**
 * Owns: how one sale is taxed, as a value, and which of a wallet's two moments bears the tax.
 * Does not own: finding it (resolve-taxation.ts), its rates (tax-rules.ts), its sums (compute-tax.ts).
 * Rules: docs/domain/tax.md, ADR 0013. Money put into a wallet is taxed once: when it comes in
 * (`top_up`) or when it is used (`consumption`), by the seller's registration, never at both.
 * Example: an Indian seller taxes the top-up, so the customer pays 1 180.00 INR for a balance of
 * 1 000.00; the subscription paid from it later is invoiced with `alreadyTaxed(taxation)`.
 */
import type { Rounding } from '../money';

export type TaxComponentCode = 'CGST' | 'SGST' | 'UTGST' | 'IGST' | 'KDV' | 'OIV' | 'PPN' | 'VAT';

/** One tax of a sale: `rate` percent of baseNumerator/baseDenominator of the price. */
export interface TaxComponent {
  readonly component: TaxComponentCode;
  /** Percent as a decimal string: "9". */
  readonly rate: string;
  /** Part of the price the rate is taken of: 11/12 for PPN since 2025, 1/1 elsewhere. */
  readonly baseNumerator: bigint;
  readonly baseDenominator: bigint;
  /** Only lines of telecom services bear it. */
  readonly isTelecomOnly?: true;
}

/** When the money of a wallet is taxed: as it comes in, or as it is used. */
export const TAX_POINTS = ['top_up', 'consumption'] as const;
export type TaxPoint = (typeof TAX_POINTS)[number];

export interface Taxation {
  /** `none` bears no tax; `zero_rated` bears 0 %; with `reverse_charge` the buyer accounts for it. */
  readonly kind: 'none' | 'taxed' | 'zero_rated' | 'reverse_charge';
  readonly components: readonly TaxComponent[];
  /** Prices include the tax: the total is the price, the net is what the tax leaves of it. */
  readonly includesTax: boolean;
  readonly taxPoint: TaxPoint;
  /** Totals are rounded to this step with an explicit round-off; null: they are not. */
  readonly totalStepMicros: bigint | null;
  /** How each tax is rounded to what can be paid. */
  readonly rounding: Rounding;
  /** As a document states it: "29 Karnataka". */
  readonly placeOfSupply: string | null;
  /** A sentence the document must carry. */
  readonly statement: string | null;
  /** The seller's registration the sale is made under; null: the seller has none. */
  readonly registrationId: string | null;
}

/** Whether two sales are taxed alike in all that a document says of it, so that one document can hold both. */
export function isSameTaxation(one: Taxation, other: Taxation): boolean {
  return spell(one) === spell(other);
}

function spell({ components, totalStepMicros, ...said }: Taxation): string {
  const { kind, includesTax, taxPoint, rounding, placeOfSupply, statement, registrationId } = said;
  const taxes = components.map(
    ({ component, rate, baseNumerator, baseDenominator, isTelecomOnly }) =>
      [component, rate, baseNumerator, baseDenominator, isTelecomOnly === true].join(' '),
  );
  const rounded = [String(totalStepMicros), rounding];
  const facts = [kind, includesTax, taxPoint, placeOfSupply, statement, registrationId];
  return JSON.stringify([...facts, ...rounded, ...taxes]);
}

/** Tax is off until the seller registers. */
export const UNTAXED: Taxation = {
  kind: 'none',
  components: [],
  includesTax: false,
  taxPoint: 'consumption',
  totalStepMicros: null,
  rounding: 'half_up',
  placeOfSupply: null,
  statement: null,
  registrationId: null,
};

/**
 * The taxation of what is bought with a wallet whose money was taxed as it came in. Prices are then in
 * wallet money, which is net, so nothing is taken out of them and nothing is rounded off.
 * A sale that bears no tax anyway keeps its own statement.
 */
export function alreadyTaxed(taxation: Taxation): Taxation {
  return untaxed(taxation, 'Tax was paid when the balance was topped up.');
}

/** The taxation of a top-up whose money will be taxed as it is used. */
export function notYetTaxed(taxation: Taxation): Taxation {
  return untaxed(taxation, 'Tax is charged when the balance is used.');
}

/** The taxation at one of the two moments of wallet money. At most one of them bears tax. */
export function taxationAt(moment: TaxPoint, taxation: Taxation): Taxation {
  if (moment === taxation.taxPoint) return taxation;
  return moment === 'top_up' ? notYetTaxed(taxation) : alreadyTaxed(taxation);
}

/** The taxation of what its seller sells without tax: a plan for resellers that says so (R4.16). */
export function exempt(taxation: Taxation): Taxation {
  return untaxed(taxation, 'Sold without tax.');
}

function untaxed(taxation: Taxation, statement: string): Taxation {
  const unrounded = { ...taxation, includesTax: false, totalStepMicros: null };
  if (taxation.kind !== 'taxed') return unrounded;
  return { ...unrounded, kind: 'none', components: [], statement };
}
