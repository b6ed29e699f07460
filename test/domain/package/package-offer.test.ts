import { parseMoney } from '../../../domain/money';
import {
  computeSaving,
  computeUnitPrice,
  findNotCheaper,
  unitOfPackage,
  type PackageOffer,
} from '../../../domain/package/package-offer';

function offerOf(units: number, amount: string, currency = 'INR'): PackageOffer {
  return {
    kind: 'message_package',
    code: 'bulk',
    name: 'Bulk',
    units,
    price: parseMoney({ amount, currency }),
    upFrontFee: parseMoney({ amount: '0.00', currency }),
    validityDays: 30,
    channels: null,
  };
}

describe('the price of one unit', () => {
  it.each([
    [10_000, '4500.00', '0.45'],
    [10_000, '4500.01', '0.450001'],
    [3, '1.00', '0.3333333333'],
    [3, '2.00', '0.6666666667'],
    [1, '5.00', '5.00'],
    [300, '600.00', '2.00'],
    [1_000_000, '3400.00', '0.0034'],
  ])('R0.01 of %i for %s is %s', (units, amount, unitPrice) => {
    expect(computeUnitPrice(offerOf(units, amount))).toBe(unitPrice);
  });

  it('stands in for a message or for a minute of a call', () => {
    expect(unitOfPackage('message_package')).toBe('message');
    expect(unitOfPackage('minute_bundle')).toBe('call_minute');
  });
});

describe('what an offer saves against a plan', () => {
  it('R0.02 is the difference of one unit, and its part of the plan’s price', () => {
    const saving = computeSaving(offerOf(10_000, '4500.00'), { planCode: 'growth', rate: '0.60' });
    expect(saving).toEqual({
      planCode: 'growth',
      planUnitPrice: '0.60',
      perUnit: '0.15',
      percent: '25.00',
      isCheaper: true,
    });
  });

  it('R0.02 is below zero when it is dearer', () => {
    const saving = computeSaving(offerOf(10_000, '4500.00'), { planCode: 'pro', rate: '0.40' });
    expect(saving).toMatchObject({ perUnit: '-0.05', percent: '-12.50', isCheaper: false });
  });

  it('R0.02 at the plan’s own price is none: it must be cheaper', () => {
    const saving = computeSaving(offerOf(10_000, '4500.00'), { planCode: 'pro', rate: '0.45' });
    expect(saving).toMatchObject({ perUnit: '0.00', percent: '0.00', isCheaper: false });
  });

  it('R0.02 is judged by the whole, not by the rounded price of one', () => {
    const third = { planCode: 'pro', rate: '0.3333333333' };
    expect(computeUnitPrice(offerOf(3, '1.00'))).toBe('0.3333333333');
    expect(computeSaving(offerOf(3, '1.00'), third).isCheaper).toBe(false);
    expect(computeSaving(offerOf(3, '0.999999'), third).isCheaper).toBe(true);
  });

  it('R0.02 nothing is cheaper than a plan whose units cost nothing', () => {
    const saving = computeSaving(offerOf(10, '1.00'), { planCode: 'free', rate: '0' });
    expect(saving).toMatchObject({ percent: '0.00', isCheaper: false });
  });

  it('R0.02 names the plans that it does not undercut', () => {
    const plans = [
      { planCode: 'basic', rate: '0.80' },
      { planCode: 'enterprise', rate: '0.40' },
      { planCode: 'growth', rate: '0.45' },
    ];
    expect(findNotCheaper(offerOf(10_000, '4500.00'), plans)).toEqual(['enterprise', 'growth']);
    expect(findNotCheaper(offerOf(10_000, '3999.00'), plans)).toEqual([]);
  });
});
