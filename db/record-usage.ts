/**
 * Owns: the way of a batch of usage through the database: lock and read, decide, apply, in one transaction.
 * Does not own: the decision (domain/usage/decide-usage.ts), prices (domain/rating/), lanes and HTTP.
 */
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import { decideUsage } from '../domain/usage/decide-usage';
import { findCrossings } from '../domain/usage/tell-crossings';
import type { UsageEvent, UsageOutcome } from '../domain/usage/usage-event';
import { closeCaptured } from './close-hold';
import type { Database } from './connection';
import { type LockedUsage, lockUsage, openReading, readHolds } from './lock-usage';
import type { RateCardCache } from './rate-card-cache';
import { createRatingMemory, type RatedUse, type RatingMemory } from './rating-memory';
import { insertEventsOnce } from './repositories/event.repository';
import { applyLedgerPlan } from './repositories/ledger.repository';
import { noteRatedDays, type RatedDay } from './repositories/rate-card.repository';
import { SYSTEM } from './tenant';
import { type Transaction, withTransaction } from './transaction';

/** More in one call would hold the locks of its ledgers for too long. */
export const USAGE_BATCH_MAX = 1_000;

export interface UsageBatch {
  readonly events: readonly UsageEvent[];
  /** What the transfers are posted under: the request, a batch of a lane. */
  readonly reference: string;
  /** The wall clock, also for accounts on a test clock: replays are looked for by record time. */
  readonly recordedAt: Instant;
}

export interface UsageRecorder {
  readonly recordUsage: (batch: UsageBatch) => Promise<UsageOutcome[]>;
}

/**
 * Creates the recorder of usage. `recordUsage` rates and charges 1 to 1,000 events in the order given and
 * answers one outcome each: two SQL calls around the pure decision. Sending a batch again, whole or
 * in part, is safe. Runs in the system scope: the caller has checked whose accounts these are.
 */
export function createUsageRecorder(database: Database, rateCards: RateCardCache): UsageRecorder {
  const memory = createRatingMemory(rateCards);
  return {
    async recordUsage(batch) {
      const { events } = batch;
      invariant(events.length <= USAGE_BATCH_MAX, `at most ${USAGE_BATCH_MAX} events a call`);
      if (events.length === 0) return [];
      const { outcomes, ratedDays } = await withTransaction(database, SYSTEM, (trx) =>
        recordBatch(trx, memory, batch),
      );
      memory.rememberRatedDays(ratedDays);
      return outcomes;
    },
  };
}

interface Recorded {
  readonly outcomes: UsageOutcome[];
  readonly ratedDays: readonly RatedDay[];
}

/** The same within a transaction, whose tenant says whose accounts these may be. */
export async function recordBatch(
  trx: Transaction,
  memory: RatingMemory,
  batch: UsageBatch,
): Promise<Recorded> {
  const { reference, recordedAt } = batch;
  const locked = await lockUsage(trx, memory, batch);
  const { index } = locked.basis.cards;
  const read = openReading(locked);
  const reading = { ...read, holds: await readHolds(trx, read.ledgers, locked.tariffed) };
  const plan = createLedgerPlan([...reading.ledgers.values()], { reference, postedAt: recordedAt });
  const outcomes = decideUsage(plan, reading, locked.tariffed);
  await applyLedgerPlan(trx, plan);
  await closeCaptured(trx, plan, { holds: reading.holds.values(), events: batch.events });
  await insertEventsOnce(trx, findCrossings(plan, locked.basis.terms), recordedAt);
  const ratedDays = memory.findRatedDays(index, usesOf(locked, outcomes));
  await noteRatedDays(trx, ratedDays);
  return { outcomes, ratedDays };
}

/** What fixes the past of a card. A test clock goes where it likes: it must not keep prices from others. */
function usesOf({ tariffed, basis }: LockedUsage, outcomes: readonly UsageOutcome[]): RatedUse[] {
  const uses: RatedUse[] = [];
  for (const [index, { event, tariff }] of tariffed.entries()) {
    if (outcomes[index]?.kind !== 'charged' || tariff.kind === 'refused') continue;
    if (tariff.card === null || basis.terms.get(event.accountId)?.testClockId !== null) continue;
    uses.push({ versionId: tariff.card.versionId, atMs: tariff.atMs });
  }
  return uses;
}
