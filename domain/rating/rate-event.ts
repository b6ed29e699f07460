/**
 * Owns: what an event is charged for, given what happened before it: windows, conversations, free units.
 * Does not own: by which price (tariff.ts), what pays (usage/pay-usage.ts), keeping what changed (db/).
 * Rules: R3.25, R3.29, R3.30 to R3.34. What the event says of a window wins over what we tracked. A message is
 * charged by one of its reports: that of the status its rule names; the others count nothing.
 * Example: utility within an open service window → free under the rule of 2025-07-01, charged under that of
 * 2026-10-01.
 */
import type {
  Rating,
  UsageEvent,
  WhatsAppInboundFacts,
  WhatsAppMessageFacts,
  ZeroReason,
} from '../usage/usage-event';
import { type Conversations, placeMessage } from './conversation';
import type { Charging, RatingRule } from './rate-card';
import { freeCounter } from './rating-counter';
import { isWithin, noteAnswer, noteInbound, type Windows } from './service-window';
import type { Tariff } from './tariff';

/** What is known of one customer of one business number. */
export interface Contact extends Windows {
  readonly conversations: Conversations;
}

/** Of whom nothing is known. */
export const NEW_CONTACT: Contact = {
  service: null,
  entryPoint: null,
  freeEntry: null,
  conversations: {},
};

/** What happened before, under the lock. */
export interface KnownUsage {
  /** Null: the event names no customer. */
  readonly contact: Contact | null;
  readonly countOf: (counter: string) => bigint;
}

export interface RatedUsage {
  /** Of the meter: what the event counts. */
  readonly quantity: bigint;
  /** What of it is not free. */
  readonly payable: bigint;
  /** Why all of it is free; null: it is not. */
  readonly zeroReason: ZeroReason | null;
  readonly windowFrom: Rating['windowFrom'];
  /** Units taken from a free allowance. */
  readonly free: { readonly counter: string; readonly quantity: bigint } | null;
  /** The customer after it; null as it came. */
  readonly contact: Contact | null;
}

/** What the event is charged for. Nothing has changed yet: a refusal throws the answer away. */
export function rateEvent(tariff: Tariff, event: UsageEvent, known: KnownUsage): RatedUsage {
  const { facts } = event;
  switch (facts.type) {
    case 'wa_message':
      return rateMessage(tariff, { event, facts, known });
    case 'wa_inbound':
      return free('priced_at_zero', { contact: receive(facts, tariff, known) });
    case 'call':
      return tariff.quantity === 0n
        ? free('not_charged_on_this_status')
        : charge(tariff, event, known);
    case 'message':
      return charge(tariff, event, known);
    case 'visitor':
      return free(null);
  }
}

interface Message {
  readonly event: UsageEvent;
  readonly facts: WhatsAppMessageFacts;
  readonly atMs: number;
  readonly known: KnownUsage;
}

function rateMessage(tariff: Tariff, { event, facts, known }: Omit<Message, 'atMs'>): RatedUsage {
  const { atMs } = tariff;
  const isGroup = facts.group !== null;
  const contact = known.contact && !isGroup ? noteAnswer(known.contact, atMs) : known.contact;
  if (!isChargedOn(tariff.rule.chargeOn, facts.status)) {
    return free('not_charged_on_this_status', { contact });
  }
  const message = { event, facts, atMs, known: { contact, countOf: known.countOf } };
  return isGroup ? rateGroupMessage(tariff, message) : ratePersonalMessage(tariff, message);
}

/** Neither conversations nor entry points: a group is nobody's customer. */
function rateGroupMessage(tariff: Tariff, message: Message): RatedUsage {
  return chargeOutsideWindow(tariff, message, tariff.rule.group.inWindow);
}

