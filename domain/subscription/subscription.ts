/**
 * Owns: what a subscription is: its state, its periods and months.
 * Does not own: what happens to it next (decide-next.ts), what a decision about it holds (decision.ts),
 * the decisions (decide-*.ts), how money moves (ledger/), what a plan offers (plan.ts).
 * Rules: R1.08 to R1.13 and ADRs: each period is computed from the anchor; a period is paid in full
 * before it is served; who was suspended and pays again pays the current period only.
 * Example: anchor 31 January 10:00 in Istanbul, monthly: renewals on 28 February, 31 March, 30 April.
 */
import {
  computePeriod,
  findPeriodAt,
  type BillingCycle,
  type BillingPeriod,
} from '../billing-period';
import { addCalendarDays, type MonthKey } from '../calendar';
import type { DunningPolicy } from '../dunning';
import { isBefore, type Instant } from '../instant';
import { invariant } from '../invariant';
import type { Money } from '../money';
import type { PlanTerms, Track } from '../plan';
import type { Meter } from '../rating/rating-terms';
import type { Collection } from '../collection/collection';

export type SubscriptionStatus = 'active' | 'past_due' | 'suspended' | 'paused' | 'ended';

/** A change of plan whose day is to come. Its terms are those of the day it was scheduled (R1.13). */
export interface ScheduledChange {
  readonly target: PlanTerms;
  readonly effectiveAt: Instant;
  readonly scheduledAt: Instant;
}

/**
 * What was used of this month beyond what a change of plan left of it: subtracted at the next change.
 * Whole units; a new month forgets it.
 */
export interface AllowanceDebts {
  readonly call_second: bigint;
  readonly message: bigint;
}

export const NO_DEBTS: AllowanceDebts = { call_second: 0n, message: 0n };

/**
 * What the fee of this month found or was granted: a credit is bound by what is left of it (ADR 0034). Zero:
 * it brought none.
 */
export interface FeeGrants {
  readonly units: Readonly<Record<Meter, bigint>>;
  /** Of the WhatsApp balance. */
  readonly balanceMicros: bigint;
  /** The local month whose conversations, visitors and balance these are. */
  readonly calendarMonth: MonthKey;
  /** Until then a plan that costs nothing has granted its month: beginning it anew grants none. */
  readonly freeUntil: Instant | null;
}

/** Before anything is granted. */
export function noGrants(calendarMonth: MonthKey, freeUntil: Instant | null = null): FeeGrants {
  return {
    units: { call_second: 0n, message: 0n, wa_conversation: 0n, unique_visitor: 0n },
    balanceMicros: 0n,
    calendarMonth,
    freeUntil,
  };
}

/** Whether allowances that cost nothing were granted for this instant already, under another anchor or not. */
export function hasFreeGrant(
  { price, feeGrants: { freeUntil } }: Pick<Subscription, 'price' | 'feeGrants'>,
  at: Instant,
): boolean {
  return price.amountMicros === 0n && freeUntil !== null && isBefore(at, freeUntil);
}

export interface Subscription {
  readonly id: string;
  /** Who pays. */
  readonly accountId: string;
  /** Who has the plan: the same account, or a customer whose plan its reseller pays (ADR 0041). */
  readonly servesAccountId: string;
  readonly track: Track;
  readonly planCode: string;
  readonly planName: string;
  readonly planVersion: number;
  readonly cycle: BillingCycle;
  /** Price of one period, fixed by the plan's version. */
  readonly price: Money;
  /** Otherwise its plan is sold without tax. */
  readonly bearsTax: boolean;
  readonly timeZone: string;
  /** Where periods are counted from. Moves when the cycle changes and after a pause. */
  readonly anchorAt: Instant;
  /** The last period that was paid. Its number is -1 while the first one from the anchor is owed. */
  readonly period: BillingPeriod;
  /** How many periods lie before the anchor: a period's ordinal in the subscription's life. */
  readonly periodsBefore: number;
  /** What was paid from `paidFrom` to the period's end and not refunded: the days that are left of it are credited. */
  readonly paid: Money;
  readonly paidFrom: Instant;
  /** How often the plan or the anchor changed: names what a change moves. */
  readonly changesMade: number;
  readonly scheduledChange: ScheduledChange | null;
  /** The month, counted from the anchor, whose messages and minutes were granted last. */
  readonly allowanceMonth: number;
  readonly allowanceDebts: AllowanceDebts;
  readonly feeGrants: FeeGrants;
  readonly status: SubscriptionStatus;
  readonly cancelsAtPeriodEnd: boolean;
  readonly cancelReason: string | null;
  readonly pausesAtPeriodEnd: boolean;
  readonly pausedAt: Instant | null;
  /** When a pause, also one to come, ends by itself; null: a person ends it. */
  readonly resumesAt: Instant | null;
  readonly dunning: DunningPolicy;
  /** When the unpaid period began; null while paid. */
  readonly dueSince: Instant | null;
  readonly retriesMade: number;
  /** Money came in while a payment was owed: the charge is tried at this instant. */
  readonly moneyArrivedAt: Instant | null;
  readonly suspendedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly endReason: string | null;
  /** What a saved payment method is charged for the period that is owed, and was told about. */
  readonly collection: Collection;
}

export function owesPayment({ status }: Pick<Subscription, 'status'>): boolean {
  return status === 'past_due' || status === 'suspended';
}

/** The last instant at which an unpaid subscription's charge was tried by the calendar. */
export function lastTriedAt(subscription: Subscription): Instant {
  const { dueSince, dunning, retriesMade, timeZone } = subscription;
  invariant(dueSince !== null, 'an unpaid subscription knows since when it is unpaid');
  const day = dunning.retryAfterDays[retriesMade - 1];
  return day === undefined ? dueSince : addCalendarDays(dueSince, day, timeZone);
}

/** The half-open month, counted from the anchor, in which messages and minutes last. */
export function monthOfAnchor(
  { anchorAt, timeZone }: Pick<Subscription, 'anchorAt' | 'timeZone'>,
  number: number,
): BillingPeriod {
  return computePeriod({ anchorAt, cycle: 'monthly', timeZone, number });
}

/** The period, counted from the anchor, that holds `at`: the one to pay for now, not paid so far. */
export function periodOf(subscription: Subscription, at: Instant): BillingPeriod {
  const { anchorAt, cycle, timeZone, period } = subscription;
  const found = findPeriodAt({ anchorAt, cycle, timeZone }, at);
  invariant(
    // Number -1: nothing was paid from this anchor on, so its first period may begin with the last paid one.
    found !== null && (period.number < 0 || isBefore(period.startsAt, found.startsAt)),
    'a period is never paid twice, and none before it later',
  );
  return found;
}
