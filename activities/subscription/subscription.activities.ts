import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import { parseCurrency } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { availableMoney } from '../../domain/ledger/charge';
import { describeShortfall } from '../../domain/ledger/shortfall';
import { isStillNext, type DueAction } from '../../domain/next-action';
import { decideDue } from '../../domain/subscription/decide-due';
import { listChangeLines } from '../../domain/subscription/sale';
import {
  decideNextAction,
  type SubscriptionActionKind,
} from '../../domain/subscription/decide-next';
import type {
  ChangeAnswer,
  SubscriptionCommand,
  SubscriptionStep,
} from '../../workflows/subscription.messages';
import { applySubscriptionDecision } from './apply-subscription-decision';
import { decideSubscriptionCommand, type CommandRefusal } from './decide-subscription-command';
import type { ActivityDependencies } from '../dependencies';
import {
  findFunds,
  inSubscriptionUnit,
  stepOf,
  type SubscriptionTarget,
  type SubscriptionUnit,
} from './subscription-unit';
import { withApplicationFailures } from '../to-application-failure';

export type SubscriptionActivities = ReturnType<typeof createSubscriptionActivities>;

interface PerformRequest extends SubscriptionTarget {
  readonly action: DueAction<SubscriptionActionKind>;
}
interface AnswerRequest extends SubscriptionTarget {
  readonly command: SubscriptionCommand;
  readonly now: Instant;
}
interface Answered {
  readonly step: SubscriptionStep;
  readonly answer: ChangeAnswer;
}

/**
 * The subscription's activities. Each is load, decide (pure), apply, in one transaction that locks
 * the account's ledger first; the operation key makes it happen once.
 */
export function createSubscriptionActivities(dependencies: ActivityDependencies) {
  return withApplicationFailures({
    /** Carries out a due action. Answers the step after it; nothing happens when it is no longer due. */
    async performSubscriptionAction(request: PerformRequest): Promise<SubscriptionStep> {
      return inSubscriptionUnit(dependencies, { request, asked: request.action }, async (unit) => {
        const { record, trx } = unit;
        invariant(record !== null, `subscription ${request.id} has no row`);
        const stored = await findAnswer(trx, { key: request.operationKey, command: unit.asked });
        const next = decideNextAction(record.subscription);
        const { action } = request;
        if (stored !== null || !isStillNext(next, action)) return stepOf(record);
        const funds = await findFunds(unit, action.at);
        const decision = decideDue(record.subscription, action, funds);
        const { taxation } = funds;
        const done = { answer: { kind: 'done' }, taxation } as const;
        return stepOf(await applySubscriptionDecision(unit, decision, done));
      });
    },

    /** Answers a command. A refusal changes nothing but is remembered under its key. */
    async answerSubscriptionCommand(request: AnswerRequest): Promise<Answered> {
      return inSubscriptionUnit(dependencies, { request, asked: request.command }, async (unit) => {
        const stored = await findAnswer<ChangeAnswer>(unit.trx, {
          key: request.operationKey,
          command: unit.asked,
        });
        if (stored !== null) return { step: stepOf(unit.record), answer: stored.answer };
        const { command, now } = request;
        if (command.kind === 'money_arrived' || command.kind === 'payment_reported') {
          // The arrival is in the row already; this message only made the workflow look. And what a
          // gateway reports is asked of it, by an activity of its own.
          return { step: stepOf(unit.record), answer: { kind: 'done' } };
        }
        const funds = await findFunds(unit, now);
        const decision = await decideSubscriptionCommand(unit, command, { now, funds });
        if (decision.kind === 'refused') return refuse(unit, decision, now);
        const lines = listChangeLines(decision.sale);
        const answer: ChangeAnswer =
          command.kind === 'change' ? { kind: 'done', lines } : { kind: 'done' };
        const { taxation } = funds;
        const record = await applySubscriptionDecision(unit, decision, { answer, taxation });
        return { step: stepOf(record), answer };
      });
    },
  });
}

async function refuse(
  unit: SubscriptionUnit,
  refusal: CommandRefusal,
  now: Instant,
): Promise<Answered> {
  const answer: ChangeAnswer = {
    kind: 'refused',
    code: refusal.code,
    message: refusal.message,
    details: toRefusalDetails(unit, refusal, now),
  };
  await insertOperation(unit.trx, {
    key: unit.request.operationKey,
    accountId: unit.request.accountId,
    command: unit.asked,
    answer,
    effectiveAt: now,
    recordedAt: unit.recordedAt,
  });
  return { step: stepOf(unit.record), answer };
}

function toRefusalDetails(
  { ledger }: SubscriptionUnit,
  refusal: CommandRefusal,
  now: Instant,
): Record<string, string> {
  if ('excess' in refusal && refusal.excess !== undefined) {
    const { name, limit, used } = refusal.excess;
    return { feature: name, limit: String(limit), used: String(used) };
  }
  if (!('requiredMicros' in refusal) || refusal.requiredMicros === undefined) return {};
  const currency = parseCurrency(ledger.currency);
  const required = { amountMicros: refusal.requiredMicros, currency };
  return describeShortfall(required, availableMoney(ledger, now));
}
