import type { Money } from '../../domain/money';
import type { GatewayPayment } from '../../gateways/payment-gateway';

/** What a gateway keeps of a payment; null until it says so, or where it says it in another currency. */
export function findFee({ fee, money }: Pick<GatewayPayment, 'fee' | 'money'>): Money | null {
  return fee?.currency === money.currency ? fee : null;
}
