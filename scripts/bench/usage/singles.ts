/** Owns: single events over the lanes in this process, at a fixed rate whatever comes back. */
import { createMetrics } from '../../../api/metrics';
import { createUsageLanes, type UsageLanes } from '../../../api/usage/lanes';
import { createDatabase } from '../../../db/connection';
import { createRateCardCache } from '../../../db/rate-card-cache';
import { createUsageRecorder } from '../../../db/record-usage';
import { cpuMsOfTree } from '../cpu';
import { countStatuses, describeLatency, OK, sendAtRate } from './latency';
import { createEvents } from './make-events';
import { createAccounts, withUsageBench, type UsageBench } from './usage-bench';

const ACCOUNTS = 1_000;
const LANES = 2;
const UNPROCESSABLE = 422;
const LOAD = { perSecond: 3_000, seconds: 30 } as const;
const WARM_UP = { perSecond: 1_000, seconds: 3 } as const;

export function measureSingles(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const accountIds = await createAccounts(bench.database, { prefix: 'one', count: ACCOUNTS });
    await bench.owner.query('vacuum analyze');
    return withLanes(bench, LANES, async (lanes) => {
      await sendSingles(lanes, accountIds, WARM_UP);
      const before = [process.cpuUsage(), cpuMsOfTree(bench.postgres.pid)] as const;
      const samples = await sendSingles(lanes, accountIds, LOAD);
      const { user, system } = process.cpuUsage(before[0]);
      const postgresMs = cpuMsOfTree(bench.postgres.pid) - before[1];
      return {
        load: LOAD,
        lanes: LANES,
        statuses: countStatuses(samples),
        latency_ms: describeLatency(samples),
        cpu_us_each_node: Math.round((user + system) / samples.length),
        cpu_us_each_postgres: Math.round((postgresMs * 1_000) / samples.length),
        goals_ms: { p50: 6, p99: 25 },
      };
    });
  });
}

/** Lanes with a pool of their own, as the API has them. */
export async function withLanes<T>(
  { postgres }: UsageBench,
  count: number,
  work: (lanes: UsageLanes) => Promise<T>,
): Promise<T> {
  const database = createDatabase({
    url: postgres.databaseUrl,
    poolMax: count,
    applicationName: 'tollgate-bench-lanes',
    isSystem: true,
  });
  try {
    return await work(
      createUsageLanes({
        recorder: createUsageRecorder(database, createRateCardCache()),
        lanes: count,
        metrics: createMetrics(),
        now: () => new Date().toISOString(),
      }),
    );
  } finally {
    await database.destroy();
  }
}

/** Events are made before the clock runs. Status 200: charged; 422: refused. */
export function sendSingles(
  lanes: UsageLanes,
  accountIds: readonly string[],
  load: { readonly perSecond: number; readonly seconds: number },
) {
  const next = createEvents(accountIds, 'messages');
  const events = Array.from({ length: load.perSecond * load.seconds }, (_, index) => [next(index)]);
  return sendAtRate(load, async (index) => {
    const [outcome] = await lanes.record(events[index] ?? [], 'bench');
    return outcome?.kind === 'charged' ? OK : UNPROCESSABLE;
  });
}
