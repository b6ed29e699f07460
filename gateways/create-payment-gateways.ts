/**
 * Owns: which payment gateways the settings name. Does not own: the settings (config/config.ts).
 * Example: `createPaymentGateways(config.paymentGateways, { timeoutMs: 4_000 }).get('sandbox')`.
 */
import type { PaymentGatewayConfig } from '../config/config';
import type { PaymentGateway } from './payment-gateway';
import type { PayoutBank } from './payouts/payout-bank';
import { createSandboxGateway } from './sandbox/sandbox-gateway';
import { createSandboxPayouts } from './sandbox/sandbox-payouts';

/** The adapters by their names: an order and a saved method keep the one they began with. Calls nobody yet. */
export function createPaymentGateways(
  configs: readonly PaymentGatewayConfig[],
  options: { readonly timeoutMs: number },
): ReadonlyMap<string, PaymentGateway> {
  const gateways = configs.map((config) => createPaymentGateway(config, options));
  return new Map(gateways.map((gateway) => [gateway.name, gateway]));
}

function createPaymentGateway(
  config: PaymentGatewayConfig,
  { timeoutMs }: { readonly timeoutMs: number },
): PaymentGateway {
  switch (config.kind) {
    case 'sandbox':
      return createSandboxGateway({ ...config, timeoutMs });
  }
}

/** Who pays out what resellers earned. Calls nobody yet. */
export function createPayoutBank(
  config: Pick<PaymentGatewayConfig, 'kind' | 'baseUrl' | 'apiKey'>,
  { timeoutMs }: { readonly timeoutMs: number },
): PayoutBank {
  switch (config.kind) {
    case 'sandbox':
      return createSandboxPayouts({ ...config, timeoutMs });
  }
}
