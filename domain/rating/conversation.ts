/**
 * Owns: the conversations that are open with one customer, one per category.
 * Does not own: when conversations are what is charged (the rule), windows (service-window.ts).
 * Rules: R3.25 and the era before 2025-07-01: the first message of a category opens 24 hours and is charged,
 * the others of that category fall into it; one of another category opens a second conversation.
 * Example: marketing at 10:00 and 11:00, utility at 12:00 → two conversations.
 */
import type { WhatsAppCategory } from './rate-card';
import type { Stretch } from './service-window';

/** Per category, the last that was opened. */
export type Conversations = Readonly<Partial<Record<WhatsAppCategory, Stretch>>>;

const HOUR_MS = 3_600_000;

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
  const known = conversations[category];
  const lastsMs = hours * HOUR_MS;
  const opened = { startsAtMs: atMs, endsAtMs: atMs + lastsMs };
  if (known === undefined || known.endsAtMs <= atMs) {
    return { isOpen: false, after: { ...conversations, [category]: opened } };
  }
  if (known.startsAtMs <= atMs) return { isOpen: true, after: conversations };
  // Told after a later one of the same conversation: it is that conversation's first, and nobody pays twice.
  if (known.startsAtMs < opened.endsAtMs) {
    const earlier = { startsAtMs: atMs, endsAtMs: known.endsAtMs };
    return { isOpen: true, after: { ...conversations, [category]: earlier } };
  }
  return { isOpen: false, after: conversations };
}
