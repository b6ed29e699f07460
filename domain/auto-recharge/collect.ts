/**
 * Owns: charging the saved method of an auto-recharge: whether it is needed, what the gateway's answer makes of it,
 * how long it waits after a decline.
 * Does not own: how much (recharge-terms.ts), one try and its key (collection/charge-attempt.ts), the settings
 * (decide-command.ts).
 * Rules: ADR 0046. One charge at a time. After a decline: a method that will not pay, or needs its owner, stops it; one
 * that had no money is tried after 1 hour, 6 hours, 1, 3 and 7 days; one that nobody looked at within minutes.
 * Example: declined for want of money at 10:00: it is tried again at 11:00, for what the balance lacks by then.
 */
import {
  describeCollected,
  describeDecline,
  dropAttempt,
  makeAttempt,
  noticeAttempt,
  planAttempt,
  postponeAttempt,
  settleAttempt,
  type ChargeDecline,
  type ChargeOutcome,
  type ChargeToMake,
} from '../collection/charge-attempt';
import {
  NOTHING_COLLECTED,
  type ChargeCause,
  type Collection,
  type MadeCharge,
  type PlannedCharge,
  type SavedMethod,
} from '../collection/collection';
import { addSeconds, type Instant } from '../instant';
import { invariant } from '../invariant';
import { describeMoney, type Money } from '../money';
import type { Taxation } from '../tax/taxation';
import {
  arm,
  chargeReference,
  findCapLeft,
  findCharged,
  nextCapAt,
  noteCharged,
  rollMonth,
  stop,
  TURNED_OFF,
  type AutoRecharge,
  type AutoRechargeDecision,
  type AutoRechargeEvent,
} from './auto-recharge';
import { findMostAtOnce, findRechargeTerms } from './recharge-terms';

export interface RechargeFunds {
  /** What can be spent now, in micros: less what holds reserve; below zero when the account owes. */
  readonly balanceMicros: bigint;
  /** The method it names, or the default; null: there is none that may be charged. */
  readonly savedMethod: SavedMethod | null;
  /** How money that comes into the wallet is taxed at that instant. */
  readonly topUpTaxation: Taxation;
}

interface Moment {
  readonly at: Instant;
  readonly funds: RechargeFunds;
}

/** What the balance lacks to the threshold; null: it is not below. */
export function findGap(
  { limits: { threshold } }: Pick<AutoRecharge, 'limits'>,
  balanceMicros: bigint,
): Money | null {
  const amountMicros = threshold.amountMicros - balanceMicros;
  return amountMicros > 0n ? { ...threshold, amountMicros } : null;
}

/** The balance fell below the threshold: a charge is planned for now. Null: nobody waits for that, or it is known. */
export function noteCrossing(recharge: AutoRecharge, at: Instant): AutoRecharge | null {
  return recharge.status === 'armed' ? planNow(recharge, at) : null;
}

/** A charge to be decided about at `at`, with the balance there is then. */
export function planNow(recharge: AutoRecharge, at: Instant): AutoRecharge {
  const { threshold } = recharge.limits;
  const reason = `the balance fell below ${describeMoney(threshold)}; the saved payment method is charged`;
  return plan({ ...recharge, status: 'charging', reason, crossedAt: at }, 'renewal', at);
}

function plan(recharge: AutoRecharge, cause: ChargeCause, at: Instant): AutoRecharge {
  const collection = planAttempt(recharge.collection, { cause, at });
  invariant(collection !== null, 'a charge is planned where none is under way, and tries are left');
  return { ...recharge, collection };
}

