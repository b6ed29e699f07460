import { findCommandNote } from '../../db/repositories/command-note.repository';
import {
  phoneNumbers,
  type PhoneNumberRecord,
} from '../../db/repositories/phone-number.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { laterOf, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { workflowIdOf } from '../../domain/lifecycle';
import { isStillNext, type DueAction } from '../../domain/next-action';
import {
  decideOrdered,
  decideReleased,
  type OrderAnswer,
  type ReleaseAnswer,
} from '../../domain/phone-number/decide-lease';
import { decideCommand } from '../../domain/phone-number/decide-command';
import { decideDue } from '../../domain/phone-number/decide-due';
import type { PhoneNumberActionKind } from '../../domain/phone-number/decide-next';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';
import type { PhoneNumber } from '../../domain/phone-number/phone-number';
import { DONE, type OperatorRequest } from '../../workflows/lifecycle.messages';
import { itemSettled } from '../../workflows/order.messages';
import type { PhoneNumberCommand, PhoneNumberStep } from '../../workflows/phone-number.messages';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import {
  answerOnce,
  performOnce,
  recordOperation,
  toRefusedAnswer,
  type Answered,
  type Decided,
} from '../lifecycle/once';
import { withLocked, type LifecycleTarget } from '../lifecycle/locked';
import { coverReminder } from '../payment/cover-reminder';
import { signalIfRunning } from '../../gateways/signal-if-running';
import { withApplicationFailures } from '../to-application-failure';
import { applyNumberDecision } from './apply-number-decision';
import { askForNumber, askForRelease } from './ask-carrier';
import type { OperatorAudit } from './build-number-events';
import { findNumberFunds, type LockedNumber } from './number-funds';

export type PhoneNumberActivities = ReturnType<typeof createPhoneNumberActivities>;

export interface NumberRequest extends LifecycleTarget {
  readonly action: DueAction<PhoneNumberActionKind>;
  readonly now: Instant;
}
interface AnswerRequest extends LifecycleTarget {
  readonly command: PhoneNumberCommand;
  readonly now: Instant;
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
      return withLocked(dependencies, phoneNumbers, { request, asked: action }, (locked) =>
        performOnce(phoneNumbers, locked, action, async () => {
          const { kind, at } = action;
          const found = await findNumberFunds(locked, at);
          const funds = kind === 'remind' ? await coverReminder(locked, at, found) : found;
          const decision = decideDue(locked.record.state, action, funds);
          return applyNumberDecision(locked, decision, funds);
        }),
      );
    },

    /** Orders the number at the carrier, or asks what became of the order, and tells the order of its item. */
    async orderAtCarrier(request: NumberRequest): Promise<PhoneNumberStep> {
      const phoneNumber = await readDue(dependencies, request);
      const answer = phoneNumber === null ? null : await askForNumber(numberCarrier, phoneNumber);
      const record = await recordOrdered(dependencies, request, answer);
      await signalOrder(dependencies, record);
      return phoneNumbers.stepOf(record);
    },

    /**
     * Gives the number back, or asks whether it is given back. The row is looked at again immediately
     * before: only what is being released is released.
     */
    async returnToCarrier(request: NumberRequest): Promise<PhoneNumberStep> {
      const phoneNumber = await readDue(dependencies, request);
      const isReleasing = phoneNumber?.status === 'releasing';
      const answer = isReleasing ? await askForRelease(numberCarrier, phoneNumber) : null;
      return phoneNumbers.stepOf(await recordReturned(dependencies, request, answer));
    },

    /** Records that the carrier gave no answer, so that it is asked again later about the same lease. */
    async noteNumberUnanswered(request: NumberRequest): Promise<PhoneNumberStep> {
      const unanswered = { kind: 'unanswered' } as const;
      if (request.action.kind === 'return_number') {
        return phoneNumbers.stepOf(await recordReturned(dependencies, request, unanswered));
      }
      const record = await recordOrdered(dependencies, request, unanswered);
      await signalOrder(dependencies, record);
      return phoneNumbers.stepOf(record);
    },

    /** Answers a command. A refusal changes nothing but is remembered under its key. */
    async answerNumberCommand(request: AnswerRequest): Promise<Answered<PhoneNumberActionKind>> {
      const { command, now } = request;
      return withLocked(dependencies, phoneNumbers, { request, asked: command }, async (locked) => {
        if (command.kind === 'money_arrived' || command.kind === 'payment_reported') {
          // The arrival is in the row already; this message only made the workflow look. And what a
          // gateway reports is asked of it, by an activity of its own.
          return { step: phoneNumbers.stepOf(locked.record), answer: DONE };
        }
        return answerOnce(phoneNumbers, locked, now, () => answer(locked, command, now));
      });
    },
  });
}

