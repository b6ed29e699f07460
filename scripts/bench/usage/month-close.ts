/** Owns: the month of 100,000 accounts turned by the worker's own activity, while their usage is charged. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cpuMsOfTree } from '../cpu';
import { toHundredths } from '../cost';
import { countStatuses, describeLatency } from './latency';
import { sendSingles, withLanes } from './singles';
import { TIME_ZONE, withUsageBench, type UsageBench } from './usage-bench';

const ACCOUNTS = 100_000;
const LANES = 2;
const LIVE = { perSecond: 200, seconds: 1 } as const;

export function measureMonthClose(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    await fillAccounts(bench);
    const accountIds = Array.from({ length: ACCOUNTS }, (_, index) => `acct_month${index + 1}`);
    return withLanes(bench, LANES, async (lanes) => {
      await sendSingles(lanes, accountIds, { perSecond: LIVE.perSecond, seconds: 2 });
      const quiet = await sendSingles(lanes, accountIds, { ...LIVE, seconds: 3 });
      const closing = closeMonth(bench);
      const samples = [];
      while (!closing.isDone()) samples.push(...(await sendSingles(lanes, accountIds, LIVE)));
      const { seconds, turned, setAside, cpuMs } = await closing.result;
      return {
        accounts: turned,
        set_aside: setAside,
        seconds: toHundredths(seconds),
        accounts_per_second: Math.round(turned / seconds),
        cpu_us_each: { node: perAccount(cpuMs.node), postgres: perAccount(cpuMs.postgres) },
        live_charges: {
          per_second: LIVE.perSecond,
          statuses: countStatuses(samples),
          latency_ms_before: describeLatency(quiet),
          latency_ms: describeLatency(samples),
        },
        goals: { seconds: 30, live_p99_ms: 25 },
      };
    });
  });
}

function perAccount(ms: number): number {
  return Math.round((ms * 1_000) / ACCOUNTS);
}

/** Ready to be turned: last month's quota with something left of it, an allowance, and money. */
async function fillAccounts({ owner }: UsageBench): Promise<void> {
  await owner.query(
    `insert into accounts (id, name, country, currency, time_zone, created_at, updated_at)
     select 'acct_month' || n, 'Month ' || n, 'ID', 'IDR', $2, now(), now() from generate_series(1, $1::int) n`,
    [ACCOUNTS, TIME_ZONE],
  );
  await owner.query(
    `insert into ledgers (account_id, time_zone, currency, open_month, turned_to)
     select id, time_zone, currency, month, month
       from accounts, (select date_trunc('month', now() at time zone $1) - interval '1 month' as month) m`,
    [TIME_ZONE],
  );
  await owner.query(
    `insert into allowances (ledger_id, asset, from_month, quantity)
     select id, asset, open_month, 1000 from ledgers, unnest(array['message', 'unique_visitor']) asset`,
  );
  await owner.query(
    `insert into buckets (ledger_id, code, asset, source, month, granted, posted)
     select id, 'quota/' || asset || '/' || to_char(open_month, 'YYYY-MM'), asset, 'plan_quota', open_month, 1000, 400
       from ledgers, unnest(array['message', 'unique_visitor']) asset
     union all
     select id, 'wallet/' || name, 'IDR', 'wallet_' || name, null, 1000000000000, 1000000000000
       from ledgers, unnest(array['initial', 'additional']) name`,
  );
  await owner.query('vacuum analyze');
}

interface Closed {
  readonly seconds: number;
  readonly turned: number;
  readonly setAside: number;
}

/** In a process of its own, as the worker is. */
function closeMonth({ postgres }: UsageBench) {
  const extension = path.extname(__filename);
  const worker = fork(path.join(__dirname, `close-month${extension}`), {
    env: { ...process.env, DATABASE_URL: postgres.databaseUrl, TIME_ZONE },
    execArgv: extension === '.ts' ? ['--import', 'tsx'] : [],
  });
  let isDone = false;
  const wait = async (): Promise<Closed & { cpuMs: { node: number; postgres: number } }> => {
    const before = cpuMsOfTree(postgres.pid);
    try {
      const [message] = (await once(worker, 'message')) as [Closed & { nodeMs: number }];
      const cpuMs = { node: message.nodeMs, postgres: cpuMsOfTree(postgres.pid) - before };
      return { ...message, cpuMs };
    } finally {
      isDone = true;
    }
  };
  return { isDone: () => isDone, result: wait() };
}
