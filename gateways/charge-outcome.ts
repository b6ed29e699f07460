/**
 * Owns: what a payment says to whoever asked for the charge that made it.
 * Does not own: reading a payment from a gateway's own words (each adapter's), what follows (domain/collection/).
 * Example: a payment that failed as `stolen_card` is `{ kind: 'declined', declineClass: 'hard', … }`.
 */
import { classifyDecline } from '../domain/payment/decline';
import type { ChargeOutcome, GatewayPayment } from './payment-gateway';

/** `failed` may yet turn into `succeeded`; for the caller this try is declined, as it was told. */
export function toChargeOutcome(payment: GatewayPayment): ChargeOutcome {
  switch (payment.status) {
    case 'succeeded':
      return { kind: 'succeeded', payment };
    case 'processing':
      return { kind: 'pending', payment };
    case 'failed': {
      const declineCode = payment.declineCode ?? 'generic_decline';
      return { kind: 'declined', payment, declineCode, declineClass: classifyDecline(declineCode) };
    }
  }
}
