/**
 * Owns: where our names are kept at Stripe: the metadata of what we make there.
 * Does not own: what the names mean (payment-gateway.ts).
 * Example: a charge has `tollgate_reference: subscription/sub_1/period/3` and the key that made it.
 */
import type Stripe from 'stripe';

const REFERENCE = 'tollgate_reference';
const CUSTOMER = 'tollgate_customer';
const KEY = 'tollgate_key';

export interface OurNames {
  readonly reference: string;
  readonly customerReference: string;
  /** Left out of what a hosted page makes. */
  readonly idempotencyKey?: string;
}

/** As Stripe keeps them: at most 500 characters each. */
export function toMetadata(names: Partial<OurNames>): Record<string, string> {
  const { reference, customerReference, idempotencyKey } = names;
  return {
    ...(reference === undefined ? {} : { [REFERENCE]: reference }),
    ...(customerReference === undefined ? {} : { [CUSTOMER]: customerReference }),
    ...(idempotencyKey === undefined ? {} : { [KEY]: idempotencyKey }),
  };
}

export interface NamesRead {
  readonly reference: string | null;
  readonly customerReference: string | null;
  readonly idempotencyKey: string | null;
}

/** Null each, of what others made in the same Stripe account. */
export function readNames(metadata: Stripe.Metadata | null | undefined): NamesRead {
  return {
    reference: metadata?.[REFERENCE] ?? null,
    customerReference: metadata?.[CUSTOMER] ?? null,
    idempotencyKey: metadata?.[KEY] ?? null,
  };
}
