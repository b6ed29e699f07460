/**
 * What the ledger costs: usage in batches of 500 on one hot account and spread over a thousand, and single
 * grants, each against its floor in the same run on the same tables, in turns, fsync on. Prints JSON in
 * less than a minute; rates move with what else the machine does, ratios and CPU hardly.
 *
 *   npm run bench:ledger -- [secondsPerRound=0.8]
 */
import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { createUsageRecorder } from '../../db/record-usage';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { reportAndFail } from '../platform/report';
import { cpuMsOfTree } from './cpu';
import { startBenchPostgres } from './ledger/bench-postgres';
import {
  FLOOR_FILL,
  FLOOR_TABLES,
  readBack,
  type WrittenRows,
  writeBareEvents,
  writeBareTransfer,
  writeSameRows,
} from './ledger/floors';
import { createAccounts, createBatch } from './ledger/workload';

const BATCH = 500;
const ROUNDS = 4;
const SPREAD_ACCOUNTS = 1_000;

interface Bench {
  readonly database: Database;
  readonly postgresPid: number;
  readonly secondsPerRound: number;
}

/** What some work took: wall clock, and CPU of PostgreSQL and of this process. */
interface Cost {
  count: number;
  wallMs: number;
  postgresMs: number;
  nodeMs: number;
}

async function main(): Promise<void> {
  const [secondsPerRound = 0.8] = process.argv.slice(2).map(Number);
  const postgres = await startBenchPostgres();
  const owner = new Client({ connectionString: postgres.ownerUrl });
  const database = createDatabase({ url: postgres.databaseUrl, applicationName: 'tollgate-bench' });
  try {
    await owner.connect();
    await owner.query(FLOOR_TABLES);
    const at = new Date().toISOString();
    const hot = await createAccounts(database, { prefix: 'hot', count: 1, at });
    const spread = await createAccounts(database, { prefix: 'spread', count: SPREAD_ACCOUNTS, at });
    await owner.query(FLOOR_FILL);
    await owner.query('vacuum analyze');
    const bench = { database, postgresPid: postgres.pid, secondsPerRound };
    const result = {
      what: 'ledger, batches of 500 events, six buckets per account, fsync on',
      node: process.version,
      hot_account_one_lane: await measureUsage(bench, { accountIds: hot, lanes: 1 }),
      thousand_accounts_two_lanes: await measureUsage(bench, { accountIds: spread, lanes: 2 }),
      single_grants: await measureGrants(bench, hot),
      bytes_per_event: await measureBytes(owner),
      unsound_ledgers: await countUnsound(owner),
    };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await database.destroy();
    await owner.end();
    await postgres.stop();
  }
}

