import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/**
 * Temporal's client as activities use it that only signal: `signalled` grows by "order/ord_1 moneyArrived".
 * Workflows with "gone" in their id do not run.
 */
export function createSignalRecorder(signalled: string[]): Client {
  const getHandle = (workflowId: string) => ({
    signal: async ({ name }: { readonly name: string }) => {
      if (workflowId.includes('gone')) {
        throw new WorkflowNotFoundError('gone', workflowId, undefined);
      }
      signalled.push(`${workflowId} ${name}`);
    },
  });
  return { workflow: { getHandle } } as unknown as Client; // Only what is used.
}
