import type { Database } from '../../db/connection';
import { findCommandNote } from '../../db/repositories/command-note.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { openOperatorTask } from '../../db/repositories/operator-task.repository';
import { refunds, type RefundRecord } from '../../db/repositories/refund.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { laterOf } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { availableToPayOut } from '../../domain/ledger/payback';
import { parseAmount } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import { closeRefund } from '../../domain/refund/close-refund';
import { decideRefund } from '../../domain/refund/decide-refund';
import { refundReference } from '../../domain/refund/post-refund';
import {
  decideReturned,
  noteUnanswered,
  type Refund,
  type RefundActionKind,
} from '../../domain/refund/refund';
import type { RefundOutcome } from '../../gateways/payment-gateway';
import { DONE } from '../../workflows/lifecycle.messages';
import type { CloseRequest, RefundRequest, RefundStep } from '../../workflows/refund.messages';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import { answerOnce, toRefusedAnswer, type Answered, type Decided } from '../lifecycle/once';
import { withLocked, withLockedOrNew, type TimedTarget, type Locked } from '../lifecycle/locked';
import { gatewayOf } from '../payment/gateway-of';
import { createWaking } from '../payment/wake-waiting';
import { withApplicationFailures } from '../to-application-failure';
import { buildRefundEvents, recordRequested, recordReturned } from './apply-refund';
import { loadRefundable } from './load-refundable';

export type RefundActivities = ReturnType<typeof createRefundActivities>;

interface RefundToRecord extends TimedTarget {
  readonly command: RefundRequest;
}

interface RefundToClose extends TimedTarget {
  readonly command: CloseRequest;
}

/**
 * The refund's activities. The money leaves the books in one transaction; then the gateway is asked, always
 * under the refund's own key; what it answered is recorded in another transaction.
 */
export function createRefundActivities(dependencies: ActivityDependencies) {
  const { database } = dependencies;
  const waking = createWaking(dependencies, 'refund');

  return withApplicationFailures({
    /** Decides a request and takes the money out of the books. A refusal is remembered under its key. */
    recordRefund: waking((request: RefundToRecord): Promise<Answered<RefundActionKind>> => {
      const { id, command, now } = request;
      const asked = { request, asked: command, references: [refundReference(id)] };
      return withLockedOrNew(dependencies, refunds, asked, (locked) =>
        answerOnce(refunds, locked, now, () => decide(locked, request)),
      );
    }),

    /** Lets the gateway give the money back and records it. Safe to repeat: the gateway knows the key. */
    returnMoney: waking(async (task: TimedTarget): Promise<RefundStep> => {
      const refund = await readRefund(database, task.id);
      const asked = {
        request: task,
        asked: 'return_money',
        references: [refundReference(task.id)],
      };
      const isAsked = refund.status === 'requested';
      const outcome = isAsked ? await askForReturn(dependencies, refund) : null;
      return withLocked(dependencies, refunds, asked, async (locked) => {
        const { record } = locked;
        if (outcome === null || record.state.status !== 'requested') return refunds.stepOf(record);
        const at = laterOf(task.now, await findAccountNow(locked));
        const change = decideReturned(record.state, outcome, at);
        return refunds.stepOf(await recordReturned({ ...locked, at }, record, change));
      });
    }),

    /** Closes a refund by what an operator saw at the gateway. A refusal is remembered under its key. */
    closeByOperator: waking((request: RefundToClose): Promise<Answered<RefundActionKind>> => {
      const { id, command, now } = request;
      const asked = { request, asked: command, references: [refundReference(id)] };
      return withLocked(dependencies, refunds, asked, (locked) =>
        answerOnce(refunds, locked, now, () => close(locked, request)),
      );
    }),

    /** Records that the gateway gave no answer, so that the refund's next action lies ahead. */
    noteRefundUnanswered: waking((task: TimedTarget): Promise<RefundStep> => {
      const { now: at, dueAt = at } = task;
      const asked = { request: task, asked: 'return_money' };
      return withLocked(dependencies, refunds, asked, async ({ trx, record, recordedAt }) => {
        const next = refunds.decideNextAction(record.state);
        // Noted before: its worker died after the commit.
        if (!isDueAction(next) || next.at !== dueAt) return refunds.stepOf(record);
        const change = noteUnanswered(record.state);
        await insertEvents(trx, buildRefundEvents(change, at), recordedAt);
        for (const { reason } of change.events) {
          await openOperatorTask(trx, {
            kind: 'refund_unconfirmed',
            subject: refundReference(task.id),
            accountId: task.accountId,
            reason,
            openedAt: recordedAt,
          });
        }
        return refunds.stepOf(await refunds.update(trx, record, { state: change.refund, at }));
      });
    }),
  });
}

async function decide(
  locked: Locked<RefundRecord | null>,
  { id, accountId, now, command }: RefundToRecord,
): Promise<Decided<Refund>> {
  const { trx, ledger } = locked;
  const { subject, to, amount, noteId } = command;
  const amountMicros = amount === null ? null : parseAmount(amount);
  const reason = noteId === null ? null : await findCommandNote(trx, noteId);
  const refundable = await loadRefundable(trx, subject);
  const moment = { now, freeMicros: availableToPayOut(ledger) };
  const decision = decideRefund({ id, accountId, to, amountMicros, reason }, refundable, moment);
  if (decision.kind === 'refused') {
    return { record: null, answer: toRefusedAnswer(locked, decision, now) };
  }
  return { record: await recordRequested({ ...locked, at: now }, decision), answer: DONE };
}

async function close(
  locked: Locked<RefundRecord>,
  { command, now }: RefundToClose,
): Promise<Decided<Refund>> {
  const { trx, record } = locked;
  const { seen, keyId, noteId } = command;
  const operator = { operator_key_id: keyId, operator_note: await findCommandNote(trx, noteId) };
  const decision = closeRefund(record.state, seen, { at: now, operator });
  if (decision.kind === 'refused') {
    return { record, answer: toRefusedAnswer(locked, decision, now) };
  }
  return { record: await recordReturned({ ...locked, at: now }, record, decision), answer: DONE };
}

/** Asks the gateway for the money back, under the refund's own key. */
function askForReturn(
  dependencies: ActivityDependencies,
  { id, source, sale }: Refund,
): Promise<RefundOutcome> {
  invariant(source !== null, 'only a refund to the source waits for a gateway');
  const { gatewayPaymentId } = source;
  return gatewayOf(dependencies, source).refund({
    idempotencyKey: refundReference(id),
    gatewayPaymentId,
    money: sale.total,
  });
}

async function readRefund(database: Database, id: string): Promise<Refund> {
  const found = await withTransaction(database, SYSTEM, (trx) => refunds.find(trx, id));
  invariant(found !== null, `refund ${id} has no row`);
  return found.state;
}
