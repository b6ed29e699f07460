/**
 * Owns: which gateways a payment may go to, the one to ask first in front.
 * Does not own: the routes (settings), what a gateway takes (its adapter's capabilities).
 * Rules: R2.11, ADR 0051. The first route that fits is asked first; a gateway that does not take the currency or the
 * mode is passed over, so a route never makes a payment impossible that another gateway would take.
 * Example: with `INR/upi=razorpay` and the gateways stripe, razorpay: rupees by UPI go to razorpay, then stripe;
 * rupees by card to stripe, then razorpay.
 */
import type { CurrencyCode } from '../currency';
import type { GatewayName, PaymentMode } from './payment';

/** What a payment must be for a route to fit; null: whatever it is. */
export interface PaymentRoute {
  readonly gateway: GatewayName;
  readonly currency: CurrencyCode | null;
  readonly mode: PaymentMode | null;
  /** An account's id, or its partner's. */
  readonly payerId: string | null;
}

/** Fits every payment. */
export const ANYTHING = { currency: null, mode: null, payerId: null } as const;

export interface PaymentToRoute {
  readonly accountId: string;
  readonly partnerId: string | null;
  readonly currency: CurrencyCode;
  /** Null: the page lets the customer choose. A route of one mode does not fit then. */
  readonly mode: PaymentMode | null;
}

/** The gateways in the order they are to be asked: those of fitting routes, then the others as they are listed. */
export function routePayment(
  payment: PaymentToRoute,
  {
    routes,
    listed,
  }: { readonly routes: readonly PaymentRoute[]; readonly listed: readonly string[] },
): readonly string[] {
  const fitting = routes.filter((route) => fits(route, payment)).map(({ gateway }) => gateway);
  return [...new Set<string>([...fitting, ...listed])];
}

function fits({ currency, mode, payerId }: PaymentRoute, payment: PaymentToRoute): boolean {
  const { accountId, partnerId } = payment;
  return (
    (currency === null || currency === payment.currency) &&
    (mode === null || mode === payment.mode) &&
    (payerId === null || payerId === accountId || payerId === partnerId)
  );
}
