import { disputes } from '../../db/repositories/dispute.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { findPayment, type Payment } from '../../db/repositories/payment.repository';
import { buildDisputeEvents } from '../../db/release-service';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import {
  decideLooked,
  remindOfEvidence,
  type DisputeFact,
} from '../../domain/dispute/decide-dispute';
import {
  isSettled,
  noteUnanswered,
  tellUnresolved,
  type Dispute,
  type DisputeActionKind,
} from '../../domain/dispute/dispute';
import { disputeReferences } from '../../domain/dispute/post-dispute';
import { laterOf } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { availableToPayOut } from '../../domain/ledger/payback';
import { isStillNext, type DueAction } from '../../domain/next-action';
import { computeLeft } from '../../domain/refund/split-refund';
import type { DisputeStep } from '../../workflows/dispute.messages';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import { withLocked, type LifecycleTarget, type TimedTarget } from '../lifecycle/locked';
import { performOnce } from '../lifecycle/once';
import { gatewayOf } from '../payment/gateway-of';
import { createWaking } from '../payment/wake-waiting';
import { loadRefundablePayment } from '../refund/load-refundable';
import { withApplicationFailures } from '../to-application-failure';
import { applyDispute, type LockedDispute } from './apply-dispute';

export type DisputeActivities = ReturnType<typeof createDisputeActivities>;

interface ReminderRequest extends LifecycleTarget {
  readonly action: DueAction<DisputeActionKind>;
}

/** A dispute's activities: the gateway is asked first, then one transaction records what it says. */
export function createDisputeActivities(dependencies: ActivityDependencies) {
  const waking = createWaking(dependencies, 'dispute');
  return withApplicationFailures({
    /** Asks the gateway how a dispute stands and records it. Safe to repeat: the same answer changes nothing. */
    lookUpDispute: waking(async (task: TimedTarget): Promise<DisputeStep> => {
      const { dispute, payment } = await readDispute(dependencies, task.id);
      const told = isSettled(dispute) ? null : await ask(dependencies, dispute);
      const references = disputeReferences(task.id);
      const asked = { request: task, asked: 'look_up', references };
      return withLocked(dependencies, disputes, asked, async (locked) => {
        if (isSettled(locked.record.state)) return disputes.stepOf(locked.record);
        return look({ ...locked, dependencies }, { task, told, payment });
      });
    }),

    /** Records that the gateway gave no answer, so that the dispute's next look lies ahead. */
    noteDisputeUnanswered: (task: TimedTarget): Promise<DisputeStep> => {
      const { now: at, dueAt } = task;
      const asked = { request: task, asked: 'look_up' };
      return withLocked(dependencies, disputes, asked, async ({ trx, record, recordedAt }) => {
        const { state: before } = record;
        const next = disputes.decideNextAction(before);
        const isNoted = dueAt !== undefined && !isStillNext(next, { kind: 'look_up', at: dueAt });
        // Noted before: its worker died after the commit.
        if (isNoted || isSettled(before)) return disputes.stepOf(record);
        const dispute = noteUnanswered(before, laterOf(at, dueAt ?? at));
        const told = { dispute, events: tellUnresolved(before, dispute) };
        await insertEvents(trx, buildDisputeEvents(told, at), recordedAt);
        return disputes.stepOf(await disputes.update(trx, record, { state: dispute, at }));
      });
    },

    /** Tells that evidence is due, ahead of it. */
    remindEvidence: (request: ReminderRequest): Promise<DisputeStep> => {
      const { action } = request;
      return withLocked(dependencies, disputes, { request, asked: action }, (locked) =>
        performOnce(disputes, locked, action, () => {
          const change = remindOfEvidence(locked.record.state);
          return applyDispute(locked, change, { at: action.at, receipt: null, paidAt: action.at });
        }),
      );
    },
  });
}

/** One transaction with the gateway's answer: load, decide, apply. */
async function look(
  locked: LockedDispute & { readonly dependencies: ActivityDependencies },
  asked: {
    readonly task: TimedTarget;
    readonly told: DisputeFact | null;
    readonly payment: Payment;
  },
): Promise<DisputeStep> {
  const { trx, record, ledger, dependencies } = locked;
  const { task, told, payment } = asked;
  const at = laterOf(task.now, await findAccountNow(locked));
  const { receipt, taken } = await loadRefundablePayment(trx, payment, {
    exceptDisputeId: record.state.id,
  });
  const { gatewayPaymentId, money } = payment;
  const left = receipt === null ? null : computeLeft(receipt.sale, taken);
  const freeMicros = availableToPayOut(ledger);
  const change = decideLooked(record.state, told, {
    payment: { gatewayPaymentId, money, left, freeMicros },
    policy: dependencies.disputePolicy,
    at,
    dueAt: laterOf(at, task.dueAt ?? at),
  });
  return disputes.stepOf(
    await applyDispute(locked, change, { at, receipt, paidAt: payment.effectiveAt }),
  );
}

/** As the gateway tells it; null: it does not know the dispute. */
function ask(
  dependencies: ActivityDependencies,
  dispute: Pick<Dispute, 'gateway' | 'gatewayDisputeId'>,
): Promise<DisputeFact | null> {
  return gatewayOf(dependencies, dispute).getDispute(dispute.gatewayDisputeId);
}

async function readDispute(
  { database }: ActivityDependencies,
  id: string,
): Promise<{ readonly dispute: Dispute; readonly payment: Payment }> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const record = await disputes.find(trx, id);
    invariant(record !== null, `dispute ${id} has no row`);
    const payment = await findPayment(trx, record.state.paymentId);
    invariant(payment !== null, `payment ${record.state.paymentId} has no row`);
    return { dispute: record.state, payment };
  });
}
