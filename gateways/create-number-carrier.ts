/**
 * Owns: which carrier the settings name. Does not own: the settings (config/config.ts).
 * Example: `createNumberCarrier(config.numberCarrier, { timeoutMs: 4_000 }).name` is `'sandbox'`.
 */
import type { NumberCarrierConfig } from '../config/config';
import type { NumberCarrier } from './number-carrier';
import { createSandboxCarrier } from './sandbox-carrier/sandbox-carrier';
import { createTwilioCarrier } from './twilio/twilio-carrier';

/** Calls nobody yet. */
export function createNumberCarrier(
  config: NumberCarrierConfig,
  { timeoutMs }: { readonly timeoutMs: number },
): NumberCarrier {
  switch (config.kind) {
    case 'sandbox':
      return createSandboxCarrier({ ...config, timeoutMs });
    case 'twilio':
      return createTwilioCarrier({ ...config, timeoutMs, origin: null });
  }
}
