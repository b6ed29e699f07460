import { findCommandNote } from '../../db/repositories/command-note.repository';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import {
  findPhoneNumber,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { parseCurrency } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { availableMoney } from '../../domain/ledger/charge';
import { describeShortfall } from '../../domain/ledger/shortfall';
import { isStillNext, type DueAction } from '../../domain/next-action';
import {
  decideOrdered,
  decideReleased,
  type OrderAnswer,
  type ReleaseAnswer,
} from '../../domain/phone-number/carrier-answer';
import { decideCommand } from '../../domain/phone-number/decide-command';
import { decideDue } from '../../domain/phone-number/decide-due';
import {
  decideNextAction,
  type PhoneNumberActionKind,
} from '../../domain/phone-number/decide-next';
import type { PhoneNumberDecision, PhoneNumberRefusal } from '../../domain/phone-number/decision';
import type { PhoneNumber } from '../../domain/phone-number/phone-number';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { itemSettled, orderWorkflowId } from '../../workflows/order.messages';
import type {
  OperatorRequest,
  PhoneNumberCommand,
  PhoneNumberStep,
} from '../../workflows/phone-number.messages';
import { applyNumberDecision } from './apply-number-decision';
import { askForNumber, askForRelease } from './ask-carrier';
import type { OperatorAudit } from './build-number-events';
import type { ActivityDependencies } from '../dependencies';
import {
  findNumberFunds,
  findReminderFunds,
  inNumberUnit,
  stepOfNumber,
  type NumberTarget,
  type NumberUnit,
} from './phone-number-unit';
import { signalIfRunning } from '../signal-if-running';
import { withApplicationFailures } from '../to-application-failure';

export type PhoneNumberActivities = ReturnType<typeof createPhoneNumberActivities>;

export interface NumberRequest extends NumberTarget {
  readonly action: DueAction<PhoneNumberActionKind>;
}
interface AnswerRequest extends NumberTarget {
  readonly command: PhoneNumberCommand;
  readonly now: Instant;
}
interface Answered {
  readonly step: PhoneNumberStep;
  readonly answer: CommandAnswer;
}

/**
 * The phone number's activities. The carrier is asked outside of any transaction, always about the same
 * lease; what it said is then recorded in one. Everything else is load, decide (pure), apply, in one
 * transaction that locks the account's ledger first; the operation key makes it happen once.
 */
export function createPhoneNumberActivities(dependencies: ActivityDependencies) {
  const { numberCarrier } = dependencies;
  return withApplicationFailures({
    /** Carries out a due action. Answers the step after it; nothing happens when it is no longer due. */
    async performNumberAction(request: NumberRequest): Promise<PhoneNumberStep> {
      const { action } = request;
      return inNumberUnit(dependencies, { request, asked: action }, async (unit) => {
        if (!isDue(unit.record, action)) return stepOfNumber(unit.record);
        const findFunds = action.kind === 'remind' ? findReminderFunds : findNumberFunds;
        const funds = await findFunds(unit, action.at);
        const decision = decideDue(unit.record.phoneNumber, action, funds);
        const { taxation } = funds;
        return stepOfNumber(await applyNumberDecision(unit, decision, { taxation }));
      });
    },

    /** Orders the number at the carrier, or asks what became of the order, and tells the order of its item. */
    async orderAtCarrier(request: NumberRequest): Promise<PhoneNumberStep> {
      const phoneNumber = await readDue(dependencies, request);
      const answer = phoneNumber === null ? null : await askForNumber(numberCarrier, phoneNumber);
      const record = await recordOrdered(dependencies, request, answer);
      await tellOrder(dependencies, record);
      return stepOfNumber(record);
    },

    /**
     * Gives the number back, or asks whether it is given back. The row is looked at again immediately
     * before: only what is being released is released.
     */
    async returnToCarrier(request: NumberRequest): Promise<PhoneNumberStep> {
      const phoneNumber = await readDue(dependencies, request);
      const isReleasing = phoneNumber?.status === 'releasing';
      const answer = isReleasing ? await askForRelease(numberCarrier, phoneNumber) : null;
      return stepOfNumber(await recordReturned(dependencies, request, answer));
    },

    /** Records that the carrier gave no answer, so that it is asked again later about the same lease. */
    async noteNumberUnanswered(request: NumberRequest): Promise<PhoneNumberStep> {
      const unanswered = { kind: 'unanswered' } as const;
      if (request.action.kind === 'return_number') {
        return stepOfNumber(await recordReturned(dependencies, request, unanswered));
      }
      const record = await recordOrdered(dependencies, request, unanswered);
      await tellOrder(dependencies, record);
      return stepOfNumber(record);
    },

    /** Answers a command. A refusal changes nothing but is remembered under its key. */
    async answerNumberCommand(request: AnswerRequest): Promise<Answered> {
      const { command } = request;
      return inNumberUnit(dependencies, { request, asked: command }, (unit) =>
        answerCommand(unit, request),
      );
    },
  });
}

function isDue({ phoneNumber }: PhoneNumberRecord, action: NumberRequest['action']): boolean {
  return isStillNext(decideNextAction(phoneNumber), action);
}

/** The number as it is now; null when the action is not what happens next any more. */
async function readDue(
  { database }: ActivityDependencies,
  { id, action }: NumberRequest,
): Promise<PhoneNumber | null> {
  const record = await withTransaction(database, SYSTEM, (trx) => findPhoneNumber(trx, id));
  invariant(record !== null, `phone number ${id} has no row`);
  return isDue(record, action) ? record.phoneNumber : null;
}

function recordOrdered(
  dependencies: ActivityDependencies,
  request: NumberRequest,
  answer: OrderAnswer | null,
): Promise<PhoneNumberRecord> {
  return recordAnswer(dependencies, request, (phoneNumber, at) =>
    answer === null ? null : decideOrdered(phoneNumber, answer, at),
  );
}

function recordReturned(
  dependencies: ActivityDependencies,
  request: NumberRequest,
  answer: ReleaseAnswer | null,
): Promise<PhoneNumberRecord> {
  return recordAnswer(dependencies, request, (phoneNumber, at) =>
    answer === null ? null : decideReleased(phoneNumber, answer, at),
  );
}

/** Records what the carrier said, once: what is no longer due was recorded before its worker died. */
function recordAnswer(
  dependencies: ActivityDependencies,
  request: NumberRequest,
  decide: (phoneNumber: PhoneNumber, at: Instant) => PhoneNumberDecision | null,
): Promise<PhoneNumberRecord> {
  const { action } = request;
  return inNumberUnit(dependencies, { request, asked: action }, async (unit) => {
    if (!isDue(unit.record, action)) return unit.record;
    const decision = decide(unit.record.phoneNumber, action.at);
    // Nothing is sold here: the order has sold the first month.
    return decision === null
      ? unit.record
      : applyNumberDecision(unit, decision, { taxation: null });
  });
}

/** A hint to the order that waits for its item, also when this was recorded before. It looks by itself, too. */
async function tellOrder(
  { client }: ActivityDependencies,
  { phoneNumber }: PhoneNumberRecord,
): Promise<void> {
  const { status, orderId, orderItemId: itemId } = phoneNumber;
  if (status === 'pending') return;
  await signalIfRunning(client, orderWorkflowId(orderId), itemSettled, { itemId });
}

async function answerCommand(unit: NumberUnit, { command, now }: AnswerRequest): Promise<Answered> {
  const { trx, record, request } = unit;
  const key = request.operationKey;
  const stored = await findAnswer<CommandAnswer>(trx, { key, command: unit.asked });
  if (stored !== null) return { step: stepOfNumber(record), answer: stored.answer };
  if (command.kind === 'money_arrived' || command.kind === 'payment_reported') {
    // The arrival is in the row already; this message only made the workflow look. And what a gateway
    // reports is asked of it, by an activity of its own.
    return { step: stepOfNumber(record), answer: DONE };
  }
  const funds = await findNumberFunds(unit, now);
  const decision = decideCommand(record.phoneNumber, command, { now, funds });
  if (decision.kind === 'refused') return refuse(unit, decision, now);
  const audit = 'keyId' in command ? await findAudit(trx, command) : null;
  const { taxation } = funds;
  const audited = audit === null ? decision : tellAudited(decision);
  const changed = await applyNumberDecision(unit, audited, { taxation, audit });
  return { step: stepOfNumber(changed), answer: DONE };
}

const DONE: CommandAnswer = { kind: 'done' };

/** The operator's own words are read here: no history carries them. */
async function findAudit(
  trx: Transaction,
  { keyId, noteId }: OperatorRequest,
): Promise<OperatorAudit> {
  const note = await findCommandNote(trx, noteId);
  invariant(note !== null, `command note ${noteId} has no row`);
  return { keyId, note };
}

/** What an operator does leaves an event, also where only a charge of a saved method was begun by it. */
function tellAudited(decision: PhoneNumberDecision): PhoneNumberDecision {
  if (decision.events.length > 0) return decision;
  const reason = 'an operator asked for the rent now; the saved payment method is charged';
  return { ...decision, events: [{ type: 'phone_number.renewal_forced', reason }] };
}

async function refuse(
  unit: NumberUnit,
  refusal: PhoneNumberRefusal,
  now: Instant,
): Promise<Answered> {
  const { code, message } = refusal;
  const details = toRefusalDetails(unit, refusal, now);
  const answer: CommandAnswer = { kind: 'refused', code, message, details };
  await insertOperation(unit.trx, {
    key: unit.request.operationKey,
    accountId: unit.request.accountId,
    command: unit.asked,
    answer,
    effectiveAt: now,
    recordedAt: unit.recordedAt,
  });
  return { step: stepOfNumber(unit.record), answer };
}

function toRefusalDetails(
  { ledger }: NumberUnit,
  { requiredMicros }: PhoneNumberRefusal,
  now: Instant,
): Record<string, string> {
  if (requiredMicros === undefined) return {};
  const required = { amountMicros: requiredMicros, currency: parseCurrency(ledger.currency) };
  return describeShortfall(required, availableMoney(ledger, now));
}
