/**
 * Owns: the decision about usage events: replayed, conflicting, refused, or charged to which buckets.
 * Does not own: prices (rating/), buckets (ledger/), locks and rows (db/).
 * Source: docs/domain/ledger.md; R0.13–R0.16, R3.10–R3.14, R3.24.
 * A refusal moves nothing and stores nothing, so the same event may come again after a top-up.
 * Example: 3 messages at 0.50 with 1 left in the quota → quota 1, wallet/initial 1.00 (1,000,000 micros).
 */
import type { MonthKey } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { giveBack, type Part } from '../ledger/burn';
import { type Hold, noteDrawn } from '../ledger/hold';
import { type LedgerPlan, postUsage } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';
import { openMonths } from '../ledger/month';
import { type Contact, NEW_CONTACT, rateEvent, type RatedUsage } from '../rating/rate-event';
import type { Tariff, TariffRefusal } from '../rating/tariff';
import { type Count, type Moment, type Payment, payUsage, payVisitor } from './pay-usage';
import type {
  Rating,
  UsageCharge,
  UsageEvent,
  UsageFacts,
  UsageOutcome,
  UsageRefusal,
} from './usage-event';

/** An event and by what it is priced. */
export interface TariffedEvent {
  readonly event: UsageEvent;
  readonly tariff: Tariff | TariffRefusal;
}

/** What an event of this id was answered the first time. */
export interface StoredUsage {
  readonly fingerprint: string;
  readonly charges: readonly UsageCharge[];
  readonly rating: Rating;
  readonly isNewVisitor: boolean;
}

/** What was read under the locks; positions are those of the events. */
export interface UsageReading {
  readonly ledgers: ReadonlyMap<string, LedgerState>;
  /** Local dates; null when the account has no ledger. PostgreSQL's tzdata decides, so that one does. */
  readonly days: readonly (string | null)[];
  readonly knownVisitors: ReadonlySet<number>;
  readonly replays: ReadonlyMap<number, StoredUsage>;
  /** By `contactKey`. */
  readonly contacts: ReadonlyMap<string, Contact>;
  /** By `countKey`. */
  readonly counts: ReadonlyMap<string, bigint>;
  /** By `holdKey`: those that events name. */
  readonly holds: ReadonlyMap<string, Hold>;
}

export function contactKey(ledgerId: bigint | number, contactId: string): string {
  return `${ledgerId}|${contactId}`;
}

export function countKey(ledgerId: bigint | number, month: MonthKey, counter: string): string {
  return `${ledgerId}|${month}|${counter}`;
}

export function holdKey(ledgerId: bigint | number, holdId: string): string {
  return `${ledgerId}|${holdId}`;
}

/**
 * Keys are looked for in the last 45 days of records (lock_and_read), so an older event might be charged
 * twice. 5 days are for clocks that disagree.
 */
export const USAGE_AGE_MAX_DAYS = 40;
/** An event from further ahead would open months that have not come, and leave this one without quota. */
export const USAGE_AHEAD_MAX_DAYS = 1;
const DAY_MS = 86_400_000;

/** Decides events in the order given, one outcome each; `plan` collects what they move. */
export function decideUsage(
  plan: LedgerPlan,
  reading: UsageReading,
  events: readonly TariffedEvent[],
): UsageOutcome[] {
  const inThisCall: InThisCall = { stored: new Map(), visitors: new Set() };
  // Per event, objects are written out: one that is spread into another costs some ten times as much.
  return events.map(({ event, tariff }, position) =>
    decideEvent(plan, reading, { event, tariff, position, inThisCall }),
  );
}

interface InThisCall {
  readonly stored: Map<string, StoredUsage>;
  readonly visitors: Set<string>;
}

interface Arrival extends TariffedEvent {
  readonly position: number;
  readonly inThisCall: InThisCall;
}

function decideEvent(plan: LedgerPlan, reading: UsageReading, arrival: Arrival): UsageOutcome {
  const { event, tariff, position, inThisCall } = arrival;
  const ledger = reading.ledgers.get(event.accountId);
  const day = reading.days[position];
  if (!ledger || !day) return refused('unknown_account');
  const key = `${ledger.ledgerId}|${event.key}`;
  const stored = reading.replays.get(position) ?? inThisCall.stored.get(key);
  if (stored !== undefined) return answerStored(stored, event);
  const placed = { event, tariff, position, inThisCall, ledger, day };
  const outcome = decideNewEvent(plan, reading, placed);
  // A refusal does not use up its key.
  if (outcome.kind === 'charged') {
    const { charges, rating, isNewVisitor } = outcome;
    inThisCall.stored.set(key, { fingerprint: event.fingerprint, charges, rating, isNewVisitor });
  }
  return outcome;
}

