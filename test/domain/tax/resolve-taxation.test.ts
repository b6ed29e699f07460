import {
  resolveTaxation,
  type Buyer,
  type SellerRegistration,
} from '../../../domain/tax/resolve-taxation';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

const KARNATAKA: SellerRegistration = {
  id: 'tax_ka',
  country: 'IN',
  state: '29',
  taxPoint: 'top_up',
  pricesIncludeTax: false,
  timeZone: 'Asia/Kolkata',
  isHome: true,
  validFrom: '2020-01-01T00:00:00.000Z',
};
const TURKEY: SellerRegistration = {
  ...KARNATAKA,
  id: 'tax_tr',
  country: 'TR',
  state: null,
  taxPoint: 'consumption',
  timeZone: 'Europe/Istanbul',
};
const INDONESIA: SellerRegistration = {
  ...TURKEY,
  id: 'tax_id',
  country: 'ID',
  timeZone: 'Asia/Jakarta',
};
const AT = '2026-08-01T10:00:00.000Z';

const SOMEONE: Buyer = { country: 'IN', state: null, taxId: null, taxIdType: null };
const IN_KARNATAKA: Buyer = { ...SOMEONE, state: 'Karnataka' };
const IN_MAHARASHTRA: Buyer = { ...SOMEONE, state: 'Maharashtra' };

function resolve(
  registrations: readonly SellerRegistration[],
  buyer: Buyer | null,
  at = AT,
): Taxation {
  return resolveTaxation({ registrations, buyer, at });
}

function taxesOf({ components }: Taxation): string[] {
  return components.map(({ component, rate }) => `${component} ${rate}`);
}

describe('a seller without a registration', () => {
  it('does not tax', () => {
    expect(resolve([], IN_KARNATAKA)).toEqual(UNTAXED);
  });

  it('does not tax before the registration begins, and does from that instant', () => {
    const later = { ...KARNATAKA, validFrom: '2026-08-01T10:00:00.000Z' };
    expect(resolve([later], IN_KARNATAKA, '2026-08-01T09:59:59.999Z')).toEqual(UNTAXED);
    expect(resolve([later], IN_KARNATAKA).kind).toBe('taxed');
  });

  it('does not tax a buyer at home in a country it only sells into', () => {
    const abroad = { ...TURKEY, isHome: false };
    expect(resolve([abroad], IN_KARNATAKA)).toEqual(UNTAXED);
  });

  it('does not tax in a country whose tax is not known', () => {
    const peru = { ...TURKEY, country: 'PE', timeZone: 'America/Lima' };
    expect(resolve([peru], { ...SOMEONE, country: 'PE' })).toMatchObject({
      kind: 'none',
      components: [],
      registrationId: 'tax_tr',
    });
  });
});

describe('a seller in Karnataka', () => {
  it('taxes a buyer in Karnataka with CGST and SGST of 9 % each', () => {
    const taxation = resolve([KARNATAKA], IN_KARNATAKA);
    expect(taxesOf(taxation)).toEqual(['CGST 9', 'SGST 9']);
    expect(taxation).toMatchObject({
      kind: 'taxed',
      taxPoint: 'top_up',
      totalStepMicros: 1_000_000n,
      rounding: 'half_up',
      placeOfSupply: '29 Karnataka',
      statement: null,
      registrationId: 'tax_ka',
    });
  });

  it('taxes a buyer in Maharashtra with IGST of 18 %', () => {
    const taxation = resolve([KARNATAKA], IN_MAHARASHTRA);
    expect(taxesOf(taxation)).toEqual(['IGST 18']);
    expect(taxation.placeOfSupply).toBe('27 Maharashtra');
  });

  it('goes by the GSTIN of a registered buyer, not by its address', () => {
    const registered = { ...IN_KARNATAKA, taxId: '27AAPFU0939F1ZV', taxIdType: 'gstin' };
    const taxation = resolve([KARNATAKA], registered);
    expect(taxesOf(taxation)).toEqual(['IGST 18']);
    expect(taxation.placeOfSupply).toBe('27 Maharashtra');
  });

  it('goes by the address where the GSTIN cannot exist', () => {
    const mistyped = { ...IN_KARNATAKA, taxId: '27AAPFU0939F1ZX', taxIdType: 'gstin' };
    expect(taxesOf(resolve([KARNATAKA], mistyped))).toEqual(['CGST 9', 'SGST 9']);
  });

  it('takes an advance from a place nobody knows as inter-state', () => {
    for (const buyer of [null, SOMEONE, { ...SOMEONE, state: 'Atlantis' }]) {
      const taxation = resolve([KARNATAKA], buyer);
      expect(taxesOf(taxation)).toEqual(['IGST 18']);
      expect(taxation.placeOfSupply).toBeNull();
    }
  });

  it('counts its own state where it taxes what is used and the place is unknown', () => {
    const onUse: SellerRegistration = { ...KARNATAKA, taxPoint: 'consumption' };
    const taxation = resolve([onUse], SOMEONE);
    expect(taxesOf(taxation)).toEqual(['CGST 9', 'SGST 9']);
    expect(taxation.placeOfSupply).toBe('29 Karnataka');
  });

  it('exports to Turkey at 0 %, with the statement of the letter of undertaking', () => {
    const taxation = resolve([KARNATAKA], { ...SOMEONE, country: 'TR', state: 'İstanbul' });
    expect(taxesOf(taxation)).toEqual(['IGST 0']);
    expect(taxation).toMatchObject({
      kind: 'zero_rated',
      totalStepMicros: null,
      placeOfSupply: 'Outside India (TR)',
      statement: 'Supply meant for export under LUT without payment of IGST',
    });
  });

  it('sells into a special economic zone at 0 %', () => {
    const taxation = resolve([KARNATAKA], { ...IN_KARNATAKA, isInSez: true });
    expect(taxation).toMatchObject({
      kind: 'zero_rated',
      placeOfSupply: '29 Karnataka',
      statement: 'Supply meant for SEZ under LUT without payment of IGST',
    });
  });

  it('sells from home also where it is registered in the buyer’s state', () => {
    const maharashtra: SellerRegistration = {
      ...KARNATAKA,
      id: 'tax_mh',
      state: '27',
      isHome: false,
      validFrom: '2026-01-01T00:00:00.000Z',
    };
    expect(resolve([KARNATAKA, maharashtra], IN_MAHARASHTRA).registrationId).toBe('tax_ka');
  });

  it('includes the tax in its prices where the registration says so', () => {
    const inclusive = { ...KARNATAKA, pricesIncludeTax: true };
    expect(resolve([inclusive], IN_KARNATAKA).includesTax).toBe(true);
  });
});

