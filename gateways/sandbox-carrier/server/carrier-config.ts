/**
 * Owns: the settings of the sandbox carrier's process, read once from the environment.
 * Does not own: the settings of our own processes (config/); this one stands for somebody else's
 * server, so it shares nothing with them.
 */
import { z } from 'zod';
import type { CarrierServerOptions } from './carrier-server';

const schema = z.object({
  BILLING_SANDBOX_CARRIER_HOST: z.string().min(1).default('127.0.0.1'),
  BILLING_SANDBOX_CARRIER_PORT: z.coerce.number().int().min(0).max(65_535),
  BILLING_SANDBOX_CARRIER_KEY: z.string().trim().min(8),
  BILLING_SANDBOX_CARRIER_STORE: z.string().min(1).optional(),
  BILLING_SANDBOX_CARRIER_LATE_MS: z.coerce.number().int().min(0).max(3_600_000).default(5_000),
});

/** Throws an Error that names each variable that is missing or wrong, and never its value. */
export function parseCarrierEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Omit<CarrierServerOptions, 'onError'> {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const result = schema.safeParse(Object.fromEntries(present));
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the sandbox carrier cannot start:\n  ${faults.join('\n  ')}`);
  }
  const settings = result.data;
  return {
    host: settings.BILLING_SANDBOX_CARRIER_HOST,
    port: settings.BILLING_SANDBOX_CARRIER_PORT,
    apiKey: settings.BILLING_SANDBOX_CARRIER_KEY,
    storePath: settings.BILLING_SANDBOX_CARRIER_STORE ?? null,
    lateSeconds: settings.BILLING_SANDBOX_CARRIER_LATE_MS / 1_000,
  };
}
