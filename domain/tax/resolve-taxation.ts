/**
 * Owns: from the seller's registrations, the buyer and the instant to the taxation of a sale.
 * Does not own: rates (tax-rules.ts), sums (compute-tax.ts), what an address is (the billing address).
 * Rules: domain-facts of India: place of supply is the state of a registered buyer's GSTIN, else of the
 * address, else the seller's; the same state bears CGST and SGST (UTGST in a territory), another one
 * IGST; an advance of unknown place counts as inter-state (rule 50); a buyer abroad or in a special
 * economic zone is zero-rated. A seller from abroad does not tax a registered buyer: reverse charge.
 * Example: seller registered in Karnataka, buyer with GSTIN 27AAPFU0939F1ZV on 1 August 2026:
 * IGST 18 %, place of supply "27 Maharashtra".
 */
import { localDateOf } from '../calendar';
import { isAtOrBefore, isBefore, type Instant } from '../instant';
import { findIndianState, type IndianState } from './indian-state';
import { isTaxId, normalizeTaxId } from './tax-id';
import { findTaxRule, type TaxRule } from './tax-rules';
import { UNTAXED, type TaxComponent, type Taxation, type TaxPoint } from './taxation';

/** What a registration of the seller decides about tax. */
export interface SellerRegistration {
  readonly id: string;
  readonly country: string;
  /** The GST code of the state in India ("29"), null elsewhere. */
  readonly state: string | null;
  readonly taxPoint: TaxPoint;
  readonly pricesIncludeTax: boolean;
  readonly timeZone: string;
  /** Where the seller is established; the others are registrations abroad or in another state. */
  readonly isHome: boolean;
  readonly validFrom: Instant;
}

export interface Buyer {
  readonly country: string;
  readonly state: string | null;
  readonly taxId: string | null;
  readonly taxIdType: string | null;
  /** In a special economic zone of India, where a sale counts as an export. */
  readonly isInSez?: boolean;
}

export interface SaleCircumstances {
  readonly registrations: readonly SellerRegistration[];
  /** Null: nothing is known of the buyer yet. */
  readonly buyer: Buyer | null;
  readonly at: Instant;
}

const RUPEE_MICROS = 1_000_000n;
const SEZ_STATEMENT = 'Supply meant for SEZ under LUT without payment of IGST';

/** No registration at the instant, or no known rule of its country: untaxed. */
export function resolveTaxation({ registrations, buyer, at }: SaleCircumstances): Taxation {
  const valid = registrations.filter(({ validFrom }) => isAtOrBefore(validFrom, at));
  const registration = chooseRegistration(valid, buyer);
  if (registration === null) return UNTAXED;
  const rule = findTaxRule(registration.country, localDateOf(at, registration.timeZone));
  const base = buildBase(registration, rule);
  if (rule === null) return base;
  if (buyer !== null && isExport(registration, buyer)) return buildExport(base, rule, buyer);
  if (isReverseCharged(valid, registration, buyer)) return buildReverseCharge(base, buyer);
  return registration.country === 'IN'
    ? taxWithinIndia(base, rule, { registration, buyer })
    : { ...base, kind: 'taxed', components: [buildComponent(rule)] };
}

/**
 * The seller's own registration in the buyer's country comes first: the home one, then one of the
 * buyer's state, then the newest. Without any there, the sale is made from home.
 */
function chooseRegistration(
  registrations: readonly SellerRegistration[],
  buyer: Buyer | null,
): SellerRegistration | null {
  const home = findNewest(registrations.filter(({ isHome }) => isHome));
  if (buyer === null || home?.country === buyer.country) return home;
  const there = registrations.filter(({ country }) => country === buyer.country);
  const state = findBuyerState(buyer)?.code ?? null;
  const ofState = there.filter((registration) => state !== null && registration.state === state);
  return findNewest(ofState) ?? findNewest(there) ?? home;
}

