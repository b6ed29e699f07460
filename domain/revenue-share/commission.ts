/**
 * Owns: what a partner would invoice for its share, which the seller invoices in its place.
 * Does not own: the share (statement.ts), how a sale between the two is taxed (tax/), the document (document/).
 * Rules: CGST rule 46 and section 31(3)(f) by analogy: the recipient writes the invoice, the partner is its supplier.
 * Tax is on top, and only where the partner is registered for GST: the seller deducts it from what it owes the state.
 * Within a state or across a border is the same whoever sells to whom, so the components are those of a sale to it; the
 * place of supply is the seller's state, for the seller receives the service.
 * Example: 199.80 payable to a partner in Maharashtra with a GSTIN, a seller in Karnataka: IGST 35.96, in all 235.76.
 */
import type { MonthKey } from '../calendar';
import type { Money } from '../money';
import { computeTax, type TaxedSale } from '../tax/compute-tax';
import { findIndianState } from '../tax/indian-state';
import { UNTAXED, type Taxation } from '../tax/taxation';

/** How a partner's share is taxed. `toPartner`: how a sale to the partner is; `sellerState`: of that registration. */
export function taxCommission(
  toPartner: Taxation,
  {
    partner,
    sellerState,
  }: {
    readonly partner: { readonly taxIdType: string | null } | null;
    readonly sellerState: string | null;
  },
): Taxation {
  const { registrationId } = toPartner;
  const isTaxed = toPartner.kind === 'taxed' && partner?.taxIdType === 'gstin';
  if (!isTaxed) return { ...UNTAXED, registrationId };
  const place = sellerState === null ? null : findIndianState(sellerState);
  return {
    ...toPartner,
    includesTax: false,
    totalStepMicros: null,
    placeOfSupply: place === null ? null : `${place.code} ${place.name}`,
    statement: null,
  };
}

/** What is invoiced for a month's share. */
export function buildCommissionSale(
  month: MonthKey,
  payable: Money,
  taxation: Taxation,
): TaxedSale {
  const description = `Share of the revenue of ${month}`;
  return computeTax(taxation, [
    { description, quantity: 1n, unitAmount: payable, amount: payable },
  ]);
}
