/** Owns: the events of the usage benchmark, made before a timer runs. */
import { randomUUID } from 'node:crypto';
import { invariant } from '../../../domain/invariant';
import type { UsageEvent, UsageFacts } from '../../../domain/usage/usage-event';

export interface Batch {
  readonly events: readonly UsageEvent[];
  readonly recordedAt: string;
}

/**
 * messages: 60 % burn units, 40 % cost money and are of nobody we track; a fifth bring a visitor nobody has seen.
 * windows: WhatsApp of 20,000 customers; a fifth are theirs, and what is free depends on them.
 */
export type Mix = 'messages' | 'windows';

/** One of the senders that work at once: it alone sends the events of its accounts. */
export interface Sender {
  /** Every event an instant of its own; one in a hundred was stored before. */
  readonly makeBatches: (count: number) => Batch[];
  /** These batches are stored: some of their events may be sent again. */
  readonly remember: (batches: readonly Batch[]) => void;
}

export const BATCH = 500;
const REPLAYED_EVERY = 100;
const VISITORS_MAX = 10_000;
const CONTACTS = 20_000;
const EVENTS_BEGAN_MS_AGO = 3_600_000;

/** Shares the accounts out among so many senders. */
export function createSenders(
  accountIds: readonly string[],
  { count, mix }: { readonly count: number; readonly mix: Mix },
): Sender[] {
  return Array.from({ length: count }, (_, number) =>
    createSender(
      accountIds.filter((_id, index) => index % count === number),
      mix,
    ),
  );
}

function createSender(accountIds: readonly string[], mix: Mix): Sender {
  const stored: UsageEvent[] = [];
  const next = createEvents(accountIds, mix);
  const makeBatch = (): Batch => {
    const recordedAt = nextInstant();
    const events = Array.from({ length: BATCH }, (_, index) => {
      const isReplay = index % REPLAYED_EVERY === REPLAYED_EVERY - 1 && stored.length > 0;
      return isReplay ? pick(stored) : next(index);
    });
    return { events, recordedAt };
  };
  return {
    makeBatches: (count) => Array.from({ length: count }, makeBatch),
    remember(batches) {
      for (const { events } of batches) if (events[0] !== undefined) stored.push(events[0]);
    },
  };
}

/** Answers one event after the other. */
export function createEvents(
  accountIds: readonly string[],
  mix: Mix,
): (index: number) => UsageEvent {
  const visitors: string[] = [];
  const contacts = mix === 'windows' ? Array.from({ length: CONTACTS }, () => randomUUID()) : [];
  const receivedAt = new Date().toISOString();
  let occurredAtMs = Date.now() - EVENTS_BEGAN_MS_AGO;
  return (index) => {
    occurredAtMs += 1;
    const key = randomUUID();
    const told = mix === 'windows' ? ofCustomer(index, pick(contacts)) : ofMessage(index, visitors);
    // One literal, as the API's: objects that are spread together are slower to read for whoever is measured.
    return {
      id: key,
      accountId: pick(accountIds),
      key,
      fingerprint: key,
      occurredAt: new Date(occurredAtMs).toISOString(),
      receivedAt,
      mode: 'enforce',
      holdId: null,
      broadcast: null,
      visitor: told.visitor,
      facts: told.facts,
    };
  };
}

type Told = Pick<UsageEvent, 'facts' | 'visitor'>;

const MESSAGE: UsageFacts = { type: 'message', channel: 'sms', quantity: 1n, to: null };

function ofMessage(index: number, visitors: string[]): Told {
  const facts = index % 5 < 3 ? MESSAGE : toCustomer('marketing', null);
  return { facts, visitor: pickVisitor(index, visitors) };
}

function ofCustomer(index: number, contact: string): Told {
  if (index % 5 === 0) {
    return {
      facts: { type: 'wa_inbound', contact, number: null, entryPoint: null },
      visitor: contact,
    };
  }
  const category = (['service', 'utility', 'utility', 'marketing'] as const)[index % 4];
  invariant(category !== undefined, 'there are four');
  return { facts: toCustomer(category, contact), visitor: null };
}

function toCustomer(
  category: 'marketing' | 'utility' | 'service',
  contact: string | null,
): UsageFacts {
  return {
    type: 'wa_message',
    category,
    to: null,
    contact,
    number: null,
    status: 'delivered',
    isServiceWindowOpen: null,
    isFreeEntryPoint: null,
    group: null,
  };
}

function pickVisitor(index: number, seen: string[]): string | null {
  if (index % 5 === 0) {
    const visitor = randomUUID();
    if (seen.length < VISITORS_MAX) seen.push(visitor);
    return visitor;
  }
  return index % 5 === 1 && seen.length > 0 ? pick(seen) : null;
}

function pick<T>(from: readonly T[]): T {
  const picked = from[Math.floor(Math.random() * from.length)];
  invariant(picked !== undefined, 'there is something to pick from');
  return picked;
}

let lastInstantMs = 0;

/** Each batch has an instant of its own: its rows are found by it. */
function nextInstant(): string {
  lastInstantMs = Math.max(lastInstantMs + 1, Date.now());
  return new Date(lastInstantMs).toISOString();
}
