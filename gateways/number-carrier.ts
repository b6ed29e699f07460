/**
 * Owns: the port to number carriers: what we ask of who rents us phone numbers, and what it can
 * answer, in our words.
 * Does not own: when a number is bought, renewed or given back (domain/), our customers' prices, or the
 * adapters (sandbox-carrier/ first, twilio/).
 * Rules: a carrier rents by the month until the lease is released, whoever pays us; so a lease that
 * nobody needs is released, and a release counts only when the carrier confirmed it. Writes take an
 * idempotency key that names the operation and the try (`order/ord_1/number/1`). Not every carrier
 * keeps keys, so the reference is the second net: after an unknown outcome repeat with the same key,
 * or `findLease({ reference })`; never order again under a new reference.
 * Expected refusals are returned; errors are thrown.
 * Example: `order` of a number it has been taken by someone else with resolves to `{ kind: 'gone' }`; a dead
 * network rejects with `CarrierUnavailable`.
 */
import type { Instant } from '../domain/instant';
import type { Money } from '../domain/money';
import type { NumberCapability, NumberType } from '../domain/number-capability';

export interface NumberCarrier {
  readonly name: 'sandbox' | 'twilio';

  /**
   * Numbers on offer now, each with every capability asked for (R2.10). None: the country, the type
   * or the capabilities are not to be had here. Being listed reserves nothing.
   */
  search(query: NumberSearch): Promise<readonly OfferedNumber[]>;

  /**
   * One number as it is on offer now, or null when it is not: somebody rents it, or the carrier never had
   * it. For its price and its capabilities before it is sold (R2.10); it reserves nothing.
   */
  findOffered(query: { readonly number: string }): Promise<OfferedNumber | null>;

  /** Rents one number. Repeated with the same key and reference, it is rented once. */
  order(request: OrderNumberRequest): Promise<OrderOutcome>;

  /**
   * Gives a lease back (R2.16). It takes the lease's id and no number: a number released before and
   * rented again may be somebody else's. Releasing again is harmless.
   */
  release(request: ReleaseNumberRequest): Promise<ReleaseOutcome>;

  /**
   * A lease as the carrier has it now, or null when it has none of this id. A carrier may forget a
   * lease once it is released: null of a lease we had means the same as `released`.
   */
  getLease(leaseId: string): Promise<CarrierLease | null>;

  /**
   * The lease made under our reference: the look-up after an order of unknown outcome. Null when there
   * is none; when there were several, the one that is still rented.
   */
  findLease(query: { readonly reference: string }): Promise<CarrierLease | null>;
}

export interface NumberSearch {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly type?: NumberType;
  readonly capabilities: readonly NumberCapability[];
  /** 1 to 100. */
  readonly limit: number;
}

/** What the carrier asks of us; what our customer pays is decided elsewhere. */
export interface NumberFees {
  readonly upFront: Money;
  readonly monthly: Money;
}

export interface OfferedNumber {
  /** E.164, with the plus. */
  readonly number: string;
  readonly country: string;
  readonly type: NumberType;
  readonly capabilities: readonly NumberCapability[];
  readonly fees: NumberFees;
}

export interface OrderNumberRequest {
  readonly idempotencyKey: string;
  /** E.164, with the plus. */
  readonly number: string;
  /** Our id for the lease, at most 64 characters: what `findLease` finds it by. */
  readonly reference: string;
}

/**
 * `pending`: ordered, and the carrier needs more time; `getLease` tells when the lease turned
 * `active`, or `failed`, which is `gone` learnt late. `gone`: not to be had any more, nothing is rented.
 */
export type OrderOutcome =
  | { readonly kind: 'ordered'; readonly lease: CarrierLease }
  | { readonly kind: 'pending'; readonly lease: CarrierLease }
  | { readonly kind: 'gone' };

export interface ReleaseNumberRequest {
  readonly idempotencyKey: string;
  readonly leaseId: string;
}

/**
 * `released`: confirmed, the carrier charges no more. `pending`: it agreed and is not done; ask
 * `getLease`. `unknown_lease`: it has no such lease (any more), so nothing is rented under it.
 */
export type ReleaseOutcome =
  { readonly kind: 'released' } | { readonly kind: 'pending' } | { readonly kind: 'unknown_lease' };

/**
 * `pending` → `active` or `failed`; `active` → `releasing` → `released`, or straight to `released`.
 * `active` and `releasing` are charged for by the carrier; `failed` and `released` are final.
 */
export type LeaseStatus = 'pending' | 'active' | 'releasing' | 'released' | 'failed';

export interface CarrierLease {
  /** The carrier's id. */
  readonly leaseId: string;
  readonly reference: string;
  readonly number: string;
  /** As rented, which may be less than was offered: compare before the customer is charged (R2.10). */
  readonly capabilities: readonly NumberCapability[];
  readonly status: LeaseStatus;
  readonly createdAt: Instant;
}

/**
 * The carrier gave no answer we can use. `not_executed`: it surely did nothing. `unknown`: it may have
 * done it, so repeat with the same key or look it up before anything else. Worth retrying.
 */
export class CarrierUnavailable extends Error {
  override readonly name = 'CarrierUnavailable';
  readonly outcome: 'not_executed' | 'unknown';
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    facts: {
      readonly outcome: 'not_executed' | 'unknown';
      readonly retryAfterSeconds?: number | null;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.outcome = facts.outcome;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }
}

/**
 * The carrier understood us and will not do it, however often it is asked: a wrong key, a number that
 * is none, papers it asks for first. A setting of ours or a bug: a person has to look.
 */
export class CarrierRejected extends Error {
  override readonly name = 'CarrierRejected';

  constructor(
    /** The carrier's own code, like `idempotency_error` or `21631`. */
    readonly code: string,
    readonly httpStatus: number,
    message: string,
  ) {
    super(message);
  }
}
