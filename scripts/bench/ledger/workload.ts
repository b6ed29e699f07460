/** Owns: the accounts and events of the ledger's benchmark, the same on every run. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connection';
import {
  applyLedgerPlan,
  createLedger,
  lockLedgers,
} from '../../../db/repositories/ledger.repository';
import { SYSTEM } from '../../../db/tenant';
import { withTransaction } from '../../../db/transaction';
import { grantMoney, grantUnits } from '../../../domain/ledger/grant';
import { createLedgerPlan } from '../../../domain/ledger/ledger-plan';
import { setAllowance } from '../../../domain/ledger/month';
import { monthOf } from '../../../domain/calendar';
import type { UsageEvent } from '../../../domain/ledger/usage';

const TIME_ZONE = 'Asia/Jakarta';
const PLENTY = 1_000_000_000n;
const ACCOUNTS_PER_PLAN = 100;

/** Accounts with six buckets each: two quotas, two packages, two wallets, none of which runs dry. */
export async function createAccounts(
  database: Database,
  { prefix, count, at }: { readonly prefix: string; readonly count: number; readonly at: string },
): Promise<string[]> {
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

function fill(
  plan: Parameters<typeof grantMoney>[0],
  ledger: Parameters<typeof grantMoney>[1],
  at: string,
): void {
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

/** A batch: 60% burn units, 40% cost money, 1% are copies, a fifth bring a visitor nobody has seen. */
export function createBatch(
  accountIds: readonly string[],
  { size, at, seen }: { readonly size: number; readonly at: string; readonly seen: string[] },
): UsageEvent[] {
  const events: UsageEvent[] = [];
  for (let index = 0; index < size; index += 1) {
    const copied = index % 100 === 99 ? events[index - 50] : undefined;
    events.push(copied ?? createEvent(accountIds, { index, at, seen }));
  }
  return events;
}

function createEvent(
  accountIds: readonly string[],
  { index, at, seen }: { readonly index: number; readonly at: string; readonly seen: string[] },
): UsageEvent {
  const isMessage = index % 5 < 3;
  return {
    accountId: accountIds[Math.floor(Math.random() * accountIds.length)] ?? '',
    key: randomUUID(),
    occurredAt: at,
    receivedAt: at,
    category: isMessage ? 'service' : 'marketing',
    asset: isMessage ? 'message' : 'wa_marketing',
    quantity: 1n,
    unitPrice: 5_861_300_000_000n,
    visitor: pickVisitor(index, seen),
    visitorPrice: null,
    mode: 'enforce',
  };
}

function pickVisitor(index: number, seen: string[]): string | null {
  if (index % 5 === 0) {
    const visitor = randomUUID();
    if (seen.length < 10_000) seen.push(visitor);
    return visitor;
  }
  return index % 5 === 1 ? (seen[index % Math.max(1, seen.length)] ?? null) : null;
}
