/**
 * Owns: the shape of usage as lock_and_read answers it and record_events and keep_rating_state take it, and the way
 * to and from the domain.
 * Does not own: ledgers and plans (ledger-rows.ts), the calls (repositories/ledger.repository.ts, record-usage.ts).
 */
import { invariant } from '../domain/invariant';
import type { LedgerPlan, PlannedContact, PlannedUsageEvent } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import type { Conversations } from '../domain/rating/conversation';
import { type RatingRule, WHATSAPP_CATEGORIES } from '../domain/rating/rate-card';
import type { Contact } from '../domain/rating/rate-event';
import type { Meter } from '../domain/rating/rating-terms';
import type { Stretch } from '../domain/rating/service-window';
import type { Taxation } from '../domain/tax/taxation';
import { type CardIndex, cardOf, unitOf } from '../domain/rating/tariff';
import {
  contactKey,
  countKey,
  mergeCharges,
  type StoredUsage,
  type UsageReading,
} from '../domain/usage/decide-usage';
import { type Rating, type UsageFacts, type ZeroReason } from '../domain/usage/usage-event';
import { toArrayText } from './array-text';
import { type LedgerRow, toJson, toRowMonth } from './ledger-rows';
import { toRowTaxation } from './repositories/sale.columns';

/** One row of lock_and_read. */
export interface LockRow extends LedgerRow {
  readonly days: readonly (string | null)[] | null;
  readonly known_visitors: readonly number[] | null;
  readonly replays: readonly ReplayRow[] | null;
  readonly generation: bigint;
  readonly contact_rows: readonly ContactRow[] | null;
  readonly count_rows:
    readonly (readonly [ledgerId: number, month: string, counter: string, used: string])[] | null;
}

/** How an event was priced, as its row has it. Rates in 1e-10 of the currency, amounts in micros. */
export interface RatingRow {
  readonly category: string;
  readonly asset: Meter;
  readonly market: string | null;
  readonly quantity: string | bigint;
  readonly unit_rate: string | null;
  readonly amount: string | bigint;
  readonly fee: string | bigint | null;
  readonly tax: string | bigint | null;
  readonly visitor_amount: string | bigint | null;
  readonly zero_reason: ZeroReason | null;
  readonly window_from: Rating['windowFrom'];
}

interface ReplayRow extends RatingRow {
  readonly ord: number;
  readonly fingerprint: string;
  readonly card_version: number | null;
  readonly new_visitor: boolean;
  readonly charges: readonly (readonly [bucket: string, asset: string, amount: string])[] | null;
}

/** Instants in milliseconds. */
type ConversationCells = readonly [firstAtMs: number, lastAtMs: number];

type ContactRow = readonly [
  ledgerId: number,
  contact: string,
  windowStarts: number | null,
  windowEnds: number | null,
  entryArrived: number | null,
  entryAnswered: number | null,
  freeStarts: number | null,
  freeEnds: number | null,
  conversations: Readonly<Record<string, readonly ConversationCells[]>>,
];

/** The version of each account's terms, as it stands on the locked row. */
export function fromRowTermsVersions(row: LockRow): ReadonlyMap<string, bigint> {
  const [, accountIds, , , , , , versions] = row.ledger_rows;
  return new Map(accountIds?.map((id, index) => [id, BigInt(versions?.[index] ?? 0)]));
}

/** What the events of one call met; holds are read by themselves. */
export function fromRowReading(
  row: LockRow,
  {
    ledgers,
    cards,
  }: { readonly ledgers: ReadonlyMap<string, LedgerState>; readonly cards: CardIndex },
): Omit<UsageReading, 'holds'> {
  return {
    ledgers,
    days: row.days ?? [],
    knownVisitors: new Set(row.known_visitors),
    replays: new Map(row.replays?.map((replay) => [replay.ord, fromRowReplay(replay, cards)])),
    contacts: new Map(row.contact_rows?.map(fromRowContact)),
    counts: new Map(
      row.count_rows?.map(([id, month, counter, used]) => [
        countKey(id, month, counter),
        BigInt(used),
      ]),
    ),
  };
}

