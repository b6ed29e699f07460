/**
 * Owns: turning the months of some accounts: a transaction for all of them, and for halves of them when that
 * fails, so that one account that cannot be turned keeps no other waiting.
 * Does not own: what turning does (domain/ledger/month.ts) and which accounts are due (quota-reset.activities.ts).
 */
import { isOutage } from '../../db/outage';
import { insertEvents } from '../../db/repositories/event.repository';
import { applyLedgerPlan, lockLedgers } from '../../db/repositories/ledger.repository';
import {
  findTurnedTo,
  markTurned,
  type LedgerToTurn,
} from '../../db/repositories/quota-reset.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { nextMonth, startOfMonth, type MonthKey } from '../../domain/calendar';
import type { NewEvent } from '../../domain/event';
import { isBefore, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { turnMonth, turnReference } from '../../domain/ledger/month';
import type { ActivityDependencies } from '../dependencies';
import { buildMonthEvents } from './build-month-events';
import { issueUsageDocumentsOf } from './issue-usage-documents';
import { putAside } from './put-aside';

type TurnDependencies = Pick<ActivityDependencies, 'database' | 'now'>;

export interface Turn {
  readonly month: MonthKey;
  /** Its first instant, in the accounts' zone. */
  readonly at: Instant;
}

/** Turns all of these accounts, or throws and turns none. Twice changes nothing. */
export async function turnAll(
  { database, now }: TurnDependencies,
  accounts: readonly LedgerToTurn[],
  { month, at }: Turn,
): Promise<void> {
  const accountIds = accounts.map(({ accountId }) => accountId);
  await withTransaction(database, SYSTEM, async (trx) => {
    const ledgers = await lockLedgers(trx, accountIds);
    const recordedAt = now();
    const reference = turnReference(month);
    const plan = createLedgerPlan([...ledgers.values()], { reference, postedAt: recordedAt });
    const events: NewEvent[] = [];
    for (const accountId of accountIds) {
      const ledger = ledgers.get(accountId);
      invariant(ledger !== undefined, `account ${accountId} has no ledger`);
      events.push(
        ...buildMonthEvents(ledger, turnMonth(plan, ledger, { month, at }), { month, at }),
      );
    }
    await applyLedgerPlan(trx, plan);
    await insertEvents(trx, events, recordedAt);
    await markTurned(trx, { ledgerIds: accounts.map(({ ledgerId }) => ledgerId), month });
  });
}

/**
 * Turns one account to its next month if that has begun by `to`, and issues what its usage took in the one before:
 * for accounts on a test clock. Answers whether it did.
 */
export async function turnMonthOf(
  dependencies: TurnDependencies,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<boolean> {
  const turned = await withTransaction(dependencies.database, SYSTEM, (trx) =>
    findTurnedTo(trx, accountId),
  );
  if (turned === null) return false;
  const { ledgerId, timeZone } = turned;
  const month = nextMonth(turned.month);
  const at = startOfMonth(month, timeZone);
  if (isBefore(to, at)) return false;
  // Turned last: a walk that is killed between the two comes here again.
  await issueUsageDocumentsOf(dependencies, { accountId, ledgerId }, { month, at });
  await turnAll(dependencies, [{ accountId, ledgerId }], { month, at });
  return true;
}

/**
 * Turns these accounts, setting those aside that cannot be. Answers how many these were. Throws only when
 * PostgreSQL is away.
 */
export async function turnEach(
  dependencies: TurnDependencies,
  accounts: readonly LedgerToTurn[],
  turn: Turn,
): Promise<number> {
  try {
    await turnAll(dependencies, accounts, turn);
    return 0;
  } catch (error) {
    if (isOutage(error)) throw error;
    const [only, ...others] = accounts;
    if (only === undefined) return 0;
    if (others.length === 0) {
      const what = 'the month of an account cannot be turned';
      await putAside(dependencies, only, { what, month: turn.month, error });
      return 1;
    }
    const half = Math.ceil(accounts.length / 2);
    const first = await turnEach(dependencies, accounts.slice(0, half), turn);
    return first + (await turnEach(dependencies, accounts.slice(half), turn));
  }
}
