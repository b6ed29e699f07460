/**
 * Owns: the port for keeping a method without a payment: a hosted page on which a customer leaves a card, or
 * gives a mandate.
 * Does not own: what a kept method is (payment-gateway.ts), when it is charged (domain/collection/).
 * Rules: as payment-gateway.ts: keys, references, coming back proves nothing.
 * Example: a mandate of up to 5 000.00 INR by UPI is asked for under `acct_1/setup/pms_1`; once its owner has agreed,
 * `getSetup` is `complete` and has the method that `chargeSaved` takes.
 */
import type { CurrencyCode } from '../domain/currency';
import type { Instant } from '../domain/instant';
import type { Money } from '../domain/money';
import type { PaymentMode } from '../domain/payment/payment';
import type { KeptMethod } from './payment-gateway';

export interface MethodSetups {
  /** The modes in which a method can be kept without a payment; none: only a payment keeps one. */
  readonly setupModes: (currency: CurrencyCode) => readonly PaymentMode[];

  /** Whether a setup is refused without its `contact`. */
  readonly setupNeedsContact: boolean;

  /** Opens the page. Nothing is charged, whatever a bank may reserve to see that the method lives. */
  createSetup(request: SetupRequest): Promise<OpenedSetup>;

  /** The setup as the gateway has it now: the net under lost webhooks. */
  getSetup(setupId: string): Promise<GatewaySetup>;
}

export interface SetupRequest {
  readonly idempotencyKey: string;
  /** Our name for it, `setup/pms_1`. */
  readonly reference: string;
  readonly customerReference: string;
  readonly mode: PaymentMode;
  readonly currency: CurrencyCode;
  /** What the customer agrees to for one charge at most; null: as much as the mode's rule allows. */
  readonly ceiling: Money | null;
  readonly merchant: string;
  readonly returnUrl: string;
  /** Whose method it is. Razorpay, and the law it works under, wants to know; others need not. */
  readonly contact?: CustomerContact | null;
}

export interface CustomerContact {
  readonly name: string;
  readonly email: string;
  /** With its country code, `+919876543210`. */
  readonly phone: string;
}

export interface OpenedSetup {
  readonly setupId: string;
  readonly url: string;
  readonly expiresAt: Instant;
}

export interface GatewaySetup extends OpenedSetup {
  readonly reference: string;
  readonly status: 'open' | 'complete' | 'expired';
  /** What is kept; null until it is complete. */
  readonly method: KeptMethod | null;
}
