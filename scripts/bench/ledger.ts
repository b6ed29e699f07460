/**
 * What one operation on a ledger costs: grants, each in a transaction of its own, against the bare insert of one
 * transfer in the same run on the same server, in turns, fsync on. Usage has a benchmark of its own. Prints JSON after
 * half a minute; rates move with what else the machine does, ratios and CPU hardly.
 *
 *   npm run bench:ledger -- [operationsPerRound=200]
 */
import type { Database } from '../../db/connection';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { reportAndFail } from '../platform/report';
import { cpuRatioOf, describeCost, measure, ratioOf, withoutWarmUp, type Cost } from './cost';
import { createAccounts, withUsageBench } from './usage/usage-bench';

const ROUNDS = 9;

async function main(): Promise<void> {
  const [operations = 200] = process.argv.slice(2).map(Number);
  const single_grants = await withUsageBench(async ({ database, owner, postgres }) => {
    const [accountId = ''] = await createAccounts(database, { prefix: 'ledger', count: 1 });
    await owner.query(FLOOR_TABLE);
    const path: Cost[] = [];
    const floor: Cost[] = [];
    let number = 0;
    const timed = (work: (number: number) => Promise<void>) =>
      measure(postgres.pid, async () => {
        for (let done = 0; done < operations; done += 1) {
          number += 1;
          await work(number);
        }
        return operations;
      });
    for (let round = 0; round < ROUNDS; round += 1) {
      path.push(await timed((n) => grantOne(database, accountId, n)));
      floor.push(await timed((n) => writeBareTransfer(database, n)));
    }
    return describe(withoutWarmUp(path), withoutWarmUp(floor));
  });
  const report = { benchmark: 'ledger', node: process.version, single_grants };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

function describe(path: readonly Cost[], floor: readonly Cost[]) {
  return {
    ...describeCost(path, 'grants'),
    floors: { bare_insert_of_one_transfer: describeCost(floor, 'grants') },
    of_bare_insert: ratioOf(path, floor),
    of_bare_insert_by_cpu: cpuRatioOf(path, floor),
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

const FLOOR_TABLE = `
  create table floor_bare_transfers (like transfers including all);
  grant insert on floor_bare_transfers to tollgate_app`;

/** One transfer row, nothing else: no lock, no balance, no chain. */
async function writeBareTransfer(database: Database, number: number): Promise<void> {
  await withTransaction(database, SYSTEM, (trx) =>
    trx.raw(
      `insert into floor_bare_transfers (ledger_id, number, debit, credit, asset, amount, kind, reference, effective_at, posted_at, hash)
       values (1, ?, 'clearing/IDR', 'wallet/additional', 'IDR', 1, 'grant', ?, now(), now(), sha256(''))`,
      [number, `bare_${number}`],
    ),
  );
}

main().catch(reportAndFail);