/** Decides what a planned charge is at its instant: needless, not to be, to be announced first, or to be made. */
export function decideCharge(
  before: AutoRecharge,
  { at, funds }: Moment,
): AutoRechargeDecision | ChargeToMake {
  const recharge = rollMonth(before, at);
  const { charge } = recharge.collection;
  invariant(charge?.stage === 'planned', 'only a planned charge is decided about');
  const closed = { ...recharge, collection: dropAttempt(recharge.collection), crossedAt: null };
  const gap = findGap(recharge, funds.balanceMicros);
  if (gap === null) return decided(endEpisode(arm(closed)), at);
  const method = funds.savedMethod;
  if (method === null) return stopped(closed, describeNoMethod(recharge), at);
  const found = findRechargeTerms({
    gap,
    amount: recharge.limits.amount,
    capLeft: findCapLeft(recharge, at),
    topUpTaxation: funds.topUpTaxation,
    min: method.min,
    max: findMostAtOnce(method),
  });
  if (found.kind === 'cap_reached') return reachCap(before, closed, at);
  if (found.kind === 'above_max') {
    const most = describeMoney(findMostAtOnce(method));
    return stopped(closed, `the saved payment method is charged ${most} at once at most`, at);
  }
  const { terms } = found;
  const facts = { at, method, money: terms.total };
  const announced = announce(recharge, charge, facts);
  if (announced !== null) return announced;
  const reference = chargeReference(recharge);
  return makeAttempt(recharge.collection, charge, { method, terms, reference });
}

/** The recharge with the charge that is made now. */
export function noteAsked(recharge: AutoRecharge, collection: Collection): AutoRecharge {
  const { charge } = collection;
  invariant(charge !== null && charge.stage !== 'planned', 'a charge is made');
  const reason = `the saved payment method is charged ${describeMoney(charge.money)}`;
  const asked = { ...recharge, collection, status: 'charging', reason, crossedAt: null } as const;
  return rollMonth(asked, charge.chargesAt);
}

/** Where the owner of a method must be told before it is charged: told, and the charge waits. */
function announce(
  recharge: AutoRecharge,
  charge: PlannedCharge,
  facts: { readonly at: Instant; readonly method: SavedMethod; readonly money: Money },
): AutoRechargeDecision | null {
  const waiting = noticeAttempt(recharge.collection, charge, facts);
  if (waiting === null) return null;
  const { collection, told } = waiting;
  const reason = `its owner is told before the saved payment method is charged ${describeMoney(facts.money)}`;
  const events: AutoRechargeEvent[] =
    told === null ? [] : [{ type: 'auto_recharge.payment_notice', ...told }];
  const announced = { ...recharge, collection, reason, crossedAt: null };
  return { ...decided({ ...announced, status: 'charging' }, facts.at), events };
}

/** Nothing more until the account's next month; told once. */
function reachCap(before: AutoRecharge, closed: AutoRecharge, at: Instant): AutoRechargeDecision {
  const { limits, timeZone } = closed;
  const opensAt = nextCapAt(at, timeZone);
  const charged = findCharged(closed, at);
  const reason =
    `${describeMoney(charged)} were charged this month, and another ${describeMoney(limits.amount)} would pass ` +
    `the cap of ${describeMoney(limits.monthlyCap)}; it goes on at ${opensAt}`;
  const waiting = plan(
    endEpisode({ ...closed, status: 'cap_reached', reason }),
    'renewal',
    opensAt,
  );
  const isNews = before.status !== 'cap_reached' || before.reason !== reason;
  const told: AutoRechargeEvent = {
    type: 'auto_recharge.cap_reached',
    reason,
    data: { resumes_at: opensAt },
  };
  const events = isNews ? [told] : [];
  return { ...decided(waiting, at), events };
}

/** What becomes of it with the gateway's answer; `funds` hold the money if it succeeded. */
export function decideCharged(
  recharge: AutoRecharge,
  outcome: ChargeOutcome,
  moment: Moment,
): AutoRechargeDecision {
  const { at } = moment;
  const settled = settleAttempt(recharge.collection, outcome);
  switch (settled.kind) {
    case 'succeeded': {
      const { charge } = settled;
      const closed = endEpisode({ ...recharge, collection: dropAttempt(recharge.collection) });
      const paid = noteCharged(closed, charge.money, { askedAt: charge.chargesAt, at });
      const event = { type: 'auto_recharge.charged', ...describeCollected(charge) } as const;
      return { ...decided(goOn(paid, moment), at), events: [event] };
    }
    case 'declined':
      return decline(recharge, settled.charge, { at, declined: settled.declined });
    case 'waiting': {
      const { collection } = settled;
      const reason = 'the charge is under way; the bank has not said how it ended';
      const isOn = recharge.status !== 'stopped';
      return decided(isOn ? { ...recharge, collection, reason } : { ...recharge, collection }, at);
    }
  }
}

