/**
 * Owns: which of the gateways in use takes a payment, and in which modes an account can pay.
 * Does not own: the order they are asked in (domain/payment/route-payment.ts), what each takes (its capabilities).
 * Example: with stripe and razorpay listed and `INR/upi=razorpay`, rupees are offered by UPI at razorpay and by card
 * at stripe; `findGateway` of 600.00 INR by UPI is razorpay.
 */
import { invariant } from '../domain/invariant';
import { PAYMENT_MODES } from '../domain/payment/payment';
import {
  routePayment,
  type PaymentRoute,
  type PaymentToRoute,
} from '../domain/payment/route-payment';
import type { CurrencyOffer, PaymentGateway } from './payment-gateway';

/** The gateways in use by name, in the order they are listed, and the routes to them. */
export interface PaymentDesk {
  readonly gateways: ReadonlyMap<string, PaymentGateway>;
  readonly paymentRoutes: readonly PaymentRoute[];
}

/** The gateway a payment goes to; null: none of them takes it. */
export function findGateway(
  { gateways, paymentRoutes: routes }: PaymentDesk,
  payment: PaymentToRoute,
): PaymentGateway | null {
  for (const name of routePayment(payment, { routes, listed: [...gateways.keys()] })) {
    const gateway = gateways.get(name);
    const modes = gateway?.capabilities.offerIn(payment.currency)?.modes ?? [];
    const { mode } = payment;
    const isTaken = mode === null ? modes.length > 0 : modes.includes(mode);
    if (gateway !== undefined && isTaken) return gateway;
  }
  return null;
}

/** How an account can pay in a currency: each mode at the gateway it goes to. */
export function listOffers(
  desk: PaymentDesk,
  payment: Omit<PaymentToRoute, 'mode'>,
): CurrencyOffer[] {
  return PAYMENT_MODES.flatMap((mode) => {
    const gateway = findGateway(desk, { ...payment, mode });
    const offer = gateway?.capabilities.offerIn(payment.currency) ?? null;
    return offer === null ? [] : [{ ...offer, modes: [mode] }];
  });
}

/** Who an order is placed with before its mode is known: the gateway of the currency, else the first that is listed. */
export function nameGateway(desk: PaymentDesk, payment: Omit<PaymentToRoute, 'mode'>): string {
  const [first] = desk.gateways.keys();
  const name = findGateway(desk, { ...payment, mode: null })?.name ?? first;
  invariant(name !== undefined, 'no payment gateway is in use');
  return name;
}
