import type { Database } from '../../db/connection';
import { findCommandNote } from '../../db/repositories/command-note.repository';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import {
  findRefund,
  lockRefund,
  updateRefund,
  type RefundRecord,
} from '../../db/repositories/refund.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { availableToPayOut } from '../../domain/ledger/payback';
import { parseAmount } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import {
  decideRefund,
  type RefundDecision,
  type RefundRefusal,
} from '../../domain/refund/decide-refund';
import { refundReference } from '../../domain/refund/post-refund';
import { decideNextAction, decideReturned, noteUnanswered } from '../../domain/refund/refund';
import type { RefundOutcome } from '../../gateways/payment-gateway';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import {
  refundWorkflowId,
  type RefundCommand,
  type RefundStep,
} from '../../workflows/refund.messages';
import {
  buildRefundEvents,
  recordRequested,
  recordReturned,
  type RefundUnit,
} from './apply-refund';
import type { ActivityDependencies } from '../dependencies';
import { loadRefundable } from './load-refundable';
import type { Wake } from '../order/record-payments';
import { withApplicationFailures } from '../to-application-failure';
import { findWakes } from '../waiting-lifecycles';

export type RefundActivities = ReturnType<typeof createRefundActivities>;

export interface RefundTask {
  readonly id: string;
  readonly accountId: string;
  readonly now: Instant;
  readonly operationKey: string;
}
interface RefundToRecord extends RefundTask {
  readonly command: RefundCommand;
}

export interface RefundSettled {
  readonly step: RefundStep;
  /** Lifecycles that waited for money which came back into the wallet. */
  readonly wakes: readonly Wake[];
}
interface RefundRecorded extends RefundSettled {
  readonly answer: CommandAnswer;
}

/** The step of a request that was refused: no row, nothing will ever happen. */
const REFUSED: RefundStep = {
  status: 'refused',
  revision: 0,
  next: { kind: 'end', reason: 'the refund was refused; nothing was stored' },
};

/**
 * The refund's activities. The money leaves the books in one transaction; then the gateway is asked, always
 * under the refund's own key; what it answered is recorded in another transaction.
 */
export function createRefundActivities(dependencies: ActivityDependencies) {
  const { database, gateways, now: wallNow } = dependencies;

  return withApplicationFailures({
    /** Decides a request and takes the money out of the books. A refusal is remembered under its key. */
    async recordRefund(request: RefundToRecord): Promise<RefundRecorded> {
      return withTransaction(database, SYSTEM, (trx) => record(trx, request, wallNow()));
    },

    /** Lets the gateway give the money back and records it. Safe to repeat: the gateway knows the key. */
    async returnMoney(task: RefundTask): Promise<RefundSettled> {
      const { refund } = await readRefund(database, task.id);
      if (refund.status !== 'requested') {
        return withTransaction(database, SYSTEM, async (trx) =>
          settled(trx, await getLocked(trx, task.id)),
        );
      }
      const { source, sale } = refund;
      invariant(source !== null, 'only a refund to the source waits for a gateway');
      const gateway = gateways.get(source.gateway);
      invariant(gateway !== undefined, `no gateway called ${source.gateway}`);
      const outcome = await gateway.refund({
        idempotencyKey: refundReference(task.id),
        gatewayPaymentId: source.gatewayPaymentId,
        money: sale.total,
      });
      return withTransaction(database, SYSTEM, (trx) =>
        recordOutcome(trx, { task, outcome, recordedAt: wallNow() }),
      );
    },

    /** Records that the gateway gave no answer, so that the refund's next action lies ahead. */
    async noteRefundUnanswered({ id, now }: RefundTask): Promise<RefundStep> {
      return withTransaction(database, SYSTEM, async (trx) => {
        const found = await getLocked(trx, id);
        const next = decideNextAction(found.refund);
        // Noted before: its worker died after the commit.
        if (!isDueAction(next) || next.at !== now) return stepOf(found);
        const { refund, events } = noteUnanswered(found.refund);
        await insertEvents(trx, buildRefundEvents({ refund, events }, now), wallNow());
        return stepOf(await updateRefund(trx, found, { refund, at: now }));
      });
    },
  });
}

