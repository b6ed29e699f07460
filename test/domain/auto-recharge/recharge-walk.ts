/**
 * An auto-recharge in memory: a balance, a saved method that answers as it is told, and a clock that stops at
 * everything that is due. No database and no gateway: only the decisions.
 * Example: `const walk = openWalk(); walk.spend(600); walk.to('2027-03-01T00:00:00.000Z');`
 */
import {
  decideNextAction,
  type AutoRecharge,
  type AutoRechargeDecision,
} from '../../../domain/auto-recharge/auto-recharge';
import {
  decideCharge,
  decideCharged,
  noteAsked,
  noteCrossing,
  type RechargeFunds,
} from '../../../domain/auto-recharge/collect';
import {
  decideSet,
  turnOff,
  type AskedRecharge,
} from '../../../domain/auto-recharge/decide-command';
import type { ChargeOutcome } from '../../../domain/collection/charge-attempt';
import type { SavedMethod } from '../../../domain/collection/collection';
import { isAtOrBefore, laterOf, type Instant } from '../../../domain/instant';
import { formatAmount, type Money } from '../../../domain/money';
import { isDueAction } from '../../../domain/next-action';
import type { TopUpTerms } from '../../../domain/payment/top-up-terms';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';

export const STARTED = '2027-01-10T10:00:00.000Z';
export const IGST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
};

export function inr(rupees: number): Money {
  return { amountMicros: BigInt(Math.round(rupees * 100)) * 10_000n, currency: 'INR' };
}

export const CARD: SavedMethod = {
  id: 'pm_1',
  gateway: 'sandbox',
  kind: 'card',
  noticeHours: 0,
  min: inr(1),
  ceiling: null,
  max: inr(100_000),
};

export const PAID: ChargeOutcome = { kind: 'succeeded' };
export const PENDING: ChargeOutcome = { kind: 'pending' };

export function declined(
  declineCode: string,
  declineClass: 'hard' | 'needs_customer' | 'soft' | 'technical',
): ChargeOutcome {
  return { kind: 'declined', declineCode, declineClass };
}

/** Threshold 500.00 INR, 1 000.00 at a time, at most 5 000.00 a month. */
export const LIMITS = { threshold: inr(500), amount: inr(1_000), monthlyCap: inr(5_000) };

interface Charge {
  readonly key: string;
  readonly at: Instant;
  readonly total: string;
}

interface State {
  now: Instant;
  balanceMicros: bigint;
  method: SavedMethod | null;
  readonly taxation: Taxation;
  /** What the gateway answers next. */
  gateway: ChargeOutcome;
  /** Every charge that was asked for. */
  readonly asked: Charge[];
  /** Those that were paid. */
  readonly paid: { readonly at: Instant; readonly terms: TopUpTerms }[];
  readonly events: string[];
  underWay: TopUpTerms | null;
}

interface WalkOptions {
  /** Whole rupees. */
  readonly balance?: number;
  readonly limits?: AskedRecharge['limits'];
  readonly taxation?: Taxation;
  readonly method?: SavedMethod | null;
  readonly startsAt?: Instant;
}

export function openWalk(options: WalkOptions = {}) {
  const { balance = 600, limits = LIMITS, taxation = UNTAXED, startsAt = STARTED } = options;
  const { method = CARD } = options;
  const state: State = {
    now: startsAt,
    balanceMicros: inr(balance).amountMicros,
    method,
    taxation,
    gateway: PAID,
    asked: [],
    paid: [],
    events: [],
    underWay: null,
  };
  let recharge: AutoRecharge | null = null;
  let steps = 0;

  const funds = (): RechargeFunds => ({
    balanceMicros: state.balanceMicros,
    savedMethod: state.method,
    topUpTaxation: state.taxation,
  });
  const row = (): AutoRecharge => {
    if (recharge === null) throw new Error('it was never set');
    return recharge;
  };

  function apply(decision: AutoRechargeDecision): void {
    recharge = decision.recharge;
    state.events.push(...decision.events.map(({ type }) => type.replace('auto_recharge.', '')));
  }

  function settle(outcome: ChargeOutcome): void {
    const terms = state.underWay;
    if (terms === null) throw new Error('nothing is under way');
    if (outcome.kind === 'succeeded') {
      state.paid.push({ at: row().collection.charge?.chargesAt ?? state.now, terms });
      state.balanceMicros += terms.sale.subtotal.amountMicros;
    }
    if (outcome.kind === 'succeeded' || outcome.kind === 'declined') state.underWay = null;
    apply(decideCharged(row(), outcome, { at: state.now, funds: funds() }));
  }

  function perform(): void {
    const { charge } = row().collection;
    if (charge !== null && charge.stage !== 'planned') return settle(state.gateway);
    const decided = decideCharge(row(), { at: state.now, funds: funds() });
    if (decided.kind === 'decided') return apply(decided);
    const { key, money } = decided.charge;
    state.asked.push({ key, at: state.now, total: formatAmount(money) });
    recharge = noteAsked(row(), decided.collection);
    state.underWay = decided.terms;
    settle(state.gateway);
  }

  /** Does everything that is due up to the instant. */
  function to(at: Instant): void {
    for (;;) {
      const next = decideNextAction(row());
      if (!isDueAction(next) || !isAtOrBefore(next.at, at)) break;
      steps += 1;
      if (steps > 10_000) throw new Error(`a loop at ${next.at}`);
      state.now = laterOf(next.at, state.now);
      perform();
    }
    state.now = laterOf(at, state.now);
  }

  return {
    state,
    row,
    to,
    settle,
    set(asked: Partial<AskedRecharge> = {}): string {
      const wanted = { isEnabled: true, limits, paymentMethodId: null, ...asked };
      const decision = decideSet(recharge, wanted, {
        id: 'acct_1',
        timeZone: 'Asia/Kolkata',
        at: state.now,
        funds: funds(),
      });
      if (decision.kind === 'refused') return `${decision.code} ${decision.details['field']}`;
      apply(decision);
      to(state.now);
      return row().status;
    },
    turnOff(): void {
      apply(turnOff(row(), state.now));
    },
    /** Usage, rent, a hold: whoever takes money notes the crossing. */
    spend(rupees: number): void {
      state.balanceMicros -= inr(rupees).amountMicros;
      const isBelow = state.balanceMicros < row().limits.threshold.amountMicros;
      if (isBelow) recharge = noteCrossing(row(), state.now) ?? recharge;
      to(state.now);
    },
    topUp(rupees: number): void {
      state.balanceMicros += inr(rupees).amountMicros;
    },
    charges: (): string[] => state.asked.map(({ total }) => total),
    balance: (): string => formatAmount({ amountMicros: state.balanceMicros, currency: 'INR' }),
    next(): string {
      const next = decideNextAction(row());
      return isDueAction(next) ? `${next.kind} ${next.at}` : next.kind;
    },
  };
}

export type Walk = ReturnType<typeof openWalk>;
