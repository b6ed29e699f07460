/**
 * Owns: the decision about usage events: replayed, conflicting, refused, or charged to which buckets.
 * Does not own: rating (prices come with the event), locks and rows (db/), holds (hold.ts).
 * Source: docs/domain/ledger.md; R0.13–R0.16, R3.10–R3.14, R3.24.
 * A refusal moves nothing and stores nothing, so the same key may come again after a top-up.
 * Example: 3 messages at 0.50 with 1 left in the quota → quota 1, wallet/initial 1.00 (1,000,000 micros).
 */
import type { MonthKey } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { giveBack, type Part, payUnits } from './burn';
import { type LedgerPlan, postUsage } from './ledger-plan';
import { contraCode, type LedgerState } from './ledger-state';
import { openMonths } from './month';

/** A rated event. */
export interface RatedEvent {
  readonly accountId: string;
  /** 16 bytes as a uuid: the client's, or a digest of its text. Unique within the account. */
  readonly key: string;
  readonly occurredAt: Instant;
  /** The account's present (its test clock's, or the wall clock's) when the event arrived. */
  readonly receivedAt: Instant;
  readonly category: string;
  readonly asset: string;
  readonly quantity: bigint;
  /** In 1e-10 of the currency per unit; null: units only, on_exhausted = block. */
  readonly unitPrice: bigint | null;
  /** A digest as a uuid: who it was, for unique visitors. */
  readonly visitor: string | null;
  readonly visitorPrice: bigint | null;
  /** enforce: before it happens, refused without money. record: it happened, so it may go negative. */
  readonly mode: 'enforce' | 'record';
}

export interface Charge {
  readonly bucket: string;
  readonly amount: bigint;
}

export type UsageRefusal =
  | 'unknown_account'
  | 'event_too_old'
  | 'event_in_future'
  | 'quota_exhausted'
  | 'insufficient_balance';

export type UsageOutcome =
  | {
      readonly kind: 'charged';
      readonly charges: readonly Charge[];
      readonly isNewVisitor: boolean;
    }
  /** Stored before: the first charges again. */
  | { readonly kind: 'replayed'; readonly charges: readonly Charge[] }
  /** Stored before under this key with other data. Nothing moves. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly reason: UsageRefusal };

export interface StoredUsage {
  readonly occurredAtMs: number;
  readonly category: string;
  readonly asset: string;
  readonly quantity: bigint;
  readonly visitor: string | null;
  readonly charges: readonly Charge[];
}

/** What was read under the locks; positions are those of the events. */
export interface UsageReading {
  readonly ledgers: ReadonlyMap<string, LedgerState>;
  /** Local dates; null when the account has no ledger. PostgreSQL's tzdata decides, so that one does. */
  readonly days: readonly (string | null)[];
  readonly knownVisitors: ReadonlySet<number>;
  readonly replays: ReadonlyMap<number, StoredUsage>;
}

/**
 * Keys are looked for in the last 45 days of records (lock_and_read), so an older event might be charged
 * twice. 5 days are for clocks that disagree.
 */
export const USAGE_AGE_MAX_DAYS = 40;
/** An event from further ahead would open months that have not come, and leave this one without quota. */
export const USAGE_AHEAD_MAX_DAYS = 1;
const DAY_MS = 86_400_000;
const UNIQUE_VISITOR = 'unique_visitor';

/** Decides events in the order given, one outcome each; `plan` collects what they move. */
export function decideUsage(
  plan: LedgerPlan,
  reading: UsageReading,
  events: readonly RatedEvent[],
): UsageOutcome[] {
  const inThisCall: InThisCall = { stored: new Map(), visitors: new Set() };
  return events.map((event, position) =>
    decideEvent(plan, reading, { event, position, inThisCall }),
  );
}

interface InThisCall {
  readonly stored: Map<string, StoredUsage>;
  readonly visitors: Set<string>;
}

interface Arrival {
  readonly event: RatedEvent;
  readonly position: number;
  readonly inThisCall: InThisCall;
}