function findNewest(registrations: readonly SellerRegistration[]): SellerRegistration | null {
  return registrations.reduce<SellerRegistration | null>(
    (newest, registration) =>
      newest === null || isBefore(newest.validFrom, registration.validFrom) ? registration : newest,
    null,
  );
}

function buildBase(
  { id, country, taxPoint, pricesIncludeTax }: SellerRegistration,
  rule: TaxRule | null,
): Taxation {
  return {
    ...UNTAXED,
    includesTax: pricesIncludeTax,
    taxPoint,
    // Sums payable go to the nearest rupee: CGST Act s.170.
    totalStepMicros: country === 'IN' ? RUPEE_MICROS : null,
    rounding: rule?.rounding ?? 'half_up',
    registrationId: id,
  };
}

function isExport({ country }: SellerRegistration, buyer: Buyer): boolean {
  return buyer.country !== country || (country === 'IN' && buyer.isInSez === true);
}

/** An export may be paid in any currency, so its total is not brought to whole rupees. */
function buildExport(base: Taxation, rule: TaxRule, buyer: Buyer): Taxation {
  const abroad = rule.country === 'IN' ? `Outside India (${buyer.country})` : null;
  const place = formatPlace(findBuyerState(buyer));
  return {
    ...base,
    kind: 'zero_rated',
    components: [{ ...buildComponent(rule), rate: '0' }],
    totalStepMicros: null,
    placeOfSupply: place ?? abroad,
    statement: place === null ? rule.exportStatement : SEZ_STATEMENT,
  };
}

/** Sold from abroad to a business that is registered here. */
function isReverseCharged(
  registrations: readonly SellerRegistration[],
  registration: SellerRegistration,
  buyer: Buyer | null,
): boolean {
  const isFromAbroad = !registrations.some(
    ({ isHome, country }) => isHome && country === registration.country,
  );
  return isFromAbroad && buyer !== null && buyer.taxId !== null;
}

function buildReverseCharge(base: Taxation, buyer: Buyer | null): Taxation {
  return {
    ...base,
    kind: 'reverse_charge',
    includesTax: false,
    placeOfSupply: buyer === null ? null : formatPlace(findBuyerState(buyer)),
    statement: 'Reverse charge: the tax is to be accounted for by the recipient',
  };
}

interface Parties {
  readonly registration: SellerRegistration;
  readonly buyer: Buyer | null;
}

function taxWithinIndia(base: Taxation, rule: TaxRule, parties: Parties): Taxation {
  const seller = findIndianState(parties.registration.state ?? '');
  const known = parties.buyer === null ? null : findBuyerState(parties.buyer);
  const isPlaceUnknown = known === null && base.taxPoint === 'top_up';
  const place = known ?? (isPlaceUnknown ? null : seller);
  const isWithinState = place !== null && place.code === seller?.code;
  return {
    ...base,
    kind: 'taxed',
    components: isWithinState ? buildHalves(rule, place) : [buildComponent(rule)],
    placeOfSupply: formatPlace(place),
  };
}

/** A registered buyer's state is in its GSTIN; an unregistered one's in the address on record. */
function findBuyerState({ country, state, taxId, taxIdType }: Buyer): IndianState | null {
  if (country !== 'IN') return null;
  const gstin = taxIdType === 'gstin' && taxId !== null ? normalizeTaxId(taxId) : null;
  if (gstin !== null && isTaxId('gstin', gstin)) return findIndianState(gstin.slice(0, 2));
  return state === null ? null : findIndianState(state);
}

function buildComponent(rule: TaxRule): TaxComponent {
  const { component, rate, baseNumerator, baseDenominator } = rule;
  return { component, rate, baseNumerator, baseDenominator };
}

function buildHalves(rule: TaxRule, place: IndianState): readonly TaxComponent[] {
  const half = { ...buildComponent(rule), rate: rule.halfRate ?? rule.rate };
  return [
    { ...half, component: 'CGST' },
    { ...half, component: place.takesUtgst ? 'UTGST' : 'SGST' },
  ];
}

function formatPlace(place: IndianState | null): string | null {
  return place === null ? null : `${place.code} ${place.name}`;
}
