import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';

/**
 * Signals a lifecycle. One that has ended needs no hint, so that is success: what the hint was about
 * is in its row, and the reconciliation restarts a workflow that should be running.
 */
export async function signalIfRunning<Fact>(
  client: Client,
  workflowId: string,
  signal: SignalDefinition<[Fact]>,
  fact: Fact,
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal, fact);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
