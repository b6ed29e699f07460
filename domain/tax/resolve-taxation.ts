/**
 * Owns: from the seller's registrations, the buyer and the instant to the taxation of a sale.
 * Does not own: rates (tax-rules.ts), sums (compute-tax.ts), what an address is (the billing address).
 * Rules: domain-facts of India: place of supply is the state of a registered buyer's GSTIN, else of the
 * address, else the seller's; the same state bears CGST and SGST (UTGST in a territory), another one
 * IGST; an advance of unknown place counts as inter-state (rule 50); a buyer abroad or in a special
 * economic zone is zero-rated under a letter of undertaking and bears IGST without one (IGST Act s.16),
 * always as between states (s.7(5)(b)). A seller from abroad does not tax a registered buyer: reverse charge.
 * EU (VAT Directive art. 44, 58, 196): a business with a VAT number of another member state accounts for
 * the tax itself; anybody else in the EU bears that of the registration the sale is made under.
 * Example: seller registered in Karnataka, buyer with GSTIN 27AAPFU0939F1ZV on 1 August 2026:
 * IGST 18 %, place of supply "27 Maharashtra".
 */
import { localDateOf } from '../calendar';
import { isAtOrBefore, isBefore, type Instant } from '../instant';
import { findEuMember, isEuMember } from './eu-vat-number';
import { findIndianState, type IndianState } from './indian-state';
import { isTaxId, normalizeTaxId } from './tax-id';
import { findTaxRule, findTelecomRule, type TaxRule } from './tax-rules';
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
  /** India: exports and supplies to a special economic zone are made under a letter of undertaking. */
  readonly hasLut: boolean;
  /** Licensed to provide telecom services: owes the further taxes of such lines. */
  readonly isTelecomOperator: boolean;
  readonly validFrom: Instant;
}

export interface Buyer {
  readonly country: string;
  readonly state: string | null;
  readonly taxId: string | null;
  readonly taxIdType: string | null;
  /** A unit or developer of a special economic zone of India, to whom a sale counts as an export. */
  readonly isInSez: boolean;
}

export interface SaleCircumstances {
  readonly registrations: readonly SellerRegistration[];
  /** Null: nothing is known of the buyer yet. */
  readonly buyer: Buyer | null;
  readonly at: Instant;
}

const RUPEE_MICROS = 1_000_000n;
/** The two halves of what CGST rule 46 wants to be read. */
const SEZ_STATEMENT = 'Supply to SEZ unit or SEZ developer for authorised operations';
const WITH_LUT = 'under bond or letter of undertaking without payment of integrated tax';
const WITHOUT_LUT = 'on payment of integrated tax';

/** No registration at the instant, or no known rule of its country: untaxed. */
export function resolveTaxation({ registrations, buyer, at }: SaleCircumstances): Taxation {
  const valid = registrations.filter(({ validFrom }) => isAtOrBefore(validFrom, at));
  const registration = chooseRegistration(valid, buyer);
  if (registration === null) return UNTAXED;
  const on = localDateOf(at, registration.timeZone);
  const rule = findTaxRule(registration.country, on);
  const base = buildBase(registration, rule);
  if (rule === null) return base;
  if (buyer !== null) {
    if (isReverseCharged(valid, registration, buyer)) return buildReverseCharge(base, buyer);
    if (isZeroRated(registration, buyer)) return zeroRate(base, rule, { registration, buyer });
  }
  if (registration.country === 'IN') return taxWithinIndia(base, rule, { registration, buyer });
  const telecom = registration.isTelecomOperator ? findTelecomRule(rule.country, on) : null;
  const components = [
    buildComponent(rule),
    ...(telecom === null ? [] : [{ ...buildComponent(telecom), isTelecomOnly: true } as const]),
  ];
  return { ...base, kind: 'taxed', components };
}

/**
 * The seller's own registration in the buyer's country comes first: the home one, then one of the
 * buyer's state, then the newest. Without any there, and to a business from one EU country to another,
 * the sale is made from home.
 */
function chooseRegistration(
  registrations: readonly SellerRegistration[],
  buyer: Buyer | null,
): SellerRegistration | null {
  const home = findNewest(registrations.filter(({ isHome }) => isHome));
  if (buyer === null || (home !== null && sellsFromHome(home, buyer))) return home;
  const there = registrations.filter(({ country }) => country === buyer.country);
  const state = findBuyerState(buyer)?.code ?? null;
  const ofState = there.filter((registration) => state !== null && registration.state === state);
  return findNewest(ofState) ?? findNewest(there) ?? home;
}

function sellsFromHome({ country }: SellerRegistration, buyer: Buyer): boolean {
  return country === buyer.country || (isEuMember(country) && isEuBusiness(buyer));
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

/**
 * Sold abroad. A consumer in another EU country is taxed as one at home: who sells more than 10,000.00 EUR a
 * year to such (art. 59c) registers there, for the one-stop shop is not kept here.
 */
function isZeroRated({ country }: SellerRegistration, buyer: Buyer): boolean {
  if (buyer.country === country) return country === 'IN' && buyer.isInSez;
  return !(isEuMember(country) && isEuMember(buyer.country));
}

/** An export may be paid in any currency, so its total is not brought to whole rupees. */
function zeroRate(base: Taxation, rule: TaxRule, { registration, buyer }: KnownParties): Taxation {
  const { country, hasLut } = registration;
  const isExport = buyer.country !== country;
  const sale = isExport ? rule.exportStatement : SEZ_STATEMENT;
  const placed = { ...base, totalStepMicros: isExport ? null : base.totalStepMicros };
  if (country !== 'IN') return { ...placed, ...buildZero(rule), statement: sale };
  const placeOfSupply = formatPlace(findBuyerState(buyer)) ?? `Outside India (${buyer.country})`;
  return hasLut
    ? { ...placed, ...buildZero(rule), placeOfSupply, statement: `${sale} ${WITH_LUT}` }
    : {
        ...placed,
        kind: 'taxed',
        components: [buildComponent(rule)],
        placeOfSupply,
        statement: `${sale} ${WITHOUT_LUT}`,
      };
}

function buildZero(rule: TaxRule): Pick<Taxation, 'kind' | 'components'> {
  return { kind: 'zero_rated', components: [{ ...buildComponent(rule), rate: '0' }] };
}

/** Sold from abroad to a business that is registered here, or to one in another EU country. */
function isReverseCharged(
  registrations: readonly SellerRegistration[],
  { country }: SellerRegistration,
  buyer: Buyer,
): boolean {
  const isFromAbroad = !registrations.some((other) => other.isHome && other.country === country);
  if (!isEuMember(country)) return isFromAbroad && buyer.taxId !== null;
  return isEuBusiness(buyer) && (isFromAbroad || buyer.country !== country);
}

/** Has a VAT number that can be one of its own country. */
function isEuBusiness({ country, taxId, taxIdType }: Buyer): boolean {
  return (
    taxId !== null && taxIdType === 'eu_vat' && findEuMember(normalizeTaxId(taxId)) === country
  );
}

function buildReverseCharge(base: Taxation, buyer: Buyer): Taxation {
  return {
    ...base,
    kind: 'reverse_charge',
    includesTax: false,
    placeOfSupply: formatPlace(findBuyerState(buyer)),
    statement: 'Reverse charge: the tax is to be accounted for by the recipient',
  };
}

interface Parties {
  readonly registration: SellerRegistration;
  readonly buyer: Buyer | null;
}
type KnownParties = Parties & { readonly buyer: Buyer };

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
