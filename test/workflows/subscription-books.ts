/**
 * Stands in for the database behind subscriptions: rows and wallets in memory, changed by the real
 * decisions of domain/, each under its operation key once. What it writes down as deeds is what the
 * real activities would have committed.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { SubscriptionActivities } from '../../activities/subscription/subscription.activities';
import { BillingError } from '../../domain/billing-error';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import type { Instant } from '../../domain/instant';
import { workflowIdOf } from '../../domain/lifecycle';
import { parseAmount } from '../../domain/money';
import type { PlanTerms } from '../../domain/plan';
import {
  decideCancel,
  decideResume,
  decideStart,
  noteMoneyArrived,
  type StartTerms,
} from '../../domain/subscription/decide-command';
import { decideChange } from '../../domain/subscription/decide-change';
import { decideDue } from '../../domain/subscription/decide-due';
import { decidePause } from '../../domain/subscription/decide-pause';
import { decideSchedule, decideUnschedule } from '../../domain/subscription/decide-schedule';
import type { Funds } from '../../domain/subscription/funds';
import { decideNextAction } from '../../domain/subscription/decide-next';
import type { SubscriptionDecision } from '../../domain/subscription/decision';
import type { Subscription } from '../../domain/subscription/subscription';
import type { SubscriptionRefusal } from '../../domain/subscription/refusal';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { type SubscriptionStep } from '../../workflows/subscription.messages';
import { fundsOf, growth, inr, RETRY_SCHEDULE } from '../domain/subscription/subscription-walk';
import { createGate, type Gate } from './gate';

type PerformRequest = Parameters<SubscriptionActivities['performSubscriptionAction']>[0];
type AnswerRequest = Parameters<SubscriptionActivities['answerSubscriptionCommand']>[0];

interface Row {
  readonly subscription: Subscription;
  readonly revision: number;
}

export interface SubscriptionBooks {
  readonly activities: SubscriptionActivities;
  /** What was done, in its order: "03-10 start active". Repeats of an operation do nothing. */
  readonly deeds: string[];
  /** The operation key of every call, repeats too. */
  readonly keys: string[];
  /** The most activities that ran at the same time. */
  atOnceMax(): number;
  wallet(): bigint;
  /** Money comes in as an order's activity brings it. Answers the workflows that wait for it. */
  topUp(amount: string, at: Instant): string[];
  stepOf(id: string): SubscriptionStep;
  /** Stops the next call after it has committed, until it is opened. */
  holdAfterCommit(): Gate;
  /** Stops the next call before it looks at the row, until it is opened. */
  holdBeforeCommit(): Gate;
  /** Stops the next try inside a workflow's task before it looks at the row, until it is opened. */
  holdInTask(): Gate;
  /** The next calls that perform an action fail as a broken invariant does: not worth retrying. */
  breakPerforming(message: string): void;
  repair(): void;
}

