/**
 * Owns: locking the accounts of some usage and reading what its decision needs, priced by what counts under the locks.
 * Does not own: the decision (domain/usage/), what is remembered to rate by (rating-memory.ts), writing (record-usage.ts).
 */
import { type Instant, isBefore } from '../domain/instant';
import { invariant } from '../domain/invariant';
import type { Hold } from '../domain/ledger/hold';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { listCounters } from '../domain/rating/rating-counter';
import { findTariff } from '../domain/rating/tariff';
import { holdKey, type TariffedEvent, type UsageReading } from '../domain/usage/decide-usage';
import type { UsageEvent } from '../domain/usage/usage-event';
import { toArrayText } from './array-text';
import { fromRowLedgers } from './ledger-rows';
import type { RatingBasis, RatingMemory } from './rating-memory';
import { findHoldTerms } from './repositories/hold.repository';
import { findHold } from './repositories/ledger.repository';
import type { Transaction } from './transaction';
import {
  contactOf,
  fromRowReading,
  fromRowTermsVersions,
  type LockRow,
  toSparse,
} from './usage-rows';

/** Identities start at 1. */
const NO_LEDGER = 0n;

export interface UsageToLock {
  readonly events: readonly UsageEvent[];
  /** The wall clock, also for accounts on a test clock: replays are looked for by record time. */
  readonly recordedAt: Instant;
}

/** What was read under the locks of a batch. */
export interface LockedUsage {
  readonly row: LockRow;
  readonly tariffed: readonly TariffedEvent[];
  readonly basis: RatingBasis;
}

/** Locks, and prices by what counts under the locks: when something moved since it was known, once more. */
export async function lockUsage(
  trx: Transaction,
  memory: RatingMemory,
  batch: UsageToLock,
): Promise<LockedUsage> {
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
  { events, recordedAt }: UsageToLock,
): Promise<LockedUsage> {
  const tariffed = events.map((event) => ({ event, tariff: tariffOf(basis, event) }));
  const { rows } = await trx.raw<{ rows: LockRow[] }>(
    'select * from lock_and_read(?::bigint[], ?::uuid[], ?::timestamptz[], ?::uuid[], ?::uuid[], ?::int[], ?::text[], ?, ?)',
    [
      toArrayText(events.map((event) => basis.terms.get(event.accountId)?.ledgerId ?? NO_LEDGER)),
      toArrayText(events.map(({ key }) => key)),
      toArrayText(events.map(({ occurredAt }) => occurredAt)),
      toArrayText(events.map(({ visitor }) => visitor)),
      toSparse(events.map(({ facts }) => contactOf(facts))),
      ...toCounterColumns(tariffed),
      recordedAt,
      latestOf(events),
    ],
  );
  const row = rows[0];
  invariant(row !== undefined, 'lock_and_read answers one row');
  return { row, tariffed, basis };
}

/** The latest present of these events' accounts: up to then their months may have to be opened. */
function latestOf(events: readonly UsageEvent[]): Instant | null {
  return events.reduce<Instant | null>(
    (latest, { receivedAt }) =>
      latest === null || isBefore(latest, receivedAt) ? receivedAt : latest,
    null,
  );
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

/** A working copy of what was read: each call makes one of its own, for a decision that may be thrown away. */
export function openReading({ row, basis }: LockedUsage): UsageReading {
  const { byAccount: ledgers } = fromRowLedgers(row);
  const read = fromRowReading(row, { ledgers, cards: basis.cards.index });
  return { ...read, holds: new Map() };
}

/** The holds that events name; where none does, nothing is asked. */
export async function readHolds(
  trx: Transaction,
  ledgers: ReadonlyMap<string, LedgerState>,
  tariffed: readonly TariffedEvent[],
): Promise<ReadonlyMap<string, Hold>> {
  const holds = new Map<string, Hold>();
  for (const { event } of tariffed) {
    const ledger = ledgers.get(event.accountId);
    if (event.holdId === null || ledger === undefined) continue;
    const key = holdKey(ledger.ledgerId, event.holdId);
    if (holds.has(key)) continue;
    const hold =
      (await findHold(trx, ledger, event.holdId)) ??
      (await findEmptyHold(trx, event.holdId, event));
    if (hold !== null) holds.set(key, hold);
  }
  return holds;
}

/** A hold that reserves nothing, as all of it was free when it was placed: what names it is paid as usual. */
async function findEmptyHold(
  trx: Transaction,
  holdId: string,
  { accountId }: UsageEvent,
): Promise<Hold | null> {
  const terms = await findHoldTerms(trx, { id: holdId, accountId });
  return terms && { holdId, deadlineAt: terms.deadlineAt, parts: [] };
}
