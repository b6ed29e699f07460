/**
 * Owns: what stands in the database for people, business numbers and what was told of them: digests.
 * Does not own: which of them an event has (to-usage-event.ts), where the key comes from (config/).
 * People are digested under a key, because all phone numbers can be tried in an hour; a person and a number are
 * told apart within their account only. The id of an event is no secret, and must be found under any key.
 * Example: `toEventKey('wamid.1')` is always 'da2f7f8d-6171-c4b3-7c6b-bbfa87c9126b'.
 */
import { createHmac, createSecretKey, hash } from 'node:crypto';

/** About 2 MB. */
const NUMBERS_REMEMBERED_MAX = 10_000;

/** Each answers the first 16 bytes as a uuid. */
export interface UsageDigest {
  /** Of all that was told in an event. */
  readonly ofEvent: (told: string) => string;
  /** Of a business number. */
  readonly ofNumber: (accountId: string, number: string) => string;
  /** Of a customer at a business number; null: the account has one. */
  readonly ofContact: (accountId: string, number: string | null, person: string) => string;
  /** Of a person on a channel. */
  readonly ofVisitor: (accountId: string, channel: string, person: string) => string;
}

/** Digests under `key`; with another key all of them are others. */
export function createUsageDigest(key: string): UsageDigest {
  const secret = createSecretKey(key, 'utf8');
  // JSON keeps the parts apart, whatever characters are in them.
  const digest = (...parts: readonly (string | null)[]): string =>
    toUuid(createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex'));
  // Business numbers are few and come with every message.
  const numbers = new Map<string, string>();
  return {
    ofEvent: (told) => toUuid(createHmac('sha256', secret).update(told).digest('hex')),
    ofNumber(accountId, number) {
      const name = `${accountId} ${number}`;
      const known = numbers.get(name) ?? digest('number', accountId, number);
      if (numbers.size >= NUMBERS_REMEMBERED_MAX) numbers.clear();
      numbers.set(name, known);
      return known;
    },
    ofContact: (accountId, number, person) => digest('contact', accountId, number, person),
    ofVisitor: (accountId, channel, person) => digest('visitor', accountId, channel, person),
  };
}

/** What an event is found by within its account. */
export function toEventKey(id: string): string {
  return toUuid(hash('sha256', id, 'hex'));
}

function toUuid(hex: string): string {
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `${groups.join('-')}-${hex.slice(20, 32)}`;
}
