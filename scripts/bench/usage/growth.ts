/**
 * Owns: whether an event costs more the more there are on its ledger.
 * Two million events by the path would take minutes. What could grow is what the path looks into: the index that finds
 * a key, the visitors of the month, the transfers behind a replay, and the planner's statistics. All of it follows from
 * the rows alone, so the path is measured on a young ledger, the ledger is filled to two million events by SQL, and the
 * path is measured again, replays of young events included.
 */
import { invariant } from '../../../domain/invariant';
import { describeCost, measure, perSecond, toHundredths, withoutWarmUp, type Cost } from '../cost';
import { createRecord } from './against-floors';
import { fillEvents } from './fill-events';
import { BATCH, createSenders, type Sender } from './make-events';
import { createAccounts, withUsageBench, type UsageBench } from './usage-bench';

const EVENTS = 2_000_000;
const ROUNDS = 4;
const BATCHES_PER_ROUND = 20;
/** A batch of 500 makes about five. */
const TRANSFERS = 20_000;

export function measureGrowth(): Promise<unknown> {
  return withUsageBench(async (bench) => {
    const accountIds = await createAccounts(bench.database, { prefix: 'growth', count: 1 });
    const [sender] = createSenders(accountIds, { count: 1, mix: 'messages' });
    const [accountId] = accountIds;
    invariant(sender !== undefined && accountId !== undefined, 'one of each was asked for');
    await bench.owner.query('vacuum analyze');
    const rounds = createRounds(bench, sender);
    const first = await rounds();
    await fillEvents(bench, { accountId, events: EVENTS, days: 20 });
    await fillTransfers(bench, accountId);
    await bench.owner.query('analyze');
    await bench.owner.query('checkpoint');
    const last = await rounds();
    return {
      events_before_last: EVENTS,
      first: describeCost(first, 'events'),
      last: describeCost(last, 'events'),
      last_of_first: toHundredths(perSecond(last) / perSecond(first)),
      goal_min: 0.8,
    };
  });
}

function createRounds(bench: UsageBench, sender: Sender): () => Promise<readonly Cost[]> {
  const record = createRecord(bench);
  return async () => {
    const costs: Cost[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const batches = sender.makeBatches(BATCHES_PER_ROUND);
      const work = async () => {
        await record(batches);
        return batches.length * BATCH;
      };
      costs.push(await measure(bench.postgres.pid, work));
      sender.remember(batches);
    }
    return withoutWarmUp(costs);
  };
}

async function fillTransfers({ owner }: UsageBench, accountId: string): Promise<void> {
  await owner.query(
    `with filled as (
       insert into transfers (ledger_id, number, debit, credit, asset, amount, kind, reference, effective_at, posted_at, hash)
       select id, transfer_count + n, 'wallet/additional', 'revenue/IDR', 'IDR', 1, 'usage', 'filled', now(), now(), sha256(n::text::bytea)
         from ledgers, generate_series(1, $2::int) n where account_id = $1
       returning ledger_id, number, hash)
     update ledgers l set transfer_count = f.number, chain_head = f.hash from filled f
      where l.id = f.ledger_id and f.number = l.transfer_count + $2`,
    [accountId, TRANSFERS],
  );
}
