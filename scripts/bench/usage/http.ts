/**
 * Owns: usage over HTTP, from a process of its own: batches of 100 beside the same batches given to lanes in this
 * process, and what ten times too much does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { cpuMsOfTree } from '../cpu';
import { toHundredths } from '../cost';
import { withApi, type BenchApi } from './bench-api';
import { countStatuses, describeLatency, OK, sendAtRate, sendInTurn, type Sample } from './latency';
import { createEvents } from './make-events';
import { withLanes } from './singles';
import { createAccounts, withUsageBench, type UsageBench } from './usage-bench';

const ACCOUNTS = 100;
const LANES = 2;
const EVENTS_PER_REQUEST = 100;
const AT_ONCE = 16;
const SECONDS = 8;
const WARM_UP_SECONDS = 3;
/** Enough that none is sent twice while a rate is measured. */
const REQUESTS = 6_000;

/** Batches of 100 over HTTP; the floor is the lanes' own rate, without HTTP, JSON, digests and answers. */
export function measureHttp(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const accountIds = await createAccounts(bench.database, { prefix: 'http', count: ACCOUNTS });
    await bench.owner.query('vacuum analyze');
    const lanesPerSecond = await measureLanes(bench, accountIds);
    return withApi(bench, LANES, async (api) => {
      const send = createSend(api, accountIds);
      await sendInTurn({ atOnce: AT_ONCE, seconds: WARM_UP_SECONDS }, send);
      const cpu = () => [cpuMsOfTree(api.pid), cpuMsOfTree(bench.postgres.pid)] as const;
      const before = cpu();
      const requests = await sendInTurn({ atOnce: AT_ONCE, seconds: SECONDS }, send);
      const [apiMs, postgresMs] = cpu();
      const events = requests * EVENTS_PER_REQUEST;
      const perEvent = (ms: number) => Math.round((ms * 10_000) / (events * SECONDS)) / 10;
      return {
        events_per_second: Math.round(events),
        cpu_us_each_api: perEvent(apiMs - before[0]),
        cpu_us_each_postgres: perEvent(postgresMs - before[1]),
        floors: { lanes_events_per_second: Math.round(lanesPerSecond) },
        of_lanes: toHundredths(events / lanesPerSecond),
        goal_min: 0.7,
      };
    });
  });
}

const NORMAL_SHARE = 0.3;
const OVERLOAD = 10;
const OVERLOAD_SECONDS = 8;
const NORMAL_SECONDS = 4;
const RECOVERY_MS = 5_000;

/** Capacity is what clients that wait for their answers get; the overload is ten times that, whatever comes back. */
export function measureOverload(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const accountIds = await createAccounts(bench.database, { prefix: 'over', count: ACCOUNTS });
    await bench.owner.query('vacuum analyze');
    return withApi(bench, LANES, async (api) => {
      const send = createSend(api, accountIds);
      await sendInTurn({ atOnce: AT_ONCE, seconds: WARM_UP_SECONDS }, send);
      const capacity = await sendInTurn({ atOnce: AT_ONCE, seconds: NORMAL_SECONDS }, send);
      const normal = { perSecond: capacity * NORMAL_SHARE, seconds: NORMAL_SECONDS };
      const before = await sendAtRate(normal, send);
      const load = { perSecond: capacity * OVERLOAD, seconds: OVERLOAD_SECONDS };
      const startedAt = performance.now();
      const during = await sendAtRate(load, send);
      const overloadSeconds = (performance.now() - startedAt) / 1_000;
      await pause(RECOVERY_MS);
      const after = await sendAtRate(normal, send);
      return {
        capacity_events_per_second: Math.round(capacity * EVENTS_PER_REQUEST),
        overload: {
          statuses: countStatuses(during),
          offered_for_seconds: OVERLOAD_SECONDS,
          answered_within_seconds: toHundredths(overloadSeconds),
          served_of_capacity: toHundredths(servedPerSecond(during, overloadSeconds) / capacity),
          latency_ms_of_served: describeLatency(during.filter(({ status }) => status === OK)),
        },
        normal_load: {
          of_capacity: NORMAL_SHARE,
          latency_ms_before: describeLatency(before),
          latency_ms_five_seconds_after: describeLatency(after),
        },
        goals: { only: [OK, 429], served_of_capacity_min: 0.8 },
      };
    });
  });
}

function servedPerSecond(samples: readonly Sample[], seconds: number): number {
  return samples.filter(({ status }) => status === OK).length / seconds;
}

async function measureLanes(bench: UsageBench, accountIds: readonly string[]): Promise<number> {
  return withLanes(bench, LANES, async (lanes) => {
    const next = createEvents(accountIds, 'messages');
    const requests = Array.from({ length: REQUESTS }, () =>
      Array.from({ length: EVENTS_PER_REQUEST }, (_, index) => next(index)),
    );
    const send = async (index: number) => {
      await lanes.record(requests[index % REQUESTS] ?? [], 'bench');
      return OK;
    };
    await sendInTurn({ atOnce: AT_ONCE, seconds: WARM_UP_SECONDS }, send);
    return EVENTS_PER_REQUEST * (await sendInTurn({ atOnce: AT_ONCE, seconds: SECONDS }, send));
  });
}

/** Bodies are texts made beforehand; all that is done for each is to make its ids new ones. */
function createSend(api: BenchApi, accountIds: readonly string[]) {
  const template = JSON.stringify({
    events: Array.from({ length: EVENTS_PER_REQUEST }, (_, index) => toBody(accountIds, index)),
  });
  let sent = 0;
  return (): Promise<number> => {
    sent += 1;
    return api.send('POST', '/v1/usage', template.replaceAll('#', String(sent)));
  };
}

/** As many kinds as the events given to the lanes have. */
function toBody(accountIds: readonly string[], index: number): Record<string, unknown> {
  const common = {
    id: `wamid.HBgLNjI4OTEyMzQ1Njc4FQIAERgSQjZF${index}.#`,
    account_id: accountIds[index % accountIds.length],
    occurred_at: new Date(Date.now() - index).toISOString(),
  };
  const visitor = { channel: 'whatsapp', id: `visitor-${index}-#` };
  const isMessage = index % 5 < 3;
  return {
    ...common,
    ...(isMessage
      ? { type: 'message', channel: 'sms' }
      : { type: 'wa_message', category: 'marketing', to: `+62891${1_000_000 + index}` }),
    ...(index % 5 === 0 ? { visitor } : {}),
  };
}
