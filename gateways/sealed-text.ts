/**
 * Owns: texts that are stored so that the database alone cannot be read for them: AES-256-GCM under a derived key.
 * Does not own: where the key comes from; the purpose keeps keys of different uses apart.
 * Example: `sealText('whsec_…', { secret, purpose: 'tollgate webhook secret' })` is base64 text.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SealingKey {
  readonly secret: string;
  readonly purpose: string;
}

/** The text, encrypted: nonce, tag and cipher text in base64. */
export function sealText(text: string, key: SealingKey): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, bytesOf(key), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** The text again, or null when it was sealed under another key or is damaged. */
export function unsealText(sealed: string, key: SealingKey): string | null {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, bytesOf(key), nonce);
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return null; // The tag does not match, or there is none.
  }
}

function bytesOf({ secret, purpose }: SealingKey): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
}
