/** Charging a saved method, whatever it pays for: on the gateways' own queue, and who else waits is told. */
import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { CollectRequest, ReportRequest } from '../activities/collection/collection.activities';
import type { OrderActivities } from '../activities/order/order.activities';
import type { Collected } from '../activities/collection/record-collection';
import type { Step } from '../domain/lifecycle';
import type { DueAction } from '../domain/next-action';
import { DATABASE } from './activity-options';
import { describeAction } from './lifecycle';

const { wakeWaiting } = proxyActivities<OrderActivities>(DATABASE);

/** One noun's activities of collecting, each under the name a history shows. */
interface Asks<NounStep extends Step> {
  readonly collect: (summary: string, request: CollectRequest) => Promise<Collected<NounStep>>;
  readonly noteUnanswered: (request: CollectRequest) => Promise<NounStep>;
  readonly settleReported: (
    summary: string,
    request: ReportRequest,
  ) => Promise<Collected<NounStep>>;
}

/** Whether an action is about a charge, so that a gateway has to be asked. */
export function asksGateway({ kind }: DueAction): boolean {
  return kind === 'collect_payment' || kind === 'check_payment';
}

interface Collecting<NounStep extends Step> {
  /** A gateway that does not answer blocks nobody: the row says when it is asked about the charge again. */
  readonly collect: (request: CollectRequest) => Promise<NounStep>;
  readonly settle: (request: ReportRequest) => Promise<NounStep>;
}

export function createCollecting<NounStep extends Step>(
  asks: Asks<NounStep>,
): Collecting<NounStep> {
  async function wake({ step, wakes }: Collected<NounStep>): Promise<NounStep> {
    if (wakes.length > 0) await wakeWaiting(wakes);
    return step;
  }

  return {
    async collect(request: CollectRequest): Promise<NounStep> {
      try {
        return await wake(await asks.collect(describeAction(request.action), request));
      } catch (error) {
        if (!(error instanceof ActivityFailure) || isFinal(error)) throw error;
        return asks.noteUnanswered(request);
      }
    },

    async settle(request: ReportRequest): Promise<NounStep> {
      const summary = 'ask the gateway about a payment, record what it is';
      return wake(await asks.settleReported(summary, request));
    },
  };
}

/** A failure that asking again would not mend: the action is blocked, visibly, until somebody looks. */
export function isFinal({ cause }: ActivityFailure): boolean {
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}
