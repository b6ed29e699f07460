import { toEpochMs } from '../../../domain/instant';
import type { Buyer, SellerRegistration } from '../../../domain/tax/resolve-taxation';
import { createUsageTaxes, NO_USAGE_TAX, taxUsage } from '../../../domain/tax/usage-tax';

const KARNATAKA: SellerRegistration = {
  id: 'tax_ka',
  country: 'IN',
  state: '29',
  taxPoint: 'consumption',
  pricesIncludeTax: false,
  timeZone: 'Asia/Kolkata',
  isHome: true,
  hasLut: true,
  isTelecomOperator: false,
  validFrom: '2026-01-01T00:00:00.000Z',
};
const TURKEY: SellerRegistration = {
  ...KARNATAKA,
  country: 'TR',
  state: null,
  timeZone: 'Europe/Istanbul',
  isTelecomOperator: true,
  validFrom: '2020-01-01T00:00:00.000Z',
};
const IN_MAHARASHTRA: Buyer = {
  country: 'IN',
  state: 'Maharashtra',
  taxId: null,
  taxIdType: null,
  isInSez: false,
};
const IN_TURKEY: Buyer = { ...IN_MAHARASHTRA, country: 'TR', state: null };

/** Net and tax of a price, as micros. */
function tax(
  registration: SellerRegistration,
  buyer: Buyer,
  use: { readonly at: string; readonly priceMicros: bigint; readonly isTelecom?: boolean },
): readonly [netMicros: bigint, taxMicros: bigint] {
  const { at, priceMicros, isTelecom = false } = use;
  const found = createUsageTaxes([registration])(buyer, toEpochMs(at));
  const { netMicros, taxMicros } = taxUsage(found, { priceMicros, isTelecom });
  return [netMicros, taxMicros];
}

test('IGST 18 % of a message of 0.8631 INR is 0.155358, on top', () => {
  const use = { at: '2026-11-10T09:00:00.000Z', priceMicros: 863_100n };
  expect(tax(KARNATAKA, IN_MAHARASHTRA, use)).toEqual([863_100n, 155_358n]);
});

test('a price that includes the tax is charged as it is: 0.8631 is 0.731441 and 0.131659', () => {
  const use = { at: '2026-11-10T09:00:00.000Z', priceMicros: 863_100n };
  const inclusive = { ...KARNATAKA, pricesIncludeTax: true };
  expect(tax(inclusive, IN_MAHARASHTRA, use)).toEqual([731_441n, 131_659n]);
});

test('money that was taxed when it was topped up bears no tax when it is used', () => {
  const use = { at: '2026-11-10T09:00:00.000Z', priceMicros: 863_100n };
  const atTopUp = { ...KARNATAKA, taxPoint: 'top_up' } as const;
  expect(tax(atTopUp, IN_MAHARASHTRA, use)).toEqual([863_100n, 0n]);
});

test('a rate counts from midnight of the seller, to the millisecond: KDV 18 %, then 20 %', () => {
  const before = { at: '2023-07-09T20:59:59.999Z', priceMicros: 1_000_000n };
  expect(tax(TURKEY, IN_TURKEY, before)).toEqual([1_000_000n, 180_000n]);
  expect(tax(TURKEY, IN_TURKEY, { ...before, at: '2023-07-09T21:00:00.000Z' })).toEqual([
    1_000_000n,
    200_000n,
  ]);
});

test('a registration counts from its instant', () => {
  const use = { at: '2025-12-31T23:59:59.999Z', priceMicros: 1_000_000n };
  expect(tax(KARNATAKA, IN_MAHARASHTRA, use)).toEqual([1_000_000n, 0n]);
  expect(tax(KARNATAKA, IN_MAHARASHTRA, { ...use, at: '2026-01-01T00:00:00.000Z' })).toEqual([
    1_000_000n,
    180_000n,
  ]);
});

test('calls through a telecom operator bear ÖİV beside KDV, messages do not', () => {
  const use = { at: '2026-11-10T09:00:00.000Z', priceMicros: 14_040_000n };
  expect(tax(TURKEY, IN_TURKEY, { ...use, isTelecom: true })).toEqual([14_040_000n, 4_212_000n]);
  expect(tax(TURKEY, IN_TURKEY, use)).toEqual([14_040_000n, 2_808_000n]);
});

test('buyers who are taxed alike share one taxation, so that a batch names it once', () => {
  const taxOf = createUsageTaxes([KARNATAKA]);
  const atMs = toEpochMs('2026-11-10T09:00:00.000Z');
  expect(taxOf({ ...IN_MAHARASHTRA }, atMs)).toBe(taxOf({ ...IN_MAHARASHTRA }, atMs));
  expect(createUsageTaxes([])(IN_MAHARASHTRA, atMs)).toBe(NO_USAGE_TAX);
});
