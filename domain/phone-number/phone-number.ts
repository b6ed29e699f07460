/**
 * Owns: what is known of one phone number that an account rents, from its order to its release.
 * Does not own: what happens next to it (decide-next.ts), what it costs where (sale.ts), which of several
 * unpaid ones money goes to (triage.ts), the carrier's own lease (gateways/number-carrier.ts).
 * Rules: R2.13 to R2.17. The rent is paid a month ahead, counted from the day the carrier gave us the
 * number; a payment that comes late never moves that day.
 * Example: rented on 31 January 2027 for 500.00 INR a month: due on 28 February, on 31 March, and so on.
 */
import { computePeriod, findPeriodAt, type BillingPeriod } from '../billing-period';
import type { Collection } from '../collection/collection';
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import type { Money } from '../money';
import type { NumberCapability } from '../number-capability';

/**
 * pending: ordered at the carrier. on_hold: the rent is owed, the number does not work. releasing: being
 * given back, nothing is charged any more. failed: the carrier did not give it to us.
 */
export type PhoneNumberStatus =
  'pending' | 'active' | 'on_hold' | 'releasing' | 'released' | 'failed';

/** Why the rent was not paid. */
export type HoldReason =
  'auto_pay_off' | 'insufficient_balance' | 'payment_declined' | 'payment_unanswered';

export interface Hold {
  readonly reason: HoldReason;
  /** The due date that was missed. */
  readonly since: Instant;
  /** When grace ends and the number is given back. */
  readonly releasesAt: Instant;
}

/** What follows a missed due date: data of the carrier, kept with the number as it was when it was ordered. */
export interface GracePolicy {
  /** Days from the due date to the release, 0 to 60 (R2.17). */
  readonly graceDays: number;
  /** Days after the due date on which the charge is tried again, while grace lasts. */
  readonly retryAfterDays: readonly number[];
  /** Days before a due date on which a rent that nothing covers is told, the earliest first (R2.20). */
  readonly remindDaysBefore: readonly number[];
  /** Days before the release on which it is told once more. */
  readonly warnDaysBefore: number;
}

export const DEFAULT_GRACE_POLICY: GracePolicy = {
  graceDays: 7,
  retryAfterDays: [1, 3, 5],
  remindDaysBefore: [3, 1],
  warnDaysBefore: 1,
};

/** Why a number was given back. */
export type ReleaseCause =
  'asked' | 'grace_ended' | 'lacks_capability' | 'not_delivered' | 'operator';

export interface PhoneNumber {
  readonly id: string;
  readonly accountId: string;
  /** What it was bought with, so that the order learns what became of it. */
  readonly orderId: string;
  readonly orderItemId: string;
  /** E.164, with the plus. */
  readonly number: string;
  readonly country: string;
  /** What was promised to the customer; what the carrier rents us must have all of them (R2.10). */
  readonly capabilities: readonly NumberCapability[];
  readonly carrier: string;
  /** The carrier's id of its lease; null until it is known. */
  readonly carrierLeaseId: string | null;
  /** The rent of one month, as it was when it was ordered. */
  readonly rent: Money;
  readonly timeZone: string;
  /** Rents are counted from here: the instant the carrier gave us the number. The order's until then. */
  readonly anchorAt: Instant;
  /** The last month that is paid. */
  readonly period: BillingPeriod;
  readonly grace: GracePolicy;
  readonly autoPay: boolean;
  /** Its place in the account's own order, from 1; null: after those that have one. Set for all at once. */
  readonly priority: number | null;
  readonly status: PhoneNumberStatus;
  /** Why the rent is owed; null when it is not. */
  readonly hold: Hold | null;
  /** The due date that is being collected from a saved method, before it is a hold; null: none is. */
  readonly dueSince: Instant | null;
  readonly retriesMade: number;
  /** Money came in while the rent was owed, and has not been tried yet. */
  readonly moneyArrivedAt: Instant | null;
  /** The release was told once more, in this hold. */
  readonly isReleaseTold: boolean;
  readonly collection: Collection;
  readonly orderedAt: Instant;
  readonly activatedAt: Instant | null;
  readonly releaseCause: ReleaseCause | null;
  readonly releaseStartedAt: Instant | null;
  readonly releasedAt: Instant | null;
  /** How often the carrier was asked without a final answer: about the order, then about the release. */
  readonly asksMade: number;
  readonly failureReason: string | null;
  /** What an operator did last, in our words and never in theirs; null: nothing. */
  readonly operatorNote: string | null;
}

/** The month of rent that holds the instant. */
export function periodAt({ anchorAt, timeZone }: PhoneNumber, at: Instant): BillingPeriod {
  const period = findPeriodAt({ anchorAt, cycle: 'monthly', timeZone }, at);
  invariant(period !== null, 'a number that is rented has a month for every instant');
  return period;
}

/** The month that is due next. */
export function nextPeriod({ anchorAt, timeZone, period }: PhoneNumber): BillingPeriod {
  return computePeriod({ anchorAt, cycle: 'monthly', timeZone, number: period.number + 1 });
}

/** Since when the rent is owed: the due date that was missed. Null: it is not. */
export function owedSince({ hold, dueSince }: PhoneNumber): Instant | null {
  return hold?.since ?? dueSince;
}

/** Whether a rent is due and not paid: on hold, or a saved method is being charged for it. */
export function owesRent({ status, dueSince }: PhoneNumber): boolean {
  return status === 'on_hold' || (status === 'active' && dueSince !== null);
}
