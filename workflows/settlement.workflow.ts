/**
 * Compares what gateways settled with our books, a day and gateway at a time. What is missing here is told to the
 * lifecycle it belongs to, as a webhook would, and the day is compared once that has asked.
 */
import {
  ActivityFailure,
  log,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { SettlementActivities } from '../activities/settlement/settlement.activities';
import type { GatewayDay } from '../domain/settlement/settlement-report';
import { gatewayTaskQueue, LONG_WALK } from './activity-options';
import type { SettlementInput, SettlementOutcome } from './settlement.messages';

const { planSettlements } = proxyActivities<SettlementActivities>(LONG_WALK);

/** Longer than a lifecycle's call to its gateway takes, tries included. */
const ASKED_AFTER = '3 minutes';

export async function reconcileSettlements({ only }: SettlementInput): Promise<SettlementOutcome> {
  const days = only === null ? await planSettlements() : [only];
  const outcome = { daysCompared: 0, lifecyclesTold: 0, daysLeft: 0 };
  for (const day of days) {
    try {
      outcome.lifecyclesTold += await compare(day);
      outcome.daysCompared += 1;
    } catch (error) {
      // One gateway that is silent must not keep the others from their reports.
      if (!(error instanceof ActivityFailure)) throw error;
      outcome.daysLeft += 1;
      log.warn('a day could not be compared; the next run tries it again', { ...day, error });
    }
  }
  setCurrentDetails(
    `${outcome.daysCompared} days compared, ${outcome.lifecyclesTold} lifecycles told, ` +
      `${outcome.daysLeft} days left for the next run.`,
  );
  return outcome;
}

async function compare(day: GatewayDay): Promise<number> {
  const taskQueue = gatewayTaskQueue(workflowInfo().taskQueue);
  const { compareDay } = proxyActivities<SettlementActivities>({ ...LONG_WALK, taskQueue });
  const summary = `${day.gateway} ${day.day}`;
  const { told } = await compareDay.executeWithOptions({ summary }, [{ ...day, repairs: true }]);
  if (told === 0) return 0;
  await sleep(ASKED_AFTER);
  await compareDay.executeWithOptions({ summary }, [{ ...day, repairs: false }]);
  return told;
}
