/**
 * Owns: what the carrier's answer to an order or a release makes of a phone number.
 * Does not own: asking it (gateways/number-carrier.ts, activities/), when it is asked again (decide-next.ts).
 * Rules: R2.10, R2.16, R2.17, ADR 0029. What is rented is compared with what was promised, and given back when it
 * lacks something. An order that stays unanswered for a day is given up: the customer is paid back, and
 * whatever the carrier may have rented us meanwhile is released. A release is asked for until the carrier
 * confirms it, however long that takes, and people are told.
 * Example: promised sms and voice, rented with voice only: releasing, and the order's item failed.
 */
import { computePeriod } from '../billing-period';
import type { Instant } from '../instant';
import { missingCapabilities, type NumberCapability } from '../number-capability';
import { ORDER_ASKS_AFTER_SECONDS } from './decide-next';
import { keepNumber, type PhoneNumberDecision, type PhoneNumberEvent } from './decision';
import { beginRelease } from './pay-rent';
import type { PhoneNumber, ReleaseCause } from './phone-number';

export type OrderAnswer =
  | {
      readonly kind: 'active';
      readonly carrierLeaseId: string;
      readonly capabilities: readonly NumberCapability[];
    }
  | { readonly kind: 'pending'; readonly carrierLeaseId: string }
  /** Somebody else has it, nothing is rented. */
  | { readonly kind: 'gone' }
  /** The carrier will not, however often it is asked. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unanswered' };

/** What becomes of an ordered number. */
export function decideOrdered(
  phoneNumber: PhoneNumber,
  answer: OrderAnswer,
  at: Instant,
): PhoneNumberDecision {
  switch (answer.kind) {
    case 'active':
      return decideRented({ ...phoneNumber, carrierLeaseId: answer.carrierLeaseId }, answer, at);
    case 'gone':
      return failOrder(phoneNumber, 'it is no longer available', at);
    case 'refused':
      return failOrder(phoneNumber, `the carrier refused it (${answer.code})`, at);
    case 'pending':
      return waitForOrder({ ...phoneNumber, carrierLeaseId: answer.carrierLeaseId }, at);
    case 'unanswered':
      return waitForOrder(phoneNumber, at);
  }
}

function decideRented(
  rented: PhoneNumber,
  { capabilities: offered }: { readonly capabilities: readonly NumberCapability[] },
  at: Instant,
): PhoneNumberDecision {
  const { timeZone, capabilities: required } = rented;
  const lacking = missingCapabilities({ offered, required });
  if (lacking.length > 0) {
    const reason = `it came without ${lacking.join(' and ')} and is being released`;
    return giveUp(rented, { at, cause: 'lacks_capability', reason });
  }
  const active: PhoneNumber = {
    ...rented,
    status: 'active',
    anchorAt: at,
    period: computePeriod({ anchorAt: at, cycle: 'monthly', timeZone, number: 0 }),
    activatedAt: at,
    asksMade: 0,
  };
  const reason = `it is rented and works; the next rent is due on ${active.period.endsAt}`;
  return {
    ...keepNumber(active, at),
    settlesItem: { outcome: 'delivered', reason },
    events: [{ type: 'phone_number.activated', reason: nameNumber(active, reason) }],
  };
}

/** Nothing was rented, so nothing has to be given back. */
function failOrder(phoneNumber: PhoneNumber, reason: string, at: Instant): PhoneNumberDecision {
  const failureReason = 'the carrier could not provide the number';
  return {
    ...keepNumber({ ...phoneNumber, status: 'failed', failureReason }, at),
    settlesItem: { outcome: 'failed', reason },
    events: [{ type: 'phone_number.failed', reason: nameNumber(phoneNumber, reason) }],
  };
}

function waitForOrder(phoneNumber: PhoneNumber, at: Instant): PhoneNumberDecision {
  const asksMade = phoneNumber.asksMade + 1;
  const asked = { ...phoneNumber, asksMade };
  if (asksMade < ORDER_ASKS_AFTER_SECONDS.length) return keepNumber(asked, at);
  const reason = 'the carrier did not provide it within a day';
  return giveUp(asked, { at, cause: 'not_delivered', reason });
}

/** The order's item failed, and what is or may be rented goes back. */
function giveUp(
  phoneNumber: PhoneNumber,
  facts: { readonly at: Instant; readonly cause: ReleaseCause; readonly reason: string },
): PhoneNumberDecision {
  return {
    ...beginRelease(phoneNumber, { ...facts, reason: nameNumber(phoneNumber, facts.reason) }),
    settlesItem: { outcome: 'failed', reason: facts.reason },
  };
}

/** The order names its item itself; an event of the number says which one it is about. */
function nameNumber({ number }: PhoneNumber, reason: string): string {
  return `${number}: ${reason}`;
}

export type ReleaseAnswer =
  /** Confirmed, or there is no such lease any more. */
  | { readonly kind: 'released' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'refused'; readonly code: string };

/** Asked this often without a confirmation, people are told, and again with every day that passes. */
const ALERTS_AFTER_ASKS = 5;
const ALERTS_EVERY_ASKS = 4;

/** What becomes of a number that is being given back. */
export function decideReleased(
  phoneNumber: PhoneNumber,
  answer: ReleaseAnswer,
  at: Instant,
): PhoneNumberDecision {
  const { number } = phoneNumber;
  if (answer.kind === 'released') {
    const released: PhoneNumber = { ...phoneNumber, status: 'released', releasedAt: at };
    const reason = `${number} is released; the carrier has confirmed it`;
    return { ...keepNumber(released, at), events: [{ type: 'phone_number.released', reason }] };
  }
  const asksMade = phoneNumber.asksMade + 1;
  const asksTooMany = asksMade - ALERTS_AFTER_ASKS;
  const isDelayed = asksTooMany >= 0 && asksTooMany % ALERTS_EVERY_ASKS === 0;
  const isAlert = answer.kind === 'refused' || isDelayed;
  const events = isAlert ? [buildDelayEvent(phoneNumber, answer, asksMade)] : [];
  return { ...keepNumber({ ...phoneNumber, asksMade }, at), events };
}

function buildDelayEvent(
  { number }: PhoneNumber,
  answer: ReleaseAnswer,
  asksMade: number,
): PhoneNumberEvent {
  const says = answer.kind === 'refused' ? `refuses (${answer.code})` : 'has not confirmed it';
  const reason = `the carrier was asked ${asksMade} times to release ${number} and ${says}; the customer is not charged`;
  return { type: 'phone_number.release_delayed', reason, data: { asks_made: asksMade } };
}
