import type { Money } from '../../../domain/money';
import type { Purchase } from '../../../domain/order/order';
import type { NumberItem, OrderItem, PackageItem } from '../../../domain/order/item';
import { placePurchase } from '../../../domain/order/place';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

export const PLACED_AT = '2027-03-02T10:00:00.000Z';
export const PAID_AT = '2027-03-02T10:05:00.000Z';

export const inr = (amountMicros: bigint): Money => ({ amountMicros, currency: 'INR' });

/** GST of 18 % within a state, on top of the price. */
export const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [
    { component: 'CGST', rate: '9', baseNumerator: 1n, baseDenominator: 1n },
    { component: 'SGST', rate: '9', baseNumerator: 1n, baseDenominator: 1n },
  ],
  totalStepMicros: 1_000_000n,
  registrationId: 'tax_1',
};

const UNSETTLED = {
  status: 'pending',
  settledAt: null,
  failureReason: null,
  refundId: null,
} as const;

/** 500.00 a month and 100.00 up front; calls and messages, messages required. */
export function numberItem(changes: Partial<NumberItem> = {}): NumberItem {
  return {
    kind: 'phone_number',
    id: 'itm_number',
    deliveryId: 'num_1',
    name: '+918000000001',
    number: '+918000000001',
    country: 'IN',
    capabilities: ['sms', 'voice'],
    requiredCapabilities: ['sms'],
    price: inr(500_000_000n),
    upFrontFee: inr(100_000_000n),
    ...UNSETTLED,
    ...changes,
  };
}

/** 1,000 messages for 400.00. */
export function packageItem(changes: Partial<PackageItem> = {}): PackageItem {
  return {
    kind: 'message_package',
    id: 'itm_package',
    deliveryId: 'pkg_1',
    code: 'bulk_1k',
    name: 'Bulk',
    units: 1_000,
    validityDays: 30,
    channels: null,
    price: inr(400_000_000n),
    upFrontFee: inr(0n),
    ...UNSETTLED,
    ...changes,
  };
}

export function draft(
  items: readonly OrderItem[] = [numberItem()],
  taxation: Taxation = UNTAXED,
): Purchase {
  const terms = { id: 'ord_1', accountId: 'acct_1', gateway: 'sandbox', taxation, at: PLACED_AT };
  return placePurchase({ ...terms, items });
}

export function paid(items: readonly OrderItem[], changes: Partial<Purchase> = {}): Purchase {
  return {
    ...draft(items),
    status: 'paid',
    mode: 'wallet',
    payAskedAt: PAID_AT,
    paidAt: PAID_AT,
    ...changes,
  };
}