async function measureUsage(
  bench: Bench,
  { accountIds, lanes }: { readonly accountIds: readonly string[]; readonly lanes: number },
): Promise<unknown> {
  const path = zero();
  const sameRows = zero();
  const bareInsert = zero();
  const seen: string[] = [];
  const { recordUsage } = createUsageRecorder(bench.database);
  // The first batches plan, open the month and fill caches; they count for nobody.
  for (let round = -1; round < ROUNDS; round += 1) {
    const instants: string[] = [];
    const add = round < 0 ? zero() : path;
    await measure(bench, add, async () => {
      const until = performance.now() + bench.secondsPerRound * 1_000;
      const lane = async () => {
        while (performance.now() < until) {
          const recordedAt = nextInstant();
          const at = recordedAt;
          const events = createBatch(accountIds, { size: BATCH, at, seen });
          await recordUsage({ events, reference: `batch ${recordedAt}`, recordedAt });
          instants.push(recordedAt);
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      return instants.length * BATCH;
    });
    const written: WrittenRows[] = [];
    for (const instant of instants) written.push(await readBack(bench.database, instant));
    const replay = async (cost: Cost, write: (rows: WrittenRows) => Promise<void>) => {
      const queue = [...written];
      await measure(bench, round < 0 ? zero() : cost, async () => {
        const lane = async () => {
          for (let rows = queue.shift(); rows; rows = queue.shift()) await write(rows);
        };
        await Promise.all(Array.from({ length: lanes }, lane));
        return instants.length * BATCH;
      });
    };
    await replay(sameRows, (rows) => writeSameRows(bench.database, rows));
    await replay(bareInsert, (rows) => writeBareEvents(bench.database, rows));
  }
  return {
    ...describe(path, 'events'),
    floors: {
      same_rows_no_logic: describe(sameRows, 'events'),
      bare_insert_of_events: describe(bareInsert, 'events'),
    },
    of_same_rows: ratio(rateOf(path), rateOf(sameRows)),
    of_bare_insert: ratio(rateOf(path), rateOf(bareInsert)),
  };
}

async function measureGrants(bench: Bench, [accountId = '']: readonly string[]): Promise<unknown> {
  const path = zero();
  const floor = zero();
  let number = 0;
  const timed = async (cost: Cost, work: (number: number) => Promise<void>) =>
    measure(bench, cost, async () => {
      const until = performance.now() + (bench.secondsPerRound * 1_000) / 2;
      const before = number;
      while (performance.now() < until) {
        number += 1;
        await work(number);
      }
      return number - before;
    });
  for (let round = -1; round < ROUNDS; round += 1) {
    await timed(round < 0 ? zero() : path, (n) => grantOne(bench.database, accountId, n));
    await timed(round < 0 ? zero() : floor, (n) => writeBareTransfer(bench.database, n));
  }
  return {
    ...describe(path, 'grants'),
    floors: { bare_insert_of_one_transfer: describe(floor, 'grants') },
    of_bare_insert: ratio(rateOf(path), rateOf(floor)),
  };
}

function grantOne(database: Database, accountId: string, number: number): Promise<void> {
  const at = new Date().toISOString();
  const reference = `top_${number}`;
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledgers = await lockLedgers(trx, [accountId], [reference]);
    const plan = createLedgerPlan([...ledgers.values()], { reference, postedAt: at });
    for (const ledger of ledgers.values()) {
      grantMoney(plan, ledger, {
        source: 'wallet_additional',
        amountMicros: 1n,
        at,
        kind: 'grant',
        reference,
        from: 'clearing',
      });
    }
    await applyLedgerPlan(trx, plan);
  });
}

async function measure(bench: Bench, cost: Cost, work: () => Promise<number>): Promise<void> {
  const postgresBefore = cpuMsOfTree(bench.postgresPid);
  const nodeBefore = process.cpuUsage();
  const startedAt = performance.now();
  cost.count += await work();
  cost.wallMs += performance.now() - startedAt;
  cost.postgresMs += cpuMsOfTree(bench.postgresPid) - postgresBefore;
  const { user, system } = process.cpuUsage(nodeBefore);
  cost.nodeMs += (user + system) / 1_000;
}

async function measureBytes(owner: Client): Promise<unknown> {
  const { rows } = await owner.query<{ bytes: bigint; events: bigint }>(
    `select (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'usage_events'::regclass)::bigint
              + pg_total_relation_size('transfers') + pg_total_relation_size('visitor_months') + pg_total_relation_size('usage_days') as bytes,
            (select count(*) from usage_events) as events`,
  );
  const [row] = rows;
  return row ? Number(row.bytes / row.events) : null;
}

async function countUnsound(owner: Client): Promise<number> {
  const { rows } = await owner.query(
    `select l.id from ledgers l cross join lateral check_ledger(l.id) c(result)
      where not (c.result ->> 'chain_intact')::boolean
         or exists (select from json_array_elements(c.result -> 'assets') a where not (a ->> 'cached_equals_posted')::boolean)`,
  );
  return rows.length;
}

let lastInstantMs = 0;

/** Each batch has an instant of its own: its rows are found by it. */
function nextInstant(): string {
  lastInstantMs = Math.max(lastInstantMs + 1, Date.now());
  return new Date(lastInstantMs).toISOString();
}

function zero(): Cost {
  return { count: 0, wallMs: 0, postgresMs: 0, nodeMs: 0 };
}

function rateOf({ count, wallMs }: Cost): number {
  return (count * 1_000) / wallMs;
}

function ratio(part: number, whole: number): number {
  return Math.round((part / whole) * 100) / 100;
}

function describe(cost: Cost, noun: string): Record<string, number> {
  const perItem = (milliseconds: number) => Math.round((milliseconds * 10_000) / cost.count) / 10;
  return {
    [noun]: cost.count,
    per_second: Math.round(rateOf(cost)),
    cpu_us_each_postgres: perItem(cost.postgresMs),
    cpu_us_each_node: perItem(cost.nodeMs),
  };
}

main().catch(reportAndFail);
