import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { pollUntil } from '../../scripts/servers/poll-until';
import { registerSearchAttributes } from '../../scripts/servers/search-attributes';
import { requireFromRun } from './test-run-state';

/**
 * A server that skips over time, of this test file alone: one per file, tests in it one after the
 * other, time moved with `env.sleep` only, results read with a plain Client. Call `teardown()` in afterAll.
 */
export function createTimeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: requireFromRun('testServerPath') } },
  });
}

/** The bundle of all workflows, built once per run: give it to `Worker.create`. */
export function workflowBundle(): { readonly codePath: string } {
  return { codePath: requireFromRun('bundlePath') };
}

/** The development server of this run (projects api and scenarios). */
export function temporalAddress(): string {
  return requireFromRun('temporalAddress');
}

const NAMESPACE_DEADLINE_MS = 15_000;

/** A namespace of its own on a development server, with the search attributes. Answers its name. */
export async function createTestNamespace(address: string = temporalAddress()): Promise<string> {
  const namespace = `test-${process.pid}-${randomBytes(4).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await pollUntil(
      async () => {
        await registerSearchAttributes(connection, namespace);
        await connection.workflowService.countWorkflowExecutions({
          namespace,
          query: "AccountId = 'none'",
        });
        return true;
      },
      { deadlineMs: NAMESPACE_DEADLINE_MS, waitingFor: `namespace ${namespace}` },
    );
    return namespace;
  } finally {
    await connection.close();
  }
}
