import { Client, Connection } from '@temporalio/client';
import { createCommandSender } from '../../gateways/workflow-commands';
import type { WorkflowCommand } from '../../domain/command';
import { createTestNamespace, temporalAddress } from '../support/temporal';

const COMMAND: WorkflowCommand = {
  workflow: 'order',
  workflowId: 'order/ord_nobody',
  update: 'placeOrder',
  args: [{ amount: '600.00' }],
  start: null,
};
const START: WorkflowCommand = {
  ...COMMAND,
  workflowId: 'order/ord_new',
  start: { workflowType: 'orderLifecycle', args: [], summary: 'a test', searchAttributes: [] },
};
/** What callers are promised of a missing worker. */
const PROMISED_MS = 5_000;
/** A server known to be away is not waited for again. */
const AT_ONCE_MS = 100;

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
}

test('a server that cannot be reached: unavailable in time, and then at once', async () => {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  try {
    const sender = createCommandSender({
      client: new Client({ connection }),
      taskQueue: 'billing',
      nowMs: () => Date.now(),
    });
    const options = { updateId: 'idem-1', waitMs: 1_000 };
    const first = await timed(() => sender.send(COMMAND, options));
    expect(first.result).toEqual({ kind: 'unavailable' });
    expect(first.ms).toBeLessThan(PROMISED_MS);
    const second = await timed(() => sender.send(COMMAND, options));
    expect(second.result).toEqual({ kind: 'unavailable' });
    expect(second.ms).toBeLessThan(AT_ONCE_MS);
  } finally {
    await connection.close();
  }
}, 15_000);

test('a server without a worker: unavailable in time; an unknown workflow: not running', async () => {
  const namespace = await createTestNamespace();
  const connection = Connection.lazy({ address: temporalAddress() });
  try {
    const sender = createCommandSender({
      client: new Client({ connection, namespace }),
      taskQueue: 'nobody-polls-this',
      nowMs: () => Date.now(),
    });
    const options = { updateId: 'idem-1', waitMs: 1_000 };
    expect(await sender.send(COMMAND, options)).toEqual({ kind: 'not_running' });
    const start = await timed(() => sender.send(START, options));
    expect(start.result).toEqual({ kind: 'unavailable' });
    expect(start.ms).toBeLessThan(PROMISED_MS);
    const again = await timed(() => sender.send(START, options));
    expect(again.result).toEqual({ kind: 'unavailable' });
  } finally {
    await connection.close();
  }
}, 30_000);
