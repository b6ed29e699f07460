/**
 * Owns: the event that tells a customer some days ahead that the rent of a number is not covered.
 * Does not own: when it comes (decide-next.ts), what is shown whenever somebody looks (outlook/warning.ts).
 * Rules: R2.20: auto-pay off, no payment method, or a balance below the next charge is seen before the due
 * date. A saved method that will pay is no reason to warn (ADR 0016).
 * Example: 500.00 INR due on 28 February, 120.00 in the wallet, no card: told on 25 and 27 February that
 * 380.00 are missing.
 */
import { findMissing, grossUp } from '../collection/charge-terms';
import { describeNotice } from '../collection/charge-attempt';
import type { SavedMethod } from '../collection/collection';
import type { Instant } from '../instant';
import { describeMoney, formatAmount, roundToChargeStep, type Money } from '../money';
import { keepNumber, type NumberFunds, type PhoneNumberDecision } from './decision';
import { nextPeriod, type PhoneNumber } from './phone-number';
import { buildRentSale } from './sale';

/** Looks ahead to the due date: silent when something covers it, else told. */
export function decideReminder(
  phoneNumber: PhoneNumber,
  { at, funds }: { readonly at: Instant; readonly funds: NumberFunds },
): PhoneNumberDecision {
  const { collection, number, period, autoPay } = phoneNumber;
  const looked = { ...phoneNumber, collection: { ...collection, announcedAt: at } };
  const kept = keepNumber(looked, at);
  if (!autoPay) {
    const reason = `auto-pay of ${number} is off: it goes on hold on ${period.endsAt}`;
    const told = { missing_amount: null };
    return { ...kept, events: [{ type: 'phone_number.rent_not_covered', reason, data: told }] };
  }
  const sale = buildRentSale(phoneNumber, nextPeriod(phoneNumber), funds.taxation);
  const missing = findMissing(sale.taxed.total, funds.availableMicros);
  if (missing === null) return kept;
  if (funds.savedMethod === null) {
    const reason = `the rent of ${number} due on ${period.endsAt} is not covered: ${describeMoney(missing)} are missing`;
    const told = { missing_amount: formatAmount(missing) };
    return { ...kept, events: [{ type: 'phone_number.rent_not_covered', reason, data: told }] };
  }
  return giveNotice(looked, { at, total: sale.taxed.total, funds, method: funds.savedMethod });
}

/** A method whose owner must be told first is told now, so that it can be charged in time. */
function giveNotice(
  looked: PhoneNumber,
  facts: {
    readonly at: Instant;
    readonly total: Money;
    readonly funds: NumberFunds;
    readonly method: SavedMethod;
  },
): PhoneNumberDecision {
  const { at, total, funds, method } = facts;
  const kept = keepNumber(looked, at);
  if (method.noticeHours === 0) return kept;
  // The whole price: what is in the wallet now may be spent by then.
  const { total: upTo } = grossUp(funds.topUpTaxation, roundToChargeStep(total, 'up'));
  const notice = { givenAt: at, methodId: method.id, upTo };
  const told = describeNotice(notice, looked.period.endsAt);
  return {
    ...kept,
    phoneNumber: { ...looked, collection: { ...looked.collection, notice } },
    events: [{ type: 'phone_number.payment_notice', ...told }],
  };
}
