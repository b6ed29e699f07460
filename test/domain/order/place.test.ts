import { findNumberRefusal, sellNumber, sellPackage } from '../../../domain/order/place';
import { draft, inr, numberItem, packageItem, PLACED_AT } from './purchase-in-hand';

const OFFERED = {
  number: '+918000000001',
  country: 'IN',
  capabilities: ['sms', 'voice'],
  fees: { upFront: inr(100_000_000n), monthly: inr(500_000_000n) },
} as const;
const IDS = { id: 'itm_number', deliveryId: 'num_1' };
const TERMS = { currency: 'INR', ids: IDS } as const;
const WANTED = { number: '+918000000001', requiredCapabilities: ['sms'] } as const;

describe('a number in an order', () => {
  it('R2.13 is sold at the carrier’s fees, with what it can do', () => {
    expect(sellNumber(WANTED, OFFERED, TERMS)).toEqual({ kind: 'sold', item: numberItem() });
  });

  it('R2.10 that lacks a required capability is not sold', () => {
    const wanted = { ...WANTED, requiredCapabilities: ['sms', 'mms'] } as const;
    expect(sellNumber(wanted, OFFERED, TERMS)).toEqual({
      kind: 'refused',
      code: 'missing_capability',
      message: '+918000000001 has no mms',
    });
  });

  it('that nobody offers any more is not sold', () => {
    expect(sellNumber(WANTED, null, TERMS)).toMatchObject({ code: 'number_unavailable' });
    expect(findNumberRefusal(WANTED, null)).toMatchObject({ code: 'number_unavailable' });
    expect(findNumberRefusal(WANTED, OFFERED)).toBeNull();
  });

  it('that is rented in another currency is not sold', () => {
    const terms = { ...TERMS, currency: 'TRY' } as const;
    expect(sellNumber(WANTED, OFFERED, terms)).toMatchObject({
      code: 'currency_mismatch',
      message: '+918000000001 is rented in INR, the account is kept in TRY',
    });
  });
});

describe('a package in an order', () => {
  it('is sold as it is in the catalogue', () => {
    const { kind, code, name, units, price, upFrontFee, validityDays } = packageItem();
    const channels = ['sms'];
    const offer = { kind, code, name, units, price, upFrontFee, validityDays, channels };
    const ids = { id: 'itm_package', deliveryId: 'pkg_1' };
    expect(sellPackage(offer, ids)).toEqual(packageItem({ channels }));
  });
});

describe('a draft', () => {
  it('is for a day, nobody is asked to pay it, and it owes nothing', () => {
    expect(draft()).toMatchObject({
      kind: 'purchase',
      status: 'draft',
      total: inr(600_000_000n),
      mode: null,
      placedAt: PLACED_AT,
      payAskedAt: null,
      expiresAt: '2027-03-03T10:00:00.000Z',
      paidAt: null,
    });
  });
});
