/**
 * Owns: the conversations that are open with one customer, per category, and which messages they took.
 * Does not own: when conversations are what is charged (the rule), windows (service-window.ts).
 * Rules: R3.25 and the era before 2025-07-01: the first message of a category opens 24 hours and is charged,
 * the others of that category fall into it; one of another category opens a second conversation.
 * Messages may be told in any order. One that is told late may be the first of a conversation, which then has begun
 * earlier; but no conversation ever takes messages that are 24 hours apart, so told backwards as many are charged as
 * told in order, and in any order never fewer.
 * Example: marketing at 10:00 and 11:00, utility at 12:00 → two conversations.
 */
import type { WhatsAppCategory } from './rate-card';

/** The messages that one charge paid for, in milliseconds since 1970. */
export interface Conversation {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Per category, the last that took a message; the one that took the latest told comes first. */
export type Conversations = Readonly<Partial<Record<WhatsAppCategory, readonly Conversation[]>>>;

const HOUR_MS = 3_600_000;

/**
 * Told in order or backwards, one would do. More are for messages that are told in no order at all: of more
 * conversations than these the one that was quiet for longest is forgotten, and what belonged to it opens another.
 */
const CONVERSATIONS_KEPT = 4;

export interface ConversationMessage {
  readonly category: WhatsAppCategory;
  readonly atMs: number;
  readonly hours: number;
}

/** Where a message falls: into a conversation, or it opens one. */
export function placeMessage(
  conversations: Conversations,
  { category, atMs, hours }: ConversationMessage,
): { readonly isOpen: boolean; readonly after: Conversations } {
  const known = conversations[category] ?? [];
  const joined = findJoined(known, { atMs, lastsMs: hours * HOUR_MS });
  if (joined !== null && joined.firstAtMs <= atMs && atMs <= joined.lastAtMs) {
    return { isOpen: true, after: conversations };
  }
  const taken = stretch(joined, atMs);
  const others = known.filter((one) => one !== joined);
  const kept = [taken, ...others].slice(0, CONVERSATIONS_KEPT);
  return { isOpen: joined !== null, after: { ...conversations, [category]: kept } };
}

/** The earliest that can take the message; null: none. */
function findJoined(
  known: readonly Conversation[],
  message: { readonly atMs: number; readonly lastsMs: number },
): Conversation | null {
  let earliest: Conversation | null = null;
  for (const one of known) {
    const { firstAtMs, lastAtMs } = stretch(one, message.atMs);
    if (lastAtMs - firstAtMs >= message.lastsMs) continue;
    if (earliest === null || one.firstAtMs < earliest.firstAtMs) earliest = one;
  }
  return earliest;
}

function stretch(known: Conversation | null, atMs: number): Conversation {
  if (known === null) return { firstAtMs: atMs, lastAtMs: atMs };
  return {
    firstAtMs: Math.min(known.firstAtMs, atMs),
    lastAtMs: Math.max(known.lastAtMs, atMs),
  };
}
