/**
 * Stands in for the database and the gateway behind refunds: rows in memory, changed by the real decisions
 * of domain/refund/, and a gateway that gives back, refuses or is silent.
 */
import { activityInfo } from '@temporalio/activity';
import type { TimedTarget } from '../../activities/lifecycle/locked';
import type { RefundActivities } from '../../activities/refund/refund.activities';
import { toEpochMs } from '../../domain/instant';
import { isDueAction } from '../../domain/next-action';
import { parseMoney, type Money } from '../../domain/money';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { closeRefund } from '../../domain/refund/close-refund';
import {
  decideNextAction,
  decideReturned,
  noteUnanswered,
  type Refund,
  type RefundChange,
  type ReturnOutcome,
} from '../../domain/refund/refund';
import { takePart } from '../../domain/refund/split-refund';
import { UNTAXED } from '../../domain/tax/taxation';
import type { RefundStep } from '../../workflows/refund.messages';

type RecordRequest = Parameters<RefundActivities['recordRefund']>[0];

interface Row {
  readonly refund: Refund;
  readonly revision: number;
}

export interface RefundBooks {
  readonly activities: RefundActivities;
  /** What was written, with the seconds since the request: "+15 returned succeeded". */
  readonly deeds: string[];
  /** The keys the gateway was asked under. */
  readonly keys: string[];
  readonly gatewayQueues: Set<string>;
  /** From now on it answers so; null: not at all. */
  answer(outcome: ReturnOutcome | null): void;
  /** All that was asked in a day is noted as unanswered. */
  letADayPass(): void;
}

const PAID: Money = parseMoney({ amount: '600.00', currency: 'INR' });
/** The second try comes after 15 s: what comes before it came at once, however busy the machine is. */
const AT_ONCE_SECONDS = 10;

/** Opens empty books: a payment of 600.00 INR of which a request of up to that is granted. */
export function createRefundBooks(): RefundBooks {
  const rows = new Map<string, Row>();
  const deeds: string[] = [];
  const keys: string[] = [];
  const gatewayQueues = new Set<string>();
  let outcome: ReturnOutcome | null = { kind: 'refunded', refundId: 'gw_re_1' };

  function rowOf(id: string): Row {
    const row = rows.get(id);
    if (!row) throw new Error(`no row of ${id}`);
    return row;
  }
  function stepOf(id: string): RefundStep {
    const { refund, revision } = rowOf(id);
    return { status: refund.status, revision, next: decideNextAction(refund) };
  }
  function write(did: string, refund: Refund, at: string): RefundStep {
    rows.set(refund.id, { refund, revision: (rows.get(refund.id)?.revision ?? 0) + 1 });
    const exactSeconds = (toEpochMs(at) - toEpochMs(refund.requestedAt)) / 1_000;
    const seconds = exactSeconds < AT_ONCE_SECONDS ? 0 : Math.round(exactSeconds);
    deeds.push(`+${seconds} ${did} ${refund.status}`);
    return stepOf(refund.id);
  }
  function change(did: string, { refund }: RefundChange, { now }: TimedTarget): RefundStep {
    return write(did, refund, now);
  }

  return {
    activities: {
      async recordRefund(request) {
        const refund = rows.get(request.id)?.refund ?? buildRefund(request);
        if (refund === null) return { step: REFUSED, answer: TOO_MUCH };
        if (!rows.has(request.id)) write('request', refund, request.now);
        return { step: stepOf(request.id), answer: { kind: 'done' } };
      },
      async returnMoney(task) {
        const { refund } = rowOf(task.id);
        gatewayQueues.add(activityInfo().taskQueue);
        keys.push(`refund/${task.id}`);
        if (refund.status !== 'requested') return stepOf(task.id);
        if (outcome === null) throw new Error('the gateway gives no answer');
        return change('returned', decideReturned(refund, outcome, task.now), task);
      },
      async closeByOperator({ command, ...task }) {
        const { keyId, seen } = command;
        const operator = { operator_key_id: keyId, operator_note: null };
        const closed = closeRefund(rowOf(task.id).refund, seen, { at: task.now, operator });
        if (closed.kind === 'refused') {
          return { step: stepOf(task.id), answer: { ...closed, details: {} } };
        }
        return { step: change('closed', closed, task), answer: { kind: 'done' } };
      },
      async noteRefundUnanswered(task) {
        const { refund } = rowOf(task.id);
        const next = decideNextAction(refund);
        if (!isDueAction(next) || next.at !== (task.dueAt ?? task.now)) return stepOf(task.id);
        return change('unanswered', noteUnanswered(refund), task);
      },
    },
    deeds,
    keys,
    gatewayQueues,
    answer: (next) => void (outcome = next),
    letADayPass() {
      for (const [id, { refund, revision }] of rows) {
        rows.set(id, { refund: { ...refund, attemptsMade: 14 }, revision });
      }
    },
  };
}

const REFUSED: RefundStep = {
  status: 'refused',
  revision: 0,
  next: { kind: 'end', reason: 'the refund was refused; nothing was stored' },
};
const TOO_MUCH = {
  kind: 'refused',
  code: 'amount_out_of_range',
  message: '600.00 INR are left to be given back',
  details: { field: 'amount', max: '600.00' },
} as const;

function buildRefund({ id, accountId, now, command }: RecordRequest): Refund | null {
  const { sale, taxation } = buildTopUpTerms(UNTAXED, PAID);
  const amount = command.amount ?? '600.00';
  const { amountMicros } = parseMoney({ amount, currency: 'INR' });
  if (amountMicros > PAID.amountMicros) return null;
  return {
    id,
    accountId,
    subject: command.subject,
    to: command.to,
    source: { paymentId: 'pay_00000001', gateway: 'sandbox', gatewayPaymentId: 'gw_pay_1' },
    sale: takePart(sale, amountMicros),
    taxation,
    referencesId: 'rcv_00000001',
    reason: null,
    status: 'requested',
    requestedAt: now,
    attemptsMade: 0,
    settledAt: null,
    gatewayRefundId: null,
    failureReason: null,
    documentId: null,
  };
}
