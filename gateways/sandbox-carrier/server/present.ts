/**
 * Owns: rows of the sandbox carrier as its API shows them.
 * Does not own: their shape on the wire (wire.ts).
 */
import type { WireLease, WireOffered } from '../wire';
import { findOffer, type Offer } from './inventory';
import type { LeaseRow } from './lease-store';

export function presentOffer(offer: Offer): WireOffered {
  const { number, country, type, capabilities, currency } = offer;
  return {
    number,
    country,
    type,
    capabilities: [...capabilities],
    up_front_fee: offer.upFrontFee,
    monthly_price: offer.monthlyPrice,
    currency,
  };
}

export function presentLease(lease: LeaseRow): WireLease {
  const { id, number, reference, status, createdAt } = lease;
  const capabilities = [...(findOffer(number)?.capabilities ?? [])];
  return { id, number, reference, capabilities, status, created_at: createdAt };
}
