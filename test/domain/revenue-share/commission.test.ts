import { parseMoney, type Money } from '../../../domain/money';
import { buildCommissionSale, taxCommission } from '../../../domain/revenue-share/commission';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

const inr = (amount: string): Money => parseMoney({ amount, currency: 'INR' });
const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
  includesTax: true,
  totalStepMicros: 1_000_000n,
  placeOfSupply: '27 Maharashtra',
  registrationId: 'tax_1',
};

const GSTIN = { taxIdType: 'gstin' };

describe('the invoice of a partner’s share (R4.10)', () => {
  it('bears GST on top, to the paisa, where the partner has a GSTIN', () => {
    const sale = buildCommissionSale(
      '2027-02',
      inr('199.80'),
      taxCommission(IGST, { partner: GSTIN, sellerState: '29' }),
    );
    expect(sale).toMatchObject({
      subtotal: inr('199.80'),
      taxTotal: inr('35.96'),
      roundOff: inr('0.00'),
      total: inr('235.76'),
      lines: [{ description: 'Share of the revenue of 2027-02', amount: inr('199.80') }],
    });
  });

  it.each([null, { taxIdType: null }, { taxIdType: 'vkn' }])(
    'bears none where it has not: %j',
    (partner) => {
      const taxation = taxCommission(IGST, { partner, sellerState: '29' });
      expect(taxation).toMatchObject({ kind: 'none', registrationId: 'tax_1' });
      expect(buildCommissionSale('2027-02', inr('199.80'), taxation).total).toEqual(inr('199.80'));
    },
  );

  it('bears none while the seller is not registered', () => {
    expect(taxCommission(UNTAXED, { partner: GSTIN, sellerState: null }).kind).toBe('none');
  });
});