function fromRowReplay(row: ReplayRow, cards: CardIndex): StoredUsage {
  const version = row.card_version === null ? null : cards.byVersionId.get(row.card_version);
  invariant(version !== undefined, 'versions of cards are never deleted');
  return {
    fingerprint: row.fingerprint,
    isNewVisitor: row.new_visitor,
    charges: mergeCharges(
      (row.charges ?? []).map(([bucket, asset, amount]) => ({
        bucket,
        asset,
        amount: BigInt(amount),
      })),
    ),
    rating: fromRowRating(row, version && { ...cardOf(version), unit: version.rule.unit }),
  };
}

/** `card`: the version that priced it, and what its rule counts. */
export function fromRowRating(
  row: RatingRow,
  card: (NonNullable<Rating['card']> & { readonly unit: RatingRule['unit'] }) | null,
): Rating {
  return {
    card: card && nameCard(card),
    category: row.category,
    market: row.market,
    unit: unitOf(row.asset, card?.unit ?? null),
    quantity: BigInt(row.quantity),
    unitRate: row.unit_rate === null ? null : BigInt(row.unit_rate),
    feeMicros: BigInt(row.fee ?? 0),
    amountMicros: BigInt(row.amount),
    visitorMicros: BigInt(row.visitor_amount ?? 0),
    taxMicros: BigInt(row.tax ?? 0),
    zeroReason: row.zero_reason,
    windowFrom: row.window_from,
  };
}

function nameCard({ code, version, versionId, effectiveFrom }: NonNullable<Rating['card']>) {
  return { code, version, versionId, effectiveFrom };
}

function fromRowContact(row: ContactRow): readonly [string, Contact] {
  const [ledgerId, contactId, windowStarts, windowEnds, arrived, answered, starts, ends, open] =
    row;
  return [
    contactKey(ledgerId, contactId),
    {
      service: toStretch(windowStarts, windowEnds),
      entryPoint: arrived === null ? null : { arrivedAtMs: arrived, answeredAtMs: answered },
      freeEntry: toStretch(starts, ends),
      conversations: fromRowConversations(open),
    },
  ];
}

function fromRowConversations(open: ContactRow[8]): Conversations {
  const conversations: { -readonly [Category in keyof Conversations]: Conversations[Category] } =
    {};
  for (const category of WHATSAPP_CATEGORIES) {
    const known = open[category];
    if (known === undefined) continue;
    conversations[category] = known.map(([firstAtMs, lastAtMs]) => ({ firstAtMs, lastAtMs }));
  }
  return conversations;
}

function toStretch(startsAtMs: number | null, endsAtMs: number | null): Stretch | null {
  return startsAtMs === null || endsAtMs === null ? null : { startsAtMs, endsAtMs };
}

/** The parameters of record_events after the instant: one array per column, null for one that has nothing. */
export function toColumnsEvents(
  events: readonly PlannedUsageEvent[],
  taxations: readonly Taxation[],
): (string | null)[] {
  return [
    toArrayText(events.map(({ ledgerId }) => ledgerId)),
    toArrayText(events.map(({ event }) => event.key)),
    toArrayText(events.map(({ event }) => event.id)),
    toArrayText(events.map(({ event }) => event.fingerprint)),
    toArrayText(events.map(({ event }) => event.facts.type)),
    toArrayText(events.map(({ event }) => event.mode)),
    toArrayText(events.map(({ event }) => event.occurredAt)),
    toArrayText(events.map(({ localDate }) => localDate)),
    toSparse(events.map(({ event }) => channelOf(event.facts))),
    toArrayText(events.map(({ rating }) => rating.category)),
    toArrayText(events.map(({ asset }) => asset)),
    toSparse(events.map(({ rating }) => rating.market)),
    toArrayText(events.map(({ rating }) => rating.quantity)),
    toSparse(events.map(({ rating }) => toRowRate(rating.unitRate))),
    toSparse(events.map(({ rating }) => rating.card?.versionId ?? null)),
    toArrayText(events.map(({ rating }) => rating.amountMicros)),
    toSparse(events.map(({ rating }) => rating.feeMicros || null)),
    toSparse(events.map(({ rating }) => rating.taxMicros || null)),
    toSparse(events.map(({ rating }) => rating.zeroReason)),
    toSparse(events.map(({ rating }) => rating.windowFrom)),
    toSparse(events.map(({ event }) => contactOf(event.facts))),
    toSparse(events.map(({ event }) => event.broadcast?.id ?? null)),
    toSparse(events.map(({ event }) => event.holdId)),
    toSparse(events.map(({ event }) => event.visitor)),
    toArrayText(events.map(({ isNewVisitor }) => isNewVisitor)),
    toSparse(events.map(({ rating }) => rating.visitorMicros || null)),
    toArrayText(events.map(({ transfers }) => toArrayText(transfers))),
    toArrayText(events.map(({ amounts }) => toArrayText(amounts))),
    toSparse(events.map(({ visitorTaxMicros }) => visitorTaxMicros || null)),
    toSparse(events.map(({ paidQuantity }) => paidQuantity || null)),
    // Places of SQL begin at 1, and one that is not found is null.
    toSparse(events.map(({ taxation }) => taxation && taxations.indexOf(taxation) + 1)),
    toRowsTaxations(taxations),
  ];
}

