/**
 * Owns: which payment gateways the settings name. Does not own: the settings (config/config.ts).
 * Example: `createPaymentGateways(config.paymentGateways, { timeoutMs: 4_000 }).get('sandbox')`.
 */
import type { GatewayConfigOf, PaymentGatewayConfig } from '../config/payment-gateways';
import type { PaymentGateway } from './payment-gateway';
import type { PayoutBank } from './payouts/payout-bank';
import { createRazorpayGateway } from './razorpay/razorpay-gateway';
import { createSandboxGateway } from './sandbox/sandbox-gateway';
import { createSandboxPayouts } from './sandbox/sandbox-payouts';
import { createStripeGateway } from './stripe/stripe-gateway';

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
    case 'stripe':
      return createStripeGateway({ ...config, timeoutMs, origin: null });
    case 'razorpay':
      return createRazorpayGateway({ ...config, timeoutMs, origin: null });
  }
}

/** Who pays out what resellers earned; null: nobody, so that wallets are what they are paid to. Calls nobody yet. */
export function createPayoutBank(
  config: Pick<GatewayConfigOf<'sandbox'>, 'baseUrl' | 'apiKey'> | null,
  { timeoutMs }: { readonly timeoutMs: number },
): PayoutBank | null {
  return config === null ? null : createSandboxPayouts({ ...config, timeoutMs });
}
