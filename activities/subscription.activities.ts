import { findAccount, type Account } from '../db/repositories/account.repository';
import { findCommandNote } from '../db/repositories/command-note.repository';
import { insertEvents } from '../db/repositories/event.repository';
import { applyLedgerPlan, lockLedgers } from '../db/repositories/ledger.repository';
import { findAnswer, insertOperation } from '../db/repositories/operation.repository';
import { findAgreement, findPlan, findPlanVersion } from '../db/repositories/plan.repository';
import {
  findOpenSubscription,
  insertSubscription,
  lockSubscription,
  updateSubscription,
  type SubscriptionRecord,
} from '../db/repositories/subscription.repository';
import { holdTestClock } from '../db/repositories/test-clock.repository';
import { SYSTEM } from '../db/tenant';
import { withTransaction, type Transaction } from '../db/transaction';
import type { BillingErrorCode } from '../domain/billing-error';
import { parseCurrency } from '../domain/currency';
import { isBefore, type Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { availableMoney } from '../domain/ledger/charge';
import { formatAmount } from '../domain/money';
import { isStillNext, type DueAction } from '../domain/next-action';
import { applyAgreement, findPrice, trackOf, type Allowances } from '../domain/plan';
import {
  decideCancel,
  decideResume,
  decideStart,
  type StartTerms,
} from '../domain/subscription/decide-command';
import { decideDue } from '../domain/subscription/decide-due';
import { postDecision } from '../domain/subscription/post-to-ledger';
import {
  decideNextAction,
  type Subscription,
  type SubscriptionActionKind,
  type SubscriptionDecision,
  type SubscriptionRefusal,
} from '../domain/subscription/subscription';
import type { CommandAnswer } from '../workflows/lifecycle.messages';
import {
  subscriptionWorkflowId,
  type SubscriptionCommand,
  type SubscriptionStep,
} from '../workflows/subscription.messages';
import type { ActivityDependencies } from './dependencies';
import { withApplicationFailures } from './to-application-failure';

export type SubscriptionActivities = ReturnType<typeof createSubscriptionActivities>;

interface Target {
  readonly id: string;
  readonly accountId: string;
  readonly operationKey: string;
}
interface PerformRequest extends Target {
  readonly action: DueAction<SubscriptionActionKind>;
}
interface AnswerRequest extends Target {
  readonly command: SubscriptionCommand;
  readonly now: Instant;
}
interface Answered {
  readonly step: SubscriptionStep;
  readonly answer: CommandAnswer;
}
/** What one transaction has locked and asked for. */
interface Unit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  readonly record: SubscriptionRecord | null;
  readonly request: Target;
  /** Stored with the operation: the same key must ask for the same. */
  readonly asked: unknown;
  readonly recordedAt: Instant;
}

/** The step of a start that was refused: no row, nothing will ever happen. */
const REFUSED: SubscriptionStep = {
  status: 'refused',
  revision: 0,
  next: { kind: 'end', reason: 'the start was refused; nothing was stored' },
};

/**
 * The subscription's activities. Each is load, decide (pure), apply, in one transaction that locks
 * the account's ledger first; the operation key makes it happen once.
 */
export function createSubscriptionActivities({ database, now: wallNow }: ActivityDependencies) {
  const inUnit = <T>(request: Target, asked: unknown, work: (unit: Unit) => Promise<T>) =>
    withTransaction(database, SYSTEM, async (trx) => {
      const ledgers = await lockLedgers(trx, [request.accountId]);
      const ledger = ledgers.get(request.accountId);
      invariant(ledger !== undefined, `account ${request.accountId} has no ledger`);
      const record = await lockSubscription(trx, request.id);
      return work({ trx, ledger, record, request, asked, recordedAt: wallNow() });
    });

  return withApplicationFailures({
    /** Carries out a due action. Answers the step after it; nothing happens when it is no longer due. */
    async performSubscriptionAction(request: PerformRequest): Promise<SubscriptionStep> {
      return inUnit(request, request.action, async (unit) => {
        const { record, trx } = unit;
        invariant(record !== null, `subscription ${request.id} has no row`);
        const stored = await findAnswer(trx, { key: request.operationKey, command: unit.asked });
        const next = decideNextAction(record.subscription);
        const { action } = request;
        if (stored !== null || !isStillNext(next, action)) return stepOf(record);
        const available = availableMoney(unit.ledger, action.at);
        const decision = decideDue(record.subscription, action, available);
        return stepOf(await apply(unit, decision, { kind: 'done' }));
      });
    },

    /** Answers a command. A refusal changes nothing but is remembered under its key. */
    async answerSubscriptionCommand(request: AnswerRequest): Promise<Answered> {
      return inUnit(request, request.command, async (unit) => {
        const stored = await findAnswer<CommandAnswer>(unit.trx, {
          key: request.operationKey,
          command: unit.asked,
        });
        if (stored !== null) return { step: stepOf(unit.record), answer: stored.answer };
        if (request.command.kind === 'money_arrived') {
          // The arrival is in the row already; this message only made the workflow look.
          return { step: stepOf(unit.record), answer: { kind: 'done' } };
        }
        const decision = await decideCommand(unit, request.command, request.now);
        if (decision.kind === 'refused') return refuse(unit, decision, request.now);
        const record = await apply(unit, decision, { kind: 'done' });
        return { step: stepOf(record), answer: { kind: 'done' } };
      });
    },
  });
}

type Refusal =
  | SubscriptionRefusal
  | { readonly kind: 'refused'; readonly code: BillingErrorCode; readonly message: string };