/** A digest of the customer an event is about; null: none. */
export function contactOf(facts: UsageFacts): string | null {
  return facts.type === 'wa_message' || facts.type === 'wa_inbound' ? facts.contact : null;
}

function channelOf(facts: UsageFacts): string | null {
  return facts.type === 'message' ? facts.channel : null;
}

/** A rate of 1e-10 as numeric text. */
export function toRowRate(unitRate: bigint | null): string | null {
  return unitRate === null ? null : `${unitRate}e-10`;
}

/** A column that most events have nothing in. */
export function toSparse(values: readonly (string | number | bigint | null)[]): string | null {
  return values.every((value) => value === null) ? null : toArrayText(values);
}

/** The parameters of keep_rating_state: JSON rows, or null. */
export function toRowsState(plan: LedgerPlan): (string | null)[] {
  return [
    toJson([...plan.contacts.values()], toRowContact),
    toJson([...plan.counts.values()], ({ ledgerId, month, counter, added }) => ({
      ledger_id: String(ledgerId),
      month: toRowMonth(month),
      counter,
      added: String(added),
    })),
    toJson(namedBroadcasts(plan), (row) => row),
  ];
}

/** The taxations under which a plan's usage took money; what it records names them by their places. */
export function findTaxations({ usageCharges }: LedgerPlan): Taxation[] {
  return [...new Set([...usageCharges.values()].flat().map(({ taxation }) => taxation))];
}

function toRowsTaxations(taxations: readonly Taxation[]): string | null {
  return taxations.length === 0 ? null : JSON.stringify(taxations.map(toRowTaxation));
}

/** The parameters of keep_usage_charges: JSON rows, and the taxations they name by their place. Null: no money paid. */
export function toRowsUsageCharges(
  plan: LedgerPlan,
  taxations: readonly Taxation[],
): (string | null)[] {
  if (taxations.length === 0) return [null, null];
  const rows = [...plan.usageCharges.values()].flat().map((charge) => {
    return {
      ledger_id: String(charge.ledgerId),
      month: toRowMonth(charge.month),
      category: charge.category,
      taxation: taxations.indexOf(charge.taxation),
      quantity: String(charge.quantity),
      amount: String(charge.netMicros),
      tax: String(charge.taxMicros),
    };
  });
  return [JSON.stringify(rows), toRowsTaxations(taxations)];
}

function toRowContact({ ledgerId, contactId, contact }: PlannedContact): Record<string, unknown> {
  const { service, entryPoint, freeEntry, conversations } = contact;
  return {
    ledger_id: String(ledgerId),
    contact: contactId,
    window_starts: service?.startsAtMs,
    window_ends: service?.endsAtMs,
    entry_arrived: entryPoint?.arrivedAtMs,
    entry_answered: entryPoint?.answeredAtMs,
    free_starts: freeEntry?.startsAtMs,
    free_ends: freeEntry?.endsAtMs,
    conversations: Object.fromEntries(
      Object.entries(conversations).map(([category, known]) => [
        category,
        known.map(({ firstAtMs, lastAtMs }): ConversationCells => [firstAtMs, lastAtMs]),
      ]),
    ),
  };
}

/** One row each: of two, `on conflict` would take the first in any case. */
function namedBroadcasts({ events }: LedgerPlan): Record<string, unknown>[] {
  const named = new Map<string, Record<string, unknown>>();
  for (const { ledgerId, event } of events) {
    if (!event.broadcast?.name) continue;
    const { id, name } = event.broadcast;
    named.set(`${ledgerId}|${id}`, { ledger_id: String(ledgerId), id, name });
  }
  return [...named.values()];
}
