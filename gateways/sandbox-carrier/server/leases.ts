/**
 * Owns: the carrier's rules: what is on offer, how a number is rented and given back, and what happens
 * to a lease by itself later.
 * Does not own: the rows (lease-store.ts), the inventory, HTTP (api.routes.ts).
 * A rule returns what it would change and answer; the caller commits both as one.
 * Example: `decideOrder(carrier, { number: '+12025550100', reference: 'num_1' }, null)` is an `active`
 * lease, or `gone` when somebody rents that number.
 */
import { randomUUID } from 'node:crypto';
import { addSeconds, isAtOrBefore, type Instant } from '../../../domain/instant';
import { missingCapabilities } from '../../../domain/number-capability';
import type { z } from 'zod';
import type { orderSchema, searchSchema } from '../wire';
import type { FaultOf, Faults, OutcomeFault } from './faults';
import { findOffer, INVENTORY, type Offer } from './inventory';
import { isHeld, type LeaseRow, type LeaseStore } from './lease-store';

export interface Carrier {
  readonly store: LeaseStore;
  readonly faults: Faults;
  /** The sandbox's own clock: real time, which no test clock of an account moves. */
  readonly now: () => Instant;
  /** How long what finishes later takes, unless the knob says. */
  readonly lateSeconds: number;
}

export function searchOffers(
  { store }: Carrier,
  query: z.infer<typeof searchSchema>,
): readonly Offer[] {
  const { country, type, capabilities: required = [], limit } = query;
  return INVENTORY.filter(
    (offer) =>
      offer.country === country &&
      (type === undefined || offer.type === type) &&
      missingCapabilities({ offered: offer.capabilities, required }).length === 0 &&
      !store.isTaken(offer.number),
  ).slice(0, limit);
}

/** One number of the inventory, unless somebody rents it. */
export function findFreeOffer({ store }: Carrier, number: string): Offer | null {
  return store.isTaken(number) ? null : findOffer(number);
}

/** `takenNumber`: the knob `gone` gives the number to somebody else. */
export type OrderDecision =
  | { readonly kind: 'rented'; readonly lease: LeaseRow }
  | { readonly kind: 'gone'; readonly takenNumber: string | null };

export function decideOrder(
  carrier: Carrier,
  request: z.infer<typeof orderSchema>,
  fault: OutcomeFault | null,
): OrderDecision {
  const { number, reference } = request;
  if (findOffer(number) === null || carrier.store.isTaken(number)) {
    return { kind: 'gone', takenNumber: null };
  }
  if (fault?.kind === 'gone') return { kind: 'gone', takenNumber: number };
  const id = `sbx_lease_${randomUUID()}`;
  const createdAt = carrier.now();
  const lease: LeaseRow = { id, number, reference, createdAt, status: 'active', next: null };
  if (fault === null) return { kind: 'rented', lease };
  const next = { status: fault.ends, at: laterBy(carrier, fault) };
  return { kind: 'rented', lease: { ...lease, status: 'pending', next } };
}

/** A lease that is over stays as it is; one that is pending ends at once. */
export function decideRelease(
  carrier: Carrier,
  lease: LeaseRow,
  fault: OutcomeFault | null,
): LeaseRow {
  if (!isHeld(lease) || lease.status === 'releasing') return lease;
  if (fault?.kind !== 'later') return { ...lease, status: 'released', next: null };
  const next = { status: 'released', at: laterBy(carrier, fault) } as const;
  return { ...lease, status: 'releasing', next };
}

/** The lease under a reference: the one still rented, else the newest, else none. */
export function findByReference({ store }: Carrier, reference: string): LeaseRow | null {
  const leases = store.list().filter((lease) => lease.reference === reference);
  return leases.findLast(isHeld) ?? leases.at(-1) ?? null;
}

/** Does what is due; `at` null: all that waits, as if its time had come. */
export function settleLeases({ store }: Carrier, at: Instant | null): readonly LeaseRow[] {
  const settled = store.list().flatMap((lease) => {
    if (lease.next === null || (at !== null && !isAtOrBefore(lease.next.at, at))) return [];
    return [{ ...lease, status: lease.next.status, next: null }];
  });
  for (const lease of settled) store.commit({ lease });
  return settled;
}

function laterBy(carrier: Carrier, fault: FaultOf<'later'>): Instant {
  const seconds = fault.delay_ms === undefined ? carrier.lateSeconds : fault.delay_ms / 1_000;
  return addSeconds(carrier.now(), seconds);
}
