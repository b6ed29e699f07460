/**
 * Owns: the settings of the sandbox gateway's process, read once from the environment.
 * Does not own: the settings of our own processes (config/); this one stands for somebody else's
 * server, so it shares nothing with them.
 */
import { z } from 'zod';
import type { SandboxOptions } from './sandbox-server';

const schema = z.object({
  BILLING_SANDBOX_GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  BILLING_SANDBOX_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535),
  BILLING_SANDBOX_GATEWAY_KEY: z.string().trim().min(8),
  BILLING_SANDBOX_WEBHOOK_SECRET: z.string().trim().min(8),
  BILLING_SANDBOX_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** What the hosted page is called in browsers, when that is not the address listened on. */
  BILLING_SANDBOX_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  BILLING_SANDBOX_STORE: z.string().min(1).optional(),
  BILLING_SANDBOX_SLOW_MS: z.coerce.number().int().min(0).max(3_600_000).default(3_000),
  /** What the sandbox keeps of a payment, in hundredths of a per cent. */
  BILLING_SANDBOX_FEE_BPS: z.coerce.number().int().min(0).max(10_000).default(200),
  BILLING_SANDBOX_LATE_MS: z.coerce.number().int().min(0).max(3_600_000).default(10_000),
});

/** Throws an Error that names each variable that is missing or wrong, and never its value. */
export function parseSandboxEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Omit<SandboxOptions, 'onError'> {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const result = schema.safeParse(Object.fromEntries(present));
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the sandbox gateway cannot start:\n  ${faults.join('\n  ')}`);
  }
  const settings = result.data;
  return {
    host: settings.BILLING_SANDBOX_GATEWAY_HOST,
    port: settings.BILLING_SANDBOX_GATEWAY_PORT,
    publicUrl: settings.BILLING_SANDBOX_PUBLIC_URL ?? null,
    apiKey: settings.BILLING_SANDBOX_GATEWAY_KEY,
    webhookSecret: settings.BILLING_SANDBOX_WEBHOOK_SECRET,
    webhookUrl: settings.BILLING_SANDBOX_WEBHOOK_URL ?? null,
    storePath: settings.BILLING_SANDBOX_STORE ?? null,
    slowSeconds: settings.BILLING_SANDBOX_SLOW_MS / 1_000,
    feeBasisPoints: settings.BILLING_SANDBOX_FEE_BPS,
    lateSeconds: settings.BILLING_SANDBOX_LATE_MS / 1_000,
  };
}
