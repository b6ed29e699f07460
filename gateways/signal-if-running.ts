import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';

/**
 * Signals a lifecycle. One that has ended needs no hint, so that is success: what the hint was about
 * is in its row, and the reconciliation restarts a workflow that should be running.
 */
export async function signalIfRunning<Facts extends unknown[]>(
  client: Client,
  workflowId: string,
  signal: SignalDefinition<Facts>,
  ...facts: Facts
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal, ...facts);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** A hint that nobody waits for. Ignored where it does not arrive: the reconciliation finds what the row says. */
export function leaveHint(client: Client, workflowId: string, signal: SignalDefinition<[]>): void {
  void signalIfRunning(client, workflowId, signal).catch(() => undefined);
}