/** Opens books with money in the one wallet; `terms` are what every subscription starts with. */
export function createSubscriptionBooks(
  wallet: string,
  terms: Partial<StartTerms> = {},
): SubscriptionBooks {
  const rows = new Map<string, Row>();
  const operations = new Map<string, CommandAnswer>();
  const deeds: string[] = [];
  const keys: string[] = [];
  const gates: { before: Gate | null; after: Gate | null } = { before: null, after: null };
  let walletMicros = parseAmount(wallet);
  let breakage: string | null = null;
  let running = 0;
  let atOnceMax = 0;

  const stepOf = (id: string): SubscriptionStep => {
    const row = rows.get(id);
    if (!row) return { status: 'refused', revision: 0, next: { kind: 'end', reason: 'refused' } };
    const { subscription, revision } = row;
    const { status, planCode } = subscription;
    return {
      status,
      revision,
      next: decideNextAction(subscription),
      attributes: { PlanCode: planCode },
    };
  };

  function write(subscription: Subscription): void {
    const revision = (rows.get(subscription.id)?.revision ?? 0) + 1;
    rows.set(subscription.id, { subscription, revision });
  }

  function apply(did: string, decision: SubscriptionDecision): void {
    walletMicros -= decision.sale?.total.amountMicros ?? 0n;
    write(decision.subscription);
    deeds.push(`${decision.at.slice(5, 10)} ${did} ${decision.subscription.status}`);
  }

  function decide({ id, command, now }: AnswerRequest): SubscriptionDecision | SubscriptionRefusal {
    const row = rows.get(id);
    const money = { now, funds: fundsOf(walletMicros) };
    if (command.kind === 'start') return decideStart(growth({ ...terms, id }), money);
    if (!row) throw new BillingError('not_found', 'the subscription was never started');
    return decideAsked(row.subscription, command, money);
  }

  async function once<T>(key: string, work: () => T): Promise<T> {
    running += 1;
    atOnceMax = Math.max(atOnceMax, running);
    try {
      await take('before');
      keys.push(key);
      const result = work();
      await take('after');
      return result;
    } finally {
      running -= 1;
    }
  }

  async function take(moment: 'before' | 'after'): Promise<void> {
    const gate = gates[moment];
    gates[moment] = null;
    await gate?.pass();
  }

  function hold(moment: 'before' | 'after', { inTask = false } = {}): Gate {
    const gate = createGate({ inTask });
    gates[moment] = gate;
    return gate;
  }

  function perform({ id, action, operationKey }: PerformRequest): SubscriptionStep {
    if (breakage !== null) throw ApplicationFailure.nonRetryable(breakage, 'invariant_violated');
    const row = rows.get(id);
    if (!row) throw new Error(`no row of ${id}`);
    const next = decideNextAction(row.subscription);
    const isStillNext = 'at' in next && next.kind === action.kind && next.at === action.at;
    if (operations.has(operationKey) || !isStillNext) return stepOf(id);
    operations.set(operationKey, { kind: 'done' });
    apply(action.kind, decideDue(row.subscription, action, fundsOf(walletMicros)));
    return stepOf(id);
  }

  function answer(request: AnswerRequest): { step: SubscriptionStep; answer: CommandAnswer } {
    const { id, command, operationKey } = request;
    const stored = operations.get(operationKey);
    if (stored) return { step: stepOf(id), answer: stored };
    if (command.kind === 'money_arrived') return { step: stepOf(id), answer: { kind: 'done' } };
    const decision = decide(request);
    const given: CommandAnswer =
      decision.kind === 'decided'
        ? { kind: 'done' }
        : { kind: 'refused', code: decision.code, message: decision.message, details: {} };
    operations.set(operationKey, given);
    if (decision.kind === 'decided') apply(command.kind, decision);
    else deeds.push(`${request.now.slice(5, 10)} ${command.kind} refused: ${decision.code}`);
    return { step: stepOf(id), answer: given };
  }

  return {
    activities: {
      performSubscriptionAction: (request) => once(request.operationKey, () => perform(request)),
      answerSubscriptionCommand: (request) => once(request.operationKey, () => answer(request)),
    },
    deeds,
    keys,
    atOnceMax: () => atOnceMax,
    wallet: () => walletMicros,
    topUp(amount, at) {
      walletMicros += parseAmount(amount);
      const waiting = [...rows.values()].flatMap(
        ({ subscription }) => noteMoneyArrived(subscription, at) ?? [],
      );
      for (const subscription of waiting) write(subscription);
      return waiting.map(({ id }) => workflowIdOf('subscription', id));
    },
    stepOf,
    holdAfterCommit: () => hold('after'),
    holdBeforeCommit: () => hold('before'),
    holdInTask: () => hold('before', { inTask: true }),
    breakPerforming: (message) => void (breakage = message),
    repair: () => void (breakage = null),
  };
}

/** The one plan there is beside Growth. */
const ENTERPRISE: PlanTerms = {
  planCode: 'enterprise',
  planName: 'Enterprise',
  planVersion: 1,
  cycle: 'monthly',
  price: inr('4999.00'),
  bearsTax: true,
  dunning: RETRY_SCHEDULE,
  changePolicy: DEFAULT_CHANGE_POLICY,
};

function decideAsked(
  subscription: Subscription,
  command: AnswerRequest['command'],
  moment: { readonly now: Instant; readonly funds: Funds },
): SubscriptionDecision | SubscriptionRefusal {
  switch (command.kind) {
    case 'cancel':
      return decideCancel(subscription, { at: command.at, reason: 'asked for' }, moment);
    case 'resume':
      return decideResume(subscription, moment);
    case 'change': {
      const { isForced } = command;
      return decideChange(subscription, { target: ENTERPRISE, isForced }, moment);
    }
    case 'schedule': {
      const { effectiveAt } = command;
      return decideSchedule(subscription, { target: ENTERPRISE, effectiveAt }, moment.now);
    }
    case 'unschedule':
      return decideUnschedule(subscription, moment.now);
    case 'pause':
      return decidePause(subscription, command, moment);
    case 'start':
    case 'money_arrived':
    case 'payment_reported':
      throw new Error(`nobody asks these books for ${command.kind}`);
  }
}
