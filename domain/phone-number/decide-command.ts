/**
 * Owns: what people ask of a phone number: its owner (auto-pay, pay, release) and operators (more grace,
 * a rent waived, a renewal now, a release now), and what it answers.
 * Does not own: who may ask (api/), what is due by itself (decide-due.ts).
 * Rules: R2.14 to R2.17, docs/domain/phone-numbers.md. A release stops charges at once. Paying pays the month that holds now,
 * never more, and never moves the anchor.
 * Example: on hold since 28 February, released on 7 March; an operator extends grace until 15 March.
 */
import { addCalendarDays } from '../calendar';
import { dropAttempt } from '../collection/charge-attempt';
import { isAtOrBefore, isBefore, type Instant } from '../instant';
import { planCharge } from './decide-due';
import {
  keepNumber,
  refuseNumberForState,
  type NumberFunds,
  type PhoneNumberDecision,
  type PhoneNumberEvent,
  type PhoneNumberRefusal,
} from './decision';
import { payAlone } from './collect';
import { beginRelease, goOn, holdNumber, payRent } from './pay-rent';
import { nextPeriod, owesRent, periodAt, type PhoneNumber } from './phone-number';
import { buildRentSale } from './sale';

export type NumberCommand =
  | { readonly kind: 'set_auto_pay'; readonly autoPay: boolean }
  | { readonly kind: 'pay' }
  | { readonly kind: 'release' }
  /** The rest is for operators. */
  | { readonly kind: 'extend_grace'; readonly until: Instant }
  | { readonly kind: 'waive_rent' }
  | { readonly kind: 'force_renewal' }
  | { readonly kind: 'release_now' };

interface MomentOfPayment {
  readonly now: Instant;
  readonly funds: NumberFunds;
}

type Decided = PhoneNumberDecision | PhoneNumberRefusal;

/** Decides a command, or refuses it with a reason. */
export function decideCommand(
  phoneNumber: PhoneNumber,
  command: NumberCommand,
  moment: MomentOfPayment,
): Decided {
  const refusal = refuseForStatus(phoneNumber);
  if (refusal !== null) return refusal;
  switch (command.kind) {
    case 'set_auto_pay':
      return setAutoPay(phoneNumber, command.autoPay, moment);
    case 'pay':
      return pay(phoneNumber, moment);
    case 'release':
      return release(phoneNumber, moment.now);
    case 'extend_grace':
      return extendGrace(phoneNumber, command.until, moment.now);
    case 'waive_rent':
      return waiveRent(phoneNumber, moment.now);
    case 'force_renewal':
      return forceRenewal(phoneNumber, moment);
    case 'release_now':
      return releaseNow(phoneNumber, moment.now);
  }
}

/** Only a number that is ours and not on its way back can be told anything. */
function refuseForStatus({ status }: PhoneNumber): PhoneNumberRefusal | null {
  switch (status) {
    case 'active':
    case 'on_hold':
      return null;
    case 'pending':
      return refuseNumberForState('the number is still being ordered; try again once it is active');
    case 'releasing':
    case 'released':
    case 'failed':
      return refuseNumberForState(`the number is ${status}; nothing can be changed any more`);
  }
}

function setAutoPay(
  phoneNumber: PhoneNumber,
  autoPay: boolean,
  { now }: MomentOfPayment,
): PhoneNumberDecision {
  if (phoneNumber.autoPay === autoPay) return keepNumber(phoneNumber, now);
  const { number } = phoneNumber;
  const changed = autoPay ? turnOn(phoneNumber, now) : turnOff(phoneNumber);
  const reason = autoPay
    ? `auto-pay of ${number} is on`
    : `auto-pay of ${number} is off: ${describeLapse(phoneNumber)}`;
  const told = { auto_pay: autoPay };
  const event: PhoneNumberEvent = { type: 'phone_number.auto_pay_changed', reason, data: told };
  return {
    ...keepNumber(changed.phoneNumber, now),
    events: [event, ...changed.events],
  };
}

function describeLapse({ hold, period }: PhoneNumber): string {
  return hold === null
    ? `without a payment it goes on hold on ${period.endsAt}`
    : `it will be released on ${hold.releasesAt} unless its rent is paid`;
}

/** Turned on while its rent is owed, it is tried at once, as if money had come in. */
function turnOn(
  phoneNumber: PhoneNumber,
  now: Instant,
): Pick<PhoneNumberDecision, 'phoneNumber' | 'events'> {
  const moneyArrivedAt = owesRent(phoneNumber) ? now : null;
  return { phoneNumber: { ...phoneNumber, autoPay: true, moneyArrivedAt }, events: [] };
}

/** Turned off, nothing more is tried by itself: what was planned is dropped. */
function turnOff(phoneNumber: PhoneNumber): Pick<PhoneNumberDecision, 'phoneNumber' | 'events'> {
  const { collection, dueSince, hold } = phoneNumber;
  const isPlanned = collection.charge?.stage === 'planned';
  const off: PhoneNumber = {
    ...phoneNumber,
    autoPay: false,
    hold: hold === null ? null : { ...hold, reason: 'auto_pay_off' },
    moneyArrivedAt: null,
    collection: isPlanned ? dropAttempt(collection) : collection,
  };
  if (dueSince === null) return { phoneNumber: off, events: [] };
  return holdNumber(off, { reason: 'auto_pay_off', since: dueSince, lacking: null });
}

