/**
 * Owns: which customer at Stripe is ours: one per account, found again for ever, made once by any number at once.
 * Does not own: their methods (stripe-methods.ts).
 * Stripe finds a customer by metadata only in its search, which lags behind what was just written and which
 * merchants in India do not have; and an idempotency key makes a second customer after a day. A product is the
 * object whose id a caller may choose and whose second creation is refused: an archived one, never sold, holds the
 * customer's id. Whoever is second takes what the first wrote.
 * Example: `findOrMakeCustomer(ask, 'acct_1')` is `cus_9`, as product `tollgate_acct_1` says.
 */
import { GatewayRejected } from '../payment-gateway';
import { keyed, orNull, type Ask } from './stripe-client';
import { toMetadata } from './stripe-names';

const ENTRY = 'tollgate_stripe_customer';

/** The id of the account's customer at Stripe; null: it never paid here. */
export async function findCustomer(ask: Ask, customerReference: string): Promise<string | null> {
  const entry = await orNull(ask((stripe) => stripe.products.retrieve(entryId(customerReference))));
  return entry?.metadata[ENTRY] ?? null;
}

export async function findOrMakeCustomer(ask: Ask, customerReference: string): Promise<string> {
  const known = await findCustomer(ask, customerReference);
  if (known !== null) return known;
  const metadata = toMetadata({ customerReference });
  const key = `customer/${customerReference}`;
  const { id } = await ask((stripe) => stripe.customers.create({ metadata }, keyed(key)));
  return enter(ask, customerReference, id);
}

/** Writes the customer down, unless another was written meanwhile: then it is that one. */
async function enter(ask: Ask, customerReference: string, customerId: string): Promise<string> {
  try {
    const { metadata } = await ask((stripe) =>
      stripe.products.create(
        {
          id: entryId(customerReference),
          name: `Customer of account ${customerReference}`,
          active: false,
          metadata: { ...toMetadata({ customerReference }), [ENTRY]: customerId },
        },
        keyed(`customer/${customerReference}/entry/${customerId}`),
      ),
    );
    return metadata[ENTRY] ?? customerId;
  } catch (error) {
    if (!(error instanceof GatewayRejected) || error.code !== 'resource_already_exists') {
      throw error;
    }
    return (await findCustomer(ask, customerReference)) ?? customerId;
  }
}

function entryId(customerReference: string): string {
  return `tollgate_${customerReference}`;
}
