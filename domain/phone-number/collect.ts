/**
 * Owns: collecting a month of rent from a saved payment method: how much, when, and what follows from the
 * gateway's answer.
 * Does not own: one try and its key (collection/charge-try.ts), how much (collection/charge-terms.ts),
 * paying from the wallet (pay-rent.ts): what is collected goes into the wallet first.
 * Rules: R2.15, ADR 0016, ADR 0029. A number keeps working while a bank is asked, and goes on hold once the bank does
 * not answer at once: nothing unpaid works for days. Money of a charge that comes while the number is being
 * given back stays in the wallet.
 * Example: 500.00 INR are due, the wallet holds 120.00: the card is charged 380.00 and pays the month; it is
 * declined instead: on hold, and the next rung tries again.
 */
import { findChargeTerms } from '../collection/charge-terms';
import {
  noticeAttempt,
  describeCollected,
  describeDecline,
  dropAttempt,
  makeAttempt,
  postponeAttempt,
  settleAttempt,
  type ChargeDecline,
  type ChargeOutcome,
  type ChargeToMake,
} from '../collection/charge-attempt';
import type { ChargeCause, MadeCharge } from '../collection/collection';
import { linkAboveCeiling, linkAfterDecline, type PayLink } from '../collection/pay-link';
import { compareMoney, subtractMoney } from '../money';
import { invariant } from '../invariant';
import type { TopUpTerms } from '../payment/top-up-terms';
import { keepNumber, type PhoneNumberDecision, type PhoneNumberEvent } from './decision';
import {
  buildPaidEvent,
  buildStillOnHold,
  countRungs,
  findPayToKeep,
  findShortfall,
  holdNumber,
  payIfCovered,
  payRent,
  type MomentOfPayment,
} from './pay-rent';
import { owedSince, owesRent, periodAt, type HoldReason, type PhoneNumber } from './phone-number';
import { buildRentSale } from './sale';

/** Decides what a planned charge is at its instant: needless, to be announced first, or to be made. */
export function decideCharge(
  phoneNumber: PhoneNumber,
  moment: MomentOfPayment,
): PhoneNumberDecision | ChargeToMake {
  const { at, funds } = moment;
  const { collection } = phoneNumber;
  const { charge } = collection;
  invariant(charge?.stage === 'planned', 'only a planned charge is decided about');
  const closed = dropCharge(phoneNumber);
  const paid = charge.cause === 'resume' ? payAlone(closed, moment) : payIfCovered(closed, moment);
  if (paid !== null) return paid;
  const sale = buildRentSale(phoneNumber, periodAt(phoneNumber, at), funds.taxation);
  const terms = findTerms(phoneNumber, moment);
  const method = funds.savedMethod;
  const payLink = linkAboveCeiling(method, terms);
  if (method === null || terms === null || payLink !== null) {
    const failed = { ...moment, reason: 'insufficient_balance', events: [] } as const;
    return { ...fail(closed, charge, failed), payLink };
  }
  const waiting = noticeAttempt(collection, charge, { at, method, money: terms.total });
  if (waiting !== null) {
    const announced = { ...phoneNumber, collection: waiting.collection };
    const told: PhoneNumberEvent[] =
      waiting.told === null ? [] : [{ type: 'phone_number.payment_notice', ...waiting.told }];
    return holdWhileWaiting(announced, moment, told);
  }
  return makeAttempt(collection, charge, { method, terms, reference: sale.reference });
}

/** What becomes of the number with the gateway's answer; `funds` hold the money if it succeeded. */
export function decideCharged(
  phoneNumber: PhoneNumber,
  outcome: ChargeOutcome,
  moment: MomentOfPayment,
): PhoneNumberDecision {
  const settled = settleAttempt(phoneNumber.collection, outcome);
  const closed = dropCharge(phoneNumber);
  switch (settled.kind) {
    case 'succeeded': {
      const { charge } = settled;
      const told = describeCollected(charge);
      const event: PhoneNumberEvent = { type: 'phone_number.payment_collected', ...told };
      const paid = owesRent(closed) ? payAlone(closed, moment) : null;
      if (paid !== null) return { ...paid, events: [event, ...paid.events] };
      return fail(closed, charge, { ...moment, reason: 'insufficient_balance', events: [event] });
    }
    case 'declined': {
      const { charge, declined } = settled;
      const payLink = findLinkAfter(closed, declined, moment);
      return { ...decline(closed, charge, { ...moment, declined }), payLink };
    }
    case 'waiting':
      return holdWhileWaiting({ ...phoneNumber, collection: settled.collection }, moment, []);
  }
}