function pay(phoneNumber: PhoneNumber, { now, funds }: MomentOfPayment): Decided {
  if (!owesRent(phoneNumber)) {
    return refuseNumberForState('no rent is owed; there is nothing to pay');
  }
  const moment = { at: now, funds };
  const paid = payAlone(phoneNumber, moment);
  if (paid !== null) return paid;
  const { charge } = phoneNumber.collection;
  if (charge !== null && charge.stage !== 'planned') {
    return refuseNumberForState(
      'the saved payment method is already being charged; try again when that is done',
    );
  }
  const period = periodAt(phoneNumber, now);
  return (
    planCharge(phoneNumber, 'resume', moment) ??
    refuseForMoney(buildRentSale(phoneNumber, period, funds.taxation).taxed.total.amountMicros)
  );
}

function refuseForMoney(requiredMicros: bigint): PhoneNumberRefusal {
  const message = 'the balance does not cover the rent, and no saved payment method can pay it';
  return { kind: 'refused', code: 'insufficient_balance', message, requiredMicros };
}

function release(phoneNumber: PhoneNumber, now: Instant): PhoneNumberDecision {
  const reason = `${phoneNumber.number} is being released as requested; nothing more will be charged`;
  return beginRelease(phoneNumber, { at: now, cause: 'asked', reason });
}

function releaseNow(phoneNumber: PhoneNumber, now: Instant): PhoneNumberDecision {
  const operatorNote = 'An operator released the number.';
  const reason = `${phoneNumber.number} is being released by an operator`;
  return beginRelease({ ...phoneNumber, operatorNote }, { at: now, cause: 'operator', reason });
}

/** However often grace is extended, a number is not kept unpaid for longer than this. */
const GRACE_DAYS_MAX = 60;

function extendGrace(phoneNumber: PhoneNumber, until: Instant, now: Instant): Decided {
  const { hold, timeZone, number } = phoneNumber;
  if (hold === null) return refuseNumberForState('the number is not on hold; it has no grace');
  if (isAtOrBefore(until, now)) {
    return { kind: 'refused', code: 'scheduled_in_past', message: 'grace must end in the future' };
  }
  if (isBefore(addCalendarDays(hold.since, GRACE_DAYS_MAX, timeZone), until)) {
    const message = `grace lasts ${GRACE_DAYS_MAX} days from the due date at most`;
    return { kind: 'refused', code: 'unprocessable', message };
  }
  if (isAtOrBefore(until, hold.releasesAt)) {
    return refuseNumberForState(`grace already lasts until ${hold.releasesAt}`);
  }
  const extended: PhoneNumber = {
    ...phoneNumber,
    hold: { ...hold, releasesAt: until },
    isReleaseTold: false,
    operatorNote: `An operator extended grace until ${until}.`,
  };
  const reason = `an operator extended the grace of ${number} until ${until}`;
  return {
    ...keepNumber(extended, now),
    events: [{ type: 'phone_number.grace_extended', reason }],
  };
}

/** The month that holds now is a present; the next one is due as ever. */
function waiveRent(phoneNumber: PhoneNumber, now: Instant): Decided {
  if (!owesRent(phoneNumber)) {
    return refuseNumberForState('no rent is owed; there is nothing to waive');
  }
  const { number } = phoneNumber;
  const period = periodAt(phoneNumber, now);
  const operatorNote = `An operator waived month ${period.number + 1}.`;
  const reason = `an operator waived the rent of ${number} until ${period.endsAt}; it works again`;
  return {
    ...keepNumber({ ...goOn(phoneNumber, period), operatorNote }, now),
    events: [{ type: 'phone_number.rent_waived', reason }],
  };
}

/** What is owed, at once; of a number that owes nothing the coming month, ahead of its day, once. */
function forceRenewal(phoneNumber: PhoneNumber, moment: MomentOfPayment): Decided {
  const { now, funds } = moment;
  const operatorNote = `An operator renewed it at ${now}.`;
  const noted = { ...phoneNumber, operatorNote };
  if (owesRent(phoneNumber)) return pay(noted, moment);
  if (isBefore(now, phoneNumber.period.startsAt)) {
    return refuseNumberForState('the coming month is paid already');
  }
  const period = nextPeriod(phoneNumber);
  const { total } = buildRentSale(phoneNumber, period, funds.taxation).taxed;
  if (total.amountMicros > funds.availableMicros) return refuseForMoney(total.amountMicros);
  const reason = `an operator renewed ${phoneNumber.number} until ${period.endsAt}`;
  const event: PhoneNumberEvent = { type: 'phone_number.renewal_forced', reason };
  return payRent(noted, period, { at: now, funds, event });
}
