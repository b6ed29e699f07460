/**
 * Phone numbers of one account in memory: a wallet, a saved method that answers as it is told, a carrier,
 * and a clock that stops at everything that is due. No database and no gateway: only the decisions.
 * Example: `const walk = openWalk({ wallet: 600 }); walk.addNumber('a', 500); walk.to('2027-03-01');`
 */
import type { ChargeOutcome } from '../../../domain/collection/charge-attempt';
import type { SavedMethod } from '../../../domain/collection/collection';
import { isAtOrBefore, isBefore, type Instant } from '../../../domain/instant';
import { formatAmount, type Money } from '../../../domain/money';
import { isDueAction, type DueAction } from '../../../domain/next-action';
import {
  decideOrdered,
  decideReleased,
  type OrderAnswer,
  type ReleaseAnswer,
} from '../../../domain/phone-number/decide-lease';
import {
  decideCharge,
  decideCharged,
  decideUnanswered,
} from '../../../domain/phone-number/collect';
import { decideCommand, type NumberCommand } from '../../../domain/phone-number/decide-command';
import { decideDue } from '../../../domain/phone-number/decide-due';
import { noteMoneyArrived } from '../../../domain/phone-number/pay-rent';
import {
  decideNextAction,
  type PhoneNumberActionKind,
} from '../../../domain/phone-number/decide-next';
import type {
  NumberFunds,
  PhoneNumberDecision,
  PhoneNumberRefusal,
} from '../../../domain/phone-number/decision';
import { openNumber } from '../../../domain/phone-number/open-number';
import {
  DEFAULT_GRACE_POLICY,
  periodAt,
  type GracePolicy,
  type PhoneNumber,
} from '../../../domain/phone-number/phone-number';
import { buildRentSale } from '../../../domain/phone-number/sale';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

export const STARTED = '2027-01-31T10:00:00.000Z';

export function inr(rupees: number): Money {
  return { amountMicros: BigInt(Math.round(rupees * 100)) * 10_000n, currency: 'INR' };
}

export const CARD: SavedMethod = {
  id: 'pm_1',
  gateway: 'sandbox',
  kind: 'card',
  noticeHours: 0,
  ceiling: null,
  min: inr(1),
  max: inr(100_000),
};

export interface WalkOptions {
  /** Whole rupees. */
  readonly wallet?: number;
  readonly method?: SavedMethod | null;
  readonly taxation?: Taxation;
  readonly grace?: Partial<GracePolicy>;
  /** Which of two things that are due at one instant is done first. */
  readonly turn?: (names: readonly string[]) => string;
}

export type Walk = ReturnType<typeof openWalk>;