/** Watching again; still below, because more was used meanwhile or the cap cut it short, it is charged once more. */
function goOn(paid: AutoRecharge, { at, funds }: Moment): AutoRecharge {
  if (paid.status === 'stopped') return stop(paid, TURNED_OFF);
  return findGap(paid, funds.balanceMicros) === null ? arm(paid) : planNow(paid, at);
}

/** What follows from a gateway, or books of ours, that could not be reached: the same again, later. */
export function decideUnanswered(recharge: AutoRecharge, moment: Moment): AutoRechargeDecision {
  const { charge } = recharge.collection;
  if (charge?.stage !== 'planned') {
    return decideCharged(recharge, { kind: 'unanswered' }, moment);
  }
  const collection = postponeAttempt(recharge.collection, charge);
  return decided({ ...recharge, collection }, moment.at);
}

/** A charge that was given up brought money after all: it counts, and what is planned looks at the balance anyway. */
export function noteLateMoney(recharge: AutoRecharge, at: Instant, money: Money): AutoRecharge {
  return noteCharged(recharge, money, { askedAt: at, at });
}

/** Waits after a decline: by how often the charge was tried. */
const SOFT_WAITS_SECONDS = [3_600, 21_600, 86_400, 259_200, 604_800];
const TECHNICAL_WAITS_SECONDS = [300, 900, 3_600, 14_400, 43_200, 86_400];

/** How long it waits after a decline; null: it is not tried again. */
function findWait({ declineClass, declineCode }: ChargeDecline, triesMade: number): number | null {
  // A gateway that took another sum would do so again.
  if (declineCode === 'payment_mismatched') return null;
  switch (declineClass) {
    case 'hard':
    case 'needs_customer':
      return null;
    case 'soft':
      return SOFT_WAITS_SECONDS[triesMade - 1] ?? null;
    case 'technical':
      return TECHNICAL_WAITS_SECONDS[triesMade - 1] ?? null;
  }
}

function decline(
  recharge: AutoRecharge,
  charge: MadeCharge,
  { at, declined }: { readonly at: Instant; readonly declined: ChargeDecline },
): AutoRechargeDecision {
  const told = describeDecline(charge, declined);
  const event: AutoRechargeEvent = { type: 'auto_recharge.declined', ...told };
  const closed = { ...recharge, collection: dropAttempt(recharge.collection) };
  if (closed.status === 'stopped') {
    return { ...decided(endEpisode(stop(closed, TURNED_OFF)), at), events: [event] };
  }
  const waitSeconds = findWait(declined, closed.collection.chargesMade);
  if (waitSeconds === null) {
    const end = stopped(closed, `${told.reason}; save a method that pays and turn it on again`, at);
    return { ...end, events: [event, ...end.events] };
  }
  const retriesAt = addSeconds(at, waitSeconds);
  const reason = `${told.reason}; it is tried again at ${retriesAt}`;
  const waiting = plan({ ...closed, status: 'backing_off', reason }, 'retry', retriesAt);
  const news: AutoRechargeEvent = {
    type: 'auto_recharge.backing_off',
    reason,
    data: { retries_at: retriesAt },
  };
  return { ...decided(waiting, at), events: [event, news] };
}

function describeNoMethod({ paymentMethodId }: AutoRecharge): string {
  return paymentMethodId === null
    ? 'no saved payment method can be charged; save one and turn it on again'
    : 'the payment method it charges is not there any more; name another and turn it on again';
}

/** The next charge is another one, with tries of its own. */
export function endEpisode(recharge: AutoRecharge): AutoRecharge {
  const { collection, chargeNumber } = recharge;
  if (collection.chargesMade === 0) return { ...recharge, collection: NOTHING_COLLECTED };
  return { ...recharge, collection: NOTHING_COLLECTED, chargeNumber: chargeNumber + 1 };
}

function stopped(recharge: AutoRecharge, reason: string, at: Instant): AutoRechargeDecision {
  const event = { type: 'auto_recharge.stopped', reason } as const;
  return { ...decided(endEpisode(stop(recharge, reason)), at), events: [event] };
}

function decided(recharge: AutoRecharge, at: Instant): AutoRechargeDecision {
  return { kind: 'decided', recharge, at, events: [] };
}
