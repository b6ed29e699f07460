import { subscriptions } from '../../db/repositories/subscription.repository';
import type { Instant } from '../../domain/instant';
import type { DueAction } from '../../domain/next-action';
import { isPartnerPlanCode } from '../../domain/partner-plan/partner-plan';
import { decideDue } from '../../domain/subscription/decide-due';
import type { Funds } from '../../domain/subscription/funds';
import type { SubscriptionActionKind } from '../../domain/subscription/decide-next';
import { listChangeLines } from '../../domain/subscription/sale';
import type { Subscription } from '../../domain/subscription/subscription';
import { DONE } from '../../workflows/lifecycle.messages';
import type {
  ChangeAnswer,
  SubscriptionCommand,
  SubscriptionStep,
} from '../../workflows/subscription.messages';
import type { ActivityDependencies } from '../dependencies';
import {
  answerOnce,
  performOnce,
  stepAfter,
  toRefusedAnswer,
  type Answered,
  type Decided,
} from '../lifecycle/once';
import { withLocked, withLockedOrNew, type LifecycleTarget } from '../lifecycle/locked';
import { coverReminder } from '../payment/cover-reminder';
import { startShareOf } from '../revenue-share/start-share';
import { createWaking } from '../payment/wake-waiting';
import { withApplicationFailures } from '../to-application-failure';
import { applySubscriptionDecision } from './apply-subscription-decision';
import {
  decideSubscriptionCommand,
  type CommandRefusal,
  type DecidableCommand,
} from './decide-subscription-command';
import {
  findDueFunds,
  findFunds,
  withCreditable,
  type LockedSubscription,
} from './subscription-funds';
import { tellPoolLow, watchPool } from './tell-pool-low';

export type SubscriptionActivities = ReturnType<typeof createSubscriptionActivities>;

interface PerformRequest extends LifecycleTarget {
  readonly action: DueAction<SubscriptionActionKind>;
}
interface AnswerRequest extends LifecycleTarget {
  readonly command: SubscriptionCommand;
  readonly now: Instant;
}

/** The subscription's activities: load, decide (pure), apply, in one transaction each. */
export function createSubscriptionActivities(dependencies: ActivityDependencies) {
  const waking = createWaking(dependencies, 'subscription');

  function perform(request: PerformRequest): Promise<SubscriptionStep> {
    const { action } = request;
    return withLocked(dependencies, subscriptions, { request, asked: action }, (locked) =>
      performOnce(subscriptions, locked, action, async () => {
        const funds = await findActionFunds(locked, action);
        return applySubscriptionDecision(locked, decideDue(locked.record.state, action, funds));
      }),
    );
  }

  function answerCommand(
    request: AnswerRequest,
  ): Promise<Answered<SubscriptionActionKind, ChangeAnswer>> {
    const { command, now } = request;
    const asked = { request, asked: command };
    return withLockedOrNew(dependencies, subscriptions, asked, async (locked) => {
      if (command.kind === 'money_arrived' || command.kind === 'payment_reported') {
        // The arrival is in the row already; this message only made the workflow look. And what a
        // gateway reports is asked of it, by an activity of its own.
        return { step: stepAfter(subscriptions, locked.record), answer: DONE };
      }
      return answerOnce(subscriptions, locked, now, () => answer(locked, command, now));
    });
  }

  return withApplicationFailures({
    /** Carries out a due action. Answers the step after it; nothing happens when it is no longer due. */
    performSubscriptionAction: (request: PerformRequest) =>
      (mayCredit(request.action) ? waking(perform) : perform)(request),

    /** Answers a command. A refusal changes nothing but is remembered under its key. */
    async answerSubscriptionCommand(
      request: AnswerRequest,
    ): Promise<Answered<SubscriptionActionKind, ChangeAnswer>> {
      const { command } = request;
      const answered = await (mayCredit(command) ? waking(answerCommand) : answerCommand)(request);
      if (command.kind === 'start' && isPartnerPlanCode(command.planCode)) {
        await startShareOf(dependencies, request.accountId);
      }
      return answered;
    },
  });
}

/** A reminder looks ahead; the others count on what nobody else takes first. */
async function findActionFunds(
  locked: LockedSubscription,
  { kind, at }: DueAction<SubscriptionActionKind>,
): Promise<Funds> {
  if (kind === 'remind') return coverReminder(locked, at, await findFunds(locked, at));
  const found = await findDueFunds(locked, at);
  return kind === 'apply_scheduled_change' ? withCreditable(locked, at, found) : found;
}

/** What may credit unused days to the wallet. Nothing else asks who waits: a renewal stays cheap. */
function mayCredit({ kind }: { readonly kind: string }): boolean {
  return ['change', 'pause', 'cancel', 'apply_scheduled_change'].includes(kind);
}

async function answer(
  locked: LockedSubscription,
  command: DecidableCommand,
  now: Instant,
): Promise<Decided<Subscription, ChangeAnswer>> {
  const found = await findFunds(locked, now);
  const funds = mayCredit(command) ? await withCreditable(locked, now, found) : found;
  const decision = await decideSubscriptionCommand(locked, command, { now, funds });
  if (decision.kind === 'refused') {
    const given = 'details' in decision ? decision.details : {};
    const refusal = { ...decision, details: { ...given, ...describeExcess(decision) } };
    return { record: locked.record, answer: toRefusedAnswer(locked, refusal, now) };
  }
  const pool = 'planCode' in command ? await watchPool(locked) : null;
  const record = await applySubscriptionDecision(locked, decision);
  if (pool !== null) await tellPoolLow(locked, pool, now);
  const done: ChangeAnswer =
    command.kind === 'change' ? { ...DONE, lines: listChangeLines(decision.sale) } : DONE;
  return { record, answer: done };
}

function describeExcess(refusal: CommandRefusal): Record<string, string> {
  if (!('excess' in refusal) || refusal.excess === undefined) return {};
  const { name, limit, used } = refusal.excess;
  return { feature: name, limit: String(limit), used: String(used) };
}
