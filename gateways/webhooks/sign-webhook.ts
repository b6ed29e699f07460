/**
 * Owns: the headers of a Standard Webhook: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
 * Does not own: the scheme of gateways' webhooks to us (gateways/webhook-signature.ts), which is another.
 * Example: while a secret is rotated `webhook-signature` is `v1,<base64> v1,<base64>`, the newest first.
 */
import { createHmac } from 'node:crypto';
import { toEpochMs, type Instant } from '../../domain/instant';
import { SECRET_PREFIX } from './webhook-secret';

export interface WebhookHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** HMAC-SHA256 of `<id>.<unix seconds>.<body>` under each secret. */
export function signWebhook(message: {
  readonly id: string;
  readonly body: string;
  readonly sentAt: Instant;
  readonly secrets: readonly string[];
}): WebhookHeaders {
  const timestamp = String(Math.floor(toEpochMs(message.sentAt) / 1_000));
  const signed = `${message.id}.${timestamp}.${message.body}`;
  const signatures = message.secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
