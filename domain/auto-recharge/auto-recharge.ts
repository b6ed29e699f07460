/**
 * Owns: what is known of an account's auto-recharge: its limits, how it stands, what the month was charged, and
 * what happens next.
 * Does not own: how much is charged (recharge-terms.ts), the decisions (decide-command.ts, collect.ts).
 * Rules: ADR 0046. Below the threshold the saved method is charged; exactly at it is not below. What a month was
 * charged counts with tax, by the month of the account in which it was asked.
 * Example: threshold 500.00, 1 000.00 at a time, at most 5 000.00 a month: at 499.99 INR a card is charged 1 000.00.
 */
import { monthOf, nextMonth, startOfMonth, type MonthKey } from '../calendar';
import { nextOfCharge, type Collection, type CollectionActionKind } from '../collection/collection';
import type { EventOf } from '../event';
import type { Instant } from '../instant';
import { addMoney, describeMoney, subtractMoney, type Money } from '../money';
import { ASKED, AWAITED, type NextAction } from '../next-action';

export const AUTO_RECHARGE_STATUSES = [
  'armed',
  'charging',
  'backing_off',
  'cap_reached',
  'stopped',
] as const;
export type AutoRechargeStatus = (typeof AUTO_RECHARGE_STATUSES)[number];

/** All in the currency of the account. */
export interface RechargeLimits {
  readonly threshold: Money;
  /** What comes into the wallet is a whole number of these. Bought as a top-up is: its tax comes on top, or is in it. */
  readonly amount: Money;
  /** What a method is charged in a month at most, with tax. */
  readonly monthlyCap: Money;
}

/** What was charged in a month, with tax: money that came, not what is under way. */
export interface MonthCharged {
  readonly month: MonthKey;
  readonly money: Money;
}

export interface AutoRecharge {
  /** The account's: each has one. */
  readonly id: string;
  readonly accountId: string;
  readonly timeZone: string;
  readonly limits: RechargeLimits;
  /** The method to charge; null: the account's default. */
  readonly paymentMethodId: string | null;
  readonly isEnabled: boolean;
  readonly status: AutoRechargeStatus;
  /** Why it stands so: one sentence. */
  readonly reason: string;
  /** The balance fell below the threshold at this instant, and nobody has looked yet. */
  readonly crossedAt: Instant | null;
  /** Names the charge that is made or comes next; its tries are counted in `collection`. */
  readonly chargeNumber: number;
  readonly collection: Collection;
  readonly charged: MonthCharged;
}

export type AutoRechargeActionKind = CollectionActionKind;
export type AutoRechargeEvent = EventOf<'auto_recharge'>;

/** What became of it, to be written. */
export interface AutoRechargeDecision {
  readonly kind: 'decided';
  readonly recharge: AutoRecharge;
  readonly at: Instant;
  readonly events: readonly AutoRechargeEvent[];
}

/** What happens next, when and why: the row, the API and the Temporal UI say the same. */
export function decideNextAction({
  collection,
  reason,
}: AutoRecharge): NextAction<AutoRechargeActionKind> {
  const { charge } = collection;
  if (charge?.stage === 'planned') {
    const outside = charge.isPostponed ? AWAITED : ASKED;
    return { kind: 'collect_payment', at: charge.chargesAt, reason, ...outside };
  }
  return nextOfCharge(collection, { owes: true }) ?? { kind: 'rest', reason };
}

/** Below this, in micros, whoever writes the account's ledger notes it; null: nobody needs to. */
export function findWatchedMicros({ status, limits }: AutoRecharge): bigint | null {
  return status === 'armed' ? limits.threshold.amountMicros : null;
}

/** What a charge is for, in the books and at the gateway. */
export function chargeReference({ id, chargeNumber }: AutoRecharge): string {
  return `auto-recharge/${id}/charge/${chargeNumber}`;
}

/** With what the month of an instant was charged: a new month begins at nothing. */
export function rollMonth(recharge: AutoRecharge, at: Instant): AutoRecharge {
  const { charged, timeZone, limits } = recharge;
  const month = monthOf(at, timeZone);
  if (month <= charged.month) return recharge;
  return { ...recharge, charged: { month, money: { ...limits.amount, amountMicros: 0n } } };
}

/** What a month was charged, and is being charged: what counts against its cap. */
export function findCharged(recharge: AutoRecharge, at: Instant): Money {
  const { charged, collection, timeZone } = rollMonth(recharge, at);
  const { charge } = collection;
  const isUnderWay = charge !== null && charge.stage !== 'planned';
  if (!isUnderWay || monthOf(charge.chargesAt, timeZone) !== charged.month) return charged.money;
  return addMoney(charged.money, charge.money);
}

/** What the cap leaves for the month of an instant; below zero when a bank paid late, on top of the rest. */
export function findCapLeft(recharge: AutoRecharge, at: Instant): Money {
  return subtractMoney(recharge.limits.monthlyCap, findCharged(recharge, at));
}

/** Adds money that came. A charge counts in the month in which it was asked; of an earlier one nobody asks any more. */
export function noteCharged(
  recharge: AutoRecharge,
  money: Money,
  { askedAt, at }: { readonly askedAt: Instant; readonly at: Instant },
): AutoRecharge {
  const rolled = rollMonth(recharge, at);
  const { charged, timeZone } = rolled;
  if (monthOf(askedAt, timeZone) < charged.month) return rolled;
  return { ...rolled, charged: { ...charged, money: addMoney(charged.money, money) } };
}

/** When the cap opens again: the first instant of the account's next month. */
export function nextCapAt(at: Instant, timeZone: string): Instant {
  return startOfMonth(nextMonth(monthOf(at, timeZone)), timeZone);
}

/** Watching, with nothing planned. */
export function arm(recharge: AutoRecharge): AutoRecharge {
  const { threshold } = recharge.limits;
  const reason = `the balance is watched; below ${describeMoney(threshold)} the saved payment method is charged`;
  return { ...recharge, status: 'armed', reason, crossedAt: null };
}

/** Why it stands still where somebody wanted that. */
export const TURNED_OFF = 'it was turned off; nothing is charged by itself';

/** Charging nothing more until somebody turns it on again. */
export function stop(recharge: AutoRecharge, reason: string): AutoRecharge {
  return { ...recharge, status: 'stopped', reason, crossedAt: null };
}
