/**
 * Owns: what setting an auto-recharge and turning it off mean, and when that is refused.
 * Does not own: charging (collect.ts), how much (recharge-terms.ts).
 * Rules: ADR 0046. One increment, with its tax, must be within the cap and within what the method is charged. Turned on
 * below the threshold it charges at once. What is under way is neither repeated nor given up.
 * Example: amount 1 000.00 INR with 18 % tax, monthly cap 1 100.00: refused, for 1 180.00 would pass it.
 */
import type { BillingErrorCode } from '../billing-error';
import { monthOf } from '../calendar';
import { dropAttempt } from '../collection/charge-attempt';
import { NOTHING_COLLECTED, type SavedMethod } from '../collection/collection';
import type { Instant } from '../instant';
import { compareMoney, describeMoney, formatAmount, type Money } from '../money';
import { buildTopUpTerms } from '../payment/top-up-terms';
import {
  arm,
  stop,
  TURNED_OFF,
  type AutoRecharge,
  type AutoRechargeDecision,
  type AutoRechargeEvent,
  type RechargeLimits,
} from './auto-recharge';
import { endEpisode, findGap, planNow, type RechargeFunds } from './collect';
import { findMostAtOnce } from './recharge-terms';

export interface AskedRecharge {
  readonly isEnabled: boolean;
  readonly limits: RechargeLimits;
  readonly paymentMethodId: string | null;
}

export interface RechargeRefusal {
  readonly kind: 'refused';
  readonly code: Extract<BillingErrorCode, 'unprocessable' | 'amount_out_of_range'>;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

interface Facts {
  readonly id: string;
  readonly timeZone: string;
  readonly at: Instant;
  /** With the method that is asked for. */
  readonly funds: RechargeFunds;
}

/** Sets it, new or again. The same settings of one that is on change nothing: they cut no wait short. */
export function decideSet(
  before: AutoRecharge | null,
  asked: AskedRecharge,
  facts: Facts,
): AutoRechargeDecision | RechargeRefusal {
  const refusal = refuse(asked, facts.funds);
  if (refusal !== null) return refusal;
  const { at, funds } = facts;
  const base = before ?? open(asked.limits, facts);
  const isOff = before === null || before.status === 'stopped';
  const recharge = { ...base, ...asked };
  if (!asked.isEnabled) return turnOff(recharge, at);
  if (!isOff && isSame(before, asked)) return { kind: 'decided', recharge: before, at, events: [] };
  const event: AutoRechargeEvent = isOff
    ? { type: 'auto_recharge.armed', reason: describeLimits(asked.limits) }
    : { type: 'auto_recharge.changed', reason: describeLimits(asked.limits) };
  return { kind: 'decided', recharge: turnOn(recharge, at, funds), at, events: [event] };
}

/** Turns it off. A charge that a gateway is at work on is looked after: its money goes into the wallet. */
export function turnOff(recharge: AutoRecharge, at: Instant): AutoRechargeDecision {
  const { charge } = recharge.collection;
  const isUnderWay = charge !== null && charge.stage !== 'planned';
  const off = stop({ ...recharge, isEnabled: false }, TURNED_OFF);
  const isNews = recharge.status !== 'stopped' || recharge.reason !== TURNED_OFF;
  const events = isNews ? [{ type: 'auto_recharge.stopped', reason: TURNED_OFF } as const] : [];
  if (!isUnderWay) return { kind: 'decided', recharge: endEpisode(off), at, events };
  const reason = `it was turned off; the charge of ${describeMoney(charge.money)} that is under way is still taken in`;
  return { kind: 'decided', recharge: { ...off, reason }, at, events };
}

function turnOn(recharge: AutoRecharge, at: Instant, funds: RechargeFunds): AutoRecharge {
  const { charge } = recharge.collection;
  if (charge !== null && charge.stage !== 'planned') {
    const reason = `the saved payment method is charged ${describeMoney(charge.money)}`;
    return { ...recharge, status: 'charging', reason, crossedAt: null };
  }
  const idle = endEpisode({ ...recharge, collection: dropAttempt(recharge.collection) });
  return findGap(idle, funds.balanceMicros) === null ? arm(idle) : planNow(idle, at);
}

/** As it begins, before anything is turned on. */
function open(limits: RechargeLimits, { id, timeZone, at }: Facts): AutoRecharge {
  return {
    id,
    accountId: id,
    timeZone,
    limits,
    paymentMethodId: null,
    isEnabled: false,
    status: 'stopped',
    reason: '',
    crossedAt: null,
    chargeNumber: 1,
    collection: NOTHING_COLLECTED,
    charged: { month: monthOf(at, timeZone), money: { ...limits.amount, amountMicros: 0n } },
  };
}

function isSame(before: AutoRecharge, { limits, paymentMethodId }: AskedRecharge): boolean {
  return (
    before.paymentMethodId === paymentMethodId &&
    (['threshold', 'amount', 'monthlyCap'] as const).every(
      (name) => compareMoney(before.limits[name], limits[name]) === 0,
    )
  );
}

function refuse(
  { isEnabled, limits, paymentMethodId }: AskedRecharge,
  { savedMethod, topUpTaxation }: RechargeFunds,
): RechargeRefusal | null {
  const { total } = buildTopUpTerms(topUpTaxation, limits.amount);
  if (compareMoney(total, limits.monthlyCap) > 0) {
    const message = `The monthly cap of ${describeMoney(limits.monthlyCap)} is less than one charge, ${describeMoney(total)} with its tax.`;
    return refused('monthly_cap', message);
  }
  if (!isEnabled) return null;
  if (savedMethod === null) {
    const message =
      paymentMethodId === null
        ? 'The account keeps no payment method that can be charged. Save one first.'
        : 'This payment method cannot be charged.';
    return refused('payment_method_id', message);
  }
  return refuseAmount(total, savedMethod);
}

function refuseAmount(total: Money, method: SavedMethod): RechargeRefusal | null {
  const { min } = method;
  const max = findMostAtOnce(method);
  if (compareMoney(total, min) >= 0 && compareMoney(total, max) <= 0) return null;
  const message = `One charge with its tax must be ${formatAmount(min)} to ${describeMoney(max)}.`;
  const details = { field: 'amount', min: formatAmount(min), max: formatAmount(max) };
  return { kind: 'refused', code: 'amount_out_of_range', message, details };
}

function refused(field: string, message: string): RechargeRefusal {
  return { kind: 'refused', code: 'unprocessable', message, details: { field } };
}

function describeLimits({ threshold, amount, monthlyCap }: RechargeLimits): string {
  return (
    `below ${describeMoney(threshold)} the saved payment method is charged ${describeMoney(amount)} or ` +
    `a multiple of it, at most ${describeMoney(monthlyCap)} a month`
  );
}