function isDue({ state }: PhoneNumberRecord, action: NumberRequest['action']): boolean {
  return isStillNext(phoneNumbers.decideNextAction(state), action);
}

/** The number as it is now; null when the action is not what happens next any more. */
async function readDue(
  { database }: ActivityDependencies,
  { id, action }: NumberRequest,
): Promise<PhoneNumber | null> {
  const record = await withTransaction(database, SYSTEM, (trx) => phoneNumbers.find(trx, id));
  invariant(record !== null, `phone number ${id} has no row`);
  return isDue(record, action) ? record.state : null;
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

/**
 * Records what the carrier said, once: what is no longer due was recorded before its worker died. It counts
 * from now: a carrier may be silent while days go by, or a test clock is moved, and nobody had the number then.
 */
function recordAnswer(
  dependencies: ActivityDependencies,
  request: NumberRequest,
  decide: (phoneNumber: PhoneNumber, at: Instant) => PhoneNumberDecision | null,
): Promise<PhoneNumberRecord> {
  const { action, now } = request;
  return withLocked(dependencies, phoneNumbers, { request, asked: action }, async (locked) => {
    if (!isDue(locked.record, action)) return locked.record;
    // On a clock that is being moved, what is due has an instant of its own, ahead of the clock's row.
    const at = laterOf(now, await findAccountNow(locked));
    const decision = decide(locked.record.state, at);
    if (decision === null) return locked.record;
    // Nothing is sold here: the order has sold the first month.
    const record = await applyNumberDecision(locked, decision, { taxation: null });
    await recordOperation(locked, at);
    return record;
  });
}

/** A hint to the order that waits for its item, also when this was recorded before. It looks by itself, too. */
async function signalOrder(
  { client }: ActivityDependencies,
  { state: { status, orderId, orderItemId: itemId } }: PhoneNumberRecord,
): Promise<void> {
  if (status === 'pending') return;
  await signalIfRunning(client, workflowIdOf('order', orderId), itemSettled, { itemId });
}

type DecidableCommand = Exclude<PhoneNumberCommand, { kind: 'money_arrived' | 'payment_reported' }>;

async function answer(
  locked: LockedNumber,
  command: DecidableCommand,
  now: Instant,
): Promise<Decided<PhoneNumber>> {
  const { trx, record } = locked;
  const funds = await findNumberFunds(locked, now);
  const decision = decideCommand(record.state, command, { now, funds });
  if (decision.kind === 'refused')
    return { record, answer: toRefusedAnswer(locked, decision, now) };
  const audit = 'keyId' in command ? await findAudit(trx, command) : null;
  const { taxation } = funds;
  const audited = audit === null ? decision : withAuditEvent(decision);
  return {
    record: await applyNumberDecision(locked, audited, { taxation, audit }),
    answer: DONE,
  };
}

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
function withAuditEvent(decision: PhoneNumberDecision): PhoneNumberDecision {
  if (decision.events.length > 0) return decision;
  const reason = 'an operator asked for the rent now; the saved payment method is charged';
  return { ...decision, events: [{ type: 'phone_number.renewal_forced', reason }] };
}
