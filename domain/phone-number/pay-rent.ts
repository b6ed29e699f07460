/**
 * Owns: paying a month of rent from the wallet, and what becomes of a number whose rent nobody paid.
 * Does not own: when that is tried (decide-due.ts, decide-command.ts), a saved method (collect.ts), which
 * of several numbers the wallet is for (triage.ts).
 * Rules: R2.15, R2.17; a late payment pays the month that holds it, once, and never moves the anchor.
 * Example: due on 28 February, on hold, paid on 3 March: the month from 28 February is paid, the next one
 * is due on 31 March.
 */
import { addCalendarDays } from '../calendar';
import { dropAttempt } from '../collection/charge-attempt';
import { closePeriod } from '../collection/collection';
import type { BillingPeriod } from '../billing-period';
import { earlierOf, isAtOrBefore, laterOf, type Instant } from '../instant';
import { describeMoney, formatAmount, type Money } from '../money';
import {
  keepNumber,
  type NumberFunds,
  type PhoneNumberDecision,
  type PhoneNumberEvent,
} from './decision';
import { lastTriedAt } from './decide-next';
import {
  owedSince,
  owesRent,
  periodAt,
  type HoldReason,
  type PhoneNumber,
  type ReleaseCause,
} from './phone-number';
import { buildRentSale } from './sale';
import { triage } from './triage';

export interface MomentOfPayment {
  readonly at: Instant;
  readonly funds: NumberFunds;
}

/** What the wallet lacks for the month that holds `at`, after those that come first; null: nothing. */
export function findShortfall(
  phoneNumber: PhoneNumber,
  { at, funds }: MomentOfPayment,
): Money | null {
  const { claims, availableMicros } = funds;
  const shared = triage(claims, availableMicros);
  if (shared.kept.includes(phoneNumber.id)) return null;
  const listed = shared.missing.find(({ id }) => id === phoneNumber.id);
  if (listed !== undefined) return listed.missing;
  const { total } = buildRentSale(phoneNumber, periodAt(phoneNumber, at), funds.taxation).taxed;
  const missingMicros = total.amountMicros - (availableMicros > 0n ? availableMicros : 0n);
  return missingMicros <= 0n ? null : { ...total, amountMicros: missingMicros };
}

/** What must come in so that the number is kept: money wakes others, and some of them are paid first. */
export function findPayToKeep(
  phoneNumber: PhoneNumber,
  { at, funds }: MomentOfPayment,
): Money | null {
  return findShortfall(phoneNumber, { at, funds: { ...funds, claims: funds.claimsOnArrival } });
}

/** The month, paid from the wallet and told as `type`. The caller knows that the wallet covers it. */
export function payRent(
  phoneNumber: PhoneNumber,
  period: BillingPeriod,
  facts: MomentOfPayment & { readonly event: PhoneNumberEvent },
): PhoneNumberDecision {
  const { at, funds, event } = facts;
  return {
    ...keepNumber(goOn(phoneNumber, period), at),
    sale: buildRentSale(phoneNumber, period, funds.taxation),
    events: [event],
  };
}

/** The number with the month paid, or waived: nothing is owed any more. */
export function goOn(phoneNumber: PhoneNumber, period: BillingPeriod): PhoneNumber {
  return {
    ...phoneNumber,
    status: 'active',
    period,
    hold: null,
    dueSince: null,
    retriesMade: 0,
    moneyArrivedAt: null,
    isReleaseTold: false,
    collection: closePeriod(phoneNumber.collection),
  };
}

/** Pays the month that holds `at` when the wallet covers it and no other number comes first. */
export function payIfCovered(
  phoneNumber: PhoneNumber,
  moment: MomentOfPayment,
): PhoneNumberDecision | null {
  if (findShortfall(phoneNumber, moment) !== null) return null;
  const event = buildPaidEvent(phoneNumber);
  return payRent(phoneNumber, periodAt(phoneNumber, moment.at), { ...moment, event });
}

/** How a payment is told: a renewal in time, or the end of a hold. */
export function buildPaidEvent({ status, number }: PhoneNumber): PhoneNumberEvent {
  return status === 'on_hold'
    ? { type: 'phone_number.resumed', reason: `the rent of ${number} is paid; it works again` }
    : { type: 'phone_number.renewed', reason: `the rent of ${number} is paid` };
}