function ratePersonalMessage(tariff: Tariff, message: Message): RatedUsage {
  const { rule } = tariff;
  const { facts, atMs, known } = message;
  const { contact } = known;
  const entry = look(rule.freeEntryPoint, {
    told: facts.isFreeEntryPoint,
    tracked: contact && isWithin(contact.freeEntry, atMs),
  });
  if (entry.isFree) {
    const quantity = rule.unit === 'conversation' ? 0n : tariff.quantity;
    return free('free_entry_point', { quantity, windowFrom: entry.from, contact });
  }
  const placed = place(rule, message);
  if (placed.isOpen) return free('conversation_open', { contact: placed.contact });
  const rated = chargeOutsideWindow(
    tariff,
    {
      event: message.event,
      facts,
      atMs,
      known: { contact: placed.contact, countOf: known.countOf },
    },
    rule.serviceWindow[facts.category],
  );
  if (rated.windowFrom !== null || entry.from === null) return rated;
  return { ...rated, windowFrom: entry.from };
}

function chargeOutsideWindow(
  tariff: Tariff,
  { event, facts, atMs, known }: Message,
  charging: Charging,
): RatedUsage {
  const { contact } = known;
  const window = look(charging, {
    told: facts.isServiceWindowOpen,
    tracked: contact && isWithin(contact.service, atMs),
    // WhatsApp lets nobody write freely outside a window: one that we do not know of was there.
    isImplied: facts.category === 'service' && facts.group === null,
  });
  const windowFrom = window.from;
  if (!window.isFree) return charge(tariff, event, known, windowFrom);
  const { quantity } = tariff;
  return free('customer_service_window', { quantity, windowFrom, contact });
}

/** Opened: by the first message that arrives. A message without other reports is charged by its only one. */
function isChargedOn(
  chargeOn: RatingRule['chargeOn'],
  status: WhatsAppMessageFacts['status'],
): boolean {
  return status === null || (chargeOn === 'sent') === (status === 'sent');
}

interface WindowFacts {
  readonly told: boolean | null;
  readonly tracked: boolean | null;
  readonly isImplied?: boolean;
}

/** Whether a window makes it free, and where it is known from. One that makes nothing free is not looked at. */
function look(
  charging: Charging,
  { told, tracked, isImplied = false }: WindowFacts,
): { readonly isFree: boolean; readonly from: Rating['windowFrom'] } {
  if (charging === 'charge') return { isFree: false, from: null };
  if (told !== null) return { isFree: told, from: 'sent' };
  if (isImplied && tracked !== true) return { isFree: true, from: null };
  return { isFree: tracked === true, from: tracked === null ? null : 'tracked' };
}

/** Into which conversation it falls, where conversations are counted and the customer is known. */
function place(
  rule: RatingRule,
  { facts: { category }, atMs, known: { contact } }: Message,
): { readonly isOpen: boolean; readonly contact: Contact | null } {
  if (rule.unit !== 'conversation' || contact === null) return { isOpen: false, contact };
  const hours = rule.conversationHours;
  const { isOpen, after } = placeMessage(contact.conversations, { category, atMs, hours });
  const isSame = after === contact.conversations;
  return { isOpen, contact: isSame ? contact : { ...contact, conversations: after } };
}

function receive(
  { entryPoint }: WhatsAppInboundFacts,
  { atMs }: Tariff,
  { contact }: KnownUsage,
): Contact | null {
  return contact && noteInbound(contact, { atMs, isEntryPoint: entryPoint !== null });
}

/** What of it a free allowance does not cover is to be paid. */
function charge(
  tariff: Tariff,
  event: UsageEvent,
  { contact, countOf }: KnownUsage,
  windowFrom: Rating['windowFrom'] = null,
): RatedUsage {
  const { quantity, rule, ratePer } = tariff;
  const counter = freeCounter(tariff, event);
  const left =
    counter === null ? 0n : (rule.freeAllowance?.quantity ?? 0n) * ratePer - countOf(counter);
  const freeQuantity = left <= 0n ? 0n : left < quantity ? left : quantity;
  return {
    quantity,
    payable: quantity - freeQuantity,
    zeroReason: freeQuantity === quantity ? 'free_allowance' : null,
    windowFrom,
    free: counter === null || freeQuantity === 0n ? null : { counter, quantity: freeQuantity },
    contact,
  };
}

function free(
  zeroReason: ZeroReason | null,
  {
    quantity = 0n,
    windowFrom = null,
    contact = null,
  }: Partial<Pick<RatedUsage, 'quantity' | 'windowFrom' | 'contact'>> = {},
): RatedUsage {
  return { quantity, payable: 0n, zeroReason, windowFrom, free: null, contact };
}
