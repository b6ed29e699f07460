/**
 * Owns: what happens to a phone number when its time has come: the renewal, the retries of a rent that is
 * owed, the warning and the begin of the release, the reminders.
 * Does not own: when that is (decide-next.ts), charging a saved method (collect.ts), the carrier
 * (carrier-answer.ts).
 * Rules: R2.14, R2.15, R2.17: the wallet first, then the saved method, else On Hold with a reason and the day
 * of the release; before it is given back, status and payment are checked again in this same step.
 * Example: 500.00 INR are due on 28 February, 120.00 in the wallet, no card: on hold, released on 7 March
 * unless 380.00 come in.
 */
import { planAttempt } from '../collection/charge-attempt';
import type { ChargeCause } from '../collection/collection';
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import type { DueAction } from '../next-action';
import type { PhoneNumberActionKind } from './decide-next';
import { keepNumber, type NumberFunds, type PhoneNumberDecision } from './decision';
import {
  beginRelease,
  buildStillOnHold,
  countRungs,
  findPayToKeep,
  holdNumber,
  payIfCovered,
  type MomentOfPayment,
} from './pay-rent';
import { owedSince, type PhoneNumber } from './phone-number';
import { decideReminder } from './reminder';

/** Carries out what is due. The actions that ask a gateway or the carrier have files of their own. */
export function decideDue(
  phoneNumber: PhoneNumber,
  action: DueAction<PhoneNumberActionKind>,
  funds: NumberFunds,
): PhoneNumberDecision {
  const decide = DECISIONS[action.kind];
  invariant(decide !== undefined, `${action.kind} is decided with an answer from outside`);
  return decide(phoneNumber, { at: action.at, funds });
}

const DECISIONS: Readonly<
  Partial<
    Record<
      PhoneNumberActionKind,
      (phoneNumber: PhoneNumber, moment: MomentOfPayment) => PhoneNumberDecision
    >
  >
> = {
  renew: decideRenewal,
  remind: decideReminder,
  retry_payment: decideRetry,
  retry_after_top_up: decideRetryAfterTopUp,
  warn_of_release: decideReleaseWarning,
  begin_release: decideRelease,
};

function decideRenewal(phoneNumber: PhoneNumber, moment: MomentOfPayment): PhoneNumberDecision {
  const { at } = moment;
  const since = phoneNumber.dueSince ?? at;
  if (!phoneNumber.autoPay) {
    const held = holdNumber(phoneNumber, { reason: 'auto_pay_off', since, lacking: null });
    return { ...keepNumber(phoneNumber, at), ...held };
  }
  const paid = payIfCovered(phoneNumber, moment);
  if (paid !== null) return paid;
  const charge = planCharge({ ...phoneNumber, dueSince: since }, 'renewal', moment);
  if (charge !== null) return charge;
  return holdUnpaid(phoneNumber, since, moment);
}

function holdUnpaid(
  phoneNumber: PhoneNumber,
  since: Instant,
  moment: MomentOfPayment,
): PhoneNumberDecision {
  const lacking = findPayToKeep(phoneNumber, moment);
  const reason = 'insufficient_balance';
  const held = holdNumber(phoneNumber, { reason, since, lacking });
  return { ...keepNumber(phoneNumber, moment.at), ...held };
}

/** Plans a charge of the saved method; null when there is none, or none may be made. */
export function planCharge(
  phoneNumber: PhoneNumber,
  cause: ChargeCause,
  { at, funds }: MomentOfPayment,
): PhoneNumberDecision | null {
  if (funds.savedMethod === null) return null;
  const collection = planAttempt(phoneNumber.collection, { cause, at });
  return collection === null ? null : keepNumber({ ...phoneNumber, collection }, at);
}

/** A step of the retry schedule. */
function decideRetry(phoneNumber: PhoneNumber, moment: MomentOfPayment): PhoneNumberDecision {
  // Money that is known to have come after this rung cannot have paid for it.
  const isTooEarly = phoneNumber.moneyArrivedAt !== null;
  const paid = isTooEarly ? null : payIfCovered(phoneNumber, moment);
  if (paid !== null) return paid;
  const charge = planCharge(phoneNumber, 'retry', moment);
  if (charge !== null) return charge;
  const { at } = moment;
  const since = owedSince(phoneNumber);
  invariant(since !== null, 'a number that is retried owes its rent');
  const retriesMade = Math.max(phoneNumber.retriesMade + 1, countRungs(phoneNumber, { since, at }));
  const retried = keepNumber({ ...phoneNumber, retriesMade }, at);
  return { ...retried, events: [buildStillOnHold(phoneNumber, moment)] };
}

/** Money that is too little for this number uses up no step of the retry schedule. */
function decideRetryAfterTopUp(
  phoneNumber: PhoneNumber,
  moment: MomentOfPayment,
): PhoneNumberDecision {
  const paid = payIfCovered(phoneNumber, moment);
  if (paid !== null) return paid;
  const tried = { ...phoneNumber, moneyArrivedAt: null };
  const events = phoneNumber.status === 'on_hold' ? [buildStillOnHold(phoneNumber, moment)] : [];
  return { ...keepNumber(tried, moment.at), events };
}

function decideReleaseWarning(
  phoneNumber: PhoneNumber,
  moment: MomentOfPayment,
): PhoneNumberDecision {
  const told = buildStillOnHold(phoneNumber, moment);
  return {
    ...keepNumber({ ...phoneNumber, isReleaseTold: true }, moment.at),
    events: [{ ...told, type: 'phone_number.release_near' }],
  };
}

function decideRelease(phoneNumber: PhoneNumber, moment: MomentOfPayment): PhoneNumberDecision {
  const { number, hold, autoPay } = phoneNumber;
  invariant(hold !== null, 'only a number on hold runs out of grace');
  const paid = autoPay ? payIfCovered(phoneNumber, moment) : null;
  if (paid !== null) return paid;
  const reason = `${number} is being released: unpaid since ${hold.since}, and the grace period is over`;
  return beginRelease(phoneNumber, { at: moment.at, cause: 'grace_ended', reason });
}