async function record(
  trx: Transaction,
  request: RefundToRecord,
  recordedAt: Instant,
): Promise<RefundRecorded> {
  const { operationKey: key, command, accountId, now, id } = request;
  const unit = await lockUnit(trx, { id, accountId, now, recordedAt });
  const stored = await findAnswer<CommandAnswer>(trx, { key, command });
  if (stored !== null) {
    const found = await lockRefund(trx, id);
    if (found === null) return { step: REFUSED, answer: stored.answer, wakes: [] };
    return { ...(await settled(trx, found)), answer: stored.answer };
  }
  const decision = await decide(unit, request);
  const answer = toAnswer(decision);
  await insertOperation(trx, { key, accountId, command, answer, effectiveAt: now, recordedAt });
  if (decision.kind === 'refused') return { step: REFUSED, answer, wakes: [] };
  const workflowId = refundWorkflowId(id);
  return { ...(await settled(trx, await recordRequested(unit, decision, { workflowId }))), answer };
}

async function decide(
  { trx, ledger }: RefundUnit,
  { id, accountId, now, command }: RefundToRecord,
): Promise<RefundDecision | RefundRefusal> {
  const { subject, to, amount, noteId } = command;
  const amountMicros = amount === null ? null : parseAmount(amount);
  const reason = noteId === null ? null : await findCommandNote(trx, noteId);
  const refundable = await loadRefundable(trx, subject);
  const moment = { now, freeMicros: availableToPayOut(ledger) };
  return decideRefund({ id, accountId, to, amountMicros, reason }, refundable, moment);
}

function toAnswer(decision: RefundDecision | RefundRefusal): CommandAnswer {
  return decision.kind === 'refused' ? decision : { kind: 'done' };
}

async function recordOutcome(
  trx: Transaction,
  answered: {
    readonly task: RefundTask;
    readonly outcome: RefundOutcome;
    readonly recordedAt: Instant;
  },
): Promise<RefundSettled> {
  const { task, outcome, recordedAt } = answered;
  const unit = await lockUnit(trx, { ...task, recordedAt });
  const found = await getLocked(trx, task.id);
  if (found.refund.status !== 'requested') return settled(trx, found);
  const change = decideReturned(found.refund, outcome, task.now);
  return settled(trx, await recordReturned(unit, found, change));
}

async function lockUnit(
  trx: Transaction,
  { id, accountId, now, recordedAt }: Omit<RefundTask, 'operationKey'> & { recordedAt: Instant },
): Promise<RefundUnit> {
  const ledger = (await lockLedgers(trx, [accountId], [refundReference(id)])).get(accountId);
  invariant(ledger !== undefined, `account ${accountId} has no ledger`);
  return { trx, ledger, at: now, recordedAt };
}

async function readRefund(database: Database, id: string): Promise<RefundRecord> {
  const found = await withTransaction(database, SYSTEM, (trx) => findRefund(trx, id));
  invariant(found !== null, `refund ${id} has no row`);
  return found;
}

async function getLocked(trx: Transaction, id: string): Promise<RefundRecord> {
  const found = await lockRefund(trx, id);
  invariant(found !== null, `refund ${id} has no row`);
  return found;
}

/** Also of a repeat: a worker may have died after its commit and before it woke anybody. */
async function settled(trx: Transaction, record_: RefundRecord): Promise<RefundSettled> {
  const { accountId, id, status } = record_.refund;
  const wakes = status === 'requested' ? [] : await findWakes(trx, { accountId, cause: id });
  return { step: stepOf(record_), wakes };
}

function stepOf({ refund, revision }: RefundRecord): RefundStep {
  return { status: refund.status, revision, next: decideNextAction(refund) };
}
