import type { Database } from '../../db/connection';
import {
  listAccountTenancies,
  type AccountTenancy,
} from '../../db/repositories/account.repository';
import { listTestClockTimes } from '../../db/repositories/test-clock.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { Caller } from '../caller';

/** About 20 MB. */
const REMEMBERED_MAX = 100_000;

/** An account as the door of usage needs it, in its present. */
export interface UsageAccount extends AccountTenancy {
  readonly now: Instant;
}

export interface UsageAccounts {
  /** Those of the accounts that are the caller's, by id. `receivedAt` is the wall clock's present. */
  readonly find: (
    ids: ReadonlySet<string>,
    asked: { readonly caller: Caller; readonly receivedAt: Instant },
  ) => Promise<ReadonlyMap<string, UsageAccount>>;
}

/**
 * Accounts that this process has met. They are remembered, because what is asked of them never changes: their
 * partner, currency and test clock. One that is unknown is looked for each time, so a new one is found at once.
 */
export function createUsageAccounts(database: Database): UsageAccounts {
  const known = new Map<string, AccountTenancy>();
  return {
    async find(ids, { caller, receivedAt }) {
      const wanted = [...ids].filter((id) => caller.role !== 'account' || id === caller.accountId);
      await learn(wanted.filter((id) => !known.has(id)));
      const found = wanted.flatMap((id) => known.get(id) ?? []);
      const own = found.filter((account) => isOf(caller, account));
      const times = await readClocks(own);
      return new Map(
        own.map((account) => {
          const now = times.get(account.testClockId ?? '') ?? receivedAt;
          return [account.id, { ...account, now }];
        }),
      );
    },
  };

  async function learn(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const accounts = await withTransaction(database, SYSTEM, (trx) =>
      listAccountTenancies(trx, ids),
    );
    if (known.size + accounts.length > REMEMBERED_MAX) known.clear();
    for (const account of accounts) known.set(account.id, account);
  }

  async function readClocks(
    accounts: readonly AccountTenancy[],
  ): Promise<ReadonlyMap<string, Instant>> {
    const clocks = new Set(accounts.flatMap(({ testClockId }) => testClockId ?? []));
    if (clocks.size === 0) return new Map();
    return withTransaction(database, SYSTEM, (trx) => listTestClockTimes(trx, [...clocks]));
  }
}

function isOf({ role, partnerId, accountId }: Caller, account: AccountTenancy): boolean {
  switch (role) {
    case 'operator':
      return true;
    case 'partner':
      return account.partnerId !== null && account.partnerId === partnerId;
    case 'account':
      return account.id === accountId;
  }
}
