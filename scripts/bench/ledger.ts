/**
 * What the ledger costs: usage in batches of 500 on one hot account and spread over a thousand, and single
 * grants, each against its floor in the same run on the same tables, in turns, fsync on. The first round
 * beside the last one shows whether an event costs more the more there are. Prints JSON after two or three
 * minutes; rates move with what else the machine does, ratios and CPU hardly.
 *
 *   npm run bench:ledger -- [secondsPerRound=2]
 */
import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { createRateCardCache } from '../../db/rate-card-cache';
import { createUsageRecorder } from '../../db/record-usage';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { invariant } from '../../domain/invariant';
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
  writtenAt,
} from './ledger/floors';
import { createAccounts, createCards, createLanes, type Lane } from './ledger/workload';

const BATCH = 500;
/** Enough for some hundred thousand events on the hot account. */
const ROUNDS = 8;
const SPREAD_ACCOUNTS = 1_000;

interface Bench {
  readonly database: Database;
  readonly postgresPid: number;
  readonly secondsPerRound: number;
}

/** What some work took: wall clock, and CPU of PostgreSQL and of this process. */
interface Cost {
  readonly count: number;
  readonly wallMs: number;
  readonly postgresMs: number;
  readonly nodeMs: number;
}

async function main(): Promise<void> {
  const [secondsPerRound = 2] = process.argv.slice(2).map(Number);
  const postgres = await startBenchPostgres();
  const owner = new Client({ connectionString: postgres.ownerUrl });
  const database = createDatabase({ url: postgres.databaseUrl, applicationName: 'tollgate-bench' });
  try {
    await owner.connect();
    await owner.query(FLOOR_TABLES);
    const at = new Date().toISOString();
    await createCards(database, at);
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
  { accountIds, lanes: count }: { readonly accountIds: readonly string[]; readonly lanes: number },
): Promise<unknown> {
  const lanes = createLanes(accountIds, count);
  const path: Cost[] = [];
  const sameRows: Cost[] = [];
  const bareInsert: Cost[] = [];
  const { recordUsage } = createUsageRecorder(bench.database, createRateCardCache());
  const send = async (lane: Lane, recordedAt: string) => {
    const events = lane.createBatch(BATCH, recordedAt);
    const outcomes = await recordUsage({ events, reference: `batch ${recordedAt}`, recordedAt });
    invariant(!outcomes.some(({ kind }) => kind === 'refused'), 'all events are covered');
    lane.remember(events);
  };
  // The first round plans, opens the month and fills caches; it counts for nobody.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const batches = lanes.map((): string[] => []);
    path.push(
      await measure(bench, async () => {
        const until = performance.now() + bench.secondsPerRound * 1_000;
        const work = async (lane: Lane, number: number) => {
          while (performance.now() < until) {
            const recordedAt = nextInstant();
            await send(lane, recordedAt);
            batches[number]?.push(recordedAt);
          }
        };
        await Promise.all(lanes.map(work));
        return batches.flat().length * BATCH;
      }),
    );
    const written = await readBack(bench.database, batches.flat());
    const writeAgain = (write: (rows: WrittenRows) => Promise<void>) =>
      measure(bench, async () => {
        const work = async (instants: readonly string[]) => {
          for (const instant of instants) await write(writtenAt(written, instant));
        };
        await Promise.all(batches.map(work));
        return batches.flat().length * BATCH;
      });
    sameRows.push(await writeAgain((rows) => writeSameRows(bench.database, rows)));
    bareInsert.push(await writeAgain((rows) => writeBareEvents(bench.database, rows)));
  }
  return {
    ...describe(path, 'events'),
    floors: {
      same_rows_no_logic: describe(sameRows, 'events'),
      bare_insert_of_events: describe(bareInsert, 'events'),
    },
    of_same_rows: ratio(path, sameRows),
    of_bare_insert: ratio(path, bareInsert),
  };
}

async function measureGrants(bench: Bench, [accountId = '']: readonly string[]): Promise<unknown> {
  const path: Cost[] = [];
  const floor: Cost[] = [];
  let number = 0;
  const timed = (work: (number: number) => Promise<void>) =>
    measure(bench, async () => {
      const until = performance.now() + (bench.secondsPerRound * 1_000) / 4;
      const before = number;
      while (performance.now() < until) {
        number += 1;
        await work(number);
      }
      return number - before;
    });
  for (let round = 0; round <= ROUNDS; round += 1) {
    path.push(await timed((n) => grantOne(bench.database, accountId, n)));
    floor.push(await timed((n) => writeBareTransfer(bench.database, n)));
  }
  return {
    ...describe(path, 'grants'),
    floors: { bare_insert_of_one_transfer: describe(floor, 'grants') },
    of_bare_insert: ratio(path, floor),
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

async function measure(bench: Bench, work: () => Promise<number>): Promise<Cost> {
  const postgresBefore = cpuMsOfTree(bench.postgresPid);
  const nodeBefore = process.cpuUsage();
  const startedAt = performance.now();
  const count = await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(nodeBefore);
  const postgresMs = cpuMsOfTree(bench.postgresPid) - postgresBefore;
  return { count, wallMs, postgresMs, nodeMs: (user + system) / 1_000 };
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

/** Of the rounds that count. */
function total(rounds: readonly Cost[], of: keyof Cost): number {
  return rounds.slice(1).reduce((sum, round) => sum + round[of], 0);
}

function perSecond(rounds: readonly Cost[]): number {
  return (total(rounds, 'count') * 1_000) / total(rounds, 'wallMs');
}

function ratio(part: readonly Cost[], whole: readonly Cost[]): number {
  return Math.round((perSecond(part) / perSecond(whole)) * 100) / 100;
}

function describe(rounds: readonly Cost[], noun: string): Record<string, number> {
  const count = total(rounds, 'count');
  const perItem = (of: keyof Cost) => Math.round((total(rounds, of) * 10_000) / count) / 10;
  return {
    [noun]: count,
    per_second: Math.round(perSecond(rounds)),
    per_second_in_first_round: Math.round(perSecond(rounds.slice(0, 2))),
    per_second_in_last_round: Math.round(perSecond(rounds.slice(-2))),
    cpu_us_each_postgres: perItem('postgresMs'),
    cpu_us_each_node: perItem('nodeMs'),
  };
}

main().catch(reportAndFail);
