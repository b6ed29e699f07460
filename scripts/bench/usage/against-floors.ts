/** Owns: the recorder's path beside its floors, round by round, and its bytes. */
import { createRateCardCache } from '../../../db/rate-card-cache';
import { createUsageRecorder } from '../../../db/record-usage';
import { invariant } from '../../../domain/invariant';
import { cpuRatioOf, describeCost, measure, ratioOf, withoutWarmUp, type Cost } from '../cost';
import { createFloors, writtenAt } from './floors';
import { BATCH, createSenders, type Batch, type Mix, type Sender } from './make-events';
import { createAccounts, withUsageBench, type UsageBench } from './usage-bench';

/** The first is a warm-up. */
const ROUNDS = 7;
const BATCHES_PER_ROUND = 40;
const SPREAD_ACCOUNTS = 1_000;
const BATCHES_TO_WEIGH = 300;

/** A round, as work to be timed: batches are made before. */
export type Record = (batches: readonly Batch[]) => Promise<void>;

/** One account, one lane. */
export function measureHot(): Promise<unknown> {
  return withUsageBench((bench) => compare(bench, { accounts: 1, lanes: 1, mix: 'messages' }));
}

/** A thousand accounts, two lanes that share none of them. */
export function measureSpread(): Promise<unknown> {
  const shape = { accounts: SPREAD_ACCOUNTS, lanes: 2, mix: 'messages' } as const;
  return withUsageBench((bench) => compare(bench, shape));
}

/** One business that writes with 20,000 customers: windows are read and written. */
export function measureWindows(): Promise<unknown> {
  return withUsageBench((bench) => compare(bench, { accounts: 1, lanes: 1, mix: 'windows' }));
}

/** What events of a hot account take on disk, with their indexes and all that is written beside them. */
export function measureBytes(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const accountIds = await createAccounts(bench.database, { prefix: 'bytes', count: 1 });
    const [sender] = createSenders(accountIds, { count: 1, mix: 'messages' });
    invariant(sender !== undefined, 'one was asked for');
    const before = await bytesOf(bench);
    const record = createRecord(bench);
    await record(sender.makeBatches(BATCHES_TO_WEIGH));
    const after = await bytesOf(bench);
    const events = BATCHES_TO_WEIGH * BATCH;
    const tables = Object.fromEntries(
      [...after].map(([name, bytes]) => [name, (bytes - (before.get(name) ?? 0)) / events]),
    );
    const each = Object.values(tables).reduce((sum, bytes) => sum + bytes, 0);
    return { events, megabytes_per_million: Math.round(each), bytes_each: tables, goal_max: 350 };
  });
}

export function createRecord({ database }: UsageBench): Record {
  const { recordUsage } = createUsageRecorder(database, createRateCardCache());
  return async (batches) => {
    for (const { events, recordedAt } of batches) {
      const outcomes = await recordUsage({ events, reference: `batch ${recordedAt}`, recordedAt });
      invariant(!outcomes.some(({ kind }) => kind === 'refused'), 'all events are covered');
    }
  };
}

interface Shape {
  readonly accounts: number;
  readonly lanes: number;
  readonly mix: Mix;
}

/** Path and floors in turns, so that all meet the same machine. */
async function compare(bench: UsageBench, { accounts, lanes, mix }: Shape): Promise<unknown> {
  const { database, owner, postgres } = bench;
  const accountIds = await createAccounts(database, { prefix: 'path', count: accounts });
  const floors = await createFloors(owner, database);
  await owner.query('vacuum analyze');
  const senders = createSenders(accountIds, { count: lanes, mix });
  const record = createRecord(bench);
  const path: Cost[] = [];
  const sameRows: Cost[] = [];
  const bareEvents: Cost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const work = makeRound(senders);
    path.push(await timed(postgres.pid, work, record));
    for (const [index, batches] of work.entries()) senders[index]?.remember(batches);
    const written = await floors.readBack(work.flat().map(({ recordedAt }) => recordedAt));
    const rewrite = (write: typeof floors.writeSameRows) => (batches: readonly Batch[]) =>
      inTurn(batches, ({ recordedAt }) => write(writtenAt(written, recordedAt)));
    sameRows.push(await timed(postgres.pid, work, rewrite(floors.writeSameRows)));
    bareEvents.push(await timed(postgres.pid, work, rewrite(floors.writeBareEvents)));
  }
  return {
    accounts,
    lanes,
    ...describe(path, sameRows, bareEvents),
    unsound_ledgers: await countUnsound(bench),
  };
}

function makeRound(senders: readonly Sender[]): Batch[][] {
  return senders.map((sender) => sender.makeBatches(BATCHES_PER_ROUND / senders.length));
}

function timed(
  postgresPid: number,
  work: readonly (readonly Batch[])[],
  write: (batches: readonly Batch[]) => Promise<void>,
): Promise<Cost> {
  return measure(postgresPid, async () => {
    await Promise.all(work.map(write));
    return work.flat().length * BATCH;
  });
}

async function inTurn(
  batches: readonly Batch[],
  write: (batch: Batch) => Promise<void>,
): Promise<void> {
  for (const batch of batches) await write(batch);
}

function describe(...rounds: readonly [Cost[], Cost[], Cost[]]) {
  const [path, sameRows, bareEvents] = [
    withoutWarmUp(rounds[0]),
    withoutWarmUp(rounds[1]),
    withoutWarmUp(rounds[2]),
  ];
  return {
    ...describeCost(path, 'events'),
    floors: {
      same_rows_no_logic: describeCost(sameRows, 'events'),
      bare_insert_of_events: describeCost(bareEvents, 'events'),
    },
    of_same_rows: ratioOf(path, sameRows),
    of_same_rows_by_cpu: cpuRatioOf(path, sameRows),
    of_bare_insert: ratioOf(path, bareEvents),
  };
}

const TABLES = [
  'usage_events',
  'transfers',
  'visitor_months',
  'usage_days',
  'buckets',
  'ledgers',
] as const;

async function bytesOf({ owner }: UsageBench): Promise<ReadonlyMap<string, number>> {
  const { rows } = await owner.query<{ name: string; bytes: string }>(
    `select t.name || case c.relkind when 'i' then ' (indexes)' else '' end as name, sum(pg_relation_size(c.oid)) as bytes
       from unnest($1::text[]) t(name)
       join lateral (select t.name::regclass::oid as id union select inhrelid from pg_inherits where inhparent = t.name::regclass) r on true
       join lateral (select indexrelid as id from pg_index where indrelid = r.id union all select r.id) m on true
       join pg_class c on c.oid = m.id
      group by 1`,
    [TABLES],
  );
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}

async function countUnsound({ owner }: UsageBench): Promise<number> {
  const { rows } = await owner.query(
    `select l.id from ledgers l cross join lateral check_ledger(l.id) c(result)
      where not (c.result ->> 'chain_intact')::boolean
         or exists (select from json_array_elements(c.result -> 'assets') a where not (a ->> 'cached_equals_posted')::boolean)`,
  );
  return rows.length;
}
