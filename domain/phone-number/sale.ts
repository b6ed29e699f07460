/**
 * Owns: what a month of a phone number is called and costs, with tax.
 * Does not own: when it is charged (the decisions), the first month (the order that bought the number).
 * Rules: R2.13; a month is charged under a reference that names it, so the ledger itself refuses to charge
 * it twice (I7).
 * Example: the month from 28 February 2027 of `num_1` is `phone-number/num_1/period/2`, 500.00 INR.
 */
import type { BillingPeriod } from '../billing-period';
import type { Instant } from '../instant';
import { localDateOf } from '../calendar';
import { computeTax } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import type { Claim, RentSale } from './decision';
import { periodAt, type PhoneNumber } from './phone-number';

/** Names a month in the ledger and at the gateway. Counted from 1: the month the order paid. */
export function rentReference({ id }: Pick<PhoneNumber, 'id'>, { number }: BillingPeriod): string {
  return `phone-number/${id}/period/${number + 1}`;
}

/** One month of rent as a sale. */
export function buildRentSale(
  phoneNumber: Pick<PhoneNumber, 'id' | 'number' | 'rent' | 'timeZone'>,
  period: BillingPeriod,
  taxation: Taxation,
): RentSale {
  const { number, rent, timeZone } = phoneNumber;
  const from = localDateOf(period.startsAt, timeZone);
  const until = localDateOf(period.endsAt, timeZone);
  const line = {
    description: `Phone number ${number}, from ${from} until ${until}`,
    quantity: 1n,
    unitAmount: rent,
    amount: rent,
    isTelecom: true,
  } as const;
  return {
    reference: rentReference(phoneNumber, period),
    reason: `rent of a phone number, month ${period.number + 1}`,
    taxed: computeTax(taxation, [line]),
  };
}

/** What an unpaid number owes at an instant: the month that holds it, with tax. */
export function toClaim(
  phoneNumber: PhoneNumber,
  { at, taxation }: { readonly at: Instant; readonly taxation: Taxation },
): Claim {
  const { total } = buildRentSale(phoneNumber, periodAt(phoneNumber, at), taxation).taxed;
  return { id: phoneNumber.id, owed: total };
}
