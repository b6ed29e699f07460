/**
 * Owns: how a phone number begins: ordered, not yet ours.
 * Does not own: its price and its payment (order/), what the carrier answers (carrier-answer.ts).
 * Example: ordered on 31 January with its first month paid by the order: pending, `order_number` at once.
 */
import { computePeriod } from '../billing-period';
import { NOTHING_COLLECTED } from '../collection/collection';
import type { Instant } from '../instant';
import { keepNumber, type PhoneNumberDecision } from './decision';
import type { PhoneNumber } from './phone-number';

/** What the order knows of a number it has sold. */
export interface NumberTerms extends Pick<
  PhoneNumber,
  | 'id'
  | 'accountId'
  | 'orderId'
  | 'orderItemId'
  | 'number'
  | 'country'
  | 'capabilities'
  | 'carrier'
  | 'rent'
  | 'timeZone'
  | 'grace'
> {
  readonly at: Instant;
}

/** A number that is to be ordered at its carrier. Auto-pay is on until somebody turns it off. */
export function openNumber({ at, ...terms }: NumberTerms): PhoneNumberDecision {
  const { timeZone } = terms;
  const phoneNumber: PhoneNumber = {
    ...terms,
    carrierLeaseId: null,
    anchorAt: at,
    period: computePeriod({ anchorAt: at, cycle: 'monthly', timeZone, number: 0 }),
    autoPay: true,
    priority: null,
    status: 'pending',
    hold: null,
    dueSince: null,
    retriesMade: 0,
    moneyArrivedAt: null,
    isReleaseTold: false,
    collection: NOTHING_COLLECTED,
    orderedAt: at,
    activatedAt: null,
    releaseCause: null,
    releaseStartedAt: null,
    releasedAt: null,
    asksMade: 0,
    failureReason: null,
    operatorNote: null,
  };
  const reason = `${terms.number} is ordered at the carrier`;
  return { ...keepNumber(phoneNumber, at), events: [{ type: 'phone_number.ordered', reason }] };
}
