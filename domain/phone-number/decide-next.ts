/**
 * Owns: what happens next to a phone number, when and why.
 * Does not own: doing it (decide-due.ts, collect.ts, carrier-answer.ts), waiting for it (workflows/).
 * Rules: R2.14 to R2.17. Of two actions the earlier one comes first. A release never overtakes a charge
 * that a gateway is at work on: its money would be taken and the number lost.
 * Example: active until 28 February: `remind` on 25 and 27 February, `renew` on the 28th.
 */
import { addCalendarDays } from '../calendar';
import { nextReminder, nextOfCharge } from '../collection/collection';
import { addSeconds, isBefore, laterOf, type Instant } from '../instant';
import { invariant } from '../invariant';
import { AWAITED, isDueAction, type DueAction, type NextAction } from '../next-action';
import { owesRent, type Hold, type PhoneNumber } from './phone-number';

export type PhoneNumberActionKind =
  | 'order_number'
  | 'check_number'
  | 'remind'
  | 'renew'
  | 'collect_payment'
  | 'check_payment'
  | 'retry_payment'
  | 'retry_after_top_up'
  | 'warn_of_release'
  | 'begin_release'
  | 'return_number';

type Next = NextAction<PhoneNumberActionKind>;
type Due = DueAction<PhoneNumberActionKind>;

/** When a carrier that gave no final answer to an order is asked again; after the last the order failed. */
export const ORDER_ASKS_AFTER_SECONDS = [
  0, 15, 60, 300, 900, 3_600, 14_400, 28_800, 57_600, 86_400,
];
/** When a carrier that has not confirmed a release is asked again; then every six hours, for ever. */
const RELEASE_ASKS_AFTER_SECONDS = [0, 15, 60, 300, 900, 3_600, 14_400];
const RELEASE_ASKS_EVERY_SECONDS = 21_600;

/** What happens next, when and why. Shown in the Temporal UI, so the number itself is not named. */
export function decideNextAction(phoneNumber: PhoneNumber): Next {
  const charge = findCharge(phoneNumber);
  switch (phoneNumber.status) {
    case 'pending':
      return decideNextWhilePending(phoneNumber);
    case 'active':
      return decideNextWhileActive(phoneNumber, charge);
    case 'on_hold':
      return afterMoney(phoneNumber, decideNextOnHold(phoneNumber, charge));
    case 'releasing':
      return earliest(charge, decideNextWhileReleasing(phoneNumber));
    case 'released':
      return charge ?? { kind: 'end', reason: 'the number was given back' };
    case 'failed':
      return { kind: 'end', reason: phoneNumber.failureReason ?? 'the carrier did not give it' };
  }
}

function findCharge(phoneNumber: PhoneNumber): Due | null {
  return nextOfCharge(phoneNumber.collection, { owes: owesRent(phoneNumber) });
}

/** The earliest of them; at one instant the first one named. */
function earliest(first: Due | null, ...others: readonly (Next | null)[]): Next {
  let found: Next | null = first;
  for (const next of others) {
    if (next === null) continue;
    const isEarlier =
      found === null || !isDueAction(found) || (isDueAction(next) && isBefore(next.at, found.at));
    if (isEarlier) found = next;
  }
  invariant(found !== null, 'something always happens next');
  return found;
}

function decideNextWhilePending({ orderedAt, asksMade, carrierLeaseId }: PhoneNumber): Due {
  const at = addSeconds(orderedAt, ORDER_ASKS_AFTER_SECONDS[asksMade] ?? 0);
  if (carrierLeaseId !== null) {
    const reason = 'the carrier needs more time to provide the number; it is asked again';
    return { kind: 'check_number', at, reason, ...AWAITED };
  }
  const reason =
    asksMade === 0
      ? 'the number is to be ordered at the carrier'
      : 'the carrier did not answer; it is asked again about the same order';
  return { kind: 'order_number', at, reason, ...AWAITED };
}