const HOLD_WORDS: Readonly<Record<HoldReason, string>> = {
  auto_pay_off: 'auto-pay is off, so nothing was charged',
  insufficient_balance: 'the balance does not cover the rent',
  payment_declined: 'the balance does not cover the rent and the saved payment method was declined',
  payment_unanswered:
    'the balance does not cover the rent and the saved payment method has not paid yet',
};

/** On hold from its due date on: kept, not usable, given back when grace ends. */
export function holdNumber(
  phoneNumber: PhoneNumber,
  facts: { readonly reason: HoldReason; readonly since: Instant; readonly lacking: Money | null },
): Pick<PhoneNumberDecision, 'phoneNumber' | 'events'> {
  const { reason, since, lacking } = facts;
  const { grace, timeZone, number } = phoneNumber;
  const releasesAt = addCalendarDays(since, grace.graceDays, timeZone);
  const held: PhoneNumber = {
    ...phoneNumber,
    status: 'on_hold',
    hold: { reason, since, releasesAt },
    dueSince: null,
  };
  const keep = lacking === null ? '' : `; pay ${describeMoney(lacking)} to keep ${number}`;
  const told = `${HOLD_WORDS[reason]}; it will be released on ${releasesAt}${keep}`;
  const lack = factsOfLack(lacking);
  return {
    phoneNumber: held,
    events: [{ type: 'phone_number.on_hold', reason: told, data: lack }],
  };
}

/** What is said when a try left it on hold: what amount keeps it, and until when. */
export function buildStillOnHold(phoneNumber: PhoneNumber, moment: MomentOfPayment) {
  const lacking = findPayToKeep(phoneNumber, moment);
  const { number, hold } = phoneNumber;
  const pay = lacking === null ? 'pay the rent' : `pay ${describeMoney(lacking)}`;
  const until = hold === null ? '' : `; it will be released on ${hold.releasesAt}`;
  return {
    type: 'phone_number.still_on_hold',
    reason: `${pay} to keep ${number}${until}`,
    data: factsOfLack(lacking),
  } as const satisfies PhoneNumberEvent;
}

function factsOfLack(lacking: Money | null) {
  return { missing_amount: lacking === null ? null : formatAmount(lacking) };
}

/** Being given back, from `at` on: nothing is charged any more, whatever the carrier takes its time for. */
export function beginRelease(
  phoneNumber: PhoneNumber,
  facts: { readonly at: Instant; readonly cause: ReleaseCause; readonly reason: string },
): PhoneNumberDecision {
  const { at, cause, reason } = facts;
  const { charge } = phoneNumber.collection;
  const isPlanned = charge !== null && charge.stage === 'planned';
  return {
    ...keepNumber(
      {
        ...phoneNumber,
        status: 'releasing',
        releaseCause: cause,
        releaseStartedAt: at,
        asksMade: 0,
        hold: null,
        dueSince: null,
        moneyArrivedAt: null,
        // What a gateway is at work on is looked after still: its money goes into the wallet.
        collection: isPlanned ? dropAttempt(phoneNumber.collection) : phoneNumber.collection,
      },
      at,
    ),
    events: [{ type: 'phone_number.releasing', reason }],
  };
}

/**
 * Notes that money came in. Only a number that owes rent and pays by itself waits for it; the earliest
 * arrival that was not tried counts. Null: it waits for none.
 */
export function noteMoneyArrived(phoneNumber: PhoneNumber, at: Instant): PhoneNumber | null {
  const since = owedSince(phoneNumber);
  if (!owesRent(phoneNumber) || !phoneNumber.autoPay || since === null) return null;
  const arrivedAt = laterOf(at, lastTriedAt(phoneNumber, since));
  const known = phoneNumber.moneyArrivedAt;
  return { ...phoneNumber, moneyArrivedAt: earlierOf(known ?? arrivedAt, arrivedAt) };
}

/** How many steps of the retry schedule lie at or before `at`: those that passed meanwhile are used up. */
export function countRungs(
  { grace, timeZone, retriesMade }: PhoneNumber,
  { since, at }: { readonly since: Instant; readonly at: Instant },
): number {
  const passed = grace.retryAfterDays.filter((day) =>
    isAtOrBefore(addCalendarDays(since, day, timeZone), at),
  ).length;
  return Math.max(retriesMade, passed);
}
