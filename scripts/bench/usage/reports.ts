/** Owns: reading what millions of events have left behind, over HTTP: the trend of three months, a report as CSV. */
import { setTimeout as pause } from 'node:timers/promises';
import { residentMbOfTree } from '../cpu';
import { toHundredths } from '../cost';
import { withApi, type BenchApi } from './bench-api';
import { fillEvents } from './fill-events';
import { countStatuses, describeLatency, OK, sendAtRate } from './latency';
import { createAccounts, withUsageBench } from './usage-bench';

const LANES = 2;
const DAY_MS = 86_400_000;
const TREND_EVENTS = 4_000_000;
const TREND_DAYS = 85;
const TREND_LOAD = { perSecond: 50, seconds: 10 } as const;
const CSV_ROWS = 1_000_000;
const CSV_DAYS = 20;
const MEMORY_EVERY_MS = 100;

/** Three months of an account with four million events. */
export function measureTrend(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const [accountId = ''] = await createAccounts(bench.database, { prefix: 'trend', count: 1 });
    await fillEvents(bench, { accountId, events: TREND_EVENTS, days: TREND_DAYS });
    await bench.owner.query('analyze');
    const path = `/v1/accounts/${accountId}/usage_trend?${daysOf(TREND_DAYS)}`;
    return withApi(bench, LANES, async (api) => {
      const send = () => api.send('GET', path);
      await sendAtRate({ ...TREND_LOAD, seconds: 3 }, send);
      const samples = await sendAtRate(TREND_LOAD, send);
      return {
        events: TREND_EVENTS,
        load: TREND_LOAD,
        statuses: countStatuses(samples),
        latency_ms: describeLatency(samples),
        floors: { latency_ms_of_healthz: await measureHealth(api) },
        goal_ms: { p99: 10 },
      };
    });
  });
}

/** What HTTP alone takes. */
async function measureHealth(api: BenchApi): Promise<unknown> {
  return describeLatency(await sendAtRate(TREND_LOAD, () => api.send('GET', '/healthz')));
}

/** A million rows; the API's memory is looked at ten times a second. */
export function measureCsv(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const [accountId = ''] = await createAccounts(bench.database, { prefix: 'csv', count: 1 });
    await fillEvents(bench, { accountId, events: CSV_ROWS, days: CSV_DAYS });
    await bench.owner.query('analyze');
    const path = `/v1/accounts/${accountId}/reports/whatsapp_usage.csv`;
    return withApi(bench, LANES, async (api) => {
      // A small download first: what code and connections take is no part of it.
      await api.download(`${path}?${daysOf(1)}`);
      const memory = watchMemory(api.pid);
      const startedAt = performance.now();
      const { status, bytes, lines } = await api.download(`${path}?${daysOf(CSV_DAYS)}`);
      const seconds = (performance.now() - startedAt) / 1_000;
      const { before, most } = memory.stop();
      return {
        status,
        rows: lines - 1,
        megabytes: Math.round(bytes / 1e6),
        seconds: toHundredths(seconds),
        api_memory_mb: { before, most, more: most - before },
        goals: { seconds: 15, more_memory_mb: 50, status: OK },
      };
    });
  });
}

/** So many days up to today and a day around them. */
function daysOf(days: number): string {
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return `from=${dayOf(Date.now() - days * DAY_MS)}&to=${dayOf(Date.now() + DAY_MS)}`;
}

function watchMemory(pid: number) {
  const before = residentMbOfTree(pid);
  const stopping = new AbortController();
  let most = before;
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      most = Math.max(most, residentMbOfTree(pid));
      await pause(MEMORY_EVERY_MS);
    }
  };
  void watch();
  return {
    stop() {
      stopping.abort();
      return { before, most };
    },
  };
}
