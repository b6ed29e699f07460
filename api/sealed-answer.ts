import { z } from 'zod';
import { sealText, unsealText } from '../gateways/sealed-text';

const PURPOSE = 'tollgate sealed answer';

const sealedAnswer = z.strictObject({ sealed: z.string() });

/**
 * Encrypts an answer that holds a new secret, so that it can be stored for retries and yet nobody
 * reads it from the database: the key is the caller's own API key, of which we keep only a hash.
 */
export function seal(body: unknown, secret: string): { readonly sealed: string } {
  return { sealed: sealText(JSON.stringify(body), { secret, purpose: PURPOSE }) };
}

/** The sealed answer, or null when it was sealed under another API key. */
export function unseal(stored: unknown, secret: string): unknown {
  const text = unsealText(sealedAnswer.parse(stored).sealed, { secret, purpose: PURPOSE });
  return text === null ? null : JSON.parse(text);
}