function decideEvent(plan: LedgerPlan, reading: UsageReading, arrival: Arrival): UsageOutcome {
  const { event, position, inThisCall } = arrival;
  const ledger = reading.ledgers.get(event.accountId);
  const day = reading.days[position];
  if (!ledger || !day) return refused('unknown_account');
  const key = `${ledger.ledgerId}|${event.key}`;
  const stored = reading.replays.get(position) ?? inThisCall.stored.get(key);
  if (stored !== undefined) return answerStored(stored, event);
  const occurredAtMs = toEpochMs(event.occurredAt);
  const untimely = refuseUntimely(occurredAtMs, event.receivedAt);
  if (untimely !== null) return refused(untimely);
  const month = day.slice(0, 'YYYY-MM'.length);
  openMonths(plan, ledger, { month, atMs: occurredAtMs });
  const visitorKey = `${ledger.ledgerId}|${month}|${event.visitor}`;
  const isKnown = reading.knownVisitors.has(position) || inThisCall.visitors.has(visitorKey);
  const isNewVisitor = event.visitor !== null && !isKnown;
  const outcome = chargeEvent(plan, ledger, { event, occurredAtMs, day, month, isNewVisitor });
  if (outcome.kind !== 'charged') return outcome;
  // A refused event does not make its visitor known, nor its key.
  if (isNewVisitor) inThisCall.visitors.add(visitorKey);
  inThisCall.stored.set(key, toStored(event, { occurredAtMs, charges: outcome.charges }));
  return outcome;
}

function refuseUntimely(occurredAtMs: number, receivedAt: Instant): UsageRefusal | null {
  const receivedAtMs = toEpochMs(receivedAt);
  if (occurredAtMs < receivedAtMs - USAGE_AGE_MAX_DAYS * DAY_MS) return 'event_too_old';
  if (occurredAtMs > receivedAtMs + USAGE_AHEAD_MAX_DAYS * DAY_MS) return 'event_in_future';
  return null;
}

function answerStored(stored: StoredUsage, event: RatedEvent): UsageOutcome {
  const isSame =
    stored.occurredAtMs === toEpochMs(event.occurredAt) &&
    stored.category === event.category &&
    stored.asset === event.asset &&
    stored.quantity === event.quantity &&
    stored.visitor === event.visitor;
  return isSame ? { kind: 'replayed', charges: stored.charges } : { kind: 'conflict' };
}

function toStored(
  { category, asset, quantity, visitor }: RatedEvent,
  rest: { readonly occurredAtMs: number; readonly charges: readonly Charge[] },
): StoredUsage {
  return { category, asset, quantity, visitor, ...rest };
}

interface DatedEvent {
  readonly event: RatedEvent;
  readonly occurredAtMs: number;
  readonly day: string;
  readonly month: MonthKey;
  readonly isNewVisitor: boolean;
}

/** Decides one event that is not stored yet. On refusal nothing has moved. Quotes use it, too. */
export function chargeEvent(
  plan: LedgerPlan,
  ledger: LedgerState,
  dated: DatedEvent,
): UsageOutcome {
  const { event, isNewVisitor } = dated;
  invariant(event.quantity > 0n, 'usage is positive');
  const parts: Part[] = [];
  const terms = {
    atMs: dated.occurredAtMs,
    month: dated.month,
    mayOverdraw: event.mode === 'record',
  };
  const { asset, quantity, unitPrice } = event;
  let unpaid = payUnits(ledger, { asset, quantity, unitPrice, ...terms }, parts);
  if (unpaid === null && isNewVisitor) {
    const visit = { asset: UNIQUE_VISITOR, quantity: 1n, unitPrice: event.visitorPrice };
    unpaid = payUnits(ledger, { ...visit, ...terms }, parts);
  }
  if (unpaid !== null) {
    giveBack(parts);
    return refused(unpaid.reason);
  }
  plan.events.push({
    ledgerId: ledger.ledgerId,
    key: event.key,
    occurredAt: event.occurredAt,
    localDate: dated.day,
    category: event.category,
    asset: event.asset,
    quantity: event.quantity,
    unitPrice: event.unitPrice,
    visitor: event.visitor,
    isNewVisitor,
    transfers: parts.map((part) => post(plan, ledger, { part, dated })),
    amounts: parts.map((part) => part.amount),
  });
  const charges = parts.map(({ bucket, amount }) => ({ bucket: bucket.code, amount }));
  return { kind: 'charged', charges, isNewVisitor };
}

function post(
  plan: LedgerPlan,
  ledger: LedgerState,
  { part, dated }: { readonly part: Part; readonly dated: DatedEvent },
): number {
  const { code, asset } = part.bucket;
  return postUsage(plan, ledger, {
    debit: code,
    credit: contraCode(asset === ledger.currency ? 'revenue' : 'consumption', asset),
    asset,
    amount: part.amount,
    effectiveAtMs: dated.occurredAtMs,
    month: dated.month,
  });
}

function refused(reason: UsageRefusal): UsageOutcome {
  return { kind: 'refused', reason };
}
