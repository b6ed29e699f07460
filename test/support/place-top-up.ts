import { newId } from '../../db/new-id';
import { orders } from '../../db/repositories/order.repository';
import type { Transaction } from '../../db/transaction';
import type { TopUp } from '../../domain/order/order';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';

const EXPIRES_AT = '2099-12-01T00:00:00.000Z';

/** Writes the row of a top-up of 600.00 INR that waits for its payment, and answers its id. */
export async function placeTopUp(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: string },
  changes: Partial<Pick<TopUp, 'id' | 'checkoutId' | 'checksMade'>> = {},
): Promise<string> {
  const { id = newId('top_up') } = changes;
  await orders.insert(
    trx,
    {
      id,
      accountId,
      kind: 'top_up',
      target: 'wallet',
      visitors: null,
      paysFor: null,
      note: null,
      ...buildTopUpTerms(UNTAXED, { amountMicros: 600_000_000n, currency: 'INR' }),
      gateway: 'sandbox',
      mode: null,
      status: 'awaiting_payment',
      placedAt: at,
      payAskedAt: at,
      expiresAt: EXPIRES_AT,
      checkoutId: `cs_${id}`,
      checkoutUrl: `http://gateway.test/pay/cs_${id}`,
      checkoutAttempts: 1,
      checksMade: 0,
      asksUnanswered: 0,
      paidAt: null,
      failureReason: null,
      ...changes,
    },
    at,
  );
  return id;
}
