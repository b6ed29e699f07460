/**
 * Stands in for the database and the gateway behind disputes: a row in memory, changed by the real decisions of
 * domain/dispute/, and a gateway that says how the dispute stands, or is silent. 600.00 INR were paid.
 */
import { activityInfo } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { DisputeActivities } from '../../activities/dispute/dispute.activities';
import {
  decideLooked,
  remindOfEvidence,
  type DisputeFact,
} from '../../domain/dispute/decide-dispute';
import {
  decideNextAction,
  noteUnanswered,
  reportDispute,
  type Dispute,
} from '../../domain/dispute/dispute';
import { toEpochMs, type Instant } from '../../domain/instant';
import { workflowIdOf } from '../../domain/lifecycle';
import { parseMoney } from '../../domain/money';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';
import { buildLifecycleStart, type Clock } from '../../workflows/lifecycle.messages';
import type { DisputeStep } from '../../workflows/dispute.messages';
import type { Stage } from './stage';

const PAID = parseMoney({ amount: '600.00', currency: 'INR' });
const ACCOUNT_ID = 'acct_00000001';

export interface DisputeBooks {
  readonly activities: DisputeActivities;
  /** What was written, with the hours since the first word: "+72 remind open". */
  readonly deeds: string[];
  readonly gatewayQueues: Set<string>;
  step(): DisputeStep;
  /** From now on the gateway says so; null: nothing. */
  answer(said: Partial<DisputeFact> | null): void;
}

export function createDisputeBooks(id: string, reportedAt: Instant): DisputeBooks {
  const deeds: string[] = [];
  const gatewayQueues = new Set<string>();
  const named = { paymentId: 'pay_00000001', gateway: 'sandbox', gatewayDisputeId: 'gw_dp_1' };
  let dispute: Dispute = reportDispute({ id, accountId: ACCOUNT_ID, ...named }, reportedAt);
  let revision = 1;
  let said: Partial<DisputeFact> | null = {};

  const step = (): DisputeStep => ({
    status: dispute.status,
    revision,
    next: decideNextAction(dispute),
  });
  function write(did: string, after: Dispute, at: Instant): DisputeStep {
    dispute = after;
    revision += 1;
    const hours = Math.floor((toEpochMs(at) - toEpochMs(reportedAt)) / 3_600_000);
    deeds.push(`+${hours} ${did} ${dispute.status}`);
    return step();
  }

  return {
    activities: {
      async lookUpDispute({ now, dueAt = now }) {
        gatewayQueues.add(activityInfo().taskQueue);
        if (said === null) throw new Error('the gateway gives no answer');
        const told = { ...TOLD, ...said };
        const { sale: left } = buildTopUpTerms(UNTAXED, PAID);
        const payment = {
          gatewayPaymentId: 'gw_pay_1',
          money: PAID,
          left,
          freeMicros: 600_000_000n,
        };
        const policy = { money: 'take', service: 'none' } as const;
        const look = { payment, policy, at: now, dueAt };
        return write('look', decideLooked(dispute, told, look).dispute, now);
      },
      async noteDisputeUnanswered({ now, dueAt = now }) {
        return write('silence', noteUnanswered(dispute, dueAt), now);
      },
      async remindEvidence({ action }) {
        return write('remind', remindOfEvidence(dispute).dispute, action.at);
      },
    },
    deeds,
    gatewayQueues,
    step,
    answer: (next) => void (said = next),
  };
}

const TOLD: DisputeFact = {
  gatewayPaymentId: 'gw_pay_1',
  money: PAID,
  fee: null,
  reason: 'fraudulent',
  status: 'needs_response',
  evidenceDueAt: null,
};

/** Starts a dispute's workflow from its row. */
export async function openDispute(
  stage: Stage,
  books: DisputeBooks,
  { id, clock }: { readonly id: string; readonly clock: Clock },
): Promise<WorkflowHandle> {
  stage.use(books.activities);
  const owner = { accountId: ACCOUNT_ID, partnerId: null, clock };
  const start = buildLifecycleStart({ kind: 'dispute', id, owner, step: books.step() });
  return stage.start(workflowIdOf('dispute', id), start);
}