function decideNewEvent(
  plan: LedgerPlan,
  reading: UsageReading,
  arrival: Arrival & { readonly ledger: LedgerState; readonly day: string },
): UsageOutcome {
  const { event, tariff, position, inThisCall, ledger, day } = arrival;
  const atMs = toEpochMs(event.occurredAt);
  const untimely = refuseUntimely(atMs, event.receivedAt);
  if (untimely !== null) return refused(untimely);
  if (tariff.kind === 'refused') return refused(tariff.reason);
  const hold = findHold(reading, ledger, event.holdId);
  if (hold === undefined) return refused('unknown_hold');
  const month = day.slice(0, 'YYYY-MM'.length);
  openMonths(plan, ledger, { month, atMs });
  const visitorKey = `${ledger.ledgerId}|${month}|${event.visitor}`;
  const isKnown = reading.knownVisitors.has(position) || inThisCall.visitors.has(visitorKey);
  const isNewVisitor = event.visitor !== null && !isKnown;
  const moment = { atMs, month, mayOverdraw: isDone(event) };
  const dated = { ledger, event, tariff, day, moment, hold, isNewVisitor };
  const outcome = chargeEvent(plan, reading, dated);
  // A refused event does not make its visitor known.
  if (outcome.kind === 'charged' && isNewVisitor) inThisCall.visitors.add(visitorKey);
  return outcome;
}

/** Null: the event names none. Undefined: there is none of this name. */
function findHold(
  { holds }: UsageReading,
  { ledgerId }: LedgerState,
  holdId: string | null,
): Hold | null | undefined {
  return holdId === null ? null : holds.get(holdKey(ledgerId, holdId));
}

/** Nobody can refuse what has happened; that a customer wrote is never asked before. */
function isDone({ mode, facts }: UsageEvent): boolean {
  return mode === 'record' || facts.type === 'wa_inbound';
}

function refuseUntimely(occurredAtMs: number, receivedAt: Instant): UsageRefusal | null {
  const receivedAtMs = toEpochMs(receivedAt);
  if (occurredAtMs < receivedAtMs - USAGE_AGE_MAX_DAYS * DAY_MS) return 'event_too_old';
  if (occurredAtMs > receivedAtMs + USAGE_AHEAD_MAX_DAYS * DAY_MS) return 'event_in_future';
  return null;
}

function answerStored(
  { fingerprint, charges, rating, isNewVisitor }: StoredUsage,
  event: UsageEvent,
): UsageOutcome {
  if (fingerprint !== event.fingerprint) return { kind: 'conflict' };
  return { kind: 'replayed', charges, rating, isNewVisitor };
}

interface DatedEvent {
  readonly ledger: LedgerState;
  readonly event: UsageEvent;
  readonly tariff: Tariff;
  readonly day: string;
  readonly moment: Moment;
  readonly hold: Hold | null;
  readonly isNewVisitor: boolean;
}

/** Decides one event that is not stored yet. On refusal nothing has moved. */
function chargeEvent(plan: LedgerPlan, reading: UsageReading, dated: DatedEvent): UsageOutcome {
  const { ledger, event, tariff, moment, hold, isNewVisitor } = dated;
  const contact = findContact(plan, reading, dated);
  const countOf = (counter: string): bigint => countBefore(plan, reading, { dated, counter });
  const rated = rateEvent(tariff, event, { contact, countOf });
  const parts: Part[] = [];
  const paid = payUsage(ledger, { tariff, event, rated, moment, countOf, hold }, parts);
  if (paid.kind === 'refused') return giveUp(parts, paid.reason);
  const visit = isNewVisitor
    ? payVisitor(ledger, { terms: tariff.visitor, moment }, parts)
    : NO_VISIT;
  if (visit.kind === 'refused') return giveUp(parts, visit.reason);
  noteDrawn(plan, parts);
  noteContact(plan, { ledger, event, before: contact, after: rated.contact });
  noteCounts(plan, dated, rated.free === null ? paid.counted : [rated.free, ...paid.counted]);
  const rating = buildRating(dated, { rated, paid, visitMicros: visit.amountMicros });
  plan.events.push({
    ledgerId: ledger.ledgerId,
    event,
    localDate: dated.day,
    asset: tariff.asset,
    rating,
    isNewVisitor,
    transfers: parts.map((part) => post(plan, { part, dated })),
    amounts: parts.map((part) => part.amount),
  });
  return { kind: 'charged', charges: toCharges(parts), rating, isNewVisitor };
}

