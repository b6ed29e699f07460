/**
 * Owns: the decision about usage events: replayed, conflicting, refused, or charged to which buckets.
 * Does not own: prices (rating/), buckets (ledger/), locks and rows (db/).
 * Source: docs/domain/ledger.md; R0.13–R0.16, R3.10–R3.14, R3.24.
 * A refusal moves nothing and stores nothing, so the same event may come again after a top-up.
 * Example: 3 messages at 0.50 with 1 left in the quota → quota 1, wallet/initial 1.00 (1,000,000 micros).
 */
import { type MonthKey, monthOf } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { giveBack, type Part } from '../ledger/burn';
import { type Hold, noteDrawn } from '../ledger/hold';
import type { LedgerPlan } from '../ledger/ledger-plan';
import type { LedgerState } from '../ledger/ledger-state';
import { openMonths } from '../ledger/month';
import { type Contact, NEW_CONTACT, rateEvent, type RatedUsage } from '../rating/rate-event';
import type { Tariff, TariffRefusal } from '../rating/tariff';
import {
  type Count,
  type Moment,
  NO_MONEY,
  type PaidMoney,
  type Payment,
  payUsage,
  payVisitor,
} from './pay-usage';
import { noteEvent, noteMoney } from './note-usage';
import { postUsageParts } from './post-usage';
import { payingMonth, refuseUntimely } from './usage-time';
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
 * Decides events in the order given, one outcome each; `plan` collects what they move.
 * What is made for each event is written out field by field here and in what it calls: spreading one object into
 * another takes longer than all the rest of the decision.
 */
export function decideUsage(
  plan: LedgerPlan,
  reading: UsageReading,
  events: readonly TariffedEvent[],
): UsageOutcome[] {
  const inThisCall: InThisCall = { stored: new Map(), visitors: new Set(), presents: new Map() };
  return events.map(({ event, tariff }, position) =>
    decideEvent(plan, reading, { event, tariff, position, inThisCall }),
  );
}

interface InThisCall {
  readonly stored: Map<string, StoredUsage>;
  readonly visitors: Set<string>;
  /** Ledgers whose months are open up to an instant of arrival. */
  readonly presents: Map<bigint, Instant>;
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
  const key = `${event.accountId}|${event.key}`;
  const stored = reading.replays.get(position) ?? inThisCall.stored.get(key);
  if (stored !== undefined) return answerStored(stored, event);
  const outcome = decideNewEvent(plan, reading, {
    event,
    tariff,
    position,
    inThisCall,
    ledger,
    day,
  });
  // A refusal does not use up its key.
  if (outcome.kind === 'charged') {
    const { charges, rating, isNewVisitor } = outcome;
    const { fingerprint } = event;
    inThisCall.stored.set(key, { fingerprint, charges, rating, isNewVisitor });
  }
  return outcome;
}

function decideNewEvent(
  plan: LedgerPlan,
  reading: UsageReading,
  arrival: Arrival & { readonly ledger: LedgerState; readonly day: string },
): UsageOutcome {
  const { event, tariff, inThisCall, ledger, day } = arrival;
  const atMs = tariff.kind === 'refused' ? toEpochMs(event.occurredAt) : tariff.atMs;
  const untimely = refuseUntimely(atMs, event.receivedAt);
  if (untimely !== null) return refused(untimely);
  if (tariff.kind === 'refused') return refused(tariff.reason);
  const hold = findHold(reading, ledger, event.holdId);
  if (hold === undefined) return refused('unknown_hold');
  openPresent(plan, ledger, arrival);
  const month = day.slice(0, 'YYYY-MM'.length);
  const newVisitor = findNewVisitor(reading, arrival, month);
  const isNewVisitor = newVisitor !== null;
  const moment = { atMs, month: payingMonth(ledger, month), mayOverdraw: isDone(event) };
  const dated = { ledger, event, tariff, day, month, moment, hold, isNewVisitor };
  const outcome = chargeEvent(plan, reading, dated);
  // A refused event does not make its visitor known.
  if (outcome.kind === 'charged' && isNewVisitor) inThisCall.visitors.add(newVisitor);
  return outcome;
}

/**
 * Opens the months up to the one in which the event arrives, never later ones, whenever it happened: a month that has
 * not come grants nothing, and the balance of this one is there for what is told late.
 */
function openPresent(
  plan: LedgerPlan,
  ledger: LedgerState,
  { event: { receivedAt }, inThisCall: { presents } }: Arrival,
): void {
  if (presents.get(ledger.ledgerId) === receivedAt) return;
  presents.set(ledger.ledgerId, receivedAt);
  const month = monthOf(receivedAt, ledger.timeZone);
  openMonths(plan, ledger, { month, atMs: toEpochMs(receivedAt) });
}

