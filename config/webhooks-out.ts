/**
 * Owns: the variables of webhooks that we send.
 * Does not own: secrets of webhooks that gateways send us (payment-gateways.ts).
 * Example: `BILLING_WEBHOOK_ALLOW_LOOPBACK=true` lets a laptop receive its own webhooks, and http besides https.
 */
import { z } from 'zod';
import { required } from './variables';

const KEY_LENGTH_MIN = 32;

/** Both the API, which makes secrets, and the worker, which signs with them, read these. */
export const webhooksOut = {
  BILLING_WEBHOOK_KEY: required(
    'the key that secrets of webhooks are stored under: 32 or more random characters',
  ).min(KEY_LENGTH_MIN, {
    error: `needs at least ${KEY_LENGTH_MIN} characters, like those of openssl rand -hex 24`,
  }),
  BILLING_WEBHOOK_ALLOW_LOOPBACK: z
    .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
    .default('false'),
};

export interface WebhooksOutConfig {
  /** Secrets of endpoints are encrypted under it. */
  readonly key: string;
  /** Development only: receivers on this machine, over http too. */
  readonly allowsLoopback: boolean;
}

export function webhooksOutSettings(
  read: z.output<z.ZodObject<typeof webhooksOut>>,
): WebhooksOutConfig {
  const flag = read.BILLING_WEBHOOK_ALLOW_LOOPBACK;
  return Object.freeze({
    key: read.BILLING_WEBHOOK_KEY,
    allowsLoopback: flag === 'true' || flag === '1',
  });
}
