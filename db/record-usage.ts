/**
 * Owns: the way of a batch of usage through the database: lock and read, decide, apply, in one transaction.
 * Does not own: the decision (domain/ledger/usage.ts), rating, lanes and HTTP.
 */
import type { Instant } from '../domain/instant';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import { decideUsage, type RatedEvent, type UsageOutcome } from '../domain/ledger/usage';
import { invariant } from '../domain/invariant';
import { toArrayText } from './array-text';
import type { Database } from './connection';
import { fromRowLedgers, fromRowReading, type LockRow } from './ledger-rows';
import { applyLedgerPlan } from './repositories/ledger.repository';
import { SYSTEM } from './tenant';
import { type Transaction, withTransaction } from './transaction';

/** More in one call would hold the locks of its ledgers for too long. */
export const USAGE_BATCH_MAX = 1_000;
/** Ledger ids never change, so remembering them is safe; the limit bounds the memory (about 20 MB). */
const KNOWN_LEDGERS_MAX = 100_000;
/** Identities start at 1. */
const NO_LEDGER = 0n;

export interface UsageBatch {
  readonly events: readonly RatedEvent[];
  /** What the transfers are posted under: the request, a batch of a lane. */
  readonly reference: string;
  /** The wall clock, also for accounts on a test clock: replays are looked for by record time. */
  readonly recordedAt: Instant;
}

/**
 * Creates the recorder of rated usage. `recordUsage` charges 1 to 1,000 events in the order given and
 * answers one outcome each: two SQL calls around the pure decision. Sending a batch again, whole or
 * in part, is safe. Runs in the system scope: the caller has checked whose accounts these are.
 */
export function createUsageRecorder(database: Database): {
  readonly recordUsage: (batch: UsageBatch) => Promise<UsageOutcome[]>;
} {
  const known = new Map<string, bigint>();
  return {
    async recordUsage(batch) {
      const { events } = batch;
      invariant(events.length <= USAGE_BATCH_MAX, `at most ${USAGE_BATCH_MAX} events a call`);
      if (events.length === 0) return [];
      return withTransaction(database, SYSTEM, async (trx) => {
        await learnLedgers(trx, known, events);
        return recordLocked(trx, known, batch);
      });
    },
  };
}

async function recordLocked(
  trx: Transaction,
  known: ReadonlyMap<string, bigint>,
  { events, reference, recordedAt }: UsageBatch,
): Promise<UsageOutcome[]> {
  const { rows } = await trx.raw<{ rows: LockRow[] }>(
    'select * from lock_and_read(?::bigint[], ?::uuid[], ?::timestamptz[], ?::uuid[], ?)',
    [
      toArrayText(events.map(({ accountId }) => known.get(accountId) ?? NO_LEDGER)),
      toArrayText(events.map(({ key }) => key)),
      toArrayText(events.map(({ occurredAt }) => occurredAt)),
      toArrayText(events.map(({ visitor }) => visitor)),
      recordedAt,
    ],
  );
  const row = rows[0];
  invariant(row !== undefined, 'lock_and_read answers one row');
  const { byAccount } = fromRowLedgers(row);
  const plan = createLedgerPlan([...byAccount.values()], { reference, postedAt: recordedAt });
  const outcomes = decideUsage(plan, fromRowReading(row, byAccount), events);
  await applyLedgerPlan(trx, plan);
  return outcomes;
}

async function learnLedgers(
  trx: Transaction,
  known: Map<string, bigint>,
  events: readonly RatedEvent[],
): Promise<void> {
  if (known.size > KNOWN_LEDGERS_MAX) known.clear();
  const unknown = new Set<string>();
  for (const { accountId } of events) if (!known.has(accountId)) unknown.add(accountId);
  if (unknown.size === 0) return;
  const { rows } = await trx.raw<{ rows: { id: bigint; account_id: string }[] }>(
    'select id, account_id from ledgers where account_id = any (?)',
    [[...unknown]],
  );
  for (const { id, account_id: accountId } of rows) known.set(accountId, id);
}