async function decideCommand(
  unit: Unit,
  command: Exclude<SubscriptionCommand, { kind: 'money_arrived' }>,
  now: Instant,
): Promise<SubscriptionDecision | Refusal> {
  const availableMicros = availableMoney(unit.ledger, now);
  if (command.kind === 'start') {
    const terms = await findStartTerms(unit, command, now);
    return 'kind' in terms ? terms : decideStart(terms, { now, availableMicros });
  }
  const subscription = unit.record?.subscription;
  if (!subscription) {
    return { kind: 'refused', code: 'not_found', message: 'the subscription was never started' };
  }
  if (command.kind === 'resume') return decideResume(subscription, { now, availableMicros });
  const words = command.noteId === null ? null : await findCommandNote(unit.trx, command.noteId);
  return decideCancel(subscription, { at: command.at, reason: words ?? 'asked for' }, now);
}

async function findStartTerms(
  { trx, request, record }: Unit,
  { planCode, cycle }: Extract<SubscriptionCommand, { kind: 'start' }>,
  now: Instant,
): Promise<StartTerms | Refusal> {
  const account = await findAccount(trx, request.accountId);
  invariant(account !== null, `account ${request.accountId} has no row`);
  if (await isLate(trx, account, now)) {
    const message = 'the account’s test clock moved on meanwhile; ask again with a new key';
    return { kind: 'refused', code: 'invalid_state', message };
  }
  const plan = (await findPlan(trx, planCode))?.plan;
  if (!plan) return { kind: 'refused', code: 'unknown_plan', message: `no plan "${planCode}"` };
  const price = findPrice(plan, { cycle, currency: account.currency });
  if (price === null) {
    const message = `"${planCode}" has no ${cycle} price in ${account.currency}`;
    return { kind: 'refused', code: 'no_billing_cycle', message };
  }
  const track = trackOf(plan.kind);
  const open = await findOpenSubscription(trx, { accountId: account.id, track });
  if (open !== null || record !== null) {
    const message = `the account has a ${track} subscription already; change or cancel it`;
    return { kind: 'refused', code: 'already_exists', message };
  }
  return {
    id: request.id,
    accountId: account.id,
    track,
    planCode,
    planVersion: plan.version,
    cycle,
    price,
    timeZone: account.timeZone,
    dunning: plan.dunning,
  };
}

/**
 * Whether the account's test clock has left the instant a start was asked at: a start that waited for a
 * worker meanwhile would begin in the past, and the next advance would charge for periods gone by.
 */
async function isLate(trx: Transaction, { testClockId }: Account, now: Instant): Promise<boolean> {
  if (testClockId === null) return false;
  const clock = await holdTestClock(trx, testClockId);
  invariant(clock !== null, `test clock ${testClockId} has no row`);
  return clock.status === 'advancing' || isBefore(now, clock.now);
}

/** Writes all that a decision says: ledger, row, operation and events, in the unit's transaction. */
async function apply(
  unit: Unit,
  decision: SubscriptionDecision,
  answer: CommandAnswer,
): Promise<SubscriptionRecord> {
  const { trx, ledger, request, recordedAt } = unit;
  const { subscription, at } = decision;
  const plan = createLedgerPlan([ledger], {
    reference: request.operationKey,
    postedAt: recordedAt,
  });
  postDecision({ plan, ledger }, decision, await findAllowances(trx, subscription));
  await applyLedgerPlan(trx, plan);
  const record =
    unit.record === null
      ? await insertSubscription(trx, subscription, {
          workflowId: subscriptionWorkflowId(subscription.id),
          at,
        })
      : await updateSubscription(trx, unit.record, { subscription, at });
  await insertOperation(trx, {
    key: request.operationKey,
    accountId: request.accountId,
    command: unit.asked,
    answer,
    effectiveAt: at,
    recordedAt,
  });
  await insertEvents(trx, toEvents(decision), recordedAt);
  return record;
}

/** What a month of this subscription grants: its plan's figures, or what was agreed with the account. */
async function findAllowances(trx: Transaction, subscription: Subscription): Promise<Allowances> {
  const { accountId, planCode, planVersion } = subscription;
  const plan = await findPlanVersion(trx, { code: planCode, version: planVersion });
  invariant(plan !== null, `plan ${planCode} has no version ${planVersion}`);
  return applyAgreement(plan, await findAgreement(trx, { accountId, planCode })).allowances;
}

function toEvents({ subscription, at, events, charge }: SubscriptionDecision) {
  const { price } = subscription;
  return events.map(({ type, reason }) => ({
    accountId: subscription.accountId,
    type,
    subjectId: subscription.id,
    reason,
    data: {
      status: subscription.status,
      plan_code: subscription.planCode,
      price: formatAmount(price),
      currency: price.currency,
      charged: charge === null ? null : formatAmount(price),
    },
    occurredAt: at,
  }));
}

async function refuse(unit: Unit, refusal: Refusal, now: Instant): Promise<Answered> {
  const answer: CommandAnswer = {
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
  { ledger }: Unit,
  refusal: Refusal,
  now: Instant,
): Record<string, string> {
  if (!('requiredMicros' in refusal) || refusal.requiredMicros === undefined) return {};
  const currency = parseCurrency(ledger.currency);
  const available = availableMoney(ledger, now);
  const format = (amountMicros: bigint): string => formatAmount({ amountMicros, currency });
  return {
    required: format(refusal.requiredMicros),
    available: format(available),
    missing: format(refusal.requiredMicros - available),
    currency,
  };
}

function stepOf(record: SubscriptionRecord | null): SubscriptionStep {
  if (record === null) return REFUSED;
  const { subscription, revision } = record;
  return { status: subscription.status, revision, next: decideNextAction(subscription) };
}
