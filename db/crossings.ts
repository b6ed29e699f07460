/**
 * Owns: whose balance fell below what its auto-recharge watches for: noted with what took the money, in its
 * transaction, and told once that has committed.
 * Does not own: what follows (domain/auto-recharge/), telling a workflow (whoever listens).
 * Only the first one below pays for it, with a row: the watch is off until the charge is settled.
 */
import { noteCrossing } from '../domain/auto-recharge/collect';
import { earlierOf, fromEpochMs, laterOf, type Instant } from '../domain/instant';
import { findBalance } from '../domain/ledger/charge';
import type { LedgerPlan } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { tellAfterCommit } from './after-commit';
import { autoRecharges } from './repositories/auto-recharge.repository';
import type { Transaction } from './transaction';

/** After a plan was written, with its ledgers locked. No query for an account that is not below what it watches. */
export async function noteCrossings(trx: Transaction, plan: LedgerPlan): Promise<void> {
  for (const ledger of plan.ledgers) {
    const { watchedMicros } = ledger;
    if (watchedMicros === null) continue;
    const movedAt = findMovedAt(ledger, plan);
    if (findBalance(ledger, movedAt) >= watchedMicros) continue;
    const record = await autoRecharges.lock(trx, ledger.accountId);
    if (record === null) continue;
    const at = await findCrossingTime(trx, ledger, { movedAt, recordedAt: plan.postedAt });
    const state = noteCrossing(record.state, at);
    if (state === null) continue;
    await autoRecharges.update(trx, record, { state, at });
    tellAfterCommit(trx, ledger.accountId);
  }
}

/** The latest business time of what a plan moves in a ledger. */
function findMovedAt({ ledgerId }: LedgerState, { transfers, postedAt }: LedgerPlan): Instant {
  const instants = transfers
    .filter((transfer) => transfer.ledgerId === ledgerId)
    .map(({ effectiveAtMs }) => effectiveAtMs);
  return instants.length === 0 ? postedAt : fromEpochMs(Math.max(...instants));
}

interface ClockRow {
  readonly now_at: Instant;
  readonly advancing_to: Instant | null;
}

/**
 * The account's own time: the wall's, or its test clock's. A clock that moves is at what moved the money, which is
 * due within its walk.
 */
async function findCrossingTime(
  trx: Transaction,
  { accountId }: LedgerState,
  { movedAt, recordedAt }: { readonly movedAt: Instant; readonly recordedAt: Instant },
): Promise<Instant> {
  const clock = await trx('test_clocks as c')
    .join('accounts as a', 'a.test_clock_id', 'c.id')
    .where('a.id', accountId)
    .first<ClockRow | undefined>('c.now_at', 'c.advancing_to');
  if (clock === undefined) return recordedAt;
  const { now_at: now, advancing_to: advancingTo } = clock;
  return advancingTo === null ? now : earlierOf(laterOf(movedAt, now), advancingTo);
}
