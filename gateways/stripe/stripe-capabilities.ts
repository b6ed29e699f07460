/**
 * Owns: what the Stripe adapter offers: modes and limits per currency, and the rules of unattended charges.
 * Does not own: how amounts are written (stripe-amounts.ts). What an account at Stripe has switched on narrows it
 * further: a method that is off there is not on the page.
 * Example: `offerIn('INR')` has UPI and card, from 0.50; `offerIn('TRY')` card only; `offerIn('IQD')` is null.
 */
import type { CurrencyCode } from '../../domain/currency';
import { compareMoney, describeMoney, parseMoney, type Money } from '../../domain/money';
import type { PaymentMode } from '../../domain/payment/payment';
import { GatewayRejected, type CurrencyOffer, type GatewayCapabilities } from '../payment-gateway';
import { maxCharge, minCharge, takesCurrency, toStripeAmount } from './stripe-amounts';

/** UPI is an Indian rail: it moves rupees and nothing else. */
const UPI_CURRENCY: CurrencyCode = 'INR';

/** RBI, e-mandate framework 2026: above it a bank asks the owner each time, whatever was agreed to. */
const UNATTENDED_MAX_INR = parseMoney({ amount: '15000.00', currency: 'INR' });

export const STRIPE_CAPABILITIES: GatewayCapabilities = {
  offerIn,
  /**
   * Stripe sends the notice of 24 hours itself, inside the payment: a charge by UPI or of an Indian card is
   * `pending` for 26 hours and more. Nothing is to be told before it.
   */
  preDebitNoticeHours: { upi: 0, card: 0 },
  unattendedMax: (_mode, currency) => (currency === UPI_CURRENCY ? UNATTENDED_MAX_INR : null),
};

function offerIn(currency: CurrencyCode): CurrencyOffer | null {
  if (!takesCurrency(currency)) return null;
  return { modes: modesIn(currency), min: minCharge(currency), max: maxCharge(currency) };
}

/** In which a method can be kept without a payment. */
export function setupModes(currency: CurrencyCode): readonly PaymentMode[] {
  return takesCurrency(currency) ? modesIn(currency) : [];
}

/** What a customer agrees to where they name no ceiling of their own. */
export function widestCeiling(): Money {
  return UNATTENDED_MAX_INR;
}

function modesIn(currency: CurrencyCode): readonly PaymentMode[] {
  return currency === UPI_CURRENCY ? ['upi', 'card'] : ['card'];
}

/** The amount as Stripe wants it. Throws GatewayRejected for what the capabilities do not offer. */
export function readCharge(money: Money, modes: readonly PaymentMode[]): number {
  const offer = offerIn(money.currency);
  if (offer === null) {
    throw refusal('currency_not_offered', `stripe does not take ${money.currency}`);
  }
  const refused = modes.find((mode) => !offer.modes.includes(mode));
  if (refused !== undefined) {
    throw refusal('mode_not_offered', `${refused} does not pay ${money.currency}`);
  }
  const amount = toStripeAmount(money);
  const isOutside = compareMoney(money, offer.min) < 0 || compareMoney(money, offer.max) > 0;
  if (amount === null || isOutside) {
    const range = `${describeMoney(offer.min)} to ${describeMoney(offer.max)}`;
    throw refusal('amount_out_of_range', `stripe takes whole steps of ${range}`);
  }
  return amount;
}

function refusal(code: string, message: string): GatewayRejected {
  return new GatewayRejected(code, 400, message);
}
