/**
 * What a customer can type into the local Stripe's page: the test cards and UPI ids of docs.stripe.com/testing, and
 * two UPI ids of our own for what those cannot show.
 */
import type { CardError, Instrument, MethodSecret } from './books';

const PAY: Instrument = { kind: 'pay' };

function decline(code: string, declineCode?: string): Instrument {
  const error: CardError =
    declineCode === undefined ? { code } : { code, decline_code: declineCode };
  return { kind: 'decline', error };
}

export interface TypedMethod extends MethodSecret {
  readonly type: 'card' | 'upi';
  readonly lastFour: string | null;
  readonly country: string | null;
}

const always = (does: Instrument): MethodSecret => ({ now: does, later: does });

const CARDS: Readonly<Record<string, MethodSecret & { readonly country?: string }>> = {
  '4242424242424242': always(PAY),
  '4000000000000002': always(decline('card_declined', 'generic_decline')),
  '4000000000009995': always(decline('card_declined', 'insufficient_funds')),
  '4000000000009987': always(decline('card_declined', 'lost_card')),
  '4000000000009979': always(decline('card_declined', 'stolen_card')),
  '4000000000000069': always(decline('expired_card')),
  '4000000000000127': always(decline('incorrect_cvc')),
  '4000000000000119': always(decline('processing_error')),
  /** Attaches; fails when it is charged. */
  '4000000000000341': { now: PAY, later: decline('card_declined', 'generic_decline') },
  /** Asks for 3-D Secure each time, which on a page its owner passes. */
  '4000002760003184': {
    now: PAY,
    later: decline('authentication_required', 'authentication_required'),
  },
  /** Issued in India: charged without its owner it is announced first. */
  '4000003560000008': { now: PAY, later: { kind: 'process' }, country: 'IN' },
};

const UPI_IDS: Readonly<Record<string, MethodSecret>> = {
  'success@stripeupi': { now: PAY, later: { kind: 'process' } },
  'payment_failure@stripeupi': always(decline('payment_method_provider_decline')),
  'slow@stripeupi': always({ kind: 'process' }),
  'asks@stripeupi': { now: PAY, later: { kind: 'authenticate' } },
};

/** Throws an Error for a number that is no test card: nobody's real card is ever typed here. */
export function readTyped(typed: string): TypedMethod {
  const card = CARDS[typed];
  if (card !== undefined) {
    return { ...card, type: 'card', lastFour: typed.slice(-4), country: card.country ?? 'US' };
  }
  const upi = UPI_IDS[typed];
  if (upi === undefined) throw new Error(`${typed} is no test card or UPI id`);
  return { ...upi, type: 'upi', lastFour: null, country: null };
}
