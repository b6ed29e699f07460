/**
 * Makes a Temporal server ready for us: the namespace, and the search attributes in it. Running it again
 * changes nothing. `node dist/scripts/prepare-temporal.js` with TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.
 * Temporal Cloud creates namespaces elsewhere; there it only registers the search attributes.
 */
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { parseTemporalConfig } from '../config/config';
import { temporalConnectionOptions } from '../config/temporal';
import { reportAndFail } from './platform/report';
import { pollUntil } from './servers/poll-until';
import { registerSearchAttributes } from './servers/search-attributes';

/** How long a finished workflow can be looked at; what happened stays in PostgreSQL for good. */
const RETENTION = '30 days';
const NOT_FOUND = 5;
const READY_DEADLINE_MS = 60_000;

async function prepare(): Promise<void> {
  const config = parseTemporalConfig(process.env);
  const { namespace } = config;
  const connection = await Connection.connect(await temporalConnectionOptions(config));
  try {
    if (await ensureNamespace(connection, namespace)) say(`created namespace ${namespace}`);
    // A new namespace is known to every part of the server a few seconds later.
    const added = await pollUntil(() => registerSearchAttributes(connection, namespace), {
      deadlineMs: READY_DEADLINE_MS,
      waitingFor: `namespace ${namespace}`,
    });
    say(added.length === 0 ? 'search attributes are there' : `registered ${added.join(', ')}`);
  } finally {
    await connection.close();
  }
}

/** Whether it had to be created. */
async function ensureNamespace(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return false;
  } catch (error) {
    if (!isGrpcServiceError(error) || Number(error.code) !== NOT_FOUND) throw error;
  }
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs(RETENTION),
  });
  return true;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

prepare().catch(reportAndFail);