/** What follows from a gateway, or books of ours, that could not be reached: the same again, later. */
export function decideUnanswered(
  phoneNumber: PhoneNumber,
  moment: MomentOfPayment,
): PhoneNumberDecision {
  const { charge } = phoneNumber.collection;
  if (charge?.stage !== 'planned') {
    return decideCharged(phoneNumber, { kind: 'unanswered' }, moment);
  }
  const collection = postponeAttempt(phoneNumber.collection, charge);
  return holdWhileWaiting({ ...phoneNumber, collection }, moment, []);
}

/** What the method is charged: what the wallet lacks after the numbers that come first. */
function findTerms(phoneNumber: PhoneNumber, moment: MomentOfPayment): TopUpTerms | null {
  const { at, funds } = moment;
  const method = funds.savedMethod;
  const lacking = findShortfall(phoneNumber, moment);
  if (method === null || lacking === null) return null;
  const { total } = buildRentSale(phoneNumber, periodAt(phoneNumber, at), funds.taxation).taxed;
  // The charge pays this number and no other: never more than its own rent.
  const part = compareMoney(lacking, total) < 0 ? subtractMoney(total, lacking).amountMicros : 0n;
  const { topUpTaxation } = funds;
  return findChargeTerms(total, {
    mode: 'missing_part',
    availableMicros: part,
    topUpTaxation,
    method,
  });
}

/** Pays from the wallet whatever other numbers wait for: somebody paid for this one. */
export function payAlone(
  phoneNumber: PhoneNumber,
  moment: MomentOfPayment,
): PhoneNumberDecision | null {
  const { at, funds } = moment;
  const period = periodAt(phoneNumber, at);
  const { total } = buildRentSale(phoneNumber, period, funds.taxation).taxed;
  if (total.amountMicros > funds.availableMicros && total.amountMicros > 0n) return null;
  return payRent(phoneNumber, period, { ...moment, event: buildPaidEvent(phoneNumber) });
}

function decline(
  closed: PhoneNumber,
  charge: MadeCharge,
  facts: MomentOfPayment & { readonly declined: ChargeDecline },
): PhoneNumberDecision {
  const told = describeDecline(charge, facts.declined);
  const events: PhoneNumberEvent[] = [{ type: 'phone_number.payment_declined', ...told }];
  return fail(closed, charge, { ...facts, reason: 'payment_declined', events });
}

/** What its owner is asked to pay after a decline; null: nothing is owed, or that would not help. */
function findLinkAfter(
  closed: PhoneNumber,
  declined: ChargeDecline,
  moment: MomentOfPayment,
): PayLink | null {
  const method = moment.funds.savedMethod;
  const terms = method !== null && owesRent(closed) ? findTerms(closed, moment) : null;
  return method && terms && linkAfterDecline(method, terms, declined);
}

/** Nobody paid: a renewal goes on hold; a number on hold stays there, one rung further. */
function fail(
  closed: PhoneNumber,
  { cause }: { readonly cause: ChargeCause },
  facts: MomentOfPayment & {
    readonly reason: HoldReason;
    readonly events: readonly PhoneNumberEvent[];
  },
): PhoneNumberDecision {
  const { at, reason, events } = facts;
  const since = owedSince(closed);
  if (since === null) return { ...keepNumber(closed, at), events };
  const tried = closed.retriesMade + (cause === 'retry' ? 1 : 0);
  const retriesMade = Math.max(tried, countRungs(closed, { since, at }));
  const counted = { ...closed, retriesMade };
  if (closed.status === 'on_hold') {
    const renamed = closed.hold === null ? null : { ...closed.hold, reason };
    const kept = keepNumber({ ...counted, hold: renamed }, at);
    return { ...kept, events: [...events, buildStillOnHold(counted, facts)] };
  }
  const lacking = findPayToKeep(counted, facts);
  const held = holdNumber(counted, { reason, since, lacking });
  return { ...keepNumber(closed, at), ...held, events: [...events, ...held.events] };
}

/** A number that is due works only as long as its payment is a matter of seconds. */
function holdWhileWaiting(
  waiting: PhoneNumber,
  { at }: MomentOfPayment,
  events: readonly PhoneNumberEvent[],
): PhoneNumberDecision {
  const since = waiting.dueSince;
  if (waiting.status !== 'active' || since === null) return { ...keepNumber(waiting, at), events };
  const held = holdNumber(waiting, { reason: 'payment_unanswered', since, lacking: null });
  return { ...keepNumber(waiting, at), ...held, events: [...events, ...held.events] };
}

function dropCharge(phoneNumber: PhoneNumber): PhoneNumber {
  return { ...phoneNumber, collection: dropAttempt(phoneNumber.collection) };
}
