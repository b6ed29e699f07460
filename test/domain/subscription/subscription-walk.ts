/**
 * Walks a subscription through time without servers: one subscription, one wallet, no IO. It performs
 * what is due as the workflow and the activities do, and writes down what happened, one line a step:
 * `2026-02-28T07:00:00.000Z renew 999.00 month 1 active`.
 */
import { DEFAULT_DUNNING_POLICY, type DunningPolicy } from '../../../domain/dunning';
import { isAtOrBefore, type Instant } from '../../../domain/instant';
import { formatAmount, parseAmount, type Money } from '../../../domain/money';
import { isDueAction, type NextAction } from '../../../domain/next-action';
import {
  decideCancel,
  decideResume,
  decideStart,
  noteMoneyArrived,
  type CancelRequest,
  type StartTerms,
} from '../../../domain/subscription/decide-command';
import { decideDue } from '../../../domain/subscription/decide-due';
import {
  decideNextAction,
  type SubscriptionActionKind,
} from '../../../domain/subscription/decide-next';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Subscription } from '../../../domain/subscription/subscription';
import { walletFunds, type Funds } from '../../../domain/subscription/funds';
import type { SubscriptionRefusal } from '../../../domain/subscription/refusal';

/** The retry schedule most tests walk: retries after 1, 3, 5 and 7 days, the end 30 days after suspension. */
export const RETRY_SCHEDULE: DunningPolicy = {
  ...DEFAULT_DUNNING_POLICY,
  retryAfterDays: [1, 3, 5, 7],
  final: 'end',
  endsAfterDays: 30,
};

/** Growth, 999.00 INR a month, for an account in Istanbul (UTC+3 all year). */
export function growth(changes: Partial<StartTerms> = {}): StartTerms {
  return {
    id: 'sub_00000001',
    accountId: 'acct_00000001',
    servesAccountId: 'acct_00000001',
    track: 'plan',
    planCode: 'growth',
    planName: 'Growth',
    planVersion: 1,
    cycle: 'monthly',
    price: inr('999.00'),
    timeZone: 'Europe/Istanbul',
    bearsTax: true,
    dunning: RETRY_SCHEDULE,
    ...changes,
  };
}

export function inr(amount: string): Money {
  return { amountMicros: parseAmount(amount), currency: 'INR' };
}

/** One thing that happened. */
export interface WalkStep {
  readonly at: Instant;
  /** The action or command that did it. */
  readonly did: string;
  readonly decision: SubscriptionDecision;
  readonly availableMicros: bigint;
  readonly before: Subscription | null;
}

export interface Walk {
  readonly steps: readonly WalkStep[];
  subscription(): Subscription;
  next(): NextAction<SubscriptionActionKind>;
  /** What is left in the wallet, "120.00". */
  wallet(): string;
  /** Performs everything due up to and with the instant, as a worker does that was awake or slept. */
  advanceTo(at: Instant): Walk;
  /** A top-up at the instant, after everything due by then. */
  topUp(amount: string, at: Instant): Walk;
  /** A top-up of that business time, recorded while the subscription's own worker sleeps. */
  topUpUnseen(amount: string, at: Instant): Walk;
  /** Money leaves or enters the wallet and nobody tells the subscription. */
  changeWallet(amount: string): Walk;
  cancel(request: CancelRequest, at: Instant): SubscriptionRefusal | null;
  resume(at: Instant): SubscriptionRefusal | null;
  /** What happened, one line a step, and forgets it. */
  story(): string[];
}

/** More steps than any story of a few years needs: beyond it, time stands still. */
const STEPS_MAX = 500;

/** Starts a subscription with money in the wallet. Throws when the start is refused. */
export function startWalk(terms: StartTerms, now: Instant, wallet: string): Walk {
  let walletMicros = parseAmount(wallet);
  let subscription: Subscription | null = null;
  const steps: WalkStep[] = [];
  let told = 0;
  const funds = (): Funds => fundsOf(walletMicros);

  const take = (did: string, decided: SubscriptionDecision | SubscriptionRefusal) => {
    if (decided.kind === 'refused') return decided;
    steps.push({
      at: decided.at,
      did,
      decision: decided,
      availableMicros: walletMicros,
      before: subscription,
    });
    walletMicros -= decided.sale?.total.amountMicros ?? 0n;
    ({ subscription } = decided);
    return null;
  };
  const current = (): Subscription => {
    if (subscription === null) throw new Error('the start was refused');
    return subscription;
  };
  const next = (): NextAction<SubscriptionActionKind> => decideNextAction(current());
  const topUpUnseen = (amount: string, at: Instant): void => {
    walletMicros += parseAmount(amount);
    subscription = noteMoneyArrived(current(), at) ?? current();
  };
  const advanceTo = (at: Instant): void => {
    for (let count = 0; ; count += 1) {
      const action = next();
      if (!isDueAction(action) || !isAtOrBefore(action.at, at)) return;
      if (count === STEPS_MAX) throw new Error(`no end of ${action.kind} at ${action.at}`);
      take(action.kind, decideDue(current(), action, funds()));
    }
  };

  take('start', decideStart(terms, { now, funds: funds() }));
  current();
  const walk: Walk = {
    steps,
    subscription: current,
    next,
    wallet: () => formatAmount({ ...terms.price, amountMicros: walletMicros }),
    advanceTo(at) {
      advanceTo(at);
      return walk;
    },
    topUp(amount, at) {
      advanceTo(at);
      topUpUnseen(amount, at);
      advanceTo(at);
      return walk;
    },
    topUpUnseen(amount, at) {
      topUpUnseen(amount, at);
      return walk;
    },
    changeWallet(amount) {
      walletMicros += parseAmount(amount);
      return walk;
    },
    cancel(request, at) {
      advanceTo(at);
      return take('cancel', decideCancel(current(), request, { now: at, funds: funds() }));
    },
    resume(at) {
      advanceTo(at);
      return take('resume', decideResume(current(), { now: at, funds: funds() }));
    },
    story() {
      const lines = steps.slice(told).map(tell);
      told = steps.length;
      return lines;
    },
  };
  return walk;
}

/** The period a decision pays for, counted from the anchor; null when it pays none. */
export function paidPeriodOf(decision: SubscriptionDecision): number | null {
  return chargedBy(decision) === null ? null : decision.subscription.period.number;
}

/** What a decision charges, in micros; null: nothing is sold, or something is given back. */
export function chargedBy({ sale }: SubscriptionDecision): bigint | null {
  const amountMicros = sale?.total.amountMicros ?? null;
  return amountMicros === null || amountMicros < 0n ? null : amountMicros;
}

/** An untaxed wallet. */
export function fundsOf(availableMicros: bigint): Funds {
  return walletFunds(availableMicros);
}

function tell({ at, did, decision }: WalkStep): string {
  const { sale, grantsMonth, subscription } = decision;
  const parts = [at, did];
  if (sale !== null) parts.push(formatAmount(sale.total));
  if (grantsMonth !== null) parts.push(`month ${grantsMonth + 1}`);
  return [...parts, subscription.status].join(' ');
}