function toCharges(parts: readonly Part[]): UsageCharge[] {
  return mergeCharges(
    parts.map(({ bucket: { code, asset }, amount }) => ({ bucket: code, asset, amount })),
  );
}

/** One charge per bucket, though a hold and what is free in it may both have paid. */
export function mergeCharges(charges: readonly UsageCharge[]): UsageCharge[] {
  if (charges.length <= 1) return [...charges];
  const merged = new Map<string, UsageCharge>();
  for (const charge of charges) {
    const { amount } = merged.get(charge.bucket) ?? { amount: 0n };
    merged.set(charge.bucket, { ...charge, amount: amount + charge.amount });
  }
  return merged.size === charges.length ? [...charges] : [...merged.values()];
}

const NO_VISIT = { kind: 'paid', amountMicros: 0n } as const;

function buildRating(
  { tariff, isNewVisitor }: DatedEvent,
  charged: {
    readonly rated: RatedUsage;
    readonly paid: Payment & { readonly kind: 'paid' };
    readonly visitMicros: bigint;
  },
): Rating {
  const { rated, paid, visitMicros } = charged;
  const { card, category, unit, lines, visitor } = tariff;
  const isVisit = unit === 'visitor';
  const { baseMicros, feeMicros, unitRate } = paid.price;
  return {
    card,
    category,
    unit,
    market: lines?.length === 1 ? (lines[0]?.market ?? null) : null,
    quantity: isVisit ? (isNewVisitor ? 1n : 0n) : rated.quantity,
    unitRate: isVisit ? visitor.unitPrice : unitRate,
    feeMicros,
    amountMicros: isVisit ? visitMicros : baseMicros + feeMicros,
    visitorMicros: isVisit ? 0n : visitMicros,
    taxMicros: 0n,
    zeroReason: paid.zeroReason,
    windowFrom: rated.windowFrom,
  };
}

function contactIdOf(facts: UsageFacts): string | null {
  return facts.type === 'wa_message' || facts.type === 'wa_inbound' ? facts.contact : null;
}

function findContact(
  plan: LedgerPlan,
  reading: UsageReading,
  { ledger, event }: DatedEvent,
): Contact | null {
  const contactId = contactIdOf(event.facts);
  if (contactId === null) return null;
  const key = contactKey(ledger.ledgerId, contactId);
  return plan.contacts.get(key)?.contact ?? reading.contacts.get(key) ?? NEW_CONTACT;
}

function noteContact(
  plan: LedgerPlan,
  noted: {
    readonly ledger: LedgerState;
    readonly event: UsageEvent;
    readonly before: Contact | null;
    readonly after: Contact | null;
  },
): void {
  const { ledger, event, before, after } = noted;
  const contactId = contactIdOf(event.facts);
  if (contactId === null || after === null || after === before) return;
  const { ledgerId } = ledger;
  plan.contacts.set(contactKey(ledgerId, contactId), { ledgerId, contactId, contact: after });
}

function countBefore(
  plan: LedgerPlan,
  reading: UsageReading,
  { dated, counter }: { readonly dated: DatedEvent; readonly counter: string },
): bigint {
  const { ledger, moment } = dated;
  const key = countKey(ledger.ledgerId, moment.month, counter);
  return (reading.counts.get(key) ?? 0n) + (plan.counts.get(key)?.added ?? 0n);
}

function noteCounts(
  plan: LedgerPlan,
  { ledger: { ledgerId }, moment: { month } }: DatedEvent,
  counts: readonly Count[],
): void {
  for (const { counter, quantity } of counts) {
    const key = countKey(ledgerId, month, counter);
    const noted = plan.counts.get(key);
    if (noted === undefined) plan.counts.set(key, { ledgerId, month, counter, added: quantity });
    else noted.added += quantity;
  }
}

function post(
  plan: LedgerPlan,
  { part, dated }: { readonly part: Part; readonly dated: DatedEvent },
): number {
  const { ledger, moment } = dated;
  const { code, asset } = part.bucket;
  return postUsage(plan, ledger, {
    debit: code,
    credit: contraCode(asset === ledger.currency ? 'revenue' : 'consumption', asset),
    asset,
    amount: part.amount,
    effectiveAtMs: moment.atMs,
    month: moment.month,
    // What a hold paid stands under the hold.
    reference: part.hold?.holdId ?? plan.reference,
  });
}

function giveUp(parts: readonly Part[], reason: UsageRefusal): UsageOutcome {
  giveBack(parts);
  return refused(reason);
}

function refused(reason: UsageRefusal): UsageOutcome {
  return { kind: 'refused', reason };
}
