/**
 * Owns: the secrets webhooks are signed with: spelling, and how they are stored so that a worker can sign.
 * Does not own: the signature (sign-webhook.ts), for how long an old one signs too (api/routes/webhook-endpoint.routes.ts).
 * Example: `newWebhookSecret()` is `whsec_` and 24 random bytes in base64, as Standard Webhooks spells them.
 */
import { randomBytes } from 'node:crypto';
import { sealText, unsealText } from '../sealed-text';

export const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 24;
const PURPOSE = 'tollgate webhook secret';

export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** What is stored of a secret. `key` is BILLING_WEBHOOK_KEY. */
export function sealWebhookSecret(secret: string, key: string): string {
  return sealText(secret, { secret: key, purpose: PURPOSE });
}

/** The secret again; null: it was stored under another BILLING_WEBHOOK_KEY. */
export function unsealWebhookSecret(sealed: string, key: string): string | null {
  return unsealText(sealed, { secret: key, purpose: PURPOSE });
}