function decideNextWhileActive(phoneNumber: PhoneNumber, charge: Due | null): Next {
  const { period, grace, autoPay, dueSince } = phoneNumber;
  if (dueSince !== null) return afterMoney(phoneNumber, charge ?? retryNow(dueSince));
  const remindsAt = nextReminder({ ...phoneNumber, daysBefore: grace.remindDaysBefore });
  const reminder: Due | null =
    remindsAt === null
      ? null
      : {
          kind: 'remind',
          at: remindsAt,
          reason: `to tell when nothing covers the rent due on ${period.endsAt}`,
        };
  const reason = autoPay
    ? `month ${period.number + 2} begins and its rent is due`
    : 'the rent is due and auto-pay is off: the number goes on hold';
  return earliest(charge, reminder, { kind: 'renew', at: period.endsAt, reason });
}

/** A charge that was dropped while the rent is due: the due date decides again. */
function retryNow(dueSince: Instant): Due {
  return { kind: 'renew', at: dueSince, reason: 'the rent is due' };
}

function decideNextOnHold(phoneNumber: PhoneNumber, charge: Due | null): Next {
  const { hold, collection } = phoneNumber;
  invariant(hold !== null, 'a number on hold knows why');
  const warning = findReleaseWarning(phoneNumber, hold);
  const release: Due = {
    kind: 'begin_release',
    at: hold.releasesAt,
    reason: `unpaid since ${hold.since}; a payment before then keeps the number`,
  };
  const isUnderWay = collection.charge !== null && collection.charge.stage !== 'planned';
  if (isUnderWay) return earliest(charge, warning);
  return earliest(charge, findRetry(phoneNumber, hold), warning, release);
}

function findRetry(phoneNumber: PhoneNumber, hold: Hold): Due | null {
  const { autoPay, grace, retriesMade, timeZone } = phoneNumber;
  const day = grace.retryAfterDays[retriesMade];
  if (!autoPay || day === undefined) return null;
  const at = addCalendarDays(hold.since, day, timeZone);
  const count = `retry ${retriesMade + 1} of ${grace.retryAfterDays.length}`;
  return { kind: 'retry_payment', at, reason: `unpaid since ${hold.since}; ${count}` };
}

function findReleaseWarning(phoneNumber: PhoneNumber, { since, releasesAt }: Hold): Due | null {
  const { isReleaseTold, grace, timeZone } = phoneNumber;
  if (isReleaseTold) return null;
  const at = addCalendarDays(releasesAt, -grace.warnDaysBefore, timeZone);
  // Grace that is no longer than the warning: the hold itself was the warning.
  if (!isBefore(since, at)) return null;
  const reason = `to tell once more that it is given back at ${releasesAt}`;
  return { kind: 'warn_of_release', at, reason };
}

/** Money that came in is tried at once, after what was due before it came. */
function afterMoney({ moneyArrivedAt }: PhoneNumber, scheduled: Next): Next {
  if (moneyArrivedAt === null) return scheduled;
  if (isDueAction(scheduled) && isBefore(scheduled.at, moneyArrivedAt)) return scheduled;
  const reason = 'money came in while the rent was owed';
  return { kind: 'retry_after_top_up', at: moneyArrivedAt, reason };
}

function decideNextWhileReleasing({ releaseStartedAt, asksMade }: PhoneNumber): Due {
  invariant(releaseStartedAt !== null, 'a number that is given back knows since when');
  const reason =
    asksMade === 0
      ? 'to be given back to the carrier; nothing is charged any more'
      : `the carrier has not confirmed the release; asked ${asksMade} times`;
  const at = addSeconds(releaseStartedAt, releaseWait(asksMade));
  return { kind: 'return_number', at, reason, ...AWAITED };
}

function releaseWait(asksMade: number): number {
  const wait = RELEASE_ASKS_AFTER_SECONDS[asksMade];
  if (wait !== undefined) return wait;
  const last = RELEASE_ASKS_AFTER_SECONDS.length - 1;
  return (RELEASE_ASKS_AFTER_SECONDS[last] ?? 0) + (asksMade - last) * RELEASE_ASKS_EVERY_SECONDS;
}

/** When a charge of the rent was last tried; for money whose record comes later than it. */
export function lastTriedAt(phoneNumber: PhoneNumber, since: Instant): Instant {
  const { grace, retriesMade, timeZone } = phoneNumber;
  const day = grace.retryAfterDays[retriesMade - 1];
  return day === undefined ? since : laterOf(since, addCalendarDays(since, day, timeZone));
}
