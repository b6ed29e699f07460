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
  hasLut: true,
  isTelecomOperator: false,
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

const SOMEONE: Buyer = {
  country: 'IN',
  state: null,
  taxId: null,
  taxIdType: null,
  isInSez: false,
};
const IN_KARNATAKA: Buyer = { ...SOMEONE, state: 'Karnataka' };
const IN_MAHARASHTRA: Buyer = { ...SOMEONE, state: 'Maharashtra' };

const WITHOUT_LUT: SellerRegistration = { ...KARNATAKA, hasLut: false };
const IN_ZONE: Buyer = {
  ...IN_KARNATAKA,
  taxId: '29AAGCB7383J1Z4',
  taxIdType: 'gstin',
  isInSez: true,
};

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
      statement:
        'Supply meant for export under bond or letter of undertaking without payment of integrated tax',
    });
  });

  it('exports with IGST of 18 % where it has no letter of undertaking', () => {
    const taxation = resolve([WITHOUT_LUT], { ...SOMEONE, country: 'TR' });
    expect(taxesOf(taxation)).toEqual(['IGST 18']);
    expect(taxation).toMatchObject({
      kind: 'taxed',
      totalStepMicros: null,
      placeOfSupply: 'Outside India (TR)',
      statement: 'Supply meant for export on payment of integrated tax',
    });
  });

  it('sells into a special economic zone at 0 % under a letter of undertaking', () => {
    const taxation = resolve([KARNATAKA], IN_ZONE);
    expect(taxesOf(taxation)).toEqual(['IGST 0']);
    expect(taxation).toMatchObject({
      kind: 'zero_rated',
      placeOfSupply: '29 Karnataka',
      statement:
        'Supply to SEZ unit or SEZ developer for authorised operations under bond or letter of ' +
        'undertaking without payment of integrated tax',
    });
  });

  it('sells into a zone of its own state with IGST where it has no letter: never with CGST', () => {
    const taxation = resolve([WITHOUT_LUT], IN_ZONE);
    expect(taxesOf(taxation)).toEqual(['IGST 18']);
    expect(taxation).toMatchObject({
      kind: 'taxed',
      totalStepMicros: 1_000_000n,
      placeOfSupply: '29 Karnataka',
      statement:
        'Supply to SEZ unit or SEZ developer for authorised operations on payment of integrated tax',
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

describe('a seller in Germany', () => {
  const GERMANY: SellerRegistration = {
    ...TURKEY,
    id: 'tax_de',
    country: 'DE',
    timeZone: 'Europe/Berlin',
  };
  const FRANCE: SellerRegistration = {
    ...GERMANY,
    id: 'tax_fr',
    country: 'FR',
    timeZone: 'Europe/Paris',
    isHome: false,
  };
  const buyer = (country: string, taxId: string | null = null): Buyer => ({
    ...SOMEONE,
    country,
    taxId,
    taxIdType: taxId === null ? null : 'eu_vat',
  });
  const REVERSED = {
    kind: 'reverse_charge',
    components: [],
    includesTax: false,
    registrationId: 'tax_de',
    statement: 'Reverse charge: the tax is to be accounted for by the recipient',
  };

  it.each([
    ['a consumer at home', buyer('DE')],
    ['a business at home', buyer('DE', 'DE136695976')],
    ['somebody unknown', null],
    ['a consumer in France: the one-stop shop is not kept', buyer('FR')],
    ['a buyer in France whose number cannot exist', buyer('FR', 'FR40303265046')],
    ['a buyer in France whose number is of another state', buyer('FR', 'ATU13585627')],
    ['a buyer in France with a number of another type', { ...buyer('FR'), taxId: '303265045' }],
  ])('taxes %s with VAT of 19 %%', (_, who) => {
    const taxation = resolve([GERMANY], who);
    expect(taxesOf(taxation)).toEqual(['VAT 19']);
    expect(taxation).toMatchObject({ kind: 'taxed', statement: null });
  });

  it('leaves the tax to a business in another member state', () => {
    expect(resolve([GERMANY], buyer('FR', 'FR40303265045'))).toMatchObject(REVERSED);
    expect(resolve([GERMANY], buyer('GR', 'EL094259216'))).toMatchObject(REVERSED);
  });

  it('does so from home also where it is registered in the business’s country', () => {
    expect(resolve([GERMANY, FRANCE], buyer('FR', 'FR40303265045'))).toMatchObject(REVERSED);
  });

  it('taxes a consumer by the registration it has in their country', () => {
    const taxation = resolve([GERMANY, FRANCE], buyer('FR'));
    expect(taxesOf(taxation)).toEqual(['VAT 20']);
    expect(taxation.registrationId).toBe('tax_fr');
  });

  it('sells outside the EU without VAT, to whomever', () => {
    expect(resolve([GERMANY], buyer('TR'))).toMatchObject({
      kind: 'zero_rated',
      statement: 'Service supplied to a customer outside the EU, not subject to EU VAT',
    });
  });

  it.each([
    ['AT', '20'],
    ['BE', '21'],
    ['BG', '20'],
    ['CY', '19'],
    ['CZ', '21'],
    ['DE', '19'],
    ['DK', '25'],
    ['EE', '24'],
    ['ES', '21'],
    ['FI', '25.5'],
    ['FR', '20'],
    ['GR', '24'],
    ['HR', '25'],
    ['HU', '27'],
    ['IE', '23'],
    ['IT', '22'],
    ['LT', '21'],
    ['LU', '17'],
    ['LV', '21'],
    ['MT', '18'],
    ['NL', '21'],
    ['PL', '23'],
    ['PT', '23'],
    ['RO', '21'],
    ['SE', '25'],
    ['SI', '22'],
    ['SK', '23'],
  ])('the standard rate of %s is %s', (country, rate) => {
    expect(taxesOf(resolve([{ ...GERMANY, country }], buyer(country)))).toEqual([`VAT ${rate}`]);
  });

  it.each([
    ['DE', '2020-06-30', '19'],
    ['DE', '2020-07-01', '16'],
    ['DE', '2021-01-01', '19'],
    ['IE', '2020-09-01', '21'],
    ['IE', '2021-03-01', '23'],
    ['LU', '2023-12-31', '16'],
    ['LU', '2024-01-01', '17'],
    ['EE', '2023-12-31', '20'],
    ['EE', '2024-01-01', '22'],
    ['EE', '2025-07-01', '24'],
    ['FI', '2024-08-31', '24'],
    ['FI', '2024-09-01', '25.5'],
    ['SK', '2024-12-31', '20'],
    ['SK', '2025-01-01', '23'],
    ['RO', '2025-07-31', '19'],
    ['RO', '2025-08-01', '21'],
  ])('in %s on %s it was %s', (country, on, rate) => {
    const registration = { ...GERMANY, country };
    const taxation = resolve([registration], buyer(country), `${on}T10:00:00.000Z`);
    expect(taxesOf(taxation)).toEqual([`VAT ${rate}`]);
  });
});

describe('a seller from Turkey who is registered in Germany', () => {
  const registrations = [
    TURKEY,
    { ...TURKEY, id: 'tax_de', country: 'DE', timeZone: 'Europe/Berlin', isHome: false },
  ];
  const inGermany: Buyer = { ...SOMEONE, country: 'DE' };

  it('taxes consumers there, leaves the tax to businesses there, and exports elsewhere', () => {
    expect(taxesOf(resolve(registrations, inGermany))).toEqual(['VAT 19']);
    const business = { ...inGermany, taxId: 'DE136695976', taxIdType: 'eu_vat' };
    expect(resolve(registrations, business)).toMatchObject({
      kind: 'reverse_charge',
      registrationId: 'tax_de',
    });
    expect(resolve(registrations, { ...SOMEONE, country: 'FR' })).toMatchObject({
      kind: 'zero_rated',
      registrationId: 'tax_tr',
    });
  });
});

describe('a telecom operator in Turkey', () => {
  const OPERATOR: SellerRegistration = { ...TURKEY, isTelecomOperator: true };
  const AT_HOME: Buyer = { ...SOMEONE, country: 'TR' };

  it.each([
    ['2021-01-29T20:59:59.999Z', 'OIV 7.5'],
    ['2021-01-29T21:00:00.000Z', 'OIV 10'],
    ['2026-08-01T10:00:00.000Z', 'OIV 10'],
  ])('takes ÖİV beside KDV, of telecom lines only: at %s %s', (at, oiv) => {
    const taxation = resolve([OPERATOR], AT_HOME, at);
    expect(taxesOf(taxation)[1]).toBe(oiv);
    expect(taxation.components.map(({ isTelecomOnly }) => isTelecomOnly)).toEqual([
      undefined,
      true,
    ]);
  });

  it('takes none abroad, and a seller who is no operator none at all', () => {
    expect(taxesOf(resolve([OPERATOR], { ...AT_HOME, country: 'DE' }))).toEqual(['KDV 0']);
    expect(taxesOf(resolve([TURKEY], AT_HOME))).toEqual(['KDV 20']);
  });
});
