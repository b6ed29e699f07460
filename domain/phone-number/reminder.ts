/**
 * Owns: what a customer is told before the rent of a number is due: as an event some days ahead, and as
 * warnings whenever somebody looks.
 * Does not own: when the event comes (decide-next.ts), showing the warnings (api/).
 * Rules: R2.20: auto-pay off, no payment method, or a balance below the next charge is seen before the due
 * date. A saved method that will pay is no reason to warn (ADR 0016).
 * Example: 500.00 INR due on 28 February, 120.00 in the wallet, no card: told on 25 and 27 February that
 * 380.00 are missing.
 */
import { computePeriod, type BillingPeriod } from '../billing-period';
import { findMissing, grossUp } from '../collection/charge-terms';
import { describeNotice } from '../collection/charge-try';
import type { SavedMethod } from '../collection/collection';
import type { Instant } from '../instant';
import { describeMoney, roundToChargeStep, type Money } from '../money';
import type { Taxation } from '../tax/taxation';
import { keepNumber, type NumberFunds, type PhoneNumberDecision } from './decision';
import { periodAt, type PhoneNumber } from './phone-number';
import { buildRentSale } from './sale';

/** The month that is due next. */
export function nextPeriod({ anchorAt, timeZone, period }: PhoneNumber): BillingPeriod {
  return computePeriod({ anchorAt, cycle: 'monthly', timeZone, number: period.number + 1 });
}

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
    return { ...kept, events: [{ type: 'phone_number.rent_not_covered', reason }] };
  }
  const sale = buildRentSale(phoneNumber, nextPeriod(phoneNumber), funds.taxation);
  const missing = findMissing(sale.taxed.total, funds.availableMicros);
  if (missing === null) return kept;
  if (funds.savedMethod === null) {
    const reason = `the rent of ${number} due on ${period.endsAt} is not covered: ${describeMoney(missing)} are missing`;
    return { ...kept, events: [{ type: 'phone_number.rent_not_covered', reason }] };
  }
  return announceCharge(looked, { at, total: sale.taxed.total, funds, method: funds.savedMethod });
}

/** A method whose owner must be told first is told now, so that it can be charged in time. */
function announceCharge(
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
  const reason = describeNotice(notice, looked.period.endsAt);
  return {
    ...kept,
    phoneNumber: { ...looked, collection: { ...looked.collection, notice } },
    events: [{ type: 'phone_number.payment_notice', reason }],
  };
}

export interface NumberWarning {
  readonly code: 'auto_pay_off' | 'no_payment_method' | 'balance_below_next_charge' | 'on_hold';
  readonly message: string;
  /** What must come in; null where money alone does not help. */
  readonly missing: Money | null;
  /** When service stops; of a number on hold, when it is given back. */
  readonly at: Instant;
}

/** What its owner is warned of now. Nothing of a number that is being given back or never came. */
export function findNumberWarnings(
  phoneNumber: PhoneNumber,
  facts: {
    readonly at: Instant;
    /** What the wallet has free for this number. */
    readonly availableMicros: bigint;
    readonly keepsMethod: boolean;
    readonly taxation: Taxation;
    /** What the triage says is missing for it; null: it was not asked. */
    readonly triaged: Money | null;
  },
): readonly NumberWarning[] {
  if (phoneNumber.status === 'on_hold') return [warnOfHold(phoneNumber, facts)];
  if (phoneNumber.status !== 'active') return [];
  const { availableMicros, keepsMethod, taxation } = facts;
  const { number, autoPay, period } = phoneNumber;
  const at = period.endsAt;
  const { total } = buildRentSale(phoneNumber, nextPeriod(phoneNumber), taxation).taxed;
  const missing = findMissing(total, availableMicros);
  const warnings: NumberWarning[] = [];
  if (!autoPay) {
    const message = `Auto-pay of ${number} is off: it goes on hold at ${at}.`;
    warnings.push({ code: 'auto_pay_off', message, missing: null, at });
  }
  if (missing === null || keepsMethod) return warnings;
  const lacks = `${describeMoney(missing)} are missing for the rent of ${number} at ${at}`;
  return [
    ...warnings,
    { code: 'balance_below_next_charge', message: `${lacks}.`, missing, at },
    {
      code: 'no_payment_method',
      message: `No payment method is saved that could pay the rent of ${number}.`,
      missing,
      at,
    },
  ];
}

function warnOfHold(
  phoneNumber: PhoneNumber,
  facts: {
    readonly at: Instant;
    readonly availableMicros: bigint;
    readonly taxation: Taxation;
    readonly triaged: Money | null;
  },
): NumberWarning {
  const { number, hold } = phoneNumber;
  const sale = buildRentSale(phoneNumber, periodAt(phoneNumber, facts.at), facts.taxation);
  const missing = facts.triaged ?? findMissing(sale.taxed.total, facts.availableMicros);
  const pay = missing === null ? 'pay its rent' : `pay ${describeMoney(missing)}`;
  const at = hold?.releasesAt ?? facts.at;
  const message = `${number} is on hold: ${pay} to keep it; it is given back at ${at}.`;
  return { code: 'on_hold', message, missing, at };
}
