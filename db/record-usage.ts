/**
 * Owns: the way of a batch of usage through the database: lock and read, decide, apply, in one transaction.
 * Does not own: the decision (domain/usage/decide-usage.ts), prices (domain/rating/), lanes and HTTP.
 */
import { toEpochMs, type Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan, type LedgerPlan } from '../domain/ledger/ledger-plan';
import { listCounters } from '../domain/rating/rating-counter';
import { findTariff } from '../domain/rating/tariff';
import { decideUsage, type TariffedEvent } from '../domain/usage/decide-usage';
import { findCrossings } from '../domain/usage/tell-crossings';
import type { UsageEvent, UsageOutcome } from '../domain/usage/usage-event';
import { toArrayText } from './array-text';
import type { Database } from './connection';
import { fromRowLedgers } from './ledger-rows';
import type { RateCardCache } from './rate-card-cache';
import {
  createRatingMemory,
  type RatedUse,
  type RatingBasis,
  type RatingMemory,
} from './rating-memory';
import { insertEventsOnce } from './repositories/event.repository';
import { applyLedgerPlan } from './repositories/ledger.repository';
import { noteRatedDays, type RatedDay } from './repositories/rate-card.repository';
import { SYSTEM } from './tenant';
import { type Transaction, withTransaction } from './transaction';
import {
  contactOf,
  fromRowReading,
  fromRowTermsVersions,
  type LockRow,
  toSparse,
} from './usage-rows';

/** More in one call would hold the locks of its ledgers for too long. */
export const USAGE_BATCH_MAX = 1_000;
/** Identities start at 1. */
const NO_LEDGER = 0n;

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

async function recordBatch(
  trx: Transaction,
  memory: RatingMemory,
  batch: UsageBatch,
): Promise<Recorded> {
  const { reference, recordedAt } = batch;
  const { row, tariffed, basis } = await lockBatch(trx, memory, batch);
  const { byAccount: ledgers } = fromRowLedgers(row);
  const plan = createLedgerPlan([...ledgers.values()], { reference, postedAt: recordedAt });
  const { index } = basis.cards;
  const outcomes = decideUsage(plan, fromRowReading(row, { ledgers, cards: index }), tariffed);
  await applyLedgerPlan(trx, plan);
  await insertEventsOnce(trx, findCrossings(plan), recordedAt);
  const ratedDays = memory.findRatedDays(index, usesOf(plan));
  await noteRatedDays(trx, ratedDays);
  return { outcomes, ratedDays };
}

interface LockedBatch {
  readonly row: LockRow;
  readonly tariffed: readonly TariffedEvent[];
  readonly basis: RatingBasis;
}

/** Locks, and prices by what counts under the locks: when something moved since it was known, once more. */
async function lockBatch(
  trx: Transaction,
  memory: RatingMemory,
  batch: UsageBatch,
): Promise<LockedBatch> {
  const accountIds = new Set(batch.events.map(({ accountId }) => accountId));
  const known = await memory.takeBasis(trx, accountIds);
  const locked = await lockAndRead(trx, known, batch);
  const { generation } = locked.row;
  const ofTerms = fromRowTermsVersions(locked.row);
  const basis = await memory.renewBasis(trx, known, { generation, ofTerms });
  // Other prices may count in other places. The locks are held, so nothing moves any more.
  return basis === known ? locked : lockAndRead(trx, basis, batch);
}

async function lockAndRead(
  trx: Transaction,
  basis: RatingBasis,
  { events, recordedAt }: UsageBatch,
): Promise<LockedBatch> {
  const tariffed = events.map((event) => ({ event, tariff: tariffOf(basis, event) }));
  const { rows } = await trx.raw<{ rows: LockRow[] }>(
    'select * from lock_and_read(?::bigint[], ?::uuid[], ?::timestamptz[], ?::uuid[], ?::uuid[], ?::int[], ?::text[], ?)',
    [
      toArrayText(events.map((event) => basis.terms.get(event.accountId)?.ledgerId ?? NO_LEDGER)),
      toArrayText(events.map(({ key }) => key)),
      toArrayText(events.map(({ occurredAt }) => occurredAt)),
      toArrayText(events.map(({ visitor }) => visitor)),
      toSparse(events.map(({ facts }) => contactOf(facts))),
      ...toCounterColumns(tariffed),
      recordedAt,
    ],
  );
  const row = rows[0];
  invariant(row !== undefined, 'lock_and_read answers one row');
  return { row, tariffed, basis };
}

function tariffOf({ terms, cards }: RatingBasis, event: UsageEvent): TariffedEvent['tariff'] {
  const ofAccount = terms.get(event.accountId);
  // Without terms there is no ledger, which is what will be answered.
  if (ofAccount === undefined) return { kind: 'refused', reason: 'no_rate' };
  return findTariff(ofAccount, cards.index, event);
}

/** Places of events, the first is 1, and the counters they need; null when none does. */
function toCounterColumns(
  tariffed: readonly TariffedEvent[],
): readonly [places: string | null, counters: string | null] {
  const places: number[] = [];
  const counters: string[] = [];
  for (const [index, { event, tariff }] of tariffed.entries()) {
    if (tariff.kind === 'refused') continue;
    for (const counter of listCounters(tariff, event)) {
      places.push(index + 1);
      counters.push(counter);
    }
  }
  return counters.length === 0 ? [null, null] : [toArrayText(places), toArrayText(counters)];
}

function usesOf({ events }: LedgerPlan): RatedUse[] {
  return events.flatMap(({ event, rating }) =>
    rating.card === null
      ? []
      : [{ versionId: rating.card.versionId, atMs: toEpochMs(event.occurredAt) }],
  );
}
