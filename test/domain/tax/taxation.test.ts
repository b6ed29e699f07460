import { isSameTaxation, UNTAXED, type Taxation } from '../../../domain/tax/taxation';

const IGST = { component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n } as const;
const KARNATAKA: Taxation = {
  kind: 'taxed',
  components: [IGST],
  includesTax: false,
  taxPoint: 'consumption',
  totalStepMicros: 1_000_000n,
  rounding: 'half_up',
  placeOfSupply: '29 Karnataka',
  statement: null,
  registrationId: 'txr_1',
};

/** Each fact of a taxation, changed: a fact that is added has to be here, and to count. */
const OTHERS: { readonly [Fact in keyof Taxation]-?: readonly Taxation[Fact][] } = {
  kind: ['none'],
  components: [
    [],
    [IGST, IGST],
    [{ ...IGST, component: 'VAT' }],
    [{ ...IGST, rate: '12' }],
    [{ ...IGST, baseNumerator: 11n }],
    [{ ...IGST, baseDenominator: 12n }],
    [{ ...IGST, isTelecomOnly: true }],
  ],
  includesTax: [true],
  taxPoint: ['top_up'],
  totalStepMicros: [null, 10_000n],
  rounding: ['down'],
  placeOfSupply: [null, '27 Maharashtra'],
  statement: ['under a letter of undertaking'],
  registrationId: [null, 'txr_2'],
};

describe('two sales are taxed alike', () => {
  it('when all that a document says of it is the same', () => {
    expect(isSameTaxation(KARNATAKA, { ...KARNATAKA, components: [{ ...IGST }] })).toBe(true);
    expect(isSameTaxation(UNTAXED, { ...UNTAXED })).toBe(true);
  });

  it.each(Object.entries(OTHERS))('and not when they differ in %s', (fact, others) => {
    for (const other of others) {
      const changed: Taxation = { ...KARNATAKA, [fact]: other };
      expect(isSameTaxation(KARNATAKA, changed)).toBe(false);
    }
  });
});
