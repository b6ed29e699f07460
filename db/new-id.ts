import { randomBytes } from 'node:crypto';
import { ID_PREFIXES, type IdKind } from '../domain/ids';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const RANDOM_BYTES = 20;

/**
 * A new public id of a kind: its prefix and 20 random characters of Crockford's base 32 (100 bits).
 * Not guessable, but never a secret: access is decided by the tenant of the key.
 */
export function newId(kind: IdKind): string {
  const letters = Array.from(randomBytes(RANDOM_BYTES), (byte) => ALPHABET.charAt(byte % 32));
  return `${ID_PREFIXES[kind]}_${letters.join('')}`;
}
