import type { Database } from '../../db/connection';
import { findCommandNote } from '../../db/repositories/command-note.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { refunds, type RefundRecord } from '../../db/repositories/refund.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { invariant } from '../../domain/invariant';
import { availableToPayOut } from '../../domain/ledger/payback';
import { parseAmount } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import { decideRefund } from '../../domain/refund/decide-refund';
import { refundReference } from '../../domain/refund/post-refund';
import {
  decideReturned,
  noteUnanswered,
  type Refund,
  type RefundActionKind,
} from '../../domain/refund/refund';
import type { RefundOutcome } from '../../gateways/payment-gateway';
import type { RefundCommand, RefundStep } from '../../workflows/refund.messages';
import type { ActivityDependencies } from '../dependencies';
import { answerOnce, DONE, toRefusedAnswer, type Answered, type Decided } from '../lifecycle/once';
import { inUnit, openUnit, type TimedTarget, type Unit } from '../lifecycle/unit';
import type { Wake } from '../order/record-payments';
import { withApplicationFailures } from '../to-application-failure';
import { findWakes } from '../waiting-lifecycles';
import { buildRefundEvents, recordRequested, recordReturned } from './apply-refund';
import { loadRefundable } from './load-refundable';

export type RefundActivities = ReturnType<typeof createRefundActivities>;

export type RefundTask = TimedTarget;
interface RefundToRecord extends RefundTask {
  readonly command: RefundCommand;
}

export interface RefundSettled {
  readonly step: RefundStep;
  /** Lifecycles that waited for money which came back into the wallet. */
  readonly wakes: readonly Wake[];
}
interface RefundRecorded extends Answered<RefundActionKind> {
  readonly wakes: readonly Wake[];
}

/**
 * The refund's activities. The money leaves the books in one transaction; then the gateway is asked, always
 * under the refund's own key; what it answered is recorded in another transaction.
 */
export function createRefundActivities(dependencies: ActivityDependencies) {
  const { database, gateways } = dependencies;

  return withApplicationFailures({
    /** Decides a request and takes the money out of the books. A refusal is remembered under its key. */
    async recordRefund(request: RefundToRecord): Promise<RefundRecorded> {
      const { id, accountId, command, now } = request;
      const asked = { request, asked: command, references: [refundReference(id)] };
      return openUnit(dependencies, refunds, asked, async (unit) => {
        const { step, answer } = await answerOnce(refunds, unit, now, () => decide(unit, request));
        return { step, answer, wakes: await findWakesOf(unit.trx, { id, accountId }, step) };
      });
    },

    /** Lets the gateway give the money back and records it. Safe to repeat: the gateway knows the key. */
    async returnMoney(task: RefundTask): Promise<RefundSettled> {
      const refund = await readRefund(database, task.id);
      const asked = {
        request: task,
        asked: 'return_money',
        references: [refundReference(task.id)],
      };
      const outcome = refund.status === 'requested' ? await askForReturn(gateways, refund) : null;
      return inUnit(dependencies, refunds, asked, async (unit) => {
        const { trx, record } = unit;
        if (outcome === null || record.state.status !== 'requested') return settled(trx, record);
        const change = decideReturned(record.state, outcome, task.now);
        return settled(trx, await recordReturned({ ...unit, at: task.now }, record, change));
      });
    },

    /** Records that the gateway gave no answer, so that the refund's next action lies ahead. */
    async noteRefundUnanswered(task: RefundTask): Promise<RefundStep> {
      const { now: at, dueAt = at } = task;
      const asked = { request: task, asked: 'return_money' };
      return inUnit(dependencies, refunds, asked, async ({ trx, record, recordedAt }) => {
        const next = refunds.decideNextAction(record.state);
        // Noted before: its worker died after the commit.
        if (!isDueAction(next) || next.at !== dueAt) return refunds.stepOf(record);
        const change = noteUnanswered(record.state);
        await insertEvents(trx, buildRefundEvents(change, at), recordedAt);
        return refunds.stepOf(await refunds.update(trx, record, { state: change.refund, at }));
      });
    },
  });
}

async function decide(
  unit: Unit<RefundRecord | null>,
  { id, accountId, now, command }: RefundToRecord,
): Promise<Decided<Refund>> {
  const { trx, ledger } = unit;
  const { subject, to, amount, noteId } = command;
  const amountMicros = amount === null ? null : parseAmount(amount);
  const reason = noteId === null ? null : await findCommandNote(trx, noteId);
  const refundable = await loadRefundable(trx, subject);
  const moment = { now, freeMicros: availableToPayOut(ledger) };
  const decision = decideRefund({ id, accountId, to, amountMicros, reason }, refundable, moment);
  if (decision.kind === 'refused') {
    return { record: null, answer: toRefusedAnswer(unit, decision, now) };
  }
  return { record: await recordRequested({ ...unit, at: now }, decision), answer: DONE };
}

/** Asks the gateway for the money back, under the refund's own key. */
function askForReturn(
  gateways: ActivityDependencies['gateways'],
  { id, source, sale }: Refund,
): Promise<RefundOutcome> {
  invariant(source !== null, 'only a refund to the source waits for a gateway');
  const gateway = gateways.get(source.gateway);
  invariant(gateway !== undefined, `no gateway called ${source.gateway}`);
  const { gatewayPaymentId } = source;
  return gateway.refund({
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

async function settled(trx: Transaction, record: RefundRecord): Promise<RefundSettled> {
  const step = refunds.stepOf(record);
  return { step, wakes: await findWakesOf(trx, record.state, step) };
}

/** Also of a repeat: a worker may have died after its commit and before it woke anybody. */
async function findWakesOf(
  trx: Transaction,
  { id, accountId }: Pick<Refund, 'id' | 'accountId'>,
  { status }: RefundStep,
): Promise<readonly Wake[]> {
  const isOver = status === 'succeeded' || status === 'failed';
  return isOver ? findWakes(trx, { accountId, cause: id }) : [];
}
