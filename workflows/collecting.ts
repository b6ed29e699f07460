/** Charging a saved method, whatever it pays for: on the gateways' own queue. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { CollectRequest, ReportRequest } from '../activities/collection/collecting';
import type { Step } from '../domain/lifecycle';
import type { DueAction } from '../domain/next-action';
import { describeAction } from './lifecycle';

/** One noun's activities of collecting, each under the name a history shows. */
interface Asks<NounStep extends Step> {
  readonly collect: (summary: string, request: CollectRequest) => Promise<NounStep>;
  readonly noteUnanswered: (request: CollectRequest) => Promise<NounStep>;
  readonly settleReported: (summary: string, request: ReportRequest) => Promise<NounStep>;
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
  return {
    async collect(request: CollectRequest): Promise<NounStep> {
      try {
        return await asks.collect(describeAction(request.action), request);
      } catch (error) {
        if (!(error instanceof ActivityFailure) || isFinal(error)) throw error;
        return asks.noteUnanswered(request);
      }
    },

    async settle(request: ReportRequest): Promise<NounStep> {
      const summary = 'ask the gateway about a payment, record what it is';
      return asks.settleReported(summary, request);
    },
  };
}

/** A failure that asking again would not mend: the action is blocked, visibly, until somebody looks. */
export function isFinal({ cause }: ActivityFailure): boolean {
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}