describe('a union territory', () => {
  const inTerritory = { ...KARNATAKA, state: '38' };

  it('takes UTGST in the place of SGST', () => {
    const taxation = resolve([inTerritory], { ...SOMEONE, state: 'Ladakh' });
    expect(taxesOf(taxation)).toEqual(['CGST 9', 'UTGST 9']);
    expect(taxation.placeOfSupply).toBe('38 Ladakh');
  });

  it.each([
    ['07', 'Delhi'],
    ['34', 'Puducherry'],
    ['01', 'Jammu and Kashmir'],
  ])('with a legislature takes SGST: %s %s', (state, name) => {
    const taxation = resolve([{ ...KARNATAKA, state }], { ...SOMEONE, state: name });
    expect(taxesOf(taxation)).toEqual(['CGST 9', 'SGST 9']);
  });
});

describe('a seller from abroad who is registered in India', () => {
  const registrations = [TURKEY, { ...KARNATAKA, isHome: false }];

  it('does not tax a registered buyer: reverse charge', () => {
    const buyer = { ...IN_MAHARASHTRA, taxId: '27AAPFU0939F1ZV', taxIdType: 'gstin' };
    expect(resolve(registrations, buyer)).toMatchObject({
      kind: 'reverse_charge',
      components: [],
      placeOfSupply: '27 Maharashtra',
      statement: 'Reverse charge: the tax is to be accounted for by the recipient',
    });
  });

  it('taxes a private buyer there, and its buyers at home by the rules of home', () => {
    expect(taxesOf(resolve(registrations, IN_MAHARASHTRA))).toEqual(['IGST 18']);
    expect(taxesOf(resolve(registrations, { ...SOMEONE, country: 'TR' }))).toEqual(['KDV 20']);
  });
});

describe('the rate counts from a day on the seller’s wall', () => {
  it.each([
    [TURKEY, 'TR', '2023-07-09T20:59:59.999Z', 'KDV 18'],
    [TURKEY, 'TR', '2023-07-09T21:00:00.000Z', 'KDV 20'],
    [TURKEY, 'TR', '2026-08-01T10:00:00.000Z', 'KDV 20'],
    [INDONESIA, 'ID', '2024-12-31T16:59:59.999Z', 'PPN 11'],
    [INDONESIA, 'ID', '2024-12-31T17:00:00.000Z', 'PPN 12'],
  ])('%# in %j', (registration, country, at, tax) => {
    const taxation = resolve([registration], { ...SOMEONE, country }, at);
    expect(taxesOf(taxation)).toEqual([tax]);
    expect(taxation.totalStepMicros).toBeNull();
  });

  it('since 2025 PPN is taken of 11/12 of the price and not rounded up', () => {
    expect(resolve([INDONESIA], { ...SOMEONE, country: 'ID' })).toMatchObject({
      components: [{ component: 'PPN', rate: '12', baseNumerator: 11n, baseDenominator: 12n }],
      rounding: 'down',
    });
  });

  it('Turkey exports services without KDV', () => {
    expect(resolve([TURKEY], { ...SOMEONE, country: 'DE' })).toMatchObject({
      kind: 'zero_rated',
      statement: 'Hizmet ihracatı istisnası (KDV Kanunu m. 11/1-a)',
    });
  });

  it.each([
    ['AE', 'Asia/Dubai', 'VAT 5'],
    ['GB', 'Europe/London', 'VAT 20'],
    ['SA', 'Asia/Riyadh', 'VAT 15'],
  ])('the standard rate of %s', (country, timeZone, tax) => {
    const registration = { ...TURKEY, country, timeZone };
    expect(taxesOf(resolve([registration], { ...SOMEONE, country }))).toEqual([tax]);
  });
});
