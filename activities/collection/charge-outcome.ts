import { classifyDecline } from '../../domain/payment/decline';
import type { ChargeOutcome } from '../../domain/collection/charge-attempt';
import type { GatewayPayment } from '../../gateways/payment-gateway';

/** What a payment says of the charge that made it. */
export function outcomeOf({ status, declineCode }: GatewayPayment): ChargeOutcome {
  switch (status) {
    case 'succeeded':
      return { kind: 'succeeded' };
    case 'processing':
      return { kind: 'pending' };
    case 'failed': {
      const code = declineCode ?? 'generic_decline';
      return { kind: 'declined', declineCode: code, declineClass: classifyDecline(code) };
    }
  }
}
