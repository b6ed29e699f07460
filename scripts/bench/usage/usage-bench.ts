/** Owns: what every part of the usage benchmark begins with: a PostgreSQL of its own, cards, accounts. */
import { Client } from 'pg';
import { createDatabase, type Database } from '../../../db/connection';
import {
  applyLedgerPlan,
  createLedger,
  lockLedgers,
} from '../../../db/repositories/ledger.repository';
import { SYSTEM } from '../../../db/tenant';
import { withTransaction } from '../../../db/transaction';
import { monthOf } from '../../../domain/calendar';
import { grantMoney, grantUnits } from '../../../domain/ledger/grant';
import { createLedgerPlan, type LedgerPlan } from '../../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../../domain/ledger/ledger-state';
import { setAllowance } from '../../../domain/ledger/month';
import { WHATSAPP_CATEGORIES } from '../../../domain/rating/rate-card';
import { startBenchPostgres, type BenchPostgres } from '../bench-postgres';
import { prepareRateCard } from '../prepare-rate-card';

export const TIME_ZONE = 'Asia/Jakarta';
const PLENTY = 1_000_000_000n;
const ACCOUNTS_PER_PLAN = 100;
const RATE = '586.13';

export interface UsageBench {
  readonly postgres: BenchPostgres;
  /** As the application's role. */
  readonly database: Database;
  readonly owner: Client;
}

/** Runs one part of the benchmark on a fresh database with two cards in IDR. */
export async function withUsageBench<T>(work: (bench: UsageBench) => Promise<T>): Promise<T> {
  const postgres = await startBenchPostgres();
  const owner = new Client({ connectionString: postgres.ownerUrl });
  const database = createDatabase({ url: postgres.databaseUrl, applicationName: 'tollgate-bench' });
  try {
    await owner.connect();
    const common = { currency: 'IDR', timeZone: TIME_ZONE, rate: RATE } as const;
    await prepareRateCard(database, { ...common, channel: 'message', categories: ['message'] });
    await prepareRateCard(database, {
      ...common,
      channel: 'whatsapp',
      categories: WHATSAPP_CATEGORIES,
    });
    return await work({ postgres, database, owner });
  } finally {
    await database.destroy();
    await owner.end();
    await postgres.stop();
  }
}

/** Accounts with six buckets each: two quotas, two packages, two wallets, none of which runs dry. */
export async function createAccounts(
  database: Database,
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Promise<string[]> {
  const at = new Date().toISOString();
  const ids = Array.from({ length: count }, (_, index) => `acct_${prefix}${index}`);
  for (let start = 0; start < count; start += ACCOUNTS_PER_PLAN) {
    const some = ids.slice(start, start + ACCOUNTS_PER_PLAN);
    await withTransaction(database, SYSTEM, async (trx) => {
      await trx('accounts').insert(
        some.map((id) => ({
          id,
          name: id,
          country: 'ID',
          currency: 'IDR',
          time_zone: TIME_ZONE,
          created_at: at,
          updated_at: at,
        })),
      );
      for (const accountId of some) {
        await createLedger(trx, { accountId, timeZone: TIME_ZONE, currency: 'IDR', at });
      }
      const ledgers = [...(await lockLedgers(trx, some)).values()];
      const plan = createLedgerPlan(ledgers, { reference: 'fill', postedAt: at });
      for (const ledger of ledgers) fill(plan, ledger, at);
      await applyLedgerPlan(trx, plan);
    });
  }
  return ids;
}

function fill(plan: LedgerPlan, ledger: LedgerState, at: string): void {
  const fromMonth = monthOf(at, TIME_ZONE);
  setAllowance(plan, ledger, { asset: 'message', fromMonth, quantity: 40n, at });
  setAllowance(plan, ledger, { asset: 'unique_visitor', fromMonth, quantity: PLENTY, at });
  for (const number of [1, 2]) {
    grantUnits(plan, ledger, {
      code: `package/${number}`,
      asset: 'message',
      source: 'package',
      quantity: number === 1 ? 50n : PLENTY,
      startsAt: null,
      expiresAt: null,
      at,
      reference: `package/${number}`,
    });
  }
  for (const source of ['wallet_initial', 'wallet_additional'] as const) {
    grantMoney(plan, ledger, {
      source,
      amountMicros: PLENTY * 1_000_000n,
      at,
      kind: 'grant',
      reference: `fill/${source}`,
      from: 'clearing',
    });
  }
}
