import type { History } from '@temporalio/common/lib/proto-utils';
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';

type HistoryEvent = NonNullable<History['events']>[number];

/** What an operator reads in the Temporal UI: the summaries of a run's timers, in their order. */
export async function readTimerSummaries(handle: WorkflowHandle): Promise<string[]> {
  const events = await readEvents(handle);
  return events.filter(({ timerStartedEventAttributes: timer }) => timer).map(readSummary);
}

/**
 * The summaries of a run's activities with their type, "renew (performSubscriptionAction)": of the ordinary
 * ones, and of those that ran inside a task, which history keeps as markers.
 */
export async function readActivitySummaries(handle: WorkflowHandle): Promise<string[]> {
  const events = await readEvents(handle);
  return events.flatMap((event) => {
    const type = event.activityTaskScheduledEventAttributes?.activityType?.name ?? localType(event);
    return type === undefined ? [] : [`${readSummary(event)} (${type})`];
  });
}

/** How an activity inside a task ended, by its type: "done", or the message of its failure. */
export async function readLocalAttempts(handle: WorkflowHandle): Promise<string[]> {
  const events = await readEvents(handle);
  return events.flatMap((event) => {
    const type = localType(event);
    const failure = event.markerRecordedEventAttributes?.failure;
    return type === undefined ? [] : [`${type}: ${failure?.message ?? 'done'}`];
  });
}

function localType({ markerRecordedEventAttributes: marker }: HistoryEvent): string | undefined {
  const [payload] = marker?.details?.['data']?.payloads ?? [];
  if (marker?.markerName !== 'core_local_activity' || !payload) return undefined;
  return defaultPayloadConverter.fromPayload<{ activity_type: string }>(payload).activity_type;
}

export async function countEvents(
  handle: WorkflowHandle,
  isWanted: (event: HistoryEvent) => boolean,
): Promise<number> {
  return (await readEvents(handle)).filter(isWanted).length;
}

async function readEvents(handle: WorkflowHandle): Promise<HistoryEvent[]> {
  return (await handle.fetchHistory()).events ?? [];
}

function readSummary({ userMetadata }: HistoryEvent): string {
  const summary = userMetadata?.summary;
  return summary ? defaultPayloadConverter.fromPayload<string>(summary) : '';
}

/** The plain words about the state that the UI shows on top of a workflow. */
export async function readDetails(handle: WorkflowHandle): Promise<string> {
  const metadata: unknown = await handle.query('__temporal_workflow_metadata');
  const isShown = typeof metadata === 'object' && metadata !== null && 'currentDetails' in metadata;
  return isShown ? String(metadata.currentDetails) : '';
}
