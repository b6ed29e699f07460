import { phoneNumbers } from '../../db/repositories/phone-number.repository';
import type { Transaction } from '../../db/transaction';
import { openNumber } from '../../domain/phone-number/open-number';
import { DEFAULT_GRACE_POLICY, type PhoneNumber } from '../../domain/phone-number/phone-number';

export interface RentedNumber {
  readonly id: string;
  readonly accountId: string;
  /** Of an order that exists. */
  readonly orderId: string;
  /** No two open ones are the same. */
  readonly number: string;
  readonly at: string;
}

/** Writes the row of a number that is rented since `at` for 500.00 INR a month, changed as asked for. */
export async function rentNumber(
  trx: Transaction,
  { id, accountId, orderId, number, at }: RentedNumber,
  change: Partial<PhoneNumber> = {},
): Promise<PhoneNumber> {
  const { phoneNumber } = openNumber({
    id,
    accountId,
    orderId,
    orderItemId: `item of ${id}`,
    number,
    country: 'IN',
    capabilities: ['sms', 'voice'],
    carrier: 'sandbox',
    rent: { amountMicros: 500_000_000n, currency: 'INR' },
    timeZone: 'Asia/Kolkata',
    grace: DEFAULT_GRACE_POLICY,
    at,
  });
  const rented: PhoneNumber = {
    ...phoneNumber,
    status: 'active',
    carrierLeaseId: `lease of ${id}`,
    activatedAt: at,
    ...change,
  };
  await phoneNumbers.insert(trx, rented, at);
  return rented;
}