export function openWalk(options: WalkOptions = {}) {
  const { taxation = UNTAXED, grace = {}, turn = (names) => names[0] ?? '' } = options;
  const numbers = new Map<string, PhoneNumber>();
  const sold = new Map<string, Instant>();
  const told: string[] = [];
  const settled: string[] = [];
  const state = {
    now: STARTED,
    walletMicros: BigInt(options.wallet ?? 0) * 1_000_000n,
    method: options.method ?? null,
    /** What the gateway answers to the next charges and look-ups. */
    gateway: { kind: 'succeeded' } as ChargeOutcome,
    order: {
      kind: 'active',
      carrierLeaseId: 'lease',
      capabilities: ['sms', 'voice'],
    } as OrderAnswer,
    release: { kind: 'released' } as ReleaseAnswer,
  };

  function fundsAt(at: Instant): NumberFunds {
    const claims = [...numbers.values()]
      .filter(
        ({ autoPay, status, period }) =>
          autoPay &&
          (status === 'on_hold' || (status === 'active' && isAtOrBefore(period.endsAt, at))),
      )
      .map((number) => ({
        id: number.id,
        owed: buildRentSale(number, periodAt(number, at), taxation).taxed.total,
      }));
    const { walletMicros: availableMicros, method: savedMethod } = state;
    const topUpTaxation = UNTAXED;
    const shared = { claims, claimsOnArrival: claims };
    return { availableMicros, taxation, savedMethod, topUpTaxation, ...shared };
  }

  function apply(
    name: string,
    { phoneNumber, sale, at, events, settlesItem }: PhoneNumberDecision,
  ) {
    const before = numbers.get(name);
    if (sale !== null) {
      const { amountMicros } = sale.taxed.total;
      if (before?.status === 'releasing' || before?.status === 'released') {
        throw new Error(`${sale.reference} was charged after the release`);
      }
      if (sold.has(sale.reference)) throw new Error(`${sale.reference} was charged twice`);
      if (amountMicros > state.walletMicros) throw new Error(`${sale.reference} was not covered`);
      sold.set(sale.reference, at);
      state.walletMicros -= amountMicros;
    }
    numbers.set(name, phoneNumber);
    for (const { type } of events) told.push(`${name} ${type.replace('phone_number.', '')}`);
    if (settlesItem !== null) settled.push(`${name} ${settlesItem.outcome}`);
  }

  function collect(name: string, number: PhoneNumber, at: Instant): void {
    if (number.collection.charge?.stage === 'planned') {
      const made = decideCharge(number, { at, funds: fundsAt(at) });
      if (made.kind === 'decided') return apply(name, made);
      numbers.set(name, { ...number, collection: made.collection });
    }
    answerCharge(name, at);
  }

  function answerCharge(name: string, at: Instant): void {
    const number = get(name);
    const { charge } = number.collection;
    if (charge === null || charge.stage === 'planned') throw new Error('no charge was made');
    const outcome = state.gateway;
    if (outcome.kind === 'succeeded') receive(charge.money.amountMicros, name);
    apply(name, decideCharged(number, outcome, { at, funds: fundsAt(at) }));
  }

  function receive(amountMicros: bigint, except: string | null): void {
    state.walletMicros += amountMicros;
    for (const [name, number] of numbers) {
      const woken = name === except ? null : noteMoneyArrived(number, state.now);
      if (woken !== null) numbers.set(name, woken);
    }
  }

  function perform(name: string, action: DueAction<PhoneNumberActionKind>): void {
    const number = get(name);
    const { at } = action;
    const { kind } = action;
    if (kind === 'order_number' || kind === 'check_number') {
      apply(name, decideOrdered(number, state.order, at));
    } else if (kind === 'return_number') {
      apply(name, decideReleased(number, state.release, at));
    } else if (kind === 'collect_payment' || kind === 'check_payment') {
      collect(name, number, at);
    } else {
      apply(name, decideDue(number, action, fundsAt(at)));
    }
  }

  function findDue(to: Instant): Map<string, DueAction<PhoneNumberActionKind>> {
    const due = new Map<string, DueAction<PhoneNumberActionKind>>();
    let first = to;
    for (const [name, number] of numbers) {
      const next = decideNextAction(number);
      if (!isDueAction(next) || isBefore(first, next.at)) continue;
      if (isBefore(next.at, first)) due.clear();
      first = next.at;
      due.set(name, next);
    }
    return due;
  }

  /** Does all that is due at or before an instant. */
  function settle(to: Instant): void {
    for (let steps = 0; steps < 5_000; steps += 1) {
      const due = findDue(to);
      if (due.size === 0) return;
      const name = turn([...due.keys()]);
      const action = due.get(name);
      if (action === undefined) throw new Error(`${name} has nothing to do`);
      if (isBefore(state.now, action.at)) state.now = action.at;
      const before = numbers.get(name);
      perform(name, action);
      if (before === numbers.get(name)) throw new Error(`no progress: ${name} ${action.kind}`);
    }
    throw new Error('it never ends');
  }

  function get(name: string): PhoneNumber {
    const number = numbers.get(name);
    if (number === undefined) throw new Error(`no number ${name}`);
    return number;
  }

  return {
    state,
    /** Of every month that was charged: its reference, and when. */
    sold,
    /** Event types, like "a renewed". */
    told,
    settled,
    get,
    names: () => [...numbers.keys()],
    addNumber(name: string, rupees: number): void {
      const terms = {
        id: name,
        accountId: 'acct_1',
        orderId: 'ord_1',
        orderItemId: `item_${name}`,
        number: `+9180000000${numbers.size.toString().padStart(2, '0')}`,
        country: 'IN',
        capabilities: ['sms', 'voice'],
        carrier: 'sandbox',
        rent: inr(rupees),
        timeZone: 'Asia/Kolkata',
        grace: { ...DEFAULT_GRACE_POLICY, ...grace },
        at: state.now,
      } as const;
      apply(name, openNumber(terms));
      settle(state.now);
    },
    /** Lets time pass up to a day at 10:00 UTC, or to an instant. */
    to(when: string): void {
      const instant = when.length === 10 ? `${when}T10:00:00.000Z` : when;
      settle(instant);
      if (isBefore(state.now, instant)) state.now = instant;
    },
    topUp(rupees: number): void {
      receive(inr(rupees).amountMicros, null);
      settle(state.now);
    },
    /** Tells a number something; answers the refusal's code, or null. */
    tell(name: string, command: NumberCommand): PhoneNumberRefusal['code'] | null {
      const moment = { now: state.now, funds: fundsAt(state.now) };
      const decided = decideCommand(get(name), command, moment);
      if (decided.kind === 'refused') return decided.code;
      apply(name, decided);
      settle(state.now);
      return null;
    },
    /** The gateway sends news of the charge that is under way. */
    answerCharge(name: string): void {
      answerCharge(name, state.now);
      settle(state.now);
    },
    /** Nobody could be reached about a charge. */
    noteUnanswered(name: string): void {
      apply(name, decideUnanswered(get(name), { at: state.now, funds: fundsAt(state.now) }));
    },
    /** "on_hold, begin_release 2027-03-07" */
    show(name: string): string {
      const number = get(name);
      const next = decideNextAction(number);
      const action = isDueAction(next) ? `${next.kind} ${next.at.slice(0, 10)}` : next.kind;
      return `${number.status}, ${action}`;
    },
    wallet: (): string => formatAmount({ amountMicros: state.walletMicros, currency: 'INR' }),
  };
}
