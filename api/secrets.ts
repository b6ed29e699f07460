/**
 * Owns: the spelling of API keys: `tg_live_` or `tg_test_`, 160 random bits, a checksum.
 * Does not own: who may use one (middleware/authenticate.ts) or storing them (api-key.repository.ts).
 * The checksum lets secret scanners and us tell a key from noise without asking the database.
 */
import { createHash, randomBytes } from 'node:crypto';

export type KeyMode = 'live' | 'test';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const RANDOM_LETTERS = 32; // 5 bits each: 160 bits.
const CHECKSUM_LETTERS = 6;
const SHOWN_LETTERS = 12;
const SPELLING = new RegExp(`^tg_(live|test)_[${ALPHABET}]{${RANDOM_LETTERS + CHECKSUM_LETTERS}}$`);

/** A new secret. It is shown to its owner once; only `hashSecret` of it is ever stored. */
export function newSecret(mode: KeyMode): string {
  const start = `tg_${mode}_${letters(randomBytes(RANDOM_LETTERS))}`;
  return start + checksum(start);
}

/** Whether a text is spelled like a key of ours, checksum included. */
export function isSecret(text: string): boolean {
  if (!SPELLING.test(text)) return false;
  const start = text.slice(0, -CHECKSUM_LETTERS);
  return text === start + checksum(start);
}

/** What is stored. A plain hash is enough: 160 random bits cannot be guessed from it. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The first letters, by which people tell keys apart. */
export function shownPrefix(secret: string): string {
  return secret.slice(0, SHOWN_LETTERS);
}

function checksum(start: string): string {
  return letters(createHash('sha256').update(start).digest().subarray(0, CHECKSUM_LETTERS));
}

function letters(bytes: Buffer): string {
  return Array.from(bytes, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}