/** The name in this call of a visitor whom nobody has seen this month; null: somebody has, or none came. */
function findNewVisitor(
  { knownVisitors }: UsageReading,
  { event, position, inThisCall }: Arrival,
  month: MonthKey,
): string | null {
  const { accountId, visitor } = event;
  if (visitor === null || knownVisitors.has(position)) return null;
  const name = `${accountId}|${month}|${visitor}`;
  return inThisCall.visitors.has(name) ? null : name;
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
  /** Of that day: what it is counted under. */
  readonly month: MonthKey;
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
  const visit = isNewVisitor ? payVisitor(ledger, { tariff, moment }, parts) : NO_VISIT;
  if (visit.kind === 'refused') return giveUp(parts, visit.reason);
  noteDrawn(plan, parts);
  noteContact(plan, { ledger, event, before: contact, after: rated.contact });
  noteCounts(plan, dated, rated.free === null ? paid.counted : [rated.free, ...paid.counted]);
  const money = { paid: paid.money, visit: visit.money };
  noteMoney(plan, dated, money);
  const rating = buildRating(dated, { rated, paid, visit: visit.money });
  const posted = postUsageParts(plan, ledger, { parts, taxMicros: rating.taxMicros, moment });
  noteEvent(plan, dated, { rating, money, posted });
  return { kind: 'charged', charges: toCharges(parts), rating, isNewVisitor };
}

function toCharges(parts: readonly Part[]): UsageCharge[] {
  return mergeCharges(
    parts.map(({ bucket: { code, asset }, amount }) => ({ bucket: code, asset, amount })),
  );
}

/** One charge per bucket, though a hold and what is free in it may both have paid, a price and its tax. */
export function mergeCharges<Charge extends UsageCharge>(charges: readonly Charge[]): Charge[] {
  if (charges.length === 1) return [...charges];
  const merged = new Map<string, Charge>();
  for (const charge of charges) {
    const { amount } = merged.get(charge.bucket) ?? { amount: 0n };
    merged.set(charge.bucket, { ...charge, amount: amount + charge.amount });
  }
  return merged.size === charges.length ? [...charges] : [...merged.values()];
}

const NO_VISIT = { kind: 'paid', money: NO_MONEY } as const;

function buildRating(
  { tariff, isNewVisitor }: DatedEvent,
  charged: {
    readonly rated: RatedUsage;
    readonly paid: Payment & { readonly kind: 'paid' };
    readonly visit: PaidMoney;
  },
): Rating {
  const { rated, paid, visit } = charged;
  const { card, category, unit, lines, visitor } = tariff;
  const { zeroReason } = paid;
  const { windowFrom } = rated;
  if (unit === 'visitor') {
    return {
      card,
      category,
      market: null,
      unit,
      quantity: isNewVisitor ? 1n : 0n,
      unitRate: visitor.unitPrice,
      feeMicros: 0n,
      amountMicros: visit.netMicros,
      visitorMicros: 0n,
      taxMicros: visit.taxMicros,
      zeroReason,
      windowFrom,
    };
  }
  const { feeMicros, unitRate } = paid.price;
  return {
    card,
    category,
    market: lines?.length === 1 ? (lines[0]?.market ?? null) : null,
    unit,
    quantity: rated.quantity,
    unitRate,
    feeMicros,
    amountMicros: paid.money.netMicros,
    visitorMicros: visit.netMicros,
    taxMicros: paid.money.taxMicros + visit.taxMicros,
    zeroReason,
    windowFrom,
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
  const { ledger, month } = dated;
  const key = countKey(ledger.ledgerId, month, counter);
  return (reading.counts.get(key) ?? 0n) + (plan.counts.get(key)?.added ?? 0n);
}

function noteCounts(
  plan: LedgerPlan,
  { ledger: { ledgerId }, month }: DatedEvent,
  counts: readonly Count[],
): void {
  for (const { counter, quantity } of counts) {
    const key = countKey(ledgerId, month, counter);
    const noted = plan.counts.get(key);
    if (noted === undefined) plan.counts.set(key, { ledgerId, month, counter, added: quantity });
    else noted.added += quantity;
  }
}

function giveUp(parts: readonly Part[], reason: UsageRefusal): UsageOutcome {
  giveBack(parts);
  return refused(reason);
}

function refused(reason: UsageRefusal): UsageOutcome {
  return { kind: 'refused', reason };
}
